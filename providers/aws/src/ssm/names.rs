//! Names of parameters: what the manifest may write, and what the API is asked for.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html> has the rules of names,
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html> those of labels.

use nuages_provider::{Error, Locator, Reference, Versions};

use crate::settings::region_option;

/// The longest name, ARN included.
const LONGEST: usize = 2048;

/// The deepest hierarchy: levels between slashes.
const DEEPEST: usize = 15;

/// What a reference means, as far as that can be said without the instance's prefix.
pub(super) fn parse(reference: &Reference) -> Result<Locator, Error> {
    let name = reference.locator();
    if name.is_empty() {
        return Err(Error::invalid_reference("a parameter's name is missing")
            .with_hint("write `aws-ssm:///path/name`"));
    }
    if !reference.is_named() {
        // No prefix can complete it.
        check(name)?;
    }
    let mut locator = Locator::new(name);
    if let Some(selector) = selector(reference)? {
        locator = locator.with_option("selector", selector);
    }
    if let Some(versions) = Versions::of_reference(reference, &["version", "label"])? {
        locator = versions.on(locator);
    }
    let region = reference.option("region").map(region_option).transpose()?;
    if let Some(region) = region.or(arn_region(name)) {
        locator = locator.with_option("region", region).apart(region);
    }
    Ok(locator)
}

/// What follows the name after a colon: a version or a label.
fn selector(reference: &Reference) -> Result<Option<&str>, Error> {
    match (reference.option("version"), reference.option("label")) {
        (Some(_), Some(_)) => Err(Error::invalid_reference(
            "`version` and `label` are both given; a label stands for a version",
        )),
        (Some(version), None) => {
            let is_version = version.parse::<u32>().is_ok_and(|version| version > 0)
                && version.bytes().all(|b| b.is_ascii_digit());
            if is_version {
                Ok(Some(version))
            } else {
                let text = format!("`{version}` is no version: a whole number from 1 on");
                Err(Error::invalid_reference(text)
                    .with_hint("a name of a version is a label: `?label=`"))
            }
        }
        (None, Some(label)) => {
            let starts_well = label
                .bytes()
                .next()
                .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
            let is_label = label.len() <= 100
                && starts_well
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
            if is_label {
                Ok(Some(label))
            } else {
                Err(Error::invalid_reference(format!("`{label}` is no label"))
                    .with_hint("a label has letters, digits, `.`, `-` and `_` and starts with a letter; a number is a `?version=`"))
            }
        }
        (None, None) => Ok(None),
    }
}

/// The region of an ARN.
fn arn_region(name: &str) -> Option<&str> {
    let region = name.strip_prefix("arn:")?.split(':').nth(2)?;
    crate::settings::is_region(region).then_some(region)
}

/// The prefix of an instance, checked.
pub(super) fn prefix(prefix: &str) -> Result<String, Error> {
    let wrong = |reason: &str| Err(Error::invalid_settings(format!("`prefix` {reason}")));
    if prefix.contains('/') && !prefix.starts_with('/') {
        return wrong(&format!(
            "is a path, so it starts with a slash: did you mean `/{prefix}`?"
        ));
    }
    if !prefix.chars().all(is_name_character) {
        return wrong("has a character that no parameter's name has");
    }
    if prefix.contains("//") {
        return wrong("has an empty level: `//`");
    }
    // `/shop/prod` and `db` are `/shop/prod/db`; `shop-` and `db` are `shop-db`.
    let is_open_path = prefix.starts_with('/') && !prefix.ends_with('/');
    Ok(if is_open_path {
        format!("{prefix}/")
    } else {
        prefix.to_owned()
    })
}

/// The whole name to ask for. What is absolute stands for itself.
pub(super) fn whole(prefix: &str, name: &str) -> Result<String, Error> {
    let whole = if name.starts_with('/') || name.starts_with("arn:") {
        name.to_owned()
    } else {
        format!("{prefix}{name}")
    };
    check(&whole)?;
    Ok(whole)
}

/// Refuses what the API would refuse, and the rest of its batch with it.
fn check(name: &str) -> Result<(), Error> {
    let invalid = |text: String| Err(Error::invalid_reference(text));
    if name.len() > LONGEST {
        return invalid(format!(
            "the name has {} characters, and at most {LONGEST} are allowed",
            name.len()
        ));
    }
    if let Some(arn) = name.strip_prefix("arn:") {
        return check_arn(name, arn);
    }
    if let Some(bad) = name.chars().find(|c| !is_name_character(*c)) {
        let error = Error::invalid_reference(format!(
            "`{name}` has `{}` in it, which no parameter's name has",
            bad.escape_debug()
        ));
        return Err(if bad == ':' {
            error.with_hint("a version or a label is written `?version=` or `?label=`")
        } else {
            error.with_hint("a name has letters, digits, `.`, `-`, `_` and `/`")
        });
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(Error::invalid_reference(format!(
            "`{name}` is a path that does not start with a slash"
        ))
        .with_hint(format!("did you mean `/{name}`?")));
    }
    if name.contains("//") || (name.starts_with('/') && name.ends_with('/')) {
        return invalid(format!("`{name}` has an empty level in it"));
    }
    if name.matches('/').count() > DEEPEST {
        return invalid(format!("`{name}` has more than {DEEPEST} levels"));
    }
    Ok(())
}

fn check_arn(name: &str, arn: &str) -> Result<(), Error> {
    let mut parts = arn.splitn(5, ':');
    let is_ours = parts
        .next()
        .is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("ssm")
        && parts.next().is_some()
        && parts.next().is_some()
        && parts
            .next()
            .and_then(|resource| resource.strip_prefix("parameter/"))
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(is_name_character));
    if is_ours {
        return Ok(());
    }
    Err(
        Error::invalid_reference(format!("`{name}` is no ARN of a parameter"))
            .with_hint("such as `arn:aws:ssm:eu-west-1:123456789012:parameter/shop/db`"),
    )
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(reference: &Reference) -> String {
        match parse(reference) {
            Ok(locator) => locator.to_string(),
            Err(error) => format!("{}: {error}", error.kind().name()),
        }
    }

    fn direct(name: &str) -> Reference {
        Reference::new("aws-ssm", name)
    }

    #[test]
    fn names_are_read_as_the_store_reads_them() {
        assert_eq!(parsed(&direct("/shop/db")), "/shop/db");
        assert_eq!(parsed(&direct("shop.db-1_x")), "shop.db-1_x");
        assert_eq!(
            parsed(&direct("/aws/reference/secretsmanager/shop/db")),
            "/aws/reference/secretsmanager/shop/db"
        );
        let arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/shop/db";
        assert_eq!(parsed(&direct(arn)), format!("{arn}?region=eu-central-1"));
        assert_eq!(
            parsed(&direct("/x").with_option("version", "3")),
            "/x?selector=3"
        );
        assert_eq!(
            parsed(
                &direct("/x")
                    .with_option("label", "prod")
                    .with_option("region", "eu-west-3")
            ),
            "/x?region=eu-west-3&selector=prod"
        );
    }

    #[test]
    fn what_the_store_would_refuse_is_refused_here() {
        for (name, reason) in [
            ("", "a parameter's name is missing"),
            (
                "shop/db",
                "`shop/db` is a path that does not start with a slash",
            ),
            ("/shop//db", "`/shop//db` has an empty level in it"),
            ("/shop/", "`/shop/` has an empty level in it"),
            (
                "/shop/db:3",
                "`/shop/db:3` has `:` in it, which no parameter's name has",
            ),
            (
                "/shop/d b",
                "`/shop/d b` has ` ` in it, which no parameter's name has",
            ),
            (
                "/shop/\u{e9}",
                "`/shop/\u{e9}` has `\u{e9}` in it, which no parameter's name has",
            ),
            (
                "arn:aws:s3:::bucket",
                "`arn:aws:s3:::bucket` is no ARN of a parameter",
            ),
        ] {
            assert_eq!(
                parsed(&direct(name)),
                format!("invalid-reference: {reason}")
            );
        }
        assert!(parsed(&direct(&"/a".repeat(16))).ends_with("has more than 15 levels"));
        assert!(parsed(&direct(&"a".repeat(2049))).contains("2049 characters"));
        let hint = parse(&direct("shop/db")).unwrap_err();
        assert_eq!(hint.hint(), Some("did you mean `/shop/db`?"));
    }

    #[test]
    fn selectors_are_versions_or_labels() {
        for (option, value) in [
            ("version", "0"),
            ("version", "+1"),
            ("version", "prod"),
            ("label", "1prod"),
            ("label", ""),
            ("label", "a:b"),
            ("region", "example.org/"),
            ("versions", "0..1"),
        ] {
            let error = parse(&direct("/x").with_option(option, value)).unwrap_err();
            assert_eq!(
                error.kind(),
                nuages_provider::ErrorKind::InvalidReference,
                "{option}={value}"
            );
        }
        let both = direct("/x")
            .with_option("version", "1")
            .with_option("label", "prod");
        assert!(parse(&both).is_err());
        for other in ["version", "label"] {
            let both = direct("/x")
                .with_option("versions", "2..3")
                .with_option(other, "1");
            assert!(parse(&both).is_err(), "{other}");
        }
        assert_eq!(
            parsed(&direct("/x").with_option("versions", "2..3")),
            "/x?versions=2..3"
        );
    }

    #[test]
    fn a_prefix_completes_what_is_not_absolute() {
        let whole_with = |text: &str, name: &str| whole(&prefix(text).unwrap(), name).unwrap();
        assert_eq!(whole_with("/shop/prod/", "db"), "/shop/prod/db");
        assert_eq!(
            whole_with("/shop/prod", "stripe/key"),
            "/shop/prod/stripe/key"
        );
        assert_eq!(whole_with("shop-", "db"), "shop-db");
        assert_eq!(whole_with("/shop/prod/", "/other/db"), "/other/db");
        assert_eq!(whole_with("", "db"), "db");
        let error = prefix("shop/prod/").unwrap_err();
        assert_eq!(
            error.message(),
            "`prefix` is a path, so it starts with a slash: did you mean `/shop/prod/`?"
        );
        assert!(prefix("/shop//prod").is_err());
        assert!(prefix("/shop?").is_err());
        let error = whole("", "stripe/key").unwrap_err();
        assert_eq!(error.hint(), Some("did you mean `/stripe/key`?"));
    }
}
