//! A dataset: training and test images, and where they come from.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::images::Images;

/// Training and test images, and where they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// What a user types: `usps`, or `stand-in`.
    pub name: String,
    /// The name in prose and tables.
    pub title: String,
    /// What to cite.
    pub citation: String,
    /// The official training set.
    pub training: Images,
    /// The official test set.
    pub test: Images,
    /// Where the images come from.
    pub origin: Origin,
    /// One fingerprint for all files, see [`Manifest::fingerprint`](crate::Manifest::fingerprint): 64 hexadecimal digits.
    pub sha256: String,
}

/// Where images come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The dataset's own files, in this folder.
    Files(PathBuf),
    /// The embedded digits, see [`stand_in`](crate::stand_in()).
    StandIn {
        /// Why, in one line.
        reason: String,
    },
}
