//! Names at the right ends of lines, moved apart where lines end close together.

use kuva::render::color::Color;
use kuva::render::render::{Primitive, Scene, TextAnchor};

use super::Curve;
use super::frame::Frame;

/// Pixels between two labels.
pub(super) const GAP: f64 = 15.0;
/// Longest label, in characters.
const LONGEST: usize = 24;

/// Pixels that the labels need.
pub(super) fn room(lines: &[&Curve]) -> f64 {
    let longest = lines.iter().map(|line| shortened(line.name).chars().count()).max().unwrap_or(0);
    34.0 + 7.0 * longest as f64
}

/// Writes the names beside the plot, each tied to its line.
pub(super) fn label(scene: &mut Scene, lines: &[&Curve], frame: &Frame) {
    let mut ends: Vec<(&Curve, f64, f64)> = lines
        .iter()
        .filter_map(|line| line.points.last().map(|end| (*line, frame.x(end.x), frame.y(end.mean))))
        .collect();
    ends.sort_by(|left, right| left.2.total_cmp(&right.2));
    let wanted: Vec<f64> = ends.iter().map(|end| end.2).collect();
    let edge = frame.width - frame.right;
    for ((line, x, y), place) in ends.into_iter().zip(spread(&wanted, frame.top, frame.height - frame.bottom))
    {
        // A line that ends early cannot be tied to a name at the edge: a stub in its colours must do.
        let from = if (x - edge).abs() < 1.0 { y } else { place };
        scene.add(Primitive::Line {
            x1: edge + 3.0,
            y1: from,
            x2: edge + 21.0,
            y2: place,
            stroke: Color::from(&line.look.colour),
            stroke_width: 1.5,
            stroke_dasharray: line.look.dashes.map(Into::into),
        });
        scene.add(Primitive::Text {
            x: edge + 26.0,
            y: place + 4.0,
            // Dollars would be read as formulae.
            content: shortened(line.name).replace('$', "\\$"),
            size: 12,
            anchor: TextAnchor::Start,
            rotate: None,
            bold: false,
            color: Some(Color::from(&line.look.colour)),
        });
    }
}

/// Places at least [`GAP`] apart, near the `wanted` ones (ascending), from `low` on and up to `high` if they fit.
fn spread(wanted: &[f64], low: f64, high: f64) -> Vec<f64> {
    let mut places = wanted.to_vec();
    let mut least = low;
    for place in &mut places {
        *place = place.max(least);
        least = *place + GAP;
    }
    let mut most = high;
    for (left, place) in places.iter_mut().rev().enumerate() {
        let above = wanted.len() - 1 - left;
        *place = place.min(most).max(low + above as f64 * GAP);
        most = *place - GAP;
    }
    places
}

fn shortened(name: &str) -> String {
    cut(name, LONGEST)
}

/// `name`, or its beginning where it has more than `longest` characters.
pub(crate) fn cut(name: &str, longest: usize) -> String {
    if name.chars().count() <= longest {
        return name.into();
    }
    name.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_that_fit_stay_where_their_lines_end() {
        assert_eq!(spread(&[20.0, 60.0, 100.0], 0.0, 200.0), [20.0, 60.0, 100.0]);
    }

    #[test]
    fn labels_that_are_close_move_apart_within_the_figure() {
        assert_eq!(spread(&[50.0, 51.0, 52.0], 0.0, 200.0), [50.0, 65.0, 80.0]);
        assert_eq!(spread(&[190.0, 195.0, 200.0], 0.0, 200.0), [170.0, 185.0, 200.0]);
    }

    #[test]
    fn a_long_name_is_cut_between_letters() {
        assert_eq!(shortened(&"é".repeat(30)), format!("{}…", "é".repeat(23)));
    }

    proptest! {
        #[test]
        fn no_two_labels_overlap(mut wanted in prop::collection::vec(0.0..300.0_f64, 0..18)) {
            wanted.sort_by(f64::total_cmp);
            let places = spread(&wanted, 0.0, 300.0);
            prop_assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= GAP - 1e-9), "{places:?}");
            prop_assert!(places.iter().all(|place| (0.0..=300.0).contains(place)), "{places:?}");
        }
    }
}
