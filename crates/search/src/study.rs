//! A study: points are asked for, tried, and told, by any number of workers.

use std::collections::BTreeMap;

use crate::pruner::{Pruner as _, PrunerError};
use crate::sampler::{SampleError, Sampler as _};
use crate::space::{Point, SpaceError};
use crate::storage::{LONGEST_NAME, Lease, Storage, StorageError, StudyId};
use crate::timestamp::Timestamp;
use crate::trial::{Claim, NewTrial, SAMPLED, Told, Trial};

mod best;
mod early;
mod known;
mod notes;
mod queued;
mod run;
mod running;
mod settings;

use early::Early;
use known::Known;
pub use notes::Notes;
pub use running::{Running, Unfit};
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
/// that it deletes or renumbers: the study goes on with those that there are.
pub struct Study {
    storage: Box<dyn Storage>,
    id: StudyId,
    settings: Settings,
    worker: String,
    lease: Lease,
    early: Early,
    known: Known,
    /// What the trials held here have reported, by number, as losses.
    curves: BTreeMap<u64, Vec<(u32, f64)>>,
}

/// How often one `ask` may be refused a trial that is not there.
const REFUSALS: u32 = 100;

/// What there is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// A trial, until it is told.
    Trial(Claim),
    /// Nothing just now: other workers' trials must finish first.
    Wait,
    /// Nothing any more.
    Done,
}

/// Whether a trial is worth its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// As far as the pruner knows, it is.
    GoOn,
    /// Stop and tell [`Told::pruned`].
    Stop,
}

/// What a study refuses, or cannot do.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The storage.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The sampler.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// A setting of the pruner that is outside its range.
    #[error("pruner: {0}")]
    Pruner(#[from] PrunerError),
    /// Settings that would come back from the storage changed.
    #[error(
        "these settings cannot be stored and read again ({}); a number among them is not finite",
        .0.as_deref().unwrap_or("they would be changed")
    )]
    Unstorable(Option<String>),
    /// A point that is none of the space's.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The study is there, with other settings.
    #[error("study `{name}` already exists with {what} {stored}, not {asked}; choose another name")]
    Settings {
        /// The study.
        name: String,
        /// The setting.
        what: &'static str,
        /// As it stands in the storage, in JSON.
        stored: String,
        /// As it was asked for, in JSON.
        asked: String,
    },
    /// There is no such study.
    #[error("no study `{name}` in this storage; it has {}", some(.there))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that there are.
        there: Vec<String>,
    },
    /// The storage refuses to begin a trial, though by what it shows the number is free.
    #[error(
        "trial {number} cannot be begun: no trial with that number or key is shown, and yet the storage has one; delete \
         its row, or choose another name for the study"
    )]
    Refused {
        /// The number.
        number: u64,
    },
    /// The study was made by another program.
    #[error("study `{name}` has no settings of Tinderbox: {reason}; begin it with a space and a sampler")]
    Foreign {
        /// The study.
        name: String,
        /// What is missing or wrong.
        reason: String,
    },
}

/// The first of the names, and how many more there are.
fn some(names: &[String]) -> String {
    const NAMED: usize = 10;
    match names.len().saturating_sub(NAMED) {
        _ if names.is_empty() => "no study".to_owned(),
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..NAMED].join(", ")),
    }
}

impl Study {
    /// Begins the study `name`, or goes on with it.
    ///
    /// A study that another program made is gone on with too, if its directions are the same.
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

    /// Goes on with the study `name` by the settings that it was begun with.
    ///
    /// # Errors
    /// If there is no such study, or it was not begun by [`Study::open`].
    pub fn resume(storage: Box<dyn Storage>, name: &str) -> Result<Self, StudyError> {
        let studies = storage.studies()?;
        let Some(&id) = studies.get(name) else {
            return Err(StudyError::Unknown { name: name.to_owned(), there: studies.into_keys().collect() });
        };
        let settings = Settings::stored(storage.as_ref(), id, name)?;
        Ok(Self::new(storage, id, settings))
    }

    fn new(storage: Box<dyn Storage>, id: StudyId, settings: Settings) -> Self {
        let known = Known::new(&settings);
        let worker = run::worker_name();
        let early = Early::default();
        Self { storage, id, settings, worker, lease: run::LEASE, early, known, curves: BTreeMap::new() }
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
    pub fn lease(self, lease: Lease) -> Self {
        Self { lease, ..self }
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
    /// [`SpaceError::Point`] if it is no point of the space.
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

    /// The next thing to do: a trial that waits, or that a worker left behind, or else a new one at the point that the
    /// sampler chooses.
    ///
    /// # Errors
    /// If the storage cannot be used, or the sampler cannot work on the space.
    pub fn ask(&mut self, now: Timestamp) -> Result<Asked, StudyError> {
        self.settle_lag(1)?;
        let mut refusals = 0;
        loop {
            self.look()?;
            if self.known.has_open() {
                let limit = self.known.limit();
                let claim = self.storage.claim_below(self.id, limit, &self.worker, now, self.lease)?;
                if let Some(claim) = claim {
                    self.curves.insert(claim.number, Vec::new());
                    let Some(unfit) = claim.attributes.get(queued::UNFIT) else {
                        return Ok(Asked::Trial(claim));
                    };
                    let reason = unfit.as_str().map_or_else(|| unfit.to_string(), str::to_owned);
                    self.tell(&claim, &Told::fail(reason), now)?;
                    continue;
                }
            }
            if self.is_over() {
                return Ok(if self.known.has_open() { Asked::Wait } else { Asked::Done });
            }
            if self.known.must_wait() {
                return Ok(Asked::Wait);
            }
            let (number, turn) = (self.known.next(), self.known.turn());
            let history = self.known.history();
            let Some(parameters) = self.settings.sampler.sample(&self.settings.space, &history, turn)? else {
                return Ok(if self.known.has_open() { Asked::Wait } else { Asked::Done });
            };
            let key = format!("{SAMPLED}{turn}");
            let trial = NewTrial { key, parameters, attributes: BTreeMap::new() };
            let claim = self.storage.start(self.id, number, &trial, &self.worker, now, self.lease)?;
            if let Some(claim) = claim {
                self.curves.insert(number, Vec::new());
                return Ok(Asked::Trial(claim));
            }
            refusals += u32::from(!self.is_explained(number, turn)?);
            if refusals == REFUSALS {
                return Err(StudyError::Refused { number });
            }
        }
    }

    /// Reads the trials that were not known to have settled, and makes those that another program queued ours.
    fn look(&mut self) -> Result<(), StudyError> {
        let mut trials = self.storage.trials_from(self.id, self.known.unread())?;
        let Settings { space, sampler, .. } = &self.settings;
        let queued = trials.iter().filter_map(|trial| {
            Some((trial.queued.as_ref()?.trial, queued::adopted(space, sampler, trial)?))
        });
        let queued: Vec<_> = queued.collect();
        if !queued.is_empty() {
            for (id, trial) in &queued {
                self.storage.adopt(self.id, *id, trial)?;
            }
            trials = self.storage.trials_from(self.id, self.known.unread())?;
        }
        self.known.learn(trials);
        Ok(())
    }

    /// Whether trial `number` was not begun because another worker has begun it. Otherwise its number or its turn were
    /// wrong, and another one is next.
    fn is_explained(&mut self, number: u64, turn: u64) -> Result<bool, StudyError> {
        self.look()?;
        if self.known.next() > number {
            return Ok(true);
        }
        // What was known is no longer so, as where trials were deleted; or a trial is there that cannot be read.
        self.known = Known::new(&self.settings);
        self.look()?;
        let next = self.storage.next_number(self.id)?;
        let turn = if self.known.next().max(next) == number { turn.saturating_add(1).max(number) } else { 0 };
        self.known.pass_over(next, turn);
        Ok(false)
    }

    /// Stores what a trial has reached at `step`, in the unit of the first objective; says whether to go on.
    ///
    /// # Errors
    /// If the claim no longer holds, or the storage cannot be used.
    pub fn report(&mut self, claim: &Claim, step: u32, value: f64) -> Result<Advice, StudyError> {
        self.storage.report(claim, step, value)?;
        let Some(pruner) = &self.settings.pruner else { return Ok(Advice::GoOn) };
        let curve = self.curves.entry(claim.number).or_default();
        curve.retain(|(earlier, _)| *earlier < step);
        curve.push((step, self.settings.directions.first().map_or(value, |direction| direction.loss(value))));
        let told = self.known.told_before(claim.number);
        Ok(if pruner.prune(told, claim.number, curve) { Advice::Stop } else { Advice::GoOn })
    }

    /// Says that the worker of this trial lives, when a trial takes a good part of its lease.
    ///
    /// # Errors
    /// As [`Storage::heartbeat`].
    pub fn heartbeat(&mut self, claim: &Claim, now: Timestamp) -> Result<(), StudyError> {
        Ok(self.storage.heartbeat(claim, now)?)
    }

    /// Ends a trial.
    ///
    /// # Errors
    /// As [`Storage::tell`].
    pub fn tell(&mut self, claim: &Claim, told: &Told, now: Timestamp) -> Result<(), StudyError> {
        self.curves.remove(&claim.number);
        Ok(self.storage.tell(claim, told, now)?)
    }

    /// Whether no trial is to begin any more.
    fn is_over(&self) -> bool {
        let Settings { trials, patience, .. } = &self.settings;
        trials.is_some_and(|trials| self.known.budget() >= trials)
            || patience.is_some_and(|patience| self.known.since_best() >= patience)
    }
}

/// FNV-1a of 128 bits: what stands for a text that is too long.
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
