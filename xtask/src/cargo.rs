//! Cargo, started for this workspace from whatever folder the user stands in.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    // Cargo tells where the package is now; the folder it was compiled in may have moved since.
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package.parent().unwrap_or(Path::new(".")).to_path_buf()
}

/// The folder that Cargo builds into.
///
/// xtask lies in it, so this honours `CARGO_TARGET_DIR` and every other setting without asking for each.
pub(crate) fn target() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.ancestors().nth(2).map_or_else(|| root().join("target"), Path::to_path_buf)
}

/// `cargo`, the one that runs xtask, with `words` separated by spaces as its arguments.
pub(crate) fn cargo(words: &str) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(words.split_whitespace());
    let inherited = std::env::vars_os().map(|(name, _)| name);
    for name in inherited.filter(|name| describes_xtask(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
}

/// The exit code that a shell would show for `status`: 128 and the signal's number for a killed process.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(1);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// Variables by which `cargo run` describes xtask to itself.
///
/// The build script of ring, for one, runs again whenever they change: `cargo build` typed by hand and `cargo xtask`
/// would take turns in compiling ring and everything above it.
fn describes_xtask(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| variable.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("a manifest at the root");
        assert!(manifest.starts_with("[workspace]"), "{manifest}");
    }

    #[test]
    fn cargo_is_not_told_about_xtask() {
        // Cargo sets these for tests as it does for `cargo run`.
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
        let cargo = cargo("build");
        let removed = cargo.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name);
        let removed: Vec<_> = removed.map(|name| name.to_string_lossy()).collect();
        assert!(removed.iter().any(|name| name == "CARGO_PKG_NAME"), "{removed:?}");
        assert!(removed.iter().any(|name| name == "CARGO_MANIFEST_DIR"), "{removed:?}");
        assert!(!removed.iter().any(|name| name == "CARGO_HOME"), "{removed:?}");
    }

    #[cfg(unix)]
    #[test]
    fn exit_codes_are_those_of_a_shell() {
        use std::os::unix::process::ExitStatusExt;
        let interrupted = ExitStatus::from_raw(2);
        let refused = ExitStatus::from_raw(2 << 8);
        assert_eq!((exit_code(interrupted), exit_code(refused)), (130, 2));
    }
}
