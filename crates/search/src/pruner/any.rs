//! Every pruner by its name, as a file names it.

use serde::{Deserialize, Serialize};

use super::Pruner;
use crate::observation::Observation;

/// A pruner and its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AnyPruner {}

impl Pruner for AnyPruner {
    fn prune(&self, _told: &[Observation], _number: u64, _curve: &[(u32, f64)]) -> bool {
        match *self {}
    }
}
