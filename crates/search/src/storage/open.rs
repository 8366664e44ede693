//! A storage by its address.

use super::memory::Memory;
use super::{Storage, StorageError};

/// Opens the storage at `url`:
///
/// - `memory:`, gone with the process
/// - `sqlite:studies.db`, or `sqlite:///studies.db` as Optuna spells it: a file, made if it is missing
/// - `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, `postgresql://` or `SQLAlchemy`'s `postgresql+psycopg://`
///
/// # Errors
/// [`AddressError`] for anything else, and what [`Sqlite::open`](super::sqlite::Sqlite::open) and
/// [`Postgres::open`](super::postgres::Postgres::open) refuse.
pub fn open(url: &str) -> Result<Box<dyn Storage>, StorageError> {
    let (scheme, rest) = url.split_once(':').ok_or_else(|| AddressError::Unknown(url.to_owned()))?;
    match scheme.split('+').next().unwrap_or(scheme) {
        "memory" if rest.is_empty() => Ok(Box::new(Memory::new())),
        "sqlite" => sqlite(rest.strip_prefix("///").unwrap_or(rest)),
        "postgres" | "postgresql" => postgres(url),
        // What follows may hold a password.
        _ => Err(AddressError::Unknown(format!("{scheme}:")).into()),
    }
}

/// An address at which no storage can be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It has no scheme that is known.
    #[error(
        "`{0}` begins no address of a storage, expected `memory:`, `sqlite:FILE` or \
         `postgres://USER:PASSWORD@HOST:PORT/DATABASE`"
    )]
    Unknown(String),
    /// A file without a name.
    #[error(
        "no file is named, expected `sqlite:studies.db`, or `sqlite:////a/path/studies.db` from the root on"
    )]
    NoFile,
    /// This program was built without it.
    #[error("this program was built without `{0}`; build it with the feature `{0}` of tinderbox-search")]
    NotBuilt(&'static str),
}

#[cfg(feature = "sqlite")]
fn sqlite(file: &str) -> Result<Box<dyn Storage>, StorageError> {
    if file.is_empty() || file.starts_with("//") {
        return Err(AddressError::NoFile.into());
    }
    Ok(Box::new(super::sqlite::Sqlite::open(file)?))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_file: &str) -> Result<Box<dyn Storage>, StorageError> {
    Err(AddressError::NotBuilt("sqlite").into())
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<Box<dyn Storage>, StorageError> {
    Ok(Box::new(super::postgres::Postgres::open(url)?))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_url: &str) -> Result<Box<dyn Storage>, StorageError> {
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
        refused(
            "studies.db",
            "`studies.db` begins no address of a storage, expected `memory:`, `sqlite:FILE` or",
        );
        refused("mysql://me:secret@host/studies", "`mysql:` begins no address");
        refused("me:secret@host", "`me:` begins no address");
        refused("memory:name", "`memory:` begins no address");
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
            "postgres://me@127.0.0.1:1/db: no PostgreSQL answers",
        );
    }
}
