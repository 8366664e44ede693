//! The rate at which bytes come, and whether it is worth waiting for.

use std::time::{Duration, Instant};

/// The bytes that came since the last look at the clock.
pub(super) struct Rate {
    since: Instant,
    came: u64,
    window: Duration,
    /// The fewest bytes that must come in a window.
    fewest: u64,
}

impl Rate {
    /// At least `slowest` bytes per second over each `window`.
    pub(super) fn new(window: Duration, slowest: u64) -> Self {
        let fewest = (window.as_secs_f64() * slowest as f64) as u64;
        Self { since: Instant::now(), came: 0, window, fewest }
    }

    /// Counts `length` more bytes; what came and the fewest expected, if a window ended with too few.
    pub(super) fn too_slow(&mut self, length: u64) -> Option<(u64, u64)> {
        self.came += length;
        if self.since.elapsed() < self.window {
            return None;
        }
        let came = std::mem::take(&mut self.came);
        self.since = Instant::now();
        (came < self.fewest).then_some((came, self.fewest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_looked_at_once_in_a_window() {
        let mut rate = Rate::new(Duration::from_secs(30), 10);
        let before = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).expect("a time");
        assert_eq!(rate.too_slow(1), None, "the window has only begun");
        rate.since = before(30);
        assert_eq!(rate.too_slow(298), Some((299, 300)));
        rate.since = before(31);
        assert_eq!(rate.too_slow(300), None);
    }
}
