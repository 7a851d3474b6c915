//! The way in for tests with real servers, until a command asks.

use std::{
    ffi::{OsStr, OsString},
    time::{Duration, SystemTime},
};

use super::{Outcome, Surroundings, Target, ask, observations, of_refusal, rules::RULES};
use crate::value::Table;

/// What came of one database.
#[derive(Debug)]
pub struct Heard {
    /// The database.
    pub alias: String,
    /// `answered`, `refused` or `not looked at`.
    pub outcome: &'static str,
    /// The facts, the refusal, or why it was not looked at, as JSON.
    pub json: serde_json::Value,
    /// The same for people.
    pub lines: Vec<String>,
    /// The rules that hold.
    pub told: Vec<Told>,
    /// How long it took.
    pub took: Duration,
}

/// A rule that holds.
#[derive(Debug)]
pub struct Told {
    /// `SV010`.
    pub rule: &'static str,
    /// `error`.
    pub severity: &'static str,
    /// `OPTIONS.sslmode`.
    pub key: String,
    /// What was seen.
    pub note: String,
}

/// Asks for some databases, of which each has a name, its settings, and whether its login is for migrations.
pub async fn listen(
    databases: &[(&str, &Table, bool)],
    python: Option<&OsStr>,
    environment: &Vec<(OsString, OsString)>,
    deadline: Duration,
) -> Vec<Heard> {
    let targets: Vec<Target<'_>> = databases
        .iter()
        .map(|(alias, settings, may_alter)| Target {
            alias,
            settings,
            may_alter: *may_alter,
        })
        .collect();
    let surroundings = Surroundings {
        python,
        environment,
    };
    let answers = ask(&targets, &surroundings, deadline).await;
    let now = SystemTime::now();
    let heard = targets.iter().zip(answers).map(|(target, answer)| {
        let (outcome, json, lines, found) = match answer.outcome {
            Outcome::Answered(facts) => {
                let found = observations(target, &facts, now);
                ("answered", facts.json(), facts.lines(), found)
            }
            Outcome::Refused(refusal) => {
                let found = of_refusal(target, &refusal);
                ("refused", refusal.json(), vec![refusal.sentence()], found)
            }
            Outcome::NotLookedAt(why) => {
                ("not looked at", why.as_str().into(), vec![why], Vec::new())
            }
        };
        let told = found.into_iter().map(|one| Told {
            rule: one.rule,
            severity: one.severity.name(),
            key: one.key.join("."),
            note: one.note,
        });
        Heard {
            alias: answer.alias,
            outcome,
            json,
            lines,
            told: told.collect(),
            took: answer.took,
        }
    });
    heard.collect()
}

/// Every rule: id, title, why, remedy, and its pages.
#[must_use]
pub fn texts() -> Vec<([&'static str; 4], &'static [&'static str])> {
    let texts = RULES
        .iter()
        .map(|rule| ([rule.id, rule.title, rule.why, rule.remedy], rule.sources));
    texts.collect()
}
