//! SDK clients: for a remote endpoint, or for the engines embedded in the process.
