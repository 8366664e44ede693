//! A file before it is known to hold studies: found, and opened no further than the caller may.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::error::Reason;
use crate::storage::open::Access;

/// Ends of the names of files that may hold studies.
const ENDINGS: [&str; 4] = ["sqlite", "sqlite3", "db", "db3"];
/// How many of them a message names.
const NAMED: usize = 5;

/// Connects to the file at `path`, which is made only if `access` says so.
pub(super) fn connect(path: &Path, access: Access) -> Result<Connection, Reason> {
    check(path, access)?;
    let create = if access == Access::Create { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
    // To read as well: SQLite then removes what it puts beside the file, and opens a write-protected one all the same.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    Ok(Connection::open_with_flags(plain(path), flags)?)
}

/// Connects to a file that nobody can write, in a folder in which nobody can write: SQLite cannot share such a file with
/// others unless the option says that there are none.
pub(super) fn connect_unchanging(path: &Path) -> Result<Connection, Reason> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(Reason::Log);
    }
    let mut address = "file:".to_owned();
    for letter in plain(path).to_str().ok_or(Reason::CannotOpen)?.chars() {
        match letter {
            '%' => address.push_str("%25"),
            '?' => address.push_str("%3f"),
            '#' => address.push_str("%23"),
            _ => address.push(letter),
        }
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(address + "?immutable=1", flags | OpenFlags::SQLITE_OPEN_URI)?)
}

/// SQLite reads names such as `file:a?mode=memory` and `:memory:` in a way of its own.
fn plain(path: &Path) -> PathBuf {
    if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) }
}

/// Refuses what is not a file. SQLite would wait for the other end of a pipe, and read a device for ever.
fn check(path: &Path, access: Access) -> Result<(), Reason> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(found) if found.is_dir() => Err(Reason::NotAFile("a folder")),
        Ok(_) => Err(Reason::NotAFile("a pipe, a socket or a device")),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Reason::Unreadable(error)),
        Err(_) => match fs::read_link(path) {
            Ok(target) => Err(Reason::Dangling(target)),
            Err(_) if access == Access::Create => Ok(()),
            Err(_) => Err(Reason::Missing { near: near(path) }),
        },
    }
}

/// The files in the folder of a missing one that may be the one that was meant, the likeliest first.
fn near(path: &Path) -> Vec<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let wanted = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let studies = |entry: fs::DirEntry| {
        let ending = Path::new(&entry.file_name()).extension()?.to_str()?.to_ascii_lowercase();
        let is_file = entry.path().is_file();
        let name = entry.file_name().into_string().ok()?;
        (is_file && ENDINGS.contains(&&*ending)).then(|| (distance(&name, &wanted), name))
    };
    let mut names: Vec<_> = entries.filter_map(studies).collect();
    names.sort();
    names.into_iter().take(NAMED).map(|(_, name)| name).collect()
}

/// How many letters have to be put in, left out or replaced to make `b` of `a` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, letter) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], line + 1);
        for place in 0..b.len() {
            let replaced = corner + usize::from(letter != b[place]);
            corner = row[place + 1];
            row[place + 1] = replaced.min(corner + 1).min(row[place] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        for (a, b, expected) in [("", "abc", 3), ("kitten", "sitting", 3), ("stduies", "studies", 2)] {
            assert_eq!((distance(a, b), distance(b, a)), (expected, expected), "{a} {b}");
        }
    }
}
