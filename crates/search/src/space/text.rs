//! A space as it is written in TOML and JSON: a list of dimensions.
//!
//! ```toml
//! space = [
//!     { name = "layers", int = [1, 3] },
//!     { name = "learning_rate", float = [1e-4, 0.1], log = true },
//!     { name = "units 2", choices = [64, 128, 256], when = { layers = { at_least = 2 } } },
//!     { name = "momentum", float = [0.0, 0.9], step = 0.1, when = { optimizer = ["sgd"] } },
//! ]
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Condition, Dimension, Space};
use crate::parameter::{Distribution, EXACT};

/// A dimension as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    int: Option<[i64; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    float: Option<[f64; 2]>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    log: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<f64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    when: BTreeMap<String, When>,
}

/// What a parent must be, as it is written.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a list of values, or { at_least = NUMBER }")]
enum When {
    OneOf(Vec<Value>),
    AtLeast(AtLeast),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AtLeast {
    at_least: f64,
}

impl TryFrom<Vec<Written>> for Space {
    type Error = String;

    fn try_from(written: Vec<Written>) -> Result<Self, String> {
        let mut dimensions = Vec::new();
        let mut conditions = Vec::new();
        for mut written in written {
            let name = written.name.clone();
            for (parent, when) in std::mem::take(&mut written.when) {
                conditions.push((name.clone(), when.condition(parent)));
            }
            let distribution = written.distribution();
            dimensions
                .push((name.clone(), distribution.map_err(|what| format!("dimension `{name}`: {what}"))?));
        }
        let space = Self::new(dimensions).map_err(|error| error.to_string())?;
        if let Some(pair) = conditions.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(format!("dimension `{}`: two conditions, expected at most one", pair[0].0));
        }
        let when = |space: Self, (name, condition): (String, _)| space.when(&name, condition);
        conditions.into_iter().try_fold(space, when).map_err(|error| error.to_string())
    }
}

impl Space {
    /// The dimensions of a stored space that can be read by themselves, without their conditions: to look at trials that
    /// were chosen from them.
    pub(crate) fn readable(stored: &Value) -> Self {
        let mut dimensions: Vec<Dimension> = Vec::new();
        for mut written in stored.as_array().into_iter().flatten().cloned() {
            written.as_object_mut().and_then(|written| written.remove("when"));
            let Ok(Self { dimensions: read, .. }) = serde_json::from_value(vec![written].into()) else {
                continue;
            };
            let is_new = |one: &Dimension| dimensions.iter().all(|known| known.name != one.name);
            let new: Vec<_> = read.into_iter().filter(is_new).collect();
            dimensions.extend(new);
        }
        Self::from_dimensions(dimensions)
    }
}

impl From<Space> for Vec<Written> {
    fn from(space: Space) -> Self {
        space.dimensions.into_iter().map(Written::from).collect()
    }
}

impl Written {
    fn distribution(self) -> Result<Distribution, String> {
        match (self.choices, self.int, self.float) {
            (Some(_), None, None) if self.log || self.step.is_some() => {
                Err("choices have neither `log` nor `step`".to_owned())
            }
            (Some(choices), None, None) => Ok(Distribution::Categorical { choices }),
            (None, Some([low, high]), None) => {
                let step = self.step.map_or(Ok(1), whole_step)?;
                if self.step.is_some() {
                    check_step(low as f64, high as f64, step as f64)?;
                }
                Ok(Distribution::Int { low, high, log: self.log, step })
            }
            (None, None, Some([low, high])) => {
                self.step.map_or(Ok(()), |step| check_step(low, high, step))?;
                Ok(Distribution::Float { low, high, log: self.log, step: self.step })
            }
            _ => Err("expected one of `choices`, `int` and `float`".to_owned()),
        }
    }
}

/// The distance between neighbours of a whole number, written as any number.
fn whole_step(step: f64) -> Result<i64, String> {
    #[expect(clippy::float_cmp, reason = "a whole number is its own rounding")]
    let held = step.abs() <= EXACT as f64 && step.round() == step;
    if held {
        Ok(step as i64)
    } else {
        Err(format!("the step is {step}, expected a whole number up to 2⁵³"))
    }
}

/// Refuses a step that leaves one value of several.
fn check_step(low: f64, high: f64, step: f64) -> Result<(), String> {
    if low < high && step > high - low {
        return Err(format!(
            "the step is {step}, larger than the range from {low} to {high}: this leaves one value; take a smaller step"
        ));
    }
    Ok(())
}

impl From<Dimension> for Written {
    fn from(Dimension { name, distribution, condition }: Dimension) -> Self {
        let when = condition.map(|condition| match condition {
            Condition::OneOf { parent, values } => (parent, When::OneOf(values)),
            Condition::AtLeast { parent, least } => (parent, When::AtLeast(AtLeast { at_least: least })),
        });
        let when = when.into_iter().collect();
        let plain = Self {
            name: name.to_string(),
            choices: None,
            int: None,
            float: None,
            log: false,
            step: None,
            when,
        };
        match Arc::unwrap_or_clone(distribution) {
            Distribution::Categorical { choices } => Self { choices: Some(choices), ..plain },
            Distribution::Int { low, high, log, step } => {
                Self { int: Some([low, high]), log, step: (step != 1).then_some(step as f64), ..plain }
            }
            Distribution::Float { low, high, log, step } => {
                Self { float: Some([low, high]), log, step, ..plain }
            }
        }
    }
}

impl When {
    fn condition(self, parent: String) -> Condition {
        match self {
            Self::OneOf(values) => Condition::OneOf { parent, values },
            Self::AtLeast(AtLeast { at_least }) => Condition::AtLeast { parent, least: at_least },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Space, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn a_space_is_read_and_written_back() {
        let written = json!([
            {"name": "layers", "int": [1, 3]},
            {"name": "rate", "float": [0.0001, 0.1], "log": true},
            {"name": "units", "int": [64, 512], "step": 64.0},
            {"name": "activation", "choices": ["relu", "tanh"]},
            {"name": "units 2", "choices": [64, 128], "when": {"layers": {"at_least": 2.0}}},
            {"name": "slope", "float": [0.0, 0.5], "step": 0.1, "when": {"activation": ["relu"]}},
        ]);
        let space = read(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&space).unwrap(), written);
        let again = Space::new([
            ("layers", Distribution::int(1, 3)),
            ("rate", Distribution::log_uniform(0.0001, 0.1)),
            ("units", Distribution::Int { low: 64, high: 512, log: false, step: 64 }),
            ("activation", Distribution::choice(["relu", "tanh"])),
            ("units 2", Distribution::choice([64, 128])),
            ("slope", Distribution::Float { low: 0.0, high: 0.5, log: false, step: Some(0.1) }),
        ])
        .and_then(|space| space.when("units 2", Condition::at_least("layers", 2)))
        .and_then(|space| space.when("slope", Condition::is("activation", "relu")))
        .unwrap();
        assert_eq!(space, again);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let refused = |written, expected: &str| {
            let error = read(json!([{"name": "a", "int": [1, 2]}, written])).unwrap_err();
            assert_eq!(error, expected);
        };
        let two = json!({"name": "b", "int": [1, 2], "float": [1, 2]});
        refused(two, "dimension `b`: expected one of `choices`, `int` and `float`");
        refused(
            json!({"name": "b", "int": [1, 2], "step": 0.5}),
            "dimension `b`: the step is 0.5, expected a whole number up to 2⁵³",
        );
        refused(
            json!({"name": "b", "choices": [1], "log": true}),
            "dimension `b`: choices have neither `log` nor `step`",
        );
        let later = json!({"name": "b", "int": [1, 2], "when": {"c": [1]}});
        refused(
            later,
            "dimension `b`: its condition looks at `c`, expected the name of an earlier dimension",
        );
        let never = json!({"name": "b", "int": [1, 2], "when": {"a": [7]}});
        refused(never, "dimension `b`: its condition on `a`: 7 is not a whole number from 1 to 2");
        let wide = |step: f64| json!({"name": "b", "int": [32, 128], "step": step});
        for step in [1e19, 1e300, -1e19] {
            let expected = format!("dimension `b`: the step is {step}, expected a whole number up to 2⁵³");
            refused(wide(step), &expected);
        }
        let leaves_one = "this leaves one value; take a smaller step";
        refused(
            wide(97.0),
            &format!("dimension `b`: the step is 97, larger than the range from 32 to 128: {leaves_one}"),
        );
        refused(
            json!({"name": "b", "float": [0.0, 0.5], "step": 0.6}),
            &format!("dimension `b`: the step is 0.6, larger than the range from 0 to 0.5: {leaves_one}"),
        );
        for step in [0.0, -1.0] {
            let expected = format!("dimension `b`: the step is {step}, expected a number above 0");
            refused(wide(step), &expected);
        }
        refused(
            json!({"name": "b", "choices": [1, 2, 1.0]}),
            "dimension `b`: the choice 1.0 is a duplicate; name it once",
        );
        refused(
            json!({"name": "b", "int": [1, 2], "when": {"a": {"at_most": 2}}}),
            "expected a list of values, or { at_least = NUMBER }",
        );
        refused(
            json!({"name": "b", "ints": [1, 2]}),
            "unknown field `ints`, expected one of `name`, `choices`, `int`, `float`, `log`, `step`, `when`",
        );
    }
}
