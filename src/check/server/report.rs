//! Facts for people and for machines.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{
    Facts, Refusal,
    facts::{Changes, Channel, Product, Skew, Strength, Tls, Verified},
};
use crate::timestamp;

impl Facts {
    /// One line for each kind of fact, without an indent; the first says who answered and as whom.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.headline(), self.channel_line()];
        if let Some(method) = &self.method {
            lines.push(format!("login: {}", method.name));
        }
        lines.push(self.powers_line());
        lines.push(match &self.changes {
            Some(changes) => format!("tables: {}", changes_words(changes, self)),
            None => "tables: whether it can change them is not known".to_owned(),
        });
        if let Some(skew) = &self.skew {
            lines.push(format!("clock: {}", skew_words(skew)));
        }
        lines.extend(self.gaps.iter().map(|gap| format!("not looked at: {gap}")));
        lines
    }

    fn headline(&self) -> String {
        let server = match self.server.product {
            Product::Other => self.server.version.clone(),
            product => format!("{} {}", product.name(), self.server.version),
        };
        let mut text = format!("{server} at `{}`, as `{}`", self.place, self.user);
        if let Some(login) = &self.login {
            let _ = write!(text, " (login `{login}`)");
        }
        if let Some(database) = &self.database {
            let _ = write!(text, " in `{database}`");
        }
        text
    }

    fn channel_line(&self) -> String {
        match &self.channel {
            Channel::Plain => "TLS: none, the connection is not encrypted".to_owned(),
            Channel::Socket => "TLS: none, over a socket of this machine".to_owned(),
            Channel::Unknown => "TLS: not known, the server does not tell this login".to_owned(),
            Channel::Tls(tls) => tls_line(tls),
        }
    }

    fn powers_line(&self) -> String {
        if self.powers.is_empty() {
            return "privileges: none beyond those on its tables were seen".to_owned();
        }
        let names: Vec<String> = self
            .powers
            .iter()
            .map(|power| match &power.via {
                Some(via) => format!("{} (through `{via}`)", power.name),
                None => power.name.clone(),
            })
            .collect();
        format!("privileges: {}", names.join(", "))
    }

    /// The same as JSON.
    pub(crate) fn json(&self) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
        put(
            "server",
            json!({
                "product": self.server.product.name(),
                "version": self.server.version,
            }),
        );
        put("place", json!(self.place));
        put("local", json!(self.is_local));
        put("user", json!(self.user));
        put("login", json!(self.login));
        put("database", json!(self.database));
        put("tls", tls_json(&self.channel));
        put(
            "method",
            self.method.as_ref().map_or(
                Value::Null,
                |method| json!({ "name": method.name, "strength": strength(method.strength) }),
            ),
        );
        put("weak_password_storage", json!(self.weak_storage));
        let powers = self.powers.iter().map(
            |power| json!({ "name": power.name, "over": power.kind.name(), "through": power.via }),
        );
        put("privileges", powers.collect());
        put(
            "changes_tables",
            self.changes.as_ref().map_or(Value::Null, changes_json),
        );
        put("clock", self.skew.as_ref().map_or(Value::Null, skew_json));
        put("not_looked_at", json!(self.gaps));
        Value::Object(object)
    }
}

impl Refusal {
    /// As JSON.
    pub(crate) fn json(&self) -> Value {
        json!({ "class": self.class.name(), "reason": self.sentence(), "hint": self.hint })
    }
}

fn tls_line(tls: &Tls) -> String {
    let mut text = "TLS: ".to_owned();
    match (&tls.version, &tls.cipher) {
        (Some(version), Some(cipher)) => {
            let _ = write!(text, "{version}, {cipher}");
        }
        _ => text.push_str("in use"),
    }
    text.push_str(match tls.verified {
        Verified::Unknown => ", whether it was verified is the driver's to know",
        Verified::Nothing => ", not verified",
        Verified::Authority => ", authority verified, name not compared",
        Verified::Identity => ", authority and name verified",
    });
    if let Some(certificate) = &tls.certificate {
        text.push_str("; certificate");
        if !certificate.names.is_empty() {
            let _ = write!(text, " for {}", certificate.names.join(", "));
        }
        if let Some(until) = certificate.until {
            let _ = write!(text, " until {}", timestamp::utc(until));
        }
    }
    if tls.ends_before {
        text.push_str("; it ends before the server");
    }
    text
}

fn tls_json(channel: &Channel) -> Value {
    match channel {
        Channel::Tls(tls) => {
            let certificate = tls.certificate.as_ref();
            json!({
                "in_use": true,
                "version": tls.version,
                "cipher": tls.cipher,
                "asked": tls.asked.map(super::facts::Asked::words),
                "verified": tls.verified.name(),
                "expires": certificate.and_then(|certificate| certificate.until).map(timestamp::utc),
                "names": certificate.map(|certificate| &certificate.names),
                "ends_before_server": tls.ends_before,
            })
        }
        Channel::Plain => json!({ "in_use": false, "channel": "network" }),
        Channel::Socket => json!({ "in_use": false, "channel": "socket" }),
        Channel::Unknown => Value::Null,
    }
}

const fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::Sound => "sound",
        Strength::Weak => "weak",
        Strength::Clear => "clear",
        Strength::Absent => "absent",
        Strength::Unknown => "unknown",
    }
}

fn changes_words(changes: &Changes, facts: &Facts) -> String {
    let is_everything = facts
        .powers
        .iter()
        .any(|power| power.kind >= super::facts::PowerKind::Everything);
    if is_everything {
        return "can change them all".to_owned();
    }
    if changes.is_none() {
        return "cannot make, alter or drop any".to_owned();
    }
    let mut ways = Vec::new();
    if !changes.creates_in.is_empty() {
        ways.push(format!(
            "can make them in {}",
            changes.creates_in.join(", ")
        ));
    }
    if !changes.by_everybody.is_empty() {
        ways.push(format!(
            "everybody can in {}",
            changes.by_everybody.join(", ")
        ));
    }
    if changes.creates_schemas {
        ways.push("can make schemas".to_owned());
    }
    if changes.alters > 0 {
        ways.push(format!("can alter and drop {}", changes.alters));
    }
    if !changes.grants.is_empty() {
        ways.push(format!("has {}", changes.grants.join(", ")));
    }
    ways.join("; ")
}

fn changes_json(changes: &Changes) -> Value {
    json!({
        "creates_in": changes.creates_in,
        "everybody_creates_in": changes.by_everybody,
        "creates_schemas": changes.creates_schemas,
        "alters": changes.alters,
        "grants": changes.grants,
    })
}

fn skew_words(skew: &Skew) -> String {
    let give_or_take = skew.give_or_take.as_secs_f64();
    if skew.at_least.is_zero() {
        return format!("agrees with ours within {give_or_take:.3} s");
    }
    let way = if skew.is_ahead { "ahead of" } else { "behind" };
    format!("at least {:.3} s {way} ours", skew.at_least.as_secs_f64())
}

fn skew_json(skew: &Skew) -> Value {
    let apart = skew.at_least.as_secs_f64();
    json!({
        "at_least_seconds": if skew.is_ahead || skew.at_least.is_zero() { apart } else { -apart },
        "give_or_take_seconds": skew.give_or_take.as_secs_f64(),
    })
}
