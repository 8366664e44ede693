//! The shape of `report.json`, for those who read it with a program.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Numbers;

/// A JSON schema (draft 2020-12) of what [`Numbers`] serialises to.
///
/// Its descriptions are those of the fields here. A field that was not measured is `null`, never left out.
pub fn schema() -> Value {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Numbers>()
        .to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_named_described_and_required() {
        let schema = schema();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let arm = &schema["$defs"]["ArmNumbers"];
        let properties = arm["properties"].as_object().unwrap();
        assert!(properties.contains_key("placement") && properties.contains_key("perturbed"));
        assert_eq!(arm["required"].as_array().unwrap().len(), properties.len());
        for (name, property) in properties {
            assert!(property["description"].is_string(), "{name}");
        }
    }
}
