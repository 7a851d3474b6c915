//! A day, as entries that expire have it.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use gix::date::{Time, time::CustomFormat};

/// A day of the calendar, UTC: `2026-01-31`. Days compare as their text does.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(String);

impl Date {
    /// Reads `2026-01-31`.
    ///
    /// # Errors
    ///
    /// Where it is not written so, or no such month or day can be.
    pub fn parse(text: &str) -> Result<Self, super::Error> {
        let parts: Vec<&str> = text.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let number = |place: usize| parts[place].parse::<u8>().unwrap_or_default();
        let is_date = lengths == [4, 2, 2]
            && parts
                .iter()
                .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
            && (1..=12).contains(&number(1))
            && (1..=31).contains(&number(2));
        if is_date {
            Ok(Self(text.to_owned()))
        } else {
            Err(super::Error::new("a date is written `2026-01-31`"))
        }
    }

    /// The day of a moment, UTC.
    #[must_use]
    pub fn of(moment: SystemTime) -> Self {
        const DAY: CustomFormat = CustomFormat::new("%Y-%m-%d");
        let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        Self(Time::new(seconds, 0).format_or_unix(DAY))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn days_are_read_and_compared() {
        let early = Date::parse("2025-11-30").unwrap();
        assert!(early < Date::parse("2025-12-01").unwrap());
        assert_eq!(
            Date::of(UNIX_EPOCH + Duration::from_hours(24)).to_string(),
            "1970-01-02"
        );
        for wrong in [
            "",
            "2025",
            "2025-1-01",
            "2025-13-01",
            "2025-01-00",
            "2025-01-32",
            "20é5-01-01",
            "2025-01-01-1",
            "+025-01-01",
        ] {
            assert!(Date::parse(wrong).is_err(), "{wrong}");
        }
    }
}
