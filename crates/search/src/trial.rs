//! A trial from the queue to its result.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::space::Point;
use crate::storage::{StudyId, TrialId};
use crate::timestamp::Timestamp;

/// How the key of a trial begins whose point a sampler chose.
pub(crate) const SAMPLED: &str = "sampled ";

/// A trial to be enqueued.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewTrial {
    /// Its name in the study, chosen by the program: enqueueing a key again changes nothing.
    pub key: String,
    /// What it tries, by name. Samplers and dashboards read these.
    pub parameters: Point,
    /// Anything else that its worker needs, as JSON: Optuna's user attributes.
    pub attributes: BTreeMap<String, Value>,
}

/// A worker's hold on a trial, for one attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// The trial's study.
    pub study: StudyId,
    /// The trial in its storage. Leases go by it: other programs may give two trials one number.
    pub(crate) trial: TrialId,
    /// The trial's number in its study, from 0.
    pub number: u64,
    /// The attempt, from 1: the fencing token. A later attempt takes away this one's right to write.
    pub attempt: u64,
    /// Who holds it.
    pub worker: String,
    /// The trial's key.
    pub key: String,
    /// The trial's parameters.
    pub parameters: Point,
    /// The trial's user attributes.
    pub attributes: BTreeMap<String, Value>,
}

/// What a worker tells at the end of an attempt.
///
/// ```
/// # use tinderbox_search::TrialResult;
/// let attachments = [("history.json".to_owned(), b"[0.1, 0.9]".to_vec())].into();
/// let result = TrialResult { attachments, ..TrialResult::complete(0.9) };
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TrialResult {
    /// How it went.
    pub state: FinalState,
    /// How far each constraint is broken: at most 0 where it is kept. Optuna's system attribute `constraints`.
    pub constraints: Vec<f64>,
    /// User attributes to add to the trial's own, or to put in their place.
    pub attributes: BTreeMap<String, Value>,
    /// Files, by name, in place of those of an earlier attempt.
    pub attachments: BTreeMap<String, Vec<u8>>,
}

/// How an attempt went, in the words of its worker.
#[derive(Clone, Debug, PartialEq)]
pub enum FinalState {
    /// It finished.
    Complete {
        /// One value for each objective of the study; may be infinite, not NaN.
        values: Vec<f64>,
    },
    /// It was stopped early: its reported values were not good enough.
    Pruned,
    /// It failed, and its trial with it.
    Fail {
        /// Why.
        reason: String,
    },
}

/// The state of a trial; the names are Optuna's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// In the queue.
    Waiting,
    /// Held by a worker.
    Running,
    /// Finished, with a value.
    Complete,
    /// Stopped early.
    Pruned,
    /// Failed, by its worker's word or because no worker finished it.
    Fail,
}

/// How many trials of a study are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// In the queue.
    pub waiting: usize,
    /// Held by a worker.
    pub running: usize,
    /// Finished, with a value.
    pub complete: usize,
    /// Stopped early.
    pub pruned: usize,
    /// Failed.
    pub fail: usize,
}

/// A trial as a storage holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its number in its study, from 0.
    pub number: u64,
    /// Its key; none if another program added it.
    pub key: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Attempts made so far.
    pub attempt: u64,
    /// The worker of the last attempt; none while another program runs the trial.
    pub worker: Option<String>,
    /// What it tries.
    pub parameters: Point,
    /// User attributes. One that is not JSON (Python writes a bare `NaN`) reads as its text.
    pub attributes: BTreeMap<String, Value>,
    /// The objectives, once complete. Of a pruned trial its last intermediate value, as Optuna has it.
    pub values: Vec<f64>,
    /// How far each constraint is broken, if any were told: at most 0 where it is kept.
    pub constraints: Vec<f64>,
    /// What the last attempt reported, by step; may be NaN or infinite.
    pub intermediate_values: BTreeMap<u32, f64>,
    /// Why it failed, if it did and the reason is known.
    pub failure: Option<String>,
    /// When the last attempt began; none while waiting.
    pub started: Option<Timestamp>,
    /// When it finished or failed. Before `started` where a clock was set back, or a program wrote local time.
    pub finished: Option<Timestamp>,
    /// What another program put in the queue, if that is what it is.
    pub queued: Option<Queued>,
    /// What could not be read of it, or not as it stands in the storage, in words; empty but for what other programs wrote,
    /// or damaged.
    pub notes: Vec<String>,
}

/// A trial without a key that waits: another program put it in the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Queued {
    /// Which it is: several may have its number.
    pub trial: TrialId,
    /// The parameters that it is to have, by name: Optuna's system attribute `fixed_params`.
    pub fixed: Option<Value>,
}

/// One attempt at a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u64,
    /// Who made it.
    pub worker: String,
    /// When it was leased.
    pub leased: Timestamp,
    /// When it ended; none while it runs.
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Why it failed, or why the trial was given up after it.
    pub reason: Option<String>,
    /// What its worker reported too late, in words: that was not stored.
    pub refused: Option<String>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Not yet.
    Running,
    /// Reported as complete.
    Complete,
    /// Reported as stopped early.
    Pruned,
    /// Reported as failed.
    Fail,
    /// Its lease ran out, and a later lease found that.
    Expired,
    /// Its worker was known to be dead.
    Released,
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
impl NewTrial {
    /// The hold of `worker` on this trial, begun as trial `number`, for its first attempt.
    pub(crate) fn leased(&self, study: StudyId, trial: TrialId, number: u64, worker: &str) -> Lease {
        Lease {
            study,
            trial,
            number,
            attempt: 1,
            worker: worker.to_owned(),
            key: self.key.clone(),
            parameters: self.parameters.clone(),
            attributes: self.attributes.clone(),
        }
    }
}

impl TrialResult {
    /// It finished with `value`, in a study of one objective.
    pub fn complete(value: f64) -> Self {
        Self::complete_all([value])
    }

    /// It finished with a value for each objective, in their order.
    pub fn complete_all(values: impl Into<Vec<f64>>) -> Self {
        FinalState::Complete { values: values.into() }.into()
    }

    /// It was stopped early.
    pub fn pruned() -> Self {
        FinalState::Pruned.into()
    }

    /// It failed.
    pub fn fail(reason: impl Into<String>) -> Self {
        FinalState::Fail { reason: reason.into() }.into()
    }
}

impl From<f64> for TrialResult {
    /// Complete, unless it is NaN.
    fn from(value: f64) -> Self {
        if value.is_nan() { Self::fail("the objective is NaN") } else { Self::complete(value) }
    }
}

impl From<FinalState> for TrialResult {
    fn from(state: FinalState) -> Self {
        Self { state, constraints: Vec::new(), attributes: BTreeMap::new(), attachments: BTreeMap::new() }
    }
}

impl fmt::Display for FinalState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete { values } => {
                let values: Vec<_> = values.iter().map(f64::to_string).collect();
                write!(f, "complete, with {}", values.join(", "))
            }
            Self::Pruned => f.write_str("pruned"),
            Self::Fail { reason } => write!(f, "failed: {reason}"),
        }
    }
}

impl State {
    /// Whether nothing more will come of the trial by itself.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Complete | Self::Pruned | Self::Fail)
    }
}

impl Trial {
    /// Whether a sampler chose its point; else it was enqueued, or another program added it.
    pub fn is_sampled(&self) -> bool {
        self.key.as_ref().is_some_and(|key| key.starts_with(SAMPLED))
    }

    /// The turn that its sampler was asked for.
    pub(crate) fn turn(&self) -> Option<u64> {
        self.key.as_ref()?.strip_prefix(SAMPLED)?.parse().ok()
    }

    /// Whether workers of Tinderbox finish it: it has a key, and is not in the hands of another program.
    pub(crate) fn is_ours(&self) -> bool {
        self.key.is_some() && (self.state != State::Running || self.worker.is_some())
    }

    /// The first objective, if the trial is complete.
    pub fn value(&self) -> Option<f64> {
        self.values.first().copied().filter(|_| self.state == State::Complete)
    }
}

impl Counts {
    /// Adds `trials` trials in `state`.
    pub(crate) fn add(&mut self, state: State, trials: usize) {
        *match state {
            State::Waiting => &mut self.waiting,
            State::Running => &mut self.running,
            State::Complete => &mut self.complete,
            State::Pruned => &mut self.pruned,
            State::Fail => &mut self.fail,
        } += trials;
    }
}
