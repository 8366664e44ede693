//! The `tinderbox` program with its built-in catalog.

use std::process::ExitCode;

use tinderbox::catalog::Catalog;

fn main() -> ExitCode {
    tinderbox_cli::main(Ok(Catalog::default()))
}
