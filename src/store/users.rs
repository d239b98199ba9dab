//! Accounts, and the guard items that keep names and addresses unique.
