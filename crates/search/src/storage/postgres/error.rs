//! What can be wrong with a PostgreSQL database, in words that name the database and never a password.

use std::error::Error;
use std::io;

use postgres::error::SqlState;

use super::tls::tls_error;
use crate::storage::{columns, sql};

/// A PostgreSQL database that cannot be used. Results stored before stay in it.
#[derive(Debug, thiserror::Error)]
#[error("{database}: {reason}")]
pub struct PostgresError {
    /// Its address, without a password.
    pub database: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a PostgreSQL database.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// Not an address.
    #[error("not a PostgreSQL URL, expected `postgres://USER:PASSWORD@HOST:PORT/DATABASE`")]
    Address,
    /// No server answers.
    #[error("no PostgreSQL server answers: {0}; check host and port, and that this machine may connect")]
    Unreachable(String),
    /// It is not available at the moment.
    #[error("the database was away for over a minute: {0}; start it and run again: earlier results are safe")]
    Away(String),
    /// TLS failed, or the server's certificate is refused.
    #[error("no encrypted connection: {0}; check `sslmode`, `sslrootcert` and the host's name")]
    Tls(String),
    /// The server does not encrypt.
    #[error("the server does not offer TLS; turn its `ssl` on, or write `sslmode=prefer`")]
    NoTls,
    /// There are no certificates of authorities to trust.
    #[error("no certificate can be checked: {0}")]
    Authorities(String),
    /// A wrong name or password.
    #[error("login failed: {0}; check user and password")]
    Login(String),
    /// There is a server, but not that database.
    #[error("{0}; create it with `createdb`, or name another")]
    Missing(String),
    /// It is there, without any table.
    #[error("an empty database, without studies; `open` makes its tables")]
    Empty,
    /// It holds another program's tables.
    #[error("a database of another program, without Optuna's tables; name another")]
    Foreign,
    /// Optuna's tables, of another revision.
    #[error(
        "Optuna's tables are of revision `{0}`, expected `{expected}`; run `optuna storage upgrade` on the database, \
         or name another",
        expected = columns::REVISION
    )]
    Revision(String),
    /// Tinderbox's tables, of another version.
    #[error("Tinderbox's tables are of version {0}, expected {expected}; use the Tinderbox that wrote them, or name \
             another database", expected = columns::VERSION)]
    Version(i64),
    /// The user lacks a privilege, or the database is read-only.
    #[error("cannot be written: {0}; ask its owner, or name another database")]
    Forbidden(String),
    /// No room.
    #[error("the disk is full; make room and run again: earlier results are safe, this one was not stored")]
    Full,
    /// Damaged rows.
    #[error("damaged: {0}; restore it from a copy")]
    Damaged(String),
    /// Anything else, with what PostgreSQL says.
    #[error("{0}")]
    Other(String),
}

impl Reason {
    /// Whether waiting may help.
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Away(_))
    }
}

impl From<postgres::Error> for Reason {
    fn from(error: postgres::Error) -> Self {
        let words = words(&error);
        let Some(code) = error.code() else {
            if let Some(reason) = tls_error(&error) {
                return reason;
            }
            let lost = error.source().is_some_and(<dyn Error>::is::<io::Error>);
            return match words {
                // `postgres` has no other way to tell that there was no connection yet.
                words if error.to_string() == "error connecting to server" => Self::Unreachable(words),
                words if lost || error.is_closed() => Self::Away(words),
                words => Self::Other(words),
            };
        };
        match *code {
            SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => Self::Login(words),
            SqlState::INVALID_CATALOG_NAME => Self::Missing(words),
            SqlState::INSUFFICIENT_PRIVILEGE | SqlState::READ_ONLY_SQL_TRANSACTION => Self::Forbidden(words),
            SqlState::DISK_FULL => Self::Full,
            SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => Self::Damaged(words),
            SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::TOO_MANY_CONNECTIONS
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            | SqlState::T_R_DEADLOCK_DETECTED
            | SqlState::T_R_SERIALIZATION_FAILURE => Self::Away(words),
            // Class 08: connection exceptions.
            _ if code.code().starts_with("08") => Self::Away(words),
            _ => Self::Other(words),
        }
    }
}

/// What PostgreSQL says, or what lies beneath the error.
fn words(error: &postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => said.message().to_owned(),
        (None, Some(cause)) => cause.to_string(),
        (None, None) => error.to_string(),
    }
}

/// A refusal, or trouble with a database that is yet to be named.
pub(super) type Failure = sql::Failure<Reason>;

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self::Database(reason)
    }
}

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Self {
        Self::Database(error.into())
    }
}
