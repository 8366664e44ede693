//! Dimensions that together make the list of hidden layers: `model.hidden.layers` with `model.hidden.units`, or with a
//! width of each layer, `model.hidden.1`, `model.hidden.2` and so on; or these widths alone.

use std::collections::BTreeMap;

use serde_json::Value;

/// The key of the list that they make.
const LIST: &str = "model.hidden";
/// How many layers there are.
pub(crate) const LAYERS: &str = "model.hidden.layers";
/// The width of all of them.
const UNITS: &str = "model.hidden.units";
/// Largest number of layers: more is a typing error.
pub(crate) const MOST_LAYERS: u64 = 64;

/// Whether a key sets the number of layers, or the width of one.
fn is_width(key: &str) -> bool {
    key == LAYERS || key == UNITS || place(key).is_some()
}

/// `settings` with their list of hidden layers in place of the keys that make it.
///
/// # Errors
/// With the key that is wrong and why, if these keys contradict each other, or one of them has no effect.
pub(crate) fn fold(settings: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, (String, String)> {
    let (widths, mut others): (Vec<_>, Vec<_>) = settings.into_iter().partition(|(key, _)| is_width(key));
    if let Some((key, _)) = widths.first() {
        if others.iter().any(|(other, _)| other == LIST) {
            return Err((LIST.to_string(), format!("`{LIST}` and `{key}` both set the width of the layers")));
        }
        others.push((LIST.to_string(), Widths::new(widths)?.list()?));
    }
    Ok(others)
}

struct Widths {
    layers: Option<u64>,
    units: Option<Value>,
    /// By place, from 1.
    numbered: BTreeMap<u64, Value>,
}

impl Widths {
    fn new(settings: Vec<(String, Value)>) -> Result<Self, (String, String)> {
        let mut widths = Self { layers: None, units: None, numbered: BTreeMap::new() };
        for (key, value) in settings {
            if let Some(place) = place(&key) {
                widths.numbered.insert(place, value);
            } else if key == UNITS {
                widths.units = Some(value);
            } else if let Some(layers) = value.as_u64().filter(|layers| *layers <= MOST_LAYERS) {
                widths.layers = Some(layers);
            } else {
                let expected = format!("expected a whole number of layers up to {MOST_LAYERS}");
                return Err((key, format!("{value} layers, {expected}")));
            }
        }
        Ok(widths)
    }

    fn list(self) -> Result<Value, (String, String)> {
        let Self { layers, units, numbered } = self;
        let refuse = |key: &str, why: String| Err((key.to_string(), why));
        let last = numbered.last_key_value().map_or(0, |(place, _)| *place);
        match (layers, units) {
            (_, Some(_)) if last > 0 => {
                refuse(UNITS, format!("`{UNITS}` and `{}` both set the width of a layer", numbered_key(last)))
            }
            (None, Some(_)) => refuse(UNITS, format!("has no effect without `{LAYERS}` beside it")),
            (Some(0), Some(_)) => refuse(UNITS, no_effect(0, 1)),
            (Some(layers), Some(units)) => Ok(vec![units; layers as usize].into()),
            (layers, None) => {
                let depth = layers.unwrap_or(last);
                if last > depth {
                    return refuse(&numbered_key(last), no_effect(depth, last));
                }
                if let Some(missing) = (1..=depth).find(|place| !numbered.contains_key(place)) {
                    let (key, missing) = match layers {
                        Some(_) => (LAYERS.to_string(), numbered_key(missing)),
                        None => (numbered_key(last), numbered_key(missing)),
                    };
                    return refuse(&key, format!("{}, but the width `{missing}` is missing", counted(depth)));
                }
                Ok(numbered.into_values().collect())
            }
        }
    }
}

fn no_effect(layers: u64, needed: u64) -> String {
    let layers = counted(layers);
    format!("has no effect with {layers}; add when = {{ \"{LAYERS}\" = {{ at_least = {needed} }} }}")
}

fn counted(layers: u64) -> String {
    if layers == 1 { "1 layer".to_string() } else { format!("{layers} layers") }
}

fn numbered_key(place: u64) -> String {
    format!("{LIST}.{place}")
}

/// The number of a hidden layer, from 1, in a key such as `model.hidden.2`.
fn place(key: &str) -> Option<u64> {
    let digits = key.strip_prefix(LIST)?.strip_prefix('.')?;
    digits.parse().ok().filter(|place: &u64| *place > 0 && place.to_string() == digits)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn folded(settings: &[(&str, Value)]) -> Result<Value, String> {
        let settings = settings.iter().map(|(key, value)| ((*key).to_string(), value.clone())).collect();
        let folded = fold(settings).map_err(|(key, why)| format!("{key}: {why}"))?;
        Ok(folded.into_iter().find(|(key, _)| key == LIST).expect("a list").1)
    }

    #[test]
    fn layers_and_widths_make_a_list() {
        let hidden = |settings: &[(&str, Value)]| folded(settings).unwrap();
        assert_eq!(hidden(&[(LAYERS, json!(3)), (UNITS, json!(8))]), json!([8, 8, 8]));
        assert_eq!(hidden(&[(LAYERS, json!(0))]), json!([]));
        let two = [("model.hidden.2", json!(16)), ("model.hidden.1", json!(32))];
        assert_eq!(hidden(&two), json!([32, 16]));
        assert_eq!(hidden(&[&two[..], &[(LAYERS, json!(2))]].concat()), json!([32, 16]));
        let eleven: Vec<_> = (1..=11).map(|place| (format!("model.hidden.{place}"), json!(place))).collect();
        let eleven: Vec<_> = eleven.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        assert_eq!(hidden(&eleven), json!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), "by number, not by text");
    }

    #[test]
    fn layers_without_width_and_widths_without_layer_are_refused() {
        let refused = |settings: &[(&str, Value)], expected: &str| {
            let error = folded(settings).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        let one = ("model.hidden.1", json!(8));
        let three = ("model.hidden.3", json!(8));
        refused(&[(LAYERS, json!(5)), one.clone()], "5 layers, but the width `model.hidden.2` is missing");
        refused(&[(LAYERS, json!(2))], "2 layers, but the width `model.hidden.1` is missing");
        refused(&[one.clone(), three.clone()], "3 layers, but the width `model.hidden.2` is missing");
        refused(&[(LAYERS, json!(1)), one.clone(), three], "has no effect with 1 layer; add when");
        refused(&[(UNITS, json!(8))], "no effect without `model.hidden.layers`");
        refused(&[(LAYERS, json!(0)), (UNITS, json!(8))], "has no effect with 0 layers");
        refused(&[(LAYERS, json!(1)), (UNITS, json!(8)), one.clone()], "both set the width");
        refused(&[(LIST, json!([8])), one], "both set the width");
        for layers in [json!(65), json!(-1), json!(1.5), json!("two"), json!(1_000_000_000)] {
            refused(&[(LAYERS, layers), (UNITS, json!(8))], "expected a whole number of layers up to 64");
        }
        assert!(["model.hidden.0", "model.hidden.01", "model.hidden.+1"].iter().all(|key| !is_width(key)));
    }
}
