//! A moment to the microsecond, written the way Optuna's tables hold it.

use std::fmt;
use std::ops::Add;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// A moment in UTC, to the microsecond, in the years 1 to 9999 (what Python's `datetime` can hold).
///
/// It is written `YYYY-MM-DD HH:MM:SS.ffffff`, so that text sorts like time. The crate never reads a clock: a
/// program hands in `Timestamp::from(SystemTime::now())`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text that is not a [`Timestamp`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time, expected `YYYY-MM-DD HH:MM:SS` with up to six decimals of the second")]
pub struct TimestampError(String);

impl Timestamp {
    /// The first moment of the year 1.
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// The last microsecond of the year 9999.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// The moment `micros` microseconds after the start of 1970, moved into the range if it lies outside.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Microseconds since the start of 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }
}

impl From<SystemTime> for Timestamp {
    /// Parts of a microsecond are dropped.
    fn from(time: SystemTime) -> Self {
        let micros = |length: Duration| i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => micros(after),
            Err(before) => -micros(before.duration()),
        })
    }
}

impl From<Timestamp> for SystemTime {
    fn from(moment: Timestamp) -> Self {
        let length = Duration::from_micros(moment.0.unsigned_abs());
        if moment.0 < 0 { Self::UNIX_EPOCH - length } else { Self::UNIX_EPOCH + length }
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// Stops at [`Timestamp::MAX`].
    fn add(self, length: Duration) -> Self {
        let micros = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_add(micros))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000));
        let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (year, month, day) = date(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}")
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        parse(text).ok_or_else(|| TimestampError(text.to_owned()))
    }
}

/// Seconds of a day.
const DAY: i64 = 86_400;

fn parse(text: &str) -> Option<Timestamp> {
    // SQLite's own CURRENT_TIMESTAMP, which Optuna uses for heartbeats, has no decimals.
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let shape = |(i, byte): (usize, u8)| match i {
        4 | 7 => byte == b'-',
        10 => byte == b' ',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    };
    let right = whole.len() == 19
        && whole.bytes().enumerate().all(shape)
        && (1..=6).contains(&decimals.len())
        && decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !right {
        return None;
    }
    let number = |from: usize, to: usize| whole[from..to].parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let days = days(year, month, day);
    // A date that does not come back as itself does not exist: month 13, 30 February.
    if year < 1 || date(days) != (year, month, day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days * DAY + hour * 3600 + minute * 60 + second;
    let micros = format!("{decimals:0<6}").parse::<i64>().ok()?;
    Some(Timestamp(seconds * 1_000_000 + micros))
}

/// Year, month and day, `days` days after 1970-01-01.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2021), `civil_from_days`.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468; // days since 0000-03-01: leap days come last in their year
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Days from 1970-01-01 to a date; the inverse of [`date`], from the same source (`days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn written(micros: i64, text: &str) {
        assert_eq!(Timestamp::from_micros(micros).to_string(), text);
        assert_eq!(text.parse(), Ok(Timestamp::from_micros(micros)));
    }

    #[test]
    fn known_moments_are_written_as_optuna_writes_them() {
        written(0, "1970-01-01 00:00:00.000000");
        written(-1, "1969-12-31 23:59:59.999999");
        written(951_782_400_000_000, "2000-02-29 00:00:00.000000");
        written(1_000_000_000_123_456, "2001-09-09 01:46:40.123456");
        written(4_107_542_399_000_000, "2100-02-28 23:59:59.000000");
        written(Timestamp::MIN.micros(), "0001-01-01 00:00:00.000000");
        written(Timestamp::MAX.micros(), "9999-12-31 23:59:59.999999");
    }

    #[test]
    fn decimals_may_be_fewer_or_missing() {
        assert_eq!("1970-01-01 00:00:01".parse(), Ok(Timestamp::from_micros(1_000_000)));
        assert_eq!("1970-01-01 00:00:01.5".parse(), Ok(Timestamp::from_micros(1_500_000)));
    }

    #[test]
    fn what_is_not_a_time_is_named() {
        for text in [
            "",
            "now",
            "1970-02-30 00:00:00",
            "1970-13-01 00:00:00",
            "1970-01-00 00:00:00",
            "1970-01-01 24:00:00",
            "1970-01-01 00:60:00",
            "1970-01-01T00:00:00",
            "0000-01-01 00:00:00",
            "1970-01-01 00:00:00.",
            "1970-01-01 00:00:00.1234567",
            "1970-01-01 00:00:0\u{e9}",
            "+970-01-01 00:00:00",
        ] {
            let error = text.parse::<Timestamp>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` is not a time")), "{error}");
        }
    }

    #[test]
    fn a_sum_stops_at_the_last_moment() {
        assert_eq!(Timestamp::from_micros(1) + Duration::from_secs(2), Timestamp::from_micros(2_000_001));
        assert_eq!(Timestamp::from_micros(1) + Duration::MAX, Timestamp::MAX);
    }

    #[test]
    fn a_system_time_on_either_side_of_1970_converts() {
        let epoch = SystemTime::UNIX_EPOCH;
        assert_eq!(Timestamp::from(epoch + Duration::from_nanos(1_999)), Timestamp::from_micros(1));
        assert_eq!(Timestamp::from(epoch - Duration::from_micros(3)), Timestamp::from_micros(-3));
    }

    proptest! {
        #[test]
        fn text_comes_back_and_sorts_like_time(
            a in Timestamp::MIN.micros()..=Timestamp::MAX.micros(),
            b in Timestamp::MIN.micros()..=Timestamp::MAX.micros(),
        ) {
            let (a, b) = (Timestamp::from_micros(a), Timestamp::from_micros(b));
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }
    }
}
