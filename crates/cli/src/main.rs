//! The program, with what it has built in.

use std::process::ExitCode;

fn main() -> ExitCode {
    tinderbox_cli::main()
}
