//! One reading of a file: its first mistake, and how it is repaired for the next reading.

use std::cell::RefCell;

use toml::de::DeTable;

use super::fault::{Fault, expected};
use super::repairs::{Keys, Repair, Repairs, join};
use crate::experiment::problem::{On, Problem};
use crate::nearest::nearest;

/// One reading from the beginning to its first mistake.
pub(super) struct Pass<'a> {
    pub(super) repairs: &'a Repairs,
    /// Where earlier passes found mistakes.
    known: &'a [Keys],
    /// What is wrong, unless it follows from a repair, and how it is repaired.
    pub(super) found: RefCell<Option<(Option<Problem>, Repair)>>,
    /// The innermost place that is not usable for its repairs alone.
    pub(super) stuck: RefCell<Option<Keys>>,
    /// The first mistake as serde has it.
    pub(super) first: RefCell<Option<(Keys, Fault)>>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(repairs: &'a Repairs, known: &'a [Keys]) -> Self {
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
    pub(super) fn blame(&self, keys: &[String], fault: Fault) -> Fault {
        // A stand-in that is refused says nothing of the file.
        if fault == Fault::Known || self.repairs.is_stand_in(keys) {
            // A stand-in for one of some words is one of them.
            if let Fault::Word { allowed, .. } = &fault
                && let Some(first) = allowed.first().filter(|_| !self.repairs.is_reworded(keys))
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
                match near.filter(|_| !self.repairs.is_reworded(keys)) {
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
    pub(super) fn blame_value(&self, keys: &[String], table: Option<&DeTable>, fault: Fault) -> Fault {
        self.blame(keys, self.blame_table(keys, table, fault))
    }

    /// The key at `keys` is none; its table has those that are `taken`.
    pub(super) fn blame_key(&self, keys: &[String], taken: &[String], fault: Fault) -> Fault {
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
    pub(super) fn blame_table(&self, keys: &[String], table: Option<&DeTable>, fault: Fault) -> Fault {
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
