//! What may follow the question mark of an address: each option is honoured or refused by its name.

#[cfg(feature = "sqlite")]
use std::borrow::Cow;
use std::time::Duration;

use super::open::Access;
#[cfg(feature = "postgres")]
use super::postgres::Mode;

/// What the options of an address say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Options {
    /// What opening may do, if that is said.
    pub(super) access: Option<Access>,
    /// How long a lock is waited for, if that is said.
    pub(super) timeout: Option<Duration>,
}

/// An unsupported option or value.
///
/// Only values that were expected to be one of a few words are repeated: others may be a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// Nothing here goes by it.
    #[error("the option `{name}` of the URL is not supported; remove it. Supported are {known}")]
    Unknown {
        /// The option.
        name: String,
        /// The options that have an effect.
        known: &'static str,
    },
    /// A value that it cannot have.
    #[error("the option `{name}={value}` of the URL is not supported; expected {expected}")]
    Value {
        /// The option.
        name: &'static str,
        /// What was given.
        value: String,
        /// What could have been given.
        expected: &'static str,
    },
    /// The same option more than once.
    #[error("the option `{0}` is in the URL twice; give it once")]
    Twice(String),
}

/// The longest wait for a lock, so that a number is a duration whatever it is: a year.
#[cfg(feature = "sqlite")]
const LONGEST: f64 = 366.0 * 86_400.0;

impl Options {
    /// The name of a file, and what the options after it say.
    #[cfg(feature = "sqlite")]
    pub(super) fn from_sqlite(address: &str) -> Result<(String, Self), OptionsError> {
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

    /// A PostgreSQL address without its options for TLS, and these: `sslmode` and `sslrootcert`.
    #[cfg(feature = "postgres")]
    pub(super) fn from_postgres(url: &str) -> Result<(String, Option<Mode>, Option<String>), OptionsError> {
        const KNOWN: [&str; 15] = [
            "user",
            "password",
            "dbname",
            "options",
            "application_name",
            "host",
            "hostaddr",
            "port",
            "connect_timeout",
            "tcp_user_timeout",
            "keepalives",
            "sslmode",
            "sslrootcert",
            "target_session_attrs",
            "load_balance_hosts",
        ];
        // A password, which ends at the first `@`, may hold a question mark.
        let place = url.find('@').map_or(0, |at| at + 1);
        let query = url[place..].find('?').map_or(url.len(), |mark| place + mark);
        let (mut others, mut mode, mut roots) = (Vec::new(), None, None);
        for (name, value) in pairs(url[query..].trim_start_matches('?'))? {
            match name {
                "sslmode" => {
                    let expected = "`disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`";
                    let wrong = || OptionsError::Value { name: "sslmode", value: value.to_owned(), expected };
                    mode = Some(Mode::from_word(value).ok_or_else(wrong)?);
                }
                "sslrootcert" => roots = Some(unescaped(value)),
                _ if KNOWN.contains(&name) => others.push(format!("{name}={value}")),
                _ => {
                    let known = "`host`, `port`, `user`, `password`, `dbname`, `options`, `application_name`, \
                                 `connect_timeout`, `tcp_user_timeout`, `keepalives`, `sslmode`, `sslrootcert`, \
                                 `target_session_attrs` and `load_balance_hosts`";
                    return Err(OptionsError::Unknown { name: name.to_owned(), known });
                }
            }
        }
        let mark = if others.is_empty() { "" } else { "?" };
        Ok((format!("{}{mark}{}", &url[..query], others.join("&")), mode, roots))
    }
}

/// A value of a URL, in which `%2F` is a slash.
#[cfg(feature = "postgres")]
fn unescaped(value: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), value.as_bytes());
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|_| *first == b'%').and_then(|digits| str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
        Options::from_sqlite(address).unwrap()
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
        let refused = |address: &str| Options::from_sqlite(address).unwrap_err().to_string();
        assert_eq!(
            refused("a.db?check_same_thread=false"),
            "the option `check_same_thread` of the URL is not supported; remove it. Supported are `timeout`, \
             `mode`, `uri` and `cache`"
        );
        assert_eq!(
            refused("a.db?mode=memory"),
            "the option `mode=memory` of the URL is not supported; expected `ro`, `rw` or `rwc`"
        );
        for address in ["a.db?timeout=inf", "a.db?timeout=nan", "a.db?timeout=-1", "a.db?timeout="] {
            assert!(refused(address).ends_with("expected a number of seconds, 0 to a year"), "{address}");
        }
        assert!(refused("a.db?cache=shared").contains("`cache=shared`"));
        assert!(refused("a.db?immutable=1").contains("`immutable`"));
        assert_eq!(refused("a.db?mode=ro&mode=rw"), "the option `mode` is in the URL twice; give it once");
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn options_of_a_server_are_honoured_or_refused_without_their_values() {
        let host = "postgres://me:secret@host/studies";
        let of = |query: &str| Options::from_postgres(&format!("{host}{query}"));
        assert_eq!(of(""), Ok((host.to_owned(), None, None)));
        let others = "?connect_timeout=5&options=-c%20search_path%3Dx";
        assert_eq!(
            of(&format!("{others}&sslmode=prefer")).unwrap(),
            (format!("{host}{others}"), Some(Mode::Prefer), None)
        );
        let (url, mode, roots) = of("?sslmode=verify-full&sslrootcert=%2Fan%20authority.crt").unwrap();
        assert_eq!(
            (&*url, mode, roots.as_deref()),
            (host, Some(Mode::VerifyFull), Some("/an authority.crt"))
        );
        let odd = "postgres://me:what?secret@host/studies";
        assert_eq!(Options::from_postgres(odd), Ok((odd.to_owned(), None, None)));
        let error = of("?sslpassword=secret").unwrap_err().to_string();
        assert!(error.contains("`sslpassword`") && !error.contains("secret"), "{error}");
        let error = of("?sslmode=verify").unwrap_err().to_string();
        assert!(
            error.contains("`sslmode=verify`") && error.contains("`verify-ca` or `verify-full`"),
            "{error}"
        );
    }
}
