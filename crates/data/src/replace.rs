//! A file that is written whole or not at all.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Writes `bytes` to a file beside `path`, which then takes its name: a reader sees the old file or the new one, and any
/// number of writers may be at it at a time.
///
/// # Errors
/// If the file cannot be written; then nothing is left beside `path`.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static WRITERS: AtomicUsize = AtomicUsize::new(0);
    let writer = WRITERS.fetch_add(1, Ordering::Relaxed);
    let scratch = path.with_extension(format!("{}-{writer}.tmp", std::process::id()));
    let written = fs::write(&scratch, bytes).and_then(|()| fs::rename(&scratch, path));
    if written.is_err() {
        _ = fs::remove_file(&scratch);
    }
    written
}
