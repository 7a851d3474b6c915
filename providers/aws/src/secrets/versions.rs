//! `?versions=2..3`: the versions before the current one. The last two have stages and are read by those, which takes no
//! permission but the one to read; what is older has none, and its ID is known by a list alone.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version> says what the stages
//! mean, <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html> has the list.

use std::cmp::Reverse;

use aws_sdk_secretsmanager::{
    Client, operation::list_secret_version_ids::ListSecretVersionIdsOutput,
    types::SecretVersionsListEntry,
};
use nuages_provider::{Error, ErrorKind, Result, Secret, Versions};
use tokio::task::JoinSet;

use super::fetch::{CURRENT, Wanted, joined, named, single};
use crate::{
    answers::in_place,
    error::{Action, classify, may_be_one_of_several},
};

const LIST: Action = Action("secretsmanager:ListSecretVersionIds");

const PREVIOUS: &str = "AWSPREVIOUS";
const PENDING: &str = "AWSPENDING";

/// The most pages of a list. Secrets Manager keeps about a hundred versions, which is one page; a token that never ends
/// is not followed for ever.
const PAGES: usize = 20;

/// Whether a range goes past what has a stage, so that its versions have to be listed.
pub(super) fn are_listed(versions: Versions) -> bool {
    *versions.places().end() > 2
}

/// The versions of one secret as one list.
pub(super) async fn read(client: &Client, one: &Wanted, versions: Versions) -> Result<Secret> {
    let wanted: Vec<Wanted> = if are_listed(versions) {
        let ids = newest_first(list(client, one).await?);
        versions.choose(ids).map(|id| one.of_version(id)).collect()
    } else {
        let stages = versions.choose([CURRENT, PREVIOUS]);
        stages.map(|stage| one.at_stage(stage)).collect()
    };
    let count = wanted.len();
    let mut tasks = JoinSet::new();
    for (place, one) in wanted.into_iter().enumerate() {
        let client = client.clone();
        tasks.spawn(async move { (place, single(&client, &one).await) });
    }
    let mut secrets = Vec::new();
    for answer in in_place(count, joined(tasks).await) {
        match answer {
            Ok(secret) => secrets.push(secret),
            // No earlier version, or one that was cleared away since it was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    if secrets.is_empty() {
        // Secrets Manager says the same of a secret without an earlier version and of one that does not exist.
        single(client, &one.current()).await?;
    }
    Versions::list(&secrets)
}

async fn list(client: &Client, one: &Wanted) -> Result<Vec<SecretVersionsListEntry>> {
    let mut entries = Vec::new();
    let mut page: Option<String> = None;
    for _ in 0..PAGES {
        let answer: ListSecretVersionIdsOutput = client
            .list_secret_version_ids()
            .secret_id(&one.id)
            .include_deprecated(true)
            .set_next_token(page.take())
            .send()
            .await
            .map_err(|error| {
                let error = classify(&error, LIST);
                let error = if may_be_one_of_several(&error) {
                    named(&error, one)
                } else {
                    error
                };
                hinted(error)
            })?;
        entries.extend(answer.versions.unwrap_or_default());
        page = answer.next_token.filter(|token| !token.is_empty());
        if page.is_none() {
            break;
        }
    }
    Ok(entries)
}

/// With what helps where reading is allowed and listing is not.
fn hinted(error: Error) -> Error {
    if error.kind() != ErrorKind::PermissionDenied || error.hint().is_some() {
        return error;
    }
    error.with_hint(format!(
        "versions older than {PREVIOUS} need {}; `?versions=2` does without it",
        LIST.0
    ))
}

/// The IDs of what was once the current version: that one, the one before it by its stage, since a rollback turns their
/// ages round, then the others by their age. What only waits to become current is left out.
fn newest_first(mut entries: Vec<SecretVersionsListEntry>) -> Vec<String> {
    let has = |entry: &SecretVersionsListEntry, stage: &str| {
        entry.version_stages().iter().any(|have| have == stage)
    };
    entries.retain(|entry| !has(entry, PENDING) || has(entry, CURRENT) || has(entry, PREVIOUS));
    entries.sort_by_key(|entry| {
        let age = Reverse(
            entry
                .created_date()
                .map(|date| (date.secs(), date.subsec_nanos())),
        );
        (!has(entry, CURRENT), !has(entry, PREVIOUS), age)
    });
    entries
        .into_iter()
        .filter_map(|entry| entry.version_id)
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::primitives::DateTime;

    use super::*;

    fn entry(id: &str, created: i64, stages: &[&str]) -> SecretVersionsListEntry {
        let stages = stages.iter().map(|stage| (*stage).to_owned()).collect();
        SecretVersionsListEntry::builder()
            .version_id(id)
            .created_date(DateTime::from_secs(created))
            .set_version_stages(Some(stages))
            .build()
    }

    #[test]
    fn stages_come_before_ages() {
        let ids = newest_first(vec![
            entry("oldest", 1, &[]),
            entry("old", 2, &[]),
            entry("rolled-back-to", 3, &["AWSCURRENT"]),
            entry("rolled-back-from", 4, &["AWSPREVIOUS", "mine"]),
            entry("in-rotation", 5, &["AWSPENDING"]),
            entry("set-aside", 3, &["mine"]),
        ]);
        assert_eq!(
            ids,
            [
                "rolled-back-to",
                "rolled-back-from",
                "set-aside",
                "old",
                "oldest"
            ]
        );
    }

    #[test]
    fn a_rotation_that_ended_leaves_its_stage_behind() {
        let ids = newest_first(vec![
            entry("b", 2, &["AWSPENDING", "AWSCURRENT"]),
            entry("a", 1, &["AWSPREVIOUS"]),
        ]);
        assert_eq!(ids, ["b", "a"]);
    }
}
