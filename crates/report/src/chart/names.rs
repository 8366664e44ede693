//! Names at the right ends of lines, moved apart where lines end close together.

use super::{Chart, Label, Mark, round};

/// Pixels between two labels.
pub(super) const GAP: f64 = 15.0;
/// Longest label, in characters.
const LONGEST: usize = 24;

/// Pixels that `names` need.
pub(super) fn room<'a>(names: impl Iterator<Item = &'a str>) -> f64 {
    let longest = names.map(|name| shortened(name).chars().count()).max().unwrap_or(0);
    34.0 + 7.0 * longest as f64
}

/// The name of a line, its class, and the place of its right end.
type End = (String, String, (f64, f64));

/// Writes names beside the plot, each tied to its line.
pub(super) fn place_names(chart: &mut Chart, mut ends: Vec<End>) {
    ends.sort_by(|(_, _, left), (_, _, right)| left.1.total_cmp(&right.1));
    let wanted: Vec<f64> = ends.iter().map(|(_, _, end)| end.1).collect();
    let edge = chart.frame.edge();
    let places = spread(&wanted, chart.frame.top, chart.frame.base());
    for ((name, class, (x, y)), place) in ends.into_iter().zip(places) {
        let place = round(place);
        // A line that ends early cannot be tied to a name at the edge: a stub in its colours must do.
        let from = if (x - edge).abs() < 1.0 { y } else { place };
        let tie = Mark::plain(format!("M{} {from}L{} {place}", round(edge + 3.0), round(edge + 21.0)));
        chart.add(format!("tie {class}"), vec![tie]);
        chart.texts.push(Label {
            x: round(edge + 26.0),
            y: round(place + 4.0),
            class: format!("name {class}"),
            anchor: "start",
            text: shortened(&name),
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
