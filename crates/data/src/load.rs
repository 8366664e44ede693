//! Loading a dataset: found or downloaded, verified, read.

use std::path::Path;

use crate::choice::Choice;
use crate::dataset::{Dataset, Origin};
use crate::datasets::{Datasets, Known, UnknownDataset};
use crate::download::Progress;
use crate::fetch::{FetchError, fetch};
use crate::find::Places;
use crate::format::{Format, FormatError};
use crate::images::Images;
use crate::manifest::{Manifest, Part};
use crate::stand_in::stand_in;

/// Error of loading a dataset.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no such dataset.
    #[error(transparent)]
    Unknown(#[from] UnknownDataset),
    /// Its files cannot be found or downloaded.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Its files cannot be read.
    #[error(transparent)]
    Read(#[from] FormatError),
}

/// Finds or downloads, verifies and reads the dataset of `choice`, which is one of `datasets`.
///
/// [`Choice::Auto`] falls back to [`stand_in`], with the reason, only when the files are nowhere and cannot be
/// downloaded; a wrong file in a folder that the user gave is an error all the same, and so is a file that
/// [`Places::data_dir`] lacks.
///
/// # Errors
/// If the dataset is unknown, or its files cannot be found, downloaded or read.
pub fn load(
    datasets: &Datasets,
    choice: &Choice,
    places: &Places,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Dataset, LoadError> {
    let Some(known) = datasets.resolve(choice)? else {
        return Ok(stand_in("the stand-in digits were asked for"));
    };
    match load_files(known, places, progress) {
        Err(LoadError::Fetch(reason @ (FetchError::NoCache(_) | FetchError::Download { .. })))
            if *choice == Choice::Auto =>
        {
            Ok(stand_in(reason.to_string()))
        }
        loaded => loaded,
    }
}

fn load_files(
    Known { manifest, format }: &Known,
    places: &Places,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Dataset, LoadError> {
    let folder = fetch(manifest, places, progress)?;
    Ok(Dataset {
        name: manifest.name.clone(),
        title: manifest.title.clone(),
        citation: manifest.citation.clone(),
        training: read(format.as_ref(), manifest, &manifest.training, &folder)?,
        test: read(format.as_ref(), manifest, &manifest.test, &folder)?,
        sha256: manifest.fingerprint().to_string(),
        origin: Origin::Files(folder),
    })
}

/// Reads a part, whose checksums are known to be right, and checks that the format gives what the manifest says.
pub(crate) fn read(
    format: &dyn Format,
    manifest: &Manifest,
    part: &Part,
    folder: &Path,
) -> Result<Images, FormatError> {
    let images = format.read(manifest, part, folder)?;
    if (images.len(), images.spec()) == (part.images, manifest.spec()) {
        return Ok(images);
    }
    let found = format!("{} images of {}", images.len(), images.spec());
    let expected = format!("{} of {}", part.images, manifest.spec());
    let reason = format!("format `{}` read {found}, expected {expected}", format.name());
    Err(FormatError::new(folder, reason))
}

#[cfg(test)]
mod tests;
