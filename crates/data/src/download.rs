//! Downloads: one file, from the first mirror that gives the right bytes.
//!
//! Bytes go to `NAME.part`, from which a later attempt resumes; only a complete file with the right checksum is renamed to
//! `NAME`. A file `.lock` is left in the folder: processes wait for each other on it.

mod error;
mod rate;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::Agent;
use ureq::http::{Response, StatusCode, header};

use self::error::Reason;
use self::rate::Rate;
use crate::checksum::Checksum;
use crate::lock::lock_file;
use crate::manifest::DataFile;
use crate::verify::{State, state};

pub use self::error::{DownloadError, Failure};

/// The progress of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file.
    pub name: &'a str,
    /// Where its bytes come from.
    pub address: &'a str,
    /// Bytes received, including those of an earlier attempt.
    pub received: u64,
    /// Bytes of the whole file.
    pub size: u64,
}

/// Downloads `file` into `folder`, which is created if it is missing, and returns its path.
///
/// A file with the right checksum is kept, one with another checksum is replaced. Never writes more
/// than the file's size. Of several processes one downloads and the others wait for it. A mirror is given up when no
/// connection comes about in 10 s, no byte comes in 30 s, or fewer than 4 KiB/s come over 30 s: so a download ends after
/// 40 s and what its file takes at that rate, at the latest, per mirror.
///
/// # Errors
/// If no mirror gives the file, or it cannot be stored.
pub fn download(
    file: &DataFile,
    folder: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<PathBuf, DownloadError> {
    Download { file, folder, connect: CONNECT, stall: STALL, slowest: SLOWEST }.run(progress)
}

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest wait for the next byte, and the time over which the rate is measured.
const STALL: Duration = Duration::from_secs(30);
/// Bytes per second below which a server is given up. A modem of the nineties was as fast.
const SLOWEST: u64 = 4 * 1024;
const PIECE: usize = 64 * 1024;

struct Download<'a> {
    file: &'a DataFile,
    folder: &'a Path,
    /// As [`CONNECT`].
    connect: Duration,
    /// As [`STALL`].
    stall: Duration,
    /// As [`SLOWEST`].
    slowest: u64,
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
        if matches!(state(self.file, &self.path()), State::Ok) {
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

    /// Usable bytes of an earlier attempt.
    fn kept(&self) -> io::Result<u64> {
        match fs::metadata(self.part()) {
            #[cfg(unix)]
            Ok(part) if std::os::unix::fs::FileTypeExt::is_fifo(&part.file_type()) => {
                Err(io::Error::other(format!("{} is a pipe, expected a file", self.part().display())))
            }
            Ok(part) if part.len() <= self.file.size => Ok(part.len()),
            Ok(_) => fs::remove_file(self.part()).map(|()| 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Fills the part file from `kept` on.
    fn receive(&self, address: &str, kept: u64, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(), Stop> {
        let size = self.file.size;
        let mut response = self.request(address, kept).map_err(|error| match error {
            ureq::Error::Timeout(ureq::Timeout::Global) => Reason::Late(self.longest()),
            error => Reason::Request(error),
        })?;
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
        let mut rate = Rate::new(self.stall, self.slowest);
        loop {
            progress(Progress { name: &self.file.name, address, received, size });
            let length = body.read(&mut piece).map_err(|error| match ureq::Error::from(error) {
                ureq::Error::Timeout(ureq::Timeout::Global) => Reason::Late(self.longest()),
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
            if let Some((came, expected)) = rate.too_slow(length as u64) {
                return Err(Reason::Slow { came, expected, limit: self.stall, received, size }.into());
            }
        }
        if received < size { Err(Reason::Short { received, size }.into()) } else { Ok(()) }
    }

    /// Longest time that a mirror gets: what the slowest takes for the whole file, and the waits before its first byte.
    fn longest(&self) -> Duration {
        let transfer = Duration::from_secs_f64(self.file.size as f64 / self.slowest as f64);
        self.connect.saturating_add(self.stall).saturating_add(transfer)
    }

    fn request(&self, address: &str, kept: u64) -> Result<Response<ureq::Body>, ureq::Error> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("tinderbox/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(self.longest()))
            .timeout_resolve(Some(self.connect))
            .timeout_connect(Some(self.connect))
            .timeout_recv_response(Some(self.stall))
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
        let file = lock_file(&self.folder.join(".lock"))?;
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
