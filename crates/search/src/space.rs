//! A space: what can be tried, dimension by dimension.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::parameter::{Distribution, Parameter};

mod condition;
mod dimension;
mod places;
mod point;
mod text;
mod unit;

pub use condition::{Condition, ConditionError};
pub use dimension::DimensionError;
pub use point::Point;

/// Dimensions in an order, each with a name and the values it may take.
///
/// A dimension may depend on an earlier one ([`Space::when`]); a point has no value where it is not active.
///
/// ```
/// # use tinderbox_search::{Distribution, Space};
/// let space = Space::new([
///     ("layers", Distribution::int(2, 4)),
///     ("activation", Distribution::choice(["relu", "sigmoid"])),
/// ])?;
/// assert_eq!(space.size()?, 6);
/// # Ok::<(), tinderbox_search::SpaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<text::Written>", into = "Vec<text::Written>")]
pub struct Space {
    dimensions: Vec<Dimension>,
    /// The places of the dimensions in the order of their names, which is that of points.
    by_name: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
struct Dimension {
    name: Arc<str>,
    distribution: Arc<Distribution>,
    condition: Option<Condition>,
}

/// A space that cannot be, or points that cannot be counted.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum SpaceError {
    /// No dimension.
    #[error("a space without dimensions, expected at least one")]
    Empty,
    /// A name that a storage cannot hold.
    #[error(
        "{0:?} is not a name for a dimension; expected 1 to 512 characters, no control characters among them"
    )]
    Name(String),
    /// A name that comes twice.
    #[error("two dimensions are called `{0}`; give each a name of its own")]
    Twice(String),
    /// A dimension that holds nothing, or nothing that could be stored.
    #[error("dimension `{name}`: {reason}")]
    Dimension {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: DimensionError,
    },
    /// A condition that cannot be.
    #[error("dimension `{name}`: {reason}")]
    Condition {
        /// The dimension that has it.
        name: String,
        /// What is wrong with it.
        reason: Box<ConditionError>,
    },
    /// A point that has no place in the space.
    #[error("`{name}` is {what}")]
    Point {
        /// The dimension, or what was taken for one.
        name: String,
        /// What is wrong there.
        what: String,
    },
    /// Points that cannot be counted.
    #[error(
        "dimension `{0}` takes any number of its range, so points cannot be counted; give it a step or choices, or \
         draw points at random"
    )]
    Endless(String),
    /// More points than a trial's number can count.
    #[error("2⁶⁴ points or more, too many to count; take fewer choices, or draw points at random")]
    Countless,
}

/// The longest name that Optuna's schema has room for.
const MOST_LETTERS: usize = 512;

impl Space {
    /// The space of these dimensions, by name.
    ///
    /// # Errors
    /// If there is none, if a name is empty, too long or a duplicate, or if one of them is not a dimension ([`DimensionError`]).
    pub fn new<N: Into<String>>(
        dimensions: impl IntoIterator<Item = (N, Distribution)>,
    ) -> Result<Self, SpaceError> {
        let dimensions = dimensions.into_iter().map(|(name, distribution)| Dimension {
            name: name.into().into(),
            distribution: Arc::new(distribution),
            condition: None,
        });
        let dimensions: Vec<_> = dimensions.collect();
        if dimensions.is_empty() {
            return Err(SpaceError::Empty);
        }
        let mut names = BTreeSet::new();
        for Dimension { name, distribution, .. } in &dimensions {
            let length = name.chars().count();
            if !(1..=MOST_LETTERS).contains(&length) || name.contains(char::is_control) {
                return Err(SpaceError::Name(name.chars().take(MOST_LETTERS).collect()));
            }
            if !names.insert(name) {
                return Err(SpaceError::Twice(name.to_string()));
            }
            distribution
                .validate()
                .map_err(|reason| SpaceError::Dimension { name: name.to_string(), reason })?;
        }
        Ok(Self::from_dimensions(dimensions))
    }

    /// The space of dimensions that were checked.
    fn from_dimensions(dimensions: Vec<Dimension>) -> Self {
        let mut by_name: Vec<_> = (0..dimensions.len()).collect();
        by_name.sort_unstable_by_key(|place| &dimensions[*place].name);
        Self { dimensions, by_name }
    }

    /// The dimensions, in order.
    pub fn dimensions(&self) -> impl ExactSizeIterator<Item = (&str, &Distribution)> {
        self.dimensions.iter().map(|dimension| (&*dimension.name, &*dimension.distribution))
    }

    /// When the dimension `name` is active; none if it always is, or if there is no such dimension.
    pub fn condition(&self, name: &str) -> Option<&Condition> {
        self.dimensions.iter().find(|dimension| *dimension.name == *name)?.condition.as_ref()
    }

    /// The point with the value that `choose` gives to each active dimension in turn.
    ///
    /// # Errors
    /// [`SpaceError::Point`] at the first value that its dimension does not hold.
    pub fn point_by(
        &self,
        mut choose: impl FnMut(&str, &Distribution) -> Value,
    ) -> Result<Point, SpaceError> {
        let mut point = Point::with_capacity(self.dimensions.len());
        for dimension in &self.dimensions {
            if dimension.is_active(&point) {
                let Dimension { name, distribution, .. } = dimension;
                let parameter = Parameter::shared(distribution, choose(name, distribution));
                let wrong =
                    |error| SpaceError::Point { name: name.to_string(), what: format!("wrong: {error}") };
                point.insert(name.clone(), parameter.map_err(wrong)?);
            }
        }
        Ok(point)
    }

    /// The point with a value for each active dimension in turn, each held by its distribution.
    pub(crate) fn fill(&self, mut value: impl FnMut(&Distribution) -> Value) -> Point {
        self.fill_places(|_, distribution| value(distribution))
    }

    /// As [`fill`](Space::fill), with the place of the dimension.
    pub(crate) fn fill_places(&self, mut value: impl FnMut(usize, &Distribution) -> Value) -> Point {
        let mut point = Point::with_capacity(self.dimensions.len());
        for (place, dimension) in self.dimensions.iter().enumerate() {
            if dimension.is_active(&point) {
                let Dimension { name, distribution, .. } = dimension;
                point.insert(name.clone(), Parameter::drawn(distribution, value(place, distribution)));
            }
        }
        point
    }

    /// Whether `point` has a value for each active dimension and for nothing else, chosen from its distribution.
    ///
    /// # Errors
    /// [`SpaceError::Point`], with the first dimension that is wrong.
    pub fn check(&self, point: &Point) -> Result<(), SpaceError> {
        let wrong =
            |name: &str, what: &str| Err(SpaceError::Point { name: name.to_owned(), what: what.to_owned() });
        for dimension in &self.dimensions {
            let Dimension { name, distribution, .. } = dimension;
            let active = dimension.is_active(point);
            match point.get(name) {
                Some(parameter) if !active => {
                    return wrong(name, &format!("{}, but its condition does not hold", parameter.value()));
                }
                Some(parameter) if !parameter.is_from(distribution) => {
                    return wrong(name, "chosen from another distribution than the space's");
                }
                None if active => return wrong(name, "missing"),
                _ => {}
            }
        }
        match point.keys().find(|name| self.dimensions.iter().all(|dimension| *dimension.name != **name)) {
            Some(name) => wrong(name, "not a dimension of the space"),
            None => Ok(()),
        }
    }

    /// Hands the value in each active dimension to `take`, with the place of the dimension; `false` if `point` is none
    /// of this space, which may come out after some values.
    ///
    /// The answer of [`check`](Space::check) without its words, for many points: names are compared once each.
    pub(crate) fn visit(&self, point: &Point, mut take: impl FnMut(usize, &Distribution, &Value)) -> bool {
        let mut chosen = point.parameters().iter();
        for &place in &self.by_name {
            let dimension = &self.dimensions[place];
            if !dimension.is_active(point) {
                continue;
            }
            let Dimension { name, distribution, .. } = dimension;
            match chosen.next() {
                Some((found, parameter)) if is_same(found, name) && parameter.is_from(distribution) => {
                    take(place, distribution, parameter.value());
                }
                _ => return false,
            }
        }
        chosen.next().is_none()
    }

    /// Lets `point` share the names and distributions of this space where they are alike. Samplers look at all points
    /// again and again, and need not compare what is the same.
    pub(crate) fn adopt(&self, point: &mut Point) {
        // Both are in the order of their names.
        let mut dimensions = self.by_name.iter().map(|place| &self.dimensions[*place]);
        let mut shares = |(name, parameter): &(Arc<str>, Parameter)| {
            let same = |own: &Dimension| Arc::ptr_eq(name, &own.name) && parameter.shares(&own.distribution);
            dimensions.any(same)
        };
        if point.parameters().iter().all(&mut shares) {
            return;
        }
        let adopted = point.parameters().iter().map(|(name, parameter)| {
            match self.dimensions.iter().find(|dimension| dimension.name == *name) {
                Some(own) => (Arc::clone(&own.name), parameter.adopted(&own.distribution)),
                None => (Arc::clone(name), parameter.clone()),
            }
        });
        *point = adopted.collect();
    }

    /// The point with these values, by name.
    ///
    /// # Errors
    /// [`SpaceError::Point`] if a value is missing, too many, or not held by its dimension.
    pub fn point_of<N: AsRef<str>>(
        &self,
        values: impl IntoIterator<Item = (N, Value)>,
    ) -> Result<Point, SpaceError> {
        let mut point = Point::default();
        for (name, value) in values {
            let name = name.as_ref();
            let wrong = |what: String| SpaceError::Point { name: name.to_owned(), what };
            let dimension = self.dimensions.iter().find(|dimension| *dimension.name == *name);
            let dimension = dimension.ok_or_else(|| wrong("not a dimension of the space".to_owned()))?;
            let parameter = Parameter::shared(&dimension.distribution, value);
            point.insert(name.to_owned(), parameter.map_err(|error| wrong(format!("wrong: {error}")))?);
        }
        self.check(&point)?;
        Ok(point)
    }
}

/// Whether two names are the same one, or at least alike: a point of this space has the space's own names.
fn is_same(a: &Arc<str>, b: &Arc<str>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

#[cfg(test)]
mod tests;
