//! An effect on a scale of its own: a dot, the interval around it, marks at no effect and at the claim's threshold, and
//! ticks with numbers below.

use super::frame::LETTER;
use super::{Axis, Ruler, round};
use crate::claim::Unit;

/// Pixels from end to end.
const WIDTH: f64 = 300.0;
/// Pixels free at either end: half a number fits.
const EDGE: f64 = 18.0;
/// Ratios further apart than this stand on a logarithmic scale.
const FAR: f64 = 4.0;
/// Pixels from the edge at which an interval without an upper limit ends.
const OPEN: f64 = 6.0;
/// Pixels between two texts in a row.
const GAP: f64 = 6.0;

/// Places of one effect, in pixels from the left.
pub(crate) struct Strip {
    pub(crate) width: f64,
    pub(crate) low: f64,
    pub(crate) effect: f64,
    pub(crate) high: f64,
    /// Where there is no effect.
    pub(crate) null: f64,
    /// From where on the claim is true; `None` where that is the same place.
    pub(crate) threshold: Option<f64>,
    /// Names of these two marks, above them.
    pub(crate) names: Vec<Label>,
    /// Places and numbers of the scale; no effect is one of them.
    pub(crate) ticks: Vec<(f64, String)>,
    /// What the numbers count.
    pub(crate) unit: &'static str,
}

/// A text above the strip.
pub(crate) struct Label {
    pub(crate) x: f64,
    /// As SVG has it.
    pub(crate) anchor: &'static str,
    pub(crate) text: String,
}

/// What a strip shows, in the unit of the effect.
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    pub(crate) unit: Unit,
    pub(crate) effect: f64,
    pub(crate) low: f64,
    /// Infinite where nothing bounds the effect: the range then goes on to the edge.
    pub(crate) high: f64,
    pub(crate) null: f64,
    pub(crate) threshold: f64,
}

impl Strip {
    /// `None` where a number has no place, or the effect is an exact count. `threshold` is the text of the threshold.
    pub(crate) fn new(shown: Shown, threshold: &str) -> Option<Self> {
        let Shown { unit, effect, low, high, null, .. } = shown;
        let (ruler, unit) = scale(unit, [effect, low, high, null, shown.threshold])?;
        let at = |share: f64| round(EDGE + share * (WIDTH - 2.0 * EDGE));
        let place = |value: f64| ruler.share(value).map(at);
        let (null, bound) = (place(null)?, place(shown.threshold)?);
        let bound = ((bound - null).abs() >= 0.1).then_some(bound);
        let mut ticks: Vec<(f64, String)> =
            ruler.ticks().into_iter().map(|(share, text)| (at(share), text)).collect();
        if ticks.iter().all(|(x, _)| (x - null).abs() > 0.1) {
            ticks.push((null, crate::format::number(shown.null)));
        }
        Some(Self {
            width: WIDTH,
            low: place(low)?,
            effect: place(effect)?,
            high: if high == f64::INFINITY { WIDTH - OPEN } else { place(high)? },
            null,
            threshold: bound,
            names: names(null, bound, threshold),
            ticks: with_room(ticks, null),
            unit,
        })
    }
}

/// A ruler that holds all of `values`, and the name of their unit; `None` of what is exact.
fn scale(unit: Unit, values: [f64; 5]) -> Option<(Ruler, &'static str)> {
    let finite = values.into_iter().filter(|value| value.is_finite());
    let (least, most) = finite
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    Some(match unit {
        Unit::Points => (Ruler::numbers(values, false)?, "percentage points"),
        Unit::Share => (Ruler::Even(Axis { low: 0.0, high: 1.0, step: 0.5 }), "share of the seeds"),
        Unit::Times if least > 0.0 && most / least > FAR => {
            (Ruler::numbers(values, true)?, "times, logarithmic")
        }
        Unit::Times => (Ruler::numbers(values, false)?, "times"),
        Unit::Count => return None,
    })
}

/// The name of the threshold, and that of no effect if there is room for both.
fn names(null: f64, threshold: Option<f64>, named: &str) -> Vec<Label> {
    let text = |x: f64, to_the_left: bool, text: &str| {
        let length = LETTER * text.chars().count() as f64;
        // Beside its mark, on the side that is asked for if it has room there.
        let left = if to_the_left { x - length >= 0.0 } else { x + length > WIDTH };
        let (low, high) = if left { (x - length, x) } else { (x, x + length) };
        (low, high, Label { x, anchor: if left { "end" } else { "start" }, text: text.into() })
    };
    let Some(threshold) = threshold else {
        return vec![text(null, null > WIDTH / 2.0, "no effect").2];
    };
    let (low, high, bound) = text(threshold, threshold < null, &format!("margin {named}"));
    let (left, right, nothing) = text(null, null < threshold, "no effect");
    if right + GAP <= low || high + GAP <= left { vec![nothing, bound] } else { vec![bound] }
}

/// Ticks whose numbers do not touch each other; that of no effect is one of them.
fn with_room(mut ticks: Vec<(f64, String)>, null: f64) -> Vec<(f64, String)> {
    // The tick of no effect first, then from left to right.
    ticks.sort_by(|(left, _), (right, _)| left.total_cmp(right));
    ticks.sort_by_key(|(x, _)| (x - null).abs() > 0.1);
    let half = |text: &str| LETTER * text.chars().count() as f64 / 2.0;
    let mut kept: Vec<(f64, String)> = Vec::new();
    for (x, text) in ticks {
        let is_free =
            kept.iter().all(|(other, number)| (other - x).abs() >= half(number) + half(&text) + GAP);
        if is_free {
            kept.push((x, text));
        }
    }
    kept.sort_by(|(left, _), (right, _)| left.total_cmp(right));
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn strip(unit: Unit, effect: f64, (low, high): (f64, f64), null: f64, threshold: f64) -> Strip {
        Strip::new(Shown { unit, effect, low, high, null, threshold }, "0.5").unwrap()
    }

    fn numbers(strip: &Strip) -> Vec<&str> {
        strip.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn points_have_a_zero_and_a_unit() {
        let strip = strip(Unit::Points, 2.5, (1.2, 3.8), 0.0, 0.5);
        assert_eq!((numbers(&strip), strip.unit), (vec!["0", "1", "2", "3", "4"], "percentage points"));
        assert_eq!((strip.ticks[0].0, strip.null), (18.0, 18.0));
        assert!(
            strip.low < strip.effect && strip.effect < strip.high && strip.threshold.unwrap() < strip.low
        );
    }

    #[test]
    fn ratios_stand_about_one_and_far_ones_on_a_logarithmic_scale() {
        let near = strip(Unit::Times, 0.99, (0.97, 1.02), 1.0, 1.1);
        assert!(numbers(&near).contains(&"1.00") && near.ticks.len() > 2, "{:?}", near.ticks);
        let far = strip(Unit::Times, 17.0, (16.0, 18.0), 1.0, 1.1);
        assert_eq!((numbers(&far), far.unit), (vec!["1", "2", "5", "10"], "times, logarithmic"));
        let slow = strip(Unit::Times, 4.5, (4.5, 4.5), 2.0, 2.2);
        assert!(numbers(&slow).contains(&"2.0"), "{:?}", slow.ticks);
    }

    #[test]
    fn a_share_goes_from_none_to_all() {
        let share = strip(Unit::Share, 1.0, (0.63, 1.0), 0.5, 0.75);
        assert_eq!(numbers(&share), ["0", "0.5", "1.0"]);
        let count = Shown { unit: Unit::Count, effect: 3.0, low: 3.0, high: 3.0, null: 0.0, threshold: 1.0 };
        assert!(Strip::new(count, "1").is_none());
        assert!(Strip::new(Shown { unit: Unit::Points, effect: f64::NAN, ..count }, "1").is_none());
    }

    #[test]
    fn what_nothing_bounds_goes_on_to_the_edge() {
        let open = strip(Unit::Times, 4.5, (4.4, f64::INFINITY), 2.0, 2.2);
        assert!(open.high > open.ticks.last().unwrap().0 && open.high < WIDTH, "{}", open.high);
        assert_eq!(open.unit, "times");
    }

    proptest! {
        #[test]
        fn no_two_texts_touch_and_all_lie_within(
            effect in -20.0..20.0_f64, half in 0.0..9.0_f64, threshold in 0.1..5.0_f64
        ) {
            let strip = strip(Unit::Points, effect, (effect - half, effect + half), 0.0, threshold);
            prop_assert!(strip.ticks.iter().any(|(x, text)| text == "0" && (x - strip.null).abs() < 0.2));
            prop_assert!(strip.ticks.len() >= 2, "{:?}", strip.ticks);
            let width = |text: &str| LETTER * text.chars().count() as f64;
            for pair in strip.ticks.windows(2) {
                let apart = f64::midpoint(width(&pair[0].1), width(&pair[1].1));
                prop_assert!(pair[1].0 - pair[0].0 > apart, "{:?}", strip.ticks);
            }
            for Label { x, anchor, text } in &strip.names {
                let (low, high) = if *anchor == "end" { (x - width(text), *x) } else { (*x, x + width(text)) };
                prop_assert!(low >= 0.0 && high <= WIDTH, "{text} at {x}, {anchor}");
            }
        }
    }
}
