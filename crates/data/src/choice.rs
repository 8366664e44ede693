//! A choice of dataset, as a user types it.

use std::str::FromStr;

use crate::manifest::is_name;
use crate::stand_in;

/// Which dataset is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choice {
    /// USPS, or the stand-in digits if it cannot be found or downloaded; written `auto`.
    #[default]
    Auto,
    /// The dataset of this name, and no other. Whether it exists is known to [`Datasets`](crate::Datasets).
    Named(String),
    /// The stand-in digits; written `stand-in`.
    StandIn,
}

/// Error of parsing a [`Choice`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("dataset {0:?}, expected auto, stand-in or the name of a dataset: lower-case letters, digits and -")]
pub struct ChoiceError(String);

/// How [`Choice::Auto`] is written.
const AUTO: &str = "auto";
/// Words that a dataset cannot have as its name.
pub(crate) const RESERVED: [&str; 2] = [AUTO, stand_in::NAME];

impl FromStr for Choice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            AUTO => Ok(Self::Auto),
            stand_in::NAME => Ok(Self::StandIn),
            name if is_name(name) => Ok(Self::Named(name.to_owned())),
            other => Err(ChoiceError(other.to_owned())),
        }
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Auto => AUTO,
            Self::StandIn => stand_in::NAME,
            Self::Named(name) => name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_written_as_it_is_read() {
        for choice in [Choice::Auto, Choice::StandIn, Choice::Named("my-digits-2".into())] {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        for text in ["", "MNIST", "../usps", "a b", &"a".repeat(65)] {
            let message = text.parse::<Choice>().expect_err("no name").to_string();
            let expected =
                "expected auto, stand-in or the name of a dataset: lower-case letters, digits and -";
            assert_eq!(message, format!("dataset {text:?}, {expected}"));
        }
    }
}
