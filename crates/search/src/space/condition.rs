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
    /// If there is no such dimension, or the condition does not fit an earlier one.
    pub fn when(mut self, name: &str, condition: Condition) -> Result<Self, SpaceError> {
        let refused = |reason| Err(SpaceError::Condition { name: name.to_owned(), reason: Box::new(reason) });
        let Some(place) = self.dimensions.iter().position(|dimension| *dimension.name == *name) else {
            return refused(ConditionError::Unknown);
        };
        let parent = condition.parent();
        let Some(earlier) = self.dimensions[..place].iter().find(|dimension| *dimension.name == *parent)
        else {
            return refused(ConditionError::Parent(parent.to_owned()));
        };
        match &condition {
            Condition::AtLeast { .. }
                if matches!(*earlier.distribution, Distribution::Categorical { .. }) =>
            {
                return refused(ConditionError::Choice(parent.to_owned()));
            }
            Condition::OneOf { values, .. } => {
                let held = values.iter().try_for_each(|value| {
                    Parameter::new((*earlier.distribution).clone(), value.clone()).map(|_| ())
                });
                if let Err(reason) = held {
                    return refused(ConditionError::Value { parent: parent.to_owned(), reason });
                }
            }
            Condition::AtLeast { .. } => {}
        }
        self.dimensions[place].condition = Some(condition);
        Ok(self)
    }
}
