//! Databases whose addresses stand in variables, held against the rules on TLS and on logins. What else Django's settings
//! make of an address, nobody knows but the project.

use super::{
    super::{
        found::{Found, IN_URL, Out},
        rule::Check,
        subject::Subject,
    },
    all,
};

/// The rules that an address by itself can break. Those that look at files find it themselves.
const RULES: &[&str] = &[
    "PG001", "PG002", "PG003", "PG004", "PG005", "PG006", "PG007", "PG008", "PG012", "PG021",
    "PG025", "MS001", "MS002", "MS003", "MS004", "MS005", "MS011", "MS012", "MY001", "MY002",
    "MY003", "MY004", "MY007", "OR002", "OR003", "OR004",
];

/// What they find.
pub(super) fn apply(subject: &Subject<'_>, found: &mut Vec<Found>) {
    if subject.addressed.is_empty() {
        return;
    }
    for rule in all().filter(|rule| RULES.contains(&rule.id)) {
        let (family, check) = match rule.check.base() {
            Check::Family(family, check) => (Some(*family), check),
            Check::Database(check) => (None, check),
            _ => continue,
        };
        let mut out = Out::new(rule, found);
        for database in &subject.addressed {
            if family.is_none() || database.family == family {
                check(database, subject, &mut out);
            }
        }
    }
    for one in found {
        if one.key.starts_with("env.") && RULES.contains(&one.rule.id) {
            // What mends a key of a database mends no address.
            one.fix = None;
            one.notes.retain(|note| note != IN_URL);
            one.note("what the address lacks of `OPTIONS` goes behind its `?`");
        }
    }
}
