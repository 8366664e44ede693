//! What can end a run before its study is finished: a time limit, or a function that is called for each finished trial.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Study, StudyError};
use crate::trial::{Lease, Trial};

type Watch = dyn Fn(&Trial) -> ControlFlow<()> + Send + Sync;

/// When a worker stops, though the study is not over.
#[derive(Clone, Default)]
pub(super) struct Early {
    after: Option<Duration>,
    watches: Vec<Arc<Watch>>,
}

impl Early {
    /// Whether the time is up of a run that started at `start`. A clock that was set back has not moved.
    pub(super) fn is_up(&self, start: SystemTime, now: SystemTime) -> bool {
        self.after.is_some_and(|after| now.duration_since(start).unwrap_or_default() >= after)
    }
}

impl Study {
    /// This study with a limit to the time of [`run`](Study::run) and [`run_on`](Study::run_on), by their clock: once it
    /// is up no trial begins, those that run end, and the run returns. A later run resumes it.
    ///
    /// How many trials there are then depends on how fast they were: that is outside the promise of equal tables.
    /// Each of them is still at the point where it would be without the limit.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.early.after = Some(limit);
        self
    }

    /// This study with a function that [`run`](Study::run) and [`run_on`](Study::run_on) call after each trial that they
    /// have told, failed and pruned ones too; with several, in turn. `Break` ends the run as an end of its time does:
    /// other threads of the run end their trials, other processes continue.
    ///
    /// Threads call it at the same time. Trials come in the order in which they finish, and a run that it ends is
    /// outside the promise of equal tables, unless there is one worker alone. A result that was refused is not shown.
    ///
    /// ```
    /// # use std::{ops::ControlFlow, time::SystemTime};
    /// # use tinderbox_search::{Distribution, Memory, Random, Settings, Space, Study};
    /// # let space = Space::new([("x", Distribution::uniform(0.0, 1.0))])?;
    /// # let settings = Settings::new(space, Random { seed: 7 });
    /// let study = Study::open(Box::new(Memory::new()), "study", settings)?;
    /// let mut study = study.watch(|trial| match trial.value() {
    ///     Some(loss) if loss < 0.1 => ControlFlow::Break(()),
    ///     _ => ControlFlow::Continue(()),
    /// });
    /// study.run(SystemTime::now, |trial| Ok(trial.float("x")?))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn watch(mut self, watch: impl Fn(&Trial) -> ControlFlow<()> + Send + Sync + 'static) -> Self {
        self.early.watches.push(Arc::new(watch));
        self
    }

    /// Calls the watchers with a trial whose result is stored; returns whether one of them ends the run.
    pub(super) fn show(&self, lease: &Lease) -> Result<bool, StudyError> {
        let watches = &self.early.watches;
        if watches.is_empty() {
            return Ok(false);
        }
        let trials = self.storage.trials_from(self.id, lease.number)?;
        // Several may have its number, and by now another program may have deleted it.
        let told = trials.iter().find(|trial| trial.key.as_ref() == Some(&lease.key));
        let Some(trial) = told else { return Ok(false) };
        // Counted, not sought: the others see it also after one that has seen enough.
        Ok(watches.iter().filter(|watch| watch(trial).is_break()).count() > 0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::parameter::Distribution;
    use crate::sampler::tpe::Tpe;
    use crate::space::Space;
    use crate::storage::memory::Memory;
    use crate::study::{Running, Settings};
    use crate::trial::State;

    fn study(storage: &Memory, trials: u64) -> Study {
        let space = Space::new([("x", Distribution::uniform(0.0, 1.0))]).unwrap();
        let settings = Settings { trials: Some(trials), ..Settings::new(space, Tpe::new(7)) };
        Study::open(Box::new(storage.clone()), "study", settings).unwrap()
    }

    fn objective(trial: &mut Running<'_>) -> Result<f64, Box<dyn std::error::Error>> {
        if trial.number() == 3 { Err("diverged".into()) } else { Ok(trial.float("x")?) }
    }

    fn points(study: &Study) -> Vec<f64> {
        study.trials().unwrap().iter().map(|trial| trial.parameters["x"].stored()).collect()
    }

    #[test]
    fn all_who_watch_see_each_finished_trial_and_one_can_end_the_run() {
        let (seen, storage) = (Arc::new(Mutex::new(Vec::new())), Memory::new());
        let also = Arc::clone(&seen);
        let mut watched = study(&storage, 30)
            .watch(
                |trial| if trial.number == 11 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) },
            )
            .watch(move |trial| {
                also.lock().unwrap().push((trial.number, trial.state));
                ControlFlow::Continue(())
            });
        watched.run(SystemTime::now, objective).unwrap();
        let state = |number| if number == 3 { State::Fail } else { State::Complete };
        let expected: Vec<_> = (0..12).map(|number| (number, state(number))).collect();
        assert_eq!(*seen.lock().unwrap(), expected);

        watched.run(SystemTime::now, objective).unwrap();
        let mut whole = study(&Memory::new(), 30);
        whole.run(SystemTime::now, objective).unwrap();
        assert_eq!(points(&watched), points(&whole), "resumed, it is the same study");
    }

    #[test]
    fn threads_stop_once_one_has_seen_enough() {
        let mut study = study(&Memory::new(), 1000).watch(|trial| {
            if trial.number == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        study.run_on(3, SystemTime::now, objective).unwrap();
        let trials = study.trials().unwrap();
        assert!((21..40).contains(&trials.len()), "{} trials", trials.len());
        assert!(trials.iter().all(|trial| trial.state.is_finished()));
    }

    #[test]
    fn no_trial_begins_after_the_time_limit() {
        for workers in [1, 2] {
            let mut study = study(&Memory::new(), 1000).time_limit(Duration::from_mins(1));
            // Each trial takes ten seconds of this clock, and nothing else any.
            let seconds = AtomicU64::new(0);
            let clock = || SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::Relaxed));
            let slow = |trial: &mut Running<'_>| {
                seconds.fetch_add(10, Ordering::Relaxed);
                objective(trial)
            };
            study.run_on(workers, clock, slow).unwrap();
            let trials = study.trials().unwrap();
            assert!((6..6 + workers).contains(&trials.len()), "{} trials", trials.len());
            assert!(trials.iter().all(|trial| trial.state.is_finished()));
            study.run_on(workers, clock, slow).unwrap();
            assert!(study.trials().unwrap().len() >= 12, "the next run has its own time");
        }
    }
}
