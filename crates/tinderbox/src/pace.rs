//! How fast this machine trains: what its trials took, beside what the formula of [`estimate`](crate::estimate) expected.
//!
//! A file of the user's cache. It only makes estimates better: nothing is decided by it, and where it is missing, damaged or
//! cannot be written, estimates are those of the machine that the formula was measured on.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tinderbox_data::replace;

use crate::backend::Backend;
use crate::{json, machine};

/// So many expected seconds are remembered: what was measured long ago gives way.
const MEMORY: f64 = 1000.0;
/// Shorter trials, in seconds, show what starting costs, not how fast it trains.
const SHORTEST: f64 = 0.5;
/// Bounds of a factor: what is beyond says something of a mistake, not of a machine.
const BOUNDS: [f64; 2] = [0.02, 50.0];
/// More machines than use one home folder.
const MACHINES: usize = 64;
/// More than the file ever holds.
const MOST_BYTES: u64 = 1 << 20;

/// What has been measured, by machine, then by backend and kind of network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pace(BTreeMap<String, BTreeMap<String, Speed>>);

/// What trials were expected to take, and took, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Speed {
    expected: f64,
    measured: f64,
    trials: u64,
}

impl Pace {
    /// What the file says; nothing if it is missing or damaged.
    pub fn read(path: &Path) -> Self {
        let text = File::open(path).and_then(|file| {
            let mut text = String::new();
            file.take(MOST_BYTES).read_to_string(&mut text)?;
            Ok(text)
        });
        text.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Writes the file, and its folder if that is missing.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        replace(path, (json::pretty(self) + "\n").as_bytes())
    }

    /// Trials on this machine and backend that it knows of.
    pub fn trials(&self, backend: Backend) -> u64 {
        self.speeds(backend).map(|(_, speed)| speed.trials).sum()
    }

    /// What the formula's seconds are to be multiplied by; `None` if nothing was measured on this machine and backend.
    /// Of a kind that was not measured it is that of the others together.
    pub fn factor(&self, backend: Backend, kind: &str) -> Option<f64> {
        let name = name(backend, kind);
        let own = self.speeds(backend).find(|(other, _)| **other == name).map(|(_, speed)| *speed);
        let all = || {
            self.speeds(backend).fold(Speed::default(), |sum, (_, speed)| Speed {
                expected: sum.expected + speed.expected,
                measured: sum.measured + speed.measured,
                trials: sum.trials + speed.trials,
            })
        };
        own.unwrap_or_else(all).factor()
    }

    /// Learns from a trial of a kind of network: the formula's seconds, and the seconds that it took.
    pub fn learn(&mut self, backend: Backend, kind: &str, expected: f64, measured: f64) {
        let is_time = |seconds: f64| seconds.is_finite() && seconds > 0.0;
        if !is_time(expected) || !is_time(measured) || measured < SHORTEST {
            return;
        }
        let machine = machine::name();
        if self.0.len() >= MACHINES && !self.0.contains_key(&machine) {
            self.0.clear();
        }
        let speed = self.0.entry(machine).or_default().entry(name(backend, kind)).or_default();
        if speed.factor().is_none() {
            *speed = Speed::default();
        }
        let kept = MEMORY / speed.expected.max(MEMORY);
        *speed = Speed {
            expected: speed.expected * kept + expected,
            measured: speed.measured * kept + measured,
            trials: speed.trials.saturating_add(1),
        };
    }

    /// Those of this machine and backend that make sense.
    fn speeds(&self, backend: Backend) -> impl Iterator<Item = (&String, &Speed)> {
        let of_backend = name(backend, "");
        let here = self.0.get(&machine::name()).into_iter().flatten();
        here.filter(move |(name, speed)| name.starts_with(&of_backend) && speed.factor().is_some())
    }
}

impl Speed {
    fn factor(self) -> Option<f64> {
        let factor = self.measured / self.expected;
        let [least, most] = BOUNDS;
        (self.expected > 0.0 && factor.is_finite() && factor > 0.0).then(|| factor.clamp(least, most))
    }
}

fn name(backend: Backend, kind: &str) -> String {
    format!("{backend} {kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLEX: Backend = Backend::Flex;

    #[test]
    fn it_learns_what_a_kind_takes_and_guesses_others_by_it() {
        let mut pace = Pace::default();
        assert_eq!(pace.factor(FLEX, "fcn"), None);
        pace.learn(FLEX, "fcn", 10.0, 20.0);
        pace.learn(FLEX, "cnn", 10.0, 40.0);
        assert_eq!(pace.factor(FLEX, "fcn"), Some(2.0));
        assert_eq!(pace.factor(FLEX, "cnn"), Some(4.0));
        assert_eq!(pace.factor(FLEX, "local-net"), Some(3.0));
        assert_eq!(pace.factor(Backend::Ndarray, "fcn"), None, "another backend is another machine");
        assert_eq!((pace.trials(FLEX), pace.trials(Backend::Ndarray)), (2, 0));
    }

    #[test]
    fn what_was_measured_long_ago_gives_way() {
        let mut pace = Pace::default();
        for _ in 0..1000 {
            pace.learn(FLEX, "fcn", 10.0, 10.0);
        }
        for _ in 0..300 {
            pace.learn(FLEX, "fcn", 10.0, 30.0);
        }
        let factor = pace.factor(FLEX, "fcn").expect("a factor");
        assert!((2.8..=3.0).contains(&factor), "{factor}");
    }

    #[test]
    fn what_is_no_time_teaches_nothing() {
        let mut pace = Pace::default();
        for (expected, measured) in
            [(0.0, 1.0), (1.0, 0.0), (f64::NAN, 1.0), (1.0, f64::INFINITY), (-1.0, 1.0), (0.001, 0.1)]
        {
            pace.learn(FLEX, "fcn", expected, measured);
        }
        assert_eq!(pace, Pace::default());
        pace.learn(FLEX, "fcn", 1e-9, 1e9);
        assert_eq!(pace.factor(FLEX, "fcn"), Some(50.0));
    }

    #[test]
    fn a_file_comes_back_and_a_damaged_one_is_ignored_and_replaced() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("new/pace.json");
        assert_eq!(Pace::read(&path), Pace::default(), "missing");
        let mut pace = Pace::default();
        pace.learn(FLEX, "fcn", 10.0, 20.0);
        let here = machine::name();
        let odd = [
            "",
            "{",
            "[]",
            "null",
            "\u{0}\u{fffd}",
            &format!("{{\"{here}\": {{\"flex fcn\": {{}}}}}}"),
            &format!(
                "{{\"{here}\": {{\"flex fcn\": {{\"expected\": -1, \"measured\": 1, \"trials\": 3}}}}}}"
            ),
            &format!("{{\"{here}\": {{\"flex fcn\": {{\"expected\": 0, \"measured\": 0, \"trials\": 3}}}}}}"),
            &format!(
                "{{\"{here}\": {{\"flex fcn\": {{\"expected\": 1e-300, \"measured\": 1e300, \"trials\": 3}}}}}}"
            ),
        ];
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        for text in odd {
            fs::write(&path, text).expect("written");
            let mut damaged = Pace::read(&path);
            assert_eq!((damaged.factor(FLEX, "fcn"), damaged.trials(FLEX)), (None, 0), "{text}");
            damaged.learn(FLEX, "fcn", 10.0, 20.0);
            damaged.write(&path).expect("written");
            assert_eq!(Pace::read(&path).factor(FLEX, "fcn"), Some(2.0), "{text}");
        }
        fs::write(&path, [0xff, 0xfe]).expect("written");
        assert_eq!(Pace::read(&path), Pace::default(), "no text");
        assert_eq!(Pace::read(folder.path()), Pace::default(), "a folder");
        pace.write(&path).expect("written");
        assert_eq!(Pace::read(&path), pace);
    }
}
