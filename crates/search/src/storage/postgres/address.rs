//! The address of a database: read from a URL, and written without its password.

use postgres::Config;
use postgres::config::Host;

use super::error::{PostgresError, Reason};
use super::session;

/// What to connect to, and its name in messages.
pub(super) fn read(url: &str) -> Result<(Config, String), PostgresError> {
    let refused = || PostgresError { database: "postgres".to_owned(), reason: Reason::Address };
    // `postgresql+psycopg://` names a driver to SQLAlchemy.
    let (scheme, rest) = url.split_once("://").ok_or_else(refused)?;
    if !matches!(scheme.split('+').next(), Some("postgres" | "postgresql")) {
        return Err(refused());
    }
    let mut config: Config = format!("postgresql://{rest}").parse().map_err(|_| refused())?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        config.host("localhost");
    }
    session::impatient(&mut config);
    let name = name(&config);
    Ok((config, name))
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
        assert_eq!(read(url).unwrap().1, expected);
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
        let (config, _) = read("postgresql+psycopg://me:sec%40ret@host/studies").unwrap();
        assert_eq!(config.get_password(), Some(b"sec@ret".as_slice()));
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_repeated() {
        for url in
            ["me:secret@host", "mysql://me:secret@host/studies", "postgres://me:secret@host:port/studies"]
        {
            let error = read(url).unwrap_err().to_string();
            assert_eq!(
                error,
                "postgres: not an address of a database, expected `postgres://USER:PASSWORD@HOST:PORT/DATABASE`"
            );
        }
    }
}
