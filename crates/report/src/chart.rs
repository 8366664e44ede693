//! A chart as places in pixels: two edges with ticks, and layers of strokes between them.
//!
//! Every mark is a stroked path, a dot being one without length. A few marks stand alone, each with a title under the
//! pointer; many are joined into one path and those on the same pixel drawn once, so that five thousand trials make a
//! page and not a book.

mod axis;
mod columns;
mod curves;
mod frame;
mod interval;
mod line;
mod mark;
mod names;
mod palette;
mod panel;
mod ruler;
mod strip;

use mark::joined;

pub(crate) use axis::{Axis, drawable};
pub(crate) use columns::Column;
pub(crate) use curves::curves;
pub(crate) use frame::{Frame, LETTER, SMALL, WIDE, round};
pub(crate) use interval::{Interval, Scale};
pub(crate) use line::{Against, At, Line, Measure};
pub(crate) use mark::Mark;
pub(crate) use names::cut;
pub(crate) use palette::{BANDS, Look, looks};
pub(crate) use panel::{Key, Panel};
pub(crate) use ruler::Ruler;
pub(crate) use strip::{Shown, Strip};

/// More marks of a layer than this have no titles.
const TITLED: usize = 100;

/// What the page draws.
pub(crate) struct Chart {
    pub(crate) frame: Frame,
    pub(crate) layers: Vec<Layer>,
    pub(crate) texts: Vec<Label>,
    /// What stands under the pointer, from left to right; none where marks have titles of their own.
    pub(crate) columns: Vec<Column>,
    x: Ruler,
    y: Ruler,
}

/// A tick, the name of an edge or of a line, in pixels.
pub(crate) struct Label {
    pub(crate) x: f64,
    pub(crate) y: f64,
    /// Classes of the style sheet, if it is not as the others.
    pub(crate) class: String,
    /// As SVG has it: `start`, `middle` or `end`.
    pub(crate) anchor: &'static str,
    pub(crate) text: String,
}

/// Marks that look alike.
pub(crate) struct Layer {
    /// Classes of the style sheet.
    pub(crate) class: String,
    pub(crate) marks: Vec<Mark>,
}

impl Chart {
    /// Without marks as yet; a ruler comes with the name of what it measures.
    pub(crate) fn new(frame: Frame, (across, x): (&str, Ruler), (up, y): (&str, Ruler)) -> Self {
        let label = |name: &str, ruler: &Ruler, letters: f64| {
            let scale = if ruler.is_logarithmic() { " (log scale)" } else { "" };
            (cut(name, (letters as usize).saturating_sub(scale.len())) + scale).trim_start().to_owned()
        };
        let y_label = label(up, &y, frame.width / LETTER);
        let frame = if y_label.is_empty() { Frame { top: frame.top.min(12.0), ..frame } } else { frame };
        let (left, base, edge) = (frame.left, frame.base(), frame.edge());
        let (below, beside) = (beside(&x, frame), above(&y, frame));
        let grid = beside.iter().map(|(y, _)| Mark::plain(format!("M{left} {y}H{edge}"))).collect();
        let line = Mark::plain(format!("M{left} {base}H{edge}"));
        let ticks = below.iter().map(|(x, _)| Mark::plain(format!("M{x} {base}v4")));
        let axis = if below.is_empty() { vec![] } else { ticks.chain([line]).collect() };
        let x_label = label(across, &x, (edge - left) / LETTER);
        let text = |x, y, anchor, text| Label { x, y, class: String::new(), anchor, text };
        let below =
            below.into_iter().map(|(x, tick)| text(frame.inside(x, &tick), base + 17.0, "middle", tick));
        let beside = beside.into_iter().map(|(y, tick)| text(left - 7.0, round(y + 4.0), "end", tick));
        let labels = [
            text(f64::midpoint(left, edge), frame.height - 5.0, "middle", x_label),
            text(4.0, 12.0, "start", y_label),
        ];
        let texts = below.chain(beside).chain(labels).filter(|text| !text.text.is_empty()).collect();
        let mut chart = Self { frame, layers: vec![], texts, columns: vec![], x, y };
        chart.add("grid", grid);
        chart.add("axis", axis);
        chart
    }

    /// The pixels of a pair of values; `None` where one of them has no place.
    pub(crate) fn at(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = self.shares(x, y)?;
        Some((self.frame.x(x), self.frame.y(y)))
    }

    /// The horizontal place of a value, in pixels; the edge where it has none.
    fn x(&self, value: f64) -> f64 {
        self.frame.x(self.x.share(value).unwrap_or(1.0))
    }

    /// The place of a pair of values in the unit square, `(0, 0)` being where the axes meet.
    pub(crate) fn shares(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        Some((self.x.share(x)?, self.y.share(y)?))
    }

    /// Adds a layer, unless nothing is in it.
    pub(crate) fn add(&mut self, class: impl Into<String>, marks: Vec<Mark>) {
        if marks.is_empty() {
            return;
        }
        let class = class.into();
        let marks = if marks.len() > TITLED { vec![joined(&marks)] } else { marks };
        self.layers.push(Layer { class, marks });
    }
}

/// As many ticks as have room side by side, names cut to what is left.
fn beside(ruler: &Ruler, frame: Frame) -> Vec<(f64, String)> {
    let ticks = ruler.ticks();
    let room = (frame.edge() - frame.left) / ticks.len().max(1) as f64;
    let letters = |text: &str| text.chars().count() as f64;
    let longest = if ruler.is_places() {
        // Six letters are worth more than every name's first two.
        (room / LETTER - 2.0).max(6.0)
    } else {
        ticks.iter().map(|(_, text)| letters(text)).fold(0.0, f64::max)
    };
    let needed = ticks.iter().map(|(_, text)| letters(text).min(longest)).fold(0.0, f64::max) + 1.0;
    let each = (needed * LETTER / room).ceil().max(1.0) as usize;
    let shown = ticks.into_iter().step_by(each);
    shown.map(|(share, text)| (frame.x(share), cut(&text, longest as usize))).collect()
}

/// Ticks one above the other, names cut to the room on their left.
fn above(ruler: &Ruler, frame: Frame) -> Vec<(f64, String)> {
    let ticks = ruler.ticks();
    let each = (12.0 * ticks.len() as f64 / (frame.base() - frame.top)).ceil().max(1.0) as usize;
    let longest = ((frame.left - 9.0) / LETTER) as usize;
    let shown = ticks.into_iter().step_by(each);
    shown.map(|(share, text)| (frame.y(share), cut(&text, longest))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart {
        let x = Ruler::Places(vec!["relu".into(), "a very long name indeed".into()]);
        Chart::new(SMALL, ("activation", x), ("loss", Ruler::numbers([0.0, 1.0], false).unwrap()))
    }

    #[test]
    fn a_pair_of_values_is_a_place_in_pixels() {
        assert_eq!(chart().at(0.0, 0.0), Some((135.5, 218.0)), "62 to 356 across, 26 to 218 down");
        assert_eq!(chart().at(0.0, 2.0), None);
        assert!(chart().texts.iter().any(|text| text.text == "a very long name in…"));
    }

    #[test]
    fn many_marks_are_one_path_and_equal_ones_once() {
        let mut chart = chart();
        let dots = |count: usize| {
            (0..count)
                .map(|at| Mark::dot(((at % 101) as f64, 1.0), format!("Trial {at}")))
                .collect::<Vec<_>>()
        };
        chart.add("few", dots(100));
        chart.add("many", dots(1000));
        chart.add("none", vec![]);
        let classes: Vec<&str> = chart.layers.iter().map(|layer| layer.class.as_str()).collect();
        assert_eq!(classes, ["grid", "axis", "few", "many"]);
        assert_eq!(chart.layers[2].marks[7].title.as_deref(), Some("Trial 7"));
        assert_eq!(chart.layers[3].marks[0].path.matches('M').count(), 101);
    }
}
