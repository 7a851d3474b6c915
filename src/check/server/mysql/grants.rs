//! What `SHOW GRANTS` says. <https://dev.mysql.com/doc/refman/8.4/en/show-grants.html>,
//! <https://mariadb.com/docs/server/reference/sql-statements/administrative-sql-statements/show/show-grants>

use crate::check::server::{
    facts::{Changes, Power, PowerKind},
    text::Cleaner,
};

/// A line of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Grant {
    /// Privileges on something.
    Privileges {
        names: Vec<String>,
        on: Object,
        may_hand_on: bool,
    },
    /// Roles, as the server quotes them: `` `reader`@`%` ``.
    Roles(Vec<String>),
}

/// What privileges are on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Object {
    Everything,
    /// A pattern, in which `_` and `%` stand for others unless a backslash is before them.
    Database(String),
    /// Of a database by its name.
    Table(String, String),
    /// A routine, or a proxied user.
    Other,
}

/// `None` where a line is something else.
pub(super) fn read(line: &str) -> Option<Grant> {
    let rest = line.strip_prefix("GRANT ")?;
    let Some((names, rest)) = split(rest, " ON ") else {
        let (roles, _) = split(rest, " TO ")?;
        return Some(Grant::Roles(list(roles)));
    };
    let (object, rest) = split(rest, " TO ")?;
    Some(Grant::Privileges {
        names: list(names).iter().map(|name| bare(name)).collect(),
        on: read_object(object),
        may_hand_on: split(&format!("{rest} "), " WITH GRANT OPTION").is_some(),
    })
}

/// Splits at the first place that is outside of quotes and parentheses.
fn split<'a>(text: &'a str, at: &str) -> Option<(&'a str, &'a str)> {
    let place = outside(text).find(|place| text[*place..].starts_with(at))?;
    Some((&text[..place], &text[place + at.len()..]))
}

fn list(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut begin = 0;
    for place in outside(text).filter(|place| text[*place..].starts_with(',')) {
        parts.push(text[begin..place].trim().to_owned());
        begin = place + 1;
    }
    parts.push(text[begin..].trim().to_owned());
    parts
}

/// The places of a text that no quotes or parentheses are around. A doubled quote ends a text and begins it again.
fn outside(text: &str) -> impl Iterator<Item = usize> {
    let mut quote = None;
    let mut depth = 0_u32;
    text.char_indices().filter_map(move |(place, c)| {
        let is_outside = quote.is_none() && depth == 0;
        match (quote, c) {
            (None, '`' | '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_outside.then_some(place)
    })
}

/// `INSERT (a, b)` is `INSERT`.
fn bare(name: &str) -> String {
    name.split('(')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_uppercase()
}

fn read_object(text: &str) -> Object {
    let text = text.trim();
    if text == "*.*" {
        return Object::Everything;
    }
    let text = text.strip_prefix("TABLE ").unwrap_or(text);
    if ["PROCEDURE ", "FUNCTION ", "PACKAGE "]
        .iter()
        .any(|kind| text.starts_with(kind))
    {
        return Object::Other;
    }
    match split(text, ".") {
        Some((database, "*")) => Object::Database(unquoted(database)),
        Some((database, table)) => Object::Table(unquoted(database), unquoted(table)),
        None => Object::Other,
    }
}

fn unquoted(name: &str) -> String {
    match name
        .strip_prefix('`')
        .and_then(|name| name.strip_suffix('`'))
    {
        Some(inner) => inner.replace("``", "`"),
        None => name.to_owned(),
    }
}

/// Whether a pattern of a grant is that of a database.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    // One row of the table of "the first characters of the pattern match the first of the name".
    let mut row = vec![false; name.len() + 1];
    row[0] = true;
    let mut at = 0;
    while at < pattern.len() {
        let mut next = vec![false; name.len() + 1];
        let is_escaped =
            pattern[at] == '\\' && matches!(pattern.get(at + 1), Some('_' | '%' | '\\'));
        if is_escaped {
            at += 1;
        }
        match pattern[at] {
            '%' if !is_escaped => {
                let mut is_reached = false;
                for place in 0..=name.len() {
                    is_reached |= row[place];
                    next[place] = is_reached;
                }
            }
            c => {
                for place in 0..name.len() {
                    next[place + 1] = row[place] && (name[place] == c || (c == '_' && !is_escaped));
                }
            }
        }
        row = next;
        at += 1;
    }
    row[name.len()]
}

/// Privileges of the whole server, and what they are over; every other name is one over all databases.
const GLOBAL: &[(&str, PowerKind)] = &[
    ("ALL PRIVILEGES", PowerKind::Everything),
    ("SUPER", PowerKind::Everything),
    ("FILE", PowerKind::Machine),
    ("CREATE USER", PowerKind::Logins),
    ("CREATE ROLE", PowerKind::Logins),
    ("DROP ROLE", PowerKind::Logins),
    ("ROLE_ADMIN", PowerKind::Logins),
    ("SET USER", PowerKind::Logins),
    ("SET_USER_ID", PowerKind::Logins),
    ("SET_ANY_DEFINER", PowerKind::Logins),
    ("SYSTEM_USER", PowerKind::Logins),
    ("AUTHENTICATION_POLICY_ADMIN", PowerKind::Logins),
    ("PASSWORDLESS_USER_ADMIN", PowerKind::Logins),
    ("SELECT", PowerKind::Data),
    ("INSERT", PowerKind::Data),
    ("UPDATE", PowerKind::Data),
    ("DELETE", PowerKind::Data),
    ("REPLICATION SLAVE", PowerKind::Data),
    ("CLONE_ADMIN", PowerKind::Data),
    ("PROCESS", PowerKind::Sight),
    ("SHOW DATABASES", PowerKind::Sight),
    ("REPLICATION CLIENT", PowerKind::Sight),
    ("BINLOG MONITOR", PowerKind::Sight),
    ("SLAVE MONITOR", PowerKind::Sight),
    ("RELOAD", PowerKind::Service),
    ("SHUTDOWN", PowerKind::Service),
];

/// What a privilege on everything is over.
fn kind(name: &str) -> PowerKind {
    let known = GLOBAL.iter().find(|(known, _)| *known == name);
    match known {
        Some((_, kind)) => *kind,
        None if name.ends_with("ADMIN") || name.contains('_') => PowerKind::Service,
        None => PowerKind::Databases,
    }
}

/// Privileges that change tables.
const CHANGING: &[&str] = &["ALL PRIVILEGES", "CREATE", "ALTER", "DROP", "INDEX"];

/// More than anybody reads.
const MOST: usize = 20;

/// What the grants bring beyond rows of one's own tables, and how they change those of `database`.
pub(super) fn judge(
    grants: &[Grant],
    database: Option<&str>,
    cleaner: &Cleaner,
) -> (Vec<Power>, Changes) {
    let mut powers: Vec<Power> = Vec::new();
    let mut changes = Changes::default();
    for grant in grants {
        let Grant::Privileges {
            names,
            on,
            may_hand_on,
        } = grant
        else {
            continue;
        };
        let names = names
            .iter()
            .map(String::as_str)
            .filter(|name| *name != "USAGE");
        let names: Vec<&str> = names.collect();
        let place = place(on, cleaner);
        let mut add = |kind: PowerKind, name: String| {
            let power = Power {
                kind,
                name: cleaner.clean(&name),
                via: None,
            };
            if !powers.contains(&power) {
                powers.push(power);
            }
        };
        for name in &names {
            let text = format!("{name} on {place}");
            match on {
                Object::Everything => add(kind(name), text),
                // Who may write there makes himself what he likes.
                Object::Database(of) | Object::Table(of, _) if of == "mysql" => {
                    add(PowerKind::Logins, text);
                }
                Object::Database(pattern) if pattern == "%" => add(PowerKind::Data, text),
                _ => {}
            }
        }
        if *may_hand_on && !matches!(on, Object::Other) {
            add(PowerKind::Logins, format!("GRANT OPTION on {place}"));
        }
        change(&mut changes, &names, on, database, &place, cleaner);
    }
    powers.sort_by_key(|power| std::cmp::Reverse(power.kind));
    powers.truncate(MOST);
    (powers, changes)
}

fn change(
    changes: &mut Changes,
    names: &[&str],
    on: &Object,
    database: Option<&str>,
    place: &str,
    cleaner: &Cleaner,
) {
    let is_ours = match on {
        Object::Everything => true,
        Object::Database(pattern) => database.is_none_or(|name| matches(pattern, name)),
        Object::Table(of, _) => database.is_none_or(|name| of == name),
        Object::Other => false,
    };
    let changing = names
        .iter()
        .filter(|name| is_ours && CHANGING.contains(name));
    for name in changing {
        let is_creating =
            matches!(*name, "ALL PRIVILEGES" | "CREATE") && !matches!(on, Object::Table(..));
        let place_of = database.map_or_else(|| place.to_owned(), |name| cleaner.clean(name));
        if is_creating && !changes.creates_in.contains(&place_of) {
            changes.creates_in.push(place_of);
        }
        let grant = format!("{name} on {place}");
        if changes.grants.len() < MOST && !changes.grants.contains(&grant) {
            changes.grants.push(grant);
        }
    }
}

fn place(on: &Object, cleaner: &Cleaner) -> String {
    match on {
        Object::Everything => "*.*".to_owned(),
        Object::Database(name) => format!("{}.*", cleaner.clean(name)),
        Object::Table(database, table) => {
            format!("{}.{}", cleaner.clean(database), cleaner.clean(table))
        }
        Object::Other => String::new(),
    }
}

#[cfg(test)]
mod tests;
