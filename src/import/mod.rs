//! References as other tools and clouds spell them, in our own words: vals, bank-vaults' secret-init, AWS's ARNs, App
//! Service, CloudFormation. Pure; `op://` is a provider's own scheme and needs no translation.

mod aws;
mod azure;
mod vals;

use nuages_provider::Reference;
use percent_encoding::percent_decode_str;

/// Why a text that is one of these spellings has no equal here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// Whose spelling it is: "a reference of vals".
    pub spelling: &'static str,
    /// A fragment that begins in lower case.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl std::fmt::Display for ImportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.spelling, self.message)
    }
}

impl std::error::Error for ImportError {}

/// The variable that says which vault secret-init's references mean.
pub const VAULT_URL: &str = "AZURE_KEY_VAULT_URL";

impl ImportError {
    fn new(spelling: &'static str, message: impl Into<String>) -> Self {
        Self {
            spelling,
            message: message.into(),
            hint: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The reference that a whole text is in another tool's words; `None` for every other text.
///
/// `vault_url` is what [`VAULT_URL`] holds: secret-init's references to a vault leave it out.
///
/// # Errors
/// Where it is one of these spellings and asks for something that a reference cannot say.
pub fn reference(text: &str, vault_url: Option<&str>) -> Option<Result<Reference, ImportError>> {
    let text = text.trim();
    let found = if let Some(rest) = vals::rest(text) {
        vals::translate(rest)
    } else if let Some(rest) = text.strip_prefix(azure::SECRET_INIT) {
        azure::secret_init(rest, vault_url)
    } else if let Some(inner) = azure::app_service_inner(text) {
        azure::app_service(inner)
    } else if let Some(inner) = enclosed(text, "{{resolve:", "}}") {
        aws::cloud_formation(inner)?
    } else if text.starts_with("arn:") {
        aws::arn(text)?
    } else {
        return None;
    };
    Some(found.and_then(writable))
}

/// Refuses what means something else once it stands between `${` and `}`.
fn writable(reference: Reference) -> Result<Reference, ImportError> {
    let is_odd =
        |text: &str| text.contains(":-") || text.contains(char::is_control) || text.trim() != text;
    let is_odd_option = reference.options().any(|(_, value)| is_odd(value));
    if reference.locator().is_empty()
        || is_odd(reference.locator())
        || reference.field().is_some_and(is_odd)
        || is_odd_option
    {
        let message =
            "a name in it is empty, or has `:-`, a control character or a blank at its ends";
        return Err(ImportError::new("a reference", message));
    }
    Ok(reference)
}

/// Whether an error may say it again.
fn is_word(text: &str) -> bool {
    let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=32).contains(&text.len()) && text.bytes().all(is_of_word)
}

fn enclosed<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    text.strip_prefix(open)?.strip_suffix(close)
}

/// Options and a field that may be missing or empty in the other spelling.
trait Filled {
    fn option_of(self, name: &str, value: Option<&str>) -> Self;
    fn field_of(self, field: Option<&str>) -> Self;
}

impl Filled for Reference {
    fn option_of(self, name: &str, value: Option<&str>) -> Self {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => self.with_option(name, value),
            None => self,
        }
    }

    fn field_of(self, field: Option<&str>) -> Self {
        match field.filter(|field| !field.is_empty()) {
            Some(field) => self.with_field(field),
            None => self,
        }
    }
}

/// A part of a URL, decoded.
fn decoded(text: &str, spelling: &'static str) -> Result<String, ImportError> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(ImportError::new(
            spelling,
            "a name is not UTF-8 once decoded",
        )),
    }
}

#[cfg(test)]
mod tests;
