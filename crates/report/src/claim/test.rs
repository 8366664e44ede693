//! The tests that a claim may have, as they stand in a file.
//!
//! Margins are fixed there before anything runs: of accuracies in percentage points, of seconds and epochs as a
//! ratio above 1, of shares as a share.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use super::Measure;
use crate::report::ArmFacts;

/// What decides a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// One arm is above every other.
    Best(Best),
    /// Each arm is above the next.
    Order(Order),
    /// A measure rises or falls along the arms.
    Trend(Trend),
    /// The test accuracy is the one that the paper reports.
    Value(Value),
    /// Trainings end in NaN, or below 30 % test accuracy.
    Diverges(Diverges),
    /// Trainings need more than twice the epochs of a reference to reach 90 % validation accuracy.
    Slow(Slow),
    /// One model is smaller than another; exact, without seeds.
    Count(Count),
    /// Every one of these holds; one claim with one p.
    All(Vec<Test>),
}

/// `{ arm = "Cnn", margin = 0.5 }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// Which is above every other arm of the experiment.
    pub arm: Side,
    /// In what.
    #[serde(default)]
    pub measure: Measure,
    /// By how much at least, in the measure's unit.
    pub margin: f64,
}

/// `{ arms = ["He", "Xavier", { layers = 2 }], margin = 0.3 }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The highest first, at least two.
    pub arms: Vec<Side>,
    /// In what.
    #[serde(default)]
    pub measure: Measure,
    /// By how much each is above the next at least, in the measure's unit.
    pub margin: f64,
}

/// `{ arms = ["0.05", "0.1", "0.2"], direction = "falls", margin = 1.0 }`
///
/// The effect is the fitted change from the first to the last arm: `(k - 1)` times the slope over 0, 1, …, k - 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trend {
    /// In the order of what varies, at least two.
    pub arms: Vec<Side>,
    /// Of what.
    #[serde(default)]
    pub measure: Measure,
    /// Which way.
    pub direction: Direction,
    /// By how much at least, in the measure's unit.
    pub margin: f64,
}

/// `{ arm = "Ensemble", percent = 95.57, within = 0.5 }`
///
/// Two one-sided tests: the mean is above `percent - within` and below `percent + within`. The margin is 0 here, by
/// exception: `within` is what was fixed before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// Whose test accuracy.
    pub arm: Side,
    /// What the paper reports, in percent.
    pub percent: f64,
    /// How near is the same, in percentage points.
    pub within: f64,
}

/// `{ arm = "0.1", margin = 0.25 }`: with `margin` 0.25, at least three in four seeds diverge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diverges {
    /// Which.
    pub arm: Side,
    /// Share of seeds above one half, below 0.5.
    pub margin: f64,
}

/// `{ arm = "0.0001", reference = "0.001", margin = 1.1 }`: at least 1.1 times twice the epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slow {
    /// Which is slow.
    pub arm: Side,
    /// Compared with which.
    pub reference: Side,
    /// Ratio beyond the factor 2, above 1.
    pub margin: f64,
}

/// `{ fewer = "Cnn", more = "Fcn", of = "parameters" }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Which has fewer.
    pub fewer: Side,
    /// Which has more.
    pub more: Side,
    /// Of what.
    pub of: Size,
}

/// What is counted in a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// Trained numbers.
    Parameters,
    /// Multiply-adds of one image's forward pass.
    MultiplyAdds,
}

/// Which way a trend goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Last above first.
    Rises,
    /// First above last.
    Falls,
}

/// One side of a comparison: an arm by its name, or the mean of the arms of a search whose points have these values.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Side {
    /// By its name.
    Named(String),
    /// By values of dimensions, at least one.
    Selected(BTreeMap<String, Json>),
}

impl Test {
    /// Whether chance has a part in it; counts are exact.
    pub fn has_p(&self) -> bool {
        match self {
            Self::Count(_) => false,
            Self::All(parts) => parts.iter().any(Self::has_p),
            _ => true,
        }
    }

    /// Its word in a file.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Best(_) => "best",
            Self::Order(_) => "order",
            Self::Trend(_) => "trend",
            Self::Value(_) => "value",
            Self::Diverges(_) => "diverges",
            Self::Slow(_) => "slow",
            Self::Count(_) => "count",
            Self::All(_) => "all",
        }
    }
}

impl Side {
    /// Whether an arm stands on this side.
    pub(crate) fn takes(&self, arm: &ArmFacts) -> bool {
        match self {
            Self::Named(wanted) => *wanted == arm.name,
            Self::Selected(values) => {
                values.iter().all(|(key, wanted)| arm.point.get(key).is_some_and(|value| same(wanted, value)))
            }
        }
    }
}

/// 2 and 2.0 are the same value.
pub(super) fn same(left: &Json, right: &Json) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.total_cmp(&right).is_eq(),
        _ => left == right,
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Selected(values) => {
                for (place, (key, value)) in values.iter().enumerate() {
                    let comma = if place > 0 { ", " } else { "" };
                    match value.as_str() {
                        Some(text) => write!(f, "{comma}{key} {text}")?,
                        None => write!(f, "{comma}{key} {value}")?,
                    }
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parameters => "parameters",
            Self::MultiplyAdds => "multiply-adds",
        })
    }
}

// By hand: serde's untagged enums lose the place and the reason of an error.
impl<'de> Deserialize<'de> for Side {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SideVisitor)
    }
}

struct SideVisitor;

impl<'de> Visitor<'de> for SideVisitor {
    type Value = Side;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("the name of an arm, or values of dimensions such as { layers = 2 }")
    }

    fn visit_str<E>(self, name: &str) -> Result<Side, E> {
        Ok(Side::Named(name.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Side, A::Error> {
        BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(Side::Selected)
    }
}

#[cfg(test)]
mod tests;
