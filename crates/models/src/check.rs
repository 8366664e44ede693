//! Checks of a network's settings, and the error that names the wrong one.

use crate::{Initializer, NetworkConfig};

/// A setting of a network that is out of its range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{field}` is {found}, expected {expected}")]
pub struct ConfigError {
    /// The setting, as files spell it.
    pub field: String,
    /// Its value.
    pub found: String,
    /// Its range.
    pub expected: &'static str,
}

/// The most parameters that a network may have: 256 MiB of them, twice that while a file is read. More is a typing error
/// or a broken file.
pub(crate) const MOST_PARAMETERS: u64 = 1 << 26;

/// The most hidden layers of a network. More is a typing error or a broken file.
pub(crate) const MOST_LAYERS: usize = 1000;

/// Checks a network's settings, and that it has at most 2²⁶ parameters.
///
/// # Errors
/// Names the first setting that is out of its range, or `parameters`.
pub fn check_network(config: &impl NetworkConfig) -> Result<(), ConfigError> {
    config.check()?;
    let parameters = config.summary().parameters();
    check(
        parameters <= MOST_PARAMETERS,
        "parameters",
        &parameters,
        "at most 67,108,864: are the sizes right?",
    )
}

/// Refuses more than 1,000 layers in a list of widths.
///
/// # Errors
/// Names `field` and how many layers it has.
pub fn layers(field: &str, count: usize) -> Result<(), ConfigError> {
    check(count <= MOST_LAYERS, field, &format!("{count} layers"), "at most 1,000 layers")
}

/// Refuses a size of zero.
///
/// # Errors
/// Names `field`.
pub fn size(field: &str, value: usize) -> Result<(), ConfigError> {
    check(value > 0, field, &value, "at least 1")
}

/// Refuses a chance of dropout outside `[0, 1)`.
///
/// # Errors
/// Names `dropout` and its value.
pub fn dropout(value: f64) -> Result<(), ConfigError> {
    check((0.0..1.0).contains(&value), "dropout", &value, "at least 0 and below 1")
}

/// Refuses a distribution of weights without width.
///
/// # Errors
/// Names the setting in `initializer`.
pub fn initializer(value: Initializer) -> Result<(), ConfigError> {
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

/// Refuses `found` in `field` unless `holds`.
///
/// # Errors
/// A [`ConfigError`] with these words.
pub fn check(
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
