//! `?versions=2..3`: the versions of a secret are listed, put into the order of their age and those that are wanted read.
//!
//! <https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret-versions/get-secret-versions> has the list, which is
//! in no order of age and holds no values. It needs the permission `list` besides `get`.

use std::{cmp::Reverse, sync::Arc, time::SystemTime};

use azure_security_keyvault_secrets::models::SecretProperties;
use futures_util::TryStreamExt as _;
use nuages_provider::{Error, ErrorKind, Result, Secret, Versions};
use tokio::task::JoinSet;

use super::{
    client::Opened,
    fetch::{about, check_dates, get, secret, version},
};

/// The most pages that are read, of 25 versions each: a list that never ends is not followed for ever.
const PAGES: usize = 200;

/// The versions of one secret as one list.
pub(super) async fn read(
    opened: &Arc<Opened>,
    name: &str,
    versions: Versions,
    allow_expired: bool,
) -> Result<Secret> {
    let now = SystemTime::now();
    let known = list(opened, name).await?;
    if known.is_empty() {
        // The service lists nothing of a secret that does not exist.
        let host = &opened.vault.host;
        return Err(Error::not_found(format!("`{host}` has no secret `{name}`")));
    }
    let ids = newest_first(known, allow_expired, now);
    let mut tasks = JoinSet::new();
    for (place, id) in versions.choose(ids).enumerate() {
        let (opened, name) = (Arc::clone(opened), name.to_owned());
        tasks.spawn(async move {
            let kept = get(&opened, &name, Some(&id)).await;
            (
                place,
                kept.and_then(|kept| secret(kept, &name, allow_expired, now)),
            )
        });
    }
    let mut found = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        let (place, answer) = joined
            .map_err(|_| Error::new(ErrorKind::Malformed, "the provider failed within itself"))?;
        match answer {
            Ok(secret) => found.push((place, secret)),
            // Deleted since it was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    found.sort_by_key(|(place, _)| *place);
    let secrets: Vec<Secret> = found.into_iter().map(|(_, secret)| secret).collect();
    Versions::list(&secrets)
}

async fn list(opened: &Opened, name: &str) -> Result<Vec<SecretProperties>> {
    let told = |failure| about(opened, &failure, name, None);
    let mut pages = opened
        .client
        .list_secret_properties_versions(name, None)
        .map_err(told)?
        .into_pages();
    let mut known = Vec::new();
    for _ in 0..PAGES {
        let Some(page) = pages.try_next().await.map_err(told)? else {
            return Ok(known);
        };
        known.extend(page.into_model().map_err(told)?.value);
    }
    let text = format!(
        "`{}` lists more versions of `{name}` than can be read",
        opened.vault.host
    );
    Err(Error::new(ErrorKind::Unsupported, text)
        .with_hint("name the versions by their IDs: `?version=`"))
}

/// The IDs of the versions that may be used now. Their age is known to the second, which no two rotations share.
fn newest_first(
    mut known: Vec<SecretProperties>,
    allow_expired: bool,
    now: SystemTime,
) -> Vec<String> {
    known.retain(|one| {
        one.attributes.as_ref().is_none_or(|dates| {
            // What is disabled the vault does not give, whatever the instance allows.
            dates.enabled != Some(false) && (allow_expired || check_dates(dates, "", now).is_ok())
        })
    });
    known.sort_by_key(|one| Reverse(one.attributes.as_ref().and_then(|dates| dates.created)));
    known
        .iter()
        .filter_map(|one| version(one.id.as_deref()?).map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use azure_core::time::OffsetDateTime;
    use azure_security_keyvault_secrets::models::SecretAttributes;
    use std::time::Duration;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn listed(id: &str, created: i64, change: impl Fn(&mut SecretAttributes)) -> SecretProperties {
        let mut dates = SecretAttributes {
            created: date(created),
            enabled: Some(true),
            ..SecretAttributes::default()
        };
        change(&mut dates);
        let mut one = SecretProperties::default();
        one.id = Some(format!("https://shop.vault.azure.net/secrets/db/{id}"));
        one.attributes = Some(dates);
        one
    }

    fn date(offset: i64) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(NOW + offset).ok()
    }

    #[test]
    fn what_may_not_be_used_has_no_place() {
        let known = || {
            vec![
                listed("b", -50, |_| {}),
                listed("d", -30, |_| {}),
                listed("disabled", -20, |dates| dates.enabled = Some(false)),
                listed("expired", -40, |dates| dates.expires = date(-1)),
                listed("early", -10, |dates| dates.not_before = date(60)),
                listed("ends-later", -60, |dates| dates.expires = date(1)),
            ]
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs());
        assert_eq!(newest_first(known(), false, now), ["d", "b", "ends-later"]);
        assert_eq!(
            newest_first(known(), true, now),
            ["early", "d", "expired", "b", "ends-later"]
        );
    }
}
