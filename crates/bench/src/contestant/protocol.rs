//! The lines that contestants say.

use std::collections::BTreeMap;

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

/// A line of one that cannot go on.
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
