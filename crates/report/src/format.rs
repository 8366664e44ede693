//! Numbers as readers see them: accuracies in percent, counts with commas.

use serde_json::Value;

use crate::claim::{Part, Unit};
use crate::record::Outcome;
use crate::statistics::Estimate;

/// What stands where nothing was measured.
pub(crate) const ABSENT: &str = "–";

/// `0.9402` as `94.02`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.2}", 100.0 * share)
}

/// `94.02 ± 0.35`, or `94.02` of one value.
pub(crate) fn estimate(estimate: Option<Estimate>) -> String {
    match estimate {
        None => ABSENT.into(),
        Some(Estimate { mean, half_width: None, .. }) => percent(mean),
        Some(Estimate { mean, half_width: Some(half), .. }) => {
            format!("{} ± {}", percent(mean), percent(half))
        }
    }
}

/// A difference of accuracies in percentage points: `0.0142` as `1.42`.
pub(crate) fn points(difference: f64) -> String {
    // Rounding may leave a zero with a sign.
    percent(difference).replace("-0.00", "0.00").replace('-', "−")
}

/// An effect in its unit: `+1.42`, `2.31`, `0.75`, `+12,345`.
pub(crate) fn amount(unit: Unit, value: f64) -> String {
    let text = match unit {
        Unit::Points => format!("{value:+.2}"),
        Unit::Times | Unit::Share => format!("{value:.2}"),
        Unit::Count => format!("{}{}", if value < 0.0 { '-' } else { '+' }, count(value.abs() as u64)),
    };
    // A rounded nothing has no sign, and a minus is not a hyphen.
    let nothing = matches!(text.as_str(), "-0.00" | "+0.00" | "+0");
    if nothing { text[1..].into() } else { text.replace('-', "−") }
}

/// An effect with its interval and unit: `+1.42 [0.61, 2.23] points`.
pub(crate) fn interval(part: &Part) -> String {
    let limits = part.low.map(|low| {
        let high = part.high.map_or_else(|| "∞".into(), |high| amount(part.unit, high));
        format!(" [{}, {high}]", amount(part.unit, low))
    });
    amount(part.unit, part.effect) + &limits.unwrap_or_default() + unit(part.unit)
}

/// What stands behind an effect, with the space before it.
pub(crate) fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Points => " points",
        Unit::Times => " times",
        Unit::Share => " of seeds",
        Unit::Count => "",
    }
}

/// `0.0234` as `0.023`, and `< 0.001` below that.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") }
}

/// A setting or a value of a dimension: words without quotes, lists with spaces, fractions to six figures. So 0.9 that was
/// held in four bytes is written as 0.9 again.
pub(crate) fn setting(value: &Value) -> String {
    match value {
        Value::Number(fraction) if fraction.is_f64() => fraction.as_f64().map_or(ABSENT.into(), number),
        Value::String(text) => text.clone(),
        Value::Null => "none".into(),
        Value::Array(values) => format!("[{}]", values.iter().map(setting).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// `Fcn, LocalNet and Cnn`.
pub(crate) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [name] => name.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `1398154` as `1,398,154`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds to three figures or so: `0.325`, `4.21`, `73.0`, `312`.
pub(crate) fn seconds(seconds: f64) -> String {
    let decimals = match seconds {
        ..1.0 => 3,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{seconds:.decimals$}")
}

/// A time that people plan with: `45 s`, `12 min 5 s`, `1 h 24 min`.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => {
            // Halves of a minute are rounded before hours are taken off.
            let minutes = (whole + 30) / 60;
            format!("{} h {} min", count(minutes / 60), minutes % 60)
        }
    }
}

/// A number of which nothing is known, to six figures: `0.0123`, `150`, `1.5e-7`, `−∞`.
pub(crate) fn number(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    let text = match rounded.abs() {
        f64::INFINITY => if rounded < 0.0 { "-∞" } else { "∞" }.into(),
        0.0 => "0".into(),
        size if size.is_nan() || (1e-4..1e9).contains(&size) => rounded.to_string(),
        _ => format!("{rounded:e}"),
    };
    text.strip_prefix('-').map_or_else(|| text.clone(), |size| format!("−{size}"))
}

/// A number as people write it, to four figures: `0.1942`, `96.71`, `1.5e-7`. Whole numbers, and the whole part of large
/// ones, keep all their digits.
pub fn figures(value: f64) -> String {
    let rounded = match value.abs() {
        1000.0.. => value.round(),
        _ => format!("{value:.3e}").parse().unwrap_or(value),
    };
    let text = match rounded.abs() {
        f64::INFINITY => if rounded < 0.0 { "-∞" } else { "∞" }.into(),
        0.0 => "0".into(),
        size if size.is_nan() || (1e-4..1e15).contains(&size) => rounded.to_string(),
        _ => format!("{rounded:e}"),
    };
    text.strip_prefix('-').map_or_else(|| text.clone(), |size| format!("−{size}"))
}

/// The number, then the noun in its number: `1 trial`, `2 trials`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number as u64), if number == 1 { one } else { many })
}

/// How many seeds, and which: `8 seeds (1 to 8)`.
pub(crate) fn seeds(seeds: &[u64]) -> String {
    let range = match seeds {
        [first, .., last] if seeds.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])) => {
            format!(" ({first} to {last})")
        }
        [] => String::new(),
        _ => format!(" ({})", seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
    };
    counted(seeds.len(), "seed", "seeds") + &range
}

/// The first characters of a hash, enough to tell two apart by eye.
pub(crate) fn short(hash: &str) -> String {
    hash.chars().take(10).collect()
}

/// How a trial ended.
pub(crate) fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Finished => "finished".into(),
        Outcome::StoppedEarly { epoch, best } => format!("stopped after epoch {epoch}, best was {best}"),
        Outcome::Diverged { epoch } => format!("diverged in epoch {epoch}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_a_paper() {
        assert_eq!(
            [0, 12, 123, 1234, 123_456, 1_398_154].map(count),
            ["0", "12", "123", "1,234", "123,456", "1,398,154"]
        );
        assert_eq!([0.3254, 4.205, 73.0, 312.4].map(seconds), ["0.325", "4.21", "73.0", "312"]);
        assert_eq!(
            [0.1 + 0.2, 150.0, -2.5, 1.5e-7, -0.0, 123_456_789.0, -2e12].map(number),
            ["0.3", "150", "−2.5", "1.5e-7", "0", "123457000", "−2e12"]
        );
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(number), ["NaN", "∞", "−∞"]);
        assert_eq!(counted(1, "trial", "trials"), "1 trial");
        assert_eq!(counted(1000, "trial", "trials"), "1,000 trials");
        assert_eq!(short("é123456789abc"), "é123456789");
    }

    #[test]
    fn a_time_has_two_units() {
        assert_eq!(
            [0.0, 59.6, 725.0, 3599.4, 5064.0, 7199.0].map(duration),
            ["0 s", "1 min 0 s", "12 min 5 s", "59 min 59 s", "1 h 24 min", "2 h 0 min"]
        );
    }

    #[test]
    fn four_figures_are_enough_for_people() {
        let values =
            [0.194_212_25, 0.967_078, 96.7078, 0.0, 53.0, 12_345_678.0, 4321.5, -0.000_951_661, 1.234_56e-7];
        assert_eq!(
            values.map(figures),
            ["0.1942", "0.9671", "96.71", "0", "53", "12345678", "4322", "−0.0009517", "1.235e-7"]
        );
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(figures), ["NaN", "∞", "−∞"]);
    }

    #[test]
    fn an_effect_has_a_sign_where_zero_means_none() {
        assert_eq!(
            [1.424, -0.5, -0.001, 0.0].map(|value| amount(Unit::Points, value)),
            ["+1.42", "−0.50", "0.00", "0.00"]
        );
        assert_eq!(amount(Unit::Times, 2.311), "2.31");
        assert_eq!([12_345.0, -3.0, 0.0].map(|value| amount(Unit::Count, value)), ["+12,345", "−3", "0"]);
        assert_eq!([0.0142, -0.0142, -0.000_01].map(points), ["1.42", "−1.42", "0.00"]);
        assert_eq!([0.0234, 0.000_99, 1.0].map(p_value), ["0.023", "< 0.001", "1.000"]);
    }

    #[test]
    fn a_setting_reads_as_it_was_written() {
        let value = serde_json::json!(["adam", 0.001, null, [64, true]]);
        assert_eq!(setting(&value), "[adam, 0.001, none, [64, true]]");
        let held = serde_json::json!([0.9_f32, 0.899_999_9, 0.999_f32, 1e-8_f32, 0.0, 12_345_678]);
        assert_eq!(setting(&held), "[0.9, 0.9, 0.999, 1e-8, 0, 12345678]");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }

    #[test]
    fn an_estimate_is_printed_with_what_is_known_of_it() {
        assert_eq!(estimate(Estimate::from_values(&[0.95])), "95.00");
        assert_eq!(estimate(Estimate::from_values(&[0.94, 0.95, 0.96])), "95.00 ± 2.48");
        assert_eq!(estimate(None), "–");
    }

    #[test]
    fn consecutive_seeds_are_a_range() {
        assert_eq!(seeds(&[3, 4, 5]), "3 seeds (3 to 5)");
        assert_eq!(seeds(&[3, 5]), "2 seeds (3, 5)");
        assert_eq!(seeds(&[7]), "1 seed (7)");
    }
}
