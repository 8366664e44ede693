//! A search: arms that are points of a space, in the order in which a sampler draws them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tinderbox_search::{Distribution, Grid, History, Random, Sampler, Space};

use tinderbox_report::{Reported, SearchFacts};

use crate::json::{self, plain};

/// How the arms of an experiment are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Which sampler draws.
    pub sampler: SamplerName,
    /// Its seed; `grid` needs none.
    #[serde(default)]
    pub seed: u64,
    /// Name of an arm, with the names of dimensions in braces: `{layers} x {units}`.
    pub name: String,
    /// What can be chosen, in order.
    pub dimensions: Vec<Dimension>,
    /// What the paper says of single points.
    #[serde(default)]
    pub reported: Vec<ReportedPoint>,
}

/// Which sampler draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SamplerName {
    /// At random, no point twice.
    Random,
    /// One after the other.
    Grid,
}

/// A setting that is searched over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// Its name in points and claims.
    pub name: String,
    /// The setting, such as `training.batch_size`; `model.hidden.layers` and `model.hidden.units` together make a
    /// list of equal widths.
    pub key: String,
    /// What can be chosen.
    pub values: Vec<Value>,
}

/// What the paper says of a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedPoint {
    /// A value for each dimension.
    pub point: BTreeMap<String, Value>,
    /// Test accuracy in percent, as printed there.
    pub percent: f64,
    /// Where in the paper.
    pub what: String,
}

/// A value for each dimension, by name.
pub(super) type Drawn = BTreeMap<String, Value>;

const LAYERS: &str = "model.hidden.layers";
const UNITS: &str = "model.hidden.units";
const MOST_LAYERS: u64 = 64;
/// Every point is an arm that claims may name.
pub(super) const MOST_POINTS: u64 = 4096;

impl Search {
    /// What is known of it.
    pub(super) fn facts(&self) -> SearchFacts {
        let dimension = |dimension: &Dimension| tinderbox_report::Dimension {
            name: dimension.name.clone(),
            values: dimension.values.clone(),
        };
        SearchFacts {
            sampler: json::value(&self.sampler).as_str().unwrap_or_default().to_string(),
            seed: self.seed,
            points: self.dimensions.iter().map(|dimension| dimension.values.len()).product(),
            dimensions: self.dimensions.iter().map(dimension).collect(),
        }
    }

    /// Every point of the space, in the order of the sampler.
    ///
    /// # Errors
    /// In words, if this is not a space.
    pub(super) fn points(&self) -> Result<Vec<Drawn>, String> {
        self.check()?;
        let space = self.space()?;
        let size = space.size().map_err(|error| error.to_string())?;
        if size > MOST_POINTS {
            return Err(format!("{size} points, expected at most {MOST_POINTS}"));
        }
        let sampler: Box<dyn Sampler> = match self.sampler {
            SamplerName::Random => Box::new(Random { seed: self.seed }),
            SamplerName::Grid => Box::new(Grid),
        };
        let mut points = Vec::new();
        while let Some(point) = sampler
            .sample(&space, &History::default(), points.len() as u64)
            .map_err(|error| error.to_string())?
        {
            points.push(
                point.iter().map(|(name, parameter)| (name.to_owned(), parameter.value().clone())).collect(),
            );
        }
        Ok(points)
    }

    /// Whether every dimension changes a setting of its own.
    fn check(&self) -> Result<(), String> {
        let keys: Vec<&str> = self.dimensions.iter().map(|dimension| dimension.key.as_str()).collect();
        for (place, key) in keys.iter().enumerate() {
            if keys[..place].contains(key) {
                return Err(format!("two dimensions set `{key}`"));
            }
        }
        if keys.contains(&"training.epochs") {
            return Err("epochs are set by the profiles".to_string());
        }
        if keys.contains(&LAYERS) != keys.contains(&UNITS) {
            return Err(format!("`{LAYERS}` and `{UNITS}` go together, expected both or none"));
        }
        let layers = self.dimensions.iter().filter(|dimension| dimension.key == LAYERS);
        match layers
            .flat_map(|dimension| &dimension.values)
            .find(|value| value.as_u64().is_none_or(|layers| layers > MOST_LAYERS))
        {
            Some(value) => Err(format!("{value} layers, expected a whole number up to {MOST_LAYERS}")),
            None => Ok(()),
        }
    }

    /// The settings of a point: keys and values, for an overlay.
    pub(super) fn settings(&self, point: &Drawn) -> Vec<(String, Value)> {
        let value = |key: &str| {
            let dimension = self.dimensions.iter().find(|dimension| dimension.key == key)?;
            point.get(&dimension.name)
        };
        let mut settings: Vec<(String, Value)> = self
            .dimensions
            .iter()
            .filter(|dimension| ![LAYERS, UNITS].contains(&dimension.key.as_str()))
            .filter_map(|dimension| Some((dimension.key.clone(), point.get(&dimension.name)?.clone())))
            .collect();
        if let (Some(layers), Some(units)) = (value(LAYERS).and_then(Value::as_u64), value(UNITS)) {
            settings.push(("model.hidden".to_string(), vec![units.clone(); layers as usize].into()));
        }
        settings
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

    /// The space, in the terms of the search crate.
    ///
    /// # Errors
    /// In words, if it is none.
    fn space(&self) -> Result<Space, String> {
        let dimensions = self.dimensions.iter().map(|dimension| {
            (dimension.name.clone(), Distribution::Categorical { choices: dimension.values.clone() })
        });
        Space::new(dimensions).map_err(|error| error.to_string())
    }
}
