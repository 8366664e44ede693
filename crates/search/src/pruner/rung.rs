//! A ladder of rungs: steps at which trials are compared, each a few times as far as the one before.

use std::iter::successors;

use crate::observation::Observation;

/// One rung: a step, and the losses of those who reached it.
pub(super) struct Rung {
    step: u32,
    /// Least first; none is NaN.
    losses: Vec<f64>,
}

/// The rungs of one bracket, lowest first.
pub(super) struct Ladder {
    rungs: Vec<Rung>,
    factor: u32,
}

impl Ladder {
    /// Empty rungs at the steps `first`, `first · factor`, `first · factor²` and so on.
    pub(super) fn new(first: Option<u32>, factor: u32) -> Self {
        let next = |step: &u32| step.checked_mul(factor).filter(|next| next > step);
        let rungs = successors(first, next).map(|step| Rung { step, losses: Vec::new() });
        Self { rungs: rungs.collect(), factor }
    }

    /// The step of the lowest rung, if there is one.
    pub(super) fn first(&self) -> Option<u32> {
        self.rungs.first().map(|rung| rung.step)
    }

    /// Whether the trial of this curve falls from a rung that its last report reached, against those in `told`.
    pub(super) fn falls<'a>(
        mut self,
        told: impl Iterator<Item = &'a Observation>,
        curve: &[(u32, f64)],
    ) -> bool {
        let Some(((step, _), earlier)) = curve.split_last() else { return false };
        let before = earlier.iter().rev().find(|(_, loss)| !loss.is_nan()).map(|(step, _)| *step);
        let is_new = |rung: &Rung| rung.step <= *step && before.is_none_or(|before| before < rung.step);
        if !self.rungs.iter().any(is_new) {
            return false;
        }
        for observation in told {
            self.climb(&observation.curve, observation.pruned);
        }
        self.climb(curve, true)
    }

    /// Takes a place on every rung that the curve reaches, with the first report there that is not NaN.
    ///
    /// Whether its last report falls: it is NaN where a rung is reached, or not among the best there. A sparse curve
    /// reaches several rungs at once, and where it `may_fall` it takes no place above the one that it falls from.
    fn climb(&mut self, curve: &[(u32, f64)], may_fall: bool) -> bool {
        let mut next = 0;
        for (place, &(step, loss)) in curve.iter().enumerate() {
            let is_last = place + 1 == curve.len();
            while let Some(rung) = self.rungs.get_mut(next).filter(|rung| rung.step <= step) {
                if loss.is_nan() {
                    if is_last {
                        return true;
                    }
                    break;
                }
                next += 1;
                if !rung.promotes(loss, self.factor) && is_last && may_fall {
                    return true;
                }
            }
        }
        false
    }
}

impl Rung {
    /// Puts `loss` in its place; whether it is among the best `1 / factor` of those here, or the best where these are
    /// fewer than `factor`.
    fn promotes(&mut self, loss: f64, factor: u32) -> bool {
        let place = self.losses.partition_point(|other| *other < loss);
        self.losses.insert(place, loss);
        let promoted = (self.losses.len() / (factor as usize).max(1)).max(1);
        loss <= self.losses[promoted - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_end_where_steps_do() {
        let steps =
            |first, factor| Ladder::new(first, factor).rungs.iter().map(|rung| rung.step).collect::<Vec<_>>();
        assert_eq!(steps(Some(3), 1000), [3, 3000, 3_000_000, 3_000_000_000]);
        assert_eq!(steps(Some(3), 1), [3]);
        assert_eq!(steps(Some(0), 4), [0]);
        assert_eq!(steps(None, 4), Vec::<u32>::new());
    }

    #[test]
    fn who_falls_from_a_rung_takes_no_place_above_it() {
        let mut ladder = Ladder::new(Some(1), 2);
        let mut climbs = |loss: f64| ladder.climb(&[(3, loss)], true);
        assert!(!climbs(0.5), "alone on the rungs of steps 1 and 2");
        assert!(climbs(0.75), "falls from the rung of step 1");
        assert!(!climbs(0.25));
        let losses: Vec<_> = ladder.rungs.iter().map(|rung| rung.losses.len()).collect();
        assert_eq!(losses[..3], [3, 2, 0]);
    }
}
