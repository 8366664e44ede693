//! The mistakes of one file, each at its place.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tinderbox_search::Space;

use super::diagnostic::ExperimentError;
use super::places::{Path, Places};
use super::problem::{On, Problem};
use super::reading::{self, Reading, Repairs, join};

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

    /// What the file holds, as [`read`](Self::read); the space at `keys` is read without the dimensions that make it none, each of
    /// which is a mistake at its place. The names of those that are left out come with it.
    pub(crate) fn read_with_space<T: DeserializeOwned>(&mut self, keys: &Path) -> (Option<T>, Vec<String>) {
        let value = self.read();
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let Some(whole) = self.found.iter().position(|problem| problem.keys == keys) else {
            return (value, Vec::new());
        };
        let dimensions = self.places.list(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        let known = |place: usize| {
            let place = join(&keys, &place.to_string());
            self.found.iter().any(|problem| problem.keys.starts_with(&place))
        };
        let LeftOut { wrong, places, names } = left_out(&dimensions, known);
        if wrong.is_empty() {
            return (value, names);
        }
        self.found.remove(whole);
        for (place, message) in wrong {
            self.found.push(Problem::new(&join(&keys, &place.to_string()), On::Value, message, None));
        }
        let mut repairs = std::mem::take(&mut self.repairs);
        repairs.leave_out(&keys, places);
        let Reading { value, problems, repairs } =
            reading::read_on(self.places.table(), repairs, std::mem::take(&mut self.found));
        (self.found, self.repairs) = (problems, repairs);
        (value, names)
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
            // So that what is wrong with its value is shown at it.
            self.repairs.rename(&keys_in_file, nearest);
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

/// Dimensions without which a written space can be read.
#[derive(Default)]
struct LeftOut {
    /// Those that make it none, and why.
    wrong: Vec<(usize, String)>,
    /// They, those that are known to be wrong, and what looks at one of them.
    places: Vec<usize>,
    names: Vec<String>,
}

/// The dimensions of a written space that make it none: each looks at earlier ones only.
fn left_out(space: &[toml::Value], known: impl Fn(usize) -> bool) -> LeftOut {
    let (mut right, mut found) = (Vec::new(), LeftOut::default());
    for (place, dimension) in space.iter().enumerate() {
        let name = dimension.get("name").and_then(toml::Value::as_str).unwrap_or_default();
        let mut parents =
            dimension.get("when").and_then(toml::Value::as_table).into_iter().flat_map(|when| when.keys());
        if !known(place) && !parents.any(|parent| found.names.contains(parent)) {
            right.push(dimension.clone());
            let Err(error) = Space::deserialize(toml::Value::Array(right.clone())) else { continue };
            right.pop();
            found.wrong.push((place, error.message().trim().to_string()));
        }
        found.places.push(place);
        found.names.push(name.to_string());
    }
    found
}
