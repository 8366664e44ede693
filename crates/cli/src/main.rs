//! The program, with what it has built in.

use std::process::ExitCode;

use tinderbox::catalog::Catalog;

fn main() -> ExitCode {
    tinderbox_cli::main(Ok(Catalog::default()))
}
