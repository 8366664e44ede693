//! What the fields of a configuration may hold.

use crate::Initializer;

/// A field of a network's configuration that no network can be made of.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{field}` is {found}, expected {expected}")]
pub struct ConfigError {
    /// The field, as the configuration spells it.
    pub field: String,
    /// What it holds.
    pub found: String,
    /// What it may hold.
    pub expected: &'static str,
}

/// The most parameters that a network may have: 256 MiB of them, twice that while a file is read. Beyond lies a typing
/// error or a broken file.
pub(crate) const MOST_PARAMETERS: u64 = 1 << 26;

/// The most hidden layers of a network. More than that is a typing error or a broken file.
pub(crate) const MOST_LAYERS: usize = 1000;

/// Refuses a list of widths that is too long.
pub(crate) fn layers(field: &str, count: usize) -> Result<(), ConfigError> {
    check(count <= MOST_LAYERS, field, &format!("{count} layers"), "at most 1,000 layers")
}

/// Refuses a size of zero.
pub(crate) fn size(field: &str, value: usize) -> Result<(), ConfigError> {
    check(value > 0, field, &value, "at least 1")
}

/// Refuses a chance outside `[0, 1)`.
pub(crate) fn dropout(value: f64) -> Result<(), ConfigError> {
    check((0.0..1.0).contains(&value), "dropout", &value, "at least 0 and below 1")
}

/// Refuses a distribution without width.
pub(crate) fn initializer(value: Initializer) -> Result<(), ConfigError> {
    match value {
        Initializer::Normal { standard_deviation } => check(
            standard_deviation > 0.0 && standard_deviation.is_finite(),
            "initializer.normal.standard_deviation",
            &standard_deviation,
            "a finite number above 0",
        ),
        _ => Ok(()),
    }
}

/// Refuses `found` in `field` unless it is as `expected`.
pub(crate) fn check(
    holds: bool,
    field: &str,
    found: &impl ToString,
    expected: &'static str,
) -> Result<(), ConfigError> {
    if holds {
        return Ok(());
    }
    Err(ConfigError { field: field.to_owned(), found: found.to_string(), expected })
}
