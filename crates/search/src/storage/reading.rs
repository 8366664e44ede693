//! A trial put together from rows that any program may have written, cell by cell.
//!
//! A cell that cannot be read is left out and becomes a note of its trial; all else stays. What is left of a trial is never
//! taken for a result: without a value for each objective it is a failed one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::LAST_NUMBER;
use super::cell::Cell;
use super::columns::{Word, join};
use super::{Direction, TrialId};
use crate::parameter::{Parameter, stored};
use crate::space::Point;
use crate::trial::{Queued, State, Trial};

/// The numbers that a trial can have.
pub(super) const NUMBERS: std::ops::RangeInclusive<i64> = 0..=LAST_NUMBER.cast_signed();

/// A trial is not worth more notes than this.
const NOTES: usize = 20;

/// A trial that is being read.
pub(super) struct Reading {
    trial: Trial,
    /// How many objectives its study has; 0 if that is not known.
    objectives: usize,
    /// By objective.
    values: BTreeMap<usize, f64>,
}

impl Reading {
    /// Of a study of so many objectives, begun with the cells of `trials`; none if no trial can have its number.
    pub(super) fn begin(
        objectives: usize,
        number: Cell<'_>,
        state: Cell<'_>,
        [started, finished]: [Cell<'_>; 2],
    ) -> Option<Self> {
        let number = number.whole(*NUMBERS.start(), *NUMBERS.end()).ok()?;
        let trial = Trial {
            number: number.unsigned_abs(),
            key: None,
            state: State::Fail,
            attempt: 0,
            worker: None,
            parameters: Point::default(),
            attributes: BTreeMap::new(),
            values: Vec::new(),
            constraints: Vec::new(),
            intermediate_values: BTreeMap::new(),
            failure: None,
            started: None,
            finished: None,
            queued: None,
            notes: Vec::new(),
        };
        let mut reading = Self { trial, objectives, values: BTreeMap::new() };
        match state.text().and_then(State::from_word) {
            Ok(state) => reading.trial.state = state,
            Err(why) => reading.fail(format!("its state {why}: counted as failed")),
        }
        reading.trial.started = reading.cell("its start", started.moment()).flatten();
        reading.trial.finished = reading.cell("its end", finished.moment()).flatten();
        Some(reading)
    }

    /// The cells of Tinderbox's own tables, null in a trial of another program.
    pub(super) fn own(&mut self, key: Cell<'_>, attempt: Cell<'_>, worker: Cell<'_>, reason: Cell<'_>) {
        self.trial.key = self.text("its key", key);
        let attempt = if attempt == Cell::Null { Cell::Int(0) } else { attempt };
        self.trial.attempt =
            self.cell("its attempt", attempt.whole(0, i64::MAX)).map_or(0, i64::unsigned_abs);
        self.trial.worker = self.text("its worker", worker);
        if self.trial.state == State::Fail && self.trial.failure.is_none() {
            self.trial.failure = self.text("the reason of its failure", reason);
        }
    }

    /// Whether another program put it in the queue.
    pub(super) fn is_queued(&self) -> bool {
        self.trial.key.is_none() && self.trial.state == State::Waiting
    }

    pub(super) fn queued(&mut self, trial: TrialId) {
        self.trial.queued = Some(Queued { trial, fixed: None });
    }

    /// What Optuna's `enqueue_trial` was given, null if it was not called.
    pub(super) fn fixed(&mut self, cell: Cell<'_>) {
        if cell == Cell::Null {
            return;
        }
        // What is not JSON is not a point either, and the trial must say so.
        let fixed = cell.text().ok().and_then(|text| stored::python(text).ok());
        let fixed = fixed.map_or_else(|| Value::from(cell.to_string()), |(value, _)| value);
        if let Some(queued) = &mut self.trial.queued {
            queued.fixed = Some(fixed);
        }
    }

    pub(super) fn parameter(&mut self, name: Cell<'_>, distribution: Cell<'_>, stored: Cell<'_>) {
        let Some(name) = self.cell("the name of a parameter", name.text()) else { return };
        match parameter(distribution, stored) {
            Ok((parameter, remark)) => {
                if let Some(remark) = remark {
                    self.note(format!("parameter `{}`: {remark}", name.escape_debug()));
                }
                self.trial.parameters.insert(name, parameter);
            }
            Err(why) => self.note(format!("parameter `{}` is left out: {why}", name.escape_debug())),
        }
    }

    pub(super) fn attribute(&mut self, key: Cell<'_>, value: Cell<'_>) {
        let Some(key) = self.cell("the name of an attribute", key.text()) else { return };
        if let Some(value) = self.cell(&format!("attribute `{}`", key.escape_debug()), json(value)) {
            self.trial.attributes.insert(key.to_owned(), value);
        }
    }

    pub(super) fn value(&mut self, objective: Cell<'_>, value: Cell<'_>, kind: Cell<'_>) {
        let Some(place) = self.cell("the place of an objective", objective.whole(0, i64::from(u16::MAX)))
        else {
            return;
        };
        if let Some(value) = self.cell(&format!("objective {}", place + 1), double(value, kind)) {
            self.values.insert(place as usize, value);
        }
    }

    pub(super) fn report(&mut self, step: Cell<'_>, value: Cell<'_>, kind: Cell<'_>) {
        if let Some((step, value)) = self.cell("an intermediate value", report(step, value, kind)) {
            self.trial.intermediate_values.insert(step, value);
        }
    }

    /// One that cannot be read counts as broken: a trial that may break it is not known to keep it.
    pub(super) fn constraints(&mut self, json: Cell<'_>) {
        match constraints(json) {
            Ok(constraints) => self.trial.constraints.extend(constraints),
            Err(why) => {
                self.note(format!("a constraint {why}: counted as broken"));
                self.trial.constraints.push(f64::INFINITY);
            }
        }
    }

    /// The trial, once all its cells were read.
    pub(super) fn end(mut self) -> Trial {
        let objectives = if self.objectives == 0 { self.values.len() } else { self.objectives };
        let values: Vec<_> = (0..objectives).map_while(|place| self.values.get(&place).copied()).collect();
        if let Some(place) = self.values.keys().find(|place| **place >= objectives) {
            let has =
                if objectives == 1 { "1 objective".to_owned() } else { format!("{objectives} objectives") };
            self.note(format!("a value of objective {} is left out: the study has {has}", place + 1));
        }
        let odd = values.iter().position(|value| value.is_nan());
        if self.trial.state == State::Complete {
            if let Some(place) = odd {
                self.fail(format!("objective {} is NaN: counted as failed", place + 1));
            } else if values.len() < objectives || objectives == 0 {
                self.fail(format!(
                    "complete, but without a value of objective {}: counted as failed",
                    values.len() + 1
                ));
            }
        }
        let whole = values.len() == objectives && odd.is_none();
        self.trial.values = if whole { values } else { Vec::new() };
        self.trial
    }

    fn fail(&mut self, why: String) {
        self.trial.state = State::Fail;
        self.trial.failure = Some(why.clone());
        self.note(why);
    }

    fn text(&mut self, what: &str, cell: Cell<'_>) -> Option<String> {
        if cell == Cell::Null { None } else { self.cell(what, cell.text()).map(str::to_owned) }
    }

    /// What was read, or a note that `what` could not be.
    fn cell<T>(&mut self, what: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|why| self.note(format!("{what} {why}"))).ok()
    }

    fn note(&mut self, note: String) {
        if self.trial.notes.len() < NOTES {
            self.trial.notes.push(note);
        }
    }
}

/// The directions of a study that are being read, in the order of objectives.
#[derive(Default)]
pub(super) struct Directions {
    read: Vec<Direction>,
    odd: Option<String>,
}

impl Directions {
    pub(super) fn read(&mut self, direction: Cell<'_>, objective: Cell<'_>) {
        let place = i64::try_from(self.read.len()).unwrap_or(i64::MAX);
        if self.odd.is_some() {
            return;
        }
        let wrong = |what: &str, why: String| format!("the {what} of objective {} {why}", place + 1);
        match (direction.text().and_then(Direction::from_word), objective.whole(place, place)) {
            (Ok(direction), Ok(_)) => self.read.push(direction),
            (Err(why), _) => self.odd = Some(wrong("direction", why)),
            (_, Err(why)) => self.odd = Some(wrong("place", why)),
        }
    }

    /// # Errors
    /// In words, if they are not one an objective.
    pub(super) fn end(self) -> Result<Vec<Direction>, String> {
        match self.odd {
            Some(odd) => Err(odd),
            None if self.read.is_empty() => Err("the study has no objective".to_owned()),
            None => Ok(self.read),
        }
    }
}

/// That a trial without a number that it can have is left out.
pub(super) fn unnumbered(number: Cell<'_>) -> String {
    let expected = format!("a whole number from {} to {}", NUMBERS.start(), NUMBERS.end());
    format!("a trial is left out: its number {}", number.instead_of(&expected))
}

/// # Errors
/// In words, if the cells mean no value.
pub(super) fn parameter(
    distribution: Cell<'_>,
    stored: Cell<'_>,
) -> Result<(Parameter, Option<String>), String> {
    let json = distribution.text().map_err(|why| format!("its distribution {why}"))?;
    let number = stored.number().map_err(|why| format!("its value {why}"))?;
    stored::read(json, number)
}

/// JSON from a cell. Python writes NaN as a bare `NaN`, which is no JSON: such text is read as a string.
pub(super) fn json(cell: Cell<'_>) -> Result<Value, String> {
    cell.text().map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)))
}

/// A step and what was reported there.
pub(super) fn report(step: Cell<'_>, value: Cell<'_>, kind: Cell<'_>) -> Result<(u32, f64), String> {
    let place = step.whole(0, u32::MAX.into()).map_err(|why| format!("is left out: its step {why}"))?;
    let value = double(value, kind).map_err(|why| format!("at step {place} {why}"))?;
    Ok((place as u32, value))
}

/// A double from its pair of columns.
fn double(value: Cell<'_>, kind: Cell<'_>) -> Result<f64, String> {
    let word = kind.text().map_err(|why| format!("is left out: its type {why}"))?;
    let number = if value == Cell::Null { None } else { Some(value.number()?) };
    join(number, word).map_err(|why| format!("is left out: {why}"))
}

/// Constraints from a system attribute: the list `constraints`, or the number `constraints:NAME` that Optuna 5 stores for
/// each; null where a trial has none.
fn constraints(cell: Cell<'_>) -> Result<Vec<f64>, String> {
    let text = cell.text()?;
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(word) => word.parse().ok().filter(|number: &f64| number.is_infinite()),
        _ => None,
    };
    let read = match stored::python(text).map_err(|_| cell.instead_of("a list of numbers"))?.0 {
        Value::Null => Some(Vec::new()),
        Value::Array(values) => values.iter().map(number).collect(),
        value => number(&value).map(|number| vec![number]),
    };
    read.ok_or_else(|| cell.instead_of("a list of numbers"))
}

#[cfg(test)]
mod tests;
