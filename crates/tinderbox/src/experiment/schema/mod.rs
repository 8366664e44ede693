//! The JSON schema of experiment and search files, for editors.
//!
//! It is asked of the reader, place by place: a value that no place takes is refused with what is expected there, a key that no table
//! has with those that it has, a word that chooses nothing with those that choose. So the schema cannot disagree with the
//! reader, and has the kinds that a program adds. It may take more than the reader does, such as a number out of its range.

mod place;

#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{Defaults, Key};
use crate::tuning::Tuning;
use place::{Answer, Step, ask, required};

/// The dialect, which editors know.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

impl Defaults<'_> {
    /// The schema of an experiment file.
    pub fn experiment_schema(&self) -> Value {
        schema::<super::read::File>("An experiment of Tinderbox", &|place| match place {
            [.., "training"] => Some(self.training()),
            [.., "model"] => Some(self.model()),
            [.., "space", "0", "when"] => Some(conditions()),
            ["perturbations", "0"] | [.., "under" | "lost-under"] => Some(self.perturbation()),
            _ => None,
        })
    }

    /// The schema of a search file.
    pub fn search_schema(&self) -> Value {
        let networks: Vec<&str> = self.catalog.networks.kinds().collect();
        schema::<Tuning>("A search of Tinderbox", &|place| match place {
            ["model"] => Some(json!({ "enum": networks })),
            ["settings"] => Some(self.settings()),
            [.., "space", "0", "when"] => Some(conditions()),
            _ => None,
        })
    }

    /// The settings of a search, by key; a table of them has the key above.
    fn settings(&self) -> Value {
        let mut names = std::collections::BTreeSet::new();
        for key in self.keys(None).into_iter().filter(|key| key.name != "model.kind") {
            let parts: Vec<&str> = key.name.split('.').collect();
            names.extend((1..=parts.len()).map(|count| parts[..count].join(".")));
        }
        json!({ "type": "object", "propertyNames": { "enum": names } })
    }

    fn training(&self) -> Value {
        let keys = self.keys(None);
        let mut properties = Map::new();
        for key in keys.iter().filter(|key| key.of.is_none() && key.name != "training.epochs") {
            match key.name.strip_prefix("training.").map(|name| name.split('.').collect::<Vec<_>>()) {
                Some(parts) if parts.len() == 1 => {
                    properties.insert(parts[0].to_string(), self.property(key));
                }
                Some(parts) if parts.len() == 2 && parts[1] == "kind" => {
                    let table = format!("training.{}", parts[0]);
                    // The default, or what all arms share, may say which kind it is.
                    properties.insert(parts[0].to_string(), self.kinds(&keys, &table, true));
                }
                _ => {}
            }
        }
        json!({ "type": "object", "properties": properties, "additionalProperties": false })
    }

    fn model(&self) -> Value {
        self.kinds(&self.keys(None), "model", false)
    }

    /// One perturbation by its name: its strength, or its settings.
    fn perturbation(&self) -> Value {
        let family = &self.catalog.kinds.perturbations;
        let properties: Map<String, Value> = family
            .names()
            .map(|name| {
                let settings = self.perturbation_settings(name);
                let table: Map<String, Value> = settings.into_iter().map(|key| (key, json!({}))).collect();
                let table = json!({ "type": "object", "properties": table, "additionalProperties": false });
                let strength = family.strength(name).is_some().then(|| json!({ "type": "number" }));
                let either: Vec<Value> = strength.into_iter().chain([table]).collect();
                (name.to_string(), json!({ "anyOf": either }))
            })
            .collect();
        json!({
            "type": "object", "properties": properties, "additionalProperties": false,
            "minProperties": 1, "maxProperties": 1,
        })
    }

    /// A table that is one of several kinds: `{ kind = "sgd", momentum = 0.9 }`. One may be `implied`.
    fn kinds(&self, keys: &[Key], table: &str, implied: bool) -> Value {
        let of = format!("{table}.kind=");
        let mut all: Vec<(&str, Map<String, Value>)> = Vec::new();
        for key in keys {
            let Some(kind) = key.of.as_deref().and_then(|own| own.strip_prefix(&of)) else { continue };
            let name = key.name[table.len() + 1..].to_string();
            match all.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, settings)) => _ = settings.insert(name, self.property(key)),
                None => all.push((kind, Map::from_iter([(name, self.property(key))]))),
            }
        }
        // A kind without settings has its word alone.
        let words =
            keys.iter().find(|key| key.name == format!("{table}.kind")).map(|key| key.expected.as_str());
        for word in words.into_iter().flat_map(|words| words.trim_start_matches("one of ").split(", ")) {
            if !all.iter().any(|(known, _)| *known == word) {
                all.push((word, Map::new()));
            }
        }
        let required: &[&str] = if implied { &[] } else { &["kind"] };
        let each = all.into_iter().map(|(kind, mut properties)| {
            properties.insert("kind".to_string(), json!({ "const": kind }));
            json!({
                "type": "object", "properties": properties, "additionalProperties": false, "required": required,
            })
        });
        json!({ "anyOf": each.collect::<Vec<_>>() })
    }

    /// What a setting may be.
    fn property(&self, key: &Key) -> Value {
        let words = key.expected.strip_prefix("one of ").map(|words| words.split(", ").collect::<Vec<_>>());
        if let Some(words) = words {
            return self.choice_of_setting(key, &words);
        }
        let mut property = Map::from_iter([("description".to_string(), json!(key.expected))]);
        let kind = match &key.expected {
            text if text.starts_with("a whole number") => Some("integer"),
            text if text.contains("number") && !text.contains("table") && !text.contains("list") => {
                Some("number")
            }
            _ => None,
        };
        property.extend(kind.map(|kind| ("type".to_string(), json!(kind))));
        property.extend(key.default.as_ref().map(|default| ("default".to_string(), default.clone())));
        property.into()
    }

    /// Words, of which some are keys of a table with their settings: `{ normal = { standard_deviation = 0.1 } }`.
    fn choice_of_setting(&self, key: &Key, words: &[&str]) -> Value {
        let (mut alone, mut tables) = (Vec::new(), Map::new());
        for word in words {
            let Some(settings) = self.settings_of(key, word) else {
                alone.push(word.to_string());
                continue;
            };
            let own: Map<String, Value> = settings.iter().map(|name| (name.clone(), json!({}))).collect();
            let table = json!({
                "type": "object", "properties": own, "additionalProperties": false, "required": settings,
            });
            tables.insert(word.to_string(), table);
        }
        let mut schema = words_or_table(&alone, &tables);
        schema["description"] = json!(key.expected);
        if let Some(default) = &key.default {
            schema["default"] = default.clone();
        }
        schema
    }

    /// The settings of a perturbation, as the reader lists them.
    fn perturbation_settings(&self, name: &str) -> Vec<String> {
        let kinds = &self.catalog.kinds;
        let odd = json!({ name: { place::NOTHING: 0 } });
        match kinds.perturbations.read(&odd, kinds).map_err(|error| error.problem) {
            Err(tinderbox_training::KindProblem::UnknownKey { allowed }) => allowed,
            _ => Vec::new(),
        }
    }
}

/// What may stand in a place.
fn shape<T: DeserializeOwned>(place: &[Step], known: &dyn Fn(&[&str]) -> Option<Value>) -> Value {
    let names: Vec<&str> = place.iter().map(Step::name).collect();
    if let Some(schema) = known(&names) {
        return schema;
    }
    // What holds itself, such as a pruner around a pruner, is shown once.
    let last = names.last().copied().unwrap_or_default();
    if matches!(last, "all" | "inner") && names.iter().filter(|name| **name == last).count() > 1 {
        return json!({});
    }
    match ask::<T>(place, &format!("\"{}\"", place::ESCAPED)) {
        Answer::Words(words) => choice::<T>(place, words, known),
        Answer::Expected(what) => match what.as_str() {
            what if what.starts_with("a whole number") => json!({ "type": "integer" }),
            "a number" => json!({ "type": "number" }),
            "true or false" => json!({ "type": "boolean" }),
            "a table" => table::<T>(place, known),
            what if what.starts_with("a list") => {
                list(&shape::<T>(&[place, &[Step::Item]].concat(), known), what)
            }
            _ => any::<T>(place),
        },
        Answer::Taken | Answer::Keys(_) | Answer::Missing(_) => any::<T>(place),
    }
}

/// The schema of a file of this type; `known` are the schemas of places that it leaves open.
fn schema<T: DeserializeOwned>(title: &str, known: &dyn Fn(&[&str]) -> Option<Value>) -> Value {
    let mut schema = table::<T>(&[], known);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".to_string(), DRAFT.into());
        schema.insert("title".to_string(), title.into());
    }
    schema
}

/// A list of these items, of the length that is `expected` if one is.
fn list(items: &Value, expected: &str) -> Value {
    match expected.split(' ').find_map(|word| word.parse::<usize>().ok()) {
        Some(count) => json!({ "type": "array", "items": items, "minItems": count, "maxItems": count }),
        None => json!({ "type": "array", "items": items }),
    }
}

/// Words, some of which are keys of a table with their settings.
fn choice<T: DeserializeOwned>(
    place: &[Step],
    words: Vec<String>,
    known: &dyn Fn(&[&str]) -> Option<Value>,
) -> Value {
    let is_alone = |word: &String| matches!(ask::<T>(place, &format!("\"{word}\"")), Answer::Taken);
    let (alone, settings): (Vec<_>, Vec<_>) = words.into_iter().partition(is_alone);
    let settings: Map<String, Value> = settings
        .into_iter()
        .map(|word| {
            let schema = shape::<T>(&[place, &[Step::Key(word.clone())]].concat(), known);
            (word, schema)
        })
        .collect();
    words_or_table(&alone, &settings)
}

/// What other dimensions of a space must be, by their names, which a file defines.
fn conditions() -> Value {
    let at_least = json!({
        "type": "object", "properties": { "at_least": { "type": "number" } },
        "additionalProperties": false, "required": ["at_least"],
    });
    json!({ "type": "object", "additionalProperties": { "anyOf": [{ "type": "array" }, at_least] } })
}

/// One of these words, or a table with one key, which is a word with its settings.
fn words_or_table(alone: &[String], settings: &Map<String, Value>) -> Value {
    let words = json!({ "enum": alone });
    if settings.is_empty() {
        return words;
    }
    let table = json!({
        "type": "object", "properties": settings, "additionalProperties": false,
        "minProperties": 1, "maxProperties": 1,
    });
    if alone.is_empty() { table } else { json!({ "anyOf": [words, table] }) }
}

/// A table: with keys of its own, of one of several kinds, or with any keys.
fn table<T: DeserializeOwned>(place: &[Step], known: &dyn Fn(&[&str]) -> Option<Value>) -> Value {
    match ask::<T>(place, &format!("{{ \"{}\" = 0 }}", place::ESCAPED)) {
        Answer::Keys(keys) => {
            let properties: Map<String, Value> = keys
                .into_iter()
                .map(|key| {
                    let schema = shape::<T>(&[place, &[Step::Key(key.clone())]].concat(), known);
                    (key, schema)
                })
                .collect();
            json!({
                "type": "object", "properties": properties, "additionalProperties": false,
                "required": required::<T>(place),
            })
        }
        Answer::Missing(tag) => {
            let Answer::Words(kinds) = ask::<T>(place, &format!("{{ {tag} = \"{}\" }}", place::ESCAPED))
            else {
                return json!({ "type": "object" });
            };
            let each = kinds.into_iter().map(|kind| {
                let odd = format!("{{ {tag} = \"{kind}\", \"{}\" = 0 }}", place::ESCAPED);
                let Answer::Keys(keys) = ask::<T>(place, &odd) else {
                    return json!({ "properties": { &tag: { "const": kind } }, "required": [tag] });
                };
                let mut properties: Map<String, Value> = keys
                    .into_iter()
                    .map(|key| {
                        let step = Step::Tagged { tag: tag.clone(), kind: kind.clone(), key: key.clone() };
                        (key, shape::<T>(&[place, &[step]].concat(), known))
                    })
                    .collect();
                properties.insert(tag.clone(), json!({ "const": kind }));
                json!({
                    "type": "object", "properties": properties, "additionalProperties": false, "required": [tag],
                })
            });
            json!({ "anyOf": each.collect::<Vec<_>>() })
        }
        _ => json!({ "type": "object" }),
    }
}

/// Those types that the place takes.
fn any<T: DeserializeOwned>(place: &[Step]) -> Value {
    let literals =
        [("string", "\"a\""), ("number", "1"), ("boolean", "true"), ("array", "[]"), ("object", "{}")];
    // A table that lacks something is one.
    let takes = |literal: &str| {
        matches!(ask::<T>(place, literal), Answer::Taken | Answer::Missing(_) | Answer::Keys(_))
    };
    let types: Vec<&str> =
        literals.into_iter().filter(|(_, literal)| takes(literal)).map(|(name, _)| name).collect();
    if types.len() == literals.len() || types.is_empty() { json!({}) } else { json!({ "type": types }) }
}
