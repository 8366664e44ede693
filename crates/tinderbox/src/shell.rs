//! Words for a shell: quoted in one place, so that no name, path or address is ever run.

use std::borrow::Cow;

/// A word that no script can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} has a control character in it, which a script cannot hold")]
pub struct WordError(String);

/// `text` as one word of `sh`: as it is where every letter is plain, else between quotes.
///
/// # Errors
/// If it has control characters. Quotes would hold most of them, but a line feed begins a line, which Slurm might read.
pub fn word(text: &str) -> Result<Cow<'_, str>, WordError> {
    if text.chars().any(char::is_control) {
        return Err(WordError(text.to_owned()));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@,+=%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return Ok(text.into());
    }
    // Between single quotes nothing means anything but the quote itself.
    Ok(format!("'{}'", text.replace('\'', r"'\''")).into())
}

/// `text` as a user would type it in a command that is shown; never run.
pub fn shown(text: &str) -> Cow<'_, str> {
    word(text).unwrap_or_else(|_| text.escape_debug().to_string().into())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

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
            let script = format!("printf '[%s]' {}", word(text).unwrap());
            let output = Command::new("sh").args(["-c", &script]).output().expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("[{text}]"), "{script}");
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
