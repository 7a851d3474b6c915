//! What there is to log in with: AWS's sources in AWS's order, as far as the environment says. Nobody is asked.
//!
//! The order, and the variables: <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>.

use std::path::PathBuf;

use nuages_provider::{Environment, Error, ErrorKind};

/// A way to credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Environment,
    Profile(String),
    WebIdentity,
    Container,
    InstanceMetadata,
}

impl Source {
    /// In words, for `nuages doctor` and for messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Environment => "environment".to_owned(),
            Self::Profile(name) => format!("profile `{name}`"),
            Self::WebIdentity => "web identity".to_owned(),
            Self::Container => "container".to_owned(),
            Self::InstanceMetadata => "instance metadata".to_owned(),
        }
    }
}

/// A source in its turn: one to ask, or why there is nothing to ask.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Ask(Source),
    Absent(&'static str),
}

/// Reads from the environment what there is to try. Asks nobody.
pub(crate) fn choose(environment: &Environment, profile: Option<&str>) -> Result<Vec<Step>, Error> {
    let only = |source| Ok(vec![Step::Ask(source)]);
    if let Some(profile) = profile {
        return only(Source::Profile(profile.to_owned()));
    }
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    match keys.map(|name| environment.text(name).is_some()) {
        [true, true] => return only(Source::Environment),
        [false, false] => {}
        [has_id, _] => {
            let (have, lack) = if has_id { (0, 1) } else { (1, 0) };
            return Err(Error::new(
                ErrorKind::Unauthenticated,
                format!("`{}` is set and `{}` is not", keys[have], keys[lack]),
            )
            .with_hint("set both or neither"));
        }
    }
    if let Some(profile) = environment.text("AWS_PROFILE") {
        return only(Source::Profile(profile.to_owned()));
    }
    let mut steps = vec![Step::Absent("environment: `AWS_ACCESS_KEY_ID` is not set")];
    let has = |name| environment.text(name).is_some();
    steps.push(
        if profile_files(environment).iter().any(|path| path.exists()) {
            Step::Ask(Source::Profile("default".to_owned()))
        } else {
            Step::Absent("profile: neither `~/.aws/config` nor `~/.aws/credentials` is there")
        },
    );
    let has_token = has("AWS_WEB_IDENTITY_TOKEN_FILE");
    steps.push(if has_token {
        Step::Ask(Source::WebIdentity)
    } else {
        Step::Absent("web identity: `AWS_WEB_IDENTITY_TOKEN_FILE` is not set")
    });
    let has_service =
        has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || has("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    steps.push(if has_service {
        Step::Ask(Source::Container)
    } else {
        Step::Absent("container: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` is not set")
    });
    let is_off = environment
        .text("AWS_EC2_METADATA_DISABLED")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    steps.push(if is_off {
        Step::Absent("instance metadata: switched off by `AWS_EC2_METADATA_DISABLED`")
    } else if has_token || has_service {
        Step::Absent("instance metadata: not asked, as this is a pod or a task")
    } else {
        Step::Ask(Source::InstanceMetadata)
    });
    Ok(steps)
}

/// Where the files of profiles are.
fn profile_files(environment: &Environment) -> Vec<PathBuf> {
    let file = |variable, name: &str| match environment.text(variable) {
        Some(path) => Some(environment.path(path)),
        None => environment.home().map(|home| home.join(".aws").join(name)),
    };
    [
        file("AWS_CONFIG_FILE", "config"),
        file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(variables: &[(&str, &str)], profile: Option<&str>) -> Vec<Source> {
        let steps = choose(&environment(variables), profile).unwrap();
        let asked = steps.into_iter().filter_map(|step| match step {
            Step::Ask(source) => Some(source),
            Step::Absent(_) => None,
        });
        asked.collect()
    }

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        Environment::new(variables, "/")
    }

    const KEYS: [(&str, &str); 2] = [
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
    ];

    #[test]
    fn nobody_is_asked_where_the_environment_says_who_we_are() {
        assert_eq!(chosen(&KEYS, None), [Source::Environment]);
        assert_eq!(
            chosen(&[("AWS_PROFILE", "shop")], None),
            [Source::Profile("shop".to_owned())]
        );
        assert_eq!(
            chosen(&[("AWS_WEB_IDENTITY_TOKEN_FILE", "/t")], None),
            [Source::WebIdentity]
        );
        assert_eq!(
            chosen(&[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c")], None),
            [Source::Container]
        );
        assert_eq!(chosen(&[], None), [Source::InstanceMetadata]);
        assert_eq!(chosen(&[("AWS_EC2_METADATA_DISABLED", "true")], None), []);
    }

    #[test]
    fn the_manifests_profile_goes_before_the_environment() {
        assert_eq!(
            chosen(&KEYS, Some("shop")),
            [Source::Profile("shop".to_owned())]
        );
    }

    #[test]
    fn half_a_key_is_told() {
        let error = choose(&environment(&KEYS[..1]), None).err().unwrap();
        assert_eq!(
            error.message(),
            "`AWS_ACCESS_KEY_ID` is set and `AWS_SECRET_ACCESS_KEY` is not"
        );
    }

    #[test]
    fn a_file_of_profiles_is_looked_into_before_the_network() {
        let home = std::env::temp_dir();
        let file = home.join(format!("nuages-login-{}", std::process::id()));
        std::fs::write(&file, "").unwrap();
        let variables = [("AWS_CONFIG_FILE", file.to_str().unwrap())];
        let sources = chosen(&variables, None);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(
            sources,
            [
                Source::Profile("default".to_owned()),
                Source::InstanceMetadata
            ]
        );
    }
}
