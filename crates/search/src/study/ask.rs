//! The next thing to do: which trial is started, and which is taken over.

use std::collections::BTreeMap;

use super::known::Known;
use super::{Asked, Settings, Study, StudyError, queued};
use crate::sampler::Sampler as _;
use crate::timestamp::Timestamp;
use crate::trial::{NewTrial, SAMPLED, TrialResult};

/// How often one `ask` may be refused a trial that is not there.
const REFUSALS: u32 = 100;

impl Study {
    /// The next thing to do: a trial that waits, or that a worker left behind, or else a new one at the point that the
    /// sampler chooses.
    ///
    /// # Errors
    /// If the storage cannot be used, or the sampler cannot work on the space.
    pub fn ask(&mut self, now: Timestamp) -> Result<Asked, StudyError> {
        if let Some(reason) = &self.outdated {
            return Err(StudyError::Outdated { name: None, reason: reason.clone() });
        }
        self.settle_lag(1)?;
        let mut refusals = 0;
        loop {
            self.learn()?;
            if self.known.has_open() {
                let limit = self.known.limit();
                let lease = self.storage.lease_below(self.id, limit, &self.worker, now, self.terms)?;
                if let Some(lease) = lease {
                    self.curves.insert(lease.trial, Vec::new());
                    let Some(unfit) = lease.attributes.get(queued::UNFIT) else {
                        return Ok(Asked::Trial(lease));
                    };
                    let reason = unfit.as_str().map_or_else(|| unfit.to_string(), str::to_owned);
                    self.tell(&lease, &TrialResult::fail(reason), now)?;
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
            let lease = self.storage.start(self.id, number, &trial, &self.worker, now, self.terms)?;
            if let Some(lease) = lease {
                self.curves.insert(lease.trial, Vec::new());
                return Ok(Asked::Trial(lease));
            }
            refusals += u32::from(!self.is_explained(number, turn)?);
            if refusals == REFUSALS {
                return Err(StudyError::Refused { number });
            }
        }
    }

    /// Reads the trials that were not known to have settled, and makes those that another program queued ours.
    fn learn(&mut self) -> Result<(), StudyError> {
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
        self.learn()?;
        if self.known.next() > number {
            return Ok(true);
        }
        // What was known is no longer so, as where trials were deleted; or a trial is there that cannot be read.
        self.known = Known::new(&self.settings);
        self.learn()?;
        let next = self.storage.next_number(self.id)?;
        let turn = if self.known.next().max(next) == number { turn.saturating_add(1).max(number) } else { 0 };
        self.known.pass_over(next, turn);
        Ok(false)
    }

    /// Whether no trial is to begin any more.
    fn is_over(&self) -> bool {
        let Settings { trials, patience, .. } = &self.settings;
        trials.is_some_and(|trials| self.known.budget() >= trials)
            || patience.is_some_and(|patience| self.known.since_best() >= patience)
    }
}
