//! Colours: what went wrong, what is noted, and what became of a claim.

use anstyle::{AnsiColor, Style};

/// What a text tells, for its colour. `anstream` decides whether there is any: on a terminal, unless `NO_COLOR` is set
/// or `CLICOLOR` is 0, and elsewhere if `CLICOLOR_FORCE` is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It is as hoped.
    Good,
    /// It is not as hoped.
    Bad,
    /// It is open.
    Open,
    /// An error.
    Error,
    /// A warning.
    Warning,
    /// A note.
    Note,
}

impl Tone {
    fn style(self) -> Style {
        let style = Style::new().bold();
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Open => AnsiColor::Yellow.on_default(),
            Self::Error => style.fg_color(Some(AnsiColor::Red.into())),
            Self::Warning => style.fg_color(Some(AnsiColor::Yellow.into())),
            Self::Note => style.fg_color(Some(AnsiColor::Cyan.into())),
        }
    }
}

/// The words with which messages begin.
const BEGINNINGS: [(&str, Tone); 4] = [
    ("error:", Tone::Error),
    ("tinderbox:", Tone::Error),
    ("warning:", Tone::Warning),
    ("note:", Tone::Note),
];

/// What a message is, by its first word, and the message without it.
pub(super) fn of_message(text: &str) -> Option<(Tone, &str)> {
    BEGINNINGS.iter().find_map(|(word, tone)| Some((*tone, text.strip_prefix(word)?)))
}

/// `text` with its first `length` bytes in the colour of `tone`.
pub(super) fn paint(text: &str, length: usize, tone: Tone) -> String {
    let (painted, rest) = text.split_at(length);
    let style = tone.style();
    format!("{style}{painted}{style:#}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_of_a_message_says_its_tone() {
        assert_eq!(of_message("note: all is well"), Some((Tone::Note, " all is well")));
        assert_eq!(of_message("tinderbox: no such file"), Some((Tone::Error, " no such file")));
        assert_eq!(of_message("3 of 4 trials done; error: none"), None);
    }

    #[test]
    fn only_the_beginning_is_painted() {
        assert_eq!(paint("note: text", 5, Tone::Note), "\u{1b}[1m\u{1b}[36mnote:\u{1b}[0m text");
    }
}
