//! The program as a user meets it: a command line, an exit code, what it prints, what it leaves.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Two small networks, one with dropout, on few images: seconds even where kernels are slow.
pub(crate) const SMALL: &str = r#"
name = "small"
part = "test"
title = "Two small networks"
statement = "The smaller the faster."
protocol = "official"

[profiles.quick]
seeds = 2
epochs = 4

[profiles.full]
seeds = 3
epochs = 6

[[arms]]
name = "Fcn"
description = "256-32-10, half of the units dropped"
model = { kind = "fcn", hidden = [32], dropout = 0.5 }

[[arms]]
name = "Cnn"
description = "two and four filters"
model = { kind = "cnn", filters = [2, 4], hidden = 16 }
"#;

/// A folder of its own for one test, with the small experiment in it.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        fs::write(folder.path().join("small.toml"), SMALL).expect("written");
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).expect("written");
        path
    }

    /// The program with these words, nothing of the user's environment in its way.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tinderbox"));
        command
            .args(words.split_whitespace())
            .current_dir(self.path())
            .env_remove("TINDERBOX_DATA_DIR")
            .env_remove("TINDERBOX_STORAGE")
            .env("XDG_CACHE_HOME", self.path().join("cache"))
            .env("XDG_STATE_HOME", self.path().join("state"));
        command
    }

    pub(crate) fn run(&self, words: &str) -> Ended {
        Ended::from(self.command(words).output().expect("the program starts"))
    }

    /// The only run below `runs`.
    pub(crate) fn run_folder(&self, runs: &str) -> PathBuf {
        let mut folders: Vec<PathBuf> = fs::read_dir(self.path().join(runs))
            .expect("runs")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        assert_eq!(folders.len(), 1, "{folders:?}");
        folders.remove(0)
    }

    /// What `report.json` says of the only run below `runs`.
    pub(crate) fn numbers(&self, runs: &str) -> Value {
        let text = fs::read_to_string(self.run_folder(runs).join("report.json")).expect("report.json");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The result hash of each trial of the only run below `runs`, by experiment, arm and seed.
    pub(crate) fn hashes(&self, runs: &str) -> BTreeMap<(String, String, u64), String> {
        let numbers = self.numbers(runs);
        let experiments = numbers["experiments"].as_array().expect("experiments");
        let of_experiment = |experiment: &Value| -> Vec<_> {
            let name = experiment["name"].as_str().expect("a name").to_string();
            let trials = experiment["trials"].as_array().expect("trials");
            trials.iter().map(|trial| (name.clone(), trial.clone())).collect()
        };
        experiments
            .iter()
            .flat_map(of_experiment)
            .map(|(experiment, trial)| {
                let arm = trial["arm"].as_str().expect("an arm").to_string();
                let seed = trial["seed"].as_u64().expect("a seed");
                ((experiment, arm, seed), trial["result_sha256"].as_str().expect("a hash").to_string())
            })
            .collect()
    }
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self
    }

    /// Refused before anything started, with all of these words in the message.
    #[track_caller]
    pub(crate) fn refused(self, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(2), "{}\n{}", self.out, self.err);
        for word in words {
            assert!(self.err.contains(word), "`{word}` is not in:\n{}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}
