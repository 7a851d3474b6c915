//! The settings that all of Azure's providers have: as whom, and in which cloud.

use nuages_provider::{Environment, Error, SettingKind, SettingSpec, Settings};
use nuages_provider_http::is_loopback;

use crate::cloud::{self, CLOUDS, Cloud};

/// What every instance may say of as whom and where.
pub(crate) const CREDENTIAL: SettingSpec = SettingSpec {
    name: "credential",
    kind: SettingKind::Choice(CREDENTIALS),
    required: false,
    summary: "how to log in [default: what the environment holds]",
};
pub(crate) const CLIENT_ID: SettingSpec = text(
    "client_id",
    "the identity's client ID [default: AZURE_CLIENT_ID]",
);
pub(crate) const TENANT: SettingSpec = text("tenant", "the tenant's ID [default: AZURE_TENANT_ID]");
pub(crate) const CLOUD: SettingSpec = SettingSpec {
    name: "cloud",
    kind: SettingKind::Choice(cloud::NAMES),
    required: false,
    summary: "the cloud [default: AZURE_AUTHORITY_HOST's, or the store's own]",
};
pub(crate) const AUTHORITY: SettingSpec = text(
    "authority",
    "another URL that issues tokens, such as an emulator's [default: AZURE_AUTHORITY_HOST]",
);

/// The ways to log in, as the manifest names them.
pub(crate) const CREDENTIALS: &[&str] = &[
    "workload-identity",
    "client-secret",
    "client-certificate",
    "managed-identity",
    "azure-pipelines",
    "github-actions",
    "azure-cli",
    "azure-developer-cli",
];

pub(crate) const fn text(name: &'static str, summary: &'static str) -> SettingSpec {
    SettingSpec {
        name,
        kind: SettingKind::Text,
        required: false,
        summary,
    }
}

/// As whom, and in which cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) credential: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) tenant: Option<String>,
    /// Said by the manifest or the environment; else the store's own cloud.
    pub(crate) cloud: Option<&'static Cloud>,
    /// Where tokens are issued, where that is said.
    authority: Option<Authority>,
}

/// Where tokens are issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    /// `https://host`, without a path.
    pub(crate) url: String,
    /// The host, where the manifest allows one that is no cloud's.
    pub(crate) allowed: Option<String>,
}

impl Who {
    pub(crate) fn read(settings: &Settings, environment: &Environment) -> Result<Self, Error> {
        let named = settings.text("cloud").and_then(cloud::named);
        let (authority, of_authority) = match settings.text("authority") {
            Some(url) => {
                let host = https_host("`authority`", url)?;
                let authority = Authority {
                    url: url.trim_end_matches('/').to_owned(),
                    allowed: Some(host.clone()),
                };
                (Some(authority), cloud::of_authority(&host))
            }
            None => from_environment(environment)?,
        };
        if let (Some(named), Some(other)) = (named, of_authority)
            && named != other
        {
            let text = format!(
                "`cloud` is `{}`, and the authority is of the cloud `{}`",
                named.name, other.name
            );
            return Err(Error::invalid_settings(text)
                .with_hint("look at `AZURE_AUTHORITY_HOST` in the environment"));
        }
        let who = Self {
            credential: settings.text("credential").map(str::to_owned),
            client_id: settings.text("client_id").map(str::to_owned),
            tenant: settings.text("tenant").map(str::to_owned),
            cloud: named.or(of_authority),
            authority,
        };
        if let Some(tenant) = &who.tenant {
            check_id("`tenant`", tenant)?;
        }
        if let Some(client_id) = &who.client_id {
            check_id("`client_id`", client_id)?;
        }
        Ok(who)
    }

    /// The same, as another identity or in another tenant.
    pub(crate) fn with(&self, client_id: Option<&str>, tenant: Option<&str>) -> Self {
        let mut who = self.clone();
        if let Some(client_id) = client_id {
            who.client_id = Some(client_id.to_owned());
        }
        if let Some(tenant) = tenant {
            who.tenant = Some(tenant.to_owned());
        }
        who
    }

    /// The same, in a store's own cloud where nothing else was said.
    pub(crate) fn in_cloud(&self, cloud: Option<&'static Cloud>) -> Self {
        let mut who = self.clone();
        if who.authority.is_none() && who.cloud.is_none() {
            who.cloud = cloud;
        }
        who
    }

    /// The cloud that is meant.
    pub(crate) fn cloud(&self) -> &'static Cloud {
        self.cloud.unwrap_or(&CLOUDS[0])
    }

    /// Where tokens are issued.
    pub(crate) fn authority(&self) -> Authority {
        self.authority.clone().unwrap_or_else(|| Authority {
            url: format!("https://{}", self.cloud().authorities[0]),
            allowed: None,
        })
    }
}

/// `AZURE_AUTHORITY_HOST`: a host or its URL. It says where credentials go, so it names a cloud's own host or this machine.
fn from_environment(
    environment: &Environment,
) -> Result<(Option<Authority>, Option<&'static Cloud>), Error> {
    const NAME: &str = "AZURE_AUTHORITY_HOST";
    let Some(text) = environment.text(NAME) else {
        return Ok((None, None));
    };
    let url = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let host = https_host("`AZURE_AUTHORITY_HOST` in the environment", &url)?;
    let cloud = cloud::of_authority(&host);
    if cloud.is_none() && !is_loopback(&host) {
        let text =
            format!("`{NAME}` in the environment names `{host}`, which is no cloud's own host");
        return Err(Error::invalid_settings(text).with_hint(
            "write it as the instance's `authority` in the manifest if it is to be trusted",
        ));
    }
    let authority = Authority {
        url: url.trim_end_matches('/').to_owned(),
        allowed: None,
    };
    Ok((Some(authority), cloud))
}

/// The host of a URL that is https and has neither a login nor a path.
pub(crate) fn https_host(what: &str, url: &str) -> Result<String, Error> {
    let wrong = |reason: &str| {
        Err(Error::invalid_settings(format!("{what} {reason}")).with_hint("write `https://host`"))
    };
    let Ok(uri) = url.parse::<http::Uri>() else {
        return wrong("is no URL");
    };
    let Some(host) = uri.host().filter(|host| !host.is_empty()) else {
        return wrong("is no URL with a host");
    };
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return wrong("holds a login");
    }
    if uri.scheme_str() != Some("https") {
        return wrong("is no https URL");
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return wrong("has a path");
    }
    Ok(host.to_ascii_lowercase())
}

/// An ID or a domain: it becomes part of a URL, so nothing else may be in it.
pub(crate) fn check_id(what: &str, id: &str) -> Result<(), Error> {
    let fits = !id.is_empty()
        && id.len() <= 128
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
        && !id.contains("..");
    if fits {
        return Ok(());
    }
    Err(Error::invalid_settings(format!("{what} is no ID"))
        .with_hint("such as `00001111-aaaa-2222-bbbb-3333cccc4444`"))
}

/// Whether `text` is an ID as Entra gives them to applications and tenants.
pub(crate) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, b)| match place {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        Environment::new(variables, "/")
    }

    fn read(settings: &Settings, variables: &[(&str, &str)]) -> Result<Who, String> {
        Who::read(settings, &environment(variables)).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn the_environment_says_the_cloud() {
        for (host, cloud) in [
            ("login.microsoftonline.us", "usgov"),
            ("https://login.partner.microsoftonline.cn/", "china"),
            ("https://LOGIN.microsoftonline.com", "public"),
        ] {
            let who = read(&Settings::new(), &[("AZURE_AUTHORITY_HOST", host)]).unwrap();
            assert_eq!(who.cloud().name, cloud, "{host}");
            assert!(!who.authority().url.ends_with('/'), "{host}");
        }
        let none = read(&Settings::new(), &[]).unwrap();
        assert_eq!(none.authority().url, "https://login.microsoftonline.com");
        let gov = none.in_cloud(cloud::named("usgov"));
        assert_eq!(gov.authority().url, "https://login.microsoftonline.us");
    }

    #[test]
    fn credentials_go_to_no_other_host() {
        for host in [
            "login.example.org",
            "https://login.microsoftonline.com.example.org",
        ] {
            let message = read(&Settings::new(), &[("AZURE_AUTHORITY_HOST", host)]).unwrap_err();
            assert!(message.contains("no cloud's own host"), "{message}");
        }
        for url in [
            "http://login.microsoftonline.com",
            "https://u:hunter2@x",
            "https://x/y",
        ] {
            let message = read(&Settings::new(), &[("AZURE_AUTHORITY_HOST", url)]).unwrap_err();
            assert!(!message.contains("hunter2"), "{message}");
        }
        let named = Settings::new().with_text("authority", "https://login.shop.example");
        let authority = read(&named, &[]).unwrap().authority();
        assert_eq!(authority.allowed.as_deref(), Some("login.shop.example"));
    }

    #[test]
    fn what_cannot_work_together_is_told() {
        let settings = Settings::new().with_text("cloud", "china");
        let message = read(
            &settings,
            &[("AZURE_AUTHORITY_HOST", "login.microsoftonline.us")],
        );
        assert_eq!(
            message.unwrap_err(),
            "`cloud` is `china`, and the authority is of the cloud `usgov`"
        );
        let settings = Settings::new().with_text("tenant", "shop/../x");
        assert_eq!(read(&settings, &[]).unwrap_err(), "`tenant` is no ID");
    }
}
