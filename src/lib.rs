//! Kiosk sells train tickets from a terminal.
//!
//! The crate is built in floors. A file imports only its own floor or lower ones; `tests/tidy.rs` fails otherwise.
//!
//! | floor | modules | invariant |
//! |---|---|---|
//! | 5 entry | `cli`, `config`, `telemetry` | the only place that reads arguments, files of settings and the environment |
//! | 4 terminal | `terminal` | the only place for terminal I/O and session tasks |
//! | 3 ui | `ui` | pure: no tokio, AWS, clock or environment; time is an argument |
//! | 2 service | `service`, `receipt`, `ticket`, `notice`, `export` | loads, asks the domain to decide, commits |
//! | 1 store | `store`, `aws`, `metrics` | the only place that knows `DynamoDB` and S3, and what is counted |
//! | 0 domain | `domain` | pure values and rules: what a railway knows, and no I/O |

pub mod aws;
pub mod cli;
pub mod config;
pub mod domain;
pub mod export;
pub mod metrics;
pub mod notice;
pub mod receipt;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod terminal;
pub mod ticket;
pub mod ui;
