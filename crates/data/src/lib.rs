#![doc = include_str!("../README.md")]

mod images;

mod dataset;
mod manifest;
mod regular;
mod snapshot;

mod destination;
mod lock;
mod replace;

mod checksum;
mod download;
mod fetch;
mod find;
mod verify;

mod stand_in;
mod usps;

mod split;
mod strata;

#[cfg(test)]
mod test_server;

pub use checksum::{Checksum, ChecksumError};
pub use dataset::{Choice, ChoiceError, Dataset, LoadError, Origin, load};
pub use destination::{Destination, DestinationError};
pub use download::{DownloadError, Failure, Progress, download};
pub use fetch::{FetchError, fetch};
pub use find::{FindError, Listed, Place, Places, find, list};
pub use images::{Images, ImagesError, Shape};
pub use lock::lock_file;
pub use manifest::{DataFile, Format, Manifest, ManifestError, ValueRange, manifest, manifests};
pub use replace::{replace, sweep};
pub use snapshot::{MOST_SNAPSHOT_BYTES, SnapshotError, read_snapshot, write_snapshot};
pub use split::{Protocol, ProtocolError, Split, SplitError, VALIDATION_FRACTION, split};
pub use stand_in::stand_in;
pub use usps::UspsError;
pub use verify::{State, Verified, verify};
