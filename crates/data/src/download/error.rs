//! Why a file was not downloaded: what each mirror did, or what the disk says.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use ureq::http::StatusCode;

use crate::checksum::Checksum;

/// Why a file was not downloaded.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// No mirror gave it.
    #[error("{name} could not be downloaded: {}", join(.failures))]
    Mirrors {
        /// The file.
        name: String,
        /// One for each mirror.
        failures: Vec<Failure>,
    },
    /// The disk is full.
    #[error("no space left to write {}, which takes {size} bytes; free some and try again", .path.display())]
    DiskFull {
        /// The file being written.
        path: PathBuf,
        /// Bytes of the whole file.
        size: u64,
    },
    /// The file cannot be stored.
    #[error("{} cannot be written: {reason}", .path.display())]
    Storage {
        /// The file being written.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

/// Why a mirror did not give a file.
#[derive(Debug, thiserror::Error)]
#[error("{address}: {reason}")]
pub struct Failure {
    pub(super) address: String,
    pub(super) reason: Reason,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Reason {
    #[error(transparent)]
    Request(ureq::Error),
    #[error("the server answered {0}")]
    Status(StatusCode),
    #[error("the server returned the wrong range; expected bytes {0}-")]
    Range(u64),
    #[error("the server offers {offered} bytes, expected {size}")]
    Size { offered: u64, size: u64 },
    #[error("the server sends more than the expected {0} bytes")]
    Oversize(u64),
    #[error("no byte came for {} s, after {received} of {size}", .limit.as_secs_f32())]
    Stalled { limit: Duration, received: u64, size: u64 },
    #[error("{came} bytes came in {} s, after {received} of {size}, expected at least {expected}", .limit.as_secs_f32())]
    Slow { came: u64, expected: u64, limit: Duration, received: u64, size: u64 },
    #[error("not complete after {} s", .0.as_secs_f32())]
    Late(Duration),
    #[error("the connection broke after {received} of {size} bytes: {reason}")]
    Broken { received: u64, size: u64, reason: ureq::Error },
    #[error("the connection ended after {received} of {size} bytes")]
    Short { received: u64, size: u64 },
    #[error("the bytes have the SHA-256 {found}, expected {expected}")]
    Checksum { found: Checksum, expected: Checksum },
}

fn join(failures: &[Failure]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
