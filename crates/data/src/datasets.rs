//! The datasets that a program knows: built-in ones and its own.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use crate::choice::{Choice, RESERVED};
use crate::format::{Format, built_in};
use crate::images::ImageSpec;
use crate::manifest::{Manifest, ManifestError, Reason, is_name};
use crate::{nearest, stand_in};

/// The datasets that a program knows, and the formats of their files.
///
/// [`Datasets::default`] has the built-in ones. A program adds its own:
///
/// ```
/// # use std::path::Path;
/// # use tinderbox_data::{Datasets, ManifestError};
/// # let text = format!("
/// #     name = 'mnist'
/// #     title = 'MNIST digits'
/// #     shape = {{ channels = 1, height = 28, width = 28 }}
/// #     classes = 10
/// #     values = {{ low = 0, high = 255 }}
/// #     format = 'idx'
/// #     licence = 'CC BY-SA 3.0'
/// #     citation = 'LeCun et al., 1998'
/// #     training = {{ images = 60000, files = [
/// #         {{ name = 'a', mirrors = ['http://a'], sha256 = '{0:064}', size = 1 }},
/// #         {{ name = 'b', mirrors = ['http://b'], sha256 = '{0:064}', size = 1 }},
/// #     ] }}
/// #     test = {{ images = 10000, files = [
/// #         {{ name = 'c', mirrors = ['http://c'], sha256 = '{0:064}', size = 1 }},
/// #         {{ name = 'd', mirrors = ['http://d'], sha256 = '{0:064}', size = 1 }},
/// #     ] }}", 0);
/// let mut datasets = Datasets::default();
/// datasets.add_manifest(&text, Path::new("mnist.toml"))?;
/// assert_eq!(datasets.get("mnist").expect("just added").shape.to_string(), "1x28x28");
/// # Ok::<(), ManifestError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Datasets {
    formats: Vec<Arc<dyn Format>>,
    known: Vec<Known>,
}

/// A manifest and the format of its files.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) manifest: Manifest,
    pub(crate) format: Arc<dyn Format>,
}

/// Error of adding a format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddFormatError {
    /// Its name cannot be written in a manifest.
    #[error("name of a format {0:?}, expected lower-case letters, digits and -, at most 64")]
    Name(String),
    /// Another format has its name.
    #[error("format `{0}` already exists; choose another name")]
    Taken(String),
}

/// Error of a dataset that a program does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("dataset {name:?} is unknown, {known}")]
pub struct UnknownDataset {
    name: String,
    known: String,
}

/// The dataset that [`Choice::Auto`] asks for first.
const PREFERRED: &str = "usps";

const BUILT_IN: [(&str, &str); 1] = [("datasets/usps.toml", include_str!("../datasets/usps.toml"))];

impl Default for Datasets {
    /// The built-in formats and manifests.
    fn default() -> Self {
        let mut datasets = Self { formats: built_in(), known: Vec::new() };
        for (path, text) in BUILT_IN {
            datasets.add_manifest(text, Path::new(path)).expect("a test adds every built-in manifest");
        }
        datasets
    }
}

impl Datasets {
    /// Adds a format, for manifests that are added later.
    ///
    /// # Errors
    /// If its name is taken, or is not made of lower-case letters, digits and `-`.
    pub fn add_format(&mut self, format: Arc<dyn Format>) -> Result<&mut Self, AddFormatError> {
        let name = format.name();
        if !is_name(name) {
            return Err(AddFormatError::Name(name.to_owned()));
        }
        if self.formats.iter().any(|known| known.name() == name) {
            return Err(AddFormatError::Taken(name.to_owned()));
        }
        self.formats.push(format);
        Ok(self)
    }

    /// Reads a manifest and adds it; `path` is where `text` comes from, for messages only.
    ///
    /// # Errors
    /// If the manifest is wrong, its name is taken or reserved, or its format is unknown or refuses it.
    pub fn add_manifest(&mut self, text: &str, path: &Path) -> Result<&mut Self, ManifestError> {
        let manifest = Manifest::parse(text, path)?;
        let known = self.check(manifest, text).map_err(|reason| ManifestError::new(path, reason))?;
        self.known.push(known);
        Ok(self)
    }

    /// All manifests: the built-in ones, then those that were added.
    pub fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        self.known.iter().map(|known| &known.manifest)
    }

    /// The manifest called `name`.
    ///
    /// # Errors
    /// If there is none; the message has the names of all.
    pub fn get(&self, name: &str) -> Result<&Manifest, UnknownDataset> {
        self.known(name, &[]).map(|known| &known.manifest)
    }

    /// Size and classes of the images that `choice` means, without reading any.
    ///
    /// For [`Choice::Auto`] they are the same whether USPS is found or the stand-in digits are used.
    ///
    /// # Errors
    /// If there is no such dataset.
    pub fn spec(&self, choice: &Choice) -> Result<ImageSpec, UnknownDataset> {
        Ok(self.resolve(choice)?.map_or(stand_in::SPEC, |known| known.manifest.spec()))
    }

    /// The name of the dataset with this [fingerprint](Manifest::fingerprint), 64 hexadecimal digits; `stand-in` has one
    /// too.
    pub fn name_of(&self, fingerprint: &str) -> Option<&str> {
        let known = self.manifests().map(|manifest| (manifest.fingerprint(), manifest.name.as_str()));
        known
            .chain([(stand_in::fingerprint(), stand_in::NAME)])
            .find_map(|(known, name)| (known.to_string() == fingerprint).then_some(name))
    }

    /// The dataset of `choice`, `None` for the stand-in digits; of [`Choice::Auto`], the one to look for first.
    pub(crate) fn resolve(&self, choice: &Choice) -> Result<Option<&Known>, UnknownDataset> {
        match choice {
            Choice::Auto => self.known(PREFERRED, &RESERVED).map(Some),
            Choice::Named(name) => self.known(name, &RESERVED).map(Some),
            Choice::StandIn => Ok(None),
        }
    }

    /// The dataset called `name`, where the words `others` would be allowed, too.
    fn known(&self, name: &str, others: &[&str]) -> Result<&Known, UnknownDataset> {
        self.known.iter().find(|known| known.manifest.name == name).ok_or_else(|| {
            let names = self.manifests().map(|manifest| manifest.name.as_str());
            let names: Vec<&str> = others.iter().copied().chain(names).collect();
            UnknownDataset { name: name.to_owned(), known: nearest::expected(name, &names) }
        })
    }

    fn check(&self, manifest: Manifest, text: &str) -> Result<Known, Reason> {
        if RESERVED.contains(&manifest.name.as_str()) {
            return Err(Reason::Reserved(manifest.name));
        }
        if self.get(&manifest.name).is_ok() {
            return Err(Reason::Taken(manifest.name));
        }
        let Some(format) = self.formats.iter().find(|format| format.name() == manifest.format) else {
            let names: Vec<&str> = self.formats.iter().map(|format| format.name()).collect();
            let expected = nearest::expected(&manifest.format, &names);
            let message = format!("unknown format `{}`, {expected}", manifest.format);
            return Err(Reason::Format(mark_format(text, &message)));
        };
        for (name, part) in manifest.parts() {
            format.check(&manifest, part).map_err(|reason| Reason::Part(name, reason))?;
        }
        Ok(Known { manifest, format: Arc::clone(format) })
    }
}

/// `message` under the line of the manifest `text` that names the format, as TOML's own errors look.
fn mark_format(text: &str, message: &str) -> String {
    #[derive(Deserialize)]
    struct Head {
        format: Spanned<String>,
    }
    let Ok(Head { format }) = toml::from_str(text) else { return message.to_owned() };
    let (before, after) = text.split_at(format.span().start);
    let (line, column) = (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or("").len());
    let (start, end) = (before.len() - column, after.find('\n').map_or(text.len(), |end| before.len() + end));
    let (margin, source) = (" ".repeat(line.to_string().len()), text[start..end].trim_end());
    let carets = "^".repeat(format.span().len());
    let indent = " ".repeat(column);
    let column = column + 1;
    format!(
        "TOML parse error at line {line}, column {column}\n{margin} |\n{line} | {source}\n{margin} | {indent}{carets}\n{message}"
    )
}

#[cfg(test)]
impl Datasets {
    /// The same, with `manifest` in place of the one with its name.
    pub(crate) fn with(mut self, manifest: Manifest) -> Self {
        let known = self.known.iter_mut().find(|known| known.manifest.name == manifest.name);
        known.expect("a known name").manifest = manifest;
        self
    }
}

#[cfg(test)]
mod tests;
