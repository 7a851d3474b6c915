//! SQL Server and Oracle, for which no client is alive that brings no second TLS: the deployment's own Django opens the
//! database, in a process of its own. It gets the settings by standard input, and what it answers is believed as little as
//! what a server says.

mod mssql;
mod oracle;

use std::{
    collections::BTreeMap,
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::{
    Class, Facts, Job, Refusal, Stop,
    facts::{Channel, Product, Server, Skew},
    text::Cleaner,
};
use crate::{
    django::engine::{self, Family},
    process,
    render::env_text,
    value::{Table, Value},
};

const LOOK: &str = include_str!("look.py");

/// The longest answer that is read.
const LONGEST: usize = 1 << 20;

/// Names and questions.
type Questions = &'static [(&'static str, &'static str)];

/// A row: texts, or nulls.
type Row = Vec<Option<String>>;

/// What came of a question: nothing where the server does not answer it.
type Rows = Option<Vec<Row>>;

/// What the process says.
struct Said {
    answers: BTreeMap<String, Rows>,
    clock: Option<[String; 3]>,
}

impl Said {
    /// `None` where it is of another shape.
    fn read(said: &[u8]) -> Option<Self> {
        let said: Json = serde_json::from_slice(said).ok()?;
        let mut answers = BTreeMap::new();
        for (name, rows) in said.get("answers")?.as_object()? {
            answers.insert(name.clone(), read_rows(rows)?);
        }
        let clock = match said.get("clock")? {
            Json::Null => None,
            clock => {
                let texts: Option<Vec<String>> = clock
                    .as_array()?
                    .iter()
                    .map(|part| Some(part.as_str()?.to_owned()))
                    .collect();
                Some(texts?.try_into().ok()?)
            }
        };
        Some(Self { answers, clock })
    }
}

/// The rows of an answer, or that there was none.
fn read_rows(rows: &Json) -> Option<Rows> {
    if rows.is_null() {
        return Some(None);
    }
    let column = |value: &Json| match value {
        Json::Null => Some(None),
        value => Some(Some(value.as_str()?.to_owned())),
    };
    let row = |row: &Json| row.as_array()?.iter().map(column).collect::<Option<Row>>();
    rows.as_array()?
        .iter()
        .map(row)
        .collect::<Option<Vec<Row>>>()
        .map(Some)
}

/// Answers by the names of their questions.
struct Answers {
    rows: BTreeMap<String, Rows>,
    gaps: Vec<String>,
}

impl Answers {
    /// All rows, or a gap of this name.
    fn many(&mut self, name: &str, what: &str) -> Vec<Row> {
        let Some(rows) = self.rows.remove(name).flatten() else {
            self.gaps.push(format!(
                "{what}: the server does not answer that to this login"
            ));
            return Vec::new();
        };
        rows
    }

    /// The first row, or a gap of this name.
    fn one(&mut self, name: &str, what: &str) -> Row {
        self.many(name, what).into_iter().next().unwrap_or_default()
    }

    /// The first column of all rows.
    fn names(&mut self, name: &str, what: &str) -> Vec<String> {
        let rows = self.many(name, what);
        rows.into_iter()
            .filter_map(|row| row.into_iter().next().flatten())
            .collect()
    }

    fn was_answered(&self, name: &str) -> bool {
        self.rows.get(name).is_some_and(Option::is_some)
    }
}

fn text(row: &Row, at: usize) -> Option<&str> {
    row.get(at)?.as_deref()
}

pub(super) async fn look(job: &Job, cleaner: &Cleaner) -> Result<Facts, Stop> {
    let family = match job.settings.get("ENGINE") {
        Some(Value::Text(name)) => engine::find(name.expose()).map(|engine| engine.family),
        _ => None,
    };
    let (questions, clock): (Questions, &str) = match family {
        Some(Family::Oracle) => (oracle::QUESTIONS, oracle::CLOCK),
        _ => (mssql::QUESTIONS, mssql::CLOCK),
    };
    let said = ask(job, questions, clock).await?;
    let mut facts = Facts {
        server: Server {
            product: Product::Other,
            version: String::new(),
            series: None,
        },
        place: cleaner.clean(&place(&job.settings)),
        is_local: is_local(&job.settings),
        user: String::new(),
        login: None,
        database: None,
        channel: Channel::Unknown,
        method: None,
        weak_storage: None,
        powers: Vec::new(),
        changes: None,
        skew: said.clock.as_ref().and_then(skew),
        gaps: Vec::new(),
    };
    let mut answers = Answers {
        rows: said.answers,
        gaps: Vec::new(),
    };
    if said.clock.is_none() {
        answers
            .gaps
            .push("the server's clock: it does not tell".to_owned());
    }
    match family {
        Some(Family::Oracle) => oracle::read(&mut answers, &mut facts, cleaner),
        _ => mssql::read(&mut answers, &mut facts, cleaner),
    }
    facts.gaps = answers.gaps;
    Ok(facts)
}

/// Runs Django and takes what it says.
async fn ask(job: &Job, questions: Questions, clock: &str) -> Result<Said, Stop> {
    let Some(python) = job.python.clone() else {
        return Err(Stop::not_looked_at(
            "no Python is known that has the deployment's Django, which alone can ask this server",
        ));
    };
    let (input, environment, within) = (
        input(job, questions, clock),
        job.environment.to_vec(),
        job.within,
    );
    let shown = python.to_string_lossy().into_owned();
    let work = move || {
        let mut command = Command::new(&python);
        command.args(["-c", LOOK]);
        process::run(command, &environment, input.as_bytes(), within, LONGEST)
    };
    let ran = tokio::task::spawn_blocking(work).await;
    let ended = ran
        .map_err(|_| Stop::not_looked_at("nuages failed within itself"))?
        .map_err(|error| Stop::not_looked_at(format!("cannot run `{shown}`: {}", error.kind())))?;
    let strange =
        || Stop::not_looked_at(format!("what `{shown}` answers is not what was asked for"));
    let said = &ended.said;
    match ended.code {
        Some(0) => Said::read(said).ok_or_else(strange),
        Some(3) => Err(refused(said).ok_or_else(strange)?.into()),
        Some(4) => Err(Stop::not_looked_at(format!("`{shown}` has no Django"))),
        Some(5) => Err(Stop::not_looked_at(format!(
            "Django in `{shown}` has no driver for this engine, or refuses the settings"
        ))),
        None => Err(super::refusal::too_late(within).into()),
        Some(code) => Err(Stop::not_looked_at(format!(
            "`{shown}` has ended with exit code {code}"
        ))),
    }
}

/// What the process reads: the database, which is secret, and the questions.
fn input(job: &Job, questions: Questions, clock: &str) -> Zeroizing<String> {
    let table = |pairs: Questions| -> Table {
        let pairs = pairs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), Value::plain(*text)));
        pairs.collect()
    };
    let mut whole = Table::new();
    whole.insert("alias", Value::plain(&job.alias));
    whole.insert("database", Value::Table(job.settings.clone()));
    whole.insert("questions", Value::Table(table(questions)));
    whole.insert("clock", Value::plain(clock));
    env_text(&Value::Table(whole))
}

/// A word of the process, and the code of the driver. `None` where it says neither.
fn refused(said: &[u8]) -> Option<Refusal> {
    let said: Json = serde_json::from_slice(said).ok()?;
    let code = said.get("code")?.as_str()?;
    let (class, what) = match said.get("class")?.as_str()? {
        "login" => (Class::Login, "the server refuses the login"),
        "database" => (
            Class::Database,
            "the database is not there, or not for this login",
        ),
        "certificate" => (
            Class::Certificate,
            "the driver does not accept the server's certificate",
        ),
        "tls" => (Class::Tls, "the driver makes no TLS with the server"),
        "host" => (Class::Host, "the name of the server is not known"),
        "connection" => (Class::Connection, "the server cannot be reached"),
        "time" => (Class::Time, "the server has not answered in time"),
        _ => (Class::Protocol, "the driver does not connect"),
    };
    Some(Refusal::new(class, what).code(code))
}

fn skew(clock: &[String; 3]) -> Option<Skew> {
    let [trip, before, server] = clock.each_ref().map(|text| text.trim().parse::<f64>().ok());
    let moment = |seconds: f64| UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?);
    let before: SystemTime = moment(before?)?;
    Skew::new(
        moment(server?)?,
        before,
        Duration::try_from_secs_f64(trip?).ok()?,
    )
}

fn place(settings: &Table) -> String {
    let text = |key: &str| match settings.get(key) {
        Some(Value::Text(text) | Value::Scalar(text)) => text.expose().to_owned(),
        Some(Value::Integer(number)) => number.to_string(),
        _ => String::new(),
    };
    let (host, port) = (text("HOST"), text("PORT"));
    match (host.as_str(), port.as_str()) {
        // The rest of it is in the database's name, or with the driver.
        ("", _) => "the driver's own place".to_owned(),
        (host, "") => host.to_owned(),
        (host, port) => format!("{host}:{port}"),
    }
}

fn is_local(settings: &Table) -> bool {
    match settings.get("HOST") {
        Some(Value::Text(host)) => {
            let host = host.expose();
            host == "localhost"
                || host
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        _ => false,
    }
}
