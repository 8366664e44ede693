//! `tinderbox search show`: how a study stands.

use std::fmt::Write;

use clap::Args;
use serde::Serialize;
use tinderbox_search::{Direction, Observation, State, Study, Trial, importance};

use super::StorageArguments;
use crate::commands::{Exit, Refusal, say};
use crate::json;
use crate::tuning::worker::describe;

#[derive(Debug, Args)]
pub(super) struct Show {
    /// Name of the study; without it the names of all
    name: Option<String>,

    #[command(flatten)]
    storage: StorageArguments,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// How many of the best trials are shown.
const BEST: usize = 5;

/// How a study stands, for scripts.
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
}

#[derive(Serialize)]
struct Ranked {
    number: u64,
    values: Vec<f64>,
    point: serde_json::Map<String, serde_json::Value>,
}

impl Show {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let Some(name) = &self.name else {
            let names: Vec<_> = self.storage.open()?.studies()?.into_keys().collect();
            say(if self.json { json::pretty(&names) } else { names.join("\n") })?;
            return Ok(Exit::Done);
        };
        let study = self.storage.study(name)?;
        if self.json {
            say(json::pretty(&standing(&study, name)?))?;
        } else {
            say(summary(&study, name)?)?;
        }
        Ok(Exit::Done)
    }
}

/// How a study stands, for a terminal.
pub(super) fn summary(study: &Study, name: &str) -> Result<String, Refusal> {
    let Standing { waiting, running, complete, pruned, failed, importance, .. } = standing(study, name)?;
    let mut text = format!("{name}: {complete} complete");
    for (count, what) in [(pruned, "pruned"), (failed, "failed"), (running, "running"), (waiting, "waiting")]
    {
        if count > 0 {
            write!(text, ", {count} {what}")?;
        }
    }
    let several = study.settings().directions.len() > 1;
    let best = best(study)?;
    if !best.is_empty() {
        text += if several { "\n\nnot bettered in every objective at once:" } else { "\n\nbest:" };
    }
    for trial in &best {
        let values: Vec<_> = trial.values.iter().map(|value| format!("{value:.4}")).collect();
        write!(text, "\n  {:>4}  {}  {}", trial.number, values.join("  "), describe(&trial.parameters))?;
    }
    if !importance.is_empty() {
        text += "\n\nimportance:";
        for (name, share) in importance {
            write!(text, "\n  {:>4.1} %  {name}", share * 100.0)?;
        }
    }
    Ok(text)
}

fn standing(study: &Study, name: &str) -> Result<Standing, Refusal> {
    let trials = study.trials()?;
    let count = |state| trials.iter().filter(|trial| trial.state == state).count();
    let ranked = |trial: Trial| Ranked {
        number: trial.number,
        values: trial.values,
        point: trial.parameters.into_iter().map(|(name, it)| (name, it.value().clone())).collect(),
    };
    Ok(Standing {
        name: name.to_string(),
        waiting: count(State::Waiting),
        running: count(State::Running),
        complete: count(State::Complete),
        pruned: count(State::Pruned),
        failed: count(State::Fail),
        best: best(study)?.into_iter().map(ranked).collect(),
        importance: importances(study, &trials),
    })
}

/// The best trials, or with several objectives those that none betters in all of them.
fn best(study: &Study) -> Result<Vec<Trial>, Refusal> {
    let directions = study.settings().directions.clone();
    if directions.len() > 1 {
        return Ok(study.front()?);
    }
    let mut trials = study.trials()?;
    trials.retain(|trial| Observation::of(trial, &directions).is_some_and(|it| it.is_feasible()));
    let sign = if directions.first() == Some(&Direction::Maximize) { -1.0 } else { 1.0 };
    let loss = |trial: &Trial| sign * trial.values.first().copied().unwrap_or(f64::INFINITY);
    trials.sort_by(|a, b| loss(a).total_cmp(&loss(b)));
    trials.truncate(BEST);
    Ok(trials)
}

/// Which parameters matter, most important first; nothing while too little is known.
pub(super) fn importances(study: &Study, trials: &[Trial]) -> Vec<(String, f64)> {
    let observations: Vec<_> =
        trials.iter().filter_map(|trial| Observation::of(trial, &study.settings().directions)).collect();
    importance(&observations).unwrap_or_default()
}
