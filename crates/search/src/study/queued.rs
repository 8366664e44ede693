//! Points that another program put in the queue of a study: Optuna's `enqueue_trial`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::parameter::{Distribution, Parameter};
use crate::sampler::any::AnySampler;
use crate::sampler::inherit::inherit;
use crate::sampler::stream::stream;
use crate::space::{Point, Space};
use crate::trial::{NewTrial, Trial};

/// The user attribute of a trial whose point is none of the space: it says why.
pub(super) const UNFIT: &str = "tinderbox:unfit";

/// Draws of what was not fixed before a condition counts as one that does not hold.
const DRAWS: usize = 64;

/// Below this, 2⁵³, a double holds each whole number.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// What a worker of this study makes of a trial that another program queued: what is fixed, the rest drawn by the seed of
/// the sampler and the number of the trial. `None` if the trial is not queued so.
///
/// A point that is none of the space becomes one without parameters, which says why in the attribute [`UNFIT`].
pub(super) fn adopted(space: &Space, sampler: &AnySampler, trial: &Trial) -> Option<NewTrial> {
    let queued = trial.queued.as_ref()?;
    let fixed = match &queued.fixed {
        Some(fixed) => fixed.clone(),
        // Optuna's `add_trial` of one that waits has its point as parameters.
        None if !trial.parameters.is_empty() => {
            trial.parameters.iter().map(|(name, parameter)| (name, parameter.value().clone())).collect()
        }
        None => return None,
    };
    let key = format!("queued {}", queued.trial.0);
    let seed = json!(sampler).get("seed").and_then(Value::as_u64).unwrap_or(0);
    Some(match point(space, seed, trial.number, &fixed) {
        Ok(parameters) => NewTrial { key, parameters, attributes: BTreeMap::new() },
        Err(reason) => {
            let attributes = [(UNFIT.to_owned(), json!(format!("enqueued point: {reason}")))].into();
            NewTrial { key, parameters: Point::default(), attributes }
        }
    })
}

/// The point with the values that are fixed.
///
/// # Errors
/// In words, if they are none of the space's.
fn point(space: &Space, seed: u64, number: u64, fixed: &Value) -> Result<Point, String> {
    let object = fixed.as_object().ok_or_else(|| format!("{fixed}, expected parameters by name"))?;
    let fixed = checked(space, object)?;
    let mut stream = stream(seed, number);
    for _ in 0..DRAWS {
        let point = inherit(space, &mut stream, |name, _, _| fixed.get(name).cloned());
        if fixed.keys().all(|name| point.contains_key(name)) {
            return Ok(point);
        }
    }
    let name = fixed.keys().next().map_or("", |name| name);
    Err(match &fixed.len() {
        1 => format!("`{name}` is fixed, but its condition does not hold"),
        _ => format!("the conditions of {} do not hold together", names(&fixed)),
    })
}

/// Values as their dimensions have them. Python writes whole numbers as real ones, and the reverse.
fn checked<'a>(space: &Space, fixed: &'a Map<String, Value>) -> Result<BTreeMap<&'a str, Value>, String> {
    let mut checked = BTreeMap::new();
    for (name, value) in fixed {
        let found = space.dimensions().find(|(dimension, _)| dimension == name);
        let (_, distribution) = found.ok_or_else(|| format!("`{name}` is not a parameter of the space"))?;
        let value = match (distribution, value.as_f64()) {
            (Distribution::Int { .. }, Some(number)) if number.fract() == 0.0 && number.abs() < WHOLE => {
                json!(number as i64)
            }
            (Distribution::Float { .. }, Some(number)) => json!(number),
            (Distribution::Categorical { choices }, Some(number)) => {
                let alike = || choices.iter().find(|choice| choice.as_f64() == Some(number));
                choices.iter().find(|choice| *choice == value).or_else(alike).unwrap_or(value).clone()
            }
            _ => value.clone(),
        };
        let parameter = Parameter::new(distribution.clone(), value.clone());
        parameter.map_err(|error| format!("`{name}`: {error}"))?;
        checked.insert(name.as_str(), value);
    }
    Ok(checked)
}

fn names(fixed: &BTreeMap<&str, Value>) -> String {
    fixed.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_found_however_its_number_is_written() {
        let space =
            Space::new([("batch", Distribution::choice([json!(32), json!(64.0), json!("64")]))]).unwrap();
        for (fixed, expected) in
            [(json!(32.0), json!(32)), (json!(64), json!(64.0)), (json!("64"), json!("64"))]
        {
            let point = point(&space, 7, 0, &json!({ "batch": fixed })).unwrap();
            assert_eq!(point["batch"].value(), &expected);
        }
        assert!(point(&space, 7, 0, &json!({ "batch": 33 })).is_err());
    }
}
