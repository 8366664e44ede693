//! The settings of each arm, as its records have them: those that differ as a table, those that do not as a list.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::format::{ABSENT, setting};
use crate::report::ArmView;

pub(super) struct Settings<'a> {
    /// Names of the settings in which arms differ.
    pub(super) varied: Vec<String>,
    /// Each arm and its values of them.
    pub(super) arms: Vec<(&'a str, Vec<String>)>,
    /// What all arms share.
    pub(super) shared: Vec<(String, String)>,
}

impl<'a> Settings<'a> {
    /// `None` where nothing was trained.
    pub(super) fn new(arms: &'a [ArmView]) -> Option<Self> {
        // An ensemble has no settings of its own.
        let trained = arms.iter().filter(|arm| arm.facts.ensemble.is_none());
        let read: Vec<(&str, BTreeMap<String, &Value>)> = trained
            .filter_map(|arm| {
                Some((arm.facts.name.as_str(), flat(&arm.records.first()?.results.configuration)))
            })
            .collect();
        let (_, first) = read.first()?;
        let mut names: Vec<&String> = read.iter().flat_map(|(_, settings)| settings.keys()).collect();
        names.sort();
        names.dedup();
        let (shared, varied): (Vec<&String>, Vec<&String>) = names
            .into_iter()
            .partition(|name| read.iter().all(|(_, settings)| settings.get(*name) == first.get(*name)));
        let columns = varied.iter().map(|name| column(&read, name)).collect::<Vec<_>>();
        let values = |arm: usize| columns.iter().map(|column| column[arm].clone()).collect();
        Some(Self {
            arms: read.iter().enumerate().map(|(place, (arm, _))| (*arm, values(place))).collect(),
            shared: shared.iter().map(|name| ((*name).clone(), written(first.get(*name)))).collect(),
            varied: varied.into_iter().cloned().collect(),
        })
    }
}

/// What each arm has of one setting. Values that differ, but not in the figures that people read, are written in full.
fn column(read: &[(&str, BTreeMap<String, &Value>)], name: &String) -> Vec<String> {
    let values: Vec<Option<&Value>> = read.iter().map(|(_, settings)| settings.get(name).copied()).collect();
    let texts: Vec<String> = values.iter().map(|value| written(value.as_ref())).collect();
    let is_lost = (0..values.len())
        .any(|one| (0..one).any(|other| values[one] != values[other] && texts[one] == texts[other]));
    if !is_lost {
        return texts;
    }
    values.iter().map(|value| value.map_or(ABSENT.into(), Value::to_string)).collect()
}

fn written(value: Option<&&Value>) -> String {
    value.map_or(ABSENT.into(), |value| setting(value))
}

/// Every leaf by its path, such as `model.hidden.0`; a list of leaves is one.
fn flat(settings: &Value) -> BTreeMap<String, &Value> {
    let mut leaves = BTreeMap::new();
    let mut open = vec![(String::new(), settings)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                let start = if path.is_empty() { path } else { path + "." };
                open.extend(fields.iter().map(|(name, value)| (format!("{start}{name}"), value)));
            }
            leaf => {
                leaves.insert(path, leaf);
            }
        }
    }
    leaves
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture::{self, record};
    use crate::report::ArmFacts;

    fn arm(name: &str, configuration: Value) -> ArmView {
        let mut record = record(name, 0);
        record.results.configuration = configuration;
        ArmView {
            facts: ArmFacts { name: name.into(), ..ArmFacts::default() },
            records: vec![record],
            ..ArmView::default()
        }
    }

    #[test]
    fn settings_that_differ_are_told_from_those_that_are_shared() {
        let mut mean = arm("both", json!({"average": ["a", "b"]}));
        mean.facts.ensemble = Some(fixture::mean(&["a", "b"]));
        let arms = [
            arm("a", json!({"model": {"kind": "fcn", "hidden": [512, 128]}, "batch_size": 64})),
            arm("b", json!({"model": {"kind": "cnn"}, "batch_size": 64})),
            mean,
        ];
        let settings = Settings::new(&arms).unwrap();
        assert_eq!(settings.varied, ["model.hidden", "model.kind"]);
        assert_eq!(settings.arms[0], ("a", vec!["[512, 128]".into(), "fcn".into()]));
        assert_eq!(settings.arms[1], ("b", vec!["–".into(), "cnn".into()]));
        assert_eq!(settings.shared, [("batch_size".into(), "64".into())]);
        assert_eq!(settings.arms.len(), 2);
        assert!(Settings::new(&[ArmView::default()]).is_none());
    }

    #[test]
    fn settings_that_differ_past_what_people_read_are_written_in_full() {
        let rate = |rate: f64| json!({"rate": rate, "beta": 0.9_f32});
        let arms = [arm("a", rate(0.1)), arm("b", rate(0.100_000_001))];
        let settings = Settings::new(&arms).unwrap();
        assert_eq!(settings.arms[0].1, ["0.1"]);
        assert_eq!(settings.arms[1].1, ["0.100000001"]);
        assert_eq!(settings.shared, [("beta".into(), "0.9".into())]);
    }
}
