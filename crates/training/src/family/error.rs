//! Why a kind or a setting is refused.

use std::fmt;

/// A setting outside its range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is {value}, expected {expected}")]
pub struct SettingError {
    /// Its name, with the names above it.
    pub setting: String,
    /// Its value.
    pub value: String,
    /// Its range.
    pub expected: String,
}

impl SettingError {
    /// The value of `setting` is not as expected.
    pub fn new(setting: &str, value: impl fmt::Display, expected: impl Into<String>) -> Self {
        Self { setting: setting.to_string(), value: value.to_string(), expected: expected.into() }
    }

    /// The same setting, seen from the table that holds `key`.
    #[must_use]
    pub fn within(self, key: &str) -> Self {
        Self { setting: format!("{key}.{}", self.setting), ..self }
    }

    /// Refuses a value that is not in `[0, 1)`.
    ///
    /// # Errors
    /// If it is not.
    pub fn unless_share(setting: &str, value: impl Into<f64> + fmt::Display + Copy) -> Result<(), Self> {
        if (0.0..1.0).contains(&value.into()) { Ok(()) } else { Err(Self::new(setting, value, "in [0, 1)")) }
    }

    /// Refuses a value that is not finite and above 0.
    ///
    /// # Errors
    /// If it is not.
    pub fn unless_positive(setting: &str, value: impl Into<f64> + fmt::Display + Copy) -> Result<(), Self> {
        let number = value.into();
        if number > 0.0 && number.is_finite() {
            return Ok(());
        }
        Err(Self::new(setting, value, "a finite number above 0"))
    }
}

/// Why a kind cannot be added to its family.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddKindError {
    /// The family has a kind of this name.
    #[error("{family} `{name}` already exists; choose another name")]
    Taken {
        /// What the family calls one of its kinds.
        family: &'static str,
        /// The name.
        name: &'static str,
    },
    /// No file could name it so.
    #[error("{family} {name:?}: a name has 1 to 64 lower-case letters, digits and -; choose another name")]
    Name {
        /// What the family calls one of its kinds.
        family: &'static str,
        /// The name.
        name: &'static str,
    },
}

/// Why a kind with its settings could not be read, and at which key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct KindError {
    /// The keys that lead to what is wrong, from the value that was read. None: the value itself.
    pub keys: Vec<String>,
    /// What is wrong there.
    pub problem: KindProblem,
}

/// What is wrong with a kind or a setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KindProblem {
    /// The kind is unknown.
    #[error("unknown {family} `{name}`; expected one of {}", .known.join(", "))]
    UnknownKind {
        /// What the family calls one of its kinds.
        family: &'static str,
        /// The name.
        name: String,
        /// The names of the family's kinds.
        known: Vec<String>,
    },
    /// The key is unknown.
    #[error("unknown key; {}", keys(.allowed))]
    UnknownKey {
        /// The keys that are allowed there.
        allowed: Vec<String>,
    },
    /// The value is missing, of the wrong type or outside its range.
    #[error("{0}")]
    Value(String),
}

fn keys(allowed: &[String]) -> String {
    match allowed {
        [] => "there are no settings here".to_string(),
        [one] => format!("expected {one}"),
        several => format!("expected one of {}", several.join(", ")),
    }
}

impl KindError {
    /// The value at `key` is wrong.
    pub fn value(key: &str, reason: impl Into<String>) -> Self {
        Self { keys: vec![key.to_string()], problem: KindProblem::Value(reason.into()) }
    }

    /// What was read is wrong as a whole.
    pub fn whole(reason: impl Into<String>) -> Self {
        Self { keys: Vec::new(), problem: KindProblem::Value(reason.into()) }
    }

    /// The same problem, seen from the table that holds `key`.
    #[must_use]
    pub fn within(mut self, key: &str) -> Self {
        self.keys.insert(0, key.to_string());
        self
    }
}

impl From<SettingError> for KindError {
    fn from(error: SettingError) -> Self {
        let keys = error.setting.split('.').map(str::to_string).collect();
        let problem = KindProblem::Value(format!("is {}, expected {}", error.value, error.expected));
        Self { keys, problem }
    }
}

impl fmt::Display for KindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.keys.is_empty() {
            return self.problem.fmt(f);
        }
        write!(f, "`{}`: {}", self.keys.join("."), self.problem)
    }
}
