//! `cargo xtask ci`: everything that `test` checks, then a short real reproduction, run twice.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::Error;
use crate::cargo::{root, target};
use crate::forecast::Backend;
use crate::program::{build, invocation};
use crate::test::{on, sanitize, spoken, steps};

const HELP: &str = "\
Checks the workspace as on a new machine: `cargo xtask test`, on x86-64 Linux with --sanitize before it, the backend ndarray, then a short
reproduction that must leave a report, and once more, which must find everything done.

Usage: cargo xtask ci

Digits come from TINDERBOX_DATA_DIR, else from the cache or the network; without any, stand-in digits are used.
";

/// Runs everything: 0 if all pass, 1 if something fails.
pub(crate) fn run(arguments: &[OsString]) -> Result<ExitCode, Error> {
    match arguments {
        [] => {}
        [word] if word == "--help" || word == "-h" => {
            print!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        [word, ..] => {
            let expected = "no arguments".into();
            return Err(Error::Argument { command: "ci", argument: word.clone(), expected, nearest: None });
        }
    }
    let sanitized =
        cfg!(not(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))) || sanitize()?;
    let passed =
        sanitized && steps(&[], false)? && on(Backend::Ndarray)? && Reproduction { epochs: 1 }.check()?;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The experiment `architectures` with two seeds, in a folder of its own.
struct Reproduction {
    epochs: usize,
}

impl Reproduction {
    /// Runs it twice; says what went wrong, if anything, and whether all went well.
    fn check(&self) -> Result<bool, Error> {
        let runs = target().join("xtask-runs");
        clear(&runs)?;
        if build(Backend::Flex)? != 0 {
            eprintln!("== the program does not build");
            return Ok(false);
        }
        let Some(first) = self.run("a short reproduction", &runs)? else { return Ok(false) };
        let Some(report) = report(&runs) else {
            eprintln!("== no report.html in a folder of {}", runs.display());
            return Ok(false);
        };
        let Some(second) = self.run("the same again", &runs)? else { return Ok(false) };
        let found_done = is_quick(first, second);
        println!(
            "\nreproduction  {}\nthe same again {}  {}\nreport        {}",
            spoken(first),
            spoken(second),
            if found_done { "found everything done" } else { "FAILED: trained again" },
            report.display()
        );
        Ok(found_done)
    }

    fn run(&self, what: &str, runs: &Path) -> Result<Option<Duration>, Error> {
        let words = format!("--only architectures --seeds 2 --epochs {}", self.epochs);
        let mut arguments: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
        arguments.extend(["--runs".into(), runs.into()]);
        eprintln!("\n== {what}: tinderbox reproduce {words}");
        let start = Instant::now();
        let mut program = invocation(Backend::Flex, "reproduce", &arguments);
        let status = program.current_dir(root()).status().map_err(Error::Start)?;
        if !status.success() {
            eprintln!("== {what} failed: {status}");
        }
        Ok(status.success().then(|| start.elapsed()))
    }
}

/// Whether the second run can only have read what the first one stored.
fn is_quick(first: Duration, second: Duration) -> bool {
    second < Duration::from_secs(5) || second < first / 4
}

/// The page that a run left in its folder of `runs`.
fn report(runs: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(runs).into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("report.html")).find(|page| page.is_file())
}

/// An old run in the folder would make the first reproduction a second one.
fn clear(runs: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(runs) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::Folder { path: runs.to_path_buf(), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_that_trains_is_not_quick() {
        let seconds = Duration::from_secs;
        assert!(is_quick(seconds(40), seconds(2)));
        assert!(is_quick(seconds(400), seconds(60)));
        assert!(!is_quick(seconds(40), seconds(38)));
    }

    #[test]
    fn the_report_is_found_one_folder_down() {
        let runs = std::env::temp_dir().join(format!("xtask-report-{}", std::process::id()));
        fs::create_dir_all(runs.join("0f3a")).expect("a temporary folder");
        assert_eq!(report(&runs), None);
        let page = runs.join("0f3a").join("report.html");
        fs::write(&page, "").expect("a page");
        assert_eq!(report(&runs), Some(page));
        clear(&runs).expect("a cleared folder");
        assert!(!runs.exists());
    }

    #[test]
    fn clearing_an_absent_folder_is_no_error() {
        assert!(clear(Path::new("no/such/folder")).is_ok());
    }
}
