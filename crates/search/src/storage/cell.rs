//! One value of a row that any program may have written.

use std::fmt;
#[cfg(feature = "postgres")]
use std::time::SystemTime;

use crate::timestamp::Timestamp;

/// The content of a cell. `SQLite` holds any kind in any column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
    /// Bytes, or text that is not UTF-8.
    Bytes(&'a [u8]),
    #[cfg(feature = "postgres")]
    Time(SystemTime),
}

/// The most characters of a text that a message shows.
const SHOWN: usize = 40;

impl<'a> Cell<'a> {
    /// # Errors
    /// In words that follow the name of the column, as those of all that follow.
    pub(super) fn text(self) -> Result<&'a str, String> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(other.instead_of("a text")),
        }
    }

    /// A whole number in a range, both ends included.
    pub(super) fn whole(self, low: i64, high: i64) -> Result<i64, String> {
        match self {
            Self::Int(number) if (low..=high).contains(&number) => Ok(number),
            other => Err(other.instead_of(&format!("a whole number from {low} to {high}"))),
        }
    }

    /// A number, which may be infinite.
    pub(super) fn number(self) -> Result<f64, String> {
        match self {
            Self::Real(number) => Ok(number),
            Self::Int(number) => Ok(number as f64),
            other => Err(other.instead_of("a number")),
        }
    }

    /// The content of a file.
    pub(super) fn bytes(self) -> Result<Vec<u8>, String> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.to_owned()),
            other => Err(other.instead_of("the bytes of a file")),
        }
    }

    /// A moment, if there is one.
    pub(super) fn moment(self) -> Result<Option<Timestamp>, String> {
        match self {
            Self::Null => Ok(None),
            Self::Text(text) => {
                text.parse().map(Some).map_err(|_| self.instead_of("`YYYY-MM-DD HH:MM:SS.ffffff`"))
            }
            #[cfg(feature = "postgres")]
            Self::Time(time) => {
                let moment = Timestamp::from(time);
                let ends = [Timestamp::MIN, Timestamp::MAX];
                if ends.contains(&moment) { Err(self.instead_of("a date")) } else { Ok(Some(moment)) }
            }
            other => Err(other.instead_of("a date as text")),
        }
    }

    /// That this is not `expected`.
    pub(super) fn instead_of(self, expected: &str) -> String {
        format!("is {self}, expected {expected}")
    }
}

impl fmt::Display for Cell<'_> {
    /// In a few letters, whatever it holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Real(number) => write!(f, "{number:?}"),
            Self::Text(text) => {
                let shown: String = text.chars().take(SHOWN).collect();
                let more = if shown.len() < text.len() { "…" } else { "" };
                write!(f, "`{}{more}`", shown.escape_debug())
            }
            Self::Bytes([_]) => f.write_str("1 byte that is not text"),
            Self::Bytes(bytes) => write!(f, "{} bytes that are not text", bytes.len()),
            #[cfg(feature = "postgres")]
            Self::Time(_) => f.write_str("a date outside of the years 1 to 9999"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cell_is_not_is_said_in_a_few_letters() {
        assert_eq!(Cell::Text("a\u{1b}[31m\u{202e}").to_string(), "`a\\u{1b}[31m\\u{202e}`");
        assert_eq!(Cell::Text(&"x".repeat(1 << 20)).to_string(), format!("`{}…`", "x".repeat(40)));
        assert_eq!(Cell::Null.text().unwrap_err(), "is NULL, expected a text");
        assert_eq!(Cell::Real(0.5).whole(0, 3).unwrap_err(), "is 0.5, expected a whole number from 0 to 3");
        assert_eq!(Cell::Int(4).whole(0, 3).unwrap_err(), "is 4, expected a whole number from 0 to 3");
        assert_eq!(Cell::Text("1").number().unwrap_err(), "is `1`, expected a number");
        assert_eq!(
            Cell::Text("2024-01-01T00:00:00Z").moment().unwrap_err(),
            "is `2024-01-01T00:00:00Z`, expected `YYYY-MM-DD HH:MM:SS.ffffff`"
        );
        assert!(Cell::Int(1_700_000_000).moment().is_err(), "seconds of which epoch, in which zone?");
    }
}
