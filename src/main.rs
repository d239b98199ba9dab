//! The `kiosk` binary: hands the arguments to `cli` and the exit code to the system.

use std::process::ExitCode;

fn main() -> ExitCode {
    kiosk::cli::main()
}
