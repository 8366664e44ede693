//! What a trial tries: a value with the distribution it was chosen from, in Optuna's JSON form.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(any(test, feature = "postgres", feature = "sqlite"))]
pub(crate) mod stored;

/// The values that a parameter may take, written as Optuna's distribution of the same name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", content = "attributes")]
pub enum Distribution {
    /// One of a list: null, booleans, numbers or strings.
    #[serde(rename = "CategoricalDistribution")]
    Categorical {
        /// What can be chosen, in order.
        choices: Vec<Value>,
    },
    /// A real number.
    #[serde(rename = "FloatDistribution")]
    Float {
        /// The least value.
        low: f64,
        /// The greatest value, inclusive.
        high: f64,
        /// Whether values are spread evenly over the logarithm.
        log: bool,
        /// The distance between neighbours, if there is one.
        step: Option<f64>,
    },
    /// A whole number.
    #[serde(rename = "IntDistribution")]
    Int {
        /// The least value, at least -2⁵³.
        low: i64,
        /// The greatest value, inclusive, at most 2⁵³.
        high: i64,
        /// Whether values are spread evenly over the logarithm.
        log: bool,
        /// The distance between neighbours, at least 1.
        step: i64,
    },
}

/// A value and the [`Distribution`] that holds it; no other pair can be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Shared by all the points of a space.
    distribution: Arc<Distribution>,
    value: Value,
}

/// A value that its distribution does not hold.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ParameterError {
    /// Not one of the choices.
    #[error("{value} is not one of the choices {}", Value::from(.choices.clone()))]
    Choice {
        /// What was given.
        value: Value,
        /// What could have been given.
        choices: Vec<Value>,
    },
    /// A choice that Optuna cannot hold.
    #[error("the choice {0} is a list or an object, expected null, a boolean, a number or a string")]
    Nested(Value),
    /// Not a number from `low` to `high`.
    #[error("{value} is not {kind} from {low} to {high}")]
    Range {
        /// What was given.
        value: Value,
        /// The kind of number expected.
        kind: &'static str,
        /// The least value.
        low: String,
        /// The greatest value.
        high: String,
    },
}

impl Parameter {
    /// `value`, chosen from `distribution`.
    ///
    /// # Errors
    /// If the distribution does not hold the value. A step is not checked: rounding would make that a guess.
    pub fn new(distribution: Distribution, value: Value) -> Result<Self, ParameterError> {
        distribution.check(&value)?;
        Ok(Self { distribution: Arc::new(distribution), value })
    }

    /// One of `choices`.
    ///
    /// # Errors
    /// If it is not among them, or one of them is a list or an object.
    pub fn categorical(choices: Vec<Value>, value: Value) -> Result<Self, ParameterError> {
        Self::new(Distribution::Categorical { choices }, value)
    }

    /// Another value of the same distribution, which both share.
    ///
    /// # Errors
    /// If the distribution does not hold it.
    pub fn with_value(&self, value: Value) -> Result<Self, ParameterError> {
        Self::shared(&self.distribution, value)
    }

    /// `value`, chosen from a distribution that other parameters share.
    pub(crate) fn shared(distribution: &Arc<Distribution>, value: Value) -> Result<Self, ParameterError> {
        distribution.check(&value)?;
        Ok(Self { distribution: Arc::clone(distribution), value })
    }

    /// A value that a sampler made from `distribution`, which holds it.
    pub(crate) fn drawn(distribution: &Arc<Distribution>, value: Value) -> Self {
        debug_assert_eq!(distribution.check(&value), Ok(()));
        Self { distribution: Arc::clone(distribution), value }
    }

    /// Where the value was chosen from.
    pub fn distribution(&self) -> &Distribution {
        &self.distribution
    }

    /// Whether it was chosen from `distribution`. Points of one space share theirs.
    pub(crate) fn is_from(&self, distribution: &Arc<Distribution>) -> bool {
        self.shares(distribution) || self.distribution == *distribution
    }

    /// Whether it has the very same distribution, and not one that is alike.
    pub(crate) fn shares(&self, distribution: &Arc<Distribution>) -> bool {
        Arc::ptr_eq(&self.distribution, distribution)
    }

    /// The same choice, from the very same distribution if that is alike.
    pub(crate) fn adopted(&self, distribution: &Arc<Distribution>) -> Self {
        let alike = self.is_from(distribution);
        let distribution = if alike { distribution } else { &self.distribution };
        Self { distribution: Arc::clone(distribution), value: self.value.clone() }
    }

    /// What was chosen.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// Optuna stores every parameter as a double: a larger whole number would not come back.
pub(crate) const EXACT: i64 = 1 << 53;

impl Distribution {
    /// One of `choices`.
    pub fn choice<T: Into<Value>>(choices: impl IntoIterator<Item = T>) -> Self {
        Self::Categorical { choices: choices.into_iter().map(Into::into).collect() }
    }

    /// A real number, every one from `low` to `high` as likely as another.
    pub const fn uniform(low: f64, high: f64) -> Self {
        Self::Float { low, high, log: false, step: None }
    }

    /// A real number from `low` to `high`, every order of magnitude as likely as another.
    pub const fn log_uniform(low: f64, high: f64) -> Self {
        Self::Float { low, high, log: true, step: None }
    }

    /// A whole number from `low` to `high`.
    pub const fn int(low: i64, high: i64) -> Self {
        Self::Int { low, high, log: false, step: 1 }
    }

    fn check(&self, value: &Value) -> Result<(), ParameterError> {
        let range =
            |kind, low: String, high: String| ParameterError::Range { value: value.clone(), kind, low, high };
        let (held, error) = match self {
            Self::Categorical { choices } => {
                if let Some(nested) = choices.iter().find(|choice| choice.is_array() || choice.is_object()) {
                    return Err(ParameterError::Nested(nested.clone()));
                }
                if choices.contains(value) {
                    return Ok(());
                }
                (false, ParameterError::Choice { value: value.clone(), choices: choices.clone() })
            }
            Self::Float { low, high, .. } => (
                low.is_finite()
                    && high.is_finite()
                    && value.as_f64().is_some_and(|x| *low <= x && x <= *high),
                range("a number", low.to_string(), high.to_string()),
            ),
            Self::Int { low, high, .. } => {
                let (low, high) = (*low.max(&-EXACT), *high.min(&EXACT));
                let held = value.as_i64().is_some_and(|x| low <= x && x <= high);
                (held, range("a whole number", low.to_string(), high.to_string()))
            }
        };
        if held { Ok(()) } else { Err(error) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rate() -> Distribution {
        Distribution::log_uniform(1e-4, 0.1)
    }

    #[test]
    fn distributions_are_written_as_optuna_writes_them() {
        let written = |distribution| serde_json::to_value(distribution).unwrap();
        assert_eq!(
            written(Distribution::Categorical { choices: vec![json!("relu"), json!(2)] }),
            json!({"name": "CategoricalDistribution", "attributes": {"choices": ["relu", 2]}})
        );
        assert_eq!(
            written(rate()),
            json!({"name": "FloatDistribution", "attributes": {"low": 1e-4, "high": 0.1, "log": true, "step": null}})
        );
        assert_eq!(
            written(Distribution::Int { low: 1, high: 9, log: false, step: 2 }),
            json!({"name": "IntDistribution", "attributes": {"low": 1, "high": 9, "log": false, "step": 2}})
        );
    }

    #[test]
    fn a_value_outside_its_distribution_is_named() {
        let message = |distribution, value| Parameter::new(distribution, value).unwrap_err().to_string();
        assert_eq!(message(rate(), json!(1)), "1 is not a number from 0.0001 to 0.1");
        let units = Distribution::Int { low: 1, high: 9, log: false, step: 1 };
        assert_eq!(message(units, json!(2.5)), "2.5 is not a whole number from 1 to 9");
        let activation = Distribution::Categorical { choices: vec![json!("relu"), json!(null)] };
        assert_eq!(message(activation, json!("gelu")), r#""gelu" is not one of the choices ["relu",null]"#);
        let nested = Distribution::Categorical { choices: vec![json!([128])] };
        assert!(message(nested, json!([128])).starts_with("the choice [128] is a list or an object"));
        let whole = Distribution::Int { low: 0, high: i64::MAX, log: false, step: 1 };
        assert!(Parameter::new(whole, json!(i64::MAX)).is_err(), "a double cannot hold it");
    }
}
