#![doc = include_str!("../README.md")]

mod images;

mod choice;
mod dataset;
mod datasets;
mod format;
mod manifest;
mod nearest;
mod regular;
mod snapshot;

mod destination;
mod lock;
mod replace;

mod checksum;
mod download;
mod fetch;
mod find;
mod load;
mod verify;

mod stand_in;

mod split;
mod strata;

#[cfg(test)]
mod test_server;

pub use checksum::{Checksum, ChecksumError};
pub use choice::{Choice, ChoiceError};
pub use dataset::{Dataset, Origin};
pub use datasets::{AddFormatError, Datasets, UnknownDataset};
pub use destination::{Destination, DestinationError};
pub use download::{DownloadError, Failure, Progress, download};
pub use fetch::{FetchError, fetch};
pub use find::{FindError, Listed, Place, Places, find, list};
pub use format::{Format, FormatError, Position};
pub use images::{ImageSpec, Images, ImagesError, Shape};
pub use load::{LoadError, load};
pub use lock::lock_file;
pub use manifest::{DataFile, Manifest, ManifestError, Part, ValueRange};
pub use replace::{replace, sweep};
pub use snapshot::{MOST_SNAPSHOT_BYTES, SnapshotError, read_snapshot, write_snapshot};
pub use split::{Protocol, ProtocolError, Split, SplitError, VALIDATION_FRACTION, split};
pub use stand_in::stand_in;
pub use verify::{State, Verified, verify};
