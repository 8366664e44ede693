//! A perturbation: how test images are changed before a model is asked about them again.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::Predictions;
use super::envelope::Sorted;

/// How test images are changed: a kind by its name, and its settings.
///
/// Written `{ noise = 0.2 }` or `{ pgd = { epsilon = 0.1, steps = 40 } }` in a file. Which kinds there are, and what their
/// settings mean, is the caller's: here they are data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Perturbation {
    /// Name of the kind, as it stands in files.
    pub name: String,
    /// Its settings.
    pub settings: Settings,
}

/// Settings of a perturbation.
#[derive(Clone, Debug)]
pub enum Settings {
    /// Its strength alone, a finite number.
    Strength(f64),
    /// Settings by name.
    Table(BTreeMap<String, Value>),
}

/// What a model says of changed images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Perturbed {
    /// How they were changed.
    pub perturbation: Perturbation,
    /// What the model says; `None` where the images could not be changed, because the gradient was not finite.
    pub test: Option<Predictions>,
}

impl Perturbation {
    /// The kind called `name` with `settings`: a strength, or a table.
    pub fn new(name: impl Into<String>, settings: impl Into<Settings>) -> Self {
        Self { name: name.into(), settings: settings.into() }
    }
}

impl From<f64> for Settings {
    fn from(strength: f64) -> Self {
        Self::Strength(strength)
    }
}

impl From<BTreeMap<String, Value>> for Settings {
    fn from(table: BTreeMap<String, Value>) -> Self {
        Self::Table(table)
    }
}

/// Strengths come before tables, by size; tables by their JSON.
impl Ord for Settings {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Strength(one), Self::Strength(other)) => one.total_cmp(other),
            (Self::Strength(_), Self::Table(_)) => Ordering::Less,
            (Self::Table(_), Self::Strength(_)) => Ordering::Greater,
            (Self::Table(_), Self::Table(_)) => json(self).cmp(&json(other)),
        }
    }
}

impl PartialOrd for Settings {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Settings {}

fn json(settings: &Settings) -> String {
    serde_json::to_string(settings).unwrap_or_default()
}

/// As it stands in a file: `noise = 0.2`, or `pgd = { epsilon = 0.1, steps = 40 }`.
impl fmt::Display for Perturbation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.settings {
            Settings::Strength(strength) => write!(f, "{} = {strength}", self.name),
            Settings::Table(table) => {
                let settings: Vec<String> =
                    table.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                write!(f, "{} = {{ {} }}", self.name, settings.join(", "))
            }
        }
    }
}

impl Serialize for Perturbation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(&self.name, &self.settings)])
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Strength(strength) => serializer.serialize_f64(*strength),
            Self::Table(table) => {
                serializer.collect_map(table.iter().map(|(name, value)| (name, Sorted(value))))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Perturbation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PerturbationVisitor)
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SettingsVisitor)
    }
}

struct PerturbationVisitor;

impl<'de> Visitor<'de> for PerturbationVisitor {
    type Value = Perturbation;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter
            .write_str("the name of one perturbation with its strength or settings, such as { noise = 0.2 }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Perturbation, A::Error> {
        let Some((name, settings)) = map.next_entry::<String, Settings>()? else {
            return Err(Error::invalid_length(0, &self));
        };
        match map.next_key::<String>()? {
            None => Ok(Perturbation { name, settings }),
            Some(_) => Err(Error::invalid_length(2, &self)),
        }
    }
}

struct SettingsVisitor;

impl<'de> Visitor<'de> for SettingsVisitor {
    type Value = Settings;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a strength, or a table of settings")
    }

    fn visit_f64<E: Error>(self, strength: f64) -> Result<Settings, E> {
        if strength.is_finite() {
            Ok(Settings::Strength(strength))
        } else {
            Err(E::custom(format_args!("strength is {strength}, expected a finite number")))
        }
    }

    fn visit_i64<E: Error>(self, strength: i64) -> Result<Settings, E> {
        self.visit_f64(strength as f64)
    }

    fn visit_u64<E: Error>(self, strength: u64) -> Result<Settings, E> {
        self.visit_f64(strength as f64)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
        let mut table = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            table.insert(name, value);
        }
        Ok(Settings::Table(table))
    }
}

impl JsonSchema for Perturbation {
    fn schema_name() -> Cow<'static, str> {
        "Perturbation".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How test images are changed: the name of a kind, with its strength or its settings.",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": { "type": ["number", "object"] },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &str) -> Result<Perturbation, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    fn pgd() -> Perturbation {
        let table = [("steps".to_string(), json!(40)), ("epsilon".to_string(), json!(0.1))];
        Perturbation::new("pgd", BTreeMap::from(table))
    }

    #[test]
    fn a_perturbation_is_a_name_with_a_strength_or_a_table() {
        let [fgsm, noise] = [Perturbation::new("fgsm", 0.1), Perturbation::new("noise", 0.2)];
        let written = serde_json::to_string(&[&fgsm, &noise, &pgd()]).unwrap();
        assert_eq!(written, r#"[{"fgsm":0.1},{"noise":0.2},{"pgd":{"epsilon":0.1,"steps":40}}]"#);
        assert_eq!(serde_json::from_str::<[Perturbation; 3]>(&written).unwrap(), [fgsm, noise, pgd()]);
    }

    #[test]
    fn a_whole_strength_is_written_as_a_number_with_a_point() {
        let whole = read(r#"{"fgsm":1}"#).unwrap();
        assert_eq!(whole, Perturbation::new("fgsm", 1.0));
        assert_eq!(serde_json::to_string(&whole).unwrap(), r#"{"fgsm":1.0}"#);
    }

    #[test]
    fn keys_of_a_table_are_written_in_one_order() {
        let nested = read(r#"{"a":{"z":{"d":1,"c":2},"b":3}}"#).unwrap();
        assert_eq!(serde_json::to_string(&nested).unwrap(), r#"{"a":{"b":3,"z":{"c":2,"d":1}}}"#);
    }

    #[test]
    fn what_is_not_one_perturbation_is_refused() {
        for json in ["{}", r#"{"fgsm":0.1,"noise":0.2}"#, "0.1", r#"{"fgsm":"strong"}"#] {
            let error = read(json).unwrap_err();
            assert!(
                error.contains("expected the name of one") || error.contains("expected a strength"),
                "{error}"
            );
        }
        let endless = toml::from_str::<Perturbation>("fgsm = nan").unwrap_err().to_string();
        assert!(endless.contains("strength is NaN, expected a finite number"), "{endless}");
    }

    #[test]
    fn it_is_shown_as_a_file_has_it() {
        assert_eq!(Perturbation::new("noise", 0.2).to_string(), "noise = 0.2");
        assert_eq!(pgd().to_string(), "pgd = { epsilon = 0.1, steps = 40 }");
    }

    #[test]
    fn the_weakest_of_a_kind_comes_first_and_tables_last() {
        let mut mixed = [pgd(), Perturbation::new("pgd", 0.2), Perturbation::new("fgsm", 0.3)];
        mixed.sort();
        assert_eq!(
            mixed.map(|one| one.to_string()),
            ["fgsm = 0.3", "pgd = 0.2", "pgd = { epsilon = 0.1, steps = 40 }"]
        );
    }
}
