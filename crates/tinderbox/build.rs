//! Writes down which commit the program is built from, and whether anything in it was not committed.

use std::path::Path;
use std::process::Command;

fn main() {
    // A package from a registry has no repository around it.
    if !Path::new("../../crates/tinderbox/build.rs").exists() {
        println!("cargo::rerun-if-changed=build.rs");
        return;
    }
    // The crates, and what is compiled into them; a new commit shows in the log of HEAD.
    for path in ["..", "../../.git/HEAD", "../../.git/logs/HEAD"] {
        // Cargo runs this again at every build while a listed path is missing.
        if Path::new(path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    if let Some(revision) = git(&["rev-parse", "HEAD"]) {
        println!("cargo::rustc-env=TINDERBOX_REVISION={revision}");
        if let Some(changes) = git(&["status", "--porcelain", "--", "..", "../../Cargo.lock"]) {
            println!("cargo::rustc-env=TINDERBOX_DIRTY={}", !changes.is_empty());
        }
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}
