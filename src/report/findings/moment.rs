//! Moments as text, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

use gix::date::{Time, time::CustomFormat};

/// `2025-11-30T08:15:00`, as GitLab has it: UTC, without saying so.
const PLAIN: CustomFormat = CustomFormat::new("%Y-%m-%dT%H:%M:%S");
/// `2025-11-30`.
const DAY: CustomFormat = CustomFormat::new("%Y-%m-%d");

/// Seconds since 1970; before that 0.
pub(super) fn seconds(moment: SystemTime) -> i64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// `2025-11-30T08:15:00`; the number itself where no calendar has the year.
pub(super) fn plain(seconds: i64) -> String {
    Time::new(seconds, 0).format_or_unix(PLAIN)
}

/// `2025-11-30T08:15:00Z`, as RFC 3339 has it.
pub(super) fn utc(seconds: i64) -> String {
    plain(seconds) + "Z"
}

/// `2025-11-30`.
pub(super) fn day(seconds: i64) -> String {
    Time::new(seconds, 0).format_or_unix(DAY)
}
