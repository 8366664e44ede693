//! A name: what a study or an experiment is called in a file, on the command line and in keys.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 1 to 64 lower-case letters, digits, `-` and `_`, the first a letter or a digit.
///
/// It is safe as an argument, in a terminal, a database and a script. It is never used as a path all the same: files are
/// kept by identity, see [`StateFolder`](crate::state::StateFolder).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Most letters of a name.
const LONGEST: usize = 64;

/// A text that is not a [`Name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name has 1 to {LONGEST} lower-case letters, digits, `-` and `_`, and begins with a letter or a digit"
)]
pub struct NameError;

impl Name {
    /// This text as a name.
    ///
    /// # Errors
    /// If it is not one.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = text.as_bytes();
        let begins = bytes.first().is_some_and(|&first| plain(first));
        let goes_on = bytes.iter().all(|&byte| plain(byte) || matches!(byte, b'-' | b'_'));
        if begins && goes_on && text.len() <= LONGEST { Ok(Self(text.to_owned())) } else { Err(NameError) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::new(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_are_names() {
        for text in ["fcn", "a", "7", "learning-rate", "task_1", &"x".repeat(64)] {
            assert_eq!(Name::new(text).as_ref().map(Name::as_str), Ok(text));
        }
    }

    #[test]
    fn paths_options_shell_text_and_codes_are_not() {
        let long = "x".repeat(65);
        for text in [
            "",
            "mnist/fcn",
            "../../x",
            "..",
            ".",
            ".hidden",
            "-fast",
            "--storage",
            "_x",
            "it's",
            "a b",
            "a\tb",
            "a\nb",
            "a\rb",
            "a\0b",
            "a\x1b[31mb",
            "a\u{202e}b",
            "q'$(id)'",
            "`id`",
            "$HOME",
            "a;b",
            "a\\b",
            "A",
            "é",
            "\u{430}",
            "con:",
            "a*",
            &long,
        ] {
            assert_eq!(Name::new(text), Err(NameError), "{text:?}");
        }
    }

    #[test]
    fn nothing_else_can_be_read_as_one() {
        assert_eq!(serde_json::from_str::<Name>("\"fcn\"").unwrap().to_string(), "fcn");
        let error = serde_json::from_str::<Name>("\"../x\"").unwrap_err().to_string();
        assert!(error.starts_with("a name has 1 to 64 lower-case letters"), "{error}");
    }
}
