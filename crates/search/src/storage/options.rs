//! What may follow the question mark of an address: each option is honoured or refused by its name.

use std::borrow::Cow;
use std::time::Duration;

use super::open::Access;

/// What the options of an address say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Options {
    /// What opening may do, if that is said.
    pub(super) access: Option<Access>,
    /// How long a lock is waited for, if that is said.
    pub(super) timeout: Option<Duration>,
}

/// An option that has no effect here, or a value that it cannot have.
///
/// Only values that were expected to be one of a few words are repeated: others may be a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// Nothing here goes by it.
    #[error("the option `{name}` of the address has no effect here; leave it out. Known are {known}")]
    Unknown {
        /// The option.
        name: String,
        /// The options that have an effect.
        known: &'static str,
    },
    /// A value that it cannot have.
    #[error("the option `{name}={value}` of the address cannot be honoured; expected {expected}")]
    Value {
        /// The option.
        name: &'static str,
        /// What was given.
        value: String,
        /// What could have been given.
        expected: &'static str,
    },
    /// The same option more than once.
    #[error("the option `{0}` is in the address twice; give it once")]
    Twice(String),
}

/// The longest wait for a lock, so that a number is a duration whatever it is: a year.
#[cfg(feature = "sqlite")]
const LONGEST: f64 = 366.0 * 86_400.0;

impl Options {
    /// The name of a file, and what the options after it say.
    #[cfg(feature = "sqlite")]
    pub(super) fn of_sqlite(address: &str) -> Result<(String, Self), OptionsError> {
        let (file, query) = address.split_once('?').unwrap_or((address, ""));
        let mut options = Self::default();
        let mut uri = false;
        for (name, value) in pairs(query)? {
            let wrong = |name, expected| OptionsError::Value { name, value: value.to_owned(), expected };
            match name {
                "timeout" => {
                    let seconds = value.parse().ok().filter(|seconds| (0.0..=LONGEST).contains(seconds));
                    let seconds =
                        seconds.ok_or_else(|| wrong("timeout", "a number of seconds, 0 to a year"))?;
                    options.timeout = Some(Duration::from_secs_f64(seconds));
                }
                "mode" => {
                    options.access = Some(match value {
                        "ro" => Access::Read,
                        "rw" => Access::Write,
                        "rwc" => Access::Create,
                        _ => return Err(wrong("mode", "`ro`, `rw` or `rwc`")),
                    });
                }
                "uri" => match &*value.to_ascii_lowercase() {
                    "true" | "1" => uri = true,
                    "false" | "0" => {}
                    _ => return Err(wrong("uri", "`true` or `false`")),
                },
                "cache" if value == "private" => {}
                "cache" => {
                    return Err(wrong("cache", "`private`: several processes use the file at once"));
                }
                _ => {
                    let known = "`timeout`, `mode`, `uri` and `cache`";
                    return Err(OptionsError::Unknown { name: name.to_owned(), known });
                }
            }
        }
        // `sqlite:///file:studies.db?uri=true` is SQLAlchemy's way to hand options on to SQLite.
        let file = if uri { unprefixed(file) } else { file.into() };
        Ok((decoded(&file), options))
    }

    /// Refuses options of a PostgreSQL address that have no effect here.
    #[cfg(feature = "postgres")]
    pub(super) fn of_postgres(url: &str) -> Result<(), OptionsError> {
        const KNOWN: [&str; 14] = [
            "user",
            "password",
            "dbname",
            "options",
            "application_name",
            "sslmode",
            "host",
            "hostaddr",
            "port",
            "connect_timeout",
            "tcp_user_timeout",
            "keepalives",
            "target_session_attrs",
            "load_balance_hosts",
        ];
        // A password, which ends at the first `@`, may hold a question mark.
        let place = url.split_once('@').map_or(url, |(_, place)| place);
        let query = place.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in pairs(query)? {
            if name == "sslmode" && !matches!(value, "disable" | "prefer") {
                return Err(OptionsError::Value {
                    name: "sslmode",
                    value: value.to_owned(),
                    expected: "`disable` or `prefer`: the connection is not encrypted, put a tunnel around it",
                });
            }
            if !KNOWN.contains(&name) {
                let known = "`host`, `port`, `user`, `password`, `dbname`, `options`, `application_name`, \
                             `connect_timeout`, `tcp_user_timeout`, `keepalives`, `sslmode`, \
                             `target_session_attrs` and `load_balance_hosts`";
                return Err(OptionsError::Unknown { name: name.to_owned(), known });
            }
        }
        Ok(())
    }
}

/// The options of a query with their values, each name once.
fn pairs(query: &str) -> Result<Vec<(&str, &str)>, OptionsError> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        if pairs.iter().any(|(known, _)| *known == name) {
            return Err(OptionsError::Twice(name.to_owned()));
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// A file name as `SQLite`'s URIs have it, without the `file:` that may stand before its last part or its whole.
#[cfg(feature = "sqlite")]
fn unprefixed(file: &str) -> Cow<'_, str> {
    match file.rsplit_once("file:") {
        Some(("", rest)) => rest.into(),
        Some((folder, rest)) if folder.ends_with('/') => format!("{folder}{rest}").into(),
        _ => file.into(),
    }
}

/// A file name with the two characters that it cannot hold otherwise.
#[cfg(feature = "sqlite")]
fn decoded(file: &str) -> String {
    let mut name = String::new();
    let mut rest = file;
    while let Some(place) = rest.find('%') {
        let (before, after) = rest.split_at(place);
        name.push_str(before);
        let escape = after.get(..3).unwrap_or_default().to_ascii_uppercase();
        let (letter, length) = match &*escape {
            "%3F" => ('?', 3),
            // Only where it keeps an escape from being read as one: other programs take `%25` for what it is.
            "%25" if after.get(3..5).is_some_and(|next| matches!(next, "3F" | "3f" | "25")) => ('%', 3),
            _ => ('%', 1),
        };
        name.push(letter);
        rest = &after[length..];
    }
    name + rest
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;

    #[track_caller]
    fn read(address: &str) -> (String, Options) {
        Options::of_sqlite(address).unwrap()
    }

    #[test]
    fn options_are_read_and_are_no_part_of_the_name() {
        assert_eq!(read("studies.db"), ("studies.db".to_owned(), Options::default()));
        let timeout = Some(Duration::from_millis(1500));
        assert_eq!(
            read("studies.db?timeout=1.5&mode=ro"),
            ("studies.db".to_owned(), Options { access: Some(Access::Read), timeout })
        );
        assert_eq!(read("file:studies.db?uri=true&cache=private").0, "studies.db");
        assert_eq!(read("/a/file:b/c.db?uri=false").0, "/a/file:b/c.db");
    }

    #[test]
    fn a_name_may_hold_a_question_mark_and_any_percent_sign() {
        for (written, name) in [
            ("a%3Fb", "a?b"),
            ("a%3f", "a?"),
            ("50%", "50%"),
            ("50%25", "50%25"),
            ("a%20b", "a%20b"),
            ("a%253Fb", "a%3Fb"),
            ("a%25253F", "a%253F"),
            ("a%é", "a%é"),
        ] {
            assert_eq!(read(written).0, name, "{written}");
        }
    }

    #[test]
    fn what_has_no_effect_is_refused_by_name() {
        let refused = |address: &str| Options::of_sqlite(address).unwrap_err().to_string();
        assert_eq!(
            refused("a.db?check_same_thread=false"),
            "the option `check_same_thread` of the address has no effect here; leave it out. Known are `timeout`, \
             `mode`, `uri` and `cache`"
        );
        assert_eq!(
            refused("a.db?mode=memory"),
            "the option `mode=memory` of the address cannot be honoured; expected `ro`, `rw` or `rwc`"
        );
        for address in ["a.db?timeout=inf", "a.db?timeout=nan", "a.db?timeout=-1", "a.db?timeout="] {
            assert!(refused(address).ends_with("expected a number of seconds, 0 to a year"), "{address}");
        }
        assert!(refused("a.db?cache=shared").contains("`cache=shared`"));
        assert!(refused("a.db?immutable=1").contains("`immutable`"));
        assert_eq!(
            refused("a.db?mode=ro&mode=rw"),
            "the option `mode` is in the address twice; give it once"
        );
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn options_of_a_server_are_honoured_or_refused_without_their_values() {
        let of = |query: &str| Options::of_postgres(&format!("postgres://me:secret@host/studies{query}"));
        assert_eq!(of(""), Ok(()));
        assert_eq!(of("?connect_timeout=5&options=-c%20search_path%3Dx&sslmode=prefer"), Ok(()));
        assert_eq!(Options::of_postgres("postgres://me:what?secret@host/studies"), Ok(()));
        let error = of("?sslpassword=secret").unwrap_err().to_string();
        assert!(error.contains("`sslpassword`") && !error.contains("secret"), "{error}");
        let error = of("?sslmode=verify-full").unwrap_err().to_string();
        assert!(error.contains("`sslmode=verify-full`") && error.contains("not encrypted"), "{error}");
    }
}
