//! A closure as the objective: asked for, run and told until the study is over.

use std::error::Error;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{Advice, Asked, Study, StudyError};
use crate::parameter::Parameter;
use crate::space::Point;
use crate::storage::{Lease, StorageError};
use crate::timestamp::Timestamp;
use crate::trial::{Claim, Told};

/// The terms of a trial where nothing else was said.
pub(super) const LEASE: Lease = Lease::new(Duration::from_mins(1));
/// Between two looks at a study whose other trials must finish first.
const PAUSE: Duration = Duration::from_millis(5);

/// The trial that a closure is to try.
#[derive(Debug)]
pub struct Running<'a> {
    study: &'a mut Study,
    claim: &'a Claim,
}

/// Why a trial cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The pruner says so. Return this error, and the trial is told as pruned.
    #[error("pruned")]
    Pruned,
    /// Its parameters lack one, or it is of another kind.
    #[error("parameter `{name}` is {found}, expected {expected}")]
    Parameter {
        /// The parameter.
        name: String,
        /// What it is.
        found: String,
        /// What was asked for.
        expected: &'static str,
    },
    /// The study cannot be used.
    #[error(transparent)]
    Study(Box<StudyError>),
}

impl Running<'_> {
    /// Its number in the study, from 0.
    pub fn number(&self) -> u64 {
        self.claim.number
    }

    /// What it tries.
    pub fn point(&self) -> &Point {
        &self.claim.parameters
    }

    /// The value of a parameter, if it is active.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.claim.parameters.get(name).map(Parameter::value)
    }

    /// A parameter that is a number.
    ///
    /// # Errors
    /// [`Unfit::Parameter`] if it is not there, or no number.
    pub fn float(&self, name: &str) -> Result<f64, Unfit> {
        self.get(name, "a number", Value::as_f64)
    }

    /// A parameter that is a whole number.
    ///
    /// # Errors
    /// [`Unfit::Parameter`] if it is not there, or no whole number.
    pub fn int(&self, name: &str) -> Result<i64, Unfit> {
        self.get(name, "a whole number", Value::as_i64)
    }

    /// A parameter that is a text.
    ///
    /// # Errors
    /// [`Unfit::Parameter`] if it is not there, or no text.
    pub fn text(&self, name: &str) -> Result<&str, Unfit> {
        let found = self.claim.parameters.get(name).map(Parameter::value);
        found.and_then(Value::as_str).ok_or_else(|| unfit(name, found, "a text"))
    }

    /// Says what the trial has reached at `step`, in the unit of the first objective.
    ///
    /// # Errors
    /// [`Unfit::Pruned`] if the trial is to stop, [`Unfit::Study`] if another worker has taken it over.
    pub fn report(&mut self, step: u32, value: f64) -> Result<(), Unfit> {
        match self.study.report(self.claim, step, value).map_err(Box::new).map_err(Unfit::Study)? {
            Advice::GoOn => Ok(()),
            Advice::Stop => Err(Unfit::Pruned),
        }
    }

    fn get<T>(
        &self,
        name: &str,
        expected: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, Unfit> {
        let found = self.value(name);
        found.and_then(read).ok_or_else(|| unfit(name, found, expected))
    }
}

fn unfit(name: &str, found: Option<&Value>, expected: &'static str) -> Unfit {
    let found = found.map_or_else(|| "not active or not in the space".to_owned(), Value::to_string);
    Unfit::Parameter { name: name.to_owned(), found, expected }
}

impl Study {
    /// Tries points until the study is over, one after the other.
    ///
    /// An error of `objective` fails its trial, [`Unfit::Pruned`] prunes it; neither ends the study. While a trial runs,
    /// another thread keeps its lease alive. A result that comes too late, because another worker took the trial over,
    /// is dropped.
    ///
    /// # Errors
    /// If the storage cannot be used, or the sampler cannot work on the space.
    pub fn run<T: Into<Told>>(
        &mut self,
        clock: impl Fn() -> SystemTime + Sync,
        objective: impl FnMut(&mut Running<'_>) -> Result<T, Box<dyn Error>>,
    ) -> Result<(), StudyError> {
        let start = clock();
        self.work(clock, objective, start, &AtomicBool::new(false))
    }

    fn work<T: Into<Told>>(
        &mut self,
        clock: impl Fn() -> SystemTime + Sync,
        mut objective: impl FnMut(&mut Running<'_>) -> Result<T, Box<dyn Error>>,
        start: SystemTime,
        stop: &AtomicBool,
    ) -> Result<(), StudyError> {
        let mut pulse = self.storage.reopen()?;
        let interval = self.lease.length / 4;
        let held = Mutex::new(None::<Claim>);
        let now = || Timestamp::from(clock());
        thread::scope(|scope| {
            let (alive, end) = channel::<()>();
            let (held, now) = (&held, &now);
            scope.spawn(move || {
                while end.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                    let claim = held.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    if let Some(claim) = claim {
                        // A lost lease shows when the trial is told; one late heartbeat does not lose it.
                        _ = pulse.heartbeat(&claim, now());
                    }
                }
            });
            let keep = |claim| *held.lock().unwrap_or_else(PoisonError::into_inner) = claim;
            while !stop.load(Ordering::Relaxed) && !self.early.is_up(start, clock()) {
                let claim = match self.ask(now())? {
                    Asked::Trial(claim) => claim,
                    Asked::Wait => {
                        thread::sleep(PAUSE);
                        continue;
                    }
                    Asked::Done => break,
                };
                keep(Some(claim.clone()));
                let told = match objective(&mut Running { study: self, claim: &claim }) {
                    Ok(value) => value.into(),
                    Err(error) if matches!(error.downcast_ref(), Some(Unfit::Pruned)) => Told::pruned(),
                    Err(error) => Told::fail(error.to_string()),
                };
                keep(None);
                match self.tell(&claim, &told, now()) {
                    Err(StudyError::Storage(
                        StorageError::Fenced { .. } | StorageError::AlreadyTold { .. },
                    )) => {}
                    answer => {
                        answer?;
                        stop.fetch_or(self.show(&claim)?, Ordering::Relaxed);
                    }
                }
            }
            drop(alive);
            Ok(())
        })
    }

    /// As [`run`](Study::run), on so many threads. What comes out is the same.
    ///
    /// # Errors
    /// As [`run`](Study::run). The other threads then end their trials and stop too.
    pub fn run_on<T: Into<Told>>(
        &mut self,
        workers: usize,
        clock: impl Fn() -> SystemTime + Sync,
        objective: impl Fn(&mut Running<'_>) -> Result<T, Box<dyn Error>> + Sync,
    ) -> Result<(), StudyError> {
        let mut studies = Vec::new();
        for worker in 0..workers {
            let mut study = Self::new(self.storage.reopen()?, self.id, self.settings.clone());
            study.early = self.early.clone();
            studies.push(study.lease(self.lease).worker(format!("{}-{worker}", self.worker)));
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

/// A name that no other worker of this machine has.
pub(super) fn worker_name() -> String {
    static WORKERS: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", process::id(), WORKERS.fetch_add(1, Ordering::Relaxed))
}
