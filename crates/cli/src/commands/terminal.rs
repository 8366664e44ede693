//! Output to a terminal: no name, path or reason can move the cursor, change colours or reorder text.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::io::{self, ErrorKind, IsTerminal, Write};

use tinderbox::hidden::is_hidden;

/// Prints a line of text for people; `false` if the other end is closed, which is not an error.
pub(super) fn say(text: impl Display) -> io::Result<bool> {
    print(&visible(&text.to_string()))
}

/// Prints what programs read: exact bytes, unless a terminal would show them.
pub(super) fn say_data(text: impl Display) -> io::Result<bool> {
    let text = text.to_string();
    print(&if io::stdout().is_terminal() { visible(&text) } else { text.into() })
}

/// Prints a note on standard error; a failure to print is ignored.
pub(crate) fn note(text: impl Display) {
    _ = writeln!(io::stderr(), "{}", visible(&text.to_string()));
}

fn print(line: &str) -> io::Result<bool> {
    match writeln!(io::stdout(), "{line}") {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// `text` with each control character, and each that hides or reorders others, written as `\u{1b}`. Line feeds and
/// tabs stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hidden(character) {
            // Writing to a `String` does not fail.
            _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// As [`visible`], on one line.
pub(crate) fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        let cases = [
            ("\u{1b}[31mred\u{1b}[0m", r"\u{1b}[31mred\u{1b}[0m"),
            ("\u{1b}]0;owned\u{7}", r"\u{1b}]0;owned\u{7}"),
            ("over\rwritten\u{8}", r"over\u{d}written\u{8}"),
            ("\u{9b}31m\u{7f}\u{0}", r"\u{9b}31m\u{7f}\u{0}"),
            ("a\u{202e}b\u{2066}c\u{200f}\u{61c}", r"a\u{202e}b\u{2066}c\u{200f}\u{61c}"),
            ("no\u{200b}space\u{2028}\u{feff}", r"no\u{200b}space\u{2028}\u{feff}"),
        ];
        for (raw, shown) in cases {
            assert_eq!(visible(raw), shown);
        }
    }

    #[test]
    fn every_other_text_stays_as_it_is() {
        for text in ["two\nlines\tand a tab", "ε = 0.3, 50 %", "naïve Größe 数字 שלום 🙂", ""] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text), "{text}");
        }
        assert_eq!(visible_line("two\nlines"), r"two\nlines");
    }

    #[test]
    fn nothing_that_is_shown_is_a_control_character() {
        let shown: String = (0..=0x0010_ffff).filter_map(char::from_u32).collect();
        assert!(visible(&shown).chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()));
    }
}
