//! Reading: current versions twenty to a call, earlier ones and single ones each by itself, and each by itself too where
//! the policy lacks `secretsmanager:BatchGetSecretValue`.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use aws_sdk_secretsmanager::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
    types::{ApiErrorType, SecretValueEntry},
};
use aws_types::region::Region;
use nuages_provider::{Error, ErrorKind, Locator, Result, Secret, SecretValue, Versions};
use tokio::task::JoinSet;

use super::{SecretsManager, names, versions};
use crate::{
    answers::{Answers, in_place},
    error::{Action, answered, classify, may_be_one_of_several},
    session::Session,
};

const BATCH: Action = Action("secretsmanager:BatchGetSecretValue");
const SINGLE: Action = Action("secretsmanager:GetSecretValue");

/// One secret to ask for, and the place of its answer.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) place: usize,
    pub(super) id: String,
    version: Option<String>,
    stage: Option<String>,
    versions: Option<Versions>,
}

/// Whether the current version is asked for: several of those are read in one call.
pub(super) fn is_current(locator: &Locator) -> bool {
    let is_another = ["version_id", Versions::NAME]
        .iter()
        .any(|option| locator.option(option).is_some());
    !is_another && is_current_stage(locator.option("stage"))
}

fn is_current_stage(stage: Option<&str>) -> bool {
    stage.is_none_or(|stage| stage == CURRENT)
}

impl Wanted {
    fn is_current(&self) -> bool {
        self.version.is_none() && self.versions.is_none() && is_current_stage(self.stage.as_deref())
    }

    /// The same secret, at a stage.
    pub(super) fn at_stage(&self, stage: &str) -> Self {
        Self {
            stage: Some(stage.to_owned()),
            versions: None,
            ..self.clone()
        }
    }

    /// The same secret, as it is without options.
    pub(super) fn current(&self) -> Self {
        Self {
            versions: None,
            ..self.clone()
        }
    }

    /// The same secret, in one version.
    pub(super) fn of_version(&self, version: String) -> Self {
        Self {
            version: Some(version),
            versions: None,
            ..self.clone()
        }
    }
}

/// The stage that is read where none is named.
pub(super) const CURRENT: &str = "AWSCURRENT";

pub(super) async fn fetch(store: &SecretsManager, locators: &[Locator]) -> Vec<Result<Secret>> {
    let mut answers: Answers = Vec::with_capacity(locators.len());
    let mut wanted = Vec::new();
    for (place, locator) in locators.iter().enumerate() {
        let asked = names::whole(&store.prefix, locator.name())
            .and_then(|id| Ok((id, Versions::of(locator)?)));
        match asked {
            Ok((id, versions)) => wanted.push(Wanted {
                place,
                id,
                versions,
                version: locator.option("version_id").map(str::to_owned),
                stage: locator.option("stage").map(str::to_owned),
            }),
            Err(error) => answers.push((place, Err(error))),
        }
    }
    // All of a batch are of one region: their locators keep apart otherwise.
    let region = locators
        .first()
        .and_then(|locator| locator.option("region"));
    match store.session.regions(region) {
        Ok(regions) => {
            answers.extend(in_turn(&store.session, &store.may_batch, &regions, wanted).await);
        }
        Err(error) => answers.extend(all(&wanted, &error)),
    }
    in_place(locators.len(), answers)
}

/// Region after region: what one does not give because it is unavailable, the next is asked for.
async fn in_turn(
    session: &Session,
    may_batch: &AtomicBool,
    regions: &[(Region, Option<Duration>)],
    wanted: Vec<Wanted>,
) -> Answers {
    let mut answers = Answers::new();
    let mut open = wanted;
    for (place, (region, limit)) in regions.iter().enumerate() {
        let client = client(session, region, *limit);
        let mut again = Vec::new();
        for (slot, answer) in here(&client, may_batch, &open).await {
            let is_down = matches!(&answer, Err(error) if error.kind() == ErrorKind::Unavailable);
            if is_down && place + 1 < regions.len() {
                again.extend(open.iter().find(|one| one.place == slot).cloned());
            } else {
                answers.push((slot, answer));
            }
        }
        open = again;
        if open.is_empty() {
            break;
        }
    }
    answers
}

fn client(session: &Session, region: &Region, limit: Option<Duration>) -> Client {
    let transport = match limit {
        Some(limit) => session.transport.limited(limit),
        None => session.transport.clone(),
    };
    Client::new(&session.configuration(region.clone(), transport))
}

/// Everything that is wanted, of one region.
async fn here(client: &Client, may_batch: &AtomicBool, wanted: &[Wanted]) -> Answers {
    let (mut current, mut apart): (Vec<Wanted>, Vec<Wanted>) =
        wanted.iter().cloned().partition(Wanted::is_current);
    if current.len() < 2 || !may_batch.load(Ordering::Relaxed) {
        apart.append(&mut current);
    }
    let (together, mut answers) = tokio::join!(batch(client, &current), singly(client, apart));
    match together {
        Ok(more) => answers.extend(more),
        Err(error) if may_be_one_of_several(&error) => {
            if error.kind() == ErrorKind::PermissionDenied {
                may_batch.store(false, Ordering::Relaxed);
            }
            answers.extend(singly(client, current).await);
        }
        Err(error) => answers.extend(all(&current, &error)),
    }
    answers
}

/// One call, and more where the answer has several pages.
async fn batch(client: &Client, wanted: &[Wanted]) -> Result<Answers> {
    if wanted.is_empty() {
        return Ok(Answers::new());
    }
    let ids: Vec<String> = wanted.iter().map(|one| one.id.clone()).collect();
    let mut values: Vec<SecretValueEntry> = Vec::new();
    let mut errors: Vec<ApiErrorType> = Vec::new();
    let mut page: Option<String> = None;
    // No more pages than secrets: a token that never ends is not followed for ever.
    for _ in 0..=wanted.len() {
        let answer = client
            .batch_get_secret_value()
            .set_secret_id_list(Some(ids.clone()))
            .set_next_token(page.take())
            .send()
            .await
            .map_err(|error| classify(&error, BATCH))?;
        values.extend(answer.secret_values.unwrap_or_default());
        errors.extend(answer.errors.unwrap_or_default());
        page = answer.next_token;
        if page.is_none() {
            break;
        }
    }
    let mut answers = Answers::new();
    let mut unanswered = Vec::new();
    for one in wanted {
        let is_value = |entry: &SecretValueEntry| is_for(entry.name(), entry.arn(), &one.id);
        let is_error = |error: &ApiErrorType| is_for(error.secret_id(), error.secret_id(), &one.id);
        if let Some(found) = values.iter().position(is_value) {
            let entry = values.swap_remove(found);
            let answer = secret(
                entry.secret_string,
                entry.secret_binary,
                entry.version_id,
                one,
            );
            answers.push((one.place, answer));
        } else if let Some(error) = errors.iter().find(|error| is_error(error)) {
            answers.push((
                one.place,
                Err(named(
                    &answered(error.error_code(), Some(400), None, SINGLE),
                    one,
                )),
            ));
        } else {
            unanswered.push(one.clone());
        }
    }
    // Two references may mean one secret, by its name and its ARN; what is left is asked for by itself.
    answers.extend(singly(client, unanswered).await);
    Ok(answers)
}

/// Whether an answer is for this ID: a name, an ARN, or an ARN without its random end.
fn is_for(name: Option<&str>, arn: Option<&str>, id: &str) -> bool {
    let is_partial = |arn: &str| {
        arn.strip_prefix(id)
            .and_then(|end| end.strip_prefix('-'))
            .is_some_and(|end| end.len() == 6 && end.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    name == Some(id)
        || arn.is_some_and(|arn| arn == id || (id.starts_with("arn:") && is_partial(arn)))
}

async fn singly(client: &Client, wanted: Vec<Wanted>) -> Answers {
    let mut tasks = JoinSet::new();
    for one in wanted {
        let client = client.clone();
        tasks.spawn(async move {
            let answer = match one.versions {
                Some(versions) => versions::read(&client, &one, versions).await,
                None => single(&client, &one).await,
            };
            (one.place, answer)
        });
    }
    joined(tasks).await
}

pub(super) async fn joined(mut tasks: JoinSet<(usize, Result<Secret>)>) -> Answers {
    let mut answers = Answers::new();
    while let Some(joined) = tasks.join_next().await {
        // A task that failed within itself leaves its place empty, which the caller reports.
        answers.extend(joined.ok());
    }
    answers
}

pub(super) async fn single(client: &Client, one: &Wanted) -> Result<Secret> {
    let answer = client
        .get_secret_value()
        .secret_id(&one.id)
        .set_version_id(one.version.clone())
        .set_version_stage(one.stage.clone())
        .send()
        .await
        .map_err(|error| {
            let error = classify(&error, SINGLE);
            if may_be_one_of_several(&error) {
                named(&error, one)
            } else {
                error
            }
        })?;
    secret(
        answer.secret_string,
        answer.secret_binary,
        answer.version_id,
        one,
    )
}

/// A failure of one secret, with its name.
pub(super) fn named(error: &Error, one: &Wanted) -> Error {
    if error.kind() == ErrorKind::NotFound {
        let what = match (&one.version, &one.stage) {
            (Some(version), _) => {
                format!("there is no secret `{}` with version `{version}`", one.id)
            }
            (_, Some(stage)) => format!("there is no secret `{}` at stage `{stage}`", one.id),
            _ => format!("there is no secret `{}`", one.id),
        };
        return Error::not_found(what);
    }
    let text = format!("{} for `{}`", error.message(), one.id);
    let told = Error::new(error.kind(), text).with_retry(error.retry());
    match error.hint() {
        Some(hint) => told.with_hint(hint),
        None => told,
    }
}

fn all(wanted: &[Wanted], error: &Error) -> Answers {
    wanted
        .iter()
        .map(|one| (one.place, Err(error.repeat())))
        .collect()
}

fn secret(
    text: Option<String>,
    bytes: Option<Blob>,
    version: Option<String>,
    one: &Wanted,
) -> Result<Secret> {
    let value = match (text, bytes) {
        (Some(text), _) => SecretValue::from_text(text),
        (None, Some(bytes)) => SecretValue::new(bytes.into_inner()),
        (None, None) => {
            return Err(Error::new(
                ErrorKind::Malformed,
                format!("the answer for `{}` has no value", one.id),
            ));
        }
    };
    let mut secret = Secret::new(value);
    secret.version = version;
    Ok(secret)
}

/// A name that nobody has: what comes back says that the store is there, and reads nothing.
const NOBODY: &str = "nuages.doctor.asks.for.nothing";

/// Asks the store for nothing, and says where that went. To be denied is an answer too.
pub(super) async fn knock(session: &Session) -> Result<String> {
    let mut last = None;
    for (region, limit) in session.regions(None)? {
        let transport = match limit {
            Some(limit) => session.transport.limited(limit),
            None => session.transport.apart(),
        };
        let client = Client::new(&session.configuration(region, transport.clone()));
        let answer = client.get_secret_value().secret_id(NOBODY).send().await;
        let failure = match &answer {
            Ok(_) => None,
            Err(SdkError::ServiceError(context)) if is_answer(context.err().code()) => None,
            Err(error) => Some(classify(error, SINGLE)),
        };
        match failure {
            None => return Ok(transport.endpoint().unwrap_or_default()),
            Some(error) if error.kind() == ErrorKind::Unavailable => last = Some(error),
            Some(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| Error::invalid_settings("no region is known")))
}

fn is_answer(code: Option<&str>) -> bool {
    matches!(
        code,
        Some("AccessDeniedException" | "AccessDenied" | "ResourceNotFoundException")
    )
}
