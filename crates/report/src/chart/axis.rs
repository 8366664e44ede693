//! The range of an axis, and the step between its ticks.

/// Numbers of a larger size have no place: the range between two of them would overflow.
const LARGEST: f64 = 1e300;
/// Numbers that are closer together are one to an axis.
const SMALLEST: f64 = 1e-290;

/// A range that holds every value, with ends that are ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) step: f64,
}

impl Axis {
    /// Percent, within 0 and 100.
    pub(crate) fn percent(low: f64, high: f64) -> Self {
        let step = step((high - low) / 5.0).clamp(0.1, 20.0);
        let low = ((low / step).floor() * step).max(0.0);
        let high = ((high / step).ceil() * step).min(100.0);
        if low < high {
            Self { low, high, step }
        } else if high < 100.0 {
            Self { low, high: high + step, step }
        } else {
            Self { low: low - step, high, step }
        }
    }

    /// Any numbers up to [`LARGEST`] in size; where they are all one, it stands in the middle.
    pub(crate) fn around(low: f64, high: f64) -> Self {
        let size = low.abs().max(high.abs());
        let apart = high - low > 1e-9 * size && high - low > SMALLEST;
        let spare = match apart {
            true => 0.0,
            false if size > SMALLEST => 0.1 * size,
            false => 1.0,
        };
        let (low, high) = (low - spare, high + spare);
        let step = round_up((high - low) / 5.0);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step }
    }

    /// Whole numbers from `low` to `high`, which need not be ticks.
    pub(crate) fn whole(low: f64, high: f64) -> Self {
        let step = step((high - low) / 6.0).max(1.0);
        if low < high { Self { low, high, step } } else { Self { low: low - 1.0, high: low + 1.0, step } }
    }
}

/// Whether an axis has a place for `value`.
pub(crate) fn drawable(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `atleast`.
fn step(atleast: f64) -> f64 {
    round_up(atleast.max(1e-9))
}

/// [`step`] of any number above 0.
fn round_up(atleast: f64) -> f64 {
    let power = 10_f64.powf(atleast.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|digit| digit * power)
        .into_iter()
        .find(|step| *step >= atleast)
        .unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ends_are_ticks_and_ticks_are_round() {
        assert_eq!(Axis::percent(83.2, 97.4), Axis { low: 80.0, high: 100.0, step: 5.0 });
        assert_eq!(Axis::percent(9.8, 97.4), Axis { low: 0.0, high: 100.0, step: 20.0 });
        assert_eq!(Axis::percent(100.0, 100.0), Axis { low: 99.9, high: 100.0, step: 0.1 });
        assert_eq!(Axis::percent(0.0, 0.0), Axis { low: 0.0, high: 0.1, step: 0.1 });
        assert_eq!(Axis::whole(1.0, 20.0), Axis { low: 1.0, high: 20.0, step: 5.0 });
        assert_eq!(Axis::whole(1.0, 1.0), Axis { low: 0.0, high: 2.0, step: 1.0 });
        assert_eq!(Axis::around(-3.0, 14.0), Axis { low: -5.0, high: 15.0, step: 5.0 });
        assert_eq!(Axis::around(0.0, 0.0), Axis { low: -1.0, high: 1.0, step: 0.5 });
        assert_eq!(Axis::whole(0.0, 41.0), Axis { low: 0.0, high: 41.0, step: 10.0 });
        assert_eq!(Axis::whole(3.0, 3.0), Axis { low: 2.0, high: 4.0, step: 1.0 });
    }

    proptest! {
        #[test]
        fn every_value_is_on_the_axis(first in 0.0..100.0_f64, second in 0.0..100.0_f64) {
            let (low, high) = (first.min(second), first.max(second));
            let axis = Axis::percent(low, high);
            prop_assert!(axis.low <= low && high <= axis.high + 1e-9 && axis.low < axis.high);
            prop_assert!((axis.high - axis.low) / axis.step < 8.0);
        }

        #[test]
        fn any_numbers_lie_between_the_ends(
            one in prop::num::f64::NORMAL, exponent in -300..300_i32, other in -1.0..1.0_f64
        ) {
            let one = one.clamp(-LARGEST, LARGEST);
            let other = other * 10_f64.powi(exponent);
            for (low, high) in [(one.min(other), one.max(other)), (one, one), (one, one * (1.0 + 1e-12))] {
                let axis = Axis::around(low.min(high), low.max(high));
                let spare = 1e-9 * (axis.high - axis.low);
                prop_assert!(axis.low - spare <= low && high <= axis.high + spare, "{axis:?}");
                prop_assert!(axis.low < axis.high && (axis.high - axis.low) / axis.step < 9.0, "{axis:?}");
            }
        }
    }
}
