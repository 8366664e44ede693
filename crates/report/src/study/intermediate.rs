//! What trials reported on their way, step by step.

use super::figure::{Drawn, Figure};
use super::timeline::{class, word};
use super::{StudyTrial, StudyView, TrialState};
use crate::chart::{Chart, Frame, Key, Mark, Panel, Ruler, SMALL, WIDE, drawable};
use crate::format::{count, counted};

/// More lines cannot be complete apart: the last are drawn.
const LINES: usize = 300;
/// The order in which lines are drawn.
const STATES: [TrialState; 4] =
    [TrialState::Complete, TrialState::Pruned, TrialState::Fail, TrialState::Running];

/// A line a trial, in the colour of its state.
pub(super) fn intermediate(study: &StudyView) -> Drawn {
    let mut trials: Vec<&StudyTrial> =
        study.trials.iter().filter(|trial| !trial.intermediate.is_empty()).collect();
    if trials.is_empty() {
        return Err("There are no intermediate values: no trial reported any.".into());
    }
    trials.sort_by_key(|trial| trial.number);
    let all = trials.len();
    let drawn = &trials[all.saturating_sub(LINES)..];
    let charts: Vec<(&str, Chart)> = [("wide", WIDE), ("narrow", SMALL)]
        .into_iter()
        .filter_map(|(class, frame)| Some((class, chart(drawn, frame)?)))
        .collect();
    if charts.is_empty() {
        return Err("There are no intermediate values to draw: none that was reported is finite.".into());
    }
    let of = |state| drawn.iter().filter(|trial| trial.state == state).count();
    let states = || STATES.into_iter().filter(|&state| of(state) > 0);
    let states_text: Vec<String> = states().map(|state| format!("{} {}", of(state), word(state))).collect();
    let which = if drawn.len() < all {
        format!("The last {LINES} of {} trials that reported, one line each", count(all as u64))
    } else {
        "One line per trial that reported".into()
    };
    Ok(Figure {
        legend: states().map(|state| Key::line(format!("line thin {}", class(state)), word(state))).collect(),
        panels: vec![Panel {
            id: "intermediate".into(),
            title: "Intermediate values by step".into(),
            description: format!("{}: {}", counted(drawn.len(), "trial", "trials"), states_text.join(", ")),
            charts,
        }],
        caption: format!(
            "{which}, interrupted where a value is not finite. What each reported last is in the table of all trials."
        ),
        tables: vec![],
    })
}

/// `None` where no value has a place.
fn chart(trials: &[&StudyTrial], frame: Frame) -> Option<Chart> {
    let all = || trials.iter().flat_map(|trial| &trial.intermediate);
    let x = Ruler::whole(all().map(|at| f64::from(at.step)))?;
    let y = Ruler::values(all().map(|at| at.value).filter(|&value| drawable(value)))?;
    let mut chart = Chart::new(frame, ("Step", x), ("Reported value", y));
    for state in STATES {
        let line = |trial: &&&StudyTrial| {
            let places = trial.intermediate.iter().map(|at| chart.at(f64::from(at.step), at.value));
            Mark::line(places, Some(format!("Trial {}, {}", trial.number, word(trial.state))))
        };
        let lines = trials.iter().filter(|trial| trial.state == state).map(|trial| line(&trial)).collect();
        chart.add(format!("line thin {}", class(state)), lines);
    }
    Some(chart)
}
