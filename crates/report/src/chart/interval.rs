//! Ratios on one scale for a whole table: a dot, the interval around it, and a mark at no effect.

/// Pixels from end to end.
const WIDTH: f64 = 260.0;
/// Pixels free at either end.
const EDGE: f64 = 15.0;

/// A range of effects.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
}

/// Places of one effect, in pixels from the left.
pub(crate) struct Interval {
    pub(crate) width: f64,
    pub(crate) low: f64,
    pub(crate) effect: f64,
    pub(crate) high: f64,
    /// Where there is no effect.
    pub(crate) null: f64,
}

impl Scale {
    /// Holds all of `values` that are numbers.
    pub(crate) fn from_values(values: impl IntoIterator<Item = f64>) -> Self {
        let finite = values.into_iter().filter(|value| value.is_finite());
        let ends = finite.fold(None, |ends: Option<(f64, f64)>, value| {
            Some(ends.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        });
        let (low, high) = ends.unwrap_or((0.0, 0.0));
        Self { low, high: if low < high { high } else { low + 1.0 } }
    }

    /// Where `effect`, its interval and no effect lie.
    pub(crate) fn interval(self, effect: f64, (low, high): (f64, f64), null: f64) -> Interval {
        Interval {
            width: WIDTH,
            low: self.place(low),
            effect: self.place(effect),
            high: self.place(high),
            null: self.place(null),
        }
    }

    fn place(self, value: f64) -> f64 {
        let share = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        (10.0 * (EDGE + share * (WIDTH - 2.0 * EDGE))).round() / 10.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_lies_between_its_ends() {
        let interval = Scale::from_values([0.0, 0.5, 2.0]).interval(1.0, (0.5, 2.0), 0.0);
        assert_eq!((interval.null, interval.high, interval.effect), (15.0, 245.0, 130.0));
        let open = Scale::from_values([-1.0, 1.0]).interval(0.0, (-1.0, f64::INFINITY), 0.0);
        assert_eq!((open.low, open.high), (15.0, 245.0));
    }

    #[test]
    fn nothing_to_compare_is_still_a_scale() {
        assert!((Scale::from_values([f64::NAN]).interval(0.0, (0.0, 0.0), 0.0).effect - 15.0).abs() < 1e-9);
    }
}
