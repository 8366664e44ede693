//! A search: its arms are points of a space, in the order in which a sampler draws them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tinderbox_report::{Dimension, Reported, SearchFacts};
use tinderbox_search::{AnySampler, History, Point, Sampler, Space};

use super::widths::fold;
use crate::json::{self, plain};

/// How the arms of an experiment are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The sampler of the points.
    pub sampler: AnySampler,
    /// Name of an arm, with the short names of dimensions in braces: `{layers} x {units}`.
    pub name: String,
    /// What can be chosen. A dimension is called by the key of its setting; its short name, for arms and claims, is the
    /// last part of that.
    pub space: Space,
    /// What the paper says of single points.
    #[serde(default)]
    pub reported: Vec<ReportedPoint>,
}

/// What the paper says of a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedPoint {
    /// A value for each dimension, by its short name.
    pub point: BTreeMap<String, Value>,
    /// Test accuracy in percent, as printed there.
    pub percent: f64,
    /// Where in the paper.
    pub what: String,
}

/// A value for each dimension, by its short name.
pub(super) type Drawn = BTreeMap<String, Value>;

/// Every point is an arm that claims may name.
pub(super) const MOST_POINTS: u64 = 4096;

/// The last part of a key.
fn short(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

impl Search {
    /// Every point of the space, in the order of the sampler.
    ///
    /// # Errors
    /// With a message, if these points cannot be arms.
    pub(super) fn points(&self) -> Result<Vec<Point>, String> {
        self.check()?;
        let size = self.space.size().map_err(|error| error.to_string())?;
        if size > MOST_POINTS {
            return Err(format!("the space has {size} points, expected at most {MOST_POINTS}"));
        }
        let mut points: Vec<Point> = Vec::new();
        for number in 0..size {
            let drawn = self.sampler.sample(&self.space, &History::default(), number);
            let Some(point) = drawn.map_err(|error| error.to_string())? else { break };
            if points.contains(&point) {
                return Err("the sampler repeats points; use `grid` or `random`".to_string());
            }
            points.push(point);
        }
        Ok(points)
    }

    /// Whether every dimension has a short name of its own, and a setting that is its to change.
    fn check(&self) -> Result<(), String> {
        let keys: Vec<&str> = self.space.dimensions().map(|(key, _)| key).collect();
        if keys.contains(&"training.epochs") {
            return Err("epochs are set by the profiles".to_string());
        }
        match keys
            .iter()
            .enumerate()
            .find(|(place, key)| keys[..*place].iter().any(|it| short(it) == short(key)))
        {
            Some((_, key)) => Err(format!("two dimensions have the short name `{}`", short(key))),
            None => Ok(()),
        }
    }

    /// The settings of a point: keys and values, for an overlay.
    ///
    /// # Errors
    /// With a message, if values contradict each other.
    pub(super) fn settings(point: &Point) -> Result<Vec<(String, Value)>, String> {
        let chosen = point.iter().map(|(key, parameter)| (key.to_string(), parameter.value().clone()));
        fold(chosen.collect()).map_err(|(key, reason)| format!("`{key}`: {reason}"))
    }

    /// The values of a point, by short name.
    pub(super) fn drawn(point: &Point) -> Drawn {
        point.iter().map(|(key, parameter)| (short(key).to_string(), parameter.value().clone())).collect()
    }

    /// What the paper says of `point`.
    pub(super) fn reported(&self, point: &Drawn) -> Option<Reported> {
        let found = self.reported.iter().find(|reported| reported.point == *point)?;
        Some(Reported { percent: found.percent, what: found.what.clone() })
    }

    /// The name of the arm at `point`.
    pub(super) fn arm(&self, point: &Drawn) -> String {
        point.iter().fold(self.name.clone(), |name, (dimension, value)| {
            name.replace(&format!("{{{dimension}}}"), &plain(value))
        })
    }

    /// The points of the whole space in the order of a grid, the last dimension fastest.
    pub fn grid(&self) -> Vec<BTreeMap<String, Value>> {
        // A space of more points is refused.
        let size = self.space.size().ok().filter(|size| *size <= MOST_POINTS).unwrap_or(0);
        let points = (0..size).map_while(|place| self.space.point(place).ok()?);
        points.map(|point| Self::drawn(&point)).collect()
    }

    /// What a report says of it.
    pub(super) fn facts(&self) -> SearchFacts {
        let sampler = json::value(&self.sampler);
        let grid = self.grid();
        let values = |name: &str| {
            let mut values: Vec<Value> = Vec::new();
            for value in grid.iter().filter_map(|point| point.get(name)) {
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
            values
        };
        SearchFacts {
            sampler: sampler["kind"].as_str().unwrap_or_default().to_string(),
            seed: sampler["seed"].as_u64().unwrap_or(0),
            points: grid.len(),
            dimensions: self
                .space
                .dimensions()
                .map(|(key, _)| Dimension { name: short(key).to_string(), values: values(short(key)) })
                .collect(),
        }
    }
}
