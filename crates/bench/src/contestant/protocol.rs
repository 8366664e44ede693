//! The lines that contestants say.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Instant;

use cpu_time::ProcessTime;
use serde::{Deserialize, Serialize};

/// The first line of a contestant that can take part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hello {
    /// Always true.
    pub(crate) ready: bool,
    /// Names and versions of what it runs on.
    pub(crate) versions: BTreeMap<String, String>,
}

/// A line of one that cannot continue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refused {
    /// Why.
    pub(crate) error: String,
}

/// The answer to a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    /// Seconds that it took.
    pub(crate) seconds: f64,
    /// Seconds of all processors that it took.
    pub(crate) cpu_seconds: f64,
    /// The mean loss of an epoch; none of other work.
    #[serde(default)]
    pub(crate) loss: Option<f64>,
    /// The test accuracy of a whole trial, in `[0, 1]`; none if it diverged, and of other work.
    #[serde(default)]
    pub(crate) accuracy: Option<f64>,
}

/// When a piece of work began.
pub(crate) struct Clock {
    wall: Instant,
    processor: ProcessTime,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { wall: Instant::now(), processor: ProcessTime::now() }
    }

    /// The work is done: how long it took.
    pub(crate) fn stop(self) -> Told {
        Told {
            seconds: self.wall.elapsed().as_secs_f64(),
            cpu_seconds: self.processor.elapsed().as_secs_f64(),
            loss: None,
            accuracy: None,
        }
    }
}

/// Says one line to the conductor.
///
/// # Errors
/// If nobody listens.
pub(crate) fn say(mut out: impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut out, line)?;
    writeln!(out)?;
    out.flush()
}
