//! A TOML file that a user wrote, with the position of every value.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::ExperimentError;
use crate::json::NotFinite;

/// Keys of a file on the way to a place, for the caret.
pub(crate) type Path<'a> = [&'a str];

/// A file's text, with the position of every value.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    path: &'a str,
    text: &'a str,
    table: DeTable<'a>,
}

impl<'a> Places<'a> {
    /// The places of a file in which every number is finite.
    ///
    /// # Errors
    /// If the text is not TOML, or holds a number that is not finite: none of them can be stored.
    pub(crate) fn new(path: &'a str, text: &'a str) -> Result<Self, ExperimentError> {
        let table =
            DeTable::parse(text).map_err(|error| ExperimentError::toml(path, text, &error))?.into_inner();
        let mut values = table.iter().map(|(_, value)| value);
        match values.find_map(not_finite) {
            Some((span, number)) => {
                Err(ExperimentError::at(path, text, span, &NotFinite(number).to_string(), None))
            }
            None => Ok(Self { path, text, table }),
        }
    }

    /// What the file holds.
    ///
    /// # Errors
    /// If the contents do not fit, with their place.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, ExperimentError> {
        toml::from_str(self.text).map_err(|error| ExperimentError::toml(self.path, self.text, &error))
    }

    /// Whether the file has a value at `keys`, all of which are names.
    pub(crate) fn has(&self, keys: &Path) -> bool {
        let Some((last, above)) = keys.split_last() else { return false };
        let table = above.iter().try_fold(&self.table, |table, key| table.get(*key)?.get_ref().as_table());
        table.is_some_and(|table| table.contains_key(*last))
    }

    /// The error at `keys`, or at the last part of them that exists.
    pub(crate) fn at(&self, keys: &Path, message: &str, help: Option<&str>) -> ExperimentError {
        let span = span(&self.table, keys).unwrap_or(0..self.text.len().min(1));
        ExperimentError::at(self.path, self.text, span, message, help)
    }
}

/// The first number below `value` that is NaN or infinite, and its position.
fn not_finite(value: &Spanned<DeValue>) -> Option<(Range<usize>, f64)> {
    match value.get_ref() {
        DeValue::Float(number) => {
            let number: f64 = number.as_str().parse().ok()?;
            (!number.is_finite()).then(|| (value.span(), number))
        }
        DeValue::Array(items) => items.iter().find_map(not_finite),
        DeValue::Table(table) => table.iter().find_map(|(_, value)| not_finite(value)),
        _ => None,
    }
}

/// The position of the value at `keys`, or of the last key on the way that exists.
fn span(table: &DeTable, keys: &Path) -> Option<Range<usize>> {
    let (first, rest) = keys.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == first)?;
    if rest.is_empty() {
        return Some(key.span());
    }
    let mut value = value;
    let mut rest = rest;
    while let (DeValue::Array(items), Some((index, deeper))) = (value.get_ref(), rest.split_first()) {
        value = items.get(index.parse::<usize>().ok()?)?;
        rest = deeper;
    }
    match value.get_ref() {
        DeValue::Table(inner) => span(inner, rest).or_else(|| Some(value.span())),
        _ => Some(value.span()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_not_finite_is_shown_where_it_stands() {
        for (text, place) in [
            ("a = 1\nb = nan\n", "x.toml:2:5"),
            ("a = [{ b = 1.5 }, { c = [2, -inf] }]\n", "x.toml:1:29"),
            ("[t]\nu.v = +inf\n", "x.toml:2:7"),
        ] {
            let error = Places::new("x.toml", text).unwrap_err().to_string();
            assert!(error.contains(place) && error.contains("expected a finite number"), "{error}");
        }
        assert!(Places::new("x.toml", "a = 1e300\nb = \"inf\"\nc = -0.0\n").is_ok());
    }
}
