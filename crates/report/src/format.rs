//! Numbers as readers see them: accuracies in percent, counts with commas.

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
        assert_eq!(counted(1, "trial", "trials"), "1 trial");
        assert_eq!(counted(1000, "trial", "trials"), "1,000 trials");
        assert_eq!(short("é123456789abc"), "é123456789");
    }

    #[test]
    fn an_estimate_is_printed_with_what_is_known_of_it() {
        assert_eq!(estimate(Estimate::of(&[0.95])), "95.00");
        assert_eq!(estimate(Estimate::of(&[0.94, 0.95, 0.96])), "95.00 ± 2.48");
        assert_eq!(estimate(None), "–");
    }

    #[test]
    fn consecutive_seeds_are_a_range() {
        assert_eq!(seeds(&[3, 4, 5]), "3 seeds (3 to 5)");
        assert_eq!(seeds(&[3, 5]), "2 seeds (3, 5)");
        assert_eq!(seeds(&[7]), "1 seed (7)");
    }
}
