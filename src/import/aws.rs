//! ARNs, as secret-init and Amazon ECS write them in a variable, and CloudFormation's dynamic references.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html> has what may follow
//! a secret's ARN; <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html> the patterns
//! of dynamic references.

use nuages_provider::Reference;

use super::{Filled as _, ImportError};

const ARN: &str = "an ARN";
const DYNAMIC: &str = "a dynamic reference of CloudFormation";

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:…` of a parameter or a secret; `None` for the ARN of anything else.
pub(super) fn arn(text: &str) -> Option<Result<Reference, ImportError>> {
    let mut parts = text.splitn(6, ':');
    let (_, _) = (parts.next()?, parts.next()?);
    let (service, _, _, resource) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    match service {
        "ssm" => {
            let name = resource.strip_prefix("parameter/")?;
            Some(parameter(text, name))
        }
        "secretsmanager" => {
            let rest = resource.strip_prefix("secret:")?;
            Some(secret(text, rest))
        }
        _ => None,
    }
}

/// A version or a label may follow the name, after a colon.
fn parameter(arn: &str, name: &str) -> Result<Reference, ImportError> {
    if name.is_empty() {
        return Err(ImportError::new(ARN, "the parameter's name is missing"));
    }
    let Some((_, selector)) = name.split_once(':') else {
        return Ok(Reference::new("aws-ssm", arn));
    };
    let bare = &arn[..arn.len() - selector.len() - 1];
    Ok(selected(Reference::new("aws-ssm", bare), selector))
}

fn selected(parts: Reference, selector: &str) -> Reference {
    let is_version = selector.bytes().all(|b| b.is_ascii_digit());
    let option = if is_version { "version" } else { "label" };
    parts.option_of(option, Some(selector))
}

/// `NAME-abcdef[:json-key[:version-stage[:version-id]]]`.
fn secret(arn: &str, rest: &str) -> Result<Reference, ImportError> {
    let mut parts = rest.split(':');
    let name = parts.next().unwrap_or_default();
    if name.is_empty() {
        return Err(ImportError::new(ARN, "the secret's name is missing"));
    }
    let bare = &arn[..arn.len() - rest.len() + name.len()];
    let (key, stage, id) = (parts.next(), parts.next(), parts.next());
    if parts.next().is_some() {
        return Err(ImportError::new(
            ARN,
            "more follows than a key, a stage and an ID of a version",
        ));
    }
    versioned(ARN, bare, key, stage, id)
}

fn versioned(
    spelling: &'static str,
    id: &str,
    key: Option<&str>,
    stage: Option<&str>,
    version: Option<&str>,
) -> Result<Reference, ImportError> {
    let is_given = |part: Option<&str>| part.is_some_and(|part| !part.is_empty());
    if is_given(stage) && is_given(version) {
        return Err(ImportError::new(
            spelling,
            "a stage and an ID of a version are both given",
        ));
    }
    // A key of the secret is taken as it is: what begins with a slash would be read as a path.
    let key = key.filter(|key| !key.is_empty()).map(|key| {
        if key.starts_with('/') {
            format!("/{}", key.replace('~', "~0").replace('/', "~1"))
        } else {
            key.to_owned()
        }
    });
    Ok(Reference::new("aws-secrets", id)
        .option_of("stage", stage)
        .option_of("version_id", version)
        .field_of(key.as_deref()))
}

/// What stands between `{{resolve:` and `}}`; `None` for services that hold no secret.
pub(super) fn cloud_formation(inner: &str) -> Option<Result<Reference, ImportError>> {
    let (service, rest) = inner.split_once(':')?;
    match service {
        "ssm" | "ssm-secure" => Some(dynamic_parameter(rest)),
        "secretsmanager" => Some(dynamic_secret(rest)),
        _ => None,
    }
}

/// `name[:version]`.
fn dynamic_parameter(rest: &str) -> Result<Reference, ImportError> {
    // A shared parameter is named by its ARN, which has colons of its own.
    if rest.starts_with("arn:") {
        return arn(rest)
            .unwrap_or_else(|| Err(ImportError::new(DYNAMIC, "its ARN is no parameter's")));
    }
    let (name, version) = match rest.split_once(':') {
        Some((name, version)) => (name, Some(version)),
        None => (rest, None),
    };
    if name.is_empty() {
        return Err(ImportError::new(DYNAMIC, "the parameter's name is missing"));
    }
    Ok(Reference::new("aws-ssm", name).option_of("version", version))
}

/// `secret-id[:SecretString[:json-key[:version-stage[:version-id]]]]`.
fn dynamic_secret(rest: &str) -> Result<Reference, ImportError> {
    // An ARN has six colons before its name.
    let colons = if rest.starts_with("arn:") { 6 } else { 0 };
    let end = rest.match_indices(':').nth(colons).map(|(at, _)| at);
    let (id, rest) = match end {
        Some(end) => (&rest[..end], &rest[end + 1..]),
        None => (rest, ""),
    };
    if id.is_empty() {
        return Err(ImportError::new(DYNAMIC, "the secret's name is missing"));
    }
    let mut parts = rest.split(':');
    match parts.next() {
        None | Some("" | "SecretString") => {}
        Some(_) => {
            return Err(ImportError::new(
                DYNAMIC,
                "`SecretString` must follow the secret's name",
            ));
        }
    }
    let (key, stage, version) = (parts.next(), parts.next(), parts.next());
    if parts.next().is_some() {
        return Err(ImportError::new(
            DYNAMIC,
            "more follows than a key, a stage and an ID of a version",
        ));
    }
    versioned(DYNAMIC, id, key, stage, version)
}
