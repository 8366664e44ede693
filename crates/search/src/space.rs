//! A space: what can be tried, dimension by dimension.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::parameter::{Distribution, Parameter};

mod dimension;

pub use dimension::DimensionError;

/// One choice for every dimension, by name: what [`NewTrial::parameters`](crate::NewTrial::parameters) takes.
pub type Point = BTreeMap<String, Parameter>;

/// Dimensions in an order, each with a name and the values it may take.
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
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    dimensions: Vec<(String, Distribution)>,
}

/// A space that cannot be, or points that cannot be counted.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum SpaceError {
    /// No dimension.
    #[error("a space without dimensions, expected at least one")]
    Empty,
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

impl Space {
    /// The space of these dimensions, by name.
    ///
    /// # Errors
    /// If there is none, if two share a name, or if one of them is no dimension ([`DimensionError`]).
    pub fn new<N: Into<String>>(
        dimensions: impl IntoIterator<Item = (N, Distribution)>,
    ) -> Result<Self, SpaceError> {
        let dimensions: Vec<_> =
            dimensions.into_iter().map(|(name, distribution)| (name.into(), distribution)).collect();
        if dimensions.is_empty() {
            return Err(SpaceError::Empty);
        }
        let mut names = BTreeSet::new();
        for (name, distribution) in &dimensions {
            if !names.insert(name) {
                return Err(SpaceError::Twice(name.clone()));
            }
            distribution.validate().map_err(|reason| SpaceError::Dimension { name: name.clone(), reason })?;
        }
        Ok(Self { dimensions })
    }

    /// The dimensions, in order.
    pub fn dimensions(&self) -> impl ExactSizeIterator<Item = (&str, &Distribution)> {
        self.dimensions.iter().map(|(name, distribution)| (name.as_str(), distribution))
    }

    /// How many points there are.
    ///
    /// # Errors
    /// [`SpaceError::Endless`] if a dimension is a real number without a step, [`SpaceError::Countless`] from 2⁶⁴
    /// points on.
    pub fn size(&self) -> Result<u64, SpaceError> {
        let counts = self.dimensions.iter().map(|(name, distribution)| {
            distribution.count().ok_or_else(|| SpaceError::Endless(name.clone()))
        });
        let counts = counts.collect::<Result<Vec<_>, _>>()?;
        counts.into_iter().try_fold(1, u64::checked_mul).ok_or(SpaceError::Countless)
    }

    /// The point at `place`, from 0, in the order of a grid: the last dimension changes fastest. `None` past the end.
    ///
    /// # Errors
    /// As [`size`](Space::size).
    pub fn point(&self, place: u64) -> Result<Option<Point>, SpaceError> {
        let mut block = self.size()?;
        if place >= block {
            return Ok(None);
        }
        let mut rest = place;
        Ok(Some(self.fill(|distribution| {
            // Points that share the values up to this dimension lie side by side, in a block.
            block /= distribution.count().unwrap_or(1);
            let value = distribution.value(rest / block);
            rest %= block;
            value
        })))
    }

    /// The point with a value for each dimension in turn, each held by its distribution.
    pub(crate) fn fill(&self, mut value: impl FnMut(&Distribution) -> Value) -> Point {
        let parameters = self
            .dimensions
            .iter()
            .map(|(name, distribution)| (name.clone(), Parameter::drawn(distribution, value(distribution))));
        parameters.collect()
    }
}

#[cfg(test)]
mod tests;
