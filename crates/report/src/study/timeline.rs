//! When each trial ran, and on which worker.

use std::collections::BTreeMap;

use super::figure::{Drawn, Figure, Table};
use super::{StudyTrial, StudyView, TrialState};
use crate::chart::{Chart, Frame, Key, Mark, Panel, Ruler, SMALL, WIDE};
use crate::format::{ABSENT, count, counted, number, seconds};

/// Workers that are drawn: those of most trials.
const WORKERS: usize = 40;
const STATES: [TrialState; 4] =
    [TrialState::Complete, TrialState::Pruned, TrialState::Fail, TrialState::Running];

/// A bar from start to end; a trial that has not ended reaches to the last moment that is known, and one whose end is
/// unknown is a stroke at its start.
pub(super) fn timeline(study: &StudyView) -> Drawn {
    let begun: Vec<Begun> = study.trials.iter().filter_map(|trial| Begun::new(trial, last(study))).collect();
    if begun.is_empty() {
        return Err("A timeline needs a trial that has begun; there is none yet.".into());
    }
    let workers = workers(&begun);
    let shown = &workers[..workers.len().min(WORKERS)];
    let (unit, length) = unit(last(study));
    let charts = [("wide", WIDE), ("narrow", SMALL)]
        .into_iter()
        .filter_map(|(class, frame)| Some((class, chart(shown, unit, length, last(study), frame)?)))
        .collect();
    let states = STATES.into_iter().filter(|&state| begun.iter().any(|at| at.trial.state == state));
    let hidden = match workers.len() - shown.len() {
        0 => String::new(),
        hidden => {
            format!(
                " The {WORKERS} workers with the most trials are drawn, {} are not.",
                count(hidden as u64)
            )
        }
    };
    let untimed = match begun.iter().filter(|begun| !begun.is_timed()).count() {
        0 => String::new(),
        untimed => format!(
            " The duration of {} is unknown; a stroke marks the start.",
            counted(untimed, "trial", "trials")
        ),
    };
    Ok(Figure {
        legend: states.map(|state| Key::line(format!("bars {}", class(state)), word(state))).collect(),
        panels: vec![Panel {
            id: "timeline".into(),
            title: "Trials of each worker over time".into(),
            description: format!(
                "{} on {} in {} seconds",
                counted(begun.len(), "trial", "trials"),
                counted(workers.len(), "worker", "workers"),
                seconds(last(study))
            ),
            charts,
        }],
        caption: format!(
            "One bar per trial, from its start to its end; a trial that has not ended reaches to the last known \
             time.{untimed}{hidden}"
        ),
        tables: vec![table(&workers, last(study))],
    })
}

/// The state in a word.
pub(super) fn word(state: TrialState) -> &'static str {
    match state {
        TrialState::Waiting => "waiting",
        TrialState::Running => "running",
        TrialState::Complete => "complete",
        TrialState::Pruned => "pruned",
        TrialState::Fail => "failed",
    }
}

/// The state as a class of the style sheet.
pub(super) fn class(state: TrialState) -> &'static str {
    match state {
        TrialState::Fail => "fail",
        other => word(other),
    }
}

/// A trial that has begun.
struct Begun<'a> {
    trial: &'a StudyTrial,
    from: f64,
    to: f64,
}

/// A worker and its trials, in the order of their starts.
type Worker<'a> = (&'a str, Vec<&'a Begun<'a>>);

impl<'a> Begun<'a> {
    fn new(trial: &'a StudyTrial, last: f64) -> Option<Self> {
        let from = trial.started?;
        let open = if trial.has_ended() { from } else { last };
        Some(Self { trial, from, to: trial.finished.unwrap_or(open) })
    }
}

impl Begun<'_> {
    /// The text under the pointer.
    fn title(&self) -> String {
        let (number, word) = (self.trial.number, word(self.trial.state));
        if self.is_timed() {
            format!("Trial {number}, {word}, {} s", seconds(self.to - self.from))
        } else {
            format!("Trial {number}, {word}, duration unknown")
        }
    }

    /// Whether it is known how long it took, or takes so far.
    fn is_timed(&self) -> bool {
        self.trial.finished.is_some() || !self.trial.has_ended()
    }
}

/// The last moment that is known, in seconds.
fn last(study: &StudyView) -> f64 {
    let moments = study.trials.iter().flat_map(|trial| [trial.started, trial.finished]);
    moments.flatten().fold(0.0, f64::max)
}

/// By the number of their trials, then by name.
fn workers<'a>(begun: &'a [Begun<'a>]) -> Vec<Worker<'a>> {
    let mut by_name: BTreeMap<&str, Vec<&Begun>> = BTreeMap::new();
    for one in begun {
        by_name.entry(one.trial.worker.as_deref().unwrap_or(ABSENT)).or_default().push(one);
    }
    let mut workers: Vec<Worker> = by_name.into_iter().collect();
    workers.sort_by_key(|(_, begun)| std::cmp::Reverse(begun.len()));
    for (_, begun) in &mut workers {
        begun.sort_by(|one, other| one.from.total_cmp(&other.from));
    }
    workers
}

/// The unit in which so many seconds are a number that can be read, and its length in seconds.
fn unit(seconds: f64) -> (&'static str, f64) {
    match seconds {
        ..600.0 => ("Seconds", 1.0),
        ..36_000.0 => ("Minutes", 60.0),
        ..1_000_000.0 => ("Hours", 3600.0),
        _ => ("Days", 86_400.0),
    }
}

fn chart(workers: &[Worker], unit: &str, length: f64, last: f64, frame: Frame) -> Option<Chart> {
    let x = Ruler::numbers([0.0, last / length], false)?;
    // Places are counted from below.
    let names: Vec<String> = workers.iter().rev().map(|worker| worker.0.to_owned()).collect();
    let longest = names.iter().map(|name| name.chars().count()).max()?;
    let frame = frame.with_names(longest).with_rows(workers.len(), 20.0);
    let mut chart =
        Chart::new(frame, (&format!("{unit} since the study began"), x), ("Worker", Ruler::Places(names)));
    for state in STATES {
        let mut bars = vec![];
        for (above, (_, begun)) in workers.iter().enumerate() {
            let row = (workers.len() - 1 - above) as f64;
            let of_state = begun.iter().filter(|begun| begun.trial.state == state);
            bars.extend(of_state.filter_map(|begun| {
                let ((from, y), (to, _)) =
                    (chart.at(begun.from / length, row)?, chart.at(begun.to / length, row)?);
                Some(Mark::bar(from, to, y, begun.title()))
            }));
        }
        chart.add(format!("bars {}", class(state)), bars);
    }
    Some(chart)
}

fn table(workers: &[Worker], last: f64) -> Table {
    let row = |(name, begun): &Worker| {
        let busy = busy(begun);
        vec![
            (*name).to_owned(),
            count(begun.len() as u64),
            seconds(busy),
            if last > 0.0 { format!("{} %", number((100.0 * busy / last).round())) } else { ABSENT.into() },
        ]
    };
    Table {
        id: "timeline-table".into(),
        caption: "Trials of each worker".into(),
        head: ["Worker", "Trials begun", "Busy seconds", "Share of the study"].map(Into::into).into(),
        rows: workers.iter().map(row).collect(),
    }
}

/// Seconds in which at least one of `begun`, in the order of their starts, ran.
fn busy(begun: &[&Begun]) -> f64 {
    let mut end = f64::NEG_INFINITY;
    let mut busy = 0.0;
    for one in begun {
        busy += (one.to - one.from.max(end)).max(0.0);
        end = end.max(one.to);
    }
    busy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_busy_while_at_least_one_of_its_trials_runs() {
        let trial = StudyTrial::waiting(0);
        let begun = [(0.0, 4.0), (1.0, 2.0), (3.0, 6.0), (8.0, 9.0)].map(|(from, to)| Begun {
            trial: &trial,
            from,
            to,
        });
        assert!((busy(&begun.iter().collect::<Vec<_>>()) - 7.0).abs() < 1e-12);
    }

    #[test]
    fn a_trial_that_has_ended_without_a_known_end_is_a_stroke_at_its_start() {
        let trial = |state| StudyTrial { state, started: Some(2.0), ..StudyTrial::waiting(3) };
        let ended = trial(TrialState::Complete);
        let begun = Begun::new(&ended, 9.0).unwrap();
        assert_eq!((begun.from, begun.to), (2.0, 2.0));
        assert_eq!(begun.title(), "Trial 3, complete, duration unknown");
        let runs = trial(TrialState::Running);
        let begun = Begun::new(&runs, 9.0).unwrap();
        assert_eq!((begun.from, begun.to), (2.0, 9.0));
        assert_eq!(begun.title(), "Trial 3, running, 7.00 s");
    }

    #[test]
    fn time_has_the_unit_that_makes_it_short() {
        assert_eq!(
            [0.0, 599.0, 600.0, 40_000.0, 2e6].map(|seconds| unit(seconds).0),
            ["Seconds", "Seconds", "Minutes", "Hours", "Days"]
        );
    }
}
