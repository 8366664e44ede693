//! Turns: everybody once in each round, in an order that rotates, the first round for warming up.

use std::sync::atomic::AtomicBool;

use tinderbox_report::benchmark::{Entry, median};

use crate::contestant::{Contestant, ContestantError, Told};

/// Asks each of `contestants` for `question` once a round; what each told in the counted rounds, in their order.
///
/// `done` is called after each answer.
///
/// # Errors
/// If one of them cannot continue.
pub(crate) fn take_turns(
    contestants: &mut [Contestant],
    question: &str,
    rounds: usize,
    stop: &AtomicBool,
    mut done: impl FnMut(&str),
) -> Result<Vec<Vec<Told>>, ContestantError> {
    let mut told = vec![Vec::with_capacity(rounds); contestants.len()];
    for round in 0..=rounds {
        for place in order(round, contestants.len()) {
            let answer: Told = contestants[place].ask(question, stop)?;
            if round > 0 {
                told[place].push(answer);
            }
            done(contestants[place].name());
        }
    }
    Ok(told)
}

/// Who comes when in a round: everybody comes first in turn, so that no place is always one's own.
pub(crate) fn order(round: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |step| (round + step) % count)
}

/// The line of a contestant that told so.
pub(crate) fn entry(name: &str, told: &[Told]) -> Entry {
    let cores: Vec<f64> = told.iter().map(|told| told.cpu_seconds / told.seconds).collect();
    let loss = told.last().and_then(|told| told.loss);
    let samples = told.iter().map(|told| told.seconds).collect();
    Entry { cores: Some(median(&cores)), loss, ..Entry::new(name, samples) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn everybody_comes_once_in_a_round_and_first_in_turn(round in 0..20usize, count in 1..8usize) {
            let mut all: Vec<usize> = order(round, count).collect();
            prop_assert_eq!(all[0], round % count);
            all.sort_unstable();
            prop_assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_entry_has_the_median_of_the_seconds_and_of_the_cores() {
        let told =
            |seconds, cpu_seconds, loss| Told { seconds, cpu_seconds, loss: Some(loss), accuracy: None };
        let entry = entry("one", &[told(2.0, 1.0, 0.9), told(4.0, 4.0, 0.5), told(1.0, 0.75, 0.1)]);
        assert_eq!((entry.median, entry.cores, entry.loss), (2.0, Some(0.75), Some(0.1)));
        assert_eq!(entry.samples, [2.0, 4.0, 1.0]);
    }
}
