//! The program from outside: command lines, exit codes, what it prints and leaves.

mod desk;
#[path = "../../../tinderbox/src/tuning/tests/drawn.rs"]
mod drawn;

mod bad_input;
mod best;
mod checks;
mod commands;
mod data_folders;
mod destinations;
mod determinism;
mod experiments;
mod foreign_trials;
mod identity;
mod mishaps;
mod misspelt;
mod names;
mod odd_rows;
mod pseudo_terminal;
mod rows;
mod seal;
mod search;
mod shells;
mod small_study;
mod storages;
mod terminal;
mod weights_files;
mod widths;

/// The backends of this build that promise equal bits.
#[cfg(not(feature = "ndarray"))]
const CPU_BACKENDS: [&str; 1] = ["flex"];
#[cfg(feature = "ndarray")]
const CPU_BACKENDS: [&str; 2] = ["flex", "ndarray"];
