//! A distribution as the unit interval, which is where samplers that reckon with distances live.

use serde_json::Value;

use super::{Point, Space};
use crate::parameter::Distribution;

impl Space {
    /// The point at `units`, a number in `[0, 1]` for each dimension in turn, as [`Distribution::to_unit`] has them;
    /// those of dimensions that are not active there are passed over.
    ///
    /// # Panics
    /// If there are not as many numbers as dimensions.
    pub fn point_at(&self, units: &[f64]) -> Point {
        assert_eq!(units.len(), self.dimensions().len(), "a number for each dimension");
        self.fill_places(|place, distribution| distribution.from_unit(units[place]))
    }
}

impl Distribution {
    /// Where `value` lies in `[0, 1]`.
    ///
    /// A logarithmic range is spread over its logarithm. Values that can be counted have a cell each, of equal
    /// widths (over the logarithm: from half below to half above the number), and stand at its middle.
    pub fn to_unit(&self, value: &Value) -> f64 {
        let unit = match (self, self.count()) {
            (&Self::Int { low, high, log: true, .. }, _) => {
                let number = value.as_f64().unwrap_or(low as f64);
                share(low as f64 - 0.5, high as f64 + 0.5, number)
            }
            (&Self::Float { low, high, log: true, .. }, _) => share(low, high, value.as_f64().unwrap_or(low)),
            (&Self::Float { low, high, .. }, None) => {
                (value.as_f64().unwrap_or(low) - low) / (high - low).max(f64::MIN_POSITIVE)
            }
            (_, count) => (self.place(value).unwrap_or(0) as f64 + 0.5) / count.unwrap_or(1) as f64,
        };
        unit.clamp(0.0, 1.0)
    }

    /// The value at `unit`, the inverse of [`to_unit`](Self::to_unit); a number outside `[0, 1]` counts as the nearer
    /// end, and NaN as 0.
    ///
    /// # Panics
    /// If it holds no value, as one without choices; such a distribution is not a dimension of a [`Space`].
    pub fn from_unit(&self, unit: f64) -> Value {
        let unit = if unit.is_nan() { 0.0 } else { unit.clamp(0.0, 1.0) };
        match (self, self.count()) {
            (&Self::Int { low, high, log: true, .. }, _) => {
                (at(low as f64 - 0.5, high as f64 + 0.5, unit).round() as i64).clamp(low, high).into()
            }
            (&Self::Float { low, high, log: true, .. }, _) => at(low, high, unit).clamp(low, high).into(),
            (&Self::Float { low, high, .. }, None) => (low + unit * (high - low)).clamp(low, high).into(),
            (_, count) => {
                let count = count.unwrap_or(1);
                self.value(((unit * count as f64) as u64).min(count - 1))
            }
        }
    }

    /// How wide the cell of the value at `unit` is; none where values cannot be counted.
    pub(crate) fn cell(&self, unit: f64) -> Option<f64> {
        match (self, self.count()) {
            (&Self::Int { low, high, log: true, .. }, _) => {
                let number = self.from_unit(unit).as_f64().unwrap_or(low as f64);
                let share = |number| share(low as f64 - 0.5, high as f64 + 0.5, number);
                Some(share(number + 0.5) - share(number - 0.5))
            }
            (_, count) => count.map(|count| 1.0 / count as f64),
        }
    }
}

/// Where `number` lies between the ends, over the logarithm.
fn share(low: f64, high: f64, number: f64) -> f64 {
    // The standard library's logarithm is the platform's, which may round differently on another.
    let (low, high) = (libm::log(low), libm::log(high));
    (libm::log(number) - low) / (high - low).max(f64::MIN_POSITIVE)
}

/// The inverse of [`share`].
fn at(low: f64, high: f64, share: f64) -> f64 {
    let (low, high) = (libm::log(low), libm::log(high));
    libm::exp(low + share * (high - low))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn distribution() -> impl Strategy<Value = Distribution> {
        let float = |log, step| Distribution::Float { low: 0.5, high: 8.5, log, step };
        prop_oneof![
            (1..9_u64).prop_map(|count| Distribution::choice(0..count)),
            (-9..9_i64, 0..40_i64, 1..5_i64).prop_map(|(low, more, step)| Distribution::Int {
                low,
                high: low + more,
                log: false,
                step
            }),
            (1..9_i64, 0..400_i64).prop_map(|(low, more)| Distribution::Int {
                low,
                high: low + more,
                log: true,
                step: 1
            }),
            Just(float(false, None)),
            Just(float(true, None)),
            Just(float(false, Some(0.25))),
        ]
    }

    proptest! {
        #[test]
        fn a_value_comes_back_from_its_place(distribution in distribution(), unit in 0.0..=1.0) {
            let value = distribution.from_unit(unit);
            let there = distribution.to_unit(&value);
            prop_assert!((0.0..=1.0).contains(&there));
            let back = distribution.from_unit(there);
            if distribution.count().is_some() {
                prop_assert_eq!(back, value);
            } else {
                prop_assert!((back.as_f64().unwrap() - value.as_f64().unwrap()).abs() < 1e-12);
                prop_assert!((there - unit).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn cells_fill_the_unit() {
        for distribution in [
            Distribution::choice(["relu", "tanh", "gelu"]),
            Distribution::Int { low: 2, high: 9, log: false, step: 3 },
            Distribution::Int { low: 1, high: 40, log: true, step: 1 },
        ] {
            let values = (0..distribution.count().unwrap()).map(|place| distribution.value(place));
            let cells = values.map(|value| distribution.cell(distribution.to_unit(&value)).unwrap());
            assert!((cells.sum::<f64>() - 1.0).abs() < 1e-12, "{distribution:?}");
        }
        assert_eq!(Distribution::uniform(0.0, 1.0).cell(0.5), None);
    }
}
