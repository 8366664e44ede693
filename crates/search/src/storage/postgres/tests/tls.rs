//! What each `sslmode` promises, against a server with a certificate for `localhost` and against one without TLS.

use std::path::Path;
use std::sync::OnceLock;

use super::authority::Authority;
use super::server::{self, Server};
use super::{Postgres, plain};
use crate::storage::postgres::Address;

/// A server that encrypts, and the authorities that signed its certificate and have not.
struct Encrypted {
    server: Server,
    authority: Authority,
    stranger: Authority,
}

/// Rules for whole databases.
const RULES: &str = "hostnossl encrypted all all reject\nhostssl plain all all reject";

fn encrypted() -> Option<&'static Encrypted> {
    static SHARED: OnceLock<Option<Encrypted>> = OnceLock::new();
    let start = || {
        let server = Server::start()?;
        let (authority, stranger) = (Authority::new(), Authority::new());
        let url = server.database();
        plain(&url).batch_execute("CREATE DATABASE encrypted").unwrap();
        plain(&url).batch_execute("CREATE DATABASE plain").unwrap();
        authority.encrypt(&url, "localhost", RULES);
        Some(Encrypted { server, authority, stranger })
    };
    SHARED.get_or_init(start).as_ref()
}

/// The address of a new database under this host's name.
fn at(encrypted: &Encrypted, host: &str, options: &str) -> String {
    encrypted.server.database().replace("127.0.0.1", host) + options
}

fn with(mode: &str, root: &Path) -> String {
    format!("?sslmode={mode}&sslrootcert={}", root.display())
}

/// Whether a connection is encrypted, or why there is none.
fn is_encrypted(url: &str) -> Result<bool, String> {
    let storage = Postgres::open(url).map_err(|error| error.to_string())?;
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    Ok(storage.read(|db| Ok(db.one(sql, &[])?.try_get(0)?)).unwrap())
}

#[track_caller]
fn refused(url: &str, expected: &str) {
    let error = is_encrypted(url).unwrap_err();
    assert!(error.contains(expected), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn each_mode_encrypts_as_it_says() {
    let Some(there) = encrypted() else { return };
    let root = there.authority.root();
    for (mode, expected) in [("disable", false), ("allow", false), ("prefer", true), ("require", true)] {
        let url = at(there, "127.0.0.1", &format!("?sslmode={mode}"));
        assert_eq!(is_encrypted(&url), Ok(expected), "{mode}");
    }
    assert_eq!(is_encrypted(&at(there, "127.0.0.1", "")), Ok(true), "`prefer` is the default");
    for mode in ["require", "verify-ca", "verify-full"] {
        assert_eq!(is_encrypted(&at(there, "localhost", &with(mode, &root))), Ok(true), "{mode}");
    }
}

#[test]
fn a_certificate_for_another_host_is_refused_by_verify_full_alone() {
    let Some(there) = encrypted() else { return };
    let root = there.authority.root();
    assert_eq!(is_encrypted(&at(there, "127.0.0.1", &with("verify-ca", &root))), Ok(true));
    refused(
        &at(there, "127.0.0.1", &with("verify-full", &root)),
        "no encrypted connection: invalid peer certificate: certificate not valid for name \"127.0.0.1\"",
    );
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused_wherever_authorities_are_named() {
    let Some(there) = encrypted() else { return };
    let root = there.stranger.root();
    for mode in ["require", "verify-ca", "verify-full"] {
        refused(&at(there, "localhost", &with(mode, &root)), "invalid peer certificate");
    }
    assert_eq!(is_encrypted(&at(there, "localhost", &with("prefer", &root))), Ok(false), "as libpq has it");
    refused(&at(there, "localhost", "?sslrootcert=system"), "invalid peer certificate");
}

#[test]
fn a_server_may_insist_on_either() {
    let Some(there) = encrypted() else { return };
    let url = |database: &str, mode: &str| {
        let url = there.server.database();
        format!("{}/{database}?sslmode={mode}", url.rsplit_once('/').unwrap().0)
    };
    assert_eq!(is_encrypted(&url("encrypted", "allow")), Ok(true));
    assert_eq!(is_encrypted(&url("plain", "prefer")), Ok(false));
    refused(&url("encrypted", "disable"), "pg_hba.conf rejects connection");
    refused(&url("plain", "require"), "pg_hba.conf rejects connection");
}

#[test]
fn a_server_without_tls_is_refused_by_those_that_ask_for_it() {
    let Some(url) = server::database() else { return };
    for mode in ["disable", "allow", "prefer"] {
        assert_eq!(is_encrypted(&format!("{url}?sslmode={mode}")), Ok(false), "{mode}");
    }
    let expected = "the server does not offer TLS; turn its `ssl` on, or write `sslmode=prefer`";
    refused(&format!("{url}?sslmode=require"), expected);
}

#[test]
fn authorities_that_cannot_be_read_are_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, empty) = (folder.path().join("missing"), folder.path().join("empty"));
    std::fs::write(&empty, "").unwrap();
    let refused = |options: &str, expected: &str| {
        let error = Address::read(&format!("postgres://me:secret@host/studies{options}")).err().unwrap();
        assert!(error.to_string().contains(expected), "{error}");
    };
    refused(&with("require", &missing), "missing: not a readable PEM file");
    refused(&with("verify-ca", &empty), "empty: no certificate in it");
    refused(&with("verify-ca", folder.path()), "not a PEM file of at most 16 MiB");
    // It has no end.
    #[cfg(unix)]
    refused(&with("verify-ca", std::path::Path::new("/dev/zero")), "/dev/zero: not a PEM file");
    refused("?sslmode=require&sslrootcert=system", "`sslrootcert=system` needs `sslmode=verify-full`");
    assert!(Address::read(&format!("postgres://host/studies{}", with("disable", &missing))).is_ok());
}
