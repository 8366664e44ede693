//! A condition: when a dimension is there, by the value of an earlier one.

use serde_json::Value;

use super::{Point, Space, SpaceError};
use crate::parameter::{Distribution, Parameter, ParameterError};

/// What an earlier dimension, the parent, must be. Where that one is not active, no condition on it holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// One of some values.
    OneOf {
        /// The name of the earlier dimension.
        parent: String,
        /// Which of its values.
        values: Vec<Value>,
    },
    /// A number, and large enough.
    AtLeast {
        /// The name of the earlier dimension.
        parent: String,
        /// The least value.
        least: f64,
    },
}

/// Why a [`Condition`] cannot be.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ConditionError {
    /// It looks at a dimension that is not there, or comes later.
    #[error("its condition looks at `{0}`, expected the name of an earlier dimension")]
    Parent(String),
    /// It names a value that its parent never takes.
    #[error("its condition on `{parent}`: {reason}")]
    Value {
        /// The earlier dimension.
        parent: String,
        /// Why not.
        reason: ParameterError,
    },
    /// It names no value.
    #[error("its condition on `{0}` names no value, so that it never holds; name at least one")]
    NoValue(String),
    /// It names a value between two steps of its parent.
    #[error("its condition on `{parent}` never holds: {value} is not on its steps, the nearest is {nearest}")]
    OffStep {
        /// The earlier dimension.
        parent: String,
        /// What was named.
        value: Value,
        /// What the parent takes in its place.
        nearest: Value,
    },
    /// It names single numbers of a range that holds any.
    #[error(
        "its condition names single values of `{0}`, which takes any number of its range and hardly ever one of \
         these; write `at_least`, or give `{0}` a step"
    )]
    AnyNumber(String),
    /// It asks for more than its parent ever is.
    #[error(
        "its condition on `{parent}` never holds: at least {least}, and the greatest value is {greatest}"
    )]
    TooMuch {
        /// The earlier dimension.
        parent: String,
        /// The least value that was asked for.
        least: f64,
        /// The greatest value of the parent.
        greatest: Value,
    },
    /// It compares a choice with a number.
    #[error("its condition wants a least number of `{0}`, which is a choice; name the choices instead")]
    Choice(String),
    /// No such dimension.
    #[error("not in the space, and cannot get a condition")]
    Unknown,
}

impl Condition {
    /// `parent` is `value`.
    pub fn is(parent: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::one_of(parent, [value])
    }

    /// `parent` is one of `values`.
    pub fn one_of<V: Into<Value>>(parent: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        Self::OneOf { parent: parent.into(), values: values.into_iter().map(Into::into).collect() }
    }

    /// `parent` is a number of at least `least`.
    pub fn at_least(parent: impl Into<String>, least: impl Into<f64>) -> Self {
        Self::AtLeast { parent: parent.into(), least: least.into() }
    }

    /// The name of the earlier dimension.
    pub fn parent(&self) -> &str {
        match self {
            Self::OneOf { parent, .. } | Self::AtLeast { parent, .. } => parent,
        }
    }

    pub(super) fn holds(&self, point: &Point) -> bool {
        let value = point.get(self.parent()).map(Parameter::value);
        value.is_some_and(|value| match self {
            Self::OneOf { values, .. } => values.contains(value),
            Self::AtLeast { least, .. } => value.as_f64().is_some_and(|value| value >= *least),
        })
    }
}

impl Space {
    /// Whether a dimension depends on another.
    pub(crate) fn has_conditions(&self) -> bool {
        self.dimensions.iter().any(|dimension| dimension.condition.is_some())
    }

    /// This space, with dimension `name` only where `condition` holds.
    ///
    /// ```
    /// # use tinderbox_search::{Condition, Distribution, Space};
    /// let space = Space::new([
    ///     ("layers", Distribution::int(1, 2)),
    ///     ("units of layer 1", Distribution::choice([64, 128])),
    ///     ("units of layer 2", Distribution::choice([64, 128])),
    /// ])?
    /// .when("units of layer 2", Condition::at_least("layers", 2))?;
    /// assert_eq!(space.size()?, 2 + 2 * 2);
    /// # Ok::<(), tinderbox_search::SpaceError>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such dimension, or the condition does not fit an earlier one or can never hold.
    pub fn when(mut self, name: &str, mut condition: Condition) -> Result<Self, SpaceError> {
        let refused = |reason| Err(SpaceError::Condition { name: name.to_owned(), reason: Box::new(reason) });
        let Some(place) = self.dimensions.iter().position(|dimension| *dimension.name == *name) else {
            return refused(ConditionError::Unknown);
        };
        let parent = condition.parent();
        let Some(earlier) = self.dimensions[..place].iter().find(|dimension| *dimension.name == *parent)
        else {
            return refused(ConditionError::Parent(parent.to_owned()));
        };
        let fitted = match &mut condition {
            Condition::OneOf { parent, values } => fit_values(parent, values, &earlier.distribution),
            Condition::AtLeast { parent, least } => check_least(parent, *least, &earlier.distribution),
        };
        if let Err(reason) = fitted {
            return refused(reason);
        }
        self.dimensions[place].condition = Some(condition);
        Ok(self)
    }
}

/// Gives `values` the form in which their parent takes them: 1 where that is 1.0, 0.30000000000000004 where a step of 0.1
/// leads there.
fn fit_values(parent: &str, values: &mut [Value], distribution: &Distribution) -> Result<(), ConditionError> {
    if values.is_empty() {
        return Err(ConditionError::NoValue(parent.to_owned()));
    }
    for value in values {
        let Some(nearest) = distribution.nearest(value) else {
            let Err(reason) = Parameter::new(distribution.clone(), value.clone()) else {
                return Err(ConditionError::AnyNumber(parent.to_owned()));
            };
            return Err(ConditionError::Value { parent: parent.to_owned(), reason });
        };
        if !distribution.is_alike(&nearest, value) {
            let (parent, value) = (parent.to_owned(), value.clone());
            return Err(ConditionError::OffStep { parent, value, nearest });
        }
        *value = nearest;
    }
    Ok(())
}

fn check_least(parent: &str, least: f64, distribution: &Distribution) -> Result<(), ConditionError> {
    if matches!(distribution, Distribution::Categorical { .. }) {
        return Err(ConditionError::Choice(parent.to_owned()));
    }
    let greatest = distribution.greatest();
    let held = least.is_finite() && greatest.as_f64().is_some_and(|greatest| least <= greatest);
    if held { Ok(()) } else { Err(ConditionError::TooMuch { parent: parent.to_owned(), least, greatest }) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn space() -> Space {
        Space::new([
            ("layers", Distribution::Int { low: 1, high: 6, log: false, step: 4 }),
            ("share", Distribution::Float { low: 0.0, high: 0.5, log: false, step: Some(0.1) }),
            ("rate", Distribution::log_uniform(1e-4, 0.1)),
            ("batch", Distribution::choice([json!(32), json!(64.0)])),
            ("x", Distribution::int(1, 2)),
        ])
        .unwrap()
    }

    #[test]
    fn a_condition_that_never_holds_is_refused() {
        let refused = |condition: Condition, expected: &str| {
            let error = space().when("x", condition).unwrap_err().to_string();
            assert!(error.starts_with("dimension `x`: its condition") && error.contains(expected), "{error}");
        };
        refused(Condition::one_of("layers", [0; 0]), "names no value");
        refused(Condition::is("layers", 3), "3 is not on its steps, the nearest is 5");
        refused(Condition::is("layers", 7), "7 is not a whole number from 1 to 6");
        refused(Condition::is("share", 0.25), "0.25 is not on its steps");
        refused(Condition::is("rate", 0.01), "write `at_least`, or give `rate` a step");
        refused(Condition::is("batch", 128), "128 is not one of the choices");
        refused(Condition::at_least("layers", 6), "at least 6, and the greatest value is 5");
        refused(Condition::at_least("rate", 0.2), "at least 0.2");
        for least in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            refused(Condition::at_least("rate", least), "never holds");
        }
        refused(Condition::at_least("batch", 32), "name the choices instead");
    }

    #[test]
    fn a_condition_holds_however_its_value_is_written() {
        for (condition, parent, value) in [
            (Condition::is("share", 0.3), "share", json!(0.1 * 3.0)),
            (Condition::is("share", 0), "share", json!(0.0)),
            (Condition::is("layers", 5.0), "layers", json!(5)),
            (Condition::is("batch", 32.0), "batch", json!(32)),
            (Condition::is("batch", 64), "batch", json!(64.0)),
        ] {
            let space = space().when("x", condition).unwrap();
            let point = space.fill(|distribution| match distribution.nearest(&value) {
                Some(nearest) if distribution.is_alike(&nearest, &value) => value.clone(),
                _ => distribution.greatest(),
            });
            assert_eq!(*point[parent].value(), value, "{parent}");
            assert!(point.contains_key("x"), "{parent} {value}");
        }
    }
}
