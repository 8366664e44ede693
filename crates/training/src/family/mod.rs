//! Families: kinds of optimisers, schedules, defences, perturbations and rules, the built-in ones and a program's own.
//!
//! A [`Kind`] is a type whose fields are its settings. A [`Family`] lists kinds by name and reads one with its settings
//! from a file: a [`Choice`]. [`Kinds`] are the families of this crate, as a value: nothing is global.

mod choice;
mod error;
mod kinds;
mod read;

#[cfg(test)]
pub(crate) mod contract;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use choice::Choice;
pub use error::{AddKindError, KindError, KindProblem, SettingError};
pub use kinds::Kinds;
pub use read::{plain_words, read_settings};

/// One kind of a family: its fields are its settings.
///
/// Derive the traits, with `#[serde(deny_unknown_fields)]`. Each setting has a default, by `#[serde(default)]` or
/// `#[serde(default = "...")]`, except the one that [`STRENGTH`](Self::STRENGTH) names. `Debug` has to show all settings: a checkpoint
/// is recognised by them.
pub trait Kind: Debug + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in files: `[a-z0-9-]`.
    const NAME: &'static str;

    /// Its name in tables and figures.
    const TITLE: &'static str = Self::NAME;

    /// The setting that says how strong it is, if there is one: ε of an attack. In files and on the command line its value may stand
    /// alone, `{ fgsm = 0.1 }`.
    const STRENGTH: Option<Strength> = None;

    /// Whether every setting is in its range.
    ///
    /// # Errors
    /// The first setting that is not.
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    /// Reads the settings. Only a kind that holds another one does this in its own way, since it needs the list of those.
    ///
    /// # Errors
    /// If a setting is unknown or missing, or its value does not fit.
    fn read(settings: &Map<String, Value>, kinds: &Kinds) -> Result<Self, KindError> {
        let _ = kinds;
        read_settings(settings)
    }
}

/// The setting that says how strong a kind is: `epsilon`, which readers know as ε.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strength {
    /// The setting's name.
    pub setting: &'static str,
    /// Its symbol, for readers.
    pub symbol: &'static str,
}

/// What a family is to its files. Implemented for `dyn Optimizer` and the other traits of this crate's families.
pub trait Role: Debug + Send + Sync + 'static {
    /// What a message calls one: `optimizer`.
    const WORD: &'static str;
    /// How it is written.
    const SPELLING: Spelling;
}

/// How a kind and its settings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `{ kind = "adam", beta_1 = 0.9 }`.
    Table {
        /// The kind of a table without `kind`. It is written without it, too.
        implied: Option<&'static str>,
    },
    /// `{ pgd = { epsilon = 0.1, steps = 40 } }`, or `{ pgd = 0.1 }`: its strength alone.
    Entry,
    /// `"mean"`, or `{ kind = "mean", ... }` if it has settings.
    Word,
}

/// A kind that belongs to the family of `T`. Every [`Kind`] that implements the family's trait does.
pub trait Member<T: ?Sized>: Kind {
    /// The kind as the family knows it.
    fn into_shared(self) -> Arc<T>;
}

/// Kinds by name, in order.
pub struct Family<T: ?Sized>(Vec<Row<T>>);

/// One kind of a family.
struct Row<T: ?Sized> {
    name: &'static str,
    strength: Option<Strength>,
    read: fn(&Value, &Kinds) -> Result<Choice<T>, KindError>,
}

impl<T: ?Sized> Clone for Row<T> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<T: ?Sized> Clone for Family<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ?Sized> Debug for Family<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl<T: ?Sized> Family<T> {
    /// The names of all kinds, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|row| row.name)
    }

    /// The setting that says how strong the kind of this name is, if there is one.
    pub fn strength(&self, name: &str) -> Option<Strength> {
        self.0.iter().find(|row| row.name == name)?.strength
    }
}

/// Whether files and command lines can name a kind so: 1 to 64 lower-case letters, digits and `-`.
pub fn is_name(name: &str) -> bool {
    let is_letter = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(is_letter)
}

impl<T: ?Sized + Role> Family<T> {
    /// A family without kinds.
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// Adds a kind.
    ///
    /// # Errors
    /// If there is one of this name, or the name is not made of lower-case letters, digits and `-`.
    pub fn add<K: Member<T>>(&mut self) -> Result<(), AddKindError> {
        if !is_name(K::NAME) {
            return Err(AddKindError::Name { family: T::WORD, name: K::NAME });
        }
        if self.names().any(|name| name == K::NAME) {
            return Err(AddKindError::Taken { family: T::WORD, name: K::NAME });
        }
        self.0.push(Row { name: K::NAME, strength: K::STRENGTH, read: choice::read::<T, K> });
        Ok(())
    }

    /// Reads a kind and its settings, as [`Role::SPELLING`] has it.
    ///
    /// # Errors
    /// If the kind is unknown, a setting is unknown or missing, or a value does not fit.
    pub fn read(&self, value: &Value, kinds: &Kinds) -> Result<Choice<T>, KindError> {
        let (name, settings) = read::split::<T>(value)?;
        let Some(row) = self.0.iter().find(|row| row.name == name.text) else {
            let known = self.names().map(str::to_string).collect();
            let problem = KindProblem::UnknownKind { family: T::WORD, name: name.text, known };
            return Err(KindError { keys: name.keys, problem });
        };
        (row.read)(&settings, kinds).map_err(|error| match T::SPELLING {
            Spelling::Entry => error.within(row.name),
            Spelling::Table { .. } | Spelling::Word => error,
        })
    }
}

/// A family's role, its members and its built-in kinds: one row each, the module and what it makes public of it.
macro_rules! family {
    ($family:ident, $word:literal, $spelling:expr; $($module:ident: $kind:ident,)+) => {
        $(pub use $module::$kind;)+

        impl $crate::family::Role for dyn $family {
            const WORD: &'static str = $word;
            const SPELLING: $crate::family::Spelling = $spelling;
        }

        impl<K: $crate::family::Kind + $family> $crate::family::Member<dyn $family> for K {
            fn into_shared(self) -> std::sync::Arc<dyn $family> {
                std::sync::Arc::new(self)
            }
        }

        /// The built-in kinds.
        impl Default for $crate::family::Family<dyn $family> {
            fn default() -> Self {
                let mut family = Self::empty();
                $(family.add::<$kind>().expect("the built-in kinds have different names");)+
                family
            }
        }
    };
}
pub(crate) use family;
