//! What a worker knows of a study: the trials that have finished, and those that have not.

use super::Settings;
use crate::observation::Observation;
use crate::sampler::History;
use crate::space::{Point, Space};
use crate::storage::Direction;
use crate::trial::{State, Trial};

/// Trials by number, read once each when they have finished and all before them have.
pub(super) struct Known {
    lag: u64,
    directions: Vec<Direction>,
    space: Space,
    /// Trials 0, 1, 2 and so on, as far as all have finished.
    told: Vec<Observation>,
    /// Points of the trials whose results the next one may not know.
    pending: Vec<Point>,
    /// Number of the first of them.
    pending_from: u64,
    /// Numbers of the trials that no sampler chose.
    enqueued: Vec<u64>,
    /// Number of the next trial.
    next: u64,
    /// Whether some trial waits or runs.
    open: bool,
    /// For the trials of `told` in turn, the number of the best one up to there.
    best: Vec<u64>,
}

impl Known {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            lag: settings.lag,
            directions: settings.directions.clone(),
            space: settings.space.clone(),
            told: Vec::new(),
            pending: Vec::new(),
            pending_from: 0,
            enqueued: Vec::new(),
            next: 0,
            open: false,
            best: Vec::new(),
        }
    }

    /// The number of the first trial that is not known to have finished, nor any after it.
    pub(super) fn settled(&self) -> u64 {
        self.told.len() as u64
    }

    /// The number of the next trial.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Whether some trial waits or runs.
    pub(super) fn has_open(&self) -> bool {
        self.open
    }

    /// Takes in all trials from [`settled`](Known::settled) on.
    pub(super) fn learn(&mut self, mut trials: Vec<Trial>) {
        for trial in &mut trials {
            self.space.adopt(&mut trial.parameters);
        }
        let settled = self.settled();
        self.next = settled + trials.len() as u64;
        self.open = trials.iter().any(|trial| is_ours(trial) && !trial.state.is_finished());
        self.enqueued.truncate(self.enqueued.partition_point(|number| *number < settled));
        self.enqueued.extend(trials.iter().filter(|trial| !trial.is_sampled()).map(|trial| trial.number));

        // What has not finished is taken anew: a server that crashes may lose trials that had begun.
        self.pending.truncate((settled - self.pending_from) as usize);
        self.pending.extend(trials.iter().map(|trial| trial.parameters.clone()));
        let settling = trials.iter().take_while(|trial| trial.state.is_finished() || !is_ours(trial)).count();
        for mut trial in trials.into_iter().take(settling) {
            if !trial.state.is_finished() {
                // Another program's: nobody here knows whether it will ever finish.
                trial.state = State::Fail;
            }
            let Some(observation) = Observation::of(&trial, &self.directions) else { break };
            self.settle(observation);
        }
        let from = self.next.saturating_sub(self.lag).min(self.settled());
        match self.told.get(from as usize..self.pending_from as usize) {
            // Trials that had begun are lost, and the next one may know less again.
            Some(again) => {
                self.pending.splice(..0, again.iter().map(|told| told.parameters.clone()));
            }
            None => {
                self.pending.drain(..(from - self.pending_from) as usize);
            }
        }
        self.pending_from = from;
    }

    /// What the sampler of the next trial may know.
    pub(super) fn history(&self) -> History<'_> {
        let told = &self.told[..self.pending_from as usize];
        History { told, pending: &self.pending, enqueued: &self.enqueued }
    }

    /// What the pruner of trial `number` may know.
    pub(super) fn told_before(&self, number: u64) -> &[Observation] {
        let end = number.saturating_sub(self.lag).min(self.settled());
        &self.told[..end as usize]
    }

    /// How many trials that the next one may know came after the best of them; 0 without a best.
    pub(super) fn since_best(&self) -> u64 {
        let told = self.pending_from;
        let best = (told as usize).checked_sub(1).and_then(|last| self.best.get(last));
        best.map_or(0, |best| told - 1 - best)
    }

    fn settle(&mut self, observation: Observation) {
        let loss = |observation: &Observation| observation.loss().filter(|_| observation.is_feasible());
        let earlier = self.best.last().copied();
        let record = earlier.and_then(|best| loss(&self.told[best as usize]));
        let improves = match (loss(&observation), record) {
            (Some(loss), Some(record)) => loss < record,
            (Some(_), None) => true,
            (None, _) => false,
        };
        self.best.push(if improves { observation.number } else { earlier.unwrap_or(observation.number) });
        self.told.push(observation);
    }
}

/// Whether workers of Tinderbox claim it.
fn is_ours(trial: &Trial) -> bool {
    trial.key.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::Distribution;
    use crate::sampler::random::Random;
    use crate::storage::Storage;
    use crate::storage::memory::Memory;
    use crate::study::run::LEASE;
    use crate::timestamp::Timestamp;
    use crate::trial::{NewTrial, SAMPLED, Told};

    #[test]
    fn trials_that_a_crash_took_away_were_never_known() {
        let space = Space::new([("x", Distribution::int(0, 99))]).unwrap();
        let settings = Settings::new(space.clone(), Random { seed: 7 });
        let (mut storage, now) = (Memory::new(), Timestamp::MIN);
        let study = storage.open_study("study", &settings.directions).unwrap();
        for number in 0..13 {
            let parameters = space.point(number).unwrap().unwrap();
            let trial = NewTrial { key: format!("{SAMPLED}{number}"), parameters, ..NewTrial::default() };
            let claim = storage.start(study, number, &trial, "worker", now, LEASE).unwrap().unwrap();
            if number < 5 {
                storage.tell(&claim, &Told::complete(1.0), now).unwrap();
            }
        }
        let before = storage.trials(study).unwrap();
        let mut another = before.clone();
        another[12].parameters = space.point(50).unwrap().unwrap();
        // The lag is 8: trial 13 may know the first five, and trial 11 the first three.
        for after in [&before[..11], &before[..12], &before[..], &another[..]] {
            let [mut crashed, mut quiet] = [Known::new(&settings), Known::new(&settings)];
            crashed.learn(before.clone());
            crashed.learn(after[crashed.settled() as usize..].to_vec());
            quiet.learn(after.to_vec());
            assert_eq!(crashed.history(), quiet.history());
            assert_eq!(crashed.next(), after.len() as u64);
        }
    }
}
