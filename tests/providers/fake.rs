//! A remote provider that a test scripts: it counts calls, and fails, waits or throttles as it is told.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use nuages_provider::{
    Capabilities, Descriptor, Environment, Error, ErrorKind, Identity, Locator, OpenFuture,
    Provider, Reference, Result, Retry, Secret, SecretValue, SettingKind, SettingSpec, Settings,
    async_trait,
};

/// What a test can see of the fake: one for the whole process, reached by the `tag` that each test's names begin with.
static CALLS: Mutex<BTreeMap<String, Vec<Vec<String>>>> = Mutex::new(BTreeMap::new());
static AT_ONCE: AtomicUsize = AtomicUsize::new(0);
static MOST_AT_ONCE: AtomicUsize = AtomicUsize::new(0);

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "fake",
    summary: "a store that a test scripts",
    capabilities: Capabilities {
        max_batch: 10,
        concurrency: 4,
        ..Capabilities::REMOTE
    },
    settings: &[SettingSpec {
        name: "check",
        kind: SettingKind::Text,
        required: false,
        summary: "what happens when it is asked who we are",
    }],
    options: &[],
    bootstrap: &["FAKE_TOKEN"],
    access: None,
    parse,
    open,
};

/// The batches of every call whose names begin with `tag`.
pub(crate) fn calls(tag: &str) -> Vec<Vec<String>> {
    CALLS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(tag)
        .cloned()
        .unwrap_or_default()
}

/// The most calls that were under way at once, over all tests.
pub(crate) fn most_at_once() -> usize {
    MOST_AT_ONCE.load(Ordering::SeqCst)
}

fn parse(reference: &Reference) -> Result<Locator> {
    Ok(Locator::new(reference.locator()))
}

/// The same store, as one that is on this machine.
pub(crate) const LOCAL: Descriptor = Descriptor {
    scheme: "fake-local",
    capabilities: Capabilities::LOCAL,
    ..DESCRIPTOR
};

fn open(settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move {
        if environment.text("FAKE_TOKEN") == Some("hangs") {
            std::future::pending::<()>().await;
        }
        if environment.text("FAKE_TOKEN") == Some("lost") {
            return Err(Error::not_found("there is no such account"));
        }
        if environment
            .text("FAKE_TOKEN")
            .is_some_and(|token| token == "wrong")
        {
            return Err(Error::new(
                ErrorKind::Unauthenticated,
                "the token is not known",
            ));
        }
        let check = settings.text("check").unwrap_or_default().to_owned();
        Ok(Box::new(Fake { check }) as Box<dyn Provider>)
    })
}

struct Fake {
    /// `wait-200` answers after so many milliseconds, `block-200` holds up its thread so long, `hang` never answers.
    check: String,
}

#[async_trait]
impl Provider for Fake {
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        let at_once = AT_ONCE.fetch_add(1, Ordering::SeqCst) + 1;
        MOST_AT_ONCE.fetch_max(at_once, Ordering::SeqCst);
        let answers = answer(locators).await;
        AT_ONCE.fetch_sub(1, Ordering::SeqCst);
        answers
    }

    async fn check(&self) -> Result<Identity> {
        let (verb, count) = self.check.split_once('-').unwrap_or((&self.check, "0"));
        let time = Duration::from_millis(count.parse().unwrap_or(0));
        match verb {
            "wait" => tokio::time::sleep(time).await,
            "block" => std::thread::sleep(time),
            "hang" => std::future::pending().await,
            "panic" => panic!("a defect of the fake"),
            "denied" => return Err(Error::new(ErrorKind::PermissionDenied, "no access")),
            "lost" => return Err(Error::not_found("no such vault").with_hint("make one")),
            _ => {}
        }
        Ok(Identity::new("the fake's user")
            .with("region", "here")
            .with("account", "1"))
    }
}

/// Names say what happens: `tag/throttle-2/x` is throttled twice, `tag/denied/x` is denied, `tag/slow/x` never comes.
async fn answer(locators: &[Locator]) -> Vec<Result<Secret>> {
    let names: Vec<String> = locators
        .iter()
        .map(|locator| locator.name().to_owned())
        .collect();
    let tag = names
        .first()
        .and_then(|name| name.split('/').next())
        .unwrap_or_default()
        .to_owned();
    let earlier = {
        let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = calls.entry(tag).or_default();
        let earlier = calls.clone();
        calls.push(names.clone());
        earlier
    };
    assert!(
        !names.iter().any(|name| name.contains("/panic/")),
        "a defect of the fake"
    );
    if names.iter().any(|name| name.contains("/slow/")) {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(Duration::from_millis(5)).await;
    let asked_before = |name: &String| earlier.iter().filter(|call| call.contains(name)).count();
    names
        .iter()
        .map(|name| one(name, asked_before(name)))
        .collect()
}

fn one(name: &str, asked_before: usize) -> Result<Secret> {
    let what = name.split('/').nth(1).unwrap_or_default();
    let (verb, count) = what.split_once('-').unwrap_or((what, "0"));
    let times: usize = count.parse().unwrap_or(0);
    match verb {
        "throttle" if asked_before < times => Err(Error::new(ErrorKind::RateLimited, "slow down")
            .with_retry(Retry::After(Duration::from_millis(10)))),
        // As long as a server can write it.
        "forever" => Err(Error::new(ErrorKind::RateLimited, "slow down")
            .with_retry(Retry::After(Duration::from_secs(u64::MAX)))),
        "flaky" if asked_before < times => {
            Err(Error::new(ErrorKind::Unavailable, "connection reset").with_retry(Retry::Later))
        }
        "down" => Err(Error::new(ErrorKind::Unavailable, "connection refused")),
        "denied" => Err(Error::new(
            ErrorKind::PermissionDenied,
            format!("no access to `{name}`"),
        )),
        "missing" => Err(Error::not_found(format!("no `{name}`"))),
        "json" => Ok(SecretValue::from_text("{\"user\": \"u\", \"port\": 5432}".to_owned()).into()),
        _ => Ok(SecretValue::from_text(format!("value of {name}")).into()),
    }
}
