//! Floats in JSON, which has no word for NaN and the infinities: they are written as `"NaN"`, `"inf"` and `"-inf"`.
//!
//! `serde_json` would write `null`, and a diverged loss would read like a missing one.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// For `#[serde(with = "number")]`.
pub(crate) fn serialize<T: Number, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.write(serializer)
}

/// For `#[serde(with = "number")]`.
pub(crate) fn deserialize<'de, T: Number, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// A float, or floats, with all their values.
pub(crate) trait Number: Sized {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

impl Number for f64 {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            x if x.is_nan() => serializer.serialize_str("NaN"),
            f64::INFINITY => serializer.serialize_str("inf"),
            f64::NEG_INFINITY => serializer.serialize_str("-inf"),
            x => serializer.serialize_f64(x),
        }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FloatVisitor)
    }
}

impl<T: Number> Number for Option<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Written).serialize(serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<Read<T>>::deserialize(deserializer)?.map(|read| read.0))
    }
}

impl<T: Number> Number for Vec<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.len()))?;
        for value in self {
            sequence.serialize_element(&Written(value))?;
        }
        sequence.end()
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(std::marker::PhantomData))
    }
}

struct Written<'a, T>(&'a T);

impl<T: Number> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

struct Read<T>(T);

impl<'de, T: Number> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

struct ListVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Number> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(Read(value)) = sequence.next_element()? {
            values.push(value);
        }
        Ok(values)
    }
}

struct FloatVisitor;

impl Visitor<'_> for FloatVisitor {
    type Value = f64;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a number, \"NaN\", \"inf\" or \"-inf\"")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        match text {
            "NaN" => Ok(f64::NAN),
            "inf" => Ok(f64::INFINITY),
            "-inf" => Ok(f64::NEG_INFINITY),
            _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Both {
        #[serde(with = "super")]
        wide: f64,
        #[serde(with = "super")]
        list: Vec<f64>,
        #[serde(with = "super")]
        maybe: Option<f64>,
    }

    fn json(wide: f64, list: Vec<f64>, maybe: Option<f64>) -> String {
        serde_json::to_string(&Both { wide, list, maybe }).unwrap()
    }

    #[test]
    fn not_a_number_is_named_and_not_null() {
        let text = json(f64::NAN, vec![f64::NEG_INFINITY, 0.1], Some(f64::INFINITY));
        assert_eq!(text, r#"{"wide":"NaN","list":["-inf",0.1],"maybe":"inf"}"#);
        let back: Both = serde_json::from_str(&text).unwrap();
        assert!(back.wide.is_nan() && back.list == [f64::NEG_INFINITY, 0.1]);
        assert_eq!(back.maybe, Some(f64::INFINITY));
    }

    #[test]
    fn another_word_is_refused_with_the_words_that_are_known() {
        let error = serde_json::from_str::<Both>(r#"{"wide":"many","list":[],"maybe":null}"#).err().unwrap();
        assert!(error.to_string().starts_with(r#"invalid value: string "many", expected a number, "NaN""#));
    }

    proptest! {
        #[test]
        fn every_bit_comes_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            let back: Both = serde_json::from_str(&json(value, vec![value], Some(value))).unwrap();
            for read in [back.wide, back.list[0], back.maybe.unwrap()] {
                prop_assert!(read.to_bits() == bits || value.is_nan() && read.is_nan());
            }
        }
    }
}
