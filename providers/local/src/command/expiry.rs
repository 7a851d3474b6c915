//! Times as programs write them: RFC 3339, or seconds since 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// The time that `value` stands for, in whole seconds; nothing where it stands for none or for one before 1970.
pub(super) fn read(value: &Value) -> Option<SystemTime> {
    let seconds = match value {
        Value::Number(seconds) => seconds.as_u64()?,
        Value::String(text) => rfc3339(text)?,
        _ => return None,
    };
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// `2026-11-22T09:30:00Z`, with a fraction or an offset such as `+02:00` if need be (RFC 3339, section 5.6).
fn rfc3339(text: &str) -> Option<u64> {
    let (date, rest) = (text.get(..10)?, text.get(11..)?);
    if !matches!(text.as_bytes().get(10)?, b'T' | b't' | b' ') {
        return None;
    }
    let (clock, rest) = (rest.get(..8)?, rest.get(8..)?);
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    // 60 is a leap second, which Unix time counts as the first of the next minute.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let offset = offset_seconds(skip_fraction(rest)?)?;
    let seconds =
        days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    u64::try_from(seconds).ok()
}

/// Numbers of exactly these widths, between separators.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut found = [0; 3];
    for (number, width) in found.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

fn skip_fraction(text: &str) -> Option<&str> {
    let Some(fraction) = text.strip_prefix('.') else {
        return Some(text);
    };
    let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < fraction.len()).then_some(rest)
}

/// Seconds east of UTC.
fn offset_seconds(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let [hours, minutes, _] = numbers(&format!("{}:00", text.get(1..)?), ':', [2, 2, 2])?;
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar; the year is 0 to 9999.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Leap days before a year: one each fourth year, not each hundredth, but each four hundredth.
    let leap_days = |year: i64| (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    let before_month: i64 = (1..month).map(|earlier| days_in(year, earlier)).sum();
    (year - 1970) * 365 + leap_days(year) - leap_days(1970) + before_month + day - 1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seconds(value: &Value) -> Option<u64> {
        read(value).map(|time| time.duration_since(UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn times_are_read() {
        // Held against `date --utc --date=… +%s` of GNU coreutils.
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1999-12-31T23:59:59Z", 946_684_799),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2024-02-29T23:59:59+01:00", 1_709_247_599),
            ("2026-11-22t09:30:00.123456-05:30", 1_795_359_600),
            ("2100-03-01 00:00:00z", 4_107_542_400),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(seconds(&json!(text)), Some(expected), "{text}");
        }
        assert_eq!(seconds(&json!(1_795_311_000)), Some(1_795_311_000));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-11-22",
            "2026-11-22T09:30:00",
            "2026-11-22T09:30Z",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-00-10T00:00:00Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T09:30:00.Z",
            "2026-11-22T09:30:00+0200",
            "2026-11-22T09:30:00+24:00",
            "+026-11-22T09:30:00Z",
            "1969-12-31T23:59:59Z",
            "２026-11-22T09:30:00Z",
            "2026-11-22T09:30:00Zulu",
            "tomorrow",
        ] {
            assert_eq!(seconds(&json!(text)), None, "{text}");
        }
        for value in [
            json!(-1),
            json!(1.5),
            json!(true),
            json!([]),
            json!(u64::MAX),
        ] {
            assert!(seconds(&value).is_none(), "{value}");
        }
    }
}
