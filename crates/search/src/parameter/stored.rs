//! A parameter as Optuna's `trial_params` holds it: its distribution as JSON, and a number.
//!
//! Rows of other programs are read for what they mean: distributions that Optuna has renamed since, and the infinities
//! that Python writes into JSON.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::{Distribution, Parameter};

/// How far a real number may lie outside of its range for the rounding of the program that chose it, as a share of the
/// larger end.
const ROUNDING: f64 = 1e-9;

impl Parameter {
    /// The number that Optuna's `trial_params` holds: the value, or the place of a choice.
    pub(crate) fn stored(&self) -> f64 {
        match &*self.distribution {
            Distribution::Categorical { choices } => {
                choices.iter().position(|choice| *choice == self.value).unwrap_or(0) as f64
            }
            Distribution::Float { .. } | Distribution::Int { .. } => self.value.as_f64().unwrap_or(f64::NAN),
        }
    }
}

/// The parameter of a row, and a remark if it was changed while reading.
///
/// # Errors
/// In words, if the row means no value.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) fn read(json: &str, stored: f64) -> Result<(Parameter, Option<String>), String> {
    let (distribution, remark) = match serde_json::from_str(json) {
        Ok(distribution) => (distribution, None),
        Err(_) => foreign(json)?,
    };
    let value = value(&distribution, stored)?;
    Ok((Parameter { distribution: Arc::new(distribution), value }, remark))
}

/// JSON as Python writes it: the words `NaN`, `Infinity` and `-Infinity` are texts. Says also whether there are any.
///
/// # Errors
/// If it is not JSON otherwise either.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) fn python(json: &str) -> serde_json::Result<(Value, bool)> {
    if let Ok(value) = serde_json::from_str(json) {
        return Ok((value, false));
    }
    let quoted = quoted(json);
    let changed = matches!(quoted, Cow::Owned(_));
    serde_json::from_str(&quoted).map(|value| (value, changed))
}

/// Puts the three words in quotes, except inside of texts.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
fn quoted(json: &str) -> Cow<'_, str> {
    let mut found = Vec::new();
    let (mut within, mut escaped) = (false, false);
    let mut skip = 0;
    for (place, letter) in json.char_indices() {
        if place < skip {
            continue;
        }
        if within {
            within = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
            continue;
        }
        within = letter == '"';
        let word = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| json[place..].starts_with(word));
        if let Some(word) = word {
            found.push((place, word));
            skip = place + word.len();
        }
    }
    if found.is_empty() {
        return json.into();
    }
    let mut text = String::new();
    let mut from = 0;
    for (place, word) in found {
        text.push_str(&json[from..place]);
        text.extend(["\"", word, "\""]);
        from = place + word.len();
    }
    (text + &json[from..]).into()
}

/// A distribution that is not written as this program would write it.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
fn foreign(json: &str) -> Result<(Distribution, Option<String>), String> {
    let (written, changed) =
        python(json).map_err(|error| format!("its distribution is not JSON: {error}"))?;
    let attributes = Attributes(&written["attributes"]);
    let log = |default| attributes.0["log"].as_bool().unwrap_or(default);
    let float = |log, step| -> Result<_, String> {
        let (low, high) = (attributes.number("low")?, attributes.number("high")?);
        Ok((Distribution::Float { low, high, log, step }, None))
    };
    let step = |name: &str| match attributes.0.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => attributes.number(name).map(Some),
    };
    let int = |log| -> Result<_, String> {
        let (low, high) = (attributes.whole("low")?, attributes.whole("high")?);
        let step = if step("step")?.is_some() { attributes.whole("step")?.0 } else { 1 };
        let beyond = [("low", low), ("high", high)].into_iter().find(|(_, (_, beyond))| *beyond);
        let remark = beyond.map(|(name, (bound, _))| {
            format!("its {name} is {}, which has more than 64 bits: read as {bound}", attributes.0[name])
        });
        Ok((Distribution::Int { low: low.0, high: high.0, log, step }, remark))
    };
    match written["name"].as_str() {
        Some("CategoricalDistribution") => {
            let choices = attributes.0["choices"].as_array().ok_or("its choices are not a list")?;
            let remark = changed.then(|| "a choice that is not finite is read as a text".to_owned());
            Ok((Distribution::Categorical { choices: choices.clone() }, remark))
        }
        Some("FloatDistribution") => float(log(false), step("step")?),
        Some("IntDistribution") => int(log(false)),
        // Those of Optuna before 3.0.
        Some("UniformDistribution") => float(false, None),
        Some("LogUniformDistribution") => float(true, None),
        Some("DiscreteUniformDistribution") => float(false, step("q")?),
        Some("IntUniformDistribution") => int(false),
        Some("IntLogUniformDistribution") => int(true),
        Some(other) => Err(format!("its distribution `{}` is unknown", other.escape_debug())),
        None => Err("its distribution has no name".to_owned()),
    }
}

/// What a distribution says of itself.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
struct Attributes<'a>(&'a Value);

#[cfg(any(feature = "postgres", feature = "sqlite"))]
impl Attributes<'_> {
    fn number(&self, name: &str) -> Result<f64, String> {
        let number = self.0[name].as_f64().filter(|number| number.is_finite());
        number.ok_or_else(|| self.wrong(name, "a finite number"))
    }

    /// A whole number, and whether it is the end of what 64 bits can hold in place of a larger one.
    fn whole(&self, name: &str) -> Result<(i64, bool), String> {
        if let Some(number) = self.0[name].as_i64() {
            return Ok((number, false));
        }
        let number = self.0[name].as_f64().filter(|number| number.is_finite() && number.fract() == 0.0);
        let number = number.ok_or_else(|| self.wrong(name, "a whole number"))?;
        Ok((number as i64, number.abs() >= -(i64::MIN as f64)))
    }

    fn wrong(&self, name: &str, expected: &str) -> String {
        let found: String = self.0[name].to_string().chars().take(40).collect();
        format!("its {name} is {found}, expected {expected}")
    }
}

/// The value that the stored number encodes.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
fn value(distribution: &Distribution, stored: f64) -> Result<Value, String> {
    let whole = stored.is_finite() && stored.fract() == 0.0;
    match *distribution {
        Distribution::Categorical { ref choices } => {
            let choice = choices.get(stored as usize).filter(|_| whole && stored >= 0.0);
            choice
                .cloned()
                .ok_or_else(|| format!("{stored} is not the place of one of {} choices", choices.len()))
        }
        Distribution::Float { low, high, .. } => {
            let slack = ROUNDING * low.abs().max(high.abs());
            if low <= high && low - slack <= stored && stored <= high + slack {
                Ok(stored.clamp(low, high).into())
            } else {
                Err(format!("{stored} is not a number from {low} to {high}"))
            }
        }
        Distribution::Int { low, high, .. } => {
            if whole && low as f64 <= stored && stored <= high as f64 {
                Ok((stored as i64).into())
            } else {
                Err(format!("{stored} is not a whole number from {low} to {high}"))
            }
        }
    }
}

#[cfg(all(test, any(feature = "postgres", feature = "sqlite")))]
mod tests {
    use serde_json::json;

    use super::*;

    fn json(name: &str, attributes: &str) -> String {
        format!(r#"{{"name": "{name}", "attributes": {attributes}}}"#)
    }

    #[track_caller]
    fn means(
        name: &str,
        attributes: &str,
        stored: f64,
        distribution: &Distribution,
        value: impl Into<Value>,
    ) {
        let (parameter, remark) = read(&json(name, attributes), stored).unwrap();
        assert_eq!((parameter.distribution(), parameter.value()), (distribution, &value.into()));
        assert_eq!(remark, None);
    }

    #[track_caller]
    fn refused(name: &str, attributes: &str, stored: f64, expected: &str) {
        assert_eq!(read(&json(name, attributes), stored).unwrap_err(), expected);
    }

    #[test]
    fn distributions_of_older_versions_mean_what_the_new_ones_say() {
        let float = |log, step| Distribution::Float { low: 0.5, high: 8.0, log, step };
        let range = r#"{"low": 0.5, "high": 8.0}"#;
        means("UniformDistribution", range, 2.5, &float(false, None), 2.5);
        means("LogUniformDistribution", range, 2.5, &float(true, None), 2.5);
        let discrete = r#"{"low": 0.5, "high": 8.0, "q": 0.5}"#;
        means("DiscreteUniformDistribution", discrete, 2.5, &float(false, Some(0.5)), 2.5);
        let int = |log, step| Distribution::Int { low: 1, high: 9, log, step };
        means("IntUniformDistribution", r#"{"low": 1, "high": 9, "step": 2}"#, 3.0, &int(false, 2), 3);
        means("IntLogUniformDistribution", r#"{"low": 1, "high": 9, "step": 1}"#, 3.0, &int(true, 1), 3);
        means("FloatDistribution", range, 2.5, &float(false, None), 2.5);
        means("IntDistribution", r#"{"low": 1.0, "high": 9.0, "log": true}"#, 9.0, &int(true, 1), 9);
    }

    #[test]
    fn what_is_not_finite_is_a_text_among_choices_and_no_bound() {
        let choices = r#"{"choices": [Infinity, 1.0, NaN, -Infinity, "NaN [Infinity]", "\\\"NaN"]}"#;
        for (place, expected) in
            ["Infinity", "", "NaN", "-Infinity", "NaN [Infinity]", "\\\"NaN"].into_iter().enumerate()
        {
            let (parameter, remark) = read(&json("CategoricalDistribution", choices), place as f64).unwrap();
            let expected = if place == 1 { json!(1.0) } else { json!(expected) };
            assert_eq!(parameter.value(), &expected);
            assert_eq!(remark.as_deref(), Some("a choice that is not finite is read as a text"));
        }
        let expected = "its high is \"Infinity\", expected a finite number";
        refused("FloatDistribution", r#"{"low": 0.5, "high": Infinity}"#, 1.0, expected);
        let expected = "its low is \"NaN\", expected a whole number";
        refused("IntDistribution", r#"{"low": NaN, "high": 3}"#, 1.0, expected);
        refused("UniformDistribution", "{}", 1.0, "its low is null, expected a finite number");
    }

    #[test]
    fn whole_numbers_beyond_64_bits_are_read_as_the_last_that_fit() {
        let attributes = r#"{"low": 0, "high": 1180591620717411303424}"#;
        let (parameter, remark) = read(&json("IntDistribution", attributes), 7.0).unwrap();
        assert_eq!(parameter.value(), &json!(7));
        assert_eq!(
            remark.as_deref(),
            Some(
                "its high is 1.1805916207174113e+21, which has more than 64 bits: read as 9223372036854775807"
            )
        );
        refused(
            "IntDistribution",
            r#"{"low": 0, "high": 9}"#,
            1e300,
            &format!("{} is not a whole number from 0 to 9", 1e300),
        );
    }

    #[test]
    fn a_number_that_stands_for_nothing_is_refused() {
        for stored in [-1.0, 2.0, 0.5, f64::NAN, f64::INFINITY] {
            let expected = format!("{stored} is not the place of one of 2 choices");
            refused("CategoricalDistribution", r#"{"choices": ["a", "b"]}"#, stored, &expected);
        }
        let range = r#"{"low": 0.0, "high": 3.0, "log": false, "step": null}"#;
        refused("FloatDistribution", range, 3.1, "3.1 is not a number from 0 to 3");
        refused("FloatDistribution", range, f64::NAN, "NaN is not a number from 0 to 3");
        let (rounded, _) = read(&json("FloatDistribution", range), 3.000_000_000_000_1).unwrap();
        assert_eq!(rounded.value(), &json!(3.0), "the rounding of another program");
        let upside_down = r#"{"low": 3.0, "high": 0.0}"#;
        refused("FloatDistribution", upside_down, 1.0, "1 is not a number from 3 to 0");
        let whole = r#"{"low": 0, "high": 3}"#;
        refused("IntDistribution", whole, 1.5, "1.5 is not a whole number from 0 to 3");
    }

    #[test]
    fn what_is_no_distribution_is_named() {
        refused("PoissonDistribution", "{}", 1.0, "its distribution `PoissonDistribution` is unknown");
        for text in ["", "{", "null", "[1]", "7", "NaN", "{}", r#"{"name": 3}"#, &"[".repeat(100_000)] {
            let error = read(text, 1.0).unwrap_err();
            assert!(error.starts_with("its distribution "), "{error}");
        }
        refused("CategoricalDistribution", r#"{"choices": {}}"#, 0.0, "its choices are not a list");
    }
}
