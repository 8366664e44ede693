//! From a run's storage to its report: nothing is trained, nothing else is read.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use tinderbox_report::{
    ArmView, ExperimentView, Failure, Numbers, PageError, Plan, Record, RecordError, Report, Reported,
    numbers, render,
};
use tinderbox_search::{State, Storage, StorageError, StudyId};

use crate::json;
use crate::plan::ProfileName;
use crate::run::{self, Heading, RECORD, RunError, RunFolder};

/// Why no report could be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The run cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A record was changed after it was written.
    #[error("{}: study `{study}`, trial {number}: {error}", .path.display())]
    Record {
        /// The storage.
        path: PathBuf,
        /// The study.
        study: String,
        /// The trial.
        number: u64,
        /// What is wrong.
        error: RecordError,
    },
    /// A finished trial without a record.
    #[error("{}: study `{study}`, trial {number} is complete but has no record", .path.display())]
    NoRecord {
        /// The storage.
        path: PathBuf,
        /// The study.
        study: String,
        /// The trial.
        number: u64,
    },
    /// The storage holds no experiment.
    #[error("{}: no experiment in it", .0.display())]
    Empty(PathBuf),
    /// The page could not be made.
    #[error(transparent)]
    Page(#[from] PageError),
    /// A file could not be written.
    #[error("{}: {error}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// What a report was made of.
#[derive(Debug)]
pub struct Written {
    /// The numbers in it.
    pub numbers: Numbers,
    /// The revisions of the program that computed them.
    pub revisions: BTreeSet<String>,
}

/// Makes `report.html` and `report.json` of a run, and returns what is in them.
///
/// # Errors
/// If a record was changed, or the files cannot be written.
pub fn write(folder: &RunFolder) -> Result<Written, ReportError> {
    let report = read(folder)?;
    let numbers = numbers(&report);
    let json = json::pretty(&numbers);
    for (path, text) in
        [(folder.report_path(), render(&report)?), (folder.path().join("report.json"), json + "\n")]
    {
        replace(&path, &text).map_err(|error| ReportError::Write { path, error })?;
    }
    let records = report.experiments.iter().flat_map(|view| &view.records);
    let revisions = records.filter_map(|record| record.environment.revision.clone()).collect();
    Ok(Written { numbers, revisions })
}

/// The report of what a run's storage holds now.
fn read(folder: &RunFolder) -> Result<Report, ReportError> {
    let storage = folder.storage()?;
    let headings = run::headings(folder, &storage)?;
    let Some((_, first)) = headings.first() else { return Err(ReportError::Empty(folder.storage_path())) };
    let mut experiments = Vec::new();
    let mut test_images = None;
    for (study, heading) in &headings {
        experiments.push(experiment(folder, &storage, *study, heading)?);
        if test_images.is_none() {
            test_images = run::test_images(&storage, *study, heading)?;
        }
    }
    Ok(Report {
        title: "Tinderbox: what survives of the paper".to_string(),
        created: first.created.clone(),
        plan: Plan {
            hash: first.plan.clone(),
            profile: match first.profile {
                ProfileName::Quick => "quick",
                ProfileName::Full => "full",
            }
            .to_string(),
            seeds: first.seeds.clone(),
            epochs: first.epochs,
            protocol: first.protocol.to_string(),
        },
        command: first.command.clone(),
        backend: first.backend.to_string(),
        notice: first.stand_in.as_ref().map(|reason| format!("{}: {reason}", tinderbox_report::STAND_IN)),
        experiments,
        test_images,
    })
}

fn experiment(
    folder: &RunFolder,
    storage: &dyn Storage,
    study: StudyId,
    heading: &Heading,
) -> Result<ExperimentView, ReportError> {
    let (mut records, mut failures, mut waiting) = (Vec::new(), Vec::new(), 0);
    let storage_error = |error: StorageError| ReportError::Run(error.into());
    for trial in storage.trials(study).map_err(storage_error)? {
        match trial.state {
            State::Waiting | State::Running => waiting += 1,
            State::Complete => {
                let (path, study_name) = (folder.storage_path(), heading.name.clone());
                let number = trial.number;
                let Some(bytes) = storage.attachment(study, number, RECORD).map_err(storage_error)? else {
                    return Err(ReportError::NoRecord { path, study: study_name, number });
                };
                records.push(Record::from_bytes(&bytes).map_err(|error| ReportError::Record {
                    path,
                    study: study_name,
                    number,
                    error,
                })?);
            }
            State::Fail | State::Pruned => {
                let reason = trial.failure.unwrap_or_else(|| "no reason was told".to_string());
                let (arm, seed) = match run::task(&trial.attributes) {
                    Ok(task) => (task.arm, task.seed),
                    Err(_) => (trial.key.unwrap_or_default(), 0),
                };
                failures.push(Failure { arm, seed, reason });
            }
        }
    }
    let arms = heading.arms.iter().map(|arm| ArmView {
        name: arm.name.clone(),
        description: arm.description.clone(),
        reported: arm
            .reported
            .as_ref()
            .map(|reported| Reported { value_percent: reported.percent, what: reported.what.clone() }),
    });
    Ok(ExperimentView {
        name: heading.name.clone(),
        title: heading.title.clone(),
        part: heading.part.clone(),
        statement: heading.statement.clone(),
        arms: arms.collect(),
        records,
        failures,
        waiting,
    })
}

/// Whole or not at all: the text goes to a file beside `path`, which then takes its name.
fn replace(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    let scratch = path.with_extension(format!("{}.new", std::process::id()));
    let written = fs::write(&scratch, text).and_then(|()| fs::rename(&scratch, path));
    if written.is_err() {
        _ = fs::remove_file(&scratch);
    }
    written
}
