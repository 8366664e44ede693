//! Quoting for a shell, in one place, so that no name, path or address is ever executed.

use std::borrow::Cow;

/// A word that cannot be written to a script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} has a control character, which a script cannot contain")]
pub struct WordError(String);

/// `text` as one word of `sh`: as it is where every letter is plain, else between quotes.
///
/// # Errors
/// If it has control characters. Quotes would hold most of them, but a line feed begins a line, which Slurm might read.
pub fn word(text: &str) -> Result<Cow<'_, str>, WordError> {
    if text.chars().any(char::is_control) {
        return Err(WordError(text.to_owned()));
    }
    Ok(quoted(text))
}

/// `text` as a user would type it in a printed command. Control characters are escaped, which changes the word; it
/// remains a single word, and nothing in it is executed.
pub fn shown(text: &str) -> Cow<'_, str> {
    word(text).unwrap_or_else(|_| quoted(&text.escape_debug().to_string()).into_owned().into())
}

fn quoted(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@,+=%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.into();
    }
    // Between single quotes nothing means anything but the quote itself.
    format!("'{}'", text.replace('\'', r"'\''")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a shell passes to a program for `word`.
    #[cfg(unix)]
    fn read(word: &str) -> String {
        let script = format!("printf '[%s]' {word}");
        let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("a shell");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_every_word_as_it_was() {
        for text in [
            "",
            "fcn",
            "it's",
            "'",
            "''",
            "q'$(echo run)'",
            "$(echo run)",
            "`echo run`",
            "$HOME",
            "a b",
            "a;b",
            "a&b",
            "a|b",
            "a>b",
            "a\\b",
            "\\",
            "\"",
            "*",
            "~",
            "#x",
            "!x",
            "-x",
            "é 日本",
            "a'b'c\"d$e",
        ] {
            let word = word(text).unwrap();
            assert_eq!(read(&word), format!("[{text}]"), "{word}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn nothing_of_a_shown_word_is_run() {
        for (text, expected) in [
            ("$(echo run)\n", r"[$(echo run)\n]"),
            ("`echo run`\u{1b}", r"[`echo run`\u{1b}]"),
            ("a b\r;echo run", r"[a b\r;echo run]"),
            ("it's\t", r"[it\'s\t]"),
            ("a b", "[a b]"),
        ] {
            assert_eq!(read(&shown(text)), expected, "{}", shown(text));
        }
    }

    #[test]
    fn plain_words_stay_readable() {
        for text in ["fcn", "/usr/bin/tinderbox", "postgres://me@host:5432/studies"] {
            assert_eq!(word(text).unwrap(), text);
        }
    }

    #[test]
    fn a_control_character_is_refused() {
        for text in ["a\nb", "a\rb", "a\0b", "a\x1b[0m", "\n#SBATCH --mem=1", "a\u{85}b"] {
            let error = word(text).unwrap_err().to_string();
            assert!(!error.contains(text) && error.contains("control character"), "{error}");
        }
    }
}
