//! The address of a database: read from a URL, and written without its password.

use postgres::Config;
use postgres::config::Host;

use super::error::{PostgresError, Reason};
use super::session::{self, Session};
use super::tls::Tls;
use crate::storage::StorageError;
use crate::storage::open::AddressError;
use crate::storage::options::Options;

/// Where a database is, and how to connect to it.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: Tls,
    /// In messages: without its password.
    pub(super) name: String,
}

impl Address {
    pub(super) fn read(url: &str) -> Result<Self, StorageError> {
        let refused = || PostgresError { database: "postgres".to_owned(), reason: Reason::Address };
        // `postgresql+psycopg://` names a driver to SQLAlchemy.
        let (scheme, rest) = url.split_once("://").ok_or_else(refused)?;
        if !matches!(scheme.split('+').next(), Some("postgres" | "postgresql")) {
            return Err(refused().into());
        }
        let (rest, mode, roots) = Options::from_postgres(rest).map_err(AddressError::from)?;
        let mut config: Config = format!("postgresql://{rest}").parse().map_err(|_| refused())?;
        if config.get_hosts().is_empty() {
            // A certificate is made out to a host, which may be named by its address.
            let addresses: Vec<_> = config.get_hostaddrs().iter().map(ToString::to_string).collect();
            for host in if addresses.is_empty() { vec!["localhost".to_owned()] } else { addresses } {
                config.host(&host);
            }
        }
        session::impatient(&mut config);
        let name = name(&config);
        let tls = Tls::new(mode, roots.as_deref());
        let tls = tls.map_err(|reason| PostgresError { database: name.clone(), reason })?;
        Ok(Self { config, tls, name })
    }

    pub(super) fn connect(&self) -> Result<Session, Reason> {
        Session::new(self.tls.connect(&self.config)?)
    }
}

fn name(config: &Config) -> String {
    let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => folder.display().to_string(),
        None => config.get_hostaddrs().first().map(ToString::to_string).unwrap_or_default(),
    };
    let port = config.get_ports().first().unwrap_or(&5432);
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("postgres://{user}{host}:{port}/{database}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn named(url: &str, expected: &str) {
        assert_eq!(Address::read(url).unwrap().name, expected);
    }

    #[test]
    fn every_spelling_of_an_address_is_read_and_none_shows_its_password() {
        named("postgres://me:secret@db.example:6000/studies", "postgres://me@db.example:6000/studies");
        named("postgresql://me@db.example/studies", "postgres://me@db.example:5432/studies");
        named("postgresql+psycopg://me:sec%40ret@[::1]/studies", "postgres://me@::1:5432/studies");
        named(
            "postgresql+psycopg2://me@/studies?host=/run/postgresql",
            "postgres://me@/run/postgresql:5432/studies",
        );
        named("postgresql:///studies", "postgres://localhost:5432/studies");
        let config = Address::read("postgresql+psycopg://me:sec%40ret@host/studies").unwrap().config;
        assert_eq!(config.get_password(), Some(b"sec@ret".as_slice()));
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_repeated() {
        for url in
            ["me:secret@host", "mysql://me:secret@host/studies", "postgres://me:secret@host:port/studies"]
        {
            let error = Address::read(url).err().unwrap().to_string();
            assert_eq!(
                error,
                "postgres: not a PostgreSQL URL, expected `postgres://USER:PASSWORD@HOST:PORT/DATABASE`"
            );
        }
    }
}
