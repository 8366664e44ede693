//! From a run's storage to its report: nothing is trained, nothing else is read.

mod arms;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use tinderbox_report::{
    ExperimentView, Numbers, PageError, Plan, RecordError, Report, SearchView, numbers, render, schema,
};
use tinderbox_search::{Storage, StudyId};

use crate::json;
use crate::plan::ProfileName;
use crate::run::{self, Heading, RunError, RunFolder};
use arms::Trials;

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
    /// The revisions of the program that computed them, each with whether it held changes that were not committed.
    pub revisions: BTreeSet<(String, bool)>,
}

/// Makes `report.html` and `report.json` of a run, with the schema of the latter, and returns what is in them.
///
/// # Errors
/// If a record was changed, or the files cannot be written.
pub fn write(folder: &RunFolder) -> Result<Written, ReportError> {
    let report = read(folder)?;
    let numbers = numbers(&report);
    let files = [
        (folder.report_path(), render(&report)?),
        (folder.path().join("report.json"), json::pretty(&numbers) + "\n"),
        (folder.path().join("report.schema.json"), json::pretty(&schema()) + "\n"),
    ];
    for (path, text) in files {
        tinderbox_data::replace(&path, text.as_bytes())
            .map_err(|error| ReportError::Write { path, error })?;
    }
    let environments = report.records().map(|record| &record.environment);
    let revisions = environments
        .filter_map(|environment| Some((environment.revision.clone()?, environment.dirty == Some(true))))
        .collect();
    Ok(Written { numbers, revisions })
}

/// The report of what a run's storage holds now.
///
/// # Errors
/// If it cannot be read, or a record was changed.
pub fn read(folder: &RunFolder) -> Result<Report, ReportError> {
    let storage = folder.storage()?;
    let headings = run::headings(folder, &storage)?;
    let Some((_, first)) = headings.first() else { return Err(ReportError::Empty(folder.storage_path())) };
    let trials = Trials::read(folder, &storage, &headings)?;
    let experiments = headings
        .iter()
        .map(|(study, heading)| experiment(folder, &storage, *study, heading, &trials))
        .collect::<Result<_, RunError>>()?;
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
            epochs: first.epochs,
        },
        command: first.command.clone(),
        backend: first.backend.to_string(),
        notice: notice(&headings),
        experiments,
    })
}

/// What a reader must know of every number.
fn notice(headings: &[(StudyId, Heading)]) -> Option<String> {
    let (_, first) = headings.first()?;
    let mut notices = Vec::new();
    if let Some(reason) = &first.stand_in {
        notices.push(format!("{}: {reason}", tinderbox_report::STAND_IN));
    }
    if !first.settings.is_empty() {
        notices.push(format!("not as the experiments say, but with {}", first.settings.join(", ")));
    }
    let changed = headings.iter().filter(|(_, heading)| heading.claims_changed);
    let changed: Vec<&str> = changed.map(|(_, heading)| heading.name.as_str()).collect();
    if !changed.is_empty() {
        notices.push(format!("claims were changed after the first trials of {}", changed.join(", ")));
    }
    (!notices.is_empty()).then(|| notices.join("; "))
}

fn experiment(
    folder: &RunFolder,
    storage: &dyn Storage,
    study: StudyId,
    heading: &Heading,
    trials: &Trials,
) -> Result<ExperimentView, RunError> {
    let search = heading.search.as_ref().map(|search| SearchView {
        sampler: json::value(&search.sampler).as_str().unwrap_or_default().to_string(),
        seed: search.seed,
        points: search.dimensions.iter().map(|dimension| dimension.values.len()).product(),
        dimensions: search
            .dimensions
            .iter()
            .map(|dimension| (dimension.name.clone(), dimension.values.clone()))
            .collect(),
    });
    Ok(ExperimentView {
        name: heading.name.clone(),
        title: heading.title.clone(),
        part: heading.part.clone(),
        statement: heading.statement.clone(),
        protocol: heading.protocol.to_string(),
        seeds: heading.seeds.clone(),
        command: heading.own_command.clone(),
        arms: trials.arms(heading),
        perturbations: heading.perturbations.clone(),
        search,
        claims: heading.claims.clone(),
        test_images: run::test_images(folder, storage, study, heading)?.map(Arc::new),
    })
}
