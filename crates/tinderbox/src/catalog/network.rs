//! Networks whose type is known only at run time: what training, weights files and attacks need of each.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use burn::prelude::Device;
use serde_json::{Map, Value};
use tinderbox_data::{ImageSpec, Shape};
use tinderbox_models::{ConfigError, Input, NetworkConfig, NetworkVisitor, Summary, check_network, weights};
use tinderbox_training::family::is_name;
use tinderbox_training::learner::{Fitted, Learner, LearnerError, Observer, Splits};
use tinderbox_training::perturbation::Victim;

use super::CatalogError;
use crate::json;

/// The settings of a network of some kind, checked.
pub trait AnyNetwork: Debug + Send + Sync {
    /// Name of the kind.
    fn kind(&self) -> &'static str;

    /// The settings as a file holds them, `kind` among them.
    fn settings(&self) -> Value;

    /// The images that it takes.
    fn input(&self) -> Input;

    /// Scores given to each image.
    fn classes(&self) -> usize;

    /// The layers and their cost.
    fn summary(&self) -> Summary;

    /// Estimated nanoseconds of training for one image, without the optimiser's step.
    fn nanoseconds(&self) -> f64;

    /// Draws a network on `device`; `device.seed` before it determines the weights.
    fn init(&self, device: &Device) -> Box<dyn AnyTrained>;

    /// Draws a network and trains it.
    ///
    /// # Errors
    /// As [`Learner::fit`].
    fn fit(
        &self,
        learner: &Learner,
        device: &Device,
        splits: &Splits,
        observer: &mut dyn Observer,
    ) -> Result<Fitted<Box<dyn AnyTrained>>, LearnerError>;
}

/// A network of some kind with its weights.
pub trait AnyTrained {
    /// A frozen copy, to evaluate and attack.
    fn victim(&self) -> Victim;

    /// Writes its weights to `path`, with a note.
    ///
    /// # Errors
    /// If the file cannot be written; an existing file at `path` is then unchanged.
    fn save(&self, note: &Value, path: &Path) -> Result<(), weights::WeightsError>;
}

/// The kinds of networks that a program knows.
#[derive(Debug, Clone)]
pub struct Networks(Vec<Row>);

/// What a program asks of a kind, made for its type.
#[derive(Debug, Clone, Copy)]
struct Row {
    kind: &'static str,
    default: fn([usize; 3], usize) -> Value,
    read: fn(Value) -> Result<Arc<dyn AnyNetwork>, String>,
    load: fn(&Path, &Device) -> Result<Loaded, weights::WeightsError>,
}

/// A network of a weights file, with its settings.
type Loaded = (Arc<dyn AnyNetwork>, Box<dyn AnyTrained>);

impl Networks {
    /// The networks of `tinderbox-models`.
    pub(super) fn built_in() -> Self {
        struct Rows(Vec<Row>);
        impl NetworkVisitor for Rows {
            fn visit<C: NetworkConfig>(&mut self) {
                self.0.push(Row::new::<C>());
            }
        }
        let mut rows = Rows(Vec::new());
        tinderbox_models::each_network(&mut rows);
        Self(rows.0)
    }

    pub(super) fn add<C: NetworkConfig>(&mut self) -> Result<(), CatalogError> {
        if !is_name(C::KIND) {
            return Err(CatalogError::NetworkName(C::KIND));
        }
        if self.row(C::KIND).is_some() {
            return Err(CatalogError::Network(C::KIND));
        }
        self.0.push(Row::new::<C>());
        Ok(())
    }

    /// The names of the kinds.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.0.iter().map(|row| row.kind)
    }

    /// The default settings of a kind for such images; `None` if there is no such kind.
    pub fn default_settings(&self, kind: &str, images: ImageSpec) -> Option<Value> {
        let Shape { channels, height, width } = images.shape;
        self.row(kind).map(|row| (row.default)([channels, height, width], images.classes))
    }

    /// The network that settings with a `kind` describe, checked.
    ///
    /// # Errors
    /// With a message, if there is no such kind, or its settings are wrong.
    pub fn read(&self, settings: &Value) -> Result<Arc<dyn AnyNetwork>, String> {
        let mut own: Map<String, Value> =
            settings.as_object().cloned().ok_or_else(|| "expected a table with a `kind`".to_string())?;
        let kind = own.remove("kind").unwrap_or_default();
        let kind = kind.as_str().ok_or_else(|| "`kind` is missing".to_string())?;
        let row = self.row(kind).ok_or_else(|| self.unknown(kind))?;
        (row.read)(own.into())
    }

    /// The network of a weights file, onto `device`.
    ///
    /// # Errors
    /// If the file is damaged, or of a kind that is not known here.
    pub fn load(&self, path: &Path, device: &Device) -> Result<Loaded, LoadError> {
        let kind = weights::kind(path)?;
        match self.row(&kind) {
            Some(row) => Ok((row.load)(path, device)?),
            None => Err(LoadError::Kind { path: path.display().to_string(), reason: self.unknown(&kind) }),
        }
    }

    fn row(&self, kind: &str) -> Option<&Row> {
        self.0.iter().find(|row| row.kind == kind)
    }

    fn unknown(&self, kind: &str) -> String {
        let kinds: Vec<&str> = self.kinds().collect();
        format!("unknown kind of network {kind:?}; expected one of {}", kinds.join(", "))
    }
}

/// Why a weights file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error(transparent)]
    Weights(#[from] weights::WeightsError),
    /// Its network is of a kind that this program does not know.
    #[error("{path}: {reason}")]
    Kind {
        /// The file.
        path: String,
        /// Its kind, and those that are known.
        reason: String,
    },
}

impl Row {
    fn new<C: NetworkConfig>() -> Self {
        Self {
            kind: C::KIND,
            default: |shape, classes| with_kind::<C>(&C::for_images(shape, classes)),
            read: |settings| {
                let config: C = serde_json::from_value(settings).map_err(|error| error.to_string())?;
                check_network(&config).map_err(|error: ConfigError| error.to_string())?;
                Ok(Arc::new(Settings(config)))
            },
            load: |path, device| {
                let (config, network) = weights::load::<C>(path, device)?;
                Ok((Arc::new(Settings(config.clone())), Box::new(Trained { config, network })))
            },
        }
    }
}

fn with_kind<C: NetworkConfig>(config: &C) -> Value {
    let mut settings = json::value(config);
    settings["kind"] = C::KIND.into();
    settings
}

#[derive(Debug)]
struct Settings<C>(C);

impl<C: NetworkConfig> AnyNetwork for Settings<C> {
    fn kind(&self) -> &'static str {
        C::KIND
    }

    fn settings(&self) -> Value {
        with_kind(&self.0)
    }

    fn input(&self) -> Input {
        self.0.input()
    }

    fn classes(&self) -> usize {
        self.0.classes()
    }

    fn summary(&self) -> Summary {
        self.0.summary()
    }

    fn nanoseconds(&self) -> f64 {
        self.0.nanoseconds()
    }

    fn init(&self, device: &Device) -> Box<dyn AnyTrained> {
        Box::new(Trained::<C> { config: self.0.clone(), network: self.0.init(device) })
    }

    fn fit(
        &self,
        learner: &Learner,
        device: &Device,
        splits: &Splits,
        observer: &mut dyn Observer,
    ) -> Result<Fitted<Box<dyn AnyTrained>>, LearnerError> {
        let fitted = learner.fit(|device| self.0.init(device), device, splits, observer)?;
        Ok(fitted.map(|network| -> Box<dyn AnyTrained> {
            Box::new(Trained::<C> { config: self.0.clone(), network })
        }))
    }
}

struct Trained<C: NetworkConfig> {
    config: C,
    network: C::Network,
}

impl<C: NetworkConfig> AnyTrained for Trained<C> {
    fn victim(&self) -> Victim {
        Victim::freeze(&self.network)
    }

    fn save(&self, note: &Value, path: &Path) -> Result<(), weights::WeightsError> {
        weights::save_with_note(&self.network, &self.config, note, path)
    }
}
