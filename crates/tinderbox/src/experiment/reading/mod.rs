//! Reads a type from a file with serde, and goes on after a mistake.
//!
//! serde stops at the first mistake. So a file is read in passes: what a pass found is repaired for the next one. A
//! misspelt key is read as the one that was probably meant, an unknown one is passed over, and a value that cannot be read is left
//! out, or replaced by a stand-in where its table needs one. What is wrong only because of a repair is not told.

mod fault;
mod node;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use toml::de::DeTable;

use super::problems::{On, Problem};
use crate::nearest::nearest;
pub(super) use fault::{Fault, in_a_file};

use fault::expected;
use node::{Node, Source};

/// Mistakes of one file that are told; nobody reads more at once.
pub(super) const MOST: usize = 50;

/// What a file holds, if enough of it could be read, and all mistakes on the way.
pub(super) struct Reading<T> {
    pub(super) value: Option<T>,
    pub(super) problems: Vec<Problem>,
    pub(super) repairs: Repairs,
}

/// Reads `table`, of which it is known what is wrong with some of its values.
pub(super) fn read<T: DeserializeOwned>(table: &DeTable, known: Vec<Problem>) -> Reading<T> {
    let unusable = known.iter().map(|problem| problem.keys.clone()).collect();
    read_on(table, Repairs { unusable, ..Repairs::default() }, known)
}

/// Reads `table` again, with what is wrong with it and what was done about that so far.
pub(super) fn read_on<T: DeserializeOwned>(
    table: &DeTable,
    mut repairs: Repairs,
    mut problems: Vec<Problem>,
) -> Reading<T> {
    loop {
        let known: Vec<Vec<String>> = problems.iter().map(|problem| problem.keys.clone()).collect();
        let pass = Pass::new(&repairs, &known);
        let read = T::deserialize(Node { source: Source::Table(table), keys: Vec::new(), pass: &pass });
        let read = read.map_err(|fault| pass.blame(&[], fault));
        let (found, stuck) = (pass.found.into_inner(), pass.stuck.into_inner());
        let is_at_end = found.is_none() && stuck.is_none() || problems.len() >= MOST;
        match read {
            Ok(value) => return Reading { value: Some(value), problems, repairs },
            Err(_) if is_at_end => return Reading { value: None, problems, repairs },
            Err(_) => {}
        }
        let Some((problem, repair)) = found else {
            // Nothing is wrong but for repairs: what holds them is repaired as a whole.
            repairs.unusable.extend(stuck);
            continue;
        };
        problems.extend(problem);
        // The same repair again would not help.
        if !repairs.add(repair) {
            return Reading { value: None, problems, repairs };
        }
    }
}

/// The first thing that is wrong with `table`, and where.
pub(super) fn first<T: DeserializeOwned>(table: &DeTable) -> Option<(Vec<String>, Fault)> {
    let repairs = Repairs::default();
    let pass = Pass::new(&repairs, &[]);
    let read = T::deserialize(Node { source: Source::Table(table), keys: Vec::new(), pass: &pass });
    read.err().map(|fault| pass.blame(&[], fault));
    pass.first.into_inner()
}

/// Keys on the way to a place, as a file has them.
type Keys = Vec<String>;

pub(super) fn join(keys: &[String], key: &str) -> Keys {
    [keys, &[key.to_string()]].concat()
}

/// What is read otherwise than it stands there.
#[derive(Debug, Default)]
pub(super) struct Repairs {
    /// Keys that are read as another.
    renamed: BTreeMap<Keys, String>,
    /// Words that are read as another.
    reworded: BTreeMap<Keys, String>,
    /// Keys that are passed over.
    ignored: BTreeSet<Keys>,
    /// Places that cannot be read.
    unusable: BTreeSet<Keys>,
    /// Keys that a table lacks.
    missing: BTreeMap<Keys, Vec<String>>,
}

#[derive(Debug)]
enum Repair {
    Rename(Keys, String),
    Reword(Keys, String),
    Ignore(Keys),
    LeaveOut(Keys),
    Add(Keys, String),
}

impl Repairs {
    /// Whether this is a new repair.
    fn add(&mut self, repair: Repair) -> bool {
        match repair {
            Repair::Rename(keys, word) => self.renamed.insert(keys, word).is_none(),
            Repair::Reword(keys, word) => self.reworded.insert(keys, word).is_none(),
            Repair::Ignore(keys) => self.ignored.insert(keys),
            Repair::LeaveOut(keys) => self.unusable.insert(keys),
            Repair::Add(keys, key) => {
                self.missing.entry(keys).or_default().push(key);
                true
            }
        }
    }

    /// The key at `keys` is read as `word`.
    pub(super) fn rename(&mut self, keys: &[String], word: &str) {
        self.add(Repair::Rename(keys.to_vec(), word.to_string()));
    }

    /// The list at `keys` is read without these items, and not given up as a whole.
    pub(super) fn leave_out(&mut self, keys: &[String], items: impl IntoIterator<Item = usize>) {
        self.unusable.retain(|unusable| !keys.starts_with(unusable));
        self.unusable.extend(items.into_iter().map(|item| join(keys, &item.to_string())));
    }

    /// The keys as the file has them: with the words that were read as others, and the items that were left out.
    pub(super) fn in_file<S: AsRef<str>>(&self, keys: &[S]) -> Vec<String> {
        let mut found: Keys = Vec::new();
        for key in keys.iter().map(AsRef::as_ref) {
            let place = key.parse::<usize>().ok().map(|place| {
                let lost = self.lost_items(&found).into_iter();
                lost.fold(place, |place, lost| place + usize::from(lost <= place))
            });
            let own = self.renamed.iter().find(|(own, word)| {
                own.split_last().is_some_and(|(_, above)| above == found) && word.as_str() == key
            });
            let own = own.and_then(|(own, _)| own.last().cloned());
            found.push(place.map(|place| place.to_string()).or(own).unwrap_or_else(|| key.to_string()));
        }
        found
    }

    /// The word that is read in place of `word`; none if it is passed over.
    fn name(&self, keys: &[String], word: &str) -> Option<String> {
        if self.ignored.contains(keys) {
            return None;
        }
        Some(self.renamed.get(keys).map_or_else(|| word.to_string(), String::clone))
    }

    /// The word that is read in place of the text at `keys`.
    fn word<'t>(&'t self, keys: &[String], text: &'t str) -> &'t str {
        self.reworded.get(keys).map_or(text, String::as_str)
    }

    /// The places of the items of the list at `keys` that are not read, in their order.
    pub(super) fn lost_items(&self, keys: &[String]) -> Vec<usize> {
        let below =
            self.unusable.iter().filter(|lost| lost.len() == keys.len() + 1 && lost.starts_with(keys));
        let mut places: Vec<usize> = below.filter_map(|lost| lost.last()?.parse().ok()).collect();
        places.sort_unstable();
        places
    }

    pub(super) fn is_unusable(&self, keys: &[String]) -> bool {
        self.unusable.contains(keys)
    }

    /// Whether something else than the file has is read at `keys`, because of what is wrong there or above.
    pub(super) fn is_stand_in(&self, keys: &[String]) -> bool {
        (1..=keys.len()).any(|depth| {
            let (key, above) = (&keys[depth - 1], &keys[..depth - 1]);
            self.is_unusable(&keys[..depth])
                || self.missing.get(above).is_some_and(|missing| missing.contains(key))
        })
    }

    fn missing(&self, keys: &[String]) -> Vec<String> {
        self.missing.get(keys).cloned().unwrap_or_default()
    }
}

/// One reading from the beginning to its first mistake.
struct Pass<'a> {
    repairs: &'a Repairs,
    /// Where earlier passes found mistakes.
    known: &'a [Keys],
    /// What is wrong, unless it follows from a repair, and how it is repaired.
    found: RefCell<Option<(Option<Problem>, Repair)>>,
    /// The innermost place that is not usable for its repairs alone.
    stuck: RefCell<Option<Keys>>,
    /// The first mistake as serde has it.
    first: RefCell<Option<(Keys, Fault)>>,
}

impl<'a> Pass<'a> {
    fn new(repairs: &'a Repairs, known: &'a [Keys]) -> Self {
        Self {
            repairs,
            known,
            found: RefCell::default(),
            stuck: RefCell::default(),
            first: RefCell::default(),
        }
    }

    fn remember(&self, keys: &[String], fault: &Fault) {
        self.first.borrow_mut().get_or_insert_with(|| (keys.to_vec(), fault.clone()));
    }

    fn tell(&self, problem: Option<Problem>, repair: Repair) -> Fault {
        *self.found.borrow_mut() = Some((problem, repair));
        Fault::Known
    }

    /// The value at `keys` cannot be read.
    fn blame(&self, keys: &[String], fault: Fault) -> Fault {
        // A stand-in that is refused says nothing of the file.
        if fault == Fault::Known || self.repairs.is_stand_in(keys) {
            // A stand-in for one of some words is one of them.
            if let Fault::Word { allowed, .. } = &fault
                && let Some(first) = allowed.first().filter(|_| !self.repairs.reworded.contains_key(keys))
            {
                return self.tell(None, Repair::Reword(keys.to_vec(), first.clone()));
            }
            let mut stuck = self.stuck.borrow_mut();
            if stuck.is_none() && !keys.is_empty() && !self.repairs.is_unusable(keys) {
                *stuck = Some(keys.to_vec());
            }
            return Fault::Known;
        }
        self.remember(keys, &fault);
        // A list that lost an item is too short for that reason, and a misspelt key may have meant another one.
        let follows = self.known.iter().any(|known| known.starts_with(keys));
        if let Some(item) = self.wrong_item(keys) {
            return self.tell(None, Repair::LeaveOut(item));
        }
        let problem = |on, message: String, help| (!follows).then(|| Problem::new(keys, on, message, help));
        match fault {
            Fault::Word { word, allowed } => {
                let near = nearest(&word, allowed.iter().map(String::as_str));
                let message = format!("unknown word `{word}`; {}", expected(&allowed));
                let problem = problem(On::Value, message, near.map(str::to_string));
                match near.filter(|_| !self.repairs.reworded.contains_key(keys)) {
                    Some(near) => self.tell(problem, Repair::Reword(keys.to_vec(), near.to_string())),
                    None => self.tell(problem, Repair::LeaveOut(keys.to_vec())),
                }
            }
            fault => self.tell(problem(On::Value, fault.to_string(), None), Repair::LeaveOut(keys.to_vec())),
        }
    }

    /// An item of the list at `keys` that is still read, though something in it is wrong.
    fn wrong_item(&self, keys: &[String]) -> Option<Keys> {
        let below = self.known.iter().filter(|known| known.starts_with(keys));
        let items =
            below.filter(|known| known.get(keys.len()).is_some_and(|key| key.parse::<usize>().is_ok()));
        items.map(|known| known[..=keys.len()].to_vec()).find(|item| !self.repairs.is_unusable(item))
    }

    /// The value at `keys` cannot be read: for what is wrong with the table that it is, or else by itself. Of a table that is
    /// one of several kinds serde reads all entries first, and then complains of the whole.
    fn blame_value(&self, keys: &[String], table: Option<&DeTable>, fault: Fault) -> Fault {
        self.blame(keys, self.blame_table(keys, table, fault))
    }

    /// The key at `keys` is none; its table has those that are `taken`.
    fn blame_key(&self, keys: &[String], taken: &[String], fault: Fault) -> Fault {
        self.remember(keys, &fault);
        let (word, allowed, what) = match fault {
            Fault::Key { word, allowed } => (word, allowed, "key"),
            Fault::Word { word, allowed } => (word, allowed, "word"),
            fault => return self.blame(keys, fault),
        };
        let free = allowed.iter().filter(|word| !taken.contains(word)).map(String::as_str);
        let near = nearest(&word, free).map(str::to_string);
        let message = format!("unknown {what} `{word}`; {}", expected(&allowed));
        let problem = Problem::new(keys, On::Key, message, near.clone());
        let repair = match near {
            Some(near) => Repair::Rename(keys.to_vec(), near),
            None if what == "word" => Repair::LeaveOut(keys.to_vec()),
            None => Repair::Ignore(keys.to_vec()),
        };
        self.tell(Some(problem), repair)
    }

    /// The table at `keys` lacks a key, or has one that it does not know: of a table that serde reads ahead.
    fn blame_table(&self, keys: &[String], table: Option<&DeTable>, fault: Fault) -> Fault {
        let table_has = |word: &str| table.is_some_and(|table| table.contains_key(word));
        match &fault {
            // A stand-in lacks much.
            Fault::Missing(key) if table.is_some() && !self.repairs.missing(keys).contains(key) => {
                let key = key.clone();
                let at = join(keys, &key);
                self.remember(&at, &fault);
                // Said already: its value cannot be read.
                let is_known = self.repairs.is_unusable(&at);
                let problem = (!is_known).then(|| Problem::new(&at, On::Key, fault.to_string(), None));
                self.tell(problem, Repair::Add(keys.to_vec(), key))
            }
            Fault::Key { word, .. } if table_has(word) => {
                let at = join(keys, word);
                let taken = table.into_iter().flatten().map(|(key, _)| key.get_ref().to_string());
                self.blame_key(&at, &taken.collect::<Vec<_>>(), fault)
            }
            Fault::Value { found: Some(found), .. } if table.is_some() => {
                // serde has forgotten the key: it is the one with this value, if only one has it.
                let shows = |value: &toml::de::DeValue| match value {
                    toml::de::DeValue::String(text) => format!("{text:?}") == *found,
                    toml::de::DeValue::Integer(number) => number.to_string() == *found,
                    toml::de::DeValue::Float(number) => {
                        number.as_str().parse::<f64>().is_ok_and(|number| number.to_string() == *found)
                    }
                    toml::de::DeValue::Boolean(truth) => truth.to_string() == *found,
                    toml::de::DeValue::Array(_) => found == "a list",
                    toml::de::DeValue::Table(_) => found == "a table",
                    toml::de::DeValue::Datetime(_) => false,
                };
                let with_it: Vec<&str> = table
                    .into_iter()
                    .flatten()
                    .filter(|(_, value)| shows(value.get_ref()))
                    .map(|(key, _)| key.get_ref().as_ref())
                    .collect();
                match with_it[..] {
                    [key] if !self.repairs.is_unusable(&join(keys, key)) => {
                        self.blame(&join(keys, key), fault)
                    }
                    _ => fault,
                }
            }
            _ => fault,
        }
    }
}
