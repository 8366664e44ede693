//! Axes one above the other: each with its whole name over it and its ticks under it, so that nothing is cut however
//! narrow the window is.

use crate::chart::{Chart, Frame, LETTER, Label, Mark, Ruler, cut, round};

/// Room left and right of an axis, in pixels.
const SIDE: f64 = 14.0;
/// From the top of a row to its axis, below one line of its name.
const TO_AXIS: f64 = 30.0;
/// From the axis to its first line of ticks.
const TO_TICKS: f64 = 15.0;
/// Pixels between two lines of a name or of ticks.
const LINE: f64 = 13.0;
/// Room under the last line of ticks.
const GAP: f64 = 13.0;
/// Pixels that the place of trials without the parameter needs at the right.
const UNUSED: f64 = 84.0;
/// What stands at that place.
const NOT_USED: &str = "not used";

/// An axis to be laid out.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) ruler: Ruler,
    /// Whether trials are drawn that do not have it.
    pub(super) optional: bool,
}

/// Rows in their places.
pub(super) struct Rows {
    /// Their axes, names and ticks, without any line as yet.
    pub(super) chart: Chart,
    /// Where each axis lies.
    heights: Vec<f64>,
    rulers: Vec<Ruler>,
    /// The ends of the axes.
    ends: (f64, f64),
    /// Where trials without a parameter pass.
    unused: f64,
    /// Marks of these places.
    boxes: Vec<Mark>,
}

impl Rows {
    /// Lays `rows` out in the width of `frame`.
    pub(super) fn new(rows: Vec<Row>, frame: Frame) -> Self {
        let right = frame.width - SIDE;
        let any_optional = rows.iter().any(|row| row.optional);
        let ends = (SIDE + 6.0, if any_optional { right - UNUSED } else { right - 6.0 });
        let unused = right - LETTER * NOT_USED.len() as f64 / 2.0;
        let (mut heights, mut texts, mut axes, mut boxes) = (vec![], vec![], vec![], vec![]);
        let mut y = 0.0;
        for row in &rows {
            for line in lines(&row.name, ((frame.width - 2.0 * SIDE) / LETTER) as usize) {
                y += LINE;
                texts.push(label("row", ends.0, y, "start", line));
            }
            y += TO_AXIS - LINE;
            axes.push(Mark::plain(format!("M{} {}H{}", ends.0, round(y), ends.1)));
            let mut below = 0;
            for (x, line, tick) in ticks(&row.ruler, ends, frame.width) {
                axes.push(Mark::plain(format!("M{} {}v4", round(x.at), round(y))));
                texts.push(label("", x.text, y + TO_TICKS + LINE * line as f64, "middle", tick));
                below = below.max(line);
            }
            if row.optional {
                boxes.push(Mark::plain(format!("M{} {}h16v14h-16z", round(unused - 8.0), round(y - 7.0))));
                texts.push(label("", unused, y + TO_TICKS + 4.0, "middle", NOT_USED.into()));
            }
            heights.push(round(y));
            y += TO_TICKS + LINE * below as f64 + GAP;
        }
        let frame = Frame { left: SIDE, right: SIDE, top: 0.0, bottom: 0.0, height: round(y), ..frame };
        let mut chart = Chart::new(frame, ("", Ruler::Shares), ("", Ruler::Shares));
        chart.add("axis", axes);
        chart.texts = texts;
        Self { chart, heights, rulers: rows.into_iter().map(|row| row.ruler).collect(), ends, unused, boxes }
    }

    /// The chart, once its lines are drawn: the places of trials without a parameter stay in sight on top of them.
    pub(super) fn finish(mut self) -> Chart {
        self.chart.add("unused", self.boxes);
        self.chart
    }

    /// The place of a value on the axis of `row`; that of trials without the parameter for `None`, and `None` where the
    /// axis has no place for it.
    pub(super) fn place(&self, row: usize, value: Option<f64>) -> Option<(f64, f64)> {
        let x = match value {
            Some(value) => along(self.ends, self.rulers[row].share(value)?),
            None => self.unused,
        };
        Some((round(x), self.heights[row]))
    }
}

fn along((from, to): (f64, f64), share: f64) -> f64 {
    from + share * (to - from)
}

/// Where a tick and its text lie across.
#[derive(Clone, Copy)]
struct Across {
    at: f64,
    text: f64,
}

/// The ticks of a ruler, each with the line of its text: names go to the first line that has room, numbers that have none
/// on the first are left out.
fn ticks(ruler: &Ruler, ends: (f64, f64), width: f64) -> Vec<(Across, usize, String)> {
    // Where the text before ends, line by line.
    let mut taken: Vec<f64> = vec![];
    let mut placed = vec![];
    for (share, text) in ruler.ticks() {
        let text = cut(&text, ((width - 8.0) / LETTER) as usize);
        let half = LETTER * text.chars().count() as f64 / 2.0;
        let at = along(ends, share);
        let middle = at.min(width - half - 2.0).max(half + 2.0);
        let free = taken.iter().position(|&end| end + LETTER <= middle - half);
        let line = match free {
            Some(line) => line,
            None if taken.is_empty() || ruler.is_places() => {
                taken.push(0.0);
                taken.len() - 1
            }
            None => continue,
        };
        taken[line] = middle + half;
        placed.push((Across { at, text: middle }, line, text));
    }
    placed
}

/// `name` in lines of at most `longest` characters, broken after a dot, an underline or a space where there is one.
pub(super) fn lines(name: &str, longest: usize) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut rest = &letters[..];
    let mut lines = vec![];
    while rest.len() > longest {
        let line = &rest[..longest.max(1)];
        let end =
            line.iter().rposition(|letter| matches!(letter, '.' | '_' | ' ')).map_or(line.len(), |at| at + 1);
        lines.push(rest[..end].iter().collect());
        rest = &rest[end..];
    }
    lines.push(rest.iter().collect());
    lines
}

fn label(class: &str, x: f64, y: f64, anchor: &'static str, text: String) -> Label {
    Label { x: round(x), y: round(y), class: class.into(), anchor, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{SMALL, WIDE};

    fn row(name: &str, ruler: Ruler, optional: bool) -> Row {
        Row { name: name.into(), ruler, optional }
    }

    #[test]
    fn names_are_whole_and_no_text_leaves_the_chart_or_covers_another() {
        let choices = ["sgd", "adam", "adam with decoupled weight decay", "rmsprop with momentum", "lion"];
        let name = "training.optimizer.a_setting_with_a_name_that_takes_more_than_one_line";
        for frame in [WIDE, SMALL] {
            let rows = Rows::new(
                vec![
                    row("loss", Ruler::numbers([1e-9, 1.0], true).unwrap(), false),
                    row(name, Ruler::Places(choices.map(Into::into).into()), true),
                    row("layers", Ruler::integers([1.0, 3.0]).unwrap(), false),
                ],
                frame,
            );
            let texts = &rows.chart.texts;
            let written: String =
                texts.iter().filter(|text| text.class == "row").map(|text| &text.text[..]).collect();
            assert_eq!(written, format!("loss{name}layers"));
            for choice in choices {
                assert!(texts.iter().any(|text| text.text == choice), "{choice}");
            }
            let span = |text: &Label| {
                let width = LETTER * text.text.chars().count() as f64;
                let from = if text.anchor == "start" { text.x } else { text.x - width / 2.0 };
                (from, from + width)
            };
            for (place, text) in texts.iter().enumerate() {
                let (from, to) = span(text);
                assert!(
                    from >= 0.0 && to <= frame.width && text.y < rows.chart.frame.height,
                    "{}",
                    text.text
                );
                for other in &texts[place + 1..] {
                    let apart =
                        span(other).0 >= to || span(other).1 <= from || (other.y - text.y).abs() >= 11.0;
                    assert!(apart, "{} and {}", text.text, other.text);
                }
            }
        }
    }

    #[test]
    fn a_trial_without_a_parameter_passes_a_place_of_its_own() {
        let rows = Rows::new(
            vec![
                row("loss", Ruler::numbers([0.0, 1.0], false).unwrap(), false),
                row("momentum", Ruler::numbers([0.0, 1.0], false).unwrap(), true),
            ],
            SMALL,
        );
        let (last, y) = rows.place(1, Some(1.0)).unwrap();
        let (unused, beside) = rows.place(1, None).unwrap();
        assert!(unused > last + 20.0 && unused < SMALL.width && y.total_cmp(&beside).is_eq());
        assert_eq!(rows.place(1, Some(7.0)), None);
        assert_eq!(rows.chart.texts.iter().filter(|text| text.text == NOT_USED).count(), 1);
    }
}
