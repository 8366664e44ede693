//! What the sampler makes of its history.

use super::*;
use crate::sampler::contract::contract;

contract!(GaussianProcess::new(7), all);
