//! Downloads: one file, from the first mirror that gives the right bytes.
//!
//! Bytes go to `NAME.part`, which a later attempt takes up again; only a whole file with the right checksum gets its
//! name. A file `.lock` stays in the folder: it is how processes wait for each other.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::Agent;
use ureq::http::{Response, StatusCode, header};

use crate::checksum::Checksum;
use crate::manifest::DataFile;

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file.
    pub name: &'a str,
    /// Where its bytes come from.
    pub address: &'a str,
    /// Bytes that are here, those of an earlier attempt among them.
    pub received: u64,
    /// Bytes of the whole file.
    pub size: u64,
}

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
    address: String,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Request(ureq::Error),
    #[error("the server answers {0}")]
    Status(StatusCode),
    #[error("the server sends another part than bytes {0} and up")]
    Range(u64),
    #[error("the server offers {offered} bytes, expected {size}")]
    Size { offered: u64, size: u64 },
    #[error("the server sends more than the expected {0} bytes")]
    Oversize(u64),
    #[error("no byte came for {} s, after {received} of {size}", .limit.as_secs_f32())]
    Stalled { limit: Duration, received: u64, size: u64 },
    #[error("the connection broke after {received} of {size} bytes: {reason}")]
    Broken { received: u64, size: u64, reason: ureq::Error },
    #[error("the connection ended after {received} of {size} bytes")]
    Short { received: u64, size: u64 },
    #[error("the bytes have the SHA-256 {found}, expected {expected}")]
    Checksum { found: Checksum, expected: Checksum },
}

/// Downloads `file` into `folder`, which is made if need be, and returns its path.
///
/// A file that is there with the right checksum is left alone, one with another checksum is replaced. Never writes more
/// than the file's size. Of several processes one downloads and the others wait for it. There is no limit on the whole
/// time: a mirror is given up when no connection comes about in 10 s, or no byte comes in 30 s.
///
/// # Errors
/// If no mirror gives the file, or it cannot be stored.
pub fn download(
    file: &DataFile,
    folder: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<PathBuf, DownloadError> {
    Download { file, folder, stall: STALL }.run(progress)
}

const CONNECT: Duration = Duration::from_secs(10);
const STALL: Duration = Duration::from_secs(30);
const PIECE: usize = 64 * 1024;

struct Download<'a> {
    file: &'a DataFile,
    folder: &'a Path,
    /// Longest wait for the next byte.
    stall: Duration,
}

/// What ends an attempt: another mirror may help, or none can.
enum Stop {
    Mirror(Reason),
    Storage(io::Error),
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Mirror(reason)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Storage(error)
    }
}

impl Download<'_> {
    fn run(&self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<PathBuf, DownloadError> {
        let _lock = self.lock().map_err(|reason| self.storage(reason))?;
        if Checksum::of_file(&self.path()).is_ok_and(|found| found == self.file.sha256) {
            return Ok(self.path());
        }
        let mut failures = Vec::new();
        for address in &self.file.mirrors {
            match self.attempt(address, progress) {
                Ok(()) => return Ok(self.path()),
                Err(Stop::Storage(reason)) => return Err(self.storage(reason)),
                Err(Stop::Mirror(reason)) => failures.push(Failure { address: address.clone(), reason }),
            }
        }
        Err(DownloadError::Mirrors { name: self.file.name.clone(), failures })
    }

    fn attempt(&self, address: &str, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(), Stop> {
        loop {
            let kept = self.kept()?;
            if kept < self.file.size {
                self.receive(address, kept, progress)?;
            }
            match self.finish() {
                // The bytes of an earlier attempt may be the bad ones; they are gone now.
                Err(Stop::Mirror(Reason::Checksum { .. })) if kept > 0 => {}
                finished => return finished,
            }
        }
    }

    /// Bytes of an earlier attempt that can be used.
    fn kept(&self) -> io::Result<u64> {
        match fs::metadata(self.part()) {
            Ok(part) if part.len() <= self.file.size => Ok(part.len()),
            Ok(_) => fs::remove_file(self.part()).map(|()| 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Fills the part file from `kept` on.
    fn receive(&self, address: &str, kept: u64, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(), Stop> {
        let size = self.file.size;
        let mut response = self.request(address, kept).map_err(Reason::Request)?;
        let mut received = first_byte(&response, kept)?;
        match response.body().content_length() {
            Some(offered) if received == 0 && offered != size => {
                return Err(Reason::Size { offered, size }.into());
            }
            _ => {}
        }
        let mut part = if received == 0 {
            File::create(self.part())?
        } else {
            OpenOptions::new().append(true).open(self.part())?
        };
        let mut body = response.body_mut().as_reader();
        let mut piece = vec![0; PIECE];
        loop {
            progress(Progress { name: &self.file.name, address, received, size });
            let length = body.read(&mut piece).map_err(|error| match ureq::Error::from(error) {
                ureq::Error::Timeout(_) => Reason::Stalled { limit: self.stall, received, size },
                reason => Reason::Broken { received, size, reason },
            })?;
            if length == 0 {
                break;
            }
            if received + length as u64 > size {
                fs::remove_file(self.part())?;
                return Err(Reason::Oversize(size).into());
            }
            part.write_all(&piece[..length])?;
            received += length as u64;
        }
        if received < size { Err(Reason::Short { received, size }.into()) } else { Ok(()) }
    }

    fn request(&self, address: &str, kept: u64) -> Result<Response<ureq::Body>, ureq::Error> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("tinderbox/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(self.stall))
            .timeout_per_write(Some(self.stall));
        // What this machine serves to itself, no proxy can reach.
        if address.starts_with("http://127.0.0.1:") {
            config = config.proxy(None);
        }
        let mut request = config.build().new_agent().get(address);
        if kept > 0 {
            request = request.header(header::RANGE, format!("bytes={kept}-"));
        }
        request.call()
    }

    /// Gives the part file its name, if its checksum is right; else removes it.
    fn finish(&self) -> Result<(), Stop> {
        let found = Checksum::of_file(&self.part())?;
        if found != self.file.sha256 {
            fs::remove_file(self.part())?;
            return Err(Reason::Checksum { found, expected: self.file.sha256 }.into());
        }
        File::options().write(true).open(self.part())?.sync_all()?;
        fs::rename(self.part(), self.path())?;
        // The name is safe only once the folder is; elsewhere than on Unix a folder cannot be opened.
        if cfg!(unix) {
            File::open(self.folder)?.sync_all()?;
        }
        Ok(())
    }

    /// Two processes must not write one part file. Some network file systems have no locks: there we do without.
    fn lock(&self) -> io::Result<File> {
        fs::create_dir_all(self.folder)?;
        let file = File::create(self.folder.join(".lock"))?;
        match file.lock() {
            Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error),
            _ => Ok(file),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(&self.file.name)
    }

    fn part(&self) -> PathBuf {
        self.folder.join(format!("{}.part", self.file.name))
    }

    fn storage(&self, reason: io::Error) -> DownloadError {
        match reason.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                DownloadError::DiskFull { path: self.path(), size: self.file.size }
            }
            _ => DownloadError::Storage { path: self.path(), reason },
        }
    }
}

fn join(failures: &[Failure]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Where the bytes of `response` begin: at 0, or at `kept` if the server took up the request for a range.
fn first_byte(response: &Response<ureq::Body>, kept: u64) -> Result<u64, Reason> {
    match response.status() {
        StatusCode::OK => Ok(0),
        StatusCode::PARTIAL_CONTENT if kept > 0 => {
            let range = response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
            let start = format!("bytes {kept}-");
            range.filter(|range| range.starts_with(&start)).map(|_| kept).ok_or(Reason::Range(kept))
        }
        status => Err(Reason::Status(status)),
    }
}

#[cfg(test)]
mod tests;
