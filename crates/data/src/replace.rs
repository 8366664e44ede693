//! Writes a file completely or not at all, and flushes it to the disk.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Writes `bytes` to a scratch file beside `path` and renames it to `path`: a reader sees the old file or the new one, and
/// several writers may write at the same time. The file and its name are on the disk when this returns.
///
/// A new file has the mode that the umask leaves, one that is replaced keeps its own. A symlink at `path` is replaced;
/// [`Destination`](crate::Destination) follows it.
///
/// # Errors
/// If the file cannot be written; nothing is then left beside `path`.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut scratch = Scratch::beside(path)?;
    scratch.file.write_all(bytes)?;
    if let Ok(earlier) = fs::symlink_metadata(path)
        && earlier.is_file()
    {
        scratch.file.set_permissions(earlier.permissions())?;
    }
    scratch.file.sync_all()?;
    fs::rename(&scratch.path, path)?;
    scratch.renamed = true;
    sync_folder(folder_of(path))
}

/// Whether [`replace`] can write `path` now: a scratch file is made, flushed to the disk with its folder, and removed.
pub(crate) fn rehearse(path: &Path) -> io::Result<()> {
    let mut scratch = Scratch::beside(path)?;
    scratch.file.write_all(b"tinderbox")?;
    scratch.file.sync_all()?;
    sync_folder(folder_of(path))
}

/// Flushes the names in a folder to the disk: a file is safe only once its name is. Elsewhere than on Unix a folder cannot
/// be opened.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Removes the scratch files in `folder` that killed processes left. One that is being written is locked, and is kept.
///
/// # Errors
/// If the folder cannot be read. A file that cannot be removed only takes space.
pub fn sweep(folder: &Path) -> io::Result<()> {
    sweep_scratch(folder, |_| true)
}

/// As [`sweep`], for the scratch files of one file.
pub(crate) fn sweep_beside(path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    sweep_scratch(folder_of(path), |file| file == name)
}

fn sweep_scratch(folder: &Path, of: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        let name = entry.file_name();
        let left_over = scratch_of(&name).is_some_and(&of)
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if left_over {
            _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// The name of the file that `name` is a scratch file of: `report.html` of `report.html.4711-0.tmp`.
fn scratch_of(name: &OsStr) -> Option<&str> {
    let (of, writer) = name.to_str()?.strip_suffix(".tmp")?.rsplit_once('.')?;
    let (process, number) = writer.split_once('-')?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (digits(process) && digits(number)).then_some(of)
}

/// The folder in which `path` lies.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file beside the one that it will become, locked while it is written, removed unless it was renamed.
struct Scratch {
    path: PathBuf,
    file: File,
    renamed: bool,
}

impl Scratch {
    fn beside(path: &Path) -> io::Result<Self> {
        static WRITERS: AtomicUsize = AtomicUsize::new(0);
        let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
        loop {
            let writer = WRITERS.fetch_add(1, Ordering::Relaxed);
            let mut scratch = name.to_os_string();
            scratch.push(format!(".{}-{writer}.tmp", std::process::id()));
            let path = path.with_file_name(scratch);
            // Neither a file of that name nor a symlink is written through.
            let file = match File::create_new(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                made => made?,
            };
            match file.try_lock() {
                // A sweeper was faster than the lock.
                Err(TryLockError::WouldBlock) => continue,
                Ok(()) if !is_at(&file, &path) => continue,
                // Some network file systems have no locks; nothing is swept there.
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            return Ok(Self { path, file, renamed: false });
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.renamed {
            _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether `path` still names `file`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    matches!((file.metadata().map(identity), fs::symlink_metadata(path).map(identity)), (Ok(a), Ok(b)) if a == b)
}

/// Whether `path` still names `file`: an open file keeps its name here.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("page.html");
        replace(&path, b"one").expect("written");
        replace(&path, b"two").expect("replaced");
        assert_eq!(fs::read(&path).expect("read"), b"two");
        assert_eq!(names(folder.path()), ["page.html"]);
        assert!(replace(&folder.path().join("no/page.html"), b"three").is_err());
        // A folder has that name: the rename fails, and the scratch file goes.
        fs::create_dir(folder.path().join("x")).expect("made");
        assert!(replace(&folder.path().join("x"), b"four").is_err());
        assert_eq!(names(folder.path()), ["page.html", "x"]);
    }

    #[test]
    fn scratch_files_are_swept_unless_somebody_writes_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("page.html");
        let scratch = Scratch::beside(&path).expect("made");
        for name in ["page.html.4711-0.tmp", "other.4711-0.tmp", "notes.tmp", "a.4711-x.tmp", "page.html"] {
            fs::write(folder.path().join(name), "left over").expect("written");
        }
        sweep_beside(&path).expect("swept");
        let held = scratch.path.file_name().expect("a name").to_string_lossy().into_owned();
        assert_eq!(
            names(folder.path()),
            ["a.4711-x.tmp", "notes.tmp", "other.4711-0.tmp", "page.html", held.as_str()]
        );
        sweep(folder.path()).expect("swept");
        assert_eq!(names(folder.path()), ["a.4711-x.tmp", "notes.tmp", "page.html", held.as_str()]);
        drop(scratch);
        assert_eq!(names(folder.path()), ["a.4711-x.tmp", "notes.tmp", "page.html"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_mode_that_was_chosen_stays_and_a_new_file_follows_the_umask() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let mode = |name: &str| {
            let metadata = fs::metadata(folder.path().join(name)).expect("a file");
            metadata.permissions().mode() & 0o777
        };
        // What the umask leaves of a file that is made as usual.
        fs::write(folder.path().join("usual"), "").expect("written");
        replace(&folder.path().join("new"), b"").expect("written");
        assert_eq!(mode("new"), mode("usual"));
        fs::set_permissions(folder.path().join("new"), fs::Permissions::from_mode(0o600)).expect("set");
        replace(&folder.path().join("new"), b"again").expect("written");
        assert_eq!(mode("new"), 0o600);
    }
}
