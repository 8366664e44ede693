//! What serde says is wrong with a value, in the words of a file.

use std::fmt;

use serde::de::{Expected, Unexpected};

/// What is wrong with a value of a file.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::experiment) enum Fault {
    /// Something below it, which is known already.
    Known,
    /// A key that the table does not have.
    Key { word: String, allowed: Vec<String> },
    /// A word that is none of those that are allowed.
    Word { word: String, allowed: Vec<String> },
    /// A key without which the table is incomplete.
    Missing(String),
    /// The value itself. A type is told by what stands there, and what is expected.
    Value { found: Option<String>, reason: String },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known => f.write_str("is wrong"),
            Self::Key { word, allowed } => write!(f, "unknown key `{word}`; {}", expected(allowed)),
            Self::Word { word, allowed } => write!(f, "unknown word `{word}`; {}", expected(allowed)),
            Self::Missing(key) => write!(f, "`{key}` is missing"),
            Self::Value { reason, .. } => f.write_str(reason),
        }
    }
}

impl std::error::Error for Fault {}

/// The words that are allowed in a place.
pub(super) fn expected(allowed: &[String]) -> String {
    match allowed {
        [] => "expected none".to_string(),
        [one] => format!("expected {one}"),
        several => format!("expected one of {}", several.join(", ")),
    }
}

fn owned(words: &'static [&'static str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Value { found: None, reason: message.to_string().trim().to_string() }
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Self {
        let found = plain(found);
        Self::Value {
            reason: format!("is {found}, expected {}", in_a_file(&expected.to_string())),
            found: Some(found),
        }
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("has {length} values, expected {}", in_a_file(&expected.to_string())))
    }

    fn unknown_variant(word: &str, allowed: &'static [&'static str]) -> Self {
        Self::Word { word: word.to_string(), allowed: owned(allowed) }
    }

    fn unknown_field(word: &str, allowed: &'static [&'static str]) -> Self {
        Self::Key { word: word.to_string(), allowed: owned(allowed) }
    }

    fn missing_field(key: &'static str) -> Self {
        Self::Missing(key.to_string())
    }
}

/// What stands in a file.
fn plain(found: Unexpected) -> String {
    match found {
        Unexpected::Bool(truth) => truth.to_string(),
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(number) => number.to_string(),
        Unexpected::Str(text) => format!("{text:?}"),
        Unexpected::Seq => "a list".to_string(),
        Unexpected::Map => "a table".to_string(),
        other => other.to_string(),
    }
}

/// What a Rust type is called in a file.
pub(in crate::experiment) fn in_a_file(expected: &str) -> String {
    if let Some(length) = expected.strip_prefix("an array of length ") {
        return format!("a list of {length} values");
    }
    let plain = match expected {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number, at least 0",
        "i64" | "i32" | "isize" => "a whole number",
        "f64" | "f32" => "a number",
        "a string" | "string" => "a text in quotes",
        "a boolean" => "true or false",
        "string or map" => "a text in quotes or a table",
        "a sequence" => "a list",
        "a map" | "map" | "any valid TOML value" => "a table",
        name if ["struct ", "internally tagged enum "].iter().any(|rust| name.starts_with(rust)) => "a table",
        other => other,
    };
    plain.to_string()
}

#[cfg(test)]
mod tests {
    use serde::de::Error;

    use super::*;

    #[test]
    fn types_are_called_as_in_a_file() {
        for (found, rust, said) in [
            (Unexpected::Str("many"), "usize", "is \"many\", expected a whole number, at least 0"),
            (Unexpected::Signed(3), "a string", "is 3, expected a text in quotes"),
            (Unexpected::Seq, "struct Profile", "is a list, expected a table"),
            (Unexpected::Float(0.5), "a boolean", "is 0.5, expected true or false"),
        ] {
            assert_eq!(Fault::invalid_type(found, &rust).to_string(), said);
        }
        let length = Fault::invalid_length(3, &"an array of length 2").to_string();
        assert_eq!(length, "has 3 values, expected a list of 2 values");
    }
}
