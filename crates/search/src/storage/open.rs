//! A storage by its address.

use super::memory::Memory;
#[cfg(feature = "sqlite")]
use super::options::Options;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
use super::options::OptionsError;
use super::{Storage, StorageError};

/// Opens the storage at `url`, and makes it where it is missing:
///
/// - `memory:`, gone with the process
/// - `sqlite:studies.db`, or `sqlite:///studies.db` as Optuna spells it: a file. `?timeout=SECONDS` (how long a lock is
///   waited for) and `?mode=ro`, `rw` or `rwc` (read only, make nothing, make what is missing) may follow. In a file name
///   write `%3F` for a question mark, and `%25` for a percent sign before `3F` or `25`; every other character stands for
///   itself
/// - `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, `postgresql://` or `SQLAlchemy`'s `postgresql+psycopg://`, with the
///   options of libpq that this program knows; for `sslmode` see `Postgres`
///
/// # Errors
/// [`AddressError`] for anything else, unsupported options included, and what `Sqlite::open` and
/// `Postgres::open` refuse.
pub fn open(url: &str) -> Result<Box<dyn Storage>, StorageError> {
    open_as(url, Access::Create)
}

/// Opens the storage at `url` to read and write it. Unlike [`open`] it makes no file and, in an empty database, no tables.
///
/// # Errors
/// As [`open`], and if there is no storage.
pub fn open_existing(url: &str) -> Result<Box<dyn Storage>, StorageError> {
    open_as(url, Access::Write)
}

/// Opens the storage at `url` to read it: nothing is made, and nothing in it changes. A file may be write-protected.
///
/// # Errors
/// As [`open_existing`]. Each method of the storage that writes returns an error.
pub fn open_read_only(url: &str) -> Result<Box<dyn Storage>, StorageError> {
    open_as(url, Access::Read)
}

/// What opening a storage may do to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// Read what is there.
    Read,
    /// Read and write what is there.
    Write,
    /// Read and write, and make what is missing.
    Create,
}

fn open_as(url: &str, access: Access) -> Result<Box<dyn Storage>, StorageError> {
    let (scheme, rest) = url.split_once(':').ok_or_else(|| AddressError::Unknown(url.to_owned()))?;
    match scheme.split('+').next().unwrap_or(scheme) {
        "memory" if rest.is_empty() => Ok(Box::new(Memory::new())),
        "sqlite" => sqlite(rest.strip_prefix("///").unwrap_or(rest), access),
        "postgres" | "postgresql" => postgres(url, access),
        // What follows may hold a password.
        _ => Err(AddressError::Unknown(format!("{scheme}:")).into()),
    }
}

/// An address at which no storage can be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It has no scheme that is known.
    #[error(
        "`{0}` is not a storage URL, expected `memory:`, `sqlite:FILE` or \
         `postgres://USER:PASSWORD@HOST:PORT/DATABASE`"
    )]
    Unknown(String),
    /// A file without a name.
    #[error(
        "no file is named, expected `sqlite:studies.db`, or `sqlite:////a/path/studies.db` from the root on"
    )]
    NoFile,
    /// Another program's word for a database in memory.
    #[error("`:memory:` cannot be shared by several connections; write `memory:`, or name a file")]
    SqliteMemory,
    /// What follows the question mark.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// This program was built without it.
    #[error("this program was built without `{0}`; build it with the feature `{0}` of tinderbox-search")]
    NotBuilt(&'static str),
}

#[cfg(feature = "sqlite")]
fn sqlite(rest: &str, access: Access) -> Result<Box<dyn Storage>, StorageError> {
    let (file, options) = Options::from_sqlite(rest).map_err(AddressError::from)?;
    if file.is_empty() || file.starts_with("//") {
        return Err(AddressError::NoFile.into());
    }
    if file == ":memory:" {
        return Err(AddressError::SqliteMemory.into());
    }
    // A mode can take a right away, and gives none that the caller did not ask for.
    let access = options.access.map_or(access, |stated| stated.min(access));
    Ok(Box::new(super::sqlite::Sqlite::open_as(file, access, options.timeout)?))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_file: &str, _access: Access) -> Result<Box<dyn Storage>, StorageError> {
    Err(AddressError::NotBuilt("sqlite").into())
}

#[cfg(feature = "postgres")]
fn postgres(url: &str, access: Access) -> Result<Box<dyn Storage>, StorageError> {
    Ok(Box::new(super::postgres::Postgres::open_as(url, access)?))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_url: &str, _access: Access) -> Result<Box<dyn Storage>, StorageError> {
    Err(AddressError::NotBuilt("postgres").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(url: &str, expected: &str) {
        let error = open(url).err().unwrap().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_password() {
        refused("studies.db", "`studies.db` is not a storage URL, expected `memory:`, `sqlite:FILE` or");
        refused("mysql://me:secret@host/studies", "`mysql:` is not a storage URL");
        refused("me:secret@host", "`me:` is not a storage URL");
        refused("memory:name", "`memory:` is not a storage URL");
    }

    #[test]
    fn memory_is_opened_empty() {
        assert!(open("memory:").unwrap().studies().unwrap().is_empty());
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn a_file_is_opened_by_both_spellings() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("studies.db");
        for slashes in ["", "///"] {
            open(&format!("sqlite:{slashes}{}", file.display())).unwrap();
        }
        assert!(file.is_file());
        refused("sqlite:", "no file is named");
        refused("sqlite://", "no file is named");
        refused("sqlite:///", "no file is named");
        refused("sqlite:?timeout=3", "no file is named");
        refused("sqlite:///:memory:", "`:memory:` cannot be shared by several connections; write `memory:`");
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn only_open_makes_a_file_and_the_options_are_no_part_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let url = |rest: &str| format!("sqlite:///{}/{rest}", folder.path().display());
        let files = || {
            let entries = std::fs::read_dir(folder.path()).unwrap();
            let mut names: Vec<_> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        let missing = |answer: Result<Box<dyn Storage>, StorageError>| {
            let error = answer.err().unwrap().to_string();
            assert!(error.contains("studies.db: no such file"), "{error}");
        };
        for rest in ["studies.db", "studies.db?timeout=60", "studies.db?mode=ro"] {
            missing(open_existing(&url(rest)));
            missing(open_read_only(&url(rest)));
        }
        missing(open(&url("studies.db?mode=ro")));
        missing(open(&url("file:studies.db?mode=rw&uri=true")));
        assert_eq!(files(), [""; 0]);
        open(&url("studies.db?timeout=60&mode=rwc")).unwrap();
        open(&url("what%3Fnow%25")).unwrap();
        assert_eq!(files(), ["studies.db", "what?now%25"]);
        open_existing(&url("studies.db?timeout=0.5")).unwrap();
        open_read_only(&url("what%3Fnow%25")).unwrap();
        assert_eq!(files(), ["studies.db", "what?now%25"]);
    }

    #[cfg(not(feature = "sqlite"))]
    #[test]
    fn a_file_is_refused_where_sqlite_is_not_built_in() {
        refused("sqlite:studies.db", "this program was built without `sqlite`; build it with the feature");
    }

    #[cfg(not(feature = "postgres"))]
    #[test]
    fn a_database_is_refused_where_postgres_is_not_built_in() {
        refused("postgres://me:secret@host/db", "this program was built without `postgres`; build it with");
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_database_that_does_not_answer_is_named_without_its_password() {
        // Port 1 is reserved, and nobody listens there.
        refused(
            "postgresql+psycopg://me:secret@127.0.0.1:1/db",
            "postgres://me@127.0.0.1:1/db: no PostgreSQL server answers",
        );
        refused("postgres://me:secret@127.0.0.1:1/db?sslmode=on", "the option `sslmode=on` of");
    }
}
