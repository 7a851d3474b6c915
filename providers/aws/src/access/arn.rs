//! Names of resources as IAM reads them: a `*` in one is a pattern, so what the manifest writes is held to what it can be.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars> has the
//! characters that mean something, and how each is written where it is meant.

use nuages_provider::Error;

use crate::settings::is_region;

/// An ARN of which nothing but the resource is still to be written for IAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) partition: &'a str,
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes an ARN apart.
    ///
    /// # Errors
    /// `InvalidReference` where a part cannot be one: a pattern there would allow more than is written.
    pub(crate) fn read(text: &'a str) -> Result<Self, Error> {
        let mut parts = text.splitn(6, ':');
        let mut part = || parts.next().unwrap_or_default();
        let is_arn = part() == "arn";
        let arn = Self {
            partition: part(),
            service: part(),
            region: part(),
            account: part(),
            resource: part(),
        };
        let is_word = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let fits = is_arn
            && arn.partition.starts_with("aws")
            && is_word(arn.partition)
            && !arn.service.is_empty()
            && is_word(arn.service)
            && (arn.region.is_empty() || is_region(arn.region))
            && (arn.account.is_empty() || is_account(arn.account))
            && !arn.resource.is_empty();
        if fits {
            return Ok(arn);
        }
        Err(
            Error::invalid_reference(format!("`{}` is no whole ARN", text.escape_debug()))
                .with_hint("a policy for it would allow something else: write the region, the account's number and the name"),
        )
    }

    /// As the resource of a statement.
    ///
    /// # Errors
    /// As [`literal`].
    pub(crate) fn as_resource(&self) -> Result<String, Error> {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        let resource = literal(resource)?;
        Ok(format!(
            "arn:{partition}:{service}:{region}:{account}:{resource}"
        ))
    }
}

/// The ARN of a role.
pub(super) fn role(text: &str) -> Result<Arn<'_>, Error> {
    let arn = Arn::read(text).map_err(|error| {
        Error::invalid_settings(error.message()).with_hint("`role_arn` is the ARN of one role")
    })?;
    if arn.account.is_empty() {
        return Err(Error::invalid_settings(format!(
            "`{}` names no account",
            text.escape_debug()
        )));
    }
    Ok(arn)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// A name for what it is, not as a pattern.
///
/// # Errors
/// `InvalidReference` where it has a character that no policy can hold.
pub(crate) fn literal(name: &str) -> Result<String, Error> {
    let mut written = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '*' | '?' | '$' => {
                written.push_str("${");
                written.push(c);
                written.push('}');
            }
            ' '..='~' | '\u{a0}'..='\u{ff}' => written.push(c),
            _ => {
                return Err(Error::invalid_reference(format!(
                    "`{}` cannot be named in a policy of IAM",
                    name.escape_debug()
                ))
                .with_hint("a policy holds characters up to U+00FF"));
            }
        }
    }
    Ok(written)
}

/// The partition that a region is in.
pub(super) fn partition(region: &str) -> &'static str {
    const PARTITIONS: &[(&str, &str)] = &[
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    PARTITIONS
        .iter()
        .find(|(start, _)| region.starts_with(start))
        .map_or("aws", |(_, partition)| partition)
}
