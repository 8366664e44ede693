//! A study: any number of workers ask for points, try them and report results.

use std::collections::BTreeMap;

use crate::pruner::Pruner as _;
use crate::space::Point;
use crate::storage::{LONGEST_NAME, LeaseTerms, Storage, StudyId, TrialId};
use crate::timestamp::Timestamp;
use crate::trial::{Lease, NewTrial, Trial, TrialResult};

mod ask;
mod best;
mod early;
mod error;
mod known;
mod notes;
mod pulse;
mod queued;
mod run;
mod running;
mod settings;

use early::Early;
pub use error::StudyError;
use known::Known;
pub use notes::Notes;
pub use pulse::Pulse;
pub use running::{Running, TrialError};
pub use settings::Settings;

/// One worker's hold on a study.
///
/// Any number of workers, in this process and in others, may hold the same study; a seeded study comes out the same for
/// any number of them, and for one that was killed and resumed, as long as equal points give equal results:
///
/// - Trial `k` begins once every trial below `k - lag` has finished, and its point is chosen by what these showed,
///   never by who finished first. So up to `lag + 1` workers are busy at a time. The [lag](Settings::lag) stays with
///   the study, whatever the number of workers.
/// - Which number a trial gets is agreed on in the storage. Of two workers that choose the same next point, one begins
///   it and the other goes on to the next.
///
/// Trials that another program adds are seen by samplers like enqueued ones, and are outside that promise. So are trials
/// that it deletes or renumbers: the study continues with the remaining ones.
pub struct Study {
    storage: Box<dyn Storage>,
    id: StudyId,
    settings: Settings,
    worker: String,
    terms: LeaseTerms,
    early: Early,
    known: Known,
    /// Why its stored settings are refused now, where it is only [looked at](Study::look).
    outdated: Option<String>,
    /// What the trials held here have reported, as losses. Not by number: two trials may have one.
    curves: BTreeMap<TrialId, Vec<(u32, f64)>>,
}

/// The next thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// Run this trial, and report its result.
    Trial(Lease),
    /// Ask again later: other workers' trials must finish first.
    Wait,
    /// The study is finished.
    Done,
}

/// Whether a trial is worth its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Continue: the pruner has no objection.
    Continue,
    /// Stop and tell [`TrialResult::pruned`].
    Stop,
}

impl Study {
    /// Creates the study `name`, or resumes it.
    ///
    /// A study that another program made is resumed too, if its directions are the same.
    ///
    /// # Errors
    /// If the study is there with other directions or settings, or if the sampler or the pruner cannot work with these;
    /// then nothing is stored.
    pub fn open(
        mut storage: Box<dyn Storage>,
        name: &str,
        mut settings: Settings,
    ) -> Result<Self, StudyError> {
        settings.check()?;
        let id = storage.open_study(name, &settings.directions)?;
        settings.settle(storage.as_mut(), id, name)?;
        Ok(Self::new(storage, id, settings))
    }

    /// Resumes the study `name` with its stored settings.
    ///
    /// # Errors
    /// If there is no such study, or it was not created by [`Study::open`].
    pub fn resume(storage: Box<dyn Storage>, name: &str) -> Result<Self, StudyError> {
        let id = find(storage.as_ref(), name)?;
        let settings = Settings::stored(storage.as_ref(), id, name)?;
        Ok(Self::new(storage, id, settings))
    }

    /// Opens the study `name` to read it, even if its stored space is invalid in this version: trials then have the
    /// dimensions that can still be read, and [`ask`](Study::ask) is an error.
    ///
    /// # Errors
    /// If there is no such study, or what else [`Study::open`] stored with it cannot be read.
    pub fn look(storage: Box<dyn Storage>, name: &str) -> Result<Self, StudyError> {
        let id = find(storage.as_ref(), name)?;
        let (settings, outdated) = Settings::readable(storage.as_ref(), id, name)?;
        Ok(Self { outdated, ..Self::new(storage, id, settings) })
    }

    fn new(storage: Box<dyn Storage>, id: StudyId, settings: Settings) -> Self {
        let known = Known::new(&settings);
        let worker = run::worker_name();
        let early = Early::default();
        Self {
            storage,
            id,
            settings,
            worker,
            terms: run::TERMS,
            early,
            known,
            outdated: None,
            curves: BTreeMap::new(),
        }
    }

    /// This study under a worker's name of its own among all workers, which dashboards and
    /// [`Storage::release`] go by. Without it the name is made from the number of the process,
    /// which processes in containers may share: name those.
    #[must_use]
    pub fn worker(self, name: impl Into<String>) -> Self {
        Self { worker: name.into(), ..self }
    }

    /// This study with other terms for its trials: how long they are held without a heartbeat, how often they are
    /// tried. Without it a minute, and three times.
    #[must_use]
    pub fn lease_terms(self, terms: LeaseTerms) -> Self {
        Self { terms, ..self }
    }

    /// Decides the [lag](Settings::lag) for this many workers, unless it was decided before; returns what it is.
    ///
    /// [`run`](Study::run), [`run_on`](Study::run_on) and [`ask`](Study::ask) decide it for the workers that they know
    /// of. A program whose workers are processes calls this before they ask.
    ///
    /// # Errors
    /// If the storage cannot be used.
    pub fn settle_lag(&mut self, workers: usize) -> Result<u64, StudyError> {
        if let Some(lag) = self.settings.lag {
            return Ok(lag);
        }
        let lag = workers.saturating_sub(1) as u64;
        let settled = self.storage.settle_study_attribute(self.id, settings::LAG, &lag.into())?;
        let settled = settled.as_u64().unwrap_or(lag);
        self.settings.lag = Some(settled);
        self.known = Known::new(&self.settings);
        Ok(settled)
    }

    /// The lag, once it was decided.
    pub fn lag(&self) -> Option<u64> {
        self.settings.lag
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its place in the storage.
    pub fn id(&self) -> StudyId {
        self.id
    }

    /// The storage.
    pub fn storage(&self) -> &dyn Storage {
        self.storage.as_ref()
    }

    /// The storage, to change something in it.
    pub fn storage_mut(&mut self) -> &mut dyn Storage {
        self.storage.as_mut()
    }

    /// All trials, by number.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub fn trials(&self) -> Result<Vec<Trial>, StudyError> {
        Ok(self.storage.trials(self.id)?)
    }

    /// Puts a point in the queue, to be tried before the sampler chooses another; returns the number of its trial.
    ///
    /// A point that was enqueued before has its trial already.
    ///
    /// # Errors
    /// [`SpaceError::Point`](crate::SpaceError::Point) if it is not a point of the space.
    pub fn enqueue(&mut self, point: &Point) -> Result<u64, StudyError> {
        self.settings.space.check(point)?;
        let values: BTreeMap<_, _> =
            point.iter().map(|(name, parameter)| (name, parameter.value())).collect();
        let mut key = serde_json::json!(values).to_string();
        if key.chars().count() > LONGEST_NAME {
            key = format!("point {:032x}", fingerprint(&key));
        }
        let trial = NewTrial { key, parameters: point.clone(), ..NewTrial::default() };
        Ok(self.storage.enqueue(self.id, &trial)?)
    }

    /// Stores what a trial has reached at `step`, in the unit of the first objective; says whether to continue.
    ///
    /// # Errors
    /// If the lease no longer holds, or the storage cannot be used.
    pub fn report(&mut self, lease: &Lease, step: u32, value: f64) -> Result<Advice, StudyError> {
        self.storage.report(lease, step, value)?;
        let Some(pruner) = &self.settings.pruner else { return Ok(Advice::Continue) };
        let curve = self.curves.entry(lease.trial).or_default();
        curve.retain(|(earlier, _)| *earlier < step);
        curve.push((step, self.settings.directions.first().map_or(value, |direction| direction.loss(value))));
        let told = self.known.told_before(lease.number);
        Ok(if pruner.prune(told, lease.number, curve) { Advice::Stop } else { Advice::Continue })
    }

    /// Renews the lease of a trial. Needed if a trial takes a good part of its lease.
    ///
    /// # Errors
    /// As [`Storage::heartbeat`].
    pub fn heartbeat(&mut self, lease: &Lease, now: Timestamp) -> Result<(), StudyError> {
        Ok(self.storage.heartbeat(lease, now)?)
    }

    /// Stores the result of a trial and ends it.
    ///
    /// # Errors
    /// As [`Storage::tell`].
    pub fn tell(&mut self, lease: &Lease, result: &TrialResult, now: Timestamp) -> Result<(), StudyError> {
        self.curves.remove(&lease.trial);
        Ok(self.storage.tell(lease, result, now)?)
    }
}

/// The study of this name.
fn find(storage: &dyn Storage, name: &str) -> Result<StudyId, StudyError> {
    let studies = storage.studies()?;
    let found = studies.get(name).copied();
    found.ok_or_else(|| StudyError::Unknown { name: name.to_owned(), there: studies.into_keys().collect() })
}

/// FNV-1a of 128 bits: it replaces a text that is too long.
fn fingerprint(text: &str) -> u128 {
    let step = |hash: u128, byte: u8| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    };
    text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, step)
}

impl std::fmt::Debug for Study {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Study");
        debug.field("id", &self.id).field("worker", &self.worker).field("settings", &self.settings);
        debug.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
