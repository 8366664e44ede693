//! The configuration that is trained at a point of a tuning's space.

use serde_json::Value;
use tinderbox_search::Point;

use super::Tuning;
use crate::experiment::{Configuration, Defaults, Setting, SettingError, fold};

/// A point that cannot be trained.
#[derive(Debug, thiserror::Error)]
#[error("dimension or setting `{key}`: {reason}{}", Help(.help.as_deref()))]
pub struct PointError {
    /// The dimension or setting that is wrong, as the file spells it where it does.
    pub(super) key: String,
    pub(super) reason: String,
    /// What to write instead.
    pub(super) help: Option<String>,
}

struct Help<'a>(Option<&'a str>);

impl std::fmt::Display for Help<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        self.0.map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl Tuning {
    /// The configuration at a point.
    ///
    /// # Errors
    /// If a key is unknown there, or a value does not fit it.
    pub fn configuration(&self, point: &Point, defaults: Defaults) -> Result<Configuration, PointError> {
        self.configurations(point, defaults).map_err(|mut errors| errors.swap_remove(0))
    }

    /// As [`configuration`](Self::configuration), with every error; there is at least one.
    pub(super) fn configurations(
        &self,
        point: &Point,
        defaults: Defaults,
    ) -> Result<Configuration, Vec<PointError>> {
        let settings = self.settings_at(point).map_err(|error| vec![error])?;
        self.lay(settings, defaults)
            .map_err(|errors| errors.iter().map(|error| self.blame(point, error, defaults)).collect())
    }

    /// The settings at a point, those of hidden layers made one list.
    pub(super) fn settings_at(&self, point: &Point) -> Result<Vec<(String, Value)>, PointError> {
        let own = self.settings.iter().map(|(key, value)| (key.clone(), value.clone()));
        let chosen = point.iter().map(|(name, parameter)| (name.to_string(), parameter.value().clone()));
        fold(own.chain(chosen).collect()).map_err(|(key, reason)| PointError { key, reason, help: None })
    }

    /// The paper's network with these settings.
    fn lay(
        &self,
        settings: Vec<(String, Value)>,
        defaults: Defaults,
    ) -> Result<Configuration, Vec<SettingError>> {
        let default = defaults.configuration(&self.model);
        let mut configuration = default.map_err(|error| {
            vec![SettingError::Value { key: "model".to_string(), reason: error.to_string() }]
        })?;
        configuration.training.epochs = self.epochs;
        let settings = settings.into_iter().map(|(key, value)| Setting::new(&key, value));
        let settings = settings.collect::<Result<Vec<_>, _>>().map_err(|error| vec![error])?;
        Setting::apply_each(&settings, &configuration, defaults)
    }

    /// The dimension or setting of `error`, and what to do.
    fn blame(&self, point: &Point, error: &SettingError, defaults: Defaults) -> PointError {
        let (key, reason, help) = error.words();
        let below =
            |short: &str, long: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'));
        let given = || point.keys().chain(self.settings.keys().map(String::as_str));
        let near = |name: &&str| below(name, key) || below(key, name);
        let blamed = given().find(|name| *name == key).or_else(|| given().find(near)).unwrap_or(key);
        // A key that another choice of the kind beside it has.
        let kind = key.rsplit_once('.').map(|(above, _)| format!("{above}.kind"));
        if let (SettingError::Unknown { .. }, Some(kind)) = (error, kind)
            && let Some(chosen) = point.get(&kind)
        {
            let last = key.rsplit('.').next().unwrap_or(key);
            let lacks = format!("{} of `{kind}` has no `{last}`", chosen.value());
            if let Some(when) = self.when(&kind, key, defaults) {
                return PointError { key: blamed.to_string(), reason: lacks, help: Some(when) };
            }
        }
        PointError { key: blamed.to_string(), reason, help }
    }

    /// The condition under which `kind` has `key`.
    fn when(&self, kind: &str, key: &str, defaults: Defaults) -> Option<String> {
        let (_, distribution) = self.study.space.dimensions().find(|(name, _)| *name == kind)?;
        let tinderbox_search::Distribution::Categorical { choices } = distribution else { return None };
        let has = |choice: &&Value| {
            let configuration = self.lay(vec![(kind.to_string(), (*choice).clone())], defaults);
            configuration.is_ok_and(|configuration| configuration.has(key))
        };
        let having: Vec<Value> = choices.iter().filter(has).cloned().collect();
        let when = format!("add when = {{ \"{kind}\" = {} }} to this dimension", Value::from(having.clone()));
        (!having.is_empty()).then_some(when)
    }
}
