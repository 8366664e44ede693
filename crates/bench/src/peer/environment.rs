//! A peer's environment: Python with pinned packages, in a folder of its own, made once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Why there is no environment.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnvironmentError {
    /// A file or folder cannot be written.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no Python.
    #[error(
        "{name} needs Python 3.11 or later with `venv`: `python3` {reason}; install it, or name one with --python {name}=PATH"
    )]
    Python {
        /// The peer.
        name: String,
        /// What went wrong.
        reason: String,
    },
    /// The packages cannot be had.
    #[error(
        "{name}: pip could not install {packages}: {words} (all of it in {}); with them installed elsewhere, name that \
         Python with --python {name}=PATH", .log.display()
    )]
    Packages {
        /// The peer.
        name: String,
        /// What was asked for.
        packages: String,
        /// The last line that pip wrote.
        words: String,
        /// What it wrote.
        log: PathBuf,
    },
    /// A program does not compile.
    #[error("{name}: `cargo build` {words} (all of it in {})", .log.display())]
    Program {
        /// The peer.
        name: String,
        /// The last line that Cargo wrote.
        words: String,
        /// What it wrote.
        log: PathBuf,
    },
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
}

/// Lays `scripts` into `folder`.
///
/// # Errors
/// If it cannot be written.
pub(super) fn write_scripts(folder: &Path, scripts: &[(&str, &str)]) -> Result<(), EnvironmentError> {
    let at = |path: &Path, source| EnvironmentError::File { path: path.to_path_buf(), source };
    fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
    for (name, text) in scripts {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|source| at(&path, source))?;
    }
    Ok(())
}

/// The Python of the environment of `name` under `folder`, made now unless it holds these packages already.
///
/// # Errors
/// If Python or the network is missing.
pub(super) fn make(
    folder: &Path,
    name: &str,
    packages: &[&str],
    index: Option<&str>,
    stop: &AtomicBool,
    tell: impl FnOnce(&str),
) -> Result<PathBuf, EnvironmentError> {
    let environment = folder.join(format!("venv-{name}"));
    let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    // Written last: an environment that was left half made is made again.
    let made = environment.join("tinderbox-packages");
    let wanted = packages.join(" ");
    if fs::read_to_string(&made).is_ok_and(|found| found == wanted) && python.exists() {
        return Ok(python);
    }
    tell(&format!("installing {wanted} into {}, once; this takes minutes", environment.display()));
    let log = folder.join(format!("venv-{name}.log"));
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&environment);
    if let Err(reason) = run(venv, &log, stop)? {
        return Err(EnvironmentError::Python { name: name.to_string(), reason });
    }
    let pip = |more: &[&str]| {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check"]);
        pip.args(more).args(packages);
        pip
    };
    let first = match index {
        // A mirror that does not answer must not cost minutes: the other index has everything too.
        Some(index) => run(
            pip(&["--retries", "0", "--timeout", "10", "--extra-index-url", PYPI, "--index-url", index]),
            &log,
            stop,
        )?,
        None => run(pip(&[]), &log, stop)?,
    };
    if first.is_err()
        && let Err(words) = run(pip(&[]), &log, stop)?
    {
        let name = name.to_string();
        return Err(EnvironmentError::Packages { name, packages: wanted, words, log });
    }
    fs::write(&made, wanted).map_err(|source| EnvironmentError::File { path: made, source })?;
    Ok(python)
}

const PYPI: &str = "https://pypi.org/simple";

/// Runs a command to its end; if it fails, says in words why.
pub(super) fn run(
    mut command: Command,
    log: &Path,
    stop: &AtomicBool,
) -> Result<Result<(), String>, EnvironmentError> {
    let at = |source| EnvironmentError::File { path: log.to_path_buf(), source };
    let output = fs::File::create(log).map_err(at)?;
    command.stdin(Stdio::null()).stdout(output.try_clone().map_err(at)?).stderr(output);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ok(Err(format!("cannot be started ({error})"))),
    };
    let status = loop {
        if stop.load(Ordering::Relaxed) {
            _ = child.kill();
            _ = child.wait();
            return Err(EnvironmentError::Interrupted);
        }
        if let Some(status) = child.try_wait().map_err(at)? {
            break status;
        }
        thread::sleep(Duration::from_millis(100));
    };
    if status.success() {
        return Ok(Ok(()));
    }
    let text = String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned();
    let words = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    Ok(Err(words.trim().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failed_command_said_last_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.arg("--no-such-flag");
        let said =
            run(cargo, &folder.path().join("log"), &AtomicBool::new(false)).expect("run").expect_err("fails");
        assert!(said.contains("--help"), "{said}");
    }

    #[test]
    fn an_environment_that_holds_the_packages_is_used_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let environment = folder.path().join("venv-peer");
        let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
        fs::create_dir_all(python.parent().expect("a parent")).expect("made");
        fs::write(&python, "").expect("written");
        fs::write(environment.join("tinderbox-packages"), "a==1 b==2").expect("written");
        let tell = |_: &str| panic!("nothing is installed");
        let found = make(folder.path(), "peer", &["a==1", "b==2"], None, &AtomicBool::new(false), tell);
        assert_eq!(found.expect("found"), python);
    }

    #[test]
    fn a_stop_ends_an_installation() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = make(folder.path(), "peer", &["a==1"], None, &AtomicBool::new(true), |_| {});
        assert!(matches!(made, Err(EnvironmentError::Interrupted)), "{made:?}");
    }
}
