//! A thread that keeps the lease of a running trial alive.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::storage::Storage;
use crate::timestamp::Timestamp;
use crate::trial::Lease;

/// Renews the lease that a worker holds, while its trial runs.
#[derive(Debug, Default)]
pub struct Pulse {
    held: Mutex<Option<Lease>>,
    is_lost: AtomicBool,
}

impl Pulse {
    /// Runs `work`, and beside it a thread that every `interval` renews the lease held then.
    pub fn beside<T>(
        mut storage: Box<dyn Storage>,
        interval: Duration,
        now: impl Fn() -> Timestamp + Send,
        work: impl FnOnce(&Self) -> T,
    ) -> T {
        let pulse = &Self::default();
        thread::scope(|scope| {
            let (alive, end) = channel::<()>();
            scope.spawn(move || {
                while end.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                    pulse.renew(storage.as_mut(), now());
                }
            });
            let answer = work(pulse);
            drop(alive);
            answer
        })
    }

    /// Renews this lease from now on, in place of another.
    pub fn hold(&self, lease: &Lease) {
        let mut held = self.held();
        self.is_lost.store(false, Ordering::Relaxed);
        *held = Some(lease.clone());
    }

    /// Renews no lease any more; `true` if the one that was held was lost meanwhile.
    pub fn let_go(&self) -> bool {
        *self.held() = None;
        self.is_lost()
    }

    /// Whether another worker has taken the trial over.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    fn renew(&self, storage: &mut dyn Storage, now: Timestamp) {
        let Some(lease) = self.held().clone() else { return };
        // Any other trouble is for `tell` to report: a heartbeat that is late costs the lease, not the result.
        let is_lost = storage.heartbeat(&lease, now).is_err_and(|error| error.is_lost_lease());
        let held = self.held();
        if is_lost && held.as_ref() == Some(&lease) {
            self.is_lost.store(true, Ordering::Relaxed);
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Lease>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::memory::Memory;
    use crate::storage::{Direction, LeaseTerms};
    use crate::trial::NewTrial;

    #[test]
    fn a_lease_that_another_worker_took_is_lost_and_the_next_one_is_not() {
        let mut storage = Memory::new();
        let study = storage.open_study("study", &[Direction::Minimize]).unwrap();
        for key in ["a", "b"] {
            storage.enqueue(study, &NewTrial { key: key.to_owned(), ..NewTrial::default() }).unwrap();
        }
        let (terms, now) = (LeaseTerms::new(Duration::from_secs(1)), Timestamp::from_micros(0));
        let mut lease = |worker: &str| storage.lease(study, worker, now, terms).unwrap().unwrap();
        let (first, second) = (lease("one"), lease("two"));
        storage.release(study, "one", now).unwrap();

        let pulse = Pulse::default();
        pulse.hold(&first);
        pulse.renew(&mut storage, now);
        assert!(pulse.is_lost() && pulse.let_go());
        pulse.hold(&second);
        pulse.renew(&mut storage, now);
        assert!(!pulse.let_go());
        pulse.renew(&mut storage, now);
    }

    #[test]
    fn while_work_goes_on_the_lease_is_renewed() {
        let mut storage = Memory::new();
        let study = storage.open_study("study", &[Direction::Minimize]).unwrap();
        storage.enqueue(study, &NewTrial { key: "a".to_owned(), ..NewTrial::default() }).unwrap();
        let terms = LeaseTerms::new(Duration::from_secs(1));
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let lease = storage.lease(study, "one", at(0), terms).unwrap().unwrap();
        let (beaten, beats) = channel();
        let clock = move || {
            beaten.send(()).unwrap();
            at(10)
        };
        Pulse::beside(storage.reopen().unwrap(), Duration::from_millis(1), clock, |pulse| {
            pulse.hold(&lease);
            // The second call of the clock follows the first heartbeat.
            (0..2).for_each(|_| beats.recv().unwrap());
        });
        assert_eq!(storage.lease(study, "two", at(11), terms).unwrap(), None, "it holds until second 11");
        assert!(storage.lease(study, "two", at(12), terms).unwrap().is_some());
    }
}
