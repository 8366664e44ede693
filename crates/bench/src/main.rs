//! `cargo xtask bench`: Tinderbox beside its peers on your machine, alternately, as ratios of the same round.
//!
//! Criterion and divan measure one thing after the other; on a machine whose clock or load drifts, the drift is then part
//! of the difference. Here everybody is measured once in each round, in an order that rotates.

mod commands;

mod contestant;
mod peer;
mod server;
mod stage;
mod turns;

mod epochs;
mod forward;
mod material;
mod products;

mod operations;
mod passes;
mod searches;
mod trials;

mod publish;
mod table;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match commands::Cli::parse().run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}
