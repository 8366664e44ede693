//! Where results go: the terminal, one JSON file a benchmark, and one page of those that are there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tinderbox::backend::Backend;
use tinderbox::environment;
use tinderbox_report::benchmark::{Benchmark, Machine, page};

/// The benchmarks in the order of the page.
const NAMES: [&str; 4] = ["models", "ops", "study", "search"];

/// A result that could not be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    /// A file cannot be written.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no page.
    #[error("the page of benchmarks: {0}")]
    Page(String),
}

/// Writes `benchmark` into `folder`, beside those of earlier runs, and the page of all of them; hands back its path.
///
/// # Errors
/// If a file cannot be written.
pub(crate) fn publish(benchmark: &Benchmark, folder: &Path) -> Result<PathBuf, PublishError> {
    let at = |path: &Path, source| PublishError::File { path: path.to_path_buf(), source };
    let write = |path: &Path, text: String| fs::write(path, text).map_err(|source| at(path, source));
    fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
    write(&folder.join(format!("{}.json", benchmark.name)), json(benchmark))?;
    let read = |name: &&str| {
        let text = fs::read_to_string(folder.join(format!("{name}.json"))).ok()?;
        // A file of another version is no reason to have no page.
        serde_json::from_str(&text).ok()
    };
    let all: Vec<Benchmark> = NAMES.iter().filter_map(read).collect();
    let path = folder.join("index.html");
    write(&path, page(&all).map_err(|error| PublishError::Page(error.to_string()))?)?;
    Ok(path)
}

/// A benchmark that starts now, on this machine, with nothing measured yet.
pub(crate) fn begin(name: &str, title: &str, threads: usize, rounds: u16) -> Benchmark {
    Benchmark {
        name: name.into(),
        title: title.into(),
        command: command(),
        started: environment::rfc3339(SystemTime::now()),
        machine: machine(),
        versions: BTreeMap::new(),
        threads,
        rounds: rounds.into(),
        notes: Vec::new(),
        groups: Vec::new(),
    }
}

/// As `--json` prints it.
pub(crate) fn json(benchmark: &Benchmark) -> String {
    serde_json::to_string_pretty(benchmark).expect("plain data")
}

/// What was typed.
fn command() -> String {
    let words: Vec<String> = std::env::args().skip(1).collect();
    format!("cargo xtask bench {}", words.join(" "))
}

fn machine() -> Machine {
    let here = environment::here(Backend::Flex);
    Machine { cpu: here.cpu, cores: here.cores, os: here.os }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_lies_beside_those_of_earlier_runs_and_on_the_page() {
        let folder = tempfile::tempdir().expect("a folder");
        let benchmark = begin("models", "Epochs of the three networks", 1, 1);
        fs::write(folder.path().join("ops.json"), "of another version").expect("written");
        let page = publish(&benchmark, folder.path()).expect("published");
        assert!(fs::read_to_string(page).expect("a page").contains("Epochs of the three networks"));
        let text = fs::read_to_string(folder.path().join("models.json")).expect("a file");
        assert_eq!(serde_json::from_str::<Benchmark>(&text).expect("read"), benchmark);
    }
}
