//! The lag of a study: decided for a number of workers, and printed.

use tinderbox_search::Study;

use crate::commands::outline::counted;
use crate::commands::{Refusal, note};

/// Decides the lag of a study that leaves it open, and prints what it means for this number of workers.
pub(super) fn settle_and_say(study: &mut Study, workers: usize) -> Result<(), Refusal> {
    let is_open = study.lag().is_none();
    let lag = study.settle_lag(workers)?;
    if let Some(words) = words(lag, workers, is_open) {
        note(words);
    }
    Ok(())
}

fn words(lag: u64, workers: usize, is_open: bool) -> Option<String> {
    let busy = usize::try_from(lag).unwrap_or(usize::MAX).saturating_add(1);
    if workers > busy {
        return Some(format!(
            "the lag of this study is {lag}: {busy} of the {workers} workers are busy at a time"
        ));
    }
    let workers = counted(workers, "worker");
    is_open.then(|| format!("the lag of this study is set to {lag}, for {workers}, and stays so"))
}

#[cfg(test)]
mod tests {
    use tinderbox_search::{Distribution, Memory, Random, Settings, Space};

    use super::*;

    #[test]
    fn a_lag_that_is_left_open_is_for_the_first_number_of_workers() {
        let space = Space::new([("x", Distribution::uniform(0.0, 1.0))]).unwrap();
        let settings = Settings::new(space, Random { seed: 7 });
        let mut study = Study::open(Box::new(Memory::new()), "s", settings).unwrap();
        settle_and_say(&mut study, 16).unwrap();
        assert_eq!(study.lag(), Some(15));
        settle_and_say(&mut study, 4).unwrap();
        assert_eq!(study.lag(), Some(15));
    }

    #[test]
    fn workers_that_would_wait_are_told() {
        assert_eq!(words(15, 16, false), None);
        assert!(words(15, 16, true).unwrap().contains("set to 15, for 16 workers"));
        assert!(words(4, 16, false).unwrap().contains("5 of the 16 workers are busy"));
    }
}
