//! Where the tests of this folder keep their studies: each of them runs in a file and in a database.

use tempfile::TempDir;

#[cfg(feature = "postgres")]
pub(crate) mod server;

/// An empty storage, by an address that Optuna understands too.
pub(crate) struct Place {
    pub(crate) url: String,
    _folder: Option<TempDir>,
}

/// A file, gone with the place.
#[cfg(feature = "sqlite")]
pub(crate) fn file() -> Option<Place> {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:///{}", folder.path().join("studies.db").display());
    Some(Place { url, _folder: Some(folder) })
}

/// A database; none where there is no PostgreSQL.
#[cfg(feature = "postgres")]
pub(crate) fn database() -> Option<Place> {
    let url = server::database()?.replace("postgresql:", "postgresql+psycopg:");
    Some(Place { url, _folder: None })
}

/// Makes each function a test in every kind of place.
macro_rules! in_each_place {
    ($($test:ident)+) => {
        #[cfg(feature = "sqlite")]
        mod in_a_file {
            $(#[test]
            fn $test() {
                $crate::support::file().iter().for_each(super::$test);
            })+
        }

        #[cfg(feature = "postgres")]
        mod in_a_database {
            $(#[test]
            fn $test() {
                $crate::support::database().iter().for_each(super::$test);
            })+
        }
    };
}
pub(crate) use in_each_place;
