//! Logging in: the SDK's sources of credentials asked in turn, with every source's reason where none of them gave anything.

use std::{error, time::Duration};

use aws_config::{
    BehaviorVersion,
    default_provider::{use_dual_stack::use_dual_stack_provider, use_fips::use_fips_provider},
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
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_types::{
    os_shim_internal::{Env, Fs},
    region::Region,
};
use nuages_provider::{Environment, Error, ErrorKind, Retry};
use nuages_provider_http::{Fault, TransportError};

use crate::{
    error::{Action, classify, inner},
    sources::{Source, Step, choose},
    transport::Transport,
};

/// How long an instance's metadata service may take, all its requests together.
pub(crate) const METADATA_LIMIT: Duration = Duration::from_secs(2);

/// The session's name where a role is assumed: AWS's log of calls shows it.
pub(crate) const SESSION_NAME: &str = "nuages";

/// A source that works, with what it gave.
pub(crate) struct Login {
    pub(crate) source: Source,
    pub(crate) provider: SharedCredentialsProvider,
    pub(crate) credentials: Credentials,
}

/// Logs in by the first source that gives credentials.
pub(crate) async fn log_in(
    environment: &Environment,
    transport: &Transport,
    profile: Option<&str>,
    region: Option<Region>,
) -> Result<Login, Error> {
    let steps = choose(environment, profile)?;
    let configuration = ProviderConfig::without_region()
        .with_region(region)
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_http_client(transport.clone());
    let mut reasons = Vec::new();
    for step in &steps {
        let source = match step {
            Step::Ask(source) => source,
            Step::Absent(reason) => {
                reasons.push((*reason).to_owned());
                continue;
            }
        };
        let provider = provider(source, environment, &configuration, transport).await?;
        let asked = provider.provide_credentials();
        let outcome = if *source == Source::InstanceMetadata {
            tokio::time::timeout(METADATA_LIMIT, asked).await
        } else {
            Ok(asked.await)
        };
        let reason = match outcome {
            Ok(Ok(credentials)) => {
                return Ok(Login {
                    source: source.clone(),
                    provider,
                    credentials,
                });
            }
            // A machine without a metadata service answers in many ways; none of them is a fault.
            Err(_) => NO_ANSWER.to_owned(),
            Ok(Err(error)) if *source == Source::InstanceMetadata => no_machine(&error),
            Ok(Err(CredentialsError::CredentialsNotLoaded(_))) => match source {
                Source::Profile(name) if !is_there(name).await => "it is not there",
                Source::Profile(_) => {
                    "it holds no credentials, or builds on a profile that is not there"
                }
                _ => "it gave nothing",
            }
            .to_owned(),
            Ok(Err(error)) => return Err(failed(source, &error)),
        };
        reasons.push(format!("{}: {reason}", source.name()));
    }
    let hint = match steps.as_slice() {
        [Step::Ask(Source::Profile(_))] => {
            "`aws configure list-profiles` shows those of `~/.aws/config` and `~/.aws/credentials`"
        }
        _ => "give the machine, task or pod a role, or choose a profile: `AWS_PROFILE`",
    };
    Err(Error::new(
        ErrorKind::Unauthenticated,
        format!("no AWS credentials: {}", reasons.join("; ")),
    )
    .with_hint(hint))
}

const NO_ANSWER: &str = "no answer in 2 s";

/// Why there is nothing to have from the machine.
fn no_machine(error: &CredentialsError) -> String {
    match (transport_error(error), error) {
        (Some(cause), _) if cause.fault() == Fault::TimedOut => NO_ANSWER.to_owned(),
        (Some(cause), _) => cause.to_string(),
        (None, CredentialsError::CredentialsNotLoaded(_)) => "the machine has no role".to_owned(),
        (None, _) => "no answer that can be used".to_owned(),
    }
}

/// Whether there is a profile of this name, whatever is in it.
#[expect(
    clippy::default_trait_access,
    reason = "the name of the type is deprecated, and its new one is in a crate that is not public"
)]
async fn is_there(name: &str) -> bool {
    aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), None)
        .await
        .is_ok_and(|profiles| profiles.get_profile(name).is_some())
}

async fn provider(
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
                    .configure(&switched(configuration).await)
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

/// With the SDK's own switches of endpoints. Only a profile's source looks at them by itself, those of its profile.
async fn switched(configuration: &ProviderConfig) -> ProviderConfig {
    let fips = use_fips_provider(configuration).await;
    let dual_stack = use_dual_stack_provider(configuration).await;
    configuration
        .clone()
        .with_use_fips(fips)
        .with_use_dual_stack(dual_stack)
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

/// A source that is the right one and does not work: the next would be somebody else's identity.
fn failed(source: &Source, error: &CredentialsError) -> Error {
    let name = source.name();
    let hint = hint(source, error);
    if let Some(cause) = inner(error).or_else(|| token_service(error)) {
        let text = format!("{name} gives no credentials: {cause}");
        let told = Error::new(cause.kind(), text).with_retry(cause.retry());
        return match (cause.hint(), cause.kind()) {
            (Some(own), _) => told.with_hint(own),
            (None, ErrorKind::Unauthenticated | ErrorKind::PermissionDenied) => {
                told.with_hint(hint)
            }
            _ => told,
        };
    }
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

/// Where to look.
fn hint(source: &Source, error: &CredentialsError) -> &'static str {
    match (source, error) {
        (Source::Profile(_), _) => {
            "look at it with `aws configure list --profile NAME`; a session of `aws sso login` may have run out"
        }
        (Source::WebIdentity, _) => {
            "look at the file that `AWS_WEB_IDENTITY_TOKEN_FILE` names, and at the role's trust policy"
        }
        (Source::Container, CredentialsError::InvalidConfiguration(_)) => {
            "look at the variables `AWS_CONTAINER_…`: http is for this machine and the services of ECS and EKS alone"
        }
        _ => "look at the role of the task or pod",
    }
}

/// What STS answered, somewhere within.
fn token_service(error: &(dyn error::Error + 'static)) -> Option<Error> {
    use aws_sdk_sts::operation::{
        assume_role::AssumeRoleError, assume_role_with_web_identity::AssumeRoleWithWebIdentityError,
    };
    causes(error).find_map(|cause| {
        if let Some(sts) = cause.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>() {
            return Some(classify(sts, Action("sts:AssumeRole")));
        }
        let sts = cause.downcast_ref::<SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>()?;
        Some(classify(sts, Action("sts:AssumeRoleWithWebIdentity")))
    })
}

fn transport_error(error: &CredentialsError) -> Option<&TransportError> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// An error and what it comes from.
fn causes<'a>(
    error: &'a (dyn error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}
