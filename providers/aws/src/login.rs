//! Who we are: the SDK's sources of credentials in the SDK's order, without asking a network that the environment has
//! made needless, and with every source's reason where none of them gave anything.
//!
//! The order, and the variables: <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>.

use std::{error, path::PathBuf, time::Duration};

use aws_config::{
    BehaviorVersion,
    ecs::EcsCredentialsProvider,
    imds,
    imds::credentials::ImdsCredentialsProvider,
    profile::ProfileFileCredentialsProvider,
    provider_config::ProviderConfig,
    web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider},
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_types::region::Region;
use nuages_provider::{Environment, Error, ErrorKind, Retry};

use crate::{
    error::{Action, answered, inner},
    transport::Transport,
};

/// How long an instance's metadata service may take, all its requests together.
pub(crate) const METADATA_LIMIT: Duration = Duration::from_secs(2);

/// The session's name where a role is assumed: AWS's log of calls shows it.
pub(crate) const SESSION_NAME: &str = "nuages";

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

/// A source that works, with what it gave.
pub(crate) struct Login {
    pub(crate) source: Source,
    pub(crate) provider: SharedCredentialsProvider,
    pub(crate) credentials: Credentials,
}

/// What is there to log in with: sources to try, in order, and why the others are none.
struct Choice {
    sources: Vec<Source>,
    absent: Vec<String>,
}

/// Logs in by the first source that gives credentials.
pub(crate) async fn log_in(
    environment: &Environment,
    transport: &Transport,
    profile: Option<&str>,
    region: Option<Region>,
) -> Result<Login, Error> {
    let choice = choose(environment, profile)?;
    let configuration = ProviderConfig::without_region()
        .with_region(region)
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_http_client(transport.clone());
    let mut reasons = choice.absent;
    for source in choice.sources {
        let provider = provider(&source, environment, &configuration, transport)?;
        let asked = provider.provide_credentials();
        let outcome = if source == Source::InstanceMetadata {
            tokio::time::timeout(METADATA_LIMIT, asked).await
        } else {
            Ok(asked.await)
        };
        match outcome {
            Ok(Ok(credentials)) => {
                return Ok(Login {
                    source,
                    provider,
                    credentials,
                });
            }
            Ok(Err(CredentialsError::CredentialsNotLoaded(_))) => {
                reasons.push(format!("{}: {}", source.name(), nothing(&source)));
            }
            // A machine without a metadata service answers in many ways; none of them is a fault.
            Ok(Err(_)) | Err(_) if source == Source::InstanceMetadata => {
                reasons.push("instance metadata: no answer".to_owned());
            }
            Ok(Err(error)) => return Err(failed(&source, &error)),
            Err(_) => {}
        }
    }
    Err(Error::new(
        ErrorKind::Unauthenticated,
        format!("no AWS credentials: {}", reasons.join("; ")),
    )
    .with_hint("give the machine, task or pod a role, or choose a profile: `AWS_PROFILE`"))
}

/// Reads from the environment what there is to try. Asks nobody.
fn choose(environment: &Environment, profile: Option<&str>) -> Result<Choice, Error> {
    let only = |source| {
        Ok(Choice {
            sources: vec![source],
            absent: Vec::new(),
        })
    };
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
            ));
        }
    }
    if let Some(profile) = environment.text("AWS_PROFILE") {
        return only(Source::Profile(profile.to_owned()));
    }
    let mut choice = Choice {
        sources: Vec::new(),
        absent: vec!["environment: `AWS_ACCESS_KEY_ID` is not set".to_owned()],
    };
    if profile_files(environment).iter().any(|path| path.exists()) {
        choice.sources.push(Source::Profile("default".to_owned()));
    } else {
        let files = "profile: neither `~/.aws/config` nor `~/.aws/credentials` is there";
        choice.absent.push(files.to_owned());
    }
    let has = |name| environment.text(name).is_some();
    if has("AWS_WEB_IDENTITY_TOKEN_FILE") {
        choice.sources.push(Source::WebIdentity);
    } else {
        let token = "web identity: `AWS_WEB_IDENTITY_TOKEN_FILE` is not set";
        choice.absent.push(token.to_owned());
    }
    if has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || has("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
        choice.sources.push(Source::Container);
    } else {
        let uri = "container: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` is not set";
        choice.absent.push(uri.to_owned());
    }
    let is_elsewhere = choice
        .sources
        .iter()
        .any(|source| matches!(source, Source::WebIdentity | Source::Container));
    let is_off = environment
        .text("AWS_EC2_METADATA_DISABLED")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if is_off {
        let off = "instance metadata: switched off by `AWS_EC2_METADATA_DISABLED`";
        choice.absent.push(off.to_owned());
    } else if !is_elsewhere {
        choice.sources.push(Source::InstanceMetadata);
    }
    Ok(choice)
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

fn provider(
    source: &Source,
    environment: &Environment,
    configuration: &ProviderConfig,
    transport: &Transport,
) -> Result<SharedCredentialsProvider, Error> {
    Ok(match source {
        Source::Environment => SharedCredentialsProvider::new(Credentials::new(
            environment.text("AWS_ACCESS_KEY_ID").unwrap_or_default(),
            environment
                .text("AWS_SECRET_ACCESS_KEY")
                .unwrap_or_default(),
            environment.text("AWS_SESSION_TOKEN").map(str::to_owned),
            None,
            "environment",
        )),
        Source::Profile(name) => SharedCredentialsProvider::new(
            ProfileFileCredentialsProvider::builder()
                .configure(configuration)
                .profile_name(name)
                .build(),
        ),
        Source::WebIdentity => {
            let lacking = |name: &str| {
                let text = format!("`AWS_WEB_IDENTITY_TOKEN_FILE` is set and `{name}` is not");
                Error::new(ErrorKind::Unauthenticated, text)
            };
            let file = environment
                .text("AWS_WEB_IDENTITY_TOKEN_FILE")
                .ok_or_else(|| lacking("AWS_WEB_IDENTITY_TOKEN_FILE"))?;
            let role = environment
                .text("AWS_ROLE_ARN")
                .ok_or_else(|| lacking("AWS_ROLE_ARN"))?;
            let session = environment.text("AWS_ROLE_SESSION_NAME");
            SharedCredentialsProvider::new(
                WebIdentityTokenCredentialsProvider::builder()
                    .configure(configuration)
                    .static_configuration(StaticConfiguration {
                        web_identity_token_file: file.into(),
                        role_arn: role.to_owned(),
                        session_name: session.unwrap_or(SESSION_NAME).to_owned(),
                    })
                    .build(),
            )
        }
        Source::Container => SharedCredentialsProvider::new(
            EcsCredentialsProvider::builder()
                .configure(configuration)
                .build(),
        ),
        Source::InstanceMetadata => SharedCredentialsProvider::new(
            ImdsCredentialsProvider::builder()
                .imds_client(metadata_client(configuration, transport))
                .build(),
        ),
    })
}

/// The metadata service, asked once: who does not answer at once is not there.
pub(crate) fn metadata_client(
    configuration: &ProviderConfig,
    transport: &Transport,
) -> imds::Client {
    let configuration = configuration
        .clone()
        .with_http_client(transport.limited(METADATA_LIMIT));
    imds::Client::builder()
        .configure(&configuration)
        .max_attempts(1)
        .build()
}

/// Why a source that was there gave nothing.
fn nothing(source: &Source) -> &'static str {
    match source {
        Source::Profile(_) => "it holds no credentials",
        Source::InstanceMetadata => "the machine has no role",
        _ => "it gave nothing",
    }
}

/// A source that is the right one and does not work: the next would be somebody else's identity.
fn failed(source: &Source, error: &CredentialsError) -> Error {
    let name = source.name();
    let because = |cause: Error| {
        let told = Error::new(
            cause.kind(),
            format!("{name} gives no credentials: {cause}"),
        )
        .with_retry(cause.retry());
        match cause.hint() {
            Some(hint) => told.with_hint(hint),
            None => told,
        }
    };
    if let Some(own) = inner(error) {
        return because(own);
    }
    if let Some(code) = sts_code(error) {
        let action = Action("sts:AssumeRoleWithWebIdentity");
        return because(answered(Some(&code), None, None, action));
    }
    let hint = match source {
        Source::Profile(_) => {
            "look at it with `aws configure list --profile NAME`; a session of `aws sso login` may have run out"
        }
        Source::WebIdentity => {
            "look at the file that `AWS_WEB_IDENTITY_TOKEN_FILE` names, and at the role's trust policy"
        }
        _ => "look at the role of the task or pod",
    };
    let retry = match error {
        CredentialsError::ProviderTimedOut(_) => Retry::Later,
        _ => Retry::Never,
    };
    let text = match error {
        CredentialsError::InvalidConfiguration(_) => {
            format!("{name} cannot be used as it is written")
        }
        CredentialsError::ProviderTimedOut(_) => format!("{name} gave no credentials in time"),
        _ => format!("{name} gives no credentials"),
    };
    Error::new(ErrorKind::Unauthenticated, text)
        .with_retry(retry)
        .with_hint(hint)
}

/// The code of STS's answer, somewhere within.
fn sts_code(error: &(dyn error::Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(sts) = error.downcast_ref::<AssumeRoleWithWebIdentityError>() {
            return sts.meta().code().map(str::to_owned);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(variables: &[(&str, &str)], profile: Option<&str>) -> Vec<Source> {
        choose(&environment(variables), profile).unwrap().sources
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
