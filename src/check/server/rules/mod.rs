//! The rules for what servers say, and which of them hold for some facts. Nothing is asked here.

mod list;

use std::time::{Duration, SystemTime};

pub(crate) use list::RULES;

use super::{
    Class, Facts, Refusal, Target, eol,
    facts::{Asked, Channel, Power, PowerKind, Skew, Strength, Tls, Verified},
};
use crate::{
    django::engine::Family, finding::Severity, render::login::family_of, timestamp, value::Value,
};

/// A rule that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    pub(crate) rule: &'static str,
    pub(crate) severity: Severity,
    /// The key of the database that it is about; empty for the whole.
    pub(crate) key: &'static [&'static str],
    /// What was seen: a lower-case fragment.
    pub(crate) note: String,
}

/// A certificate is renewed in time, or not.
const SOON: Duration = Duration::from_hours(30 * 24);

/// A move to another version is planned.
const LATER: Duration = Duration::from_hours(183 * 24);

/// Tokens, signatures and timestamps of two machines get along with less.
const SKEWED: Duration = Duration::from_secs(30);

const USER: &[&str] = &["USER"];

/// What holds of a database that could be opened.
pub(crate) fn observations(
    target: &Target<'_>,
    facts: &Facts,
    now: SystemTime,
) -> Vec<Observation> {
    let mut out = Out {
        found: Vec::new(),
        tls: tls_key(target),
    };
    channel(facts, now, &mut out);
    powers(target, facts, &mut out);
    changes(target, facts, &mut out);
    versions(facts, now, &mut out);
    methods(facts, &mut out);
    if let Some(skew) = facts.skew.filter(|skew| skew.at_least > SKEWED) {
        out.put("SV050", &[], skewed(&skew));
    }
    out.found
}

/// What holds of one that could not.
pub(crate) fn of_refusal(target: &Target<'_>, refusal: &Refusal) -> Vec<Observation> {
    let mut out = Out {
        found: Vec::new(),
        tls: tls_key(target),
    };
    let tls = out.tls;
    let (rule, key): (_, &'static [&'static str]) = match refusal.class {
        Class::Login => ("SV001", &["PASSWORD"]),
        Class::Host | Class::Connection | Class::Time => ("SV002", &["HOST"]),
        Class::Certificate => ("SV003", tls),
        Class::Tls => ("SV004", tls),
        Class::Cleartext => ("SV005", tls),
        Class::Database => ("SV006", &["NAME"]),
        Class::Settings => ("SV007", &[]),
        Class::Busy | Class::Protocol => ("SV008", &[]),
    };
    out.put(rule, refusal.keys.unwrap_or(key), refusal.sentence());
    out.found
}

/// Takes what is found.
struct Out {
    found: Vec<Observation>,
    tls: &'static [&'static str],
}

impl Out {
    fn put(
        &mut self,
        id: &'static str,
        key: &'static [&'static str],
        note: impl Into<String>,
    ) -> &mut Observation {
        let known = RULES.iter().find(|rule| rule.id == id);
        let last = self.found.len();
        self.found.push(Observation {
            rule: id,
            severity: known.map_or(Severity::Error, |rule| rule.severity),
            key,
            note: note.into(),
        });
        &mut self.found[last]
    }
}

/// The key that says how TLS is made.
fn tls_key(target: &Target<'_>) -> &'static [&'static str] {
    let engine = match target.settings.get("ENGINE") {
        Some(Value::Text(engine)) => engine.expose(),
        _ => "",
    };
    match family_of(engine) {
        Some(Family::Postgresql) => &["OPTIONS", "sslmode"],
        Some(Family::Mysql) => &["OPTIONS", "ssl_mode"],
        Some(Family::Mssql) => &["OPTIONS", "extra_params"],
        _ => &["HOST"],
    }
}

fn channel(facts: &Facts, now: SystemTime, out: &mut Out) {
    let key = out.tls;
    match &facts.channel {
        Channel::Plain if !facts.is_local => {
            out.put(
                "SV010",
                key,
                format!("the connection to `{}` has no TLS", facts.place),
            );
        }
        Channel::Tls(tls) => {
            if !facts.is_local {
                identity(tls, out);
            }
            if tls.ends_before {
                out.put(
                    "SV013",
                    &[],
                    "the connection has TLS, and the server says that the one it sees has none: something between ends it",
                );
            }
            expiry(tls, now, out);
        }
        Channel::Plain | Channel::Socket | Channel::Unknown => {}
    }
}

fn identity(tls: &Tls, out: &mut Out) {
    let key = out.tls;
    let asked = tls.asked.map_or("", Asked::words);
    match tls.verified {
        Verified::Nothing => {
            out.put(
                "SV011",
                key,
                format!(
                    "nothing of the server's certificate was verified: the settings ask for {asked}"
                ),
            );
        }
        Verified::Authority => {
            out.put(
                "SV011",
                key,
                format!(
                    "the name in the certificate was not compared: the settings ask for {asked}"
                ),
            );
        }
        Verified::Identity | Verified::Unknown => {}
    }
}

fn expiry(tls: &Tls, now: SystemTime, out: &mut Out) {
    let Some(until) = tls
        .certificate
        .as_ref()
        .and_then(|certificate| certificate.until)
    else {
        return;
    };
    let day = timestamp::utc(until);
    match until.duration_since(now) {
        Err(_) => {
            let expired = out.put(
                "SV012",
                &[],
                format!("the server's certificate has expired: {day}"),
            );
            expired.severity = Severity::Error;
        }
        Ok(left) if left < SOON => {
            out.put(
                "SV012",
                &[],
                format!("the server's certificate expires soon: {day}"),
            );
        }
        Ok(_) => {}
    }
}

/// Which rule tells of a power.
const fn rule_of(kind: PowerKind) -> Option<&'static str> {
    match kind {
        PowerKind::Everything => Some("SV020"),
        PowerKind::Machine => Some("SV021"),
        PowerKind::Logins => Some("SV022"),
        PowerKind::Data => Some("SV023"),
        PowerKind::Databases | PowerKind::Service | PowerKind::Sight => Some("SV024"),
        // Told with the tables.
        PowerKind::Schema => None,
    }
}

fn powers(target: &Target<'_>, facts: &Facts, out: &mut Out) {
    for rule in ["SV020", "SV021", "SV022", "SV023", "SV024"] {
        let found: Vec<String> = facts
            .powers
            .iter()
            .filter(|power| rule_of(power.kind) == Some(rule))
            .map(power)
            .collect();
        if found.is_empty() {
            continue;
        }
        let login = facts.login.as_ref().unwrap_or(&facts.user);
        let observed = out.put(rule, USER, format!("`{login}` has {}", found.join(", ")));
        // Whoever migrates may need more than the application, though never that.
        if target.may_alter && rule == "SV020" {
            observed.severity = Severity::Warning;
        }
    }
}

fn power(power: &Power) -> String {
    match &power.via {
        Some(via) => format!("{} through `{via}`", power.name),
        None => power.name.clone(),
    }
}

fn is_everything(facts: &Facts) -> bool {
    facts
        .powers
        .iter()
        .any(|power| power.kind == PowerKind::Everything)
}

fn changes(target: &Target<'_>, facts: &Facts, out: &mut Out) {
    let Some(changes) = &facts.changes else {
        return;
    };
    if !changes.by_everybody.is_empty() {
        let schemas = quoted(&changes.by_everybody);
        out.put(
            "SV026",
            &[],
            format!("everybody who may connect can make tables in {schemas}"),
        );
    }
    let schema: Vec<String> = facts
        .powers
        .iter()
        .filter(|power| power.kind == PowerKind::Schema)
        .map(power)
        .collect();
    if target.may_alter || is_everything(facts) || (changes.is_none() && schema.is_empty()) {
        return;
    }
    let mut ways = schema;
    if !changes.grants.is_empty() {
        ways.push(changes.grants.join(", "));
    } else if !changes.creates_in.is_empty() {
        ways.push(format!("makes tables in {}", quoted(&changes.creates_in)));
    }
    if changes.creates_schemas {
        ways.push("makes schemas".to_owned());
    }
    match changes.alters {
        0 => {}
        1 => ways.push("alters and drops 1 table or view".to_owned()),
        count => ways.push(format!("alters and drops {count} tables and views")),
    }
    out.put(
        "SV025",
        USER,
        format!("`{}`: {}", facts.user, ways.join("; ")),
    );
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn versions(facts: &Facts, now: SystemTime, out: &mut Out) {
    let Some(series) = eol::find(&facts.server) else {
        return;
    };
    let Some(end) = series.end() else { return };
    let (name, last) = (series.name(), series.last);
    let source = format!("{}, as of {}", eol::page(series.product), eol::MADE);
    match end.duration_since(now) {
        Err(_) => {
            out.put(
                "SV030",
                &[],
                format!("{name} gets no more fixes since {last} ({source})"),
            );
        }
        Ok(left) if left < LATER => {
            out.put(
                "SV031",
                &[],
                format!("{name} gets fixes until {last} ({source})"),
            );
        }
        Ok(_) => {}
    }
}

fn methods(facts: &Facts, out: &mut Out) {
    if let Some(method) = &facts.method {
        let name = &method.name;
        match method.strength {
            Strength::Weak => {
                out.put("SV040", USER, format!("the server asked for `{name}`"));
            }
            Strength::Clear => {
                out.put(
                    "SV041",
                    USER,
                    format!("the server asked for the password itself (`{name}`)"),
                );
            }
            Strength::Absent => {
                out.put(
                    "SV042",
                    USER,
                    format!("the server asked for no proof at all: {name}"),
                );
            }
            Strength::Sound | Strength::Unknown => {}
        }
    }
    if let Some(how) = &facts.weak_storage {
        out.put("SV043", &[], format!("`password_encryption` is `{how}`"));
    }
}

/// In steps that stay the same from one run to the next, as far as may be.
fn skewed(skew: &Skew) -> String {
    let seconds = skew.at_least.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds / 30 * 30, "seconds"),
        120..7200 => (seconds / 60, "minutes"),
        _ => (seconds / 3600, "hours"),
    };
    let way = if skew.is_ahead { "ahead of" } else { "behind" };
    format!("the server's clock is at least {count} {unit} {way} the one here")
}

#[cfg(test)]
mod tests;
