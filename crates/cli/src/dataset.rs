//! The images of a command: which dataset, where it is, and a progress bar for its download.

use std::ffi::OsString;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tinderbox::catalog::Catalog;
use tinderbox::experiment::Defaults;
use tinderbox_data::{
    Checksum, Choice, Dataset, Datasets, LoadError, Origin, Places, Progress, UnknownDataset, read_snapshot,
};

use crate::commands::{Live, Row, note};

/// Which images, and where to look for them.
#[derive(Debug, Clone, clap::Args)]
pub struct DatasetArguments {
    /// `usps`, `stand-in` (the embedded digits), or `auto`: USPS if it is available, otherwise the stand-in
    #[arg(long, default_value = "auto", value_name = "NAME")]
    pub dataset: Choice,

    /// Folder with the dataset's files; nothing else is searched [default: `TINDERBOX_DATA_DIR`, the cache, then a
    /// download]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

impl DatasetArguments {
    /// The images. Says so on the terminal if other digits stand in.
    ///
    /// # Errors
    /// If they cannot be found or downloaded, or fail their checks.
    pub fn load(&self, datasets: &Datasets) -> Result<Dataset, DatasetError> {
        let places = places(self.data_dir.clone())?;
        if self.dataset == Choice::StandIn && self.data_dir.is_some() {
            return Err(DatasetError::NoEffect);
        }
        let mut bar = DownloadBar::default();
        let dataset =
            tinderbox_data::load(datasets, &self.dataset, &places, &mut |progress| bar.show(&progress))?;
        bar.clear();
        match &dataset.origin {
            Origin::StandIn { reason } => {
                note(format_args!("note: using stand-in digits, not USPS: {reason}"));
            }
            Origin::Files(folder) => {
                if let Some(passed) = passed_over(&places, folder) {
                    note(format_args!(
                        "note: {} is not in {} (TINDERBOX_DATA_DIR); found in {}",
                        dataset.name,
                        passed.display(),
                        folder.display()
                    ));
                }
            }
        }
        Ok(dataset)
    }

    /// Default settings for the images of this dataset.
    ///
    /// # Errors
    /// If there is no such dataset.
    pub fn defaults<'a>(&self, catalog: &'a Catalog) -> Result<Defaults<'a>, DatasetError> {
        Ok(Defaults { catalog, images: catalog.datasets.spec(&self.dataset)? })
    }
}

/// Why there are no images.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The given path is not a folder. Searching elsewhere would hide a typing error.
    #[error("--data-dir: {} is not a folder", .0.display())]
    NoFolder(PathBuf),
    /// The given folder cannot be read.
    #[error("--data-dir: {} cannot be read: {reason}", .folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        reason: Error,
    },
    /// `--data-dir` for the stand-in digits, which have no files.
    #[error("--data-dir has no effect with --dataset stand-in, which is built in; remove one of them")]
    NoEffect,
    /// There is no such dataset.
    #[error("--dataset: {0}")]
    Unknown(#[from] UnknownDataset),
    /// They cannot be found or downloaded, or fail their checks.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Where datasets are searched: the given folder, otherwise the places that the environment names.
///
/// # Errors
/// If the given path is not a folder, or cannot be read.
pub fn places(data_dir: Option<PathBuf>) -> Result<Places, DatasetError> {
    if let Some(folder) = &data_dir {
        match fs::metadata(folder) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(DatasetError::NoFolder(folder.clone())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(DatasetError::NoFolder(folder.clone()));
            }
            Err(reason) => return Err(DatasetError::Unreadable { folder: folder.clone(), reason }),
        }
    }
    Ok(Places::of_process(data_dir))
}

/// The folder of `TINDERBOX_DATA_DIR`, if it was looked into and the files were found elsewhere.
fn passed_over<'a>(places: &'a Places, found: &Path) -> Option<&'a Path> {
    let environment = places.environment.as_deref().filter(|_| places.data_dir.is_none())?;
    (!found.starts_with(environment)).then_some(environment)
}

/// Arguments that make a worker load exactly these images.
pub fn arguments_of(dataset: &Dataset) -> Vec<OsString> {
    // A value that is a word of its own might be read as an option.
    match &dataset.origin {
        Origin::Files(folder) => {
            let mut place = OsString::from("--data-dir=");
            place.push(folder);
            vec![format!("--dataset={}", dataset.name).into(), place]
        }
        Origin::StandIn { .. } => vec!["--dataset=stand-in".into()],
    }
}

/// The images of a run: from its snapshot with the checksum `sha256`, otherwise from `load`.
///
/// A missing or damaged snapshot costs time and prints a note; it never fails a trial.
///
/// # Errors
/// If the snapshot is missing or damaged, and `load` fails.
pub fn of_run(
    snapshot: &Path,
    sha256: Option<Checksum>,
    load: impl FnOnce() -> Result<Dataset, DatasetError>,
) -> Result<Dataset, DatasetError> {
    match sha256.map(|sha256| read_snapshot(snapshot, sha256)) {
        Some(Ok(dataset)) => return Ok(dataset),
        Some(Err(error)) => note(format_args!("note: {error}; reading the dataset's own files instead")),
        None => {}
    }
    load()
}

/// A row of progress for each file, shown on a terminal during its download.
#[derive(Default)]
pub struct DownloadBar {
    row: Arc<Mutex<Row>>,
    live: Option<Live>,
}

impl DownloadBar {
    /// Shows how far the download is.
    pub fn show(&mut self, progress: &Progress) {
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let (received, size) = (megabytes(progress.received), megabytes(progress.size));
        *lock(&self.row) = Row {
            label: progress.name.to_string(),
            share: received / size.max(f64::MIN_POSITIVE),
            pieces: vec![format!("{received:.1} of {size:.1} MB"), format!("from {}", progress.address)],
        };
        if self.live.is_none() {
            let row = Arc::clone(&self.row);
            self.live = Live::start(move || vec![lock(&row).clone()]);
        }
    }

    /// Removes the row.
    pub fn clear(&mut self) {
        self.live = None;
    }
}

fn lock(row: &Mutex<Row>) -> MutexGuard<'_, Row> {
    row.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tinderbox_data::{stand_in, write_snapshot};

    use super::*;

    /// How often the source is read for a snapshot that `change` has changed, and that is asked for if `asked`.
    fn loads(asked: bool, change: impl FnOnce(&Path)) -> usize {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("images.safetensors");
        let dataset = stand_in("a test");
        let sha256 = write_snapshot(&dataset, &path).expect("written");
        change(&path);
        let mut loads = 0;
        let found = of_run(&path, asked.then_some(sha256), || {
            loads += 1;
            Ok(dataset.clone())
        });
        assert!(found.expect("images") == dataset);
        loads
    }

    #[test]
    fn a_sound_snapshot_spares_the_source() {
        assert_eq!(loads(true, |_| {}), 0);
    }

    #[test]
    fn without_a_sound_snapshot_the_source_is_read_once() {
        let rewrite = |path: &Path, change: fn(&mut Vec<u8>)| {
            let mut bytes = fs::read(path).expect("read");
            change(&mut bytes);
            fs::write(path, bytes).expect("written");
        };
        assert_eq!(loads(false, |_| {}), 1);
        assert_eq!(loads(true, |path| fs::remove_file(path).expect("removed")), 1);
        assert_eq!(loads(true, |path| rewrite(path, |bytes| bytes.truncate(1000))), 1);
        assert_eq!(loads(true, |path| rewrite(path, |bytes| bytes[100_000] ^= 1)), 1);
        let other = || stand_in("another reason");
        assert_eq!(loads(true, |path| _ = write_snapshot(&other(), path).expect("written")), 1);
    }

    #[test]
    fn a_folder_of_the_environment_that_was_passed_over_is_noticed() {
        let places = |data_dir: Option<&str>| Places {
            data_dir: data_dir.map(PathBuf::from),
            environment: Some("/data".into()),
            cache: Some("/cache".into()),
        };
        let passed = |data_dir, found: &str| passed_over(&places(data_dir), Path::new(found)).is_some();
        assert!(passed(None, "/cache/usps"));
        assert!(!passed(None, "/data/usps") && !passed(None, "/data"));
        assert!(!passed(Some("/mine"), "/mine"));
    }
}
