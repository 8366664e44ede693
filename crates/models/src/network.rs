//! The networks of the paper behind one type, for programs that choose among them at run time.

use std::fmt;

use burn::prelude::*;
use serde::{Deserialize, Serialize};

use crate::check::{self, ConfigError, MOST_PARAMETERS};
use crate::{Classifier, Cnn, CnnConfig, Fcn, FcnConfig, LocalNet, LocalNetConfig, Summary};

/// Describes a [`Network`]; `kind` says which in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NetworkConfig {
    /// Fully connected.
    Fcn(FcnConfig),
    /// Convolutional.
    Cnn(CnnConfig),
    /// Locally connected.
    LocalNet(LocalNetConfig),
}

/// A network of one of the kinds.
#[derive(Module, Debug)]
pub enum Network {
    /// Fully connected.
    Fcn(Fcn),
    /// Convolutional.
    Cnn(Cnn),
    /// Locally connected.
    LocalNet(LocalNet),
}

/// The kinds of networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Fully connected.
    Fcn,
    /// Convolutional.
    Cnn,
    /// Locally connected.
    LocalNet,
}

impl NetworkConfig {
    /// The paper's network of this kind, for images of `[channels, height, width]`.
    pub fn paper(kind: Kind, [channels, height, width]: [usize; 3], classes: usize) -> Self {
        let filters = CnnConfig { channels, height, width, classes, ..CnnConfig::default() };
        match kind {
            Kind::Fcn => {
                Self::Fcn(FcnConfig { pixels: channels * height * width, classes, ..FcnConfig::default() })
            }
            Kind::Cnn => Self::Cnn(filters),
            Kind::LocalNet => Self::LocalNet(LocalNetConfig(filters)),
        }
    }

    /// Which network this describes.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Fcn(_) => Kind::Fcn,
            Self::Cnn(_) => Kind::Cnn,
            Self::LocalNet(_) => Kind::LocalNet,
        }
    }

    /// Refuses a configuration that no network can be made of.
    ///
    /// # Errors
    /// Names the first field that is out of its range, or the parameters if there are more than 2²⁶.
    pub fn check(&self) -> Result<(), ConfigError> {
        match self {
            Self::Fcn(config) => config.check()?,
            Self::Cnn(config) => config.check()?,
            Self::LocalNet(config) => config.check()?,
        }
        let parameters = self.summary().parameters();
        check::check(
            parameters <= MOST_PARAMETERS,
            "parameters",
            &parameters,
            "at most 67,108,864: are the sizes right?",
        )
    }

    /// Draws a new network on `device`.
    ///
    /// `device.seed` before it determines the weights.
    ///
    /// # Panics
    /// If [`check`](Self::check) refuses the configuration.
    pub fn init(&self, device: &Device) -> Network {
        match self {
            Self::Fcn(config) => Network::Fcn(config.init(device)),
            Self::Cnn(config) => Network::Cnn(config.init(device)),
            Self::LocalNet(config) => Network::LocalNet(config.init(device)),
        }
    }

    /// The layers and what they cost.
    pub fn summary(&self) -> Summary {
        match self {
            Self::Fcn(config) => config.summary(),
            Self::Cnn(config) => config.summary(),
            Self::LocalNet(config) => config.summary(),
        }
    }
}

impl Classifier for Network {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        match self {
            Self::Fcn(network) => network.logits(images),
            Self::Cnn(network) => network.logits(images),
            Self::LocalNet(network) => network.logits(images),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fcn => "fcn",
            Self::Cnn => "cnn",
            Self::LocalNet => "local-net",
        })
    }
}

#[cfg(test)]
mod tests;
