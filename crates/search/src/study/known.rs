//! What a worker knows of a study: the trials that have finished, and those that have not.
//!
//! Trials are told apart by their *place* among the trials of the study in the order of their numbers, from 0 and without
//! gaps. A number is not a place: trials are deleted, renumbered and added by other programs.

use super::Settings;
use crate::observation::Observation;
use crate::sampler::History;
use crate::space::{Point, Space};
use crate::storage::Direction;
use crate::trial::{State, Trial};

/// Trials by place, read once each when they have finished and all before them have.
pub(super) struct Known {
    lag: u64,
    directions: Vec<Direction>,
    space: Space,
    /// The first trials, as far as all have finished.
    told: Vec<Observation>,
    /// For each of `told`, how many trials of the budget came after the best one up to there.
    since_best: Vec<u64>,
    /// The best loss of `told`.
    record: Option<f64>,
    /// The number from which on trials are read: those below have settled.
    unread: u64,
    /// Numbers of the trials after `told`, as they were last read.
    unsettled: Vec<u64>,
    /// Points of the trials whose results the next one may not know.
    pending: Vec<Point>,
    /// Place of the first of them.
    pending_from: usize,
    /// Places of the trials that no sampler chose.
    enqueued: Vec<usize>,
    /// What the trials of `told` leave to the next one, and what all trials do.
    settled: Turns,
    all: Turns,
    /// Least number and turn of the next trial, where the storage has refused lower ones.
    refused: (u64, u64),
    /// Whether some trial waits or runs here.
    open: bool,
}

/// What is counted over trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Turns {
    /// All of them.
    trials: u64,
    /// Those that count as trials of the budget.
    budget: u64,
    /// One more than the highest turn that a sampler was asked for.
    asked: u64,
    /// Whether some trial stands at another place than the one that its point was chosen for.
    moved: bool,
}

impl Turns {
    fn add(&mut self, trial: &Trial) {
        if let Some(turn) = trial.turn() {
            self.asked = self.asked.max(turn.saturating_add(1));
            self.moved |= turn != self.trials;
        }
        self.trials += 1;
        // Nobody here knows whether what another program has begun will ever finish.
        self.budget += u64::from(trial.state.is_finished() || trial.is_ours());
    }

    /// The turn of the next trial: its place, or a higher one that no trial has had.
    fn next(self) -> u64 {
        if self.moved { self.asked.max(self.trials + 1) } else { self.trials }
    }
}

impl Known {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            lag: settings.lag.unwrap_or(0),
            directions: settings.directions.clone(),
            space: settings.space.clone(),
            told: Vec::new(),
            since_best: Vec::new(),
            record: None,
            unread: 0,
            unsettled: Vec::new(),
            pending: Vec::new(),
            pending_from: 0,
            enqueued: Vec::new(),
            settled: Turns::default(),
            all: Turns::default(),
            refused: (0, 0),
            open: false,
        }
    }

    /// The number from which on [`learn`](Known::learn) takes trials.
    pub(super) fn unread(&self) -> u64 {
        self.unread
    }

    /// The number of the next trial: one more than the highest.
    pub(super) fn next(&self) -> u64 {
        let last = self.unsettled.last().map_or(self.unread, |last| last.saturating_add(1));
        last.max(self.refused.0)
    }

    /// The turn of the next trial: what its sampler is asked for.
    pub(super) fn turn(&self) -> u64 {
        self.all.next().max(self.refused.1)
    }

    /// Whether the next trial must wait for the results of earlier ones.
    pub(super) fn must_wait(&self) -> bool {
        (self.told.len() as u64).saturating_add(self.lag) < self.all.trials
    }

    /// Trials with lower numbers than this may be tried.
    pub(super) fn limit(&self) -> u64 {
        match self.unsettled.get(usize::try_from(self.lag).unwrap_or(usize::MAX)) {
            // Several trials may have that number, and each of them waits for nothing that is not let in.
            Some(last) => last.saturating_add(1),
            None => self.next().saturating_add(self.lag - self.unsettled.len() as u64).saturating_add(1),
        }
    }

    /// How many trials count as trials of the budget.
    pub(super) fn budget(&self) -> u64 {
        self.all.budget
    }

    /// Whether some trial waits or runs here.
    pub(super) fn has_open(&self) -> bool {
        self.open
    }

    /// Sets the least number and turn of the next trial. The storage may hold a trial that is not among those that were
    /// read.
    pub(super) fn pass_over(&mut self, number: u64, turn: u64) {
        self.refused = (number, turn);
    }

    /// Takes in all trials from the number [`unread`](Known::unread) on, in the order of their numbers.
    pub(super) fn learn(&mut self, mut trials: Vec<Trial>) {
        for trial in &mut trials {
            self.space.adopt(&mut trial.parameters);
        }
        let settled = self.told.len();
        self.unsettled = trials.iter().map(|trial| trial.number).collect();
        self.open = trials.iter().any(|trial| trial.is_ours() && !trial.state.is_finished());
        self.all = self.settled;
        for trial in &trials {
            self.all.add(trial);
        }
        self.enqueued.truncate(self.enqueued.partition_point(|place| *place < settled));
        self.enqueued
            .extend((settled..).zip(&trials).filter(|(_, it)| !it.is_sampled()).map(|(place, _)| place));

        // What has not finished is taken anew: a server that crashes may lose trials that had begun.
        self.pending.truncate(settled - self.pending_from);
        self.pending.extend(trials.iter().map(|trial| trial.parameters.clone()));
        self.settle(trials);

        let next = usize::try_from(self.all.trials.saturating_sub(self.lag)).unwrap_or(usize::MAX);
        let from = next.min(self.told.len());
        match self.told.get(from..self.pending_from) {
            // Trials that had begun are lost, and the next one may know less again.
            Some(again) => {
                self.pending.splice(..0, again.iter().map(|told| told.parameters.clone()));
            }
            None => {
                self.pending.drain(..from - self.pending_from);
            }
        }
        self.pending_from = from;
    }

    /// What the sampler of the next trial may know.
    pub(super) fn history(&self) -> History<'_> {
        let (pending, enqueued) = (&self.pending, &self.enqueued);
        History { finished: &self.told[..self.pending_from], pending, enqueued, moved: self.all.moved }
    }

    /// What the pruner of trial `number` may know.
    pub(super) fn told_before(&self, number: u64) -> &[Observation] {
        let settled = self.told.partition_point(|told| told.number < number);
        let place = settled + self.unsettled.partition_point(|other| *other < number);
        let lag = usize::try_from(self.lag).unwrap_or(usize::MAX);
        &self.told[..place.saturating_sub(lag).min(self.told.len())]
    }

    /// How many trials that the next one may know came after the best of them.
    pub(super) fn since_best(&self) -> u64 {
        self.pending_from.checked_sub(1).map_or(0, |last| self.since_best[last])
    }

    /// Moves the first trials to those that have settled, as far as all have finished. Trials with one number settle
    /// together, so that the next look begins after it.
    fn settle(&mut self, trials: Vec<Trial>) {
        let has_settled = |trial: &Trial| trial.state.is_finished() || !trial.is_ours();
        let settling = trials.iter().take_while(|trial| has_settled(trial)).count();
        let settling = match trials.get(settling) {
            Some(open) => trials.partition_point(|trial| trial.number < open.number),
            None => settling,
        };
        self.unsettled.drain(..settling);
        for mut trial in trials.into_iter().take(settling) {
            let before = self.settled;
            self.settled.add(&trial);
            self.unread = trial.number.saturating_add(1);
            if !trial.state.is_finished() {
                trial.state = State::Fail;
            }
            let observation = Observation::finished(&trial, &self.directions);
            let loss = observation.loss().filter(|_| observation.is_feasible());
            let improves = loss.is_some_and(|loss| self.record.is_none_or(|record| loss < record));
            let since = match self.since_best.last() {
                Some(since) if !improves => since + self.settled.budget - before.budget,
                _ => 0,
            };
            if improves {
                self.record = loss;
            }
            self.since_best.push(since);
            self.told.push(observation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::Distribution;
    use crate::sampler::random::Random;
    use crate::storage::Storage;
    use crate::storage::memory::Memory;
    use crate::study::run::TERMS;
    use crate::timestamp::Timestamp;
    use crate::trial::{NewTrial, SAMPLED, TrialResult};

    #[test]
    fn trials_that_a_crash_took_away_were_never_known() {
        let space = Space::new([("x", Distribution::int(0, 99))]).unwrap();
        let settings = Settings { lag: Some(8), ..Settings::new(space.clone(), Random { seed: 7 }) };
        let (mut storage, now) = (Memory::new(), Timestamp::MIN);
        let study = storage.open_study("study", &settings.directions).unwrap();
        for number in 0..13 {
            let parameters = space.point(number).unwrap().unwrap();
            let trial = NewTrial { key: format!("{SAMPLED}{number}"), parameters, ..NewTrial::default() };
            let lease = storage.start(study, number, &trial, "worker", now, TERMS).unwrap().unwrap();
            if number < 5 {
                storage.tell(&lease, &TrialResult::complete(1.0), now).unwrap();
            }
        }
        let before = storage.trials(study).unwrap();
        let mut another = before.clone();
        another[12].parameters = space.point(50).unwrap().unwrap();
        // The lag is 8: trial 13 may know the first five, and trial 11 the first three.
        for after in [&before[..11], &before[..12], &before[..], &another[..]] {
            let [mut crashed, mut quiet] = [Known::new(&settings), Known::new(&settings)];
            crashed.learn(before.clone());
            crashed.learn(after[crashed.unread() as usize..].to_vec());
            quiet.learn(after.to_vec());
            assert_eq!(crashed.history(), quiet.history());
            assert_eq!(crashed.next(), after.len() as u64);
        }
    }
}
