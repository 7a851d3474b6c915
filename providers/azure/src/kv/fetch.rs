//! Reading: one request a secret, all of them on one connection.

use std::time::{Duration, SystemTime};

use azure_core::{error::Error as SdkError, time::OffsetDateTime};
use azure_security_keyvault_secrets::models::{
    Secret as Kept, SecretAttributes, SecretClientGetSecretOptions,
};
use nuages_provider::{Error, ErrorKind, Identity, Locator, Result, Secret, SecretValue, Versions};

use super::{
    KeyVault,
    client::{Opened, Vaults},
    names, versions,
};
use crate::error;

pub(super) async fn one(instance: &KeyVault, locator: &Locator) -> Result<Secret> {
    let (vault, name) = names::split(locator);
    let name = names::whole(&instance.prefix, name)?;
    let opened = instance.vaults.find(vault)?;
    if let Some(versions) = Versions::of(locator)? {
        return versions::read(&opened, &name, versions, instance.allow_expired).await;
    }
    let kept = get(&opened, &name, locator.option("version")).await?;
    secret(kept, &name, instance.allow_expired, SystemTime::now())
}

/// Asks for one secret, at its current version where none is named.
pub(super) async fn get(opened: &Opened, name: &str, version: Option<&str>) -> Result<Kept> {
    let options = SecretClientGetSecretOptions {
        secret_version: version.map(str::to_owned),
        ..SecretClientGetSecretOptions::default()
    };
    let answer = opened
        .client
        .get_secret(name, Some(options))
        .await
        .map_err(|failure| about(opened, &failure, name, version))?;
    answer.into_model().map_err(|failure| {
        let text = format!(
            "the answer of `{}` for `{name}` is not understood",
            opened.vault.host
        );
        Error::new(ErrorKind::Malformed, text)
            .with_hint("look at a proxy on the way")
            .with_source(failure)
    })
}

/// A failure with the secret's name in it.
pub(super) fn about(
    opened: &Opened,
    failure: &SdkError,
    name: &str,
    version: Option<&str>,
) -> Error {
    let host = &opened.vault.host;
    let error = match failure.http_status() {
        Some(azure_core::http::StatusCode::Unauthorized) => error::refused_token(host),
        _ => error::told(failure, &format!("the answer of `{host}`")),
    };
    if error.kind() == ErrorKind::NotFound {
        return Error::not_found(match version {
            Some(version) => format!("`{host}` has no secret `{name}` with version `{version}`"),
            None => format!("`{host}` has no secret `{name}`"),
        });
    }
    // What went wrong on the way, or with the login, is one failure for all secrets.
    let is_of_this_one = matches!(
        error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::InvalidReference | ErrorKind::AlreadyExists
    );
    if !is_of_this_one {
        return error;
    }
    let text = format!("{}, for `{name}`", error.message());
    let told = Error::new(error.kind(), text).with_retry(error.retry());
    match error.hint() {
        Some(hint) => told.with_hint(hint),
        None => told,
    }
}

/// The value, unless its dates say that it is not to be used.
pub(super) fn secret(
    kept: Kept,
    name: &str,
    allow_expired: bool,
    now: SystemTime,
) -> Result<Secret> {
    let expires = kept
        .attributes
        .as_ref()
        .and_then(|dates| time(dates.expires));
    if !allow_expired && let Some(dates) = &kept.attributes {
        check_dates(dates, name, now)?;
    }
    let Some(value) = kept.value else {
        let text = format!("the answer for `{name}` has no value");
        return Err(Error::new(ErrorKind::Malformed, text));
    };
    let mut secret = Secret::new(SecretValue::from_text(value));
    secret.version = kept.id.as_deref().and_then(version).map(str::to_owned);
    secret.expires = expires;
    Ok(secret)
}

/// The version in the ID of a secret: `https://vault/secrets/name/version`.
pub(super) fn version(id: &str) -> Option<&str> {
    id.trim_end_matches('/').rsplit('/').next()
}

/// Key Vault serves a secret outside its dates too; it is not meant to be used then.
pub(super) fn check_dates(dates: &SecretAttributes, name: &str, now: SystemTime) -> Result<()> {
    let refused = |text: String, hint: &str| {
        Err(Error::new(ErrorKind::Malformed, text).with_hint(format!(
            "{hint}, or set `allow_expired = true` on the instance"
        )))
    };
    if dates.enabled == Some(false) {
        return refused(format!("`{name}` is disabled"), "enable it");
    }
    if let Some(date) = dates.expires
        && time(Some(date)).is_some_and(|end| end <= now)
    {
        return refused(
            format!("`{name}` expired on {}", day(date)),
            "set a new version",
        );
    }
    if let Some(date) = dates.not_before
        && time(Some(date)).is_some_and(|start| start > now)
    {
        return refused(
            format!("`{name}` is not valid before {}", day(date)),
            "wait, change its activation date",
        );
    }
    Ok(())
}

fn time(date: Option<OffsetDateTime>) -> Option<SystemTime> {
    let seconds = u64::try_from(date?.unix_timestamp()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// `2026-11-22`, in UTC.
fn day(date: OffsetDateTime) -> String {
    let date = date.date();
    format!(
        "{:04}-{:02}-{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}

/// A name that nobody has: what comes back says that the vault is there, and reads nothing.
const NOBODY: &str = "nuages-doctor-asks-for-nothing";

/// Who we are, and that the vault answers, where the instance has one. To be denied is an answer too.
pub(super) async fn knock(vaults: &Vaults) -> Result<Identity> {
    if !vaults.have_default() {
        return vaults.identity().await;
    }
    let opened = vaults.find(None)?;
    let identity = opened.login.identity(&opened.token().await?);
    match get(&opened, NOBODY, None).await {
        Ok(_) => {}
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::PermissionDenied
            ) => {}
        Err(error) => return Err(error),
    }
    Ok(identity.with("vault", opened.vault.url.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_hours(500_000);

    fn kept(not_before: Option<i64>, expires: Option<i64>) -> Kept {
        let date = |offset: Option<i64>| {
            offset
                .map(|offset| OffsetDateTime::from_unix_timestamp(1_800_000_000 + offset).unwrap())
        };
        let mut kept = Kept::default();
        kept.attributes = Some(SecretAttributes {
            enabled: Some(true),
            not_before: date(not_before),
            expires: date(expires),
            ..SecretAttributes::default()
        });
        kept.id = Some("https://shop.vault.azure.net/secrets/db/0123".to_owned());
        kept.value = Some("hunter2".to_owned());
        kept
    }

    fn read(kept: Kept, allow_expired: bool) -> Result<Secret> {
        secret(kept, "db", allow_expired, SystemTime::UNIX_EPOCH + NOW)
    }

    #[test]
    fn a_secret_has_its_version_and_its_end() {
        let secret = read(kept(Some(-5), Some(5)), false).unwrap();
        assert_eq!(secret.version.as_deref(), Some("0123"));
        let end = SystemTime::UNIX_EPOCH + NOW + Duration::from_secs(5);
        assert_eq!(secret.expires, Some(end));
    }

    #[test]
    fn a_secret_outside_its_dates_is_refused_in_words() {
        let message = |kept| read(kept, false).unwrap_err().message().to_owned();
        assert_eq!(message(kept(None, Some(-1))), "`db` expired on 2027-01-15");
        assert_eq!(
            message(kept(Some(86_400), None)),
            "`db` is not valid before 2027-01-16"
        );
        assert!(read(kept(Some(86_400), Some(-1)), true).is_ok());
    }

    #[test]
    fn an_answer_without_a_value_is_none() {
        let mut empty = kept(None, None);
        empty.value = None;
        assert_eq!(read(empty, false).unwrap_err().kind(), ErrorKind::Malformed);
    }
}
