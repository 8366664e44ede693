//! Accuracy against one dimension of a space: a dot a point, its values side by side in their order.
//!
//! The values are a list, so they stand at equal distances, whether they are numbers, powers of ten or words.

use super::axis::Axis;
use crate::format::percent;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 230.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 42.0;

/// A point of the space.
pub(crate) struct Dot<'a> {
    pub(crate) name: &'a str,
    /// Position of its value in the list.
    pub(crate) value: usize,
    /// In `[0, 1]`.
    pub(crate) accuracy: f64,
    /// Whether validation chose it.
    pub(crate) chosen: bool,
}

/// The figure, in pixels.
pub(crate) struct Scatter<'a> {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
    pub(crate) middle: f64,
    pub(crate) label: String,
    /// Vertical place and percent.
    pub(crate) ticks: Vec<(f64, String)>,
    /// Horizontal place, value, and the vertical place of the mean of its dots.
    pub(crate) values: Vec<(f64, String, Option<f64>)>,
    pub(crate) dots: Vec<Placed<'a>>,
}

/// A dot, in pixels.
pub(crate) struct Placed<'a> {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) name: &'a str,
    pub(crate) percent: String,
    pub(crate) chosen: bool,
}

impl<'a> Scatter<'a> {
    /// `None` without dots. `values` are written out.
    pub(crate) fn of(label: &str, values: &[String], dots: &[Dot<'a>]) -> Option<Self> {
        let percents = || dots.iter().map(|dot| 100.0 * dot.accuracy);
        let axis = Axis::percent(percents().reduce(f64::min)?, percents().reduce(f64::max)?);
        let y = |percent: f64| {
            let share = (percent - axis.low) / (axis.high - axis.low);
            round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP))
        };
        let step = (WIDTH - LEFT - RIGHT) / values.len() as f64;
        let x = |value: usize| round(LEFT + (value as f64 + 0.5) * step);
        let mean = |value: usize| {
            let here: Vec<f64> =
                dots.iter().filter(|dot| dot.value == value).map(|dot| 100.0 * dot.accuracy).collect();
            (!here.is_empty()).then(|| y(here.iter().sum::<f64>() / here.len() as f64))
        };
        let count = ((axis.high - axis.low) / axis.step).round() as usize;
        let tick = |number: usize| axis.low + number as f64 * axis.step;
        Some(Self {
            width: WIDTH,
            height: HEIGHT,
            left: LEFT,
            right: WIDTH - RIGHT,
            bottom: HEIGHT - BOTTOM,
            middle: f64::midpoint(LEFT, WIDTH - RIGHT),
            label: label.into(),
            ticks: (0..=count).map(|number| (y(tick(number)), short(tick(number)))).collect(),
            values: values.iter().enumerate().map(|(at, value)| (x(at), value.clone(), mean(at))).collect(),
            dots: dots
                .iter()
                .map(|dot| Placed {
                    x: x(dot.value),
                    y: y(100.0 * dot.accuracy),
                    name: dot.name,
                    percent: percent(dot.accuracy),
                    chosen: dot.chosen,
                })
                .collect(),
        })
    }
}

fn short(percent: f64) -> String {
    let tenths = format!("{percent:.1}");
    tenths.strip_suffix(".0").unwrap_or(&tenths).into()
}

fn round(pixels: f64) -> f64 {
    (10.0 * pixels).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dot_stands_over_its_value_and_higher_means_better() {
        let values = ["0.001".to_string(), "0.01".to_string()];
        let dot = |name, value, accuracy| Dot { name, value, accuracy, chosen: name == "b" };
        let dots = [dot("a", 0, 0.90), dot("b", 1, 0.95), dot("c", 1, 0.93)];
        let scatter = Scatter::of("learning_rate", &values, &dots).unwrap();
        assert_eq!(
            scatter.values.iter().map(|value| value.1.as_str()).collect::<Vec<_>>(),
            ["0.001", "0.01"]
        );
        assert!((scatter.dots[1].x - scatter.values[1].0).abs() < 1e-9);
        assert!(scatter.dots[1].y < scatter.dots[2].y && scatter.dots[2].y < scatter.dots[0].y);
        let mean = scatter.values[1].2.unwrap();
        assert!(scatter.dots[1].y < mean && mean < scatter.dots[2].y);
        assert_eq!(
            (scatter.ticks.first().unwrap().1.as_str(), scatter.ticks.last().unwrap().1.as_str()),
            ("90", "95")
        );
        assert!(Scatter::of("x", &values, &[]).is_none());
    }
}
