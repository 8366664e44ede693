//! The steps at which a pruner looks: not the first ones, and not every one.

use super::PrunerError;

/// Whether the last report of `curve` is the first at or after one of the steps `warmup`, `warmup + interval`,
/// `warmup + 2 · interval` and so on.
pub(super) fn is_due(curve: &[(u32, f64)], warmup: u32, interval: u32) -> bool {
    let Some(((step, _), earlier)) = curve.split_last() else { return false };
    let Some(after) = step.checked_sub(warmup) else { return false };
    let due = step - after % interval.max(1);
    earlier.last().is_none_or(|(before, _)| *before < due)
}

pub(super) fn check(interval: u32) -> Result<(), PrunerError> {
    PrunerError::unless(interval > 0, "interval_steps", interval, "at least 1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_reports_count_for_the_step_that_was_due() {
        // Due at 3, 7 and 11; nothing is reported at 7.
        let curve = [0, 2, 3, 4, 6, 8, 10, 11].map(|step| (step, 0.5));
        let due: Vec<_> = (1..=curve.len())
            .filter(|end| is_due(&curve[..*end], 3, 4))
            .map(|end| curve[end - 1].0)
            .collect();
        assert_eq!(due, [3, 8, 11]);
        assert!(!is_due(&[], 0, 1));
    }
}
