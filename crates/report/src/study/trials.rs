//! The table of all trials: what every figure is drawn from.

use super::figure::Table;
use super::slice::written;
use super::timeline::word;
use super::{StudyTrial, StudyView};
use crate::format::{ABSENT, count, counted, number, seconds};

/// Rows that a page holds.
const ROWS: usize = 5000;

/// What a column says of a trial.
type Column<'a> = (String, Box<dyn Fn(&StudyTrial) -> Option<String> + 'a>);

/// A row a trial by number, and a column for all that one of them has.
pub(super) fn trials(study: &StudyView) -> Table {
    let mut trials: Vec<&StudyTrial> = study.trials.iter().collect();
    trials.sort_by_key(|trial| trial.number);
    let all = trials.len();
    trials.truncate(ROWS);
    let columns: Vec<Column> =
        columns(study).into_iter().filter(|(_, of)| trials.iter().any(|trial| of(trial).is_some())).collect();
    let row = |trial: &&StudyTrial| {
        columns.iter().map(|(_, of)| of(trial).unwrap_or_else(|| ABSENT.into())).collect()
    };
    Table {
        id: "trials-table".into(),
        caption: match all {
            0..=ROWS => counted(all, "trial", "trials"),
            _ => format!("The first {} of {} trials", count(ROWS as u64), count(all as u64)),
        },
        head: columns.iter().map(|(name, _)| name.clone()).collect(),
        rows: trials.iter().map(row).collect(),
    }
}

fn columns(study: &StudyView) -> Vec<Column<'_>> {
    let mut columns: Vec<Column> = vec![
        ("Trial".into(), Box::new(|trial| Some(trial.number.to_string()))),
        ("State".into(), Box::new(|trial| Some(word(trial.state).into()))),
    ];
    for (at, objective) in study.objectives.iter().enumerate() {
        columns
            .push((objective.name.clone(), Box::new(move |trial| trial.values.get(at).copied().map(number))));
    }
    for parameter in &study.parameters {
        let value = |trial: &StudyTrial| trial.place(parameter).map(|place| written(parameter, Some(place)));
        columns.push((parameter.name.clone(), Box::new(value)));
    }
    let last = |trial: &StudyTrial| {
        trial.intermediate.last().map(|last| format!("{} at step {}", number(last.value), last.step))
    };
    let took = |trial: &StudyTrial| Some(seconds(trial.finished? - trial.started?));
    columns.extend::<[Column; 6]>([
        ("Reported last".into(), Box::new(last)),
        ("Sampled by".into(), Box::new(|trial| trial.sampled_by.clone())),
        ("Worker".into(), Box::new(|trial| trial.worker.clone())),
        ("Begun after, s".into(), Box::new(|trial| trial.started.map(seconds))),
        ("Seconds".into(), Box::new(took)),
        ("Why it failed".into(), Box::new(|trial| trial.failure.clone())),
    ]);
    columns
}
