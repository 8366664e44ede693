//! `tinderbox search export`: every trial of a study, for other programs, or as a page.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use tinderbox_report::study as page;
use tinderbox_search::{Direction, Distribution, ImportanceInterval, State, Study, Timestamp, Trial};

use super::StorageArguments;
use super::csv::{Cell, table};
use super::readers::for_readers;
use super::show::importances;
use crate::commands::{Exit, Refusal, say_data};
use tinderbox::json;
use tinderbox::tuning::TuningRecord;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Export {
    /// Name of the study
    name: String,

    #[command(flatten)]
    storage: StorageArguments,

    /// `json` and `csv` for programs, `html` for a page of figures
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Omit times and worker names; the rest is the same for any number of workers
    #[arg(long)]
    without_times: bool,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox search export fcn > fcn.json
  tinderbox search export fcn --format csv --without-times | sha256sum
  tinderbox search export fcn --format html > fcn.html";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Everything that the page shows
    #[default]
    Json,
    /// A row for each trial; a text that a spreadsheet would take for a formula has an apostrophe before it
    Csv,
    /// A page of figures that needs no other file
    Html,
}

impl Export {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let study = self.storage.shown_study(&self.name)?;
        let mut trials = study.trials()?;
        if self.without_times {
            // Before notes are made of them.
            for trial in &mut trials {
                (trial.worker, trial.started, trial.finished) = (None, None, None);
            }
        }
        let shown = shown(&study, &self.name, trials)?;
        match self.format {
            Format::Json => say_data(json::pretty(&shown))?,
            Format::Csv => say_data(csv(&shown).strip_suffix('\n').unwrap_or_default())?,
            Format::Html => say_data(page::page(&for_readers(shown, &study, &self.name))?)?,
        };
        Ok(Exit::Done)
    }
}

/// The study with its trials as the report shows it.
fn shown(study: &Study, name: &str, trials: Vec<Trial>) -> Result<page::StudyView, Refusal> {
    let settings = study.settings();
    // A study that was begun elsewhere says nothing of what its objectives are.
    let named = TuningRecord::of(study, name).map(|record| record.tuning.objectives).unwrap_or_default();
    let objectives = settings.directions.iter().enumerate().map(|(place, direction)| {
        let (importances, no_importances) = match importances(study, &trials, place) {
            Ok(found) => (found, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        page::Objective {
            name: named
                .get(place)
                .map_or_else(|| format!("objective {}", place + 1), |it| json::plain(&json::value(it))),
            direction: match direction {
                Direction::Minimize => page::Direction::Minimize,
                Direction::Maximize => page::Direction::Maximize,
            },
            importances: importances.into_iter().map(importance).collect(),
            no_importances,
        }
    });
    let objectives = objectives.collect();
    let parameters = settings.space.dimensions().map(|(name, distribution)| page::StudyParameter {
        name: name.to_string(),
        kind: match distribution {
            Distribution::Categorical { choices } => {
                page::ParameterKind::Categorical { choices: choices.iter().map(json::plain).collect() }
            }
            Distribution::Float { log, .. } => page::ParameterKind::Numeric { log: *log, whole: false },
            Distribution::Int { log, .. } => page::ParameterKind::Numeric { log: *log, whole: true },
        },
    });
    let notes = study.notes(&trials)?;
    // Where a clock was set back, an end may lie before all starts.
    let start = trials.iter().flat_map(|trial| [trial.started, trial.finished]).flatten().min();
    let rows = trials.into_iter().zip(notes.trials);
    Ok(page::StudyView {
        name: name.to_string(),
        objectives,
        parameters: parameters.collect(),
        sampler: Some(json::text(&settings.sampler)),
        pruner: settings.pruner.as_ref().map(json::text),
        lag: settings.lag.map(|lag| format!("{lag} trials")),
        trials: rows.map(|(trial, notes)| row(trial, notes, study, start)).collect(),
        notes: notes.study,
    })
}

fn importance(interval: ImportanceInterval) -> page::Importance {
    let ImportanceInterval { parameter, importance, low, high } = interval;
    page::Importance { parameter, importance, low: Some(low), high: Some(high) }
}

fn row(trial: Trial, notes: Vec<String>, study: &Study, start: Option<Timestamp>) -> page::StudyTrial {
    let since = |time: Timestamp| start.map(|start| (time.micros() - start.micros()) as f64 / 1e6);
    let parameters = study.settings().space.dimensions().filter_map(|(name, distribution)| {
        let value = trial.parameters.get(name)?.value();
        let value = match distribution {
            Distribution::Categorical { choices } => {
                page::ParameterValue::Choice(choices.iter().position(|choice| choice == value)?)
            }
            Distribution::Float { .. } | Distribution::Int { .. } => {
                page::ParameterValue::Number(value.as_f64()?)
            }
        };
        Some((name.to_string(), value))
    });
    let parameters: BTreeMap<_, _> = parameters.collect();
    let sampled_by = match &trial.key {
        Some(_) if trial.is_sampled() => "the sampler",
        Some(_) => "enqueued",
        None => "another program",
    };
    // Without a value for each objective a trial has no result.
    let is_whole = trial.values.len() == study.settings().directions.len();
    let is_timed =
        trial.started.is_none_or(|started| trial.finished.is_none_or(|finished| started <= finished));
    page::StudyTrial {
        number: trial.number,
        state: match trial.state {
            State::Complete if !is_whole => page::TrialState::Fail,
            State::Waiting => page::TrialState::Waiting,
            State::Running => page::TrialState::Running,
            State::Complete => page::TrialState::Complete,
            State::Pruned => page::TrialState::Pruned,
            State::Fail => page::TrialState::Fail,
        },
        values: if trial.state == State::Complete && is_whole { trial.values } else { Vec::new() },
        parameters,
        intermediate: trial
            .intermediate_values
            .into_iter()
            .map(|(step, value)| page::Intermediate { step, value })
            .collect(),
        worker: trial.worker,
        started: trial.started.and_then(since),
        finished: trial.finished.filter(|_| is_timed).and_then(since),
        sampled_by: Some(sampled_by.to_string()),
        failure: trial.failure,
        notes,
    }
}

/// A row for each trial, in the order of numbers.
fn csv(study: &page::StudyView) -> String {
    let text = |text: &str| Cell::Text(text.to_string());
    let names = study.objectives.iter().map(|objective| &objective.name);
    let names = names.chain(study.parameters.iter().map(|parameter| &parameter.name));
    let mut head = vec![text("number"), text("state")];
    head.extend(names.map(|name| text(name)));
    head.extend(["worker", "started", "finished", "failure", "notes"].map(text));
    let rows = study.trials.iter().map(|trial| {
        let mut row = vec![Cell::Count(trial.number), text(json::text(&trial.state).trim_matches('"'))];
        let value = |place| trial.values.get(place).map_or(Cell::Empty, |value| Cell::Number(*value));
        row.extend((0..study.objectives.len()).map(value));
        row.extend(study.parameters.iter().map(|parameter| {
            match (trial.parameters.get(&parameter.name), &parameter.kind) {
                (Some(page::ParameterValue::Number(number)), _) => Cell::Number(*number),
                (Some(page::ParameterValue::Choice(place)), page::ParameterKind::Categorical { choices }) => {
                    choices.get(*place).map_or(Cell::Empty, |choice| text(choice))
                }
                _ => Cell::Empty,
            }
        }));
        let some = |cell: &Option<String>| cell.as_deref().map_or(Cell::Empty, text);
        let time = |time: Option<f64>| time.map_or(Cell::Empty, Cell::Number);
        row.extend([some(&trial.worker), time(trial.started), time(trial.finished), some(&trial.failure)]);
        row.push(if trial.notes.is_empty() { Cell::Empty } else { text(&trial.notes.join("; ")) });
        row
    });
    table(std::iter::once(head).chain(rows))
}
