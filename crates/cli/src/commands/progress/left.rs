//! How much longer it takes.

use std::time::{Duration, Instant};

/// How long the expectation counts as much as what is measured.
const TRUST: f64 = 5.0;
/// Without an expectation nothing is said before so much time has been measured, in seconds.
const FIRST: f64 = 2.0;

/// From the work that was done since it began, and what was expected of a second, the time that the rest takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began: Instant,
    /// Work that was done before.
    before: f64,
    /// Work a second, as expected.
    expected: Option<f64>,
}

impl Clock {
    /// Begins now, with so much work done before; `expected` is a guess of the work a second.
    pub(crate) fn start(before: f64, expected: Option<f64>) -> Self {
        Self { began: Instant::now(), before, expected }
    }

    /// Time since it began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// About the time until `all` of the work is done, `done` being done now; `None` while nothing is known.
    pub(crate) fn left(&self, done: f64, all: f64) -> Option<Duration> {
        left(self.elapsed().as_secs_f64(), done - self.before, all - done, self.expected)
    }
}

fn left(elapsed: f64, done: f64, open: f64, expected: Option<f64>) -> Option<Duration> {
    let rate = match expected {
        Some(expected) => (done + expected * TRUST) / (elapsed + TRUST),
        None if elapsed < FIRST => return None,
        None => done / elapsed,
    };
    // Of an infinite time nothing can be said.
    Duration::try_from_secs_f64(open.max(0.0) / rate).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(elapsed: f64, done: f64, open: f64, expected: Option<f64>) -> Option<f64> {
        left(elapsed, done, open, expected).map(|left| left.as_secs_f64())
    }

    #[test]
    fn an_expectation_holds_at_first_and_gives_way_to_what_is_measured() {
        assert_eq!(seconds(0.0, 0.0, 100.0, Some(2.0)), Some(50.0));
        // Half as fast as expected.
        let later = seconds(1000.0, 1000.0, 100.0, Some(2.0)).expect("a time");
        assert!((98.0..100.0).contains(&later), "{later}");
    }

    #[test]
    fn without_an_expectation_it_waits_for_something_to_go_by() {
        assert_eq!(seconds(1.0, 1.0, 5.0, None), None);
        assert_eq!(seconds(10.0, 0.0, 5.0, None), None);
        assert_eq!(seconds(10.0, 5.0, 5.0, None), Some(10.0));
        assert_eq!(seconds(10.0, 5.0, 0.0, None), Some(0.0));
    }
}
