//! Output: the one way to standard output and standard error.
//!
//! Results go to standard output, all else to standard error. On a terminal, text is laid out for its width and coloured,
//! and no name, path or reason can move the cursor, change colours or reorder text; elsewhere it is left as it is, with
//! neither line breaks nor colours.

mod layout;
mod screen;
mod tone;

pub(super) use screen::output_width;

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

use clap::ValueEnum;
use tinderbox::hidden::is_hidden;
use tinderbox::json;

use super::events::Event;
pub(crate) use layout::Row;
pub(crate) use screen::Live;
pub(crate) use tone::Tone;

/// The form of progress and messages, on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Form {
    /// Rows that are updated in place on a terminal, plain lines elsewhere
    #[default]
    Auto,
    /// Plain lines
    Plain,
    /// One event a line, as JSON: see `docs/progress.md`
    Json,
}

/// The flag of commands that take a while.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ProgressArguments {
    /// How progress and messages are written to standard error
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    progress: Form,
}

impl ProgressArguments {
    /// From here on, all that is shown on standard error has this form.
    pub(crate) fn apply(self) {
        // A process has one command line: nobody has set it before.
        _ = FORM.set(self.progress);
    }
}

static FORM: OnceLock<Form> = OnceLock::new();

fn form() -> Form {
    FORM.get().copied().unwrap_or_default()
}

/// Whether standard error takes events in place of text.
pub(crate) fn streams_events() -> bool {
    form() == Form::Json
}

/// Prints an event on standard error; a failure to print is ignored.
pub(crate) fn emit(event: &Event) {
    _ = writeln!(io::stderr(), "{}", json::line(event));
}

/// Prints a result for people; `false` if the other end is closed, which is not an error.
pub(super) fn say(text: impl Display) -> io::Result<bool> {
    print(&laid_out(&visible(&text.to_string()), screen::output_width()))
}

/// As [`say`], the first `length` bytes of each line in the colour of its tone.
pub(super) fn say_painted<'a>(
    lines: impl IntoIterator<Item = (&'a str, Option<(usize, Tone)>)>,
) -> io::Result<bool> {
    let paint = |(line, painted): (&'a str, Option<(usize, Tone)>)| {
        let shown = visible(line);
        match painted {
            Some((length, tone)) if shown == line => tone::paint(line, length, tone),
            _ => shown.into_owned(),
        }
    };
    let lines: Vec<String> = lines.into_iter().map(paint).collect();
    print(&laid_out(&lines.join("\n"), screen::output_width()))
}

/// Prints what programs read: exact bytes, unless a terminal would show them.
pub(super) fn say_data(text: impl Display) -> io::Result<bool> {
    let text = text.to_string();
    let text = if io::stdout().is_terminal() { visible(&text) } else { Cow::Owned(text) };
    closed(screen::above_rows(|| writeln!(io::stdout(), "{text}")))
}

/// Prints a message on standard error; a failure to print is ignored.
pub(crate) fn note(text: impl Display) {
    let text = text.to_string();
    if streams_events() {
        return emit(&message(&text));
    }
    let shown = visible(&text);
    let painted = match tone::of_message(&shown) {
        Some((tone, rest)) => Cow::Owned(tone::paint(&shown, shown.len() - rest.len(), tone)),
        None => shown,
    };
    note_painted(&painted, screen::error_width());
}

/// As [`note`], all of it in the colour of `tone`.
pub(crate) fn note_in(tone: Tone, text: impl Display) {
    let text = text.to_string();
    if streams_events() {
        return emit(&message(&text));
    }
    let shown = visible(&text);
    note_painted(&tone::paint(&shown, shown.len(), tone), screen::error_width());
}

/// Prints a line of progress on standard error: `text`, and those of the `details`, the most important first, that the
/// terminal has room for in the same line.
pub(crate) fn note_with_details(text: &str, details: &[String]) {
    let pieces: Vec<String> =
        std::iter::once(text).chain(details.iter().map(String::as_str)).map(visible_line).collect();
    let width = screen::error_width();
    match width.filter(|width| layout::columns(&pieces[0]) <= *width) {
        Some(width) => note_painted(&layout::fit(&pieces, width), Some(width)),
        None if width.is_some() => note_painted(&pieces[0], width),
        None => note_painted(&pieces.join(", "), None),
    }
}

/// A message as an event.
fn message(text: &str) -> Event<'_> {
    match tone::of_message(text) {
        Some((Tone::Error, text)) => Event::Error { text: text.trim_start() },
        Some((Tone::Warning, text)) => Event::Warning { text: text.trim_start() },
        Some((Tone::Note, text)) => Event::Note { text: text.trim_start() },
        _ => Event::Message { text },
    }
}

fn note_painted(text: &str, width: Option<usize>) {
    let text = laid_out(text, width);
    screen::above_rows(|| _ = writeln!(anstream::stderr(), "{text}"));
}

fn print(text: &str) -> io::Result<bool> {
    closed(screen::above_rows(|| writeln!(anstream::stdout(), "{text}")))
}

/// `false` for a write to an output whose other end is closed.
fn closed(written: io::Result<()>) -> io::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// `text` for an output of so many columns; as it is where it is no terminal.
fn laid_out(text: &str, width: Option<usize>) -> Cow<'_, str> {
    width.map_or(Cow::Borrowed(text), |width| Cow::Owned(layout::wrap(text, width)))
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
