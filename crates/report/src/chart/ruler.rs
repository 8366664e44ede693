//! What lies along an edge of a chart: numbers, numbers on a logarithmic scale, or places in a row.

use super::axis::{Axis, drawable};
use crate::format::number;

/// Beyond it not every number has a neighbour at a distance of one.
const LARGEST_WHOLE: f64 = 1e15;

/// From one end of an edge to the other.
pub(crate) enum Ruler {
    Even(Axis),
    /// Decimal logarithms of the ends.
    Logarithmic {
        low: f64,
        high: f64,
    },
    /// Names in a row; a value is a position.
    Places(Vec<String>),
    /// Shares of the edge, without ticks.
    Shares,
}

impl Ruler {
    /// Numbers that hold all of `values` that can be drawn; `None` where there is none.
    pub(crate) fn numbers(values: impl IntoIterator<Item = f64>, log: bool) -> Option<Self> {
        let held = values.into_iter().filter(|&value| drawable(value) && (!log || value > 0.0));
        let (low, high) = ends(held)?;
        Some(if log { Self::logarithmic(low, high) } else { Self::Even(Axis::around(low, high)) })
    }

    /// Values of an objective or of a report: logarithmic where they are positive and over a thousand times apart.
    pub(crate) fn values(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (low, high) = ends(values.into_iter().filter(|&value| drawable(value)))?;
        let far = low > 0.0 && high / 1000.0 > low;
        Some(if far { Self::logarithmic(low, high) } else { Self::Even(Axis::around(low, high)) })
    }

    /// Whole numbers, from the least to the largest.
    pub(crate) fn whole(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        ends(values).map(|(low, high)| Self::Even(Axis::whole(low, high)))
    }

    /// Whole numbers with some room around them and with whole ticks; `None` where there is none.
    pub(crate) fn integers(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (low, high) = ends(values.into_iter().filter(|&value| drawable(value)))?;
        if low.abs().max(high.abs()) > LARGEST_WHOLE {
            return Some(Self::Even(Axis::around(low, high)));
        }
        let axis = Axis::whole(low, high);
        let spare = (0.04 * (axis.high - axis.low)).max(0.2);
        Some(Self::Even(Axis { low: axis.low - spare, high: axis.high + spare, ..axis }))
    }

    /// Percent that hold all of `values`, within 0 and 100.
    pub(crate) fn percent(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        ends(values.into_iter().filter(|&value| drawable(value)))
            .map(|(low, high)| Self::Even(Axis::percent(low, high)))
    }

    fn logarithmic(low: f64, high: f64) -> Self {
        let (low, high) = (low.log10(), high.log10());
        let spare = if high - low > 1e-6 { 0.03 * (high - low) } else { 0.2 };
        Self::Logarithmic { low: low - spare, high: high + spare }
    }

    pub(crate) fn is_logarithmic(&self) -> bool {
        matches!(self, Self::Logarithmic { .. })
    }

    pub(crate) fn is_places(&self) -> bool {
        matches!(self, Self::Places(_))
    }

    /// Where a value lies, 0 and 1 being the ends; `None` where it has no place.
    pub(crate) fn share(&self, value: f64) -> Option<f64> {
        let between = |value: f64, low: f64, high: f64| (value - low) / (high - low);
        let share = match self {
            Self::Even(axis) => between(value, axis.low, axis.high),
            Self::Logarithmic { low, high } => between(value.log10(), *low, *high),
            Self::Places(names) => (value + 0.5) / names.len() as f64,
            Self::Shares => value,
        };
        (-1e-9..=1.0 + 1e-9).contains(&share).then_some(share)
    }

    /// Places and texts of the ticks, in ascending order.
    pub(crate) fn ticks(&self) -> Vec<(f64, String)> {
        let place = |value: f64, text: String| Some((self.share(value)?, text));
        match self {
            Self::Even(axis) => {
                let (first, last) =
                    ((axis.low / axis.step - 1e-9).ceil(), (axis.high / axis.step + 1e-9).floor());
                let count = (last - first) as usize;
                let value = |tick: usize| (first + tick as f64) * axis.step;
                (0..=count).filter_map(|tick| place(value(tick), written(value(tick), axis.step))).collect()
            }
            Self::Logarithmic { low, high } => {
                round(*low, *high).into_iter().filter_map(|value| place(value, number(value))).collect()
            }
            Self::Places(names) => {
                names.iter().enumerate().filter_map(|(at, name)| place(at as f64, name.clone())).collect()
            }
            Self::Shares => vec![],
        }
    }
}

fn ends(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().fold(None, |ends, value| {
        Some(ends.map_or((value, value), |(low, high): (f64, f64)| (low.min(value), high.max(value))))
    })
}

/// Powers of ten between two logarithms, at most eight; where there are less than three, 1, 2 and 5 times them.
fn round(low: f64, high: f64) -> Vec<f64> {
    let powers = || (low.floor() as i32..=high.ceil() as i32).map(|power| 10_f64.powi(power));
    let within = |value: &f64| (low..=high).contains(&value.log10());
    let tens: Vec<f64> = powers().filter(within).collect();
    match tens.len() {
        0..3 => {
            powers().flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * power)).filter(within).collect()
        }
        count => tens.into_iter().step_by(count.div_ceil(8)).collect(),
    }
}

/// A tick, with as many figures as tell it from the next.
fn written(value: f64, step: f64) -> String {
    let power = |value: f64| (value.log10() + 1e-9).floor();
    let size = value.abs();
    if size < step / 2.0 {
        return "0".into();
    }
    let decimals = (-power(step)).max(0.0) as usize;
    let text = if size < 1e7 && decimals <= 5 {
        format!("{size:.decimals$}")
    } else {
        let figures = (power(size) - power(step)).clamp(0.0, 15.0) as usize;
        format!("{size:.figures$e}")
    };
    if value < 0.0 { format!("−{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ruler: &Ruler) -> Vec<String> {
        ruler.ticks().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_and_told_apart() {
        assert_eq!(texts(&Ruler::numbers([-0.21, 0.3], false).unwrap()), ["−0.4", "−0.2", "0", "0.2", "0.4"]);
        assert_eq!(texts(&Ruler::numbers([1e-4, 0.1], true).unwrap()), ["0.0001", "0.001", "0.01", "0.1"]);
        assert_eq!(texts(&Ruler::numbers([0.3, 0.9], true).unwrap()), ["0.5"]);
        assert_eq!(texts(&Ruler::numbers([1e-30, 1e30], true).unwrap()).len(), 8);
        assert_eq!(texts(&Ruler::whole([0.0, 9.0]).unwrap()), ["0", "2", "4", "6", "8"]);
        let large = texts(&Ruler::numbers([1e9, 1e9 + 10.0], false).unwrap());
        assert_eq!(large[..2], ["1.000000000e9", "1.000000002e9"]);
    }

    #[test]
    fn ticks_of_whole_numbers_are_whole() {
        let whole = |values: &[f64]| texts(&Ruler::integers(values.iter().copied()).unwrap());
        assert_eq!(whole(&[1.0, 3.0]), ["1", "2", "3"]);
        assert_eq!(whole(&[1.0, 2.0]), ["1", "2"]);
        assert_eq!(whole(&[4.0]), ["3", "4", "5"]);
        assert_eq!(whole(&[-1.0, 0.0, 60.0]), ["0", "20", "40", "60"]);
        assert!(Ruler::integers([f64::NAN]).is_none());
        assert!(Ruler::integers([1e300, f64::INFINITY]).unwrap().share(1e300).is_some());
        for (low, high) in [(1.0, 1.0), (1.0, 2.0), (1.0, 9.0), (1.0, 64.0), (7.0, 5000.0), (1.0, 1e12)] {
            for text in texts(&Ruler::numbers([low, high], true).unwrap()) {
                assert!(
                    text.parse::<f64>().unwrap().fract().abs() < f64::EPSILON,
                    "{text} of {low} to {high}"
                );
            }
        }
    }

    #[test]
    fn a_value_lies_at_its_share_of_the_edge() {
        let log = Ruler::Logarithmic { low: -4.0, high: 0.0 };
        assert!((log.share(0.01).unwrap() - 0.5).abs() < 1e-12);
        assert_eq!([0.0, -1.0, 2.0, f64::NAN].map(|value| log.share(value)), [None; 4]);
        let places = Ruler::Places(vec!["relu".into(), "sigmoid".into()]);
        assert_eq!([0.0, 1.0, 2.0].map(|place| places.share(place)), [Some(0.25), Some(0.75), None]);
    }

    #[test]
    fn nothing_to_draw_has_no_ruler() {
        assert!(Ruler::numbers([f64::NAN, f64::INFINITY], false).is_none());
        assert!(Ruler::numbers([0.0, -1.0], true).is_none());
        assert!(Ruler::values([1.0, 1001.0]).unwrap().is_logarithmic());
        assert!(!Ruler::values([0.0, 1001.0]).unwrap().is_logarithmic());
    }
}
