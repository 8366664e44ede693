//! Times in words.

use std::time::Duration;

/// An estimate, rounded: `20 s`, `3 min`, `2 h 10 min`.
pub(super) fn about(seconds: u64) -> String {
    let minutes = seconds.div_ceil(60);
    match (seconds, minutes) {
        (0, _) => "none".to_string(),
        (1..90, _) => format!("{} s", seconds.div_ceil(10) * 10),
        (_, ..60) => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60 / 10 * 10),
    }
}

/// A measured time in whole seconds: `9 s`, `3 min 20 s`, `2 h 10 min`.
pub(super) fn exactly(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_rounded() {
        assert_eq!(
            [0, 3, 61, 95, 3600, 7900].map(about),
            ["none", "10 s", "70 s", "2 min", "1 h 0 min", "2 h 10 min"]
        );
    }

    #[test]
    fn measured_times_are_not() {
        assert_eq!(
            [0, 59, 200, 7859].map(|seconds| exactly(Duration::from_secs(seconds))),
            ["0 s", "59 s", "3 min 20 s", "2 h 10 min"]
        );
    }
}
