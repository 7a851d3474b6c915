//! What the *server* says of each database: TLS, privileges, versions, passwords, its clock. Every database is opened once
//! with its resolved values, all at the same time and within one deadline; nothing is made or changed there.
//!
//! PostgreSQL and MySQL are asked by clients of our own process, each behind a feature, so that it is known what went over
//! the wire; SQL Server and Oracle by the deployment's own Django. A password leaves in clear text only over TLS that was
//! verified. What cannot be honoured or seen is told as "not looked at", never as fine.

#![cfg_attr(
    not(all(feature = "connect-mysql", feature = "connect-postgresql")),
    allow(dead_code, reason = "some facts come from one kind of server alone")
)]

#[cfg(feature = "tls")]
mod certificate;
mod door;
mod eol;
mod facts;
#[cfg(feature = "connect-mysql")]
mod mysql;
#[cfg(feature = "connect-postgresql")]
mod postgresql;
mod python;
mod refusal;
mod report;
mod rules;
#[cfg(feature = "tls")]
mod socket;
mod text;
#[cfg(feature = "tls")]
mod tls;

use std::{
    ffi::{OsStr, OsString},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

pub use door::{Heard, Told, listen, texts};
pub(crate) use facts::{Facts, PowerKind};
use refusal::Stop;
pub(crate) use refusal::{Class, Refusal};
pub(crate) use rules::{RULES, observations, of_refusal};
use text::Cleaner;

use crate::{
    django::engine::Family,
    render::login::family_of,
    value::{Table, Value},
};

/// An environment: names and values.
pub(crate) type Variables = Vec<(OsString, OsString)>;

/// A database to look at.
pub(crate) struct Target<'a> {
    pub(crate) alias: &'a str,
    /// As Django would get it: resolved, with the engine's dotted path.
    pub(crate) settings: &'a Table,
    /// Whether its login is the one that changes tables.
    pub(crate) may_alter: bool,
}

/// What is around the databases.
pub(crate) struct Surroundings<'a> {
    /// The interpreter that has the deployment's Django; `None` where none is known.
    pub(crate) python: Option<&'a OsStr>,
    /// The environment of the deployment's command: drivers read it, and Django runs in it.
    pub(crate) environment: &'a Variables,
}

/// What came of a database.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) alias: String,
    pub(crate) took: Duration,
    pub(crate) outcome: Outcome,
}

/// How it went.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It could be opened, and this is what was said.
    Answered(Box<Facts>),
    /// It could not.
    Refused(Refusal),
    /// It was not tried, or not as the driver would, and why.
    NotLookedAt(String),
}

/// Opens every database, all at once, and ends after `deadline`. One answer for each, in their order.
pub(crate) async fn ask(
    targets: &[Target<'_>],
    surroundings: &Surroundings<'_>,
    deadline: Duration,
) -> Vec<Answer> {
    let start = Instant::now();
    let environment = Arc::new(surroundings.environment.clone());
    let mut asked = JoinSet::new();
    for (at, target) in targets.iter().enumerate() {
        let job = Job {
            alias: target.alias.to_owned(),
            settings: target.settings.clone(),
            environment: Arc::clone(&environment),
            python: surroundings.python.map(OsStr::to_owned),
            within: deadline,
        };
        asked.spawn(async move { (at, job.run().await, start.elapsed()) });
    }
    let mut outcomes: Vec<Option<(Outcome, Duration)>> = targets.iter().map(|_| None).collect();
    while let Some(ended) = asked.join_next().await {
        if let Ok((at, outcome, took)) = ended {
            outcomes[at] = Some((outcome, took));
        }
    }
    let answers = targets.iter().zip(outcomes);
    let answer = |(target, outcome): (&Target<'_>, Option<(Outcome, Duration)>)| {
        let (outcome, took) = outcome.unwrap_or_else(|| {
            let fault = "nuages failed within itself over what this server said".to_owned();
            (Outcome::NotLookedAt(fault), start.elapsed())
        });
        Answer {
            alias: target.alias.to_owned(),
            took,
            outcome,
        }
    };
    answers.map(answer).collect()
}

/// One database with all that is needed to look at it.
struct Job {
    alias: String,
    settings: Table,
    environment: Arc<Variables>,
    python: Option<OsString>,
    within: Duration,
}

impl Job {
    async fn run(&self) -> Outcome {
        let cleaner = Cleaner::of(&self.settings);
        match tokio::time::timeout(self.within, self.look(&cleaner)).await {
            Ok(Ok(facts)) => Outcome::Answered(Box::new(facts)),
            Ok(Err(Stop::Refused(refusal))) => Outcome::Refused(refusal.cleaned(&cleaner)),
            Ok(Err(Stop::NotLookedAt(why))) => Outcome::NotLookedAt(why),
            Err(_) => Outcome::Refused(refusal::too_late(self.within)),
        }
    }

    async fn look(&self, cleaner: &Cleaner) -> Result<Facts, Stop> {
        let engine = match self.settings.get("ENGINE") {
            Some(Value::Text(engine)) => engine.expose(),
            _ => "",
        };
        match family_of(engine) {
            Some(Family::Postgresql) => self.postgresql(cleaner).await,
            Some(Family::Mysql) => self.mysql(cleaner).await,
            Some(Family::Mssql | Family::Oracle) => python::look(self, cleaner).await,
            Some(Family::Sqlite) => Err(Stop::not_looked_at(
                "SQLite is a file: there is no server to ask",
            )),
            None => Err(Stop::not_looked_at(
                "nobody here knows what kind of server this engine is for",
            )),
        }
    }

    #[cfg(feature = "connect-postgresql")]
    async fn postgresql(&self, cleaner: &Cleaner) -> Result<Facts, Stop> {
        postgresql::look(self, cleaner).await
    }

    #[cfg(not(feature = "connect-postgresql"))]
    async fn postgresql(&self, _: &Cleaner) -> Result<Facts, Stop> {
        std::future::ready(Err(Stop::not_built("PostgreSQL", "connect-postgresql"))).await
    }

    #[cfg(feature = "connect-mysql")]
    async fn mysql(&self, cleaner: &Cleaner) -> Result<Facts, Stop> {
        mysql::look(self, cleaner).await
    }

    #[cfg(not(feature = "connect-mysql"))]
    async fn mysql(&self, _: &Cleaner) -> Result<Facts, Stop> {
        std::future::ready(Err(Stop::not_built("MySQL and MariaDB", "connect-mysql"))).await
    }
}

/// A variable that is there and has a value.
#[cfg(feature = "tls")]
fn variable<'a>(environment: &'a Variables, name: &str) -> Option<&'a OsStr> {
    let (_, value) = environment.iter().find(|(known, _)| known == name)?;
    Some(value.as_os_str()).filter(|value| !value.is_empty())
}
