//! Who did what, when and where.
