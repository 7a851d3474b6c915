//! The settings that all of AWS's providers have: where, and as whom.

use nuages_provider::{Environment, Error, SettingKind, SettingSpec, Settings};

/// What every instance may say of where and as whom.
pub(crate) const REGION: SettingSpec =
    text("region", "the region [default: AWS_REGION, the profile's]");
pub(crate) const REGIONS: SettingSpec = SettingSpec {
    name: "regions",
    kind: SettingKind::TextList,
    required: false,
    summary: "regions to ask in turn: the next where one is unavailable",
};
pub(crate) const PROFILE: SettingSpec = text(
    "profile",
    "a profile of ~/.aws/config to log in with [default: AWS_PROFILE]",
);
pub(crate) const ROLE_ARN: SettingSpec = text("role_arn", "a role to assume with that login");
pub(crate) const EXTERNAL_ID: SettingSpec = text(
    "external_id",
    "what the role's trust policy asks for as external ID",
);
pub(crate) const ENDPOINT: SettingSpec = text(
    "endpoint",
    "another endpoint's URL, such as a VPC endpoint's or an emulator's",
);
pub(crate) const PREFIX: SettingSpec =
    text("prefix", "put in front of every name that is not absolute");

pub(crate) const fn text(name: &'static str, summary: &'static str) -> SettingSpec {
    SettingSpec {
        name,
        kind: SettingKind::Text,
        required: false,
        summary,
    }
}

/// Where, and as whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Connection {
    /// In the order they are asked; none where the environment is to say.
    pub(crate) regions: Vec<String>,
    pub(crate) profile: Option<String>,
    pub(crate) role: Option<Role>,
    pub(crate) endpoint: Option<Endpoint>,
}

/// A role to assume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) arn: String,
    pub(crate) external_id: Option<String>,
}

/// Another endpoint than the region's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) host: String,
}

impl Connection {
    pub(crate) fn read(settings: &Settings) -> Result<Self, Error> {
        let external_id = settings.text("external_id").map(str::to_owned);
        let role = match (settings.text("role_arn"), external_id) {
            (Some(arn), external_id) => Some(Role {
                arn: role_arn(arn)?.to_owned(),
                external_id,
            }),
            (None, Some(_)) => {
                return Err(Error::invalid_settings(
                    "`external_id` is for assuming a role, and there is no `role_arn`",
                ));
            }
            (None, None) => None,
        };
        Ok(Self {
            regions: regions(settings)?,
            profile: settings.text("profile").map(str::to_owned),
            role,
            endpoint: settings.text("endpoint").map(endpoint).transpose()?,
        })
    }
}

fn regions(settings: &Settings) -> Result<Vec<String>, Error> {
    let several = settings.list("regions");
    let all: Vec<String> = match (settings.text("region"), several) {
        (Some(_), Some(_)) => {
            return Err(Error::invalid_settings(
                "`region` and `regions` are both given; keep one",
            ));
        }
        (Some(one), None) => vec![one.to_owned()],
        (None, Some([])) => {
            return Err(Error::invalid_settings("`regions` names no region"));
        }
        (None, several) => several.unwrap_or_default().to_vec(),
    };
    for region in &all {
        if !is_region(region) {
            return Err(
                Error::invalid_settings(format!("`{region}` is no name of a region"))
                    .with_hint("such as `eu-west-1`"),
            );
        }
    }
    Ok(all)
}

/// Whether `text` can be a region's name. It becomes part of a host's name, so nothing else may be in it.
pub(crate) fn is_region(text: &str) -> bool {
    let is_word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    text.len() <= 32 && text.contains('-') && text.split('-').all(is_word)
}

/// An `?region=` of a reference.
pub(crate) fn region_option(text: &str) -> Result<&str, Error> {
    if is_region(text) {
        return Ok(text);
    }
    Err(
        Error::invalid_reference(format!("`{text}` is no name of a region"))
            .with_hint("such as `?region=eu-west-1`"),
    )
}

fn role_arn(arn: &str) -> Result<&str, Error> {
    let mut parts = arn.splitn(6, ':');
    let is_role = parts.next() == Some("arn")
        && parts
            .next()
            .is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next().is_some()
        && parts.next().is_some()
        && parts.next().is_some_and(|name| name.starts_with("role/"));
    if is_role {
        return Ok(arn);
    }
    Err(
        Error::invalid_settings(format!("`{arn}` is no ARN of a role"))
            .with_hint("such as `arn:aws:iam::123456789012:role/shop`"),
    )
}

/// The SDK reads these itself, and cannot go on with what is no URL.
///
/// # Errors
/// `InvalidSettings` with the variable's name.
pub(crate) fn check_endpoints(environment: &Environment) -> Result<(), Error> {
    for name in [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_SSM",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "AWS_ENDPOINT_URL_STS",
    ] {
        let Some(url) = environment.var(name).and_then(|url| url.to_str()) else {
            continue;
        };
        let is_url = url.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
                && uri
                    .authority()
                    .is_some_and(|place| !place.as_str().contains('@'))
        });
        if !is_url {
            let text = format!("`{name}` in the environment is no URL of a host");
            let hint = "write `https://host`, or take the variable away";
            return Err(Error::invalid_settings(text).with_hint(hint));
        }
    }
    Ok(())
}

fn endpoint(url: &str) -> Result<Endpoint, Error> {
    let wrong = |reason: &str| {
        Err(Error::invalid_settings(format!("`endpoint` {reason}"))
            .with_hint("write `https://host` or, for an emulator, `http://127.0.0.1:port`"))
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
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if nuages_provider_http::is_loopback(host) => {}
        Some("http") => return wrong("is neither https nor on this machine"),
        _ => return wrong("is no https URL"),
    }
    Ok(Endpoint {
        url: url.to_owned(),
        host: host.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use nuages_provider::Setting;

    use super::*;

    fn message(settings: &Settings) -> String {
        Connection::read(settings).unwrap_err().message().to_owned()
    }

    #[test]
    fn nothing_said_leaves_it_to_the_environment() {
        assert_eq!(
            Connection::read(&Settings::new()).unwrap(),
            Connection::default()
        );
    }

    #[test]
    fn a_region_cannot_smuggle_a_host() {
        for region in [
            "eu-west-1",
            "us-gov-east-1",
            "cn-north-1",
            "us-iso-east-1",
            "eusc-de-east-1",
        ] {
            assert!(is_region(region), "{region}");
        }
        for region in [
            "",
            "eu",
            "eu-west-1.example.org/",
            "EU-WEST-1",
            "eu--1",
            "a-b#",
            "x@y-1",
        ] {
            assert!(!is_region(region), "{region}");
        }
        let settings = Settings::new().with_text("region", "example.org/");
        assert_eq!(message(&settings), "`example.org/` is no name of a region");
    }

    #[test]
    fn what_cannot_work_together_is_told() {
        let both = Settings::new()
            .with_text("region", "eu-west-1")
            .with("regions", Setting::TextList(vec!["eu-west-2".to_owned()]));
        assert_eq!(
            message(&both),
            "`region` and `regions` are both given; keep one"
        );
        let none = Settings::new().with("regions", Setting::TextList(Vec::new()));
        assert_eq!(message(&none), "`regions` names no region");
        let lonely = Settings::new().with_text("external_id", "x");
        assert!(message(&lonely).contains("no `role_arn`"));
        let role = Settings::new().with_text("role_arn", "shop");
        assert_eq!(message(&role), "`shop` is no ARN of a role");
    }

    #[test]
    fn an_endpoint_is_https_or_this_machine() {
        for good in [
            "https://vpce-1.ssm.eu-west-1.vpce.amazonaws.com",
            "https://secrets.example.org:8443",
            "http://127.0.0.1:5000",
            "http://localhost:5000",
            "http://[::1]:5000",
        ] {
            let settings = Settings::new().with_text("endpoint", good);
            assert!(Connection::read(&settings).is_ok(), "{good}");
        }
        for bad in [
            "ssm",
            "ftp://x",
            "http://example.org",
            "https://u:hunter2@example.org",
            "https://",
        ] {
            let text = message(&Settings::new().with_text("endpoint", bad));
            assert!(text.starts_with("`endpoint` "), "{bad}: {text}");
            assert!(!text.contains("hunter2"));
        }
    }
}
