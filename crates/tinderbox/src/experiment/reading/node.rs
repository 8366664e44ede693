//! Values of a file as serde asks for them, with the repairs of earlier passes.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;
use super::pass::Pass;
use super::repairs::join;

/// A place of a file on its way to serde.
pub(super) struct Node<'a> {
    pub(super) source: Source<'a>,
    pub(super) keys: Vec<String>,
    pub(super) pass: &'a Pass<'a>,
}

/// What stands in a place.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Table(&'a DeTable<'a>),
    Value(&'a Spanned<DeValue<'a>>),
    /// Nothing that can be used: a stand-in of the type that is asked for takes its place.
    Absent,
}

impl<'a> Source<'a> {
    fn table(self) -> Option<&'a DeTable<'a>> {
        match self {
            Self::Table(table) => Some(table),
            Self::Value(value) => value.get_ref().as_table(),
            Self::Absent => None,
        }
    }

    fn text(self) -> Option<&'a str> {
        match self {
            Self::Value(value) => value.get_ref().as_str(),
            _ => None,
        }
    }
}

impl<'a> Node<'a> {
    fn child(&self, key: &str, source: Source<'a>) -> Self {
        Self { source, keys: join(&self.keys, key), pass: self.pass }
    }

    fn is_absent(&self) -> bool {
        matches!(self.source, Source::Absent)
    }

    /// Reads a table with these fields: first what stands there, then stand-ins for what does not.
    fn read_table<'de, V: Visitor<'de>>(
        self,
        table: Option<&'a DeTable<'a>>,
        fields: &[&str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let mut entries: Vec<(String, Option<String>, Source<'a>)> = Vec::new();
        let mut unusable = Vec::new();
        for (key, value) in table.into_iter().flatten() {
            let keys = join(&self.keys, key.get_ref());
            let name = self.pass.repairs.name(&keys, key.get_ref());
            match (name, self.pass.repairs.is_unusable(&keys)) {
                (None, _) => {}
                (Some(name), true) => unusable.push(name),
                (Some(name), false) => {
                    let own = (name != *key.get_ref()).then(|| key.get_ref().to_string());
                    entries.push((name, own, Source::Value(value)));
                }
            }
        }
        unusable.extend(self.pass.repairs.missing(&self.keys));
        // A table that serde reads ahead has no fields yet: what is unusable is left out of it.
        unusable.retain(|name| fields.contains(&name.as_str()));
        if self.is_absent() {
            unusable.extend(fields.iter().map(ToString::to_string));
        }
        entries.extend(unusable.into_iter().map(|name| (name, None, Source::Absent)));
        let taken = entries.iter().map(|(name, ..)| name.clone()).collect();
        let entries = Entries { node: &self, taken, rest: entries.into_iter(), next: None };
        visitor.visit_map(entries).map_err(|fault| self.pass.blame_table(&self.keys, table, fault))
    }

    fn read_list<'de, V: Visitor<'de>>(
        self,
        items: &'a [Spanned<DeValue<'a>>],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let mut read = Items { node: &self, rest: items.iter().enumerate() };
        let value = visitor.visit_seq(&mut read)?;
        // A pair takes its two values and asks for no more.
        match read.rest.len() {
            0 => Ok(value),
            more => {
                let (found, expected) = (items.len(), items.len() - more);
                Err(Fault::custom(format_args!("has {found} values, expected {expected}")))
            }
        }
    }
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let value = match self.source {
            Source::Table(table) => return self.read_table(Some(table), &[], visitor),
            Source::Absent => return visitor.visit_str(self.pass.repairs.word(&self.keys, "")),
            Source::Value(value) => value.get_ref(),
        };
        match value {
            DeValue::String(text) => visitor.visit_str(self.pass.repairs.word(&self.keys, text)),
            DeValue::Boolean(truth) => visitor.visit_bool(*truth),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => visitor.visit_i64(number),
                Err(_) => {
                    Err(Fault::custom(format_args!("is {number}, expected a number of at most 64 bits")))
                }
            },
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => visitor.visit_f64(number),
                Err(_) => Err(Fault::custom(format_args!("is {number}, expected a number"))),
            },
            DeValue::Datetime(_) => Err(Fault::invalid_type(Unexpected::Other("a date"), &visitor)),
            DeValue::Array(items) => self.read_list(items, visitor),
            DeValue::Table(table) => self.read_table(Some(table), &[], visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_absent() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match (self.source, self.source.table()) {
            (Source::Absent, _) => self.read_table(None, fields, visitor),
            (_, Some(table)) => self.read_table(Some(table), fields, visitor),
            // serde would take the values of a list for the fields in their order.
            (Source::Value(value), _) if value.get_ref().is_array() => {
                Err(Fault::invalid_type(Unexpected::Seq, &visitor))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_absent() { self.read_table(None, &[], visitor) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_absent() { self.read_list(&[], visitor) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let (word, source, keys) = match (self.source, self.source.text(), self.source.table()) {
            (Source::Absent, ..) => {
                let first = variants.first().ok_or(Fault::Known)?;
                (first.to_string(), Source::Absent, self.keys.clone())
            }
            (_, Some(text), _) => (text.to_string(), Source::Absent, self.keys.clone()),
            (_, _, Some(table)) if table.len() == 1 => {
                let (key, value) = table.iter().next().ok_or(Fault::Known)?;
                (key.get_ref().to_string(), Source::Value(value), join(&self.keys, key.get_ref()))
            }
            (_, _, Some(table)) => {
                let listed = variants.join(", ");
                let found = table.len();
                return Err(Fault::custom(format_args!(
                    "has {found} entries, expected one: one of {listed}"
                )));
            }
            _ => {
                let listed = variants.join(", ");
                let found = self.deserialize_any(Shown).unwrap_or_default();
                return Err(Fault::custom(format_args!("is {found}, expected one of {listed}")));
            }
        };
        let is_text = self.source.text().is_some();
        let word = if is_text {
            self.pass.repairs.word(&keys, &word).to_string()
        } else {
            self.pass.repairs.name(&keys, &word).unwrap_or(word)
        };
        visitor.visit_enum(Variant { word, is_text, node: Self { source, keys, pass: self.pass } })
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_absent() { visitor.visit_bool(false) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_absent() {
            visitor.visit_str(self.pass.repairs.word(&self.keys, ""))
        } else {
            self.deserialize_any(visitor)
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_absent() { visitor.visit_i64(1) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_absent() { visitor.visit_u64(1) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_absent() { visitor.visit_f64(1.0) } else { self.deserialize_any(visitor) }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
        ignored_any
    }
}

struct Entries<'n, 'a> {
    node: &'n Node<'a>,
    /// The keys that the table has.
    taken: Vec<String>,
    rest: std::vec::IntoIter<(String, Option<String>, Source<'a>)>,
    next: Option<Node<'a>>,
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((name, own, source)) = self.rest.next() else { return Ok(None) };
        let node = self.node.child(own.as_deref().unwrap_or(&name), source);
        let key: StrDeserializer<Fault> = name.as_str().into_deserializer();
        let key =
            seed.deserialize(key).map_err(|fault| node.pass.blame_key(&node.keys, &self.taken, fault))?;
        self.next = Some(node);
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let node = self.next.take().ok_or(Fault::Known)?;
        let (keys, pass, table) = (node.keys.clone(), node.pass, node.source.table());
        seed.deserialize(node).map_err(|fault| pass.blame_value(&keys, table, fault))
    }
}

struct Items<'n, 'a> {
    node: &'n Node<'a>,
    rest: std::iter::Enumerate<std::slice::Iter<'a, Spanned<DeValue<'a>>>>,
}

impl<'de> SeqAccess<'de> for &mut Items<'_, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let pass = self.node.pass;
        for (place, item) in self.rest.by_ref() {
            let node = self.node.child(&place.to_string(), Source::Value(item));
            if pass.repairs.is_unusable(&node.keys) {
                continue;
            }
            let (keys, table) = (node.keys.clone(), node.source.table());
            return seed.deserialize(node).map(Some).map_err(|fault| pass.blame_value(&keys, table, fault));
        }
        Ok(None)
    }
}

/// A word that chooses, and what stands beside it.
struct Variant<'a> {
    word: String,
    is_text: bool,
    node: Node<'a>,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        let word: StrDeserializer<Fault> = self.word.as_str().into_deserializer();
        let (keys, pass) = (&self.node.keys, self.node.pass);
        // Said already: the word is none.
        if matches!(self.node.source, Source::Value(_)) && pass.repairs.is_unusable(keys) {
            return Err(Fault::Known);
        }
        let value = seed.deserialize(word).map_err(|fault| {
            if self.is_text { pass.blame(keys, fault) } else { pass.blame_key(keys, &[], fault) }
        })?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        if matches!(self.node.source, Source::Value(_)) {
            let fault = Fault::custom(format_args!("`{0}` has no settings; write \"{0}\"", self.word));
            return Err(self.node.pass.blame(&self.node.keys, fault));
        }
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        if self.is_text {
            return Err(Fault::custom(format_args!("expected {{ {} = ... }}", self.word)));
        }
        let (keys, pass, table) = (self.node.keys.clone(), self.node.pass, self.node.source.table());
        seed.deserialize(self.node).map_err(|fault| pass.blame_value(&keys, table, fault))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Fault> {
        self.node.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.node.deserialize_struct("", fields, visitor)
    }
}

/// Any value that is no table, as a message shows it.
struct Shown;

impl<'de> Visitor<'de> for Shown {
    type Value = String;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<String, E> {
        Ok(truth.to_string())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _items: A) -> Result<String, A::Error> {
        Ok("a list".to_string())
    }
}
