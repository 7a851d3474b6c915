//! Moments as text, in UTC, as RFC 3339 has it; and such text as moments again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gix::date::{Time, time::CustomFormat};

/// `2025-11-30T08:15:00`.
const PLAIN: CustomFormat = CustomFormat::new("%Y-%m-%dT%H:%M:%S");

/// The last moment that the calendar in use has: 9999-12-30T22:00:00Z.
const LAST: i64 = 253_402_207_200;

/// Whole seconds since 1970; before that 0.
pub(crate) fn seconds(moment: SystemTime) -> i64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Seconds since 1970 as `2025-11-30T08:15:00`, in UTC without saying so; the number itself where no calendar has the
/// year.
pub(crate) fn plain(seconds: i64) -> String {
    Time::new(seconds, 0).format_or_unix(PLAIN)
}

/// `2025-11-30T08:15:00Z`. What never ends, ends with the year 9999.
pub(crate) fn utc(moment: SystemTime) -> String {
    plain(seconds(moment).min(LAST)) + "Z"
}

/// `2025-11-30T08:15:00.042Z`.
pub(crate) fn utc_milliseconds(moment: SystemTime) -> String {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    let fraction = since.subsec_millis();
    format!("{}.{fraction:03}Z", plain(seconds(moment).min(LAST)))
}

/// What [`utc`] or [`utc_milliseconds`] has written, without its fraction; `None` for anything else and for years before 1970.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    /// `2025-11-30T08:15:00`.
    const LENGTH: usize = 19;
    let (clock, rest) = (text.get(..LENGTH)?, text.get(LENGTH..)?);
    let is_shaped = clock.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    let fraction = rest.strip_suffix('Z')?;
    let is_fraction = |fraction: &str| {
        let digits = fraction.strip_prefix('.').unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_shaped || !(fraction.is_empty() || is_fraction(fraction)) {
        return None;
    }
    let time = gix::date::parse(&format!("{clock}+00:00"), None).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(time.seconds).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(milliseconds)
    }

    #[test]
    fn moments_are_written() {
        // Held against `date --utc --date=@SECONDS +%FT%TZ` of GNU coreutils.
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (946_684_799, "1999-12-31T23:59:59Z"),
            (951_825_600, "2000-02-29T12:00:00Z"),
            (1_795_395_001, "2026-11-23T00:50:01Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_207_199, "9999-12-30T21:59:59Z"),
        ] {
            assert_eq!(utc(at(seconds * 1000)), expected);
            assert_eq!(parse(expected), Some(at(seconds * 1000)), "{expected}");
        }
        assert_eq!(utc(at(u64::MAX / 2)), "9999-12-30T22:00:00Z");
        assert_eq!(
            utc_milliseconds(at(1_795_395_001_007)),
            "2026-11-23T00:50:01.007Z"
        );
        assert_eq!(
            parse("2026-11-23T00:50:01.007Z"),
            Some(at(1_795_395_001_000))
        );
    }

    /// The judge is the system's own `date`.
    #[test]
    fn moments_are_those_of_the_system() {
        // Steps of a prime number of seconds meet every month, leap days and all hours.
        let seconds: Vec<u64> = (0..200_u64).map(|step| step * 20_000_003).collect();
        let input: Vec<String> = seconds
            .iter()
            .map(|seconds| format!("@{seconds}\n"))
            .collect();
        let list = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(list.path(), input.concat()).unwrap();
        let judge = std::process::Command::new("date")
            .args(["--utc", "+%FT%TZ", "--file"])
            .arg(list.path())
            .output()
            .unwrap();
        let expected: Vec<&str> = std::str::from_utf8(&judge.stdout)
            .unwrap()
            .lines()
            .collect();
        let written: Vec<String> = seconds
            .iter()
            .map(|seconds| utc(at(seconds * 1000)))
            .collect();
        assert_eq!(written, expected);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "now",
            "2026-11-23",
            "2026-11-23T00:50:01",
            "2026-11-23T00:50:01+00:00",
            "2026-11-23 00:50:01Z",
            "2026-13-23T00:50:01Z",
            "2026-02-29T00:50:01Z",
            "2026-11-23T25:50:01Z",
            "2026-11-23T00:50:01.Z",
            "2026-11-23T00:50:01.5",
            "2026-11-23T00:50:01ZZ",
            "1969-12-31T23:59:59Z",
            "２026-11-23T00:50:01Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
