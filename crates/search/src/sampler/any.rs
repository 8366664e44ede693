//! Every sampler by its name, as a file names it.

use serde::{Deserialize, Serialize};

use super::grid::Grid;
use super::random::Random;
use super::{History, SampleError, Sampler};
use crate::space::{Point, Space};

/// A sampler and its settings: `{ kind = "random", seed = 7 }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AnySampler {
    /// [`Grid`]
    Grid,
    /// [`Random`]
    Random(Random),
}

impl AnySampler {
    fn sampler(&self) -> &dyn Sampler {
        match self {
            Self::Grid => &Grid,
            Self::Random(sampler) => sampler,
        }
    }
}

impl Sampler for AnySampler {
    fn sample(
        &self,
        space: &Space,
        history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        self.sampler().sample(space, history, number)
    }
}

impl From<Grid> for AnySampler {
    fn from(_: Grid) -> Self {
        Self::Grid
    }
}

impl From<Random> for AnySampler {
    fn from(sampler: Random) -> Self {
        Self::Random(sampler)
    }
}
