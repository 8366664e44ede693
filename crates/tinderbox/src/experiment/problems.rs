//! The mistakes of one file, each at its place.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tinderbox_search::Space;

use super::diagnostic::ExperimentError;
use super::places::{Path, Places};
use super::reading::{self, Reading, Repairs};

/// A mistake in a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    /// Keys on the way to it, as the file has them; it may lack the last.
    pub(super) keys: Vec<String>,
    /// What the caret stands under.
    pub(super) on: On,
    pub(super) message: String,
    /// What was probably meant.
    pub(super) nearest: Option<String>,
    /// What to do.
    pub(super) help: Option<String>,
    /// Whether what was probably meant was read in its place, so that nothing below follows from it.
    pub(super) repaired: bool,
}

/// What the caret of a mistake stands under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Key,
    Value,
}

impl Problem {
    pub(super) fn new(keys: &[String], on: On, message: String, nearest: Option<String>) -> Self {
        Self { keys: keys.to_vec(), on, message, repaired: nearest.is_some(), nearest, help: None }
    }

    /// The help that goes with it.
    pub(super) fn help(&self) -> Option<String> {
        let nearest = self.nearest.as_ref().map(|word| format!("did you mean `{word}`?"));
        self.help.clone().or(nearest)
    }
}

/// The mistakes of one file so far. A mistake that may follow from an earlier one, because it stands at the same place, above or
/// below it, is not told.
#[derive(Debug)]
pub(crate) struct Problems<'a> {
    places: &'a Places<'a>,
    found: Vec<Problem>,
    /// How the file was read in spite of them.
    repairs: Repairs,
}

impl<'a> Problems<'a> {
    /// Those that the text of a file has by itself: numbers that are not finite.
    pub(crate) fn new(places: &'a Places<'a>) -> Self {
        let mut problems = Self { places, found: Vec::new(), repairs: Repairs::default() };
        for (keys, reason) in places.not_finite() {
            problems.found.push(Problem::new(&keys, On::Value, reason, None));
        }
        problems
    }

    /// What the file holds, unless its mistakes leave nothing of it.
    pub(crate) fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        let Reading { value, mut problems, repairs } = reading::read(self.places.table());
        problems.retain(|problem| self.is_free(&problem.keys));
        self.found.extend(problems);
        self.repairs = repairs;
        value
    }

    /// Gives each mistake of a space, which is wrong as a whole, the place of its dimension.
    pub(crate) fn name_dimensions(&mut self, keys: &Path) {
        let whole_keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let Some(whole) = self.found.iter().position(|problem| problem.keys == whole_keys) else { return };
        let known = |place: usize| {
            let place = place.to_string();
            let below = |problem: &Problem| {
                problem.keys.len() > keys.len()
                    && problem.keys.starts_with(&whole_keys)
                    && problem.keys[keys.len()] == place
            };
            self.found.iter().any(below)
        };
        let wrong = wrong_dimensions(&self.places.list(keys), known);
        if wrong.is_empty() {
            return;
        }
        self.found.remove(whole);
        for (place, message) in wrong {
            let keys: Vec<String> = keys.iter().map(ToString::to_string).chain([place.to_string()]).collect();
            self.found.push(Problem::new(&keys, On::Value, message, None));
        }
    }

    /// Whether nothing is known to be wrong at this place, above it or below it.
    pub(crate) fn is_free<S: AsRef<str>>(&self, keys: &[S]) -> bool {
        let keys = self.repairs.in_file(keys);
        let on_one_way = |problem: &&Problem| problem.keys.iter().zip(&keys).all(|(own, key)| own == key);
        !self.found.iter().filter(|problem| !problem.repaired).any(|problem| on_one_way(&problem))
    }

    /// A mistake at the key at `keys`, or at the last part of them that exists.
    pub(crate) fn add(&mut self, keys: &Path, message: impl Into<String>, help: Option<String>) {
        self.push(keys, On::Key, message.into(), help);
    }

    /// A mistake of the value at `keys`.
    pub(crate) fn add_value(&mut self, keys: &Path, message: impl Into<String>, help: Option<String>) {
        self.push(keys, On::Value, message.into(), help);
    }

    /// A key that was probably meant to be `nearest`, and was read as that.
    pub(super) fn add_misspelt(&mut self, keys: &Path, message: impl Into<String>, nearest: &str) {
        let keys_in_file = self.repairs.in_file(keys);
        if self.is_free(keys) && !self.found.iter().any(|problem| problem.keys == keys_in_file) {
            self.found.push(Problem::new(&keys_in_file, On::Key, message.into(), Some(nearest.to_string())));
        }
    }

    fn push(&mut self, keys: &Path, on: On, message: String, help: Option<String>) {
        if self.is_free(keys) {
            let keys = self.repairs.in_file(keys);
            self.found.push(Problem { keys, on, message, nearest: None, help, repaired: false });
        }
    }

    /// All of them, in the order of the file.
    ///
    /// # Errors
    /// If there are any.
    pub(crate) fn end(self) -> Result<(), ExperimentError> {
        if self.found.is_empty() { Ok(()) } else { Err(self.places.show(&self.found)) }
    }
}

/// The dimensions of a written space that make it none, by their place: each looks at earlier ones only. Those that are
/// `known` to be wrong, and what looks at a wrong one, are left out.
fn wrong_dimensions(space: &[toml::Value], known: impl Fn(usize) -> bool) -> Vec<(usize, String)> {
    let (mut right, mut wrong, mut left_out) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (place, dimension) in space.iter().enumerate() {
        let name = dimension.get("name").and_then(toml::Value::as_str).unwrap_or_default();
        let parents = dimension.get("when").and_then(toml::Value::as_table);
        let follows =
            parents.into_iter().flat_map(|when| when.keys()).any(|parent| left_out.contains(parent.as_str()));
        if follows || known(place) {
            left_out.insert(name);
            continue;
        }
        right.push(dimension.clone());
        if let Err(error) = Space::deserialize(toml::Value::Array(right.clone())) {
            right.pop();
            left_out.insert(name);
            wrong.push((place, error.message().trim().to_string()));
        }
    }
    wrong
}
