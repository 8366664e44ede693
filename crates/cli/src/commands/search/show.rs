//! `tinderbox search show`: the state of a study.

use std::collections::BTreeMap;
use std::fmt::Write;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use tinderbox_search::{
    ImportanceError, ImportanceInterval, Observation, State, Study, Trial, importance_intervals,
};

use super::StorageArguments;
use crate::commands::{Exit, Refusal, say, say_data};
use tinderbox::json;
use tinderbox::tuning::trials::{describe, values};
use tinderbox::tuning::{TuningRecord, test_accuracy};

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
    /// That of the best trial, in `[0, 1]`: it chose nothing. None with several objectives.
    test_accuracy: Option<f64>,
    /// Of the first objective; empty where `no_importance` says why.
    importance: Vec<Share>,
    /// Why there is none: a sentence without a full stop.
    no_importance: Option<String>,
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

/// How much of the first objective a parameter explains, in `[0, 1]`, with its 95 % interval.
#[derive(Serialize)]
struct Share {
    parameter: String,
    importance: f64,
    low: f64,
    high: f64,
}

impl From<ImportanceInterval> for Share {
    fn from(interval: ImportanceInterval) -> Self {
        let ImportanceInterval { parameter, importance, low, high } = interval;
        Self { parameter, importance, low, high }
    }
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
    let standing = standing(study, name)?;
    let Standing { waiting, running, complete, pruned, failed, best, test_accuracy, .. } = standing;
    let Standing { importance, no_importance, notes, .. } = standing;
    let mut text = format!("{name}: {complete} complete");
    for (count, what) in [(pruned, "pruned"), (failed, "failed"), (running, "running"), (waiting, "waiting")]
    {
        if count > 0 {
            write!(text, ", {count} {what}")?;
        }
    }
    let several = study.settings().directions.len() > 1;
    // A study that was begun elsewhere says nothing of what its objectives are.
    let objectives = TuningRecord::of(study, name).map(|record| record.tuning.objectives).unwrap_or_default();
    if !best.is_empty() {
        text += if several { "\n\nPareto front" } else { "\n\nbest trials" };
        let names: Vec<_> = objectives.iter().map(|objective| objective.words()).collect();
        if !names.is_empty() {
            write!(text, ", by {}", names.join(" and "))?;
        }
        text.push(':');
    }
    for trial in &best {
        let short = |(place, value): (usize, &Value)| match (value.as_f64(), objectives.get(place)) {
            (Some(value), Some(objective)) => objective.amount(value),
            (Some(value), None) => format!("{value:.4}"),
            (None, _) => json::plain(value),
        };
        let values: Vec<_> = trial.values.iter().enumerate().map(short).collect();
        write!(text, "\n  {:>4}  {}  {}", trial.number, values.join("  "), describe(&trial.point))?;
    }
    // The test images choose nothing: their accuracy is that of the trial that was chosen without them.
    if let Some(accuracy) = test_accuracy {
        write!(text, "\n\ntest accuracy of the best trial: {:.2} %", accuracy * 100.0)?;
    }
    match no_importance {
        Some(why) if !best.is_empty() => write!(text, "\n\n{why}")?,
        _ if importance.is_empty() => {}
        _ => text += "\n\nimportance, with its 95 % interval:",
    }
    for Share { parameter, importance, low, high } in importance {
        let [share, low, high] = [importance, low, high].map(|share| share * 100.0);
        write!(text, "\n  {share:>3.0} %  {:<12}  {parameter}", format!("[{low:.0}, {high:.0}]"))?;
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
    let (importance, no_importance) = match importances(study, &trials, 0) {
        Ok(shares) => (shares.into_iter().map(Share::from).collect(), None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let notes = study.notes(&trials)?.lines(&trials);
    let best = best(study, &trials)?;
    let test_accuracy = match &best[..] {
        [first, ..] if study.settings().directions.len() == 1 => test_accuracy(study, first)?,
        _ => None,
    };
    Ok(Standing {
        name: name.to_string(),
        waiting: count(State::Waiting),
        running: count(State::Running),
        complete: count(State::Complete),
        pruned: count(State::Pruned),
        failed: count(State::Fail),
        importance,
        no_importance,
        notes,
        test_accuracy,
        best: best.into_iter().map(ranked).collect(),
    })
}

/// The best trials; with several objectives the Pareto front.
fn best(study: &Study, trials: &[Trial]) -> Result<Vec<Trial>, Refusal> {
    let directions = &study.settings().directions;
    if directions.len() > 1 {
        return Ok(study.front()?);
    }
    let loss =
        |trial: &Trial| Observation::from_trial(trial, directions).filter(Observation::is_feasible)?.loss();
    let ranked = trials.iter().filter_map(|trial| Some((loss(trial)?, trial)));
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    Ok(ranked.into_iter().map(|(_, trial)| trial.clone()).take(BEST).collect())
}

/// Importance of the parameters for the objective at `place`, most important first.
///
/// # Errors
/// Why there is none: a sentence without a full stop.
pub(super) fn importances(
    study: &Study,
    trials: &[Trial],
    place: usize,
) -> Result<Vec<ImportanceInterval>, String> {
    let settings = study.settings();
    let observed = trials.iter().filter_map(|trial| Observation::from_trial(trial, &settings.directions));
    let of_objective = observed.map(|observation| Observation {
        losses: observation.losses.get(place).copied().into_iter().collect(),
        ..observation
    });
    // Of a sampler without a seed, such as grid search, the draws are those of seed 0.
    let seed = json::value(&settings.sampler)["seed"].as_u64().unwrap_or(0);
    importance_intervals(&of_objective.collect::<Vec<_>>(), seed).map_err(|error| match error {
        ImportanceError::TooFew { found, least } => format!(
            "importance of the settings: needs at least {least} complete trials, because fewer say too little; this \
             study has {found}"
        ),
        ImportanceError::Equal(_) => {
            "importance of the settings: none, because the best tenth of the trials is as good as all others".to_string()
        }
        ImportanceError::Constant(_) => {
            "importance of the settings: none, because no setting took two values".to_string()
        }
    })
}
