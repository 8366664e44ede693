//! A TOML file that a user wrote, with the position of every value.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::diagnostic::{ExperimentError, Shown};
use super::problem::{On, Problem};
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
    /// The places of a file.
    ///
    /// # Errors
    /// If the text is not TOML, at every place where it is not.
    pub(crate) fn new(path: &'a str, text: &'a str) -> Result<Self, ExperimentError> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            return Ok(Self { path, text, table: table.into_inner() });
        }
        let mut lines = BTreeSet::new();
        let mistakes = errors.iter().map(|error| Shown {
            span: error.span().unwrap_or_else(|| first_letter(text)),
            message: error.message().trim().replace('\n', "; "),
            help: None,
        });
        // What else is wrong in a line follows from its first error.
        let line = |mistake: &Shown| text[..mistake.span.start.min(text.len())].matches('\n').count();
        let mistakes = mistakes.filter(|mistake| lines.insert(line(mistake))).collect();
        Err(ExperimentError::of(path, text, mistakes, false))
    }

    /// What the file holds.
    pub(super) fn table(&self) -> &DeTable<'a> {
        &self.table
    }

    /// The list at `keys`, all of which are names.
    pub(super) fn list(&self, keys: &Path) -> Vec<toml::Value> {
        let Some((last, above)) = keys.split_last() else { return Vec::new() };
        let table = above.iter().try_fold(&self.table, |table, key| table.get(*key)?.get_ref().as_table());
        let items = table.and_then(|table| table.get(*last)?.get_ref().as_array()).into_iter().flatten();
        // What is no value, such as a number beyond all sizes, is an item all the same.
        let value = |item: &toml::Spanned<DeValue>| {
            toml::Value::deserialize(ValueDeserializer::from(item.clone()))
                .unwrap_or(toml::Value::Boolean(false))
        };
        items.map(value).collect()
    }

    /// Whether the file has a value at `keys`, all of which are names.
    pub(crate) fn has(&self, keys: &Path) -> bool {
        let Some((last, above)) = keys.split_last() else { return false };
        let table = above.iter().try_fold(&self.table, |table, key| table.get(*key)?.get_ref().as_table());
        table.is_some_and(|table| table.contains_key(*last))
    }

    /// The numbers that are not finite, none of which can be stored: keys, and what is wrong.
    pub(super) fn not_finite(&self) -> Vec<(Vec<String>, String)> {
        let mut found = Vec::new();
        for (key, value) in &self.table {
            not_finite(value.get_ref(), &[key.get_ref().to_string()], &mut found);
        }
        found
    }

    /// These mistakes, each at its place, and whether reading ended before all were found.
    pub(super) fn show(&self, problems: &[Problem], are_more: bool) -> ExperimentError {
        let shown = problems.iter().map(|problem| {
            let keys: Vec<&str> = problem.keys.iter().map(String::as_str).collect();
            let span = span(&self.table, &keys, problem.on).unwrap_or_else(|| first_letter(self.text));
            // Of what is spread over many lines, the first.
            let line = self.text[span.clone()].lines().next().map_or(0, str::len).max(1);
            Shown {
                span: span.start..span.end.min(span.start + line),
                message: match problem.keys.iter().rfind(|key| key.parse::<usize>().is_err()) {
                    // Of which setting, where the message has no subject.
                    Some(key)
                        if problem.message.starts_with("is ") || problem.message.starts_with("has ") =>
                    {
                        format!("`{key}` {}", problem.message)
                    }
                    _ => problem.message.clone(),
                },
                help: problem.help(),
            }
        });
        ExperimentError::of(self.path, self.text, shown.collect(), are_more)
    }
}

/// The place of a mistake of the whole text. A byte order mark before it is none of its letters.
fn first_letter(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    start..start + text[start..].chars().next().map_or(0, char::len_utf8)
}

/// The numbers below `value` that are NaN or infinite.
fn not_finite(value: &DeValue, keys: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let below = |key: String| [keys, &[key]].concat();
    match value {
        DeValue::Float(number) => {
            let number = number.as_str().parse::<f64>().ok().filter(|number| !number.is_finite());
            found.extend(number.map(|number| (keys.to_vec(), NotFinite(number).to_string())));
        }
        DeValue::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                not_finite(item.get_ref(), &below(place.to_string()), found);
            }
        }
        DeValue::Table(table) => {
            for (key, value) in table {
                not_finite(value.get_ref(), &below(key.get_ref().to_string()), found);
            }
        }
        _ => {}
    }
}

/// The position of the key or the value at `keys`, or of the last key on the way that exists.
fn span(table: &DeTable, keys: &Path, on: On) -> Option<Range<usize>> {
    let (first, rest) = keys.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == first)?;
    if rest.is_empty() && on == On::Key {
        return Some(key.span());
    }
    let mut value = value;
    let mut rest = rest;
    while let (DeValue::Array(items), Some((index, deeper))) = (value.get_ref(), rest.split_first()) {
        value = items.get(index.parse::<usize>().ok()?)?;
        rest = deeper;
    }
    match value.get_ref() {
        DeValue::Table(inner) => span(inner, rest, on).or_else(|| Some(value.span())),
        _ => Some(value.span()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::problems::Problems;
    use super::*;

    fn mistakes(text: &str) -> String {
        let places = Places::new("x.toml", text).expect("TOML");
        Problems::new(&places).end().map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn every_number_that_is_not_finite_is_shown_where_it_stands() {
        for (text, place) in [
            ("a = 1\nb = nan\n", "x.toml:2:5"),
            ("a = [{ b = 1.5 }, { c = [2, -inf] }]\n", "x.toml:1:29"),
            ("[t]\nu.v = +inf\n", "x.toml:2:7"),
        ] {
            let error = mistakes(text);
            assert!(error.contains(place) && error.contains("expected a finite number"), "{error}");
        }
        assert!(mistakes("a = nan\nb = 1\nc = -inf\n").ends_with("x.toml: 2 mistakes"));
        assert_eq!(mistakes("a = 1e300\nb = \"inf\"\nc = -0.0\n"), "");
    }

    #[test]
    fn the_place_of_a_whole_file_is_a_letter_of_it() {
        for text in ["", "\u{feff}", "\u{feff}a = 1\n", "é", "\n"] {
            assert!(
                text.is_char_boundary(first_letter(text).start) && text.get(first_letter(text)).is_some()
            );
        }
        assert_eq!(first_letter("\u{feff}a = 1\n"), 3..4);
    }

    #[test]
    fn every_line_that_is_not_toml_is_shown() {
        let error = Places::new("x.toml", "a = 1\nb =\nc = 3\nd = [1, 2\ne = 5\n").unwrap_err().to_string();
        assert!(error.contains("x.toml:2:") && error.contains("x.toml:5:"), "{error}");
    }
}
