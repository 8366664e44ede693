//! A chart as places in pixels: two edges with ticks, and layers of strokes between them.
//!
//! Every mark is a stroked path, a dot being one without length. A few marks stand alone, each with a title under the
//! pointer; many are joined into one path and those on the same pixel drawn once, so that five thousand trials make a
//! page and not a book.

use std::collections::HashSet;
use std::fmt::Write;

use super::ruler::Ruler;
use crate::figure::labels::cut;

/// More marks of a layer than this have no titles.
const TITLED: usize = 100;
/// Pixels of a letter, more or less.
const LETTER: f64 = 6.6;

/// Room for a chart, in pixels.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// For a panel of its own.
pub(super) const WIDE: Frame =
    Frame { width: 760.0, height: 300.0, left: 62.0, right: 16.0, top: 26.0, bottom: 42.0 };
/// For a panel beside another, or a narrow window.
pub(super) const SMALL: Frame = Frame { width: 370.0, height: 260.0, right: 14.0, ..WIDE };

/// What the page draws.
pub(super) struct Chart {
    pub(super) frame: Frame,
    pub(super) layers: Vec<Layer>,
    pub(super) texts: Vec<Label>,
    x: Ruler,
    y: Ruler,
}

/// A tick or the name of an edge, in pixels.
pub(super) struct Label {
    pub(super) x: f64,
    pub(super) y: f64,
    /// As SVG has it: `start`, `middle` or `end`.
    pub(super) anchor: &'static str,
    pub(super) text: String,
}

/// Marks that look alike.
pub(super) struct Layer {
    /// Classes of the style sheet.
    pub(super) class: String,
    pub(super) marks: Vec<Mark>,
}

/// A path, and what it says under the pointer.
pub(super) struct Mark {
    pub(super) path: String,
    pub(super) title: Option<String>,
}

impl Frame {
    /// With room for texts of `letters` letters on its left, within reason.
    pub(super) fn with_names(self, letters: usize) -> Self {
        let left = (LETTER * letters as f64 + 16.0).clamp(self.left, 0.36 * self.width);
        Self { left, ..self }
    }

    pub(super) fn with_rows(self, rows: usize, row: f64) -> Self {
        Self { height: self.top + self.bottom + row * rows as f64, ..self }
    }

    pub(super) fn x(&self, share: f64) -> f64 {
        round(self.left + share * (self.width - self.left - self.right))
    }

    pub(super) fn y(&self, share: f64) -> f64 {
        round(self.height - self.bottom - share * (self.height - self.bottom - self.top))
    }

    /// The place nearest to `x` where the middle of a text leaves it within the chart.
    fn inside(&self, x: f64, text: &str) -> f64 {
        x.min(round(self.width - LETTER * text.chars().count() as f64 / 2.0))
    }

    /// Where the horizontal axis lies.
    pub(super) fn base(&self) -> f64 {
        self.height - self.bottom
    }

    /// Where the plot ends on its right.
    pub(super) fn edge(&self) -> f64 {
        self.width - self.right
    }
}

impl Chart {
    /// Without marks as yet; a ruler comes with the name of what it measures.
    pub(super) fn new(frame: Frame, (across, x): (&str, Ruler), (up, y): (&str, Ruler)) -> Self {
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
        let text = |x, y, anchor, text| Label { x, y, anchor, text };
        let below =
            below.into_iter().map(|(x, tick)| text(frame.inside(x, &tick), base + 17.0, "middle", tick));
        let beside = beside.into_iter().map(|(y, tick)| text(left - 7.0, round(y + 4.0), "end", tick));
        let labels = [
            text(f64::midpoint(left, edge), frame.height - 5.0, "middle", x_label),
            text(4.0, 12.0, "start", y_label),
        ];
        let texts = below.chain(beside).chain(labels).filter(|text| !text.text.is_empty()).collect();
        let mut chart = Self { frame, layers: vec![], texts, x, y };
        chart.add("grid", grid);
        chart.add("axis", axis);
        chart
    }

    /// Writes the ticks of a ruler of its own under the row at `y`.
    pub(super) fn rule(&mut self, ruler: &Ruler, y: f64) {
        let text = |(x, text): (f64, String)| Label {
            x: self.frame.inside(x, &text),
            y: round(y + 14.0),
            anchor: "middle",
            text,
        };
        let ticks = beside(ruler, self.frame).into_iter().map(text);
        self.texts.extend(ticks);
    }

    /// The pixels of a pair of values; `None` where one of them has no place.
    pub(super) fn at(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = self.shares(x, y)?;
        Some((self.frame.x(x), self.frame.y(y)))
    }

    /// The place of a pair of values in the unit square, `(0, 0)` being where the axes meet.
    pub(super) fn shares(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        Some((self.x.share(x)?, self.y.share(y)?))
    }

    /// Adds a layer, unless nothing is in it.
    pub(super) fn add(&mut self, class: impl Into<String>, marks: Vec<Mark>) {
        if marks.is_empty() {
            return;
        }
        let class = class.into();
        let marks = if marks.len() > TITLED { vec![joined(&marks)] } else { marks };
        self.layers.push(Layer { class, marks });
    }
}

impl Mark {
    pub(super) fn plain(path: String) -> Self {
        Self { path, title: None }
    }

    pub(super) fn dot((x, y): (f64, f64), title: String) -> Self {
        Self { path: format!("M{x} {y}h0"), title: Some(title) }
    }

    /// From the left to the right end of a bar around `y`.
    pub(super) fn bar(from: f64, to: f64, y: f64, title: String) -> Self {
        // What took no time is still to be seen, and the next bar is another.
        Self { path: format!("M{from} {y}h{}", round((to - from - 0.6).max(0.8))), title: Some(title) }
    }

    /// Through `places`, interrupted where there is none; a lone place is a dot.
    pub(super) fn line(places: impl IntoIterator<Item = Option<(f64, f64)>>, title: Option<String>) -> Self {
        let (mut path, mut on, mut lone) = (String::new(), false, false);
        for place in places {
            if let Some((x, y)) = place {
                // Writing to a string does not fail.
                let _ = write!(path, "{}{x} {y}", if on { 'L' } else { 'M' });
                lone = !on;
            } else if lone {
                path.push_str("h0");
                lone = false;
            }
            on = place.is_some();
        }
        if lone {
            path.push_str("h0");
        }
        Self { path, title }
    }
}

/// All of `marks`, equal ones once.
fn joined(marks: &[Mark]) -> Mark {
    let mut seen = HashSet::new();
    Mark {
        path: marks.iter().map(|mark| mark.path.as_str()).filter(|path| seen.insert(*path)).collect(),
        title: None,
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

/// To tenths of a pixel.
pub(super) fn round(pixels: f64) -> f64 {
    (10.0 * pixels).round() / 10.0
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

    #[test]
    fn a_line_is_interrupted_where_it_has_no_place() {
        let places = [Some((1.0, 2.0)), Some((2.0, 3.0)), None, Some((4.0, 5.0)), None, None];
        assert_eq!(Mark::line(places, None).path, "M1 2L2 3M4 5h0");
        assert_eq!(Mark::line([Some((1.0, 2.0))], None).path, "M1 2h0");
    }
}
