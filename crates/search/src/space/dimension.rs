//! A distribution as the dimension of a space: whether it can be one, and its values in order where they are finitely
//! many.

use std::collections::HashSet;

use serde_json::Value;

use crate::parameter::{Distribution, EXACT, Parameter, ParameterError};

/// Why a [`Distribution`] is not a dimension.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum DimensionError {
    /// An empty list.
    #[error("no choices, expected at least one")]
    NoChoices,
    /// A choice that comes twice, be it once as 1 and once as 1.0.
    #[error("the choice {0} is a duplicate; name it once")]
    Twice(Value),
    /// A choice that Optuna cannot hold.
    #[error(transparent)]
    Choice(#[from] ParameterError),
    /// A range of real numbers that is not finite.
    #[error("from {low} to {high}, expected finite numbers at a finite distance")]
    Infinite {
        /// The least value.
        low: f64,
        /// The greatest value.
        high: f64,
    },
    /// A range of whole numbers that a double cannot hold.
    #[error("from {low} to {high}, expected whole numbers from -2⁵³ to 2⁵³")]
    Large {
        /// The least value.
        low: i64,
        /// The greatest value.
        high: i64,
    },
    /// A range upside down.
    #[error("low is {low} and high is {high}; swap them")]
    Order {
        /// The least value.
        low: String,
        /// The greatest value.
        high: String,
    },
    /// A logarithm of zero or less.
    #[error("a logarithmic range from {0}, expected one that starts above 0")]
    Log(String),
    /// A step that leads nowhere.
    #[error("the step is {0}, expected a number above 0")]
    Step(String),
    /// A step smaller than the rounding of the values.
    #[error("the step {step} is lost in the rounding of numbers as large as {largest}; take a larger one")]
    Fine {
        /// The distance between neighbours.
        step: f64,
        /// The largest absolute value of the range.
        largest: f64,
    },
    /// Evenly spread over the logarithm and over the range, which Optuna does not allow either.
    #[error("a logarithmic range with the step {0}, expected one of the two")]
    LogStep(String),
}

/// How far from a multiple of the step a real number may be, in steps: Optuna's tolerance.
const TOLERANCE: f64 = 1e-8;

impl Distribution {
    /// Whether a space can have this dimension.
    pub(crate) fn validate(&self) -> Result<(), DimensionError> {
        match *self {
            Self::Categorical { ref choices } => self.validate_choices(choices),
            Self::Float { low, high, log, step } => {
                if !(low.is_finite() && high.is_finite() && (high - low).is_finite()) {
                    return Err(DimensionError::Infinite { low, high });
                }
                validate_range(low, high, log)?;
                step.map_or(Ok(()), |step| validate_step(low, high, log, step))
            }
            Self::Int { low, high, log, step } => {
                if low < -EXACT || high > EXACT {
                    return Err(DimensionError::Large { low, high });
                }
                validate_range(low, high, log)?;
                match step {
                    ..=0 => Err(DimensionError::Step(step.to_string())),
                    _ if log && step > 1 => Err(DimensionError::LogStep(step.to_string())),
                    _ => Ok(()),
                }
            }
        }
    }

    fn validate_choices(&self, choices: &[Value]) -> Result<(), DimensionError> {
        let first = choices.first().ok_or(DimensionError::NoChoices)?;
        Parameter::new(self.clone(), first.clone())?;
        let mut seen = Seen::default();
        let twice = choices.iter().find(|choice| !seen.insert(choice));
        twice.map_or(Ok(()), |choice| Err(DimensionError::Twice(choice.clone())))
    }

    /// The value that `value` stands for, in this distribution's own form; the nearest one if it lies between two steps.
    /// None if it lies outside, or if any number of a range would do.
    pub(super) fn nearest(&self, value: &Value) -> Option<Value> {
        if let Self::Categorical { choices } = self {
            return choices.iter().find(|choice| is_same(choice, value)).cloned();
        }
        let number = value.as_f64()?;
        let (low, high, step) = match *self {
            Self::Int { low, high, step, .. } => (low as f64, high as f64, step as f64),
            Self::Float { low, high, step, .. } => (low, high, step.or((low >= high).then_some(1.0))?),
            Self::Categorical { .. } => return None,
        };
        if !(low <= number && number <= high) {
            return None;
        }
        let place = ((number - low) / step).round() as u64;
        Some(self.value(place.min(self.count()? - 1)))
    }

    /// Whether `value` is `held`, one of this distribution's own values, but for the rounding of its steps.
    pub(super) fn is_alike(&self, held: &Value, value: &Value) -> bool {
        let &Self::Float { step: Some(step), .. } = self else { return is_same(held, value) };
        let apart = held.as_f64().zip(value.as_f64()).map(|(held, value)| (held - value).abs());
        apart.is_some_and(|apart| apart <= TOLERANCE * step)
    }

    /// The greatest number; the last choice.
    pub(super) fn greatest(&self) -> Value {
        match (self, self.count()) {
            (&Self::Float { high, .. }, None) => high.into(),
            (_, count) => self.value(count.unwrap_or(1).saturating_sub(1)),
        }
    }

    /// How many values there are; none for a range of real numbers without a step.
    pub(crate) fn count(&self) -> Option<u64> {
        match *self {
            Self::Categorical { ref choices } => Some(choices.len() as u64),
            Self::Float { step: None, .. } => None,
            Self::Float { low, high, step: Some(step), .. } => {
                Some(((high - low) / step + TOLERANCE) as u64 + 1)
            }
            Self::Int { low, high, step, .. } => Some(high.abs_diff(low) / step.unsigned_abs() + 1),
        }
    }

    /// The place of `value`, the inverse of [`value`](Self::value); `None` if it is none of finitely many.
    pub(crate) fn place(&self, value: &Value) -> Option<u64> {
        let count = self.count()?;
        let place = match *self {
            Self::Categorical { ref choices } => choices.iter().position(|choice| choice == value)? as u64,
            Self::Float { low, step, .. } => ((value.as_f64()? - low) / step?).round() as u64,
            Self::Int { low, step, .. } => value.as_i64()?.abs_diff(low) / step.unsigned_abs(),
        };
        (place < count && self.value(place) == *value).then_some(place)
    }

    /// The value at `place`, below [`count`](Self::count). A real number is `low + place · step`, at most `high`.
    pub(crate) fn value(&self, place: u64) -> Value {
        match *self {
            Self::Categorical { ref choices } => choices[place as usize].clone(),
            Self::Float { low, high, step, .. } => {
                (low + place as f64 * step.unwrap_or(0.0)).min(high).into()
            }
            Self::Int { low, step, .. } => low.saturating_add_unsigned(place * step.unsigned_abs()).into(),
        }
    }
}

/// Values that came before, none [the same](is_same) as another.
#[derive(Default)]
struct Seen {
    /// Values as they are written: whole numbers, texts, booleans and null.
    exact: HashSet<String>,
    /// Whole numbers as doubles hold them, and other numbers.
    whole: HashSet<u64>,
    real: HashSet<u64>,
}

impl Seen {
    /// Adds a value; `false` if the same one came before.
    fn insert(&mut self, value: &Value) -> bool {
        // 0.0 and -0.0 are the same.
        let double = value.as_f64().map(|number| (number + 0.0).to_bits());
        match double {
            Some(double) if value.is_f64() => !self.whole.contains(&double) && self.real.insert(double),
            double => {
                let is_new = double.is_none_or(|double| !self.real.contains(&double));
                self.whole.extend(double);
                self.exact.insert(value.to_string()) && is_new
            }
        }
    }
}

/// Whether two values are the same: 1 and 1.0 are, for Optuna and for a setting.
fn is_same(a: &Value, b: &Value) -> bool {
    #[expect(clippy::float_cmp, reason = "two spellings of one number")]
    let equal = || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| a == b);
    // Two whole numbers are compared as such: a double may hold neither.
    let whole = |value: &Value| value.is_i64() || value.is_u64();
    a == b || (!(whole(a) && whole(b)) && equal())
}

fn validate_range<T: Copy + PartialOrd + From<u8> + ToString>(
    low: T,
    high: T,
    log: bool,
) -> Result<(), DimensionError> {
    if low > high {
        return Err(DimensionError::Order { low: low.to_string(), high: high.to_string() });
    }
    if log && low <= T::from(0) {
        return Err(DimensionError::Log(low.to_string()));
    }
    Ok(())
}

fn validate_step(low: f64, high: f64, log: bool, step: f64) -> Result<(), DimensionError> {
    if !(step > 0.0 && step.is_finite()) {
        return Err(DimensionError::Step(step.to_string()));
    }
    if log {
        return Err(DimensionError::LogStep(step.to_string()));
    }
    // `low + place · step` is rounded twice, by at most 1.5 units in the last place of `largest`: neighbours that are
    // four such units apart stay apart.
    let largest = low.abs().max(high.abs());
    if step < 4.0 * f64::EPSILON * largest {
        return Err(DimensionError::Fine { step, largest });
    }
    Ok(())
}
