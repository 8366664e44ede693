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
    /// Whether reading ended before all of them were found.
    are_more: bool,
}

impl<'a> Problems<'a> {
    /// Those that the text of a file has by itself: numbers that are not finite.
    pub(crate) fn new(places: &'a Places<'a>) -> Self {
        let mut problems = Self { places, found: Vec::new(), repairs: Repairs::default(), are_more: false };
        for (keys, reason) in places.not_finite() {
            problems.found.push(Problem::new(&keys, On::Value, reason, None));
        }
        problems
    }

    /// What the file holds, unless its mistakes leave nothing of it.
    pub(crate) fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        let known = std::mem::take(&mut self.found);
        let Reading { value, problems, repairs } = reading::read(self.places.table(), known);
        (self.found, self.repairs) = (problems, repairs);
        self.are_more = value.is_none() && self.found.len() >= reading::MOST;
        value
    }

    /// What the file holds, as [`read`](Self::read); the space at `keys` is read without the dimensions that make it none, each of
    /// which is a mistake at its place. The names of those that are left out come with it.
    pub(crate) fn read_with_space<T: DeserializeOwned>(&mut self, keys: &Path) -> (Option<T>, Vec<String>) {
        let value = self.read();
        let keys = self.repairs.in_file(keys);
        let whole = self.found.iter().position(|problem| problem.keys == keys);
        let dimensions = self.places.list(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        if whole.is_none() && !self.repairs.is_unusable(&keys) {
            let lost = self.repairs.lost_items(&keys).into_iter();
            return (value, lost.filter_map(|place| dimensions.get(place).map(name_of)).collect());
        }
        let known = |place: usize| {
            let place = join(&keys, &place.to_string());
            self.found.iter().any(|problem| problem.keys.starts_with(&place))
        };
        let LeftOut { wrong, places, names } = left_out(&dimensions, known);
        if whole.is_some() && wrong.is_empty() || value.is_some() && whole.is_none() {
            return (value, names);
        }
        whole.map(|whole| self.found.remove(whole));
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

    /// Whether an item of the list at `keys` was not read.
    pub(super) fn lost_an_item(&self, keys: &Path) -> bool {
        !self.repairs.lost_items(&self.repairs.in_file(keys)).is_empty()
    }

    /// Whether nothing at all was wrong at this place or below it.
    pub(super) fn is_clean(&self, keys: &Path) -> bool {
        let keys = self.repairs.in_file(keys);
        !self.found.iter().any(|problem| problem.keys.starts_with(&keys))
    }

    /// Whether nothing is known to be wrong at this place, above it or below it.
    pub(crate) fn is_free<S: AsRef<str>>(&self, keys: &[S]) -> bool {
        let keys = self.repairs.in_file(keys);
        let on_one_way = |problem: &&Problem| problem.keys.iter().zip(&keys).all(|(own, key)| own == key);
        !self.repairs.is_stand_in(&keys)
            && !self.found.iter().filter(|problem| !problem.repaired).any(|problem| on_one_way(&problem))
    }

    /// Whether the file has a section of a name that is not known, which may be meant to be one that is.
    pub(super) fn has_unknown_section(&self) -> bool {
        let is_one = |problem: &Problem| match &problem.keys[..] {
            [key] => problem.on == On::Key && !problem.repaired && self.places.has(&[key]),
            _ => false,
        };
        self.found.iter().any(is_one)
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
        if self.found.is_empty() { Ok(()) } else { Err(self.places.show(&self.found, self.are_more)) }
    }
}

/// Dimensions of a space of which each is looked at by itself.
const MOST_DIMENSIONS: usize = 200;

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
    if space.len() > MOST_DIMENSIONS {
        return found;
    }
    for (place, dimension) in space.iter().enumerate() {
        let mut parents =
            dimension.get("when").and_then(toml::Value::as_table).into_iter().flat_map(|when| when.keys());
        // The name of a parent may be one that could not be read.
        let is_lost = |parent: &String| {
            let is_there = || right.iter().any(|earlier| name_of(earlier) == *parent);
            found.names.contains(parent) || found.names.iter().any(String::is_empty) && !is_there()
        };
        if !known(place) && !parents.any(is_lost) {
            right.push(dimension.clone());
            let Err(error) = Space::deserialize(toml::Value::Array(right.clone())) else { continue };
            right.pop();
            found.wrong.push((place, error.message().trim().to_string()));
        }
        found.places.push(place);
        found.names.push(name_of(dimension));
    }
    found
}

/// The name of a written dimension; empty if it has none.
fn name_of(dimension: &toml::Value) -> String {
    dimension.get("name").and_then(toml::Value::as_str).unwrap_or_default().to_string()
}
