//! A benchmark: what contestants took for the same work, measured alternately, and what follows from it.
//!
//! Its JSON form is what `bench --json` prints; [`page`] makes one HTML page of several.

mod page;
mod statistics;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use page::page;
pub use statistics::{Ratio, median};

/// What one benchmark measured, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    /// Its name: `models`, `ops`, `study` or `search`.
    pub name: String,
    /// What was compared, as a heading.
    pub title: String,
    /// The command that measures it again.
    pub command: String,
    /// When it began: RFC 3339, UTC.
    pub started: String,
    /// Where it ran.
    pub machine: Machine,
    /// Names and versions of all that took part.
    pub versions: BTreeMap<String, String>,
    /// Threads that each contestant was given.
    pub threads: usize,
    /// Counted rounds: each contestant was measured once in each.
    pub rounds: usize,
    /// What a reader has to know, such as a contestant that could not take part.
    pub notes: Vec<String>,
    /// One for each piece of work.
    pub groups: Vec<Group>,
}

/// The machine that a benchmark ran on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Model of the processor.
    pub cpu: String,
    /// Cores that the process may use.
    pub cores: usize,
    /// Operating system and architecture.
    pub os: String,
}

/// Contestants that did the same work alternately.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What the work was, such as `cnn, batch 32`.
    pub name: String,
    /// What a sample is, such as `seconds an epoch`.
    pub unit: String,
    /// How much work a sample holds, if it can be counted.
    pub work: Option<Work>,
    /// Who did it, in the order of the table.
    pub entries: Vec<Entry>,
}

/// Countable work, and how fast the machine could do it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// In one sample, in the unit of the rate times a second: `GFLOP`, or `GB`.
    pub amount: f64,
    /// Unit of a rate, such as `GFLOP/s`.
    pub unit: String,
    /// The highest rate that was measured in the same run.
    pub ceiling: f64,
    /// What reached it, such as `a product of 512x512 matrices`.
    pub limit: String,
    /// Seconds in one unit of the samples: 1, or 1e-6 for microseconds.
    pub seconds: f64,
}

/// One contestant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it took in each round, in the group's unit.
    pub samples: Vec<f64>,
    /// The median of them.
    pub median: f64,
    /// Against the reference of its group, round by round; none for the reference itself.
    pub ratio: Option<Ratio>,
    /// Work by time at the median, in the unit of the group's work.
    pub rate: Option<f64>,
    /// Cores that it kept busy: processor seconds by seconds at the median.
    pub cores: Option<f64>,
    /// Mean loss of its last round, which shows that it learnt.
    pub loss: Option<f64>,
}

impl Entry {
    /// A contestant with its samples, one a round; there must be one at least.
    pub fn new(name: impl Into<String>, samples: Vec<f64>) -> Self {
        Self {
            name: name.into(),
            median: median(&samples),
            samples,
            ratio: None,
            rate: None,
            cores: None,
            loss: None,
        }
    }
}

impl Group {
    /// A group in which everybody else is compared with the fastest entry that `is_reference` names, if there is one.
    pub fn new(
        name: impl Into<String>,
        unit: impl Into<String>,
        work: Option<Work>,
        mut entries: Vec<Entry>,
        is_reference: impl Fn(&Entry) -> bool,
    ) -> Self {
        let fastest = |best: Option<usize>, place: usize| match best {
            Some(best) if entries[best].median <= entries[place].median => Some(best),
            _ => Some(place),
        };
        let reference = (0..entries.len()).filter(|&place| is_reference(&entries[place])).fold(None, fastest);
        if let Some(place) = reference {
            let reference = entries[place].clone();
            for (_, entry) in entries.iter_mut().enumerate().filter(|(other, _)| *other != place) {
                entry.ratio = Ratio::new(&entry.samples, &reference.name, &reference.samples);
            }
        }
        if let Some(work) = &work {
            for entry in &mut entries {
                entry.rate = Some(work.amount / (entry.median * work.seconds));
            }
        }
        Self { name: name.into(), unit: unit.into(), work, entries }
    }
}

impl Work {
    /// Share of the ceiling, in `[0, 1]` but for what the clock scatters.
    pub fn share(&self, rate: f64) -> f64 {
        rate / self.ceiling
    }
}

#[cfg(test)]
mod tests;
