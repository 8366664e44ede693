//! `tinderbox search show`: the state of a study.

use std::collections::BTreeMap;
use std::fmt::Write;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use tinderbox_search::{Observation, State, Study, Trial, importance};

use super::StorageArguments;
use crate::commands::{Exit, Refusal, say, say_data};
use tinderbox::json;
use tinderbox::tuning::trials::{describe, values};

#[derive(Debug, Args)]
pub(super) struct Show {
    /// Name of the study [default: list the names of all studies]
    name: Option<String>,

    #[command(flatten)]
    storage: StorageArguments,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// How many of the best trials are shown.
const BEST: usize = 5;
/// How many notes are shown.
const NOTES: usize = 10;

/// The state of a study, for scripts.
#[derive(Serialize)]
struct Standing {
    name: String,
    waiting: usize,
    running: usize,
    complete: usize,
    pruned: usize,
    failed: usize,
    best: Vec<Ranked>,
    importance: Vec<(String, f64)>,
    /// Rows that could not be read or look wrong.
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Ranked {
    number: u64,
    /// Infinite values are written as `"inf"` and `"-inf"`.
    values: Vec<Value>,
    point: BTreeMap<String, Value>,
}

impl Show {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let Some(name) = &self.name else {
            let names: Vec<_> = self.storage.look()?.studies()?.into_keys().collect();
            match &names[..] {
                _ if self.json => say_data(json::pretty(&names))?,
                [] => say("this storage has no studies")?,
                names => say_data(names.join("\n"))?,
            };
            return Ok(Exit::Done);
        };
        let study = self.storage.shown_study(name)?;
        if self.json {
            say_data(json::pretty(&standing(&study, name)?))?;
        } else {
            say(summary(&study, name)?)?;
        }
        Ok(Exit::Done)
    }
}

/// The state of a study, for a terminal.
pub(super) fn summary(study: &Study, name: &str) -> Result<String, Refusal> {
    let Standing { waiting, running, complete, pruned, failed, best, importance, notes, .. } =
        standing(study, name)?;
    let mut text = format!("{name}: {complete} complete");
    for (count, what) in [(pruned, "pruned"), (failed, "failed"), (running, "running"), (waiting, "waiting")]
    {
        if count > 0 {
            write!(text, ", {count} {what}")?;
        }
    }
    let several = study.settings().directions.len() > 1;
    if !best.is_empty() {
        text += if several { "\n\nPareto front:" } else { "\n\nbest:" };
    }
    for trial in &best {
        let short =
            |value: &Value| value.as_f64().map_or_else(|| json::plain(value), |value| format!("{value:.4}"));
        let values: Vec<_> = trial.values.iter().map(short).collect();
        write!(text, "\n  {:>4}  {}  {}", trial.number, values.join("  "), describe(&trial.point))?;
    }
    if !importance.is_empty() {
        text += "\n\nimportance:";
        for (name, share) in importance {
            write!(text, "\n  {:>4.1} %  {name}", share * 100.0)?;
        }
    }
    if !notes.is_empty() {
        text += "\n\ncould not be read:";
        for note in notes.iter().take(NOTES) {
            write!(text, "\n  {note}")?;
        }
        if notes.len() > NOTES {
            write!(text, "\n  and {} more: `tinderbox search export` lists all", notes.len() - NOTES)?;
        }
    }
    Ok(text)
}

fn standing(study: &Study, name: &str) -> Result<Standing, Refusal> {
    let trials = study.trials()?;
    let count = |state| trials.iter().filter(|trial| trial.state == state).count();
    let ranked = |trial: Trial| Ranked {
        number: trial.number,
        values: trial.values.into_iter().map(json::number).collect(),
        point: values(&trial.parameters),
    };
    Ok(Standing {
        name: name.to_string(),
        waiting: count(State::Waiting),
        running: count(State::Running),
        complete: count(State::Complete),
        pruned: count(State::Pruned),
        failed: count(State::Fail),
        importance: importances(study, &trials),
        notes: study.notes(&trials)?.lines(&trials),
        best: best(study, trials)?.into_iter().map(ranked).collect(),
    })
}

/// The best trials; with several objectives the Pareto front.
fn best(study: &Study, trials: Vec<Trial>) -> Result<Vec<Trial>, Refusal> {
    let directions = &study.settings().directions;
    if directions.len() > 1 {
        return Ok(study.front()?);
    }
    let loss =
        |trial: &Trial| Observation::from_trial(trial, directions).filter(Observation::is_feasible)?.loss();
    let ranked = trials.into_iter().filter_map(|trial| Some((loss(&trial)?, trial)));
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    Ok(ranked.into_iter().map(|(_, trial)| trial).take(BEST).collect())
}

/// Importance of the parameters, most important first; empty while there are too few trials.
pub(super) fn importances(study: &Study, trials: &[Trial]) -> Vec<(String, f64)> {
    let observations: Vec<_> = trials
        .iter()
        .filter_map(|trial| Observation::from_trial(trial, &study.settings().directions))
        .collect();
    importance(&observations).unwrap_or_default()
}
