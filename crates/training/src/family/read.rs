//! From a value of a file to a kind and its settings, with the key that is to blame if something is wrong.

use std::cell::{Cell, RefCell};

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use super::{KindError, KindProblem, Role, Spelling};

/// The name of a kind in a file, and the keys that lead to it.
pub(super) struct Name {
    pub(super) text: String,
    pub(super) keys: Vec<String>,
}

/// The kind's name and its settings.
pub(super) fn split<T: ?Sized + Role>(value: &Value) -> Result<(Name, Value), KindError> {
    match (T::SPELLING, value) {
        (Spelling::Word, Value::String(name)) => {
            Ok((Name { text: name.clone(), keys: Vec::new() }, Value::Object(Map::new())))
        }
        (Spelling::Entry, Value::Object(entries)) if entries.len() == 1 => {
            let (name, settings) = entries.iter().next().expect("one entry");
            Ok((Name { text: name.clone(), keys: vec![name.clone()] }, settings.clone()))
        }
        (Spelling::Table { .. } | Spelling::Word, Value::Object(entries)) => {
            let mut settings = entries.clone();
            let implied = match T::SPELLING {
                Spelling::Table { implied } => implied,
                Spelling::Entry | Spelling::Word => None,
            };
            let name = match (settings.remove("kind"), implied) {
                (Some(Value::String(name)), _) => name,
                (Some(_), _) => return Err(KindError::value("kind", "expected the name of a kind")),
                (None, Some(name)) => name.to_string(),
                (None, None) => return Err(KindError::whole(form::<T>())),
            };
            Ok((Name { text: name, keys: vec!["kind".to_string()] }, Value::Object(settings)))
        }
        _ => Err(KindError::whole(form::<T>())),
    }
}

fn form<T: ?Sized + Role>() -> String {
    match T::SPELLING {
        Spelling::Table { implied: None } => "expected a table with a `kind`".to_string(),
        Spelling::Table { implied: Some(_) } => "expected a table of settings".to_string(),
        Spelling::Entry => format!("expected a table with one entry: the name of a {}", T::WORD),
        Spelling::Word => format!("expected the name of a {}, or a table with a `kind`", T::WORD),
    }
}

/// Reads settings into a struct. An unknown key is refused whether or not the struct denies unknown fields.
///
/// # Errors
/// If a key is unknown or missing, or a value does not fit.
pub fn read_settings<S: DeserializeOwned>(settings: &Map<String, Value>) -> Result<S, KindError> {
    let blame = Blame::default();
    S::deserialize(Table { entries: settings, blame: &blame }).map_err(|error| {
        if let Some((key, allowed)) = blame.unknown.take() {
            let allowed = allowed.iter().map(ToString::to_string).collect();
            return KindError { keys: vec![key], problem: KindProblem::UnknownKey { allowed } };
        }
        let reason = plain_words(&error.to_string());
        match blame.key.take() {
            Some(key) => KindError::value(&key, reason),
            None => KindError::whole(reason),
        }
    })
}

/// What serde says of Rust's types, in the words of a file: `expected usize` becomes `expected a whole number, at least 0`.
pub fn plain_words(reason: &str) -> String {
    for (rust, plain) in [
        ("expected f64", "expected a number"),
        ("expected f32", "expected a number"),
        ("expected usize", "expected a whole number, at least 0"),
        ("expected u64", "expected a whole number, at least 0"),
        ("expected u32", "expected a whole number, at least 0"),
        ("expected a boolean", "expected true or false"),
    ] {
        if let Some(start) = reason.strip_suffix(rust) {
            return format!("{start}{plain}");
        }
    }
    reason.to_string()
}

/// What a failed reading is blamed on.
#[derive(Default)]
struct Blame {
    /// The key whose value is being read.
    key: RefCell<Option<String>>,
    /// A key that the struct does not have, and those that it has.
    unknown: Cell<Option<(String, &'static [&'static str])>>,
}

/// Settings as serde asks for them.
#[derive(Clone, Copy)]
struct Table<'a> {
    entries: &'a Map<String, Value>,
    blame: &'a Blame,
}

impl Table<'_> {
    fn refuse_unknown(&self, fields: &'static [&'static str]) -> Result<(), serde_json::Error> {
        match self.entries.keys().find(|key| !fields.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                self.blame.unknown.set(Some((key.clone(), fields)));
                Err(serde_json::Error::unknown_field(key, fields))
            }
        }
    }
}

impl<'de> Deserializer<'de> for Table<'_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_map(Entries { rest: self.entries.iter(), value: &Value::Null, blame: self.blame })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.refuse_unknown(fields)?;
        self.deserialize_any(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.refuse_unknown(&[])?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Entries<'a> {
    rest: serde_json::map::Iter<'a>,
    value: &'a Value,
    blame: &'a Blame,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = value;
        *self.blame.key.borrow_mut() = Some(key.clone());
        seed.deserialize(Value::String(key.clone())).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        let value = seed.deserialize(self.value.clone())?;
        *self.blame.key.borrow_mut() = None;
        Ok(value)
    }
}
