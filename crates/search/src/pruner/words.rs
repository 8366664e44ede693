//! What a pruner does, in words.

use std::fmt;

use super::Pruner;
use super::any::AnyPruner;
use super::percentile::Percentile;

impl fmt::Display for AnyPruner {
    /// One clause: which trials it stops, and from when on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Median(it) => {
                f.write_str(
                    "median: stops a trial whose best report is worse than the median at the same step",
                )?;
                onset(f, it.startup_trials, it.warmup_steps)
            }
            Self::Percentile(Percentile { percentile, startup_trials, warmup_steps, .. }) => {
                write!(
                    f,
                    "percentile: stops a trial whose best report is not among the best {percentile} % at the same step"
                )?;
                onset(f, *startup_trials, *warmup_steps)
            }
            Self::SuccessiveHalving(it) => write!(
                f,
                "successive halving: at step {}, and each time that the steps grow by a factor of {factor}, the best of \
                 {factor} trials continues",
                it.onset().step,
                factor = it.reduction_factor
            ),
            Self::Hyperband(it) => write!(
                f,
                "Hyperband: successive halving that begins at several steps between {} and {}; the best of {} trials \
                 continues (seed {})",
                it.min_resource, it.max_resource, it.reduction_factor, it.seed
            ),
            Self::Patience(it) => {
                let reports = if it.patience == 1 { "report" } else { "reports" };
                write!(f, "patience: stops a trial after {} {reports} without improvement", it.patience)?;
                it.inner.as_ref().map_or(Ok(()), |inner| write!(f, ", if this pruner stops it too: {inner}"))
            }
            Self::Threshold(it) => {
                f.write_str("threshold: stops a trial that reports NaN")?;
                let bounds = [("below", it.lower), ("above", it.upper)];
                for (side, bound) in bounds {
                    bound.map_or(Ok(()), |bound| write!(f, " or a loss {side} {bound}"))?;
                }
                onset(f, 0, it.warmup_steps)
            }
            Self::Wilcoxon(it) => write!(
                f,
                "Wilcoxon: stops a trial whose reports are worse than those of the best trial (p < {})",
                it.p_threshold
            ),
        }
    }
}

/// From when on trials are stopped, after a comma.
fn onset(f: &mut fmt::Formatter<'_>, trials: usize, step: u32) -> fmt::Result {
    match trials {
        0 => {}
        1 => f.write_str(", once 1 trial is complete")?,
        _ => write!(f, ", once {trials} trials are complete")?,
    }
    if step > 1 { write!(f, ", from step {step} on") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use crate::{AnyPruner, Median, Patience, Threshold};

    #[test]
    fn a_pruner_says_which_trials_it_stops_and_from_when_on() {
        let median = AnyPruner::from(Median { startup_trials: 2, warmup_steps: 3, ..Median::default() });
        let words = "median: stops a trial whose best report is worse than the median at the same step, once 2 trials \
                     are complete, from step 3 on";
        assert_eq!(median.to_string(), words);
        let patient = Patience { patience: 1, min_delta: 0.0, inner: Some(Box::new(median)) };
        assert_eq!(
            AnyPruner::from(patient).to_string(),
            format!(
                "patience: stops a trial after 1 report without improvement, if this pruner stops it too: {words}"
            )
        );
        let bound = AnyPruner::from(Threshold { upper: Some(-0.2), ..Threshold::default() });
        assert_eq!(bound.to_string(), "threshold: stops a trial that reports NaN or a loss above -0.2");
    }
}
