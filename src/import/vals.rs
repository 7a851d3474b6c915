//! vals: `ref+awsssm://path?region=eu-west-1#/key`, and `secretref+` for the same.
//!
//! The forms are those of its README, <https://github.com/helmfile/vals>: the providers' sections.

use nuages_provider::Reference;

use super::{Filled as _, ImportError, decoded, is_word};

const SPELLING: &str = "a reference of vals";

/// What follows `ref+` or `secretref+`; a `+` may end the expression.
pub(super) fn rest(text: &str) -> Option<&str> {
    let rest = text
        .strip_prefix("ref+")
        .or_else(|| text.strip_prefix("secretref+"))?;
    let (provider, _) = rest.split_once("://")?;
    is_word(provider).then(|| rest.strip_suffix('+').unwrap_or(rest))
}

pub(super) fn translate(rest: &str) -> Result<Reference, ImportError> {
    let expression = Expression::read(rest)?;
    match expression.provider {
        "awsssm" => parameter(&expression),
        "awssecrets" => secret(&expression),
        "azurekeyvault" => vault(&expression),
        other => Err(ImportError::new(
            SPELLING,
            format!("there is no equal of its `{other}` here"),
        )
        .hint("`awsssm`, `awssecrets` and `azurekeyvault` are read")),
    }
}

struct Expression<'t> {
    provider: &'t str,
    path: String,
    parameters: Vec<(String, String)>,
    /// `/key`, as it stands after `#`.
    fragment: Option<String>,
}

impl<'t> Expression<'t> {
    fn read(text: &'t str) -> Result<Self, ImportError> {
        let (provider, rest) = text.split_once("://").unwrap_or((text, ""));
        let (rest, fragment) = match rest.split_once('#') {
            Some((rest, fragment)) => (rest, Some(decoded(fragment, SPELLING)?)),
            None => (rest, None),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut parameters = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parameters.push((decoded(name, SPELLING)?, decoded(value, SPELLING)?));
        }
        if path.contains(" ref+") || path.contains("+ ") {
            return Err(
                ImportError::new(SPELLING, "other text stands beside the reference")
                    .hint("the manifest composes values: `postgres://app:${…}@db/shop`"),
            );
        }
        Ok(Self {
            provider,
            path: decoded(path, SPELLING)?,
            parameters,
            fragment: fragment.filter(|fragment| !fragment.trim_matches('/').is_empty()),
        })
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Refuses parameters that would be lost.
    fn allow(&self, names: &[&str]) -> Result<(), ImportError> {
        let lost = self
            .parameters
            .iter()
            .find(|(name, _)| !names.contains(&name.as_str()));
        let Some((name, _)) = lost else {
            return Ok(());
        };
        // The text of a variable may be anything: only what is a word is said again.
        let message = if is_word(name) {
            format!("its parameter `{name}` is no option of a reference")
        } else {
            "one of its parameters is no option of a reference".to_owned()
        };
        Err(ImportError::new(SPELLING, message).hint(
            "an instance of the manifest, `[providers.NAME]`, has settings of its own: region, role, endpoint",
        ))
    }

    /// The fragment as a JSON pointer.
    fn pointer(&self) -> Option<String> {
        let fragment = self.fragment.as_deref()?;
        Some(format!("/{}", fragment.trim_matches('/')))
    }
}

/// Without `mode=singleparam`, a fragment names one of the parameters below the path.
fn parameter(expression: &Expression<'_>) -> Result<Reference, ImportError> {
    expression.allow(&["region", "version", "mode"])?;
    let is_single = match expression.get("mode") {
        None | Some("") => false,
        Some("singleparam") => true,
        Some(_) => return Err(ImportError::new(SPELLING, "its `mode` is not known")),
    };
    let mut name = format!("/{}", expression.path.trim_start_matches('/'));
    let mut field = None;
    match expression.pointer() {
        Some(pointer) if is_single => field = Some(pointer),
        Some(pointer) => {
            name = format!("{}{pointer}", name.trim_end_matches('/'));
        }
        None => {}
    }
    Ok(Reference::new("aws-ssm", name)
        .option_of("version", expression.get("version"))
        .option_of("region", expression.get("region"))
        .field_of(field.as_deref()))
}

fn secret(expression: &Expression<'_>) -> Result<Reference, ImportError> {
    expression.allow(&["region", "version_stage", "version_id"])?;
    Ok(Reference::new("aws-secrets", expression.path.clone())
        .option_of("stage", expression.get("version_stage"))
        .option_of("version_id", expression.get("version_id"))
        .option_of("region", expression.get("region"))
        .field_of(expression.pointer().as_deref()))
}

fn vault(expression: &Expression<'_>) -> Result<Reference, ImportError> {
    expression.allow(&[])?;
    let mut parts = expression.path.splitn(3, '/');
    let (Some(vault), Some(name)) = (parts.next(), parts.next()) else {
        return Err(
            ImportError::new(SPELLING, "the vault or the secret is missing")
                .hint("it is written `ref+azurekeyvault://vault/secret`"),
        );
    };
    Ok(Reference::new("azure-kv", format!("{vault}/{name}"))
        .option_of("version", parts.next())
        .field_of(expression.pointer().as_deref()))
}
