//! A peer that is a program in Rust, compiled from this checkout by a build of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use super::Peer;
use super::environment::{EnvironmentError, run};

/// The package, as this workspace is laid out.
const PACKAGE: &str = "burn-train-contestant";
/// The packages outside the workspace, which have their own lock file.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/external");

/// The program of `burn-train`, built now unless it is there.
///
/// Its Burn has other features than the program's, so it is compiled into a folder of its own.
///
/// # Errors
/// If it does not compile, or the network is missing.
pub(super) fn build(
    folder: &Path,
    stop: &AtomicBool,
    tell: impl FnOnce(&str),
) -> Result<PathBuf, EnvironmentError> {
    let target = folder.join("burn-train");
    let program = target.join("release").join(PACKAGE).with_extension(std::env::consts::EXE_EXTENSION);
    if !program.exists() {
        tell("compiling burn-train and a Burn of its own, once; this takes about as long as the first build");
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(WORKSPACE).args(["build", "--release", "--locked", "--package", PACKAGE]);
    cargo.arg("--target-dir").arg(&target);
    let log = folder.join("burn-train.log");
    match run(cargo, &log, stop)? {
        Ok(()) => Ok(program),
        Err(words) => Err(EnvironmentError::Program { name: Peer::BurnTrain.name().to_string(), words, log }),
    }
}
