//! The schema takes every file of ours, and no file with a misspelt key.

use serde_json::Value;

use crate::catalog::PAPER;
use crate::fixture::defaults;
use crate::json::from_toml;

/// The text of a file of the repository, which the package lacks.
fn of_repository(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether `value` is as `schema` has it: those words of a schema that ours use.
fn holds(schema: &Value, value: &Value) -> bool {
    let Some(words) = schema.as_object() else { return false };
    words.iter().all(|(word, said)| match word.as_str() {
        "type" => {
            let names: Vec<&Value> = said.as_array().map_or(vec![said], |all| all.iter().collect());
            names.into_iter().any(|name| match name.as_str().expect("a type") {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "number" => value.is_number(),
                "integer" => value.is_i64() || value.is_u64(),
                other => panic!("{other}"),
            })
        }
        "properties" => said
            .as_object()
            .expect("properties")
            .iter()
            .all(|(key, schema)| value.get(key).is_none_or(|value| holds(schema, value))),
        "additionalProperties" => {
            let known = words.get("properties");
            let others = value.as_object().into_iter().flatten();
            let mut others = others.filter(|(key, _)| known.is_none_or(|known| known.get(key).is_none()));
            if *said == false { others.next().is_none() } else { others.all(|(_, value)| holds(said, value)) }
        }
        "propertyNames" => value
            .as_object()
            .is_none_or(|entries| entries.keys().all(|key| holds(said, &Value::from(key.as_str())))),
        "required" => {
            let keys = said.as_array().expect("a list");
            keys.iter().all(|key| value.get(key.as_str().expect("a key")).is_some())
        }
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| holds(said, item))),
        "minItems" => {
            value.as_array().is_none_or(|items| items.len() as u64 >= said.as_u64().expect("a number"))
        }
        "maxItems" => {
            value.as_array().is_none_or(|items| items.len() as u64 <= said.as_u64().expect("a number"))
        }
        "minProperties" => {
            value.as_object().is_none_or(|all| all.len() as u64 >= said.as_u64().expect("a number"))
        }
        "maxProperties" => {
            value.as_object().is_none_or(|all| all.len() as u64 <= said.as_u64().expect("a number"))
        }
        "anyOf" => said.as_array().expect("a list").iter().any(|schema| holds(schema, value)),
        "enum" => said.as_array().expect("a list").contains(value),
        "const" => said == value,
        "$schema" | "title" | "description" | "default" => true,
        other => panic!("`{other}` is not checked"),
    })
}

fn read(text: &str) -> Value {
    from_toml(&toml::Value::Table(toml::from_str(text).expect("TOML"))).expect("finite")
}

/// The keys of every table whose keys are fixed, and `value` with that key misspelt.
fn misspelt(value: &Value, above: &str) -> Vec<(String, Value)> {
    match value {
        Value::Object(entries) => {
            let mut all = Vec::new();
            for (key, below) in entries {
                // Selections of a claim and conditions of a space are named after dimensions, which a file defines.
                let free = ["when", "point"].contains(&above)
                    || ["arms", "arm", "reference", "fewer", "more"].contains(&above)
                        && !entries.contains_key("name");
                if !free {
                    let mut wrong = entries.clone();
                    let value = wrong.remove(key).expect("there");
                    wrong.insert(format!("{key}x"), value);
                    all.push((key.clone(), Value::Object(wrong)));
                }
                for (name, changed) in misspelt(below, key) {
                    let mut wrong = entries.clone();
                    wrong.insert(key.clone(), changed);
                    all.push((format!("{key}.{name}"), Value::Object(wrong)));
                }
            }
            all
        }
        Value::Array(items) => {
            let below = items.iter().enumerate().flat_map(|(place, item)| {
                misspelt(item, above).into_iter().map(move |(name, changed)| {
                    let mut wrong = items.clone();
                    wrong[place] = changed;
                    (format!("{place}.{name}"), Value::Array(wrong))
                })
            });
            below.collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn every_file_of_ours_is_taken_and_every_misspelt_key_of_it_refused() {
    let experiment = defaults().experiment_schema();
    let search = defaults().search_schema();
    let own = of_repository("searches/fcn.toml");
    let files = PAPER.iter().map(|(path, text)| (*path, *text, &experiment));
    let mut checked = 0;
    for (path, text, schema) in files.chain([("searches/fcn.toml", own.as_str(), &search)]) {
        let value = read(text);
        assert!(holds(schema, &value), "{path}");
        for (key, wrong) in misspelt(&value, "") {
            assert!(!holds(schema, &wrong), "{path}: {key}x");
            checked += 1;
        }
    }
    assert!(checked >= 500, "{checked}");
}

#[test]
fn kinds_and_their_settings_are_those_of_the_reader() {
    let schema = defaults().experiment_schema();
    let file = |arm: &str| {
        let (_, text) = PAPER[0];
        let text = text.split("[[arms]]").next().expect("a head");
        holds(&schema, &read(&format!("{text}\n[[arms]]\nname = \"a\"\ndescription = \"b\"\n{arm}\n")))
    };
    for right in [
        "model = { kind = \"fcn\", hidden = [8], initializer = { normal = { standard_deviation = 0.1 } } }",
        "model = { kind = \"local-net\", filters = [2, 4] }\ntraining = { optimizer = { kind = \"sgd\", momentum = 0.9 } }",
        "model = { kind = \"cnn\" }\ntraining = { adversarial = { epsilon = 0.1 } }",
        "model = { kind = \"cnn\" }\ntraining = { adversarial = { attack = { pgd = { epsilon = 0.1, steps = 3 } } } }",
        "model = { kind = \"cnn\" }\ntraining = { schedule = { kind = \"step\", every = 2 } }",
        // Of the kind that is the default, or that all arms share.
        "model = { kind = \"cnn\" }\ntraining = { optimizer = { beta_1 = 0.8 } }",
        "ensemble = { rule = \"mean\", members = [\"x\", \"y\"] }",
    ] {
        assert!(file(right), "{right}");
    }
    for wrong in [
        "model = { kind = \"fcn\", filters = [2, 4] }",
        "model = { kind = \"vgg\" }",
        "model = { hidden = [8] }",
        "model = { kind = \"cnn\", dropout = \"much\" }",
        "model = { kind = \"cnn\" }\ntraining = { optimizer = { kind = \"adam\", momentum = 0.9 } }",
        "model = { kind = \"cnn\" }\ntraining = { epochs = 3 }",
        "model = { kind = \"cnn\" }\ntraining = { schedule = { kind = \"step\", evry = 2 } }",
    ] {
        assert!(!file(wrong), "{wrong}");
    }
}

/// The schemas beside the files, which editors find by the first line of each file.
#[test]
fn the_schemas_beside_the_files_are_those_of_this_program() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, path, schema) in [
        ("experiment", "experiments/schema.json", defaults().experiment_schema()),
        ("search", "../../searches/schema.json", defaults().search_schema()),
    ] {
        let text = std::fs::read_to_string(folder.join(path)).unwrap_or_default();
        let stored: Option<Value> = serde_json::from_str(&text).ok();
        let make = format!("cargo xtask schema {name} > {path}");
        assert!(stored.as_ref() == Some(&schema), "{path} is out of date; `{make}` writes it");
    }
    let own = of_repository("searches/fcn.toml");
    for (path, text) in PAPER.iter().chain([&("searches/fcn.toml", &*own)]) {
        assert!(text.starts_with("#:schema ./schema.json\n"), "{path}");
    }
}
