//! The catalog: every network, attack, defence, rule, optimiser, schedule, dataset and experiment that a program knows.
//!
//! A program of your own adds its kinds to the built-in ones:
//!
//! ```
//! # use tinderbox::catalog::Catalog;
//! let catalog = Catalog::default();
//! assert!(catalog.networks.kinds().any(|kind| kind == "cnn"));
//! // catalog.network::<MyConfig>()?.perturbation::<Rotation>()?
//! ```

mod network;
mod paper;

use std::path::Path;
use std::sync::Arc;

use tinderbox_data::{AddFormatError, Datasets, Format, ManifestError};
use tinderbox_models::NetworkConfig;
use tinderbox_training::ensemble::Rule;
use tinderbox_training::family::Member;
use tinderbox_training::learner::{Defence, Optimizer, Schedule};
use tinderbox_training::perturbation::Perturbation;
use tinderbox_training::{AddKindError, Kinds};

pub(crate) use paper::PAPER;

pub use network::{AnyNetwork, AnyTrained, LoadError, Networks};

/// Everything that a program can name in its files and on its command line.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Networks.
    pub networks: Networks,
    /// Perturbations, defences, ensemble rules, optimisers and schedules.
    pub kinds: Kinds,
    /// Datasets and the formats of their files.
    pub datasets: Datasets,
    /// Experiments, by the name of their file, each with its text.
    experiments: Vec<(String, String)>,
}

/// Why something cannot be added to a catalog.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Another network has its name.
    #[error("network `{0}` already exists; choose another name")]
    Network(&'static str),
    /// A network of this name could not be named in a file.
    #[error("network {0:?}: a name has 1 to 64 lower-case letters, digits and -; choose another name")]
    NetworkName(&'static str),
    /// Another kind of its family has its name, or no file could name it so.
    #[error(transparent)]
    Kind(#[from] AddKindError),
    /// The format cannot be added.
    #[error(transparent)]
    Format(#[from] AddFormatError),
    /// The manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl Default for Catalog {
    /// What is built in: the kinds of this project's crates, and the paper's experiments.
    fn default() -> Self {
        let experiments = PAPER.iter().map(|(path, text)| ((*path).to_string(), (*text).to_string()));
        Self {
            networks: Networks::built_in(),
            kinds: Kinds::default(),
            datasets: Datasets::default(),
            experiments: experiments.collect(),
        }
    }
}

impl Catalog {
    /// With a network.
    ///
    /// # Errors
    /// If its name is taken or invalid.
    pub fn network<C: NetworkConfig>(mut self) -> Result<Self, CatalogError> {
        self.networks.add::<C>()?;
        Ok(self)
    }

    /// With a perturbation: an attack, or a change that does not depend on the model.
    ///
    /// # Errors
    /// If its name is taken or invalid.
    pub fn perturbation<K: Member<dyn Perturbation>>(mut self) -> Result<Self, CatalogError> {
        self.kinds.perturbations.add::<K>()?;
        Ok(self)
    }

    /// With a defence.
    ///
    /// # Errors
    /// If its name is taken or invalid.
    pub fn defence<K: Member<dyn Defence>>(mut self) -> Result<Self, CatalogError> {
        self.kinds.defences.add::<K>()?;
        Ok(self)
    }

    /// With a rule for ensembles.
    ///
    /// # Errors
    /// If its name is taken or invalid.
    pub fn rule<K: Member<dyn Rule>>(mut self) -> Result<Self, CatalogError> {
        self.kinds.rules.add::<K>()?;
        Ok(self)
    }

    /// With an optimiser.
    ///
    /// # Errors
    /// If its name is taken or invalid.
    pub fn optimizer<K: Member<dyn Optimizer>>(mut self) -> Result<Self, CatalogError> {
        self.kinds.optimizers.add::<K>()?;
        Ok(self)
    }

    /// With a schedule of learning rates.
    ///
    /// # Errors
    /// If its name is taken or invalid.
    pub fn schedule<K: Member<dyn Schedule>>(mut self) -> Result<Self, CatalogError> {
        self.kinds.schedules.add::<K>()?;
        Ok(self)
    }

    /// With a format of data files, for manifests that are added after it.
    ///
    /// # Errors
    /// If its name is taken or invalid.
    pub fn format(mut self, format: impl Format + 'static) -> Result<Self, CatalogError> {
        self.datasets.add_format(Arc::new(format))?;
        Ok(self)
    }

    /// With a dataset; `path` is where the manifest comes from, for messages.
    ///
    /// # Errors
    /// If the manifest is wrong, or its name is taken.
    pub fn dataset(mut self, path: &str, manifest: &str) -> Result<Self, CatalogError> {
        self.datasets.add_manifest(manifest, Path::new(path))?;
        Ok(self)
    }

    /// With an experiment; `path` is where the text comes from, for messages. It is read when a command needs it.
    #[must_use]
    pub fn experiment(mut self, path: &str, text: &str) -> Self {
        self.experiments.push((path.to_string(), text.to_string()));
        self
    }

    /// The experiments, each with the name of its file.
    pub fn experiments(&self) -> impl Iterator<Item = (&str, &str)> {
        self.experiments.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }
}
