//! Runs a closure as the objective, until the study is finished.

use std::any::Any;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use super::{Asked, Pulse, Running, Study, StudyError};
use crate::storage::LeaseTerms;
use crate::timestamp::Timestamp;
use crate::trial::{Lease, TrialResult};

/// The default terms of a lease.
pub(super) const TERMS: LeaseTerms = LeaseTerms::new(Duration::from_mins(1));
/// Between two looks at a study whose other trials must finish first.
const PAUSE: Duration = Duration::from_millis(5);

impl Study {
    /// Runs trials one after the other until the study is finished.
    ///
    /// An error or a panic of `objective` fails its trial. An error caused by [`TrialError::Pruned`], or any error after
    /// [`Running::report`] has returned it, prunes the trial. A result that cannot be stored (NaN, or too few values) fails
    /// it too. None of these ends the study. While a trial runs, another thread renews its lease. A result
    /// that comes too late, because another worker took the trial over, is dropped.
    ///
    /// If the lag is not decided yet, it becomes 0.
    ///
    /// [`TrialError::Pruned`]: super::TrialError::Pruned
    ///
    /// # Errors
    /// If the storage cannot be used, or the sampler cannot work on the space.
    pub fn run<T: Into<TrialResult>>(
        &mut self,
        clock: impl Fn() -> SystemTime + Sync,
        objective: impl FnMut(&mut Running<'_>) -> Result<T, Box<dyn Error>>,
    ) -> Result<(), StudyError> {
        let start = clock();
        self.work(clock, objective, start, &AtomicBool::new(false))
    }

    fn work<T: Into<TrialResult>>(
        &mut self,
        clock: impl Fn() -> SystemTime + Sync,
        mut objective: impl FnMut(&mut Running<'_>) -> Result<T, Box<dyn Error>>,
        start: SystemTime,
        stop: &AtomicBool,
    ) -> Result<(), StudyError> {
        let (storage, interval) = (self.storage.reopen()?, self.terms.length / 4);
        let now = || Timestamp::from(clock());
        Pulse::beside(storage, interval, now, |pulse| {
            while !stop.load(Ordering::Relaxed) && !self.early.is_up(start, clock()) {
                let lease = match self.ask(now())? {
                    Asked::Trial(lease) => lease,
                    Asked::Wait => {
                        thread::sleep(PAUSE);
                        continue;
                    }
                    Asked::Done => break,
                };
                pulse.hold(&lease);
                let result = self.tried(&lease, &mut objective);
                pulse.let_go();
                match self.tell(&lease, &result, now()) {
                    Err(error) if error.is_lost_lease() => {}
                    answer => {
                        answer?;
                        stop.fetch_or(self.show(&lease)?, Ordering::Relaxed);
                    }
                }
            }
            Ok(())
        })
    }

    /// What comes of one call of `objective`, as a storage can hold it.
    fn tried<T: Into<TrialResult>>(
        &mut self,
        lease: &Lease,
        objective: &mut impl FnMut(&mut Running<'_>) -> Result<T, Box<dyn Error>>,
    ) -> TrialResult {
        let objectives = self.settings.directions.len();
        let mut running = Running::new(self, lease);
        let result = match catch_unwind(AssertUnwindSafe(|| objective(&mut running))) {
            Ok(Ok(value)) => value.into(),
            Ok(Err(error)) if running.is_pruned(&*error) => TrialResult::pruned(),
            Ok(Err(error)) => TrialResult::fail(error.to_string()),
            Err(panic) => TrialResult::fail(format!("panicked: {}", words(&*panic))),
        };
        match result.check(lease.number, objectives) {
            Ok(()) => result,
            Err(error) => TrialResult::fail(error.to_string()),
        }
    }

    /// As [`run`](Study::run), on this many threads, with the same results. If the lag is not decided yet, it becomes one
    /// less than the number of threads.
    ///
    /// # Errors
    /// As [`run`](Study::run). The other threads then end their trials and stop too.
    pub fn run_on<T: Into<TrialResult>>(
        &mut self,
        workers: usize,
        clock: impl Fn() -> SystemTime + Sync,
        objective: impl Fn(&mut Running<'_>) -> Result<T, Box<dyn Error>> + Sync,
    ) -> Result<(), StudyError> {
        self.settle_lag(workers)?;
        let mut studies = Vec::new();
        for worker in 0..workers {
            let mut study = Self::new(self.storage.reopen()?, self.id, self.settings.clone());
            study.early = self.early.clone();
            studies.push(study.lease_terms(self.terms).worker(format!("{}-{worker}", self.worker)));
        }
        let start = clock();
        let (clock, objective, stop) = (&clock, &objective, &AtomicBool::new(false));
        thread::scope(|scope| {
            let run = |mut study: Self| {
                scope.spawn(move || {
                    let answer = study.work(clock, objective, start, stop);
                    stop.fetch_or(answer.is_err(), Ordering::Relaxed);
                    answer
                })
            };
            let threads: Vec<_> = studies.into_iter().map(run).collect();
            threads.into_iter().try_for_each(|thread| match thread.join() {
                Ok(answer) => answer,
                Err(panic) => std::panic::resume_unwind(panic),
            })
        })
    }
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or(panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

/// A name that no other worker of this machine has.
pub(super) fn worker_name() -> String {
    static WORKERS: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", process::id(), WORKERS.fetch_add(1, Ordering::Relaxed))
}
