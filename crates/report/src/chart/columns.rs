//! What stands under the pointer: a column an epoch, and the value of every line in it.

use super::line::{Against, Line, Measure};
use super::{Chart, round};

/// A part of the chart from top to bottom, in pixels, and what it says.
pub(crate) struct Column {
    pub(crate) x: f64,
    pub(crate) width: f64,
    /// A line of text each: the place, then names and values, the greatest first.
    pub(crate) text: String,
}

/// A column a place that any line has, as wide as half the way to its neighbours.
pub(super) fn columns(lines: &[Line], against: Against<'_>, measure: Measure, chart: &Chart) -> Vec<Column> {
    let mut places: Vec<f64> = lines.iter().flat_map(|line| line.points.iter().map(|at| at.x)).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let edge = |left: f64, right: f64| f64::midpoint(chart.x(left), chart.x(right));
    let column = |(number, &place): (usize, &f64)| {
        let from = if number == 0 { chart.frame.left } else { edge(places[number - 1], place) };
        let to = places.get(number + 1).map_or(chart.frame.edge(), |&next| edge(place, next));
        Column { x: round(from), width: round(to - from), text: text(lines, against, measure, place) }
    };
    places.iter().enumerate().map(column).collect()
}

fn text(lines: &[Line], against: Against<'_>, measure: Measure, place: f64) -> String {
    let here = lines
        .iter()
        .filter_map(|line| Some((line, line.points.iter().find(|at| at.x.total_cmp(&place).is_eq())?.mean)));
    let (mut grey, mut bright): (Vec<_>, Vec<_>) = here.partition(|(line, _)| line.look.faint);
    bright.sort_by(|left, right| right.1.total_cmp(&left.1));
    grey.sort_by(|left, right| left.1.total_cmp(&right.1));
    let mut text = vec![against.written(place)];
    text.extend(bright.iter().map(|(line, mean)| format!("{} {}", line.name, measure.written(*mean))));
    if let ([(_, low), ..], [.., (_, high)]) = (&grey[..], &grey[..]) {
        let [low, high] = [low, high].map(|mean| measure.written(*mean));
        text.push(format!("{} others {low} to {high}", grey.len()));
    }
    text.join("\n")
}
