//! Reading: one call for up to ten names, the answers put back in their places, and a call that fails as a whole asked
//! again name by name, so that one bad name fails alone. A range of versions begins with the current one like any other name.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_ssm::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::get_parameters::GetParametersOutput,
    types::Parameter,
};
use aws_types::region::Region;
use nuages_provider::{Error, ErrorKind, Locator, Result, Secret, SecretValue, Versions};
use tokio::task::JoinSet;

use super::{
    asked,
    versions::{self, Range},
};
use crate::{
    answers::{Answers, in_place},
    error::{Action, classify, may_be_one_of_several},
    session::Session,
};

const ACTION: Action = Action("ssm:GetParameters");

/// One name to ask for, and the place of its answer.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) place: usize,
    /// Without its selector.
    pub(super) name: String,
    /// As the API is asked.
    pub(super) text: String,
}

pub(super) async fn fetch(
    session: &Session,
    prefix: &str,
    locators: &[Locator],
) -> Vec<Result<Secret>> {
    let mut answers: Answers = Vec::with_capacity(locators.len());
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut open = Vec::new();
    for (place, locator) in locators.iter().enumerate() {
        let asked = asked(prefix, locator).and_then(|asked| Ok((asked, Versions::of(locator)?)));
        match asked {
            Ok(((name, text), versions)) => {
                // A secret and its earlier versions begin with one answer, so they are of one moment.
                let known = wanted.iter().position(|one| one.text == text);
                let slot = known.unwrap_or(wanted.len());
                if known.is_none() {
                    let place = slot;
                    wanted.push(Wanted { place, name, text });
                }
                open.push((place, slot, versions));
            }
            Err(error) => answers.push((place, Err(error))),
        }
    }
    // All of a batch are of one region: their locators keep apart otherwise.
    let region = locators
        .first()
        .and_then(|locator| locator.option("region"));
    let regions = match session.regions(region) {
        Ok(regions) => regions,
        Err(error) => {
            answers.extend(open.iter().map(|(place, ..)| (*place, Err(error.repeat()))));
            return in_place(locators.len(), answers);
        }
    };
    let given = everywhere(session, &regions, wanted.clone()).await;
    let given = in_place(wanted.len(), given);
    let mut ranges = Vec::new();
    for (place, slot, versions) in open {
        match (&given[slot], versions) {
            (Err(error), _) => answers.push((place, Err(error.repeat()))),
            (Ok(secret), None) => answers.push((place, Ok(secret.clone()))),
            (Ok(secret), Some(versions)) => ranges.push(Range {
                place,
                name: &wanted[slot].name,
                current: secret,
                versions,
            }),
        }
    }
    answers.extend(versions::read(session, &regions, ranges).await);
    in_place(locators.len(), answers)
}

/// In several calls where one cannot tell the answers apart: two versions of one parameter, or one under two names.
pub(super) async fn everywhere(
    session: &Session,
    regions: &[(Region, Option<Duration>)],
    wanted: Vec<Wanted>,
) -> Answers {
    let mut calls: Vec<Vec<Wanted>> = Vec::new();
    for one in wanted {
        let fits = |call: &&mut Vec<Wanted>| {
            !call
                .iter()
                .any(|other| leaf(&other.name) == leaf(&one.name))
        };
        match calls.iter_mut().find(fits) {
            Some(call) => call.push(one),
            None => calls.push(vec![one]),
        }
    }
    let mut tasks = JoinSet::new();
    for call in calls {
        let (session, regions) = (session.clone(), regions.to_vec());
        tasks.spawn(async move { in_turn(&session, &regions, call).await });
    }
    joined(tasks).await
}

/// Region after region, the next where one is unavailable.
async fn in_turn(
    session: &Session,
    regions: &[(Region, Option<Duration>)],
    wanted: Vec<Wanted>,
) -> Answers {
    let mut last = None;
    for (region, limit) in regions {
        let client = client(session, region, *limit);
        match call(&client, &wanted).await {
            Ok(output) => return matched(output, &wanted),
            Err(error) if error.kind() == ErrorKind::Unavailable => last = Some(error),
            Err(error) if wanted.len() > 1 && may_be_one_of_several(&error) => {
                return one_by_one(&client, wanted).await;
            }
            Err(error) => return all(&wanted, &error),
        }
    }
    let error = last.unwrap_or_else(|| Error::invalid_settings("no region is known"));
    all(&wanted, &error)
}

fn client(session: &Session, region: &Region, limit: Option<Duration>) -> Client {
    let transport = match limit {
        Some(limit) => session.transport.limited(limit),
        None => session.transport.clone(),
    };
    Client::new(&session.configuration(region.clone(), transport))
}

async fn call(client: &Client, wanted: &[Wanted]) -> Result<GetParametersOutput> {
    let names: Vec<String> = wanted.iter().map(|one| one.text.clone()).collect();
    client
        .get_parameters()
        .set_names(Some(names))
        .with_decryption(true)
        .send()
        .await
        .map_err(|error| classify(&error, ACTION))
}

/// Each in a call of its own: policies and keys may differ from one parameter to the next.
async fn one_by_one(client: &Client, wanted: Vec<Wanted>) -> Answers {
    let mut tasks = JoinSet::new();
    for one in wanted {
        let client = client.clone();
        tasks.spawn(async move {
            let one = [one];
            match call(&client, &one).await {
                Ok(output) => matched(output, &one),
                Err(error) => all(&one, &error),
            }
        });
    }
    joined(tasks).await
}

async fn joined(mut tasks: JoinSet<Answers>) -> Answers {
    let mut answers = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        // A task that failed within itself leaves its places empty, which the caller reports.
        answers.extend(joined.unwrap_or_default());
    }
    answers
}

/// The failure of a call, for every name in it. Where it was for one alone, the name is said.
fn all(wanted: &[Wanted], error: &Error) -> Answers {
    let is_own = wanted.len() == 1 && may_be_one_of_several(error);
    wanted
        .iter()
        .map(|one| {
            let error = if is_own {
                let text = format!("{} for `{}`", error.message(), one.text);
                let told = Error::new(error.kind(), text).with_retry(error.retry());
                match error.hint() {
                    Some(hint) => told.with_hint(hint),
                    None => told,
                }
            } else {
                error.repeat()
            };
            (one.place, Err(error))
        })
        .collect()
}

/// Puts a call's answers into their places.
fn matched(output: GetParametersOutput, wanted: &[Wanted]) -> Answers {
    let missing: BTreeSet<String> = output
        .invalid_parameters
        .unwrap_or_default()
        .into_iter()
        .collect();
    let mut given = output.parameters.unwrap_or_default();
    wanted
        .iter()
        .map(|one| {
            let answer = match given.iter().position(|parameter| is_for(parameter, one)) {
                Some(found) => secret(given.swap_remove(found)),
                None if missing.contains(&one.text) || missing.contains(&one.name) => Err(
                    Error::not_found(format!("there is no parameter `{}`", one.text)),
                ),
                None => Err(Error::new(
                    ErrorKind::Malformed,
                    format!("the answer says nothing of `{}`", one.text),
                )),
            };
            (one.place, answer)
        })
        .collect()
}

/// Whether an answer is for this name. AWS answers with the bare name; emulators leave out a reference's path, or answer
/// with the name where an ARN was asked for.
fn is_for(parameter: &Parameter, one: &Wanted) -> bool {
    let Some(name) = parameter.name() else {
        return false;
    };
    if name == one.name || parameter.arn() == Some(&one.name) || name == one.text {
        return true;
    }
    if let Some(secret) = one.name.strip_prefix(SECRET_REFERENCE) {
        return name == secret;
    }
    one.name.starts_with("arn:") && leaf(name) == leaf(&one.name)
}

/// The path under which Parameter Store reads from Secrets Manager.
pub(super) const SECRET_REFERENCE: &str = "/aws/reference/secretsmanager/";

/// The name without what an answer may leave out: an ARN's head, a reference's path, a leading slash.
fn leaf(name: &str) -> &str {
    let name = if name.starts_with("arn:") {
        name.split_once(":parameter").map_or(name, |(_, rest)| rest)
    } else {
        name
    };
    name.strip_prefix(SECRET_REFERENCE)
        .unwrap_or(name)
        .trim_start_matches('/')
}

fn secret(parameter: Parameter) -> Result<Secret> {
    let version = parameter.version();
    let name = parameter.name().unwrap_or_default().to_owned();
    let Some(value) = parameter.value else {
        return Err(Error::new(
            ErrorKind::Malformed,
            format!("the answer for `{name}` has no value"),
        ));
    };
    let mut secret = Secret::new(SecretValue::from_text(value));
    secret.version = (version > 0).then(|| version.to_string());
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
        let answer = client.get_parameters().names(NOBODY).send().await;
        let failure = match &answer {
            Ok(_) => None,
            Err(SdkError::ServiceError(context)) if is_answer(context.err().code()) => None,
            Err(error) => Some(classify(error, ACTION)),
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
    matches!(code, Some("AccessDeniedException" | "AccessDenied"))
}
