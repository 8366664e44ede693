//! Text laid out for the width of a terminal: what is printed breaks between words, what is drawn again and again is
//! shortened. Neither is left to the terminal to wrap.

use std::fmt::Write as _;

use anstream::adapter::strip_str;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that `text` takes; styles take none.
pub(super) fn columns(text: &str) -> usize {
    strip_str(text).map(UnicodeWidthStr::width).sum()
}

/// `text` with each line that is longer than `width` broken between words. What follows begins under the line's last
/// column, so that columns stay columns; under a line without columns it is indented. A longer word stays whole, for
/// people to copy.
pub(super) fn wrap(text: &str, width: usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    for (place, line) in text.split('\n').enumerate() {
        if place > 0 {
            wrapped.push('\n');
        }
        wrap_line(&mut wrapped, line, width);
    }
    wrapped
}

fn wrap_line(wrapped: &mut String, line: &str, width: usize) {
    if columns(line) <= width {
        wrapped.push_str(line);
        return;
    }
    let indent = hanging_indent(line, width);
    let (mut used, mut begun) = (0, false);
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.trim_start_matches(' ');
        let gap = &rest[..rest.len() - word.len()];
        let (word, after) = word.split_at(word_end(word));
        if begun && used + gap.len() + columns(word) > width {
            wrapped.push('\n');
            wrapped.extend(std::iter::repeat_n(' ', indent));
            used = indent;
        } else {
            wrapped.push_str(gap);
            used += gap.len();
        }
        wrapped.push_str(word);
        used += columns(word);
        begun = true;
        rest = after;
    }
}

/// Where the first word of `text` ends. A number and its sign are one word: `92.9 %`, `94.3 ± 0.3`, `rate = 0.01`.
fn word_end(text: &str) -> usize {
    let mut end = text.find(' ').unwrap_or(text.len());
    while let Some(next) = text[end..].strip_prefix(' ') {
        if !next.starts_with(['%', '±', '=']) && !text[..end].ends_with(['±', '=']) {
            break;
        }
        end += 1 + next.find(' ').unwrap_or(next.len());
    }
    end
}

/// The column below which a broken line continues.
fn hanging_indent(line: &str, width: usize) -> usize {
    let line = line.trim_end_matches(' ');
    let indent = line.len() - line.trim_start_matches(' ').len();
    let column = line[indent..].rfind("  ").map(|gap| columns(&line[..indent + gap + 2]));
    let hanging = match indent {
        0 => 2,
        1..8 => indent + 4,
        // Its only column.
        _ => indent,
    };
    // Too far to the right there would be no room for words.
    column.filter(|column| *column <= width * 2 / 3).unwrap_or(hanging).min(width / 2)
}

/// `text` in at most `width` columns, with `…` in place of what does not fit.
pub(super) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_string();
    }
    let mut used = 1;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used <= width
    };
    let mut shown: String = text.chars().take_while(fits).collect();
    if width > 0 {
        shown.push('…');
    }
    shown
}

/// As many pieces, the most important first, as fit into `width` columns with commas between them. Of the first at
/// least its beginning is shown.
pub(super) fn fit(pieces: &[String], width: usize) -> String {
    let Some((first, others)) = pieces.split_first() else { return String::new() };
    let mut shown = cut(first, width);
    for piece in others {
        if columns(&shown) + 2 + columns(piece) > width {
            break;
        }
        shown = shown + ", " + piece;
    }
    shown
}

/// A line of progress: what it is about, the share that is done, and pieces of text, the most important first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    /// What it is about.
    pub(crate) label: String,
    /// The share that is done, in `[0, 1]`.
    pub(crate) share: f64,
    /// What is said of it.
    pub(crate) pieces: Vec<String>,
}

/// Rows under each other: labels, bars and texts each in a column, every row within `width`.
pub(super) fn rows(rows: &[Row], width: usize) -> Vec<String> {
    let widest = rows.iter().map(|row| columns(&row.label)).max().unwrap_or(0);
    let label = widest.min(width / 3);
    // A width of its own, not of the texts: those change all the time.
    let bar = (width.saturating_sub(label) / 6).clamp(8, 30);
    rows.iter().map(|row| one_row(row, label, bar, width)).collect()
}

fn one_row(row: &Row, label: usize, bar: usize, width: usize) -> String {
    let mut shown = cut(&row.label, label);
    shown.extend(std::iter::repeat_n(' ', label - columns(&shown)));
    // What matters most is said in words: which trial, and its epoch. The bar gives way to them.
    let first: usize = row.pieces.iter().take(2).map(|piece| columns(piece) + 2).sum();
    if label + bar + 3.max(2 + first) <= width {
        let done = (row.share.clamp(0.0, 1.0) * bar as f64) as usize;
        let head = if done < bar { ">" } else { "" };
        // Writing to a `String` does not fail.
        _ = write!(shown, " [{:<bar$}]", "=".repeat(done) + head);
    }
    let left = width.saturating_sub(columns(&shown) + 1);
    let said = fit(&row.pieces, left);
    if said.is_empty() { shown } else { shown + " " + &said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_only_and_fit() {
        let text = "  DOES NOT HOLD  The locally connected network is better than the convolutional one by a point\n\
                    short\n\
                    a line of words that goes on and on, with 92.92 % at its end and 94.29 ± 0.27 behind it";
        for width in [30, 60, 79, 119] {
            let wrapped = wrap(text, width);
            assert!(wrapped.lines().all(|line| columns(line) <= width), "{width}:\n{wrapped}");
            let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
            assert_eq!(words(&wrapped), words(text), "{width}");
            assert!(wrapped.contains("92.92 %") && wrapped.contains("94.29 ± 0.27"), "{wrapped}");
        }
        assert_eq!(wrap(text, 1000), text);
    }

    #[test]
    fn what_follows_begins_under_the_last_column() {
        assert_eq!(
            wrap("  HOLDS  The wider of two networks\n    is more accurate", 24),
            "  HOLDS  The wider of\n         two networks\n    is more accurate"
        );
        assert_eq!(wrap("         two networks are more", 24), "         two networks\n         are more");
        assert_eq!(wrap("note: nothing to do for now", 16), "note: nothing to\n  do for now");
        let column_at_the_edge = format!("{:<28}  a word and another", "x");
        assert!(wrap(&column_at_the_edge, 40).lines().nth(1).is_some_and(|line| line.starts_with("  ")));
    }

    #[test]
    fn a_word_that_is_longer_than_the_line_stays_whole() {
        let path = "/a/path/that/is/longer/than/the/line";
        assert_eq!(wrap(&format!("report: {path} and more"), 20), format!("report:\n  {path}\n  and more"));
    }

    #[test]
    fn styles_take_no_columns_and_wide_characters_take_two() {
        assert_eq!(columns("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m 数字"), 11);
        assert_eq!(cut("数字数字", 5), "数字…");
        assert_eq!(cut("数字数字", 4), "数…");
        assert_eq!([cut("word", 0), cut("word", 1), cut("word", 4)], ["", "…", "word"]);
    }

    #[test]
    fn rows_fit_any_width_and_what_matters_most_goes_last() {
        let row = |label: &str, share, pieces: &[&str]| Row {
            label: label.into(),
            share,
            pieces: pieces.iter().map(ToString::to_string).collect(),
        };
        let given = [
            row("all trials", 0.5, &["50 %", "about 2 h 10 min left", "1 h 4 min elapsed"]),
            row("  initialisation", 1.0, &["24/24"]),
            row("worker 0", 0.0, &["Cnn seed 10", "epoch 19/20", "test accuracy 92.9 %"]),
        ];
        for width in 0..200 {
            let shown = rows(&given, width);
            assert!(shown.iter().all(|line| columns(line) <= width), "{width}: {shown:#?}");
            for (line, first) in shown.iter().zip(["50 %", "24/24", "Cnn seed 10"]) {
                assert!(width < 50 || line.contains(first), "{width}: {line}");
            }
            assert!(width < 79 || shown[2].contains("test accuracy 92.9 %"), "{width}: {}", shown[2]);
        }
        let long = [row("worker 1", 0.5, &["fully-connected seed 12", "epoch 190/200"])];
        assert_eq!(rows(&long, 55), ["worker 1 fully-connected seed 12, epoch 190/200"]);
        assert!(rows(&given, 79)[1].contains("==]"));
        assert!(rows(&given, 79)[2].contains("[> "));
    }
}
