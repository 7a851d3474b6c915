//! The time as the cloud sees it: this machine's, moved by as much as a test likes, and the forms services write it in.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970 on a clock that may be wrong on purpose.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset: AtomicI64,
}

impl Clock {
    pub(crate) fn now(&self) -> i64 {
        let elapsed = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX) + self.offset.load(Ordering::Relaxed)
    }

    pub(crate) fn set_offset(&self, seconds: i64) {
        self.offset.store(seconds, Ordering::Relaxed);
    }
}

struct Parts {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    weekday: i64,
}

/// The civil date of a time, by the usual era arithmetic of the Gregorian calendar.
fn parts(time: i64) -> Parts {
    let (days, second) = (time.div_euclid(86_400), time.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let moved = (5 * day_of_year + 2) / 153;
    let month = if moved < 10 { moved + 3 } else { moved - 9 };
    Parts {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month,
        day: day_of_year - (153 * moved + 2) / 5 + 1,
        hour: second / 3_600,
        minute: second / 60 % 60,
        second: second % 60,
        weekday: (days + 4).rem_euclid(7),
    }
}

fn named(names: &[&'static str], index: i64) -> &'static str {
    usize::try_from(index)
        .ok()
        .and_then(|index| names.get(index).copied())
        .unwrap_or_default()
}

/// As the header `Date` has it: `Sun, 22 Nov 2026 07:51:48 GMT`.
pub(crate) fn http_date(time: i64) -> String {
    let at = parts(time);
    format!(
        "{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
        named(
            &["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
            at.weekday
        ),
        at.day,
        named(
            &[
                "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
            ],
            at.month - 1
        ),
        at.year,
        at.hour,
        at.minute,
        at.second
    )
}

/// As Entra writes it in its answers: `2026-11-22 07:51:48Z`.
pub(crate) fn entra_date(time: i64) -> String {
    let at = parts(time);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z",
        at.year, at.month, at.day, at.hour, at.minute, at.second
    )
}

/// As Entra writes it within a sentence: `2026-11-22T07:51:48.0000000Z`.
pub(crate) fn long_date(time: i64) -> String {
    entra_date(time).replace(' ', "T").replace('Z', ".0000000Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(951_782_399), "Mon, 28 Feb 2000 23:59:59 GMT");
        assert_eq!(http_date(951_782_400), "Tue, 29 Feb 2000 00:00:00 GMT");
        assert_eq!(entra_date(1_795_333_908), "2026-11-22 07:51:48Z");
        assert_eq!(long_date(4_102_444_800), "2100-01-01T00:00:00.0000000Z");
    }
}
