//! Names of secrets: what the manifest may write, and what the API is asked for.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html> has the rules of names,
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html> those of versions and stages.

use nuages_provider::{Error, Locator, Reference, Versions};

use crate::settings::{is_region, region_option};

/// The longest name.
const LONGEST: usize = 512;

/// The longest ARN.
const LONGEST_ARN: usize = 2048;

/// What a reference means, as far as that can be said without the instance's prefix.
pub(super) fn parse(reference: &Reference) -> Result<Locator, Error> {
    let name = reference.locator();
    if name.is_empty() {
        return Err(Error::invalid_reference("a secret's name is missing")
            .with_hint("write `aws-secrets://path/name`"));
    }
    check(name)?;
    let mut locator = Locator::new(name);
    if let Some(id) = reference.option("version_id") {
        let is_id = (32..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !is_id {
            let text = format!("`{id}` is no ID of a version: it has 32 to 64 characters");
            return Err(Error::invalid_reference(text)
                .with_hint("a name of a version is a stage: `?stage=AWSPREVIOUS`"));
        }
        locator = locator.with_option("version_id", id);
    }
    if let Some(stage) = reference.option("stage") {
        if stage.is_empty() || stage.len() > 256 || stage.chars().any(char::is_control) {
            return Err(Error::invalid_reference("`stage` names no stage")
                .with_hint("such as `?stage=AWSPREVIOUS`"));
        }
        locator = locator.with_option("stage", stage);
    }
    if let Some(versions) = Versions::of_reference(reference, &["version_id", "stage"])? {
        locator = versions.on(locator);
    }
    let region = reference.option("region").map(region_option).transpose()?;
    if let Some(region) = region.or(arn_region(name)) {
        locator = locator.with_option("region", region).apart(region);
    }
    Ok(locator)
}

fn arn_region(name: &str) -> Option<&str> {
    let region = name.strip_prefix("arn:")?.split(':').nth(2)?;
    is_region(region).then_some(region)
}

/// The prefix of an instance, checked.
pub(super) fn prefix(prefix: &str) -> Result<String, Error> {
    if prefix.chars().all(is_name_character) {
        return Ok(prefix.to_owned());
    }
    Err(Error::invalid_settings(
        "`prefix` has a character that no secret's name has",
    ))
}

/// The whole name to ask for. An ARN stands for itself.
pub(super) fn whole(prefix: &str, name: &str) -> Result<String, Error> {
    if name.starts_with("arn:") {
        return Ok(name.to_owned());
    }
    let whole = format!("{prefix}{name}");
    check(&whole)?;
    Ok(whole)
}

/// Refuses what the API would refuse, and the rest of its batch with it.
fn check(name: &str) -> Result<(), Error> {
    if name.starts_with("arn:") {
        return check_arn(name);
    }
    if name.len() > LONGEST {
        return Err(Error::invalid_reference(format!(
            "the name has {} characters, and at most {LONGEST} are allowed",
            name.len()
        )));
    }
    match name.chars().find(|c| !is_name_character(*c)) {
        None => Ok(()),
        Some(bad) => Err(Error::invalid_reference(format!(
            "`{name}` has `{}` in it, which no secret's name has",
            bad.escape_debug()
        ))
        .with_hint("a name has letters, digits and `/ _ + = . @ - !`")),
    }
}

fn check_arn(name: &str) -> Result<(), Error> {
    let mut parts = name.splitn(7, ':');
    let is_ours = parts.next() == Some("arn")
        && parts
            .next()
            .is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("secretsmanager")
        && parts.next().is_some_and(is_region)
        && parts.next().is_some()
        && parts.next() == Some("secret")
        && parts
            .next()
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(is_name_character));
    if is_ours && name.len() <= LONGEST_ARN {
        return Ok(());
    }
    Err(
        Error::invalid_reference(format!("`{name}` is no ARN of a secret")).with_hint(
            "such as `arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf`",
        ),
    )
}

/// The API's own set, and `!`, which the names of secrets that RDS manages have.
fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '+' | '=' | '.' | '@' | '-' | '!')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(name: &str) -> String {
        match parse(&Reference::new("aws-secrets", name)) {
            Ok(locator) => locator.to_string(),
            Err(error) => error.message().to_owned(),
        }
    }

    #[test]
    fn names_are_read_as_the_store_reads_them() {
        assert_eq!(parsed("shop/db"), "shop/db");
        assert_eq!(parsed("/shop/db"), "/shop/db");
        assert_eq!(parsed("rds!db-0a1b"), "rds!db-0a1b");
        let arn = "arn:aws:secretsmanager:eu-west-3:123456789012:secret:shop/db-AbCdEf";
        assert_eq!(parsed(arn), format!("{arn}?region=eu-west-3"));
        assert_eq!(parsed(""), "a secret's name is missing");
        assert_eq!(
            parsed("shop db"),
            "`shop db` has ` ` in it, which no secret's name has"
        );
        assert_eq!(
            parsed("arn:aws:s3:::x"),
            "`arn:aws:s3:::x` is no ARN of a secret"
        );
        assert!(parsed(&"a".repeat(513)).contains("513"));
    }

    #[test]
    fn versions_and_stages_are_checked() {
        let with = |name: &str, value: &str| {
            parse(&Reference::new("aws-secrets", "x").with_option(name, value))
        };
        assert!(with("version_id", "EXAMPLE1-90ab-cdef-fedc-ba987SECRET1").is_ok());
        assert!(with("version_id", "3").is_err());
        assert!(with("stage", "AWSPREVIOUS").is_ok());
        assert!(with("stage", "").is_err());
        assert!(with("region", "x/").is_err());
        assert!(with("versions", "2..3").is_ok());
        assert!(with("versions", "2..").is_err());
        for (other, value) in [
            ("stage", "AWSPREVIOUS"),
            ("version_id", "EXAMPLE1-90ab-cdef-fedc-ba987SECRET1"),
        ] {
            let both = Reference::new("aws-secrets", "x")
                .with_option("versions", "2..3")
                .with_option(other, value);
            assert!(parse(&both).is_err(), "{other}");
        }
    }

    #[test]
    fn a_prefix_is_put_in_front() {
        assert_eq!(whole("shop/prod/", "db").unwrap(), "shop/prod/db");
        let arn = "arn:aws:secretsmanager:eu-west-3:123456789012:secret:x-AbCdEf";
        assert_eq!(whole("shop/prod/", arn).unwrap(), arn);
        assert!(prefix("shop prod").is_err());
    }
}
