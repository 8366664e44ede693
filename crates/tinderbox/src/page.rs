//! From a run's storage to its report: nothing is trained, nothing else is read.

mod arms;
mod ensemble;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use tinderbox_data::{Destination, DestinationError};
use tinderbox_report::{
    ExperimentView, Numbers, PageError, PlanView, RecordError, Report, numbers, render, schema,
};
use tinderbox_search::StudyId;
use tinderbox_training::{KindError, Kinds};

use crate::json;
use crate::paper::paper_of;
use crate::plan::ProfileName;
use crate::run::{Heading, Run, RunError};
use arms::Trials;

/// Why no report could be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The run cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A trial is not as its worker left it.
    #[error("{place}, trial {number}: {fault}")]
    Trial {
        /// The run and the study.
        place: String,
        /// The trial.
        number: u64,
        /// What is wrong.
        fault: Fault,
    },
    /// The storage holds no experiment.
    #[error("{0}: no experiment in it")]
    Empty(String),
    /// An ensemble has a rule that this program does not know, or not so.
    #[error("{place}, arm `{arm}`: {error}")]
    Rule {
        /// The run and the study.
        place: String,
        /// The ensemble.
        arm: String,
        /// What is wrong with its rule.
        error: Box<KindError>,
    },
    /// The file about the paper is wrong.
    #[error("paper.toml: {0}")]
    Paper(#[from] toml::de::Error),
    /// The page could not be made.
    #[error(transparent)]
    Page(#[from] PageError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] DestinationError),
}

/// How a trial's state and record disagree.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A record was changed after it was written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A finished trial without a record.
    #[error("it is complete but has no record")]
    NoRecord,
    /// The record of another trial.
    #[error("its record is another trial's; it was changed after it was written")]
    Foreign,
    /// A record without a finished trial.
    #[error("it has a record but is not complete; its state was changed after it was written")]
    State,
}

/// Where a report is written, each file at a place that takes it.
#[derive(Debug)]
pub struct ReportFiles {
    page: Destination,
    numbers: Destination,
    schema: Destination,
}

impl ReportFiles {
    /// `report.html`, `report.json` and the schema of the latter, in `folder`.
    ///
    /// # Errors
    /// If one of them cannot be written there.
    pub fn new(folder: &Path) -> Result<Self, ReportError> {
        let place = |name: &str| Destination::new(folder.join(name));
        Ok(Self {
            page: place("report.html")?,
            numbers: place("report.json")?,
            schema: place("report.schema.json")?,
        })
    }

    /// The page.
    pub fn page(&self) -> &Path {
        self.page.path()
    }

    /// Writes the three files.
    ///
    /// # Errors
    /// If one cannot be made or written.
    pub fn write(&self, report: &Report, numbers: &Numbers) -> Result<(), ReportError> {
        self.page.write(render(report)?.as_bytes())?;
        self.numbers.write((json::text(numbers) + "\n").as_bytes())?;
        self.schema.write((json::pretty(&schema()) + "\n").as_bytes())?;
        Ok(())
    }
}

/// What a report was made of.
#[derive(Debug)]
pub struct Written {
    /// The numbers in it.
    pub numbers: Numbers,
    /// The revisions of the program that computed them, each with whether it held changes that were not committed.
    pub revisions: BTreeSet<(String, bool)>,
}

/// Makes the report of a run, and returns what is in it. `kinds` have the rules of its ensembles.
///
/// # Errors
/// If the run was edited, or the files cannot be written.
pub fn write(run: &Run, files: &ReportFiles, kinds: &Kinds) -> Result<Written, ReportError> {
    let report = read(run, kinds)?;
    let numbers = numbers(&report);
    files.write(&report, &numbers)?;
    let environments = report.records().map(|record| &record.environment);
    let revisions = environments
        .filter_map(|environment| Some((environment.revision.clone()?, environment.dirty == Some(true))))
        .collect();
    Ok(Written { numbers, revisions })
}

/// The report of what a run's storage holds now. `kinds` have the rules of its ensembles.
///
/// # Errors
/// If it cannot be read, or a record was changed.
pub fn read(run: &Run, kinds: &Kinds) -> Result<Report, ReportError> {
    let headings = run.headings()?;
    let Some((_, first)) = headings.first() else { return Err(ReportError::Empty(run.place().to_string())) };
    for (study, heading) in &headings {
        run.check_trials(*study, heading)?;
    }
    let trials = Trials::read(run, &headings)?;
    let experiments = headings
        .iter()
        .map(|(study, heading)| experiment(run, *study, heading, &trials, kinds))
        .collect::<Result<_, _>>()?;
    Ok(Report {
        title: "Tinderbox: what survives of the paper".to_string(),
        paper: paper_of(headings.iter().map(|(_, heading)| heading.facts.part.as_str()))?,
        created: first.created.clone(),
        plan: PlanView {
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
    let mut tell = |what: &str, is_changed: fn(&Heading) -> bool| {
        let headings = headings.iter().map(|(_, heading)| heading);
        let names: Vec<_> = headings
            .filter(|heading| is_changed(heading))
            .map(|heading| heading.facts.name.as_str())
            .collect();
        if !names.is_empty() {
            notices.push(format!("{what} were changed after the first trials of {}", names.join(", ")));
        }
    };
    tell("claims", |heading| heading.claims_changed);
    tell("reported numbers", |heading| heading.reported_changed);
    (!notices.is_empty()).then(|| notices.join("; "))
}

fn experiment(
    run: &Run,
    study: StudyId,
    heading: &Heading,
    trials: &Trials,
    kinds: &Kinds,
) -> Result<ExperimentView, ReportError> {
    Ok(ExperimentView {
        facts: heading.facts.clone(),
        command: heading.own_command.clone(),
        arms: trials.arms(run, heading, kinds)?,
        test_images: run.test_images(study, heading)?.map(Arc::new),
    })
}
