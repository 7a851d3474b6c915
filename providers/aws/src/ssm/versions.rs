//! `?versions=2..3`: the versions before the current one, each by its number.
//!
//! `GetParameterHistory` would give them all in one answer. It is an action of its own, which a policy for reading seldom
//! allows, and it hands out up to a hundred old values, of which two or three are wanted; `name:number` is read with the
//! action that reads the secret itself. Parameter Store counts versions up by one and keeps the last hundred
//! (<https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html>), so the number of the
//! current one tells those of the others.

use std::time::Duration;

use aws_types::region::Region;
use nuages_provider::{Error, ErrorKind, Result, Secret, Versions};

use super::fetch::{Wanted, everywhere};
use crate::{
    answers::{Answers, in_place},
    session::Session,
};

/// Versions that are wanted of a parameter whose current one has been read.
pub(super) struct Range<'a> {
    pub(super) place: usize,
    pub(super) name: &'a str,
    pub(super) current: &'a Secret,
    pub(super) versions: Versions,
}

/// One list a range. The earlier versions of all ranges are asked for at once.
pub(super) async fn read(
    session: &Session,
    regions: &[(Region, Option<Duration>)],
    ranges: Vec<Range<'_>>,
) -> Answers {
    let mut answers = Answers::new();
    let mut wanted = Vec::new();
    let mut open = Vec::new();
    for range in ranges {
        match numbers(&range) {
            Ok(numbers) => {
                let from = wanted.len();
                wanted.extend(
                    numbers
                        .into_iter()
                        .enumerate()
                        .map(|(offset, number)| Wanted {
                            place: from + offset,
                            name: range.name.to_owned(),
                            text: format!("{}:{number}", range.name),
                        }),
                );
                open.push((range, from..wanted.len()));
            }
            Err(error) => answers.push((range.place, Err(error))),
        }
    }
    let count = wanted.len();
    let found = in_place(count, everywhere(session, regions, wanted).await);
    for (range, slots) in open {
        answers.push((range.place, list(&range, &found[slots])));
    }
    answers
}

/// The numbers of the earlier versions, newest first. Before the first there is none.
fn numbers(range: &Range<'_>) -> Result<Vec<u64>> {
    let current = range.current.version.as_deref();
    let current: u64 = current.and_then(|text| text.parse().ok()).ok_or_else(|| {
        let text = format!("`{}` has no numbered versions", range.name);
        Error::new(ErrorKind::Unsupported, text)
            .with_hint("a secret of Secrets Manager is read with its versions as `aws-secrets://`")
    })?;
    let before = range.versions.places().filter(|place| *place > 1);
    Ok(before
        .filter_map(|place| current.checked_sub(u64::try_from(place).ok()? - 1))
        .filter(|number| *number > 0)
        .collect())
}

/// What is there of them. A version that is gone leaves no gap.
fn list(range: &Range<'_>, found: &[Result<Secret>]) -> Result<Secret> {
    let mut secrets = Vec::new();
    if range.versions.places().contains(&1) {
        secrets.push(range.current.clone());
    }
    for answer in found {
        match answer {
            Ok(secret) => secrets.push(secret.clone()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.repeat()),
        }
    }
    Versions::list(&secrets)
}

#[cfg(test)]
mod tests {
    use nuages_provider::SecretValue;

    use super::*;

    fn of(version: Option<&str>, range: &str) -> Result<Vec<u64>> {
        let mut current = Secret::new(SecretValue::from_text("x".to_owned()));
        current.version = version.map(str::to_owned);
        numbers(&Range {
            place: 0,
            name: "/shop/key",
            current: &current,
            versions: Versions::parse(range).unwrap(),
        })
    }

    #[test]
    fn numbers_are_counted_down_to_the_first() {
        assert_eq!(of(Some("7"), "2..3").unwrap(), [6, 5]);
        assert_eq!(of(Some("7"), "1..2").unwrap(), [6]);
        assert_eq!(of(Some("2"), "2..20").unwrap(), [1]);
        assert!(of(Some("1"), "2..3").unwrap().is_empty());
        assert_eq!(of(None, "2").unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
