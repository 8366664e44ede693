//! Our worker of a study: one whole trial for each line, by the program's own code.

use std::fs;
use std::io::{BufRead, Write};
use std::path::PathBuf;

use burn::prelude::Device;
use serde::{Deserialize, Serialize};
use tinderbox::catalog::Catalog;
use tinderbox::plan::Task;
use tinderbox::trial::{self, Attempt};
use tinderbox_data::Dataset;

use crate::commands::Refusal;
use crate::contestant::{Clock, Told, say};

/// A line that asks for a trial.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// Which.
    pub(crate) trial: Task,
}

/// Runs a trial for each line; it leaves its checkpoint in `scratch` while it runs, as a trial of `reproduce` does.
///
/// # Errors
/// If a line is no trial, or one could not be done.
pub(crate) fn answer(
    catalog: &Catalog,
    dataset: &Dataset,
    device: &Device,
    scratch: PathBuf,
    questions: impl BufRead,
    mut answers: impl Write,
) -> Result<(), Refusal> {
    let attempt = Attempt { worker: "bench".into(), attempt: 1, checkpoint: Some(scratch) };
    for question in questions.lines().map_while(Result::ok) {
        let Question { trial } = serde_json::from_str(&question)?;
        let clock = Clock::start();
        let record = trial::run(&trial, catalog, dataset, device, &attempt, &mut ())?;
        let time = clock.stop();
        let told = Told { accuracy: record.results.test.and_then(|test| test.accuracy()), ..time };
        // Another trial must not resume from here.
        _ = attempt.checkpoint.as_ref().map(fs::remove_file);
        say(&mut answers, &told)?;
    }
    Ok(())
}
