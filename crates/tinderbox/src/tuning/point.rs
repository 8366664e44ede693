//! A point of a tuning's space as the configuration that is trained.

use std::collections::BTreeMap;

use serde_json::Value;
use tinderbox_search::{Distribution, Point};

use super::Tuning;
use crate::experiment::{Configuration, Setting, SettingError};

/// A point that cannot be trained.
#[derive(Debug, thiserror::Error)]
#[error("dimension or setting `{key}`: {error}")]
pub struct PointError {
    key: String,
    error: Box<SettingError>,
}

/// Two dimensions that together make a list of equal widths.
const LAYERS: &str = "model.hidden.layers";
const UNITS: &str = "model.hidden.units";
/// Dimensions that are each one width of a list: `model.hidden.1`, `model.hidden.2` and so on.
const HIDDEN: &str = "model.hidden.";

impl Tuning {
    /// The configuration at a point.
    ///
    /// # Errors
    /// If a key is unknown, or a value does not fit it.
    pub fn configuration(&self, point: &Point) -> Result<Configuration, PointError> {
        let values = point.iter().map(|(name, parameter)| (name, parameter.value().clone()));
        self.settled(values)
    }

    /// Configurations with the first and the last value of each dimension in turn: each that a mistake in a file would
    /// make wrong is among them.
    pub(super) fn corners(&self) -> Result<Vec<Configuration>, PointError> {
        let mut corners = vec![self.settled([])?];
        let first: BTreeMap<_, _> = self
            .study
            .space
            .dimensions()
            .map(|(name, distribution)| (name, ends(distribution)[0].clone()))
            .collect();
        for (name, distribution) in self.study.space.dimensions() {
            for value in ends(distribution) {
                let others =
                    first.iter().filter(|(other, _)| other.starts_with(HIDDEN) && name.starts_with(HIDDEN));
                let mut values: BTreeMap<_, _> = others.map(|(name, value)| (*name, value.clone())).collect();
                values.insert(name, value);
                corners.push(self.settled(values)?);
            }
        }
        Ok(corners)
    }

    fn settled<'a>(
        &'a self,
        point: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Result<Configuration, PointError> {
        let mut configuration = Configuration::paper(self.model);
        configuration.training.epochs = self.epochs;
        let own = self.settings.iter().map(|(key, value)| (key.as_str(), value.clone()));
        let mut settings: Vec<_> = own.chain(point).collect();
        let hidden = hidden(&settings);
        settings.retain(|(key, _)| !is_width(key));
        settings.extend(hidden.map(|widths| ("model.hidden", widths)));
        // Another kind changes the keys beside it.
        settings.sort_by_key(|(key, _)| key.rsplit('.').next() != Some("kind"));
        for (key, value) in settings {
            configuration = Setting::new(key, value)
                .and_then(|setting| setting.apply(&configuration))
                .map_err(|error| PointError { key: key.to_string(), error: Box::new(error) })?;
        }
        Ok(configuration)
    }
}

/// Widths of hidden layers, if dimensions say them.
fn hidden(settings: &[(&str, Value)]) -> Option<Value> {
    let value = |name: &str| settings.iter().rev().find(|(key, _)| *key == name).map(|(_, value)| value);
    if let (Some(layers), Some(units)) = (value(LAYERS).and_then(Value::as_u64), value(UNITS)) {
        return Some(vec![units.clone(); layers as usize].into());
    }
    let mut widths: Vec<(u32, &Value)> =
        settings.iter().filter_map(|(key, value)| Some((place(key)?, value))).collect();
    widths.sort_by_key(|(place, _)| *place);
    let depth = value(LAYERS).and_then(Value::as_u64);
    let depth = depth.map_or(widths.len(), |layers| widths.len().min(layers as usize));
    (!widths.is_empty()).then(|| widths[..depth].iter().map(|(_, width)| (*width).clone()).collect())
}

/// The number of a hidden layer in a key such as `model.hidden.2`.
fn place(key: &str) -> Option<u32> {
    key.strip_prefix(HIDDEN)?.parse().ok()
}

/// Whether a key says the widths of hidden layers.
fn is_width(key: &str) -> bool {
    key == LAYERS || key == UNITS || place(key).is_some()
}

/// Values that stand for all: every choice, or the ends of a range.
fn ends(distribution: &Distribution) -> Vec<Value> {
    match distribution {
        Distribution::Categorical { choices } => choices.clone(),
        Distribution::Int { low, high, .. } => vec![(*low).into(), (*high).into()],
        Distribution::Float { low, high, .. } => vec![(*low).into(), (*high).into()],
    }
}
