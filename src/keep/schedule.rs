//! When a secret is looked at again. Pure, but for the spread that keeps a fleet from asking at once.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

/// Nothing is asked for more often.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest wait after a refresh that has failed.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// A store that gives what has expired already is not asked more often than this.
const AFTER_EXPIRY: Duration = Duration::from_secs(10);

/// The share of a token's life after which it is renewed, at most; and by how much less that may be.
const SHARE: f64 = 0.8;
const SPREAD: f64 = 0.1;

/// How long to wait for the next look at what is good now. `left` is what remains of its life, `refresh` how often its
/// instance is to be looked at; nothing where neither is known. `chance` lies between 0 and 1.
pub(super) fn next(
    left: Option<Duration>,
    refresh: Option<Duration>,
    chance: f64,
) -> Option<Duration> {
    let by_life = left.map(|left| {
        if left.is_zero() {
            AFTER_EXPIRY
        } else {
            left.mul_f64(SHARE - SPREAD * chance)
        }
    });
    let by_period = refresh.map(|refresh| refresh.mul_f64(1.0 - SPREAD * chance));
    let wait = match (by_life, by_period) {
        (Some(life), Some(period)) => life.min(period),
        (one, other) => one.or(other)?,
    };
    Some(wait.max(SHORTEST))
}

/// How long to wait after this many failures in a row: at first next to nothing, then twice as long each time, never
/// longer than the instance is looked at anyway.
pub(super) fn pause(failures: u32, refresh: Option<Duration>, chance: f64) -> Duration {
    let longest = refresh.map_or(LONGEST_PAUSE, |refresh| {
        refresh.clamp(SHORTEST, LONGEST_PAUSE)
    });
    let doubled = SHORTEST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    doubled.min(longest).mul_f64(0.5 + chance / 2.0)
}

/// A number from 0 to 1.
pub(super) fn chance() -> f64 {
    let random = RandomState::new().hash_one(0);
    f64::from(u32::try_from(random >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn tokens_are_renewed_before_four_fifths_of_their_life() {
        for chance in [0.0, 0.5, 1.0] {
            let wait = next(Some(HOUR), None, chance).unwrap();
            assert!(wait <= HOUR.mul_f64(0.8), "{wait:?}");
            assert!(wait >= HOUR.mul_f64(0.69), "{wait:?}");
        }
        let moment = Duration::from_millis(10);
        assert_eq!(next(Some(moment), None, 0.5), Some(SHORTEST));
        assert_eq!(next(Some(Duration::ZERO), None, 0.5), Some(AFTER_EXPIRY));
    }

    #[test]
    fn the_nearer_of_expiry_and_period_counts() {
        let minute = Duration::from_mins(1);
        assert_eq!(next(Some(HOUR), Some(minute), 0.0), Some(minute));
        let wait = next(Some(minute), Some(HOUR), 0.0).unwrap();
        assert_eq!(wait, Duration::from_secs(48));
        assert_eq!(next(None, None, 0.0), None);
    }

    #[test]
    fn pauses_double_up_to_the_period() {
        let pauses: Vec<u64> = (1..9)
            .map(|failures| pause(failures, None, 1.0).as_secs())
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        let period = Duration::from_secs(5);
        assert_eq!(pause(30, Some(period), 1.0), period);
        assert_eq!(pause(u32::MAX, Some(HOUR), 1.0), LONGEST_PAUSE);
        assert!(pause(1, None, 0.0) >= Duration::from_millis(500));
    }
}
