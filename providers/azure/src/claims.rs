//! What a token says of itself. Read only to refuse early and to name the identity: who may do what is the server's to say.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nuages_provider::{Error, ErrorKind};
use serde_json::{Map, Value};

use crate::{cloud::CLOUDS, settings::is_guid};

/// How far two clocks may be apart, as Entra's own libraries have it.
const SKEW: Duration = Duration::from_mins(5);

/// The claims of a JSON Web Token.
#[derive(Clone, Default)]
pub(crate) struct Claims(Map<String, Value>);

impl Claims {
    /// The middle part of a JWT; nothing where the token is none. The signature is the server's to check.
    pub(crate) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (Some(_), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
        serde_json::from_slice(&bytes).ok().map(Self)
    }

    /// A claim that is text, without anything that has no place in a line of output.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let text = self.0.get(name)?.as_str()?;
        let fits = !text.is_empty() && text.len() <= 512 && !text.chars().any(char::is_control);
        fits.then_some(text)
    }

    fn time(&self, name: &str) -> Option<SystemTime> {
        let seconds = self.0.get(name)?.as_u64()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    }

    pub(crate) fn tenant(&self) -> Option<&str> {
        self.text("tid")
    }

    pub(crate) fn expires(&self) -> Option<SystemTime> {
        self.time("exp")
    }

    /// The application, by its client ID.
    pub(crate) fn application(&self) -> Option<&str> {
        self.text("appid").or_else(|| self.text("azp"))
    }

    /// The name that a database knows the identity by: a managed identity's own, or a person's principal name.
    ///
    /// A managed identity is named by the resource in `xms_mirid`: the user-assigned identity, or the machine or app that
    /// the identity belongs to.
    pub(crate) fn login(&self) -> Option<&str> {
        let managed = self
            .text("xms_mirid")
            .and_then(|path| path.rsplit('/').next());
        managed
            .filter(|name| !name.is_empty())
            .or_else(|| self.text("upn"))
            .or_else(|| self.text("preferred_username"))
            .or_else(|| self.text("unique_name"))
    }

    /// Refuses a token that cannot work: for another resource, not valid yet, or no longer.
    pub(crate) fn check(&self, resource: &str, now: SystemTime) -> Result<(), Error> {
        let refused = |text: String| Error::new(ErrorKind::Malformed, text);
        match self.text("aud") {
            Some(audience) if is_for(audience, resource) => {}
            Some(audience) => {
                return Err(refused(format!(
                    "the token is for `{audience}`, and `{resource}` was asked for"
                )));
            }
            None => return Err(refused("the token does not say what it is for".to_owned())),
        }
        let clock = "set this machine's clock: tokens are valid for a time";
        if let Some(start) = self.time("nbf")
            && start > now + SKEW
        {
            return Err(refused(format!(
                "the token is not valid before {} from now",
                span(start, now)
            ))
            .with_hint(clock));
        }
        match self.expires() {
            Some(end) if end <= now => {
                Err(refused(format!("the token expired {} ago", span(now, end))).with_hint(clock))
            }
            Some(_) => Ok(()),
            None => Err(refused("the token does not say when it expires".to_owned())),
        }
    }
}

/// The application IDs that stand for the databases in tokens of version 2.
const SQL: &str = "022907d3-0f1b-48f7-badc-1ba6abab6d66";
const OPEN_SOURCE: &str = "123cd850-d9df-40bd-94d5-c9f07b7fa203";

/// Whether a token with this audience is one for the resource: its URI with or without the last slash, or, in a token of
/// version 2, its application's ID (<https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>).
fn is_for(audience: &str, resource: &str) -> bool {
    let bare = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
    let (audience, resource) = (bare(audience), bare(resource));
    let named = resource.strip_prefix("api://").unwrap_or(&resource);
    if audience == resource || audience == named {
        return true;
    }
    if CLOUDS.iter().any(|cloud| cloud.sql == resource) {
        return audience == SQL;
    }
    if CLOUDS.iter().any(|cloud| cloud.open_source == resource) {
        return audience == OPEN_SOURCE;
    }
    // Which URI belongs to which application Entra alone knows; one that is named by an ID says itself.
    is_guid(&audience) && !is_guid(named)
}

/// How far two times are apart, for people.
fn span(later: SystemTime, earlier: SystemTime) -> String {
    let seconds = later.duration_since(earlier).unwrap_or_default().as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: &Value) -> Claims {
        let payload = URL_SAFE_NO_PAD.encode(value.to_string());
        Claims::read(&format!("e30.{payload}.c2ln")).unwrap()
    }

    #[test]
    fn only_a_token_of_three_parts_is_read() {
        for text in ["", "a.b", "a.b.c", "e30.e30.e30.e30", "e30.W10.e30"] {
            assert!(Claims::read(text).is_none(), "{text}");
        }
        assert!(Claims::read("e30.e30.e30").is_some());
    }

    #[test]
    fn an_identity_has_the_name_that_its_database_knows() {
        let path = "/subscriptions/1/resourcegroups/shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop-id";
        assert_eq!(
            claims(&json!({"xms_mirid": path, "appid": "x"})).login(),
            Some("shop-id")
        );
        let site = "/subscriptions/1/resourcegroups/shop/providers/Microsoft.Web/sites/shop-web";
        assert_eq!(
            claims(&json!({"xms_mirid": site})).login(),
            Some("shop-web")
        );
        let person = json!({"upn": "dev@shop.example", "unique_name": "live.com#dev@shop.example"});
        assert_eq!(claims(&person).login(), Some("dev@shop.example"));
        assert_eq!(claims(&json!({"appid": "x", "oid": "y"})).login(), None);
        assert_eq!(claims(&json!({"upn": "a\nb"})).login(), None);
    }

    #[test]
    fn a_token_that_cannot_work_is_refused() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(1000);
        let at = |offset: i64| 3_600_000 + offset;
        let sql = "https://database.windows.net";
        let message = |value: Value| {
            claims(&value)
                .check(sql, now)
                .err()
                .map(|error| error.message().to_owned())
        };
        let good = |aud: &str| json!({"aud": aud, "nbf": at(0), "exp": at(3600)});
        for audience in [
            sql,
            "https://database.windows.net/",
            "022907d3-0f1b-48f7-badc-1ba6abab6d66",
        ] {
            assert_eq!(message(good(audience)), None, "{audience}");
        }
        assert_eq!(
            message(good("https://vault.azure.net")).unwrap(),
            "the token is for `https://vault.azure.net`, and `https://database.windows.net` was asked for"
        );
        assert_eq!(
            message(json!({"aud": sql, "exp": at(-180)})).unwrap(),
            "the token expired 3 min ago"
        );
        assert_eq!(
            message(json!({"aud": sql, "nbf": at(7200), "exp": at(9000)})).unwrap(),
            "the token is not valid before 2 h from now"
        );
        // Five minutes are within what clocks may differ by.
        assert_eq!(
            message(json!({"aud": sql, "nbf": at(290), "exp": at(9000)})),
            None
        );
        assert!(message(json!({"exp": at(1)})).is_some());
        assert!(message(json!({"aud": sql})).is_some());
    }

    #[test]
    fn an_applications_own_api_is_known_by_its_id() {
        let (id, other) = (
            "00001111-aaaa-2222-bbbb-3333cccc4444",
            "55556666-dddd-7777-eeee-8888ffff9999",
        );
        let by_id = format!("api://{id}");
        assert!(is_for(id, &by_id) && is_for(&format!("{by_id}/"), &by_id));
        assert!(!is_for(other, &by_id) && !is_for(other, id));
        assert!(is_for(id, "api://shop-api") && is_for(id, "https://shop.example/api"));
        assert!(!is_for("api://other", "api://shop-api"));
        assert!(!is_for(id, "https://database.windows.net"));
        assert!(is_for(SQL, "https://database.usgovcloudapi.net"));
        assert!(!is_for(SQL, "https://ossrdbms-aad.database.windows.net"));
    }
}
