//! Moments as text, in UTC.

use gix::date::{Time, time::CustomFormat};

pub(super) use crate::timestamp::{plain, seconds};

/// `2025-11-30`.
const DAY: CustomFormat = CustomFormat::new("%Y-%m-%d");

/// `2025-11-30T08:15:00Z`, as RFC 3339 has it.
pub(super) fn utc(seconds: i64) -> String {
    plain(seconds) + "Z"
}

/// `2025-11-30`.
pub(super) fn day(seconds: i64) -> String {
    Time::new(seconds, 0).format_or_unix(DAY)
}
