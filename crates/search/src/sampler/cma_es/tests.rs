//! What the evolution reaches, and what it makes of trials that are no good.

use super::*;
use crate::sampler::contract::contract;

contract!(CmaEs::new(7), all);
