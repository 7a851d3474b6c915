//! Where references stand in the addresses of a text.

use crate::template::{Hole, Part, Template};

/// What an address takes a reference for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The whole password, and nothing else: `scheme://user:HOLE@`.
    Password,
    /// The whole login, which may be a user and a password: `scheme://HOLE@`.
    Login,
    /// Any other part of the login.
    InLogin,
    /// In the value of a parameter of the query, by its name.
    Parameter(String),
}

/// Stands for a reference while a text is taken apart.
const STANDIN: char = '\u{1}';

/// What ends an address in a text that holds several.
const ENDS: [char; 8] = [' ', '\t', '\n', '\r', '"', '\'', '<', '>'];

/// The references in the login and the query of each address of a text, each with its role.
pub(super) fn holes(template: &Template) -> Vec<(&Hole, Role)> {
    let mut text = String::new();
    let mut holes: Vec<(usize, &Hole)> = Vec::new();
    for part in &template.parts {
        match part {
            Part::Literal(literal) => text.push_str(&literal.replace(STANDIN, " ")),
            Part::Hole(hole) => {
                holes.push((text.len(), hole));
                text.push(STANDIN);
            }
        }
    }
    let starts = starts(&text);
    let found = holes.into_iter().filter_map(|(at, hole)| {
        let start = starts.iter().rev().find(|start| **start <= at)?;
        let next = starts.iter().find(|next| **next > *start);
        let address = &text[*start..next.map_or(text.len(), |next| *next)];
        role(address, at - start).map(|role| (hole, role))
    });
    found.collect()
}

/// Where what follows `scheme://` begins.
fn starts(text: &str) -> Vec<usize> {
    let mut starts: Vec<usize> = Vec::new();
    for (at, mark) in text.match_indices("://") {
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || ['+', '-', '.'].contains(&c);
        let before = text[..at].trim_end_matches(is_scheme);
        let scheme = &text[before.len()..at];
        let is_named = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
        // What a reference brings may be the scheme, or end in one.
        if is_named && !before.ends_with(STANDIN) {
            starts.push(at + mark.len());
        }
    }
    starts
}

fn role(address: &str, at: usize) -> Option<Role> {
    let end = address.find(ENDS).unwrap_or(address.len());
    let address = &address[..end];
    if at >= end {
        return None;
    }
    let query = address.find('?');
    let authority = &address[..query.unwrap_or(end)];
    let authority = &authority[..authority.find('/').unwrap_or(authority.len())];
    // The last `@` ends the login: a password that is written raw may hold one.
    if let Some(login) = authority.rfind('@')
        && at < login
    {
        return Some(in_login(&address[..login], at));
    }
    query
        .filter(|query| *query < at)
        .and_then(|query| parameter(&address[query + 1..], at - query - 1))
}

fn in_login(login: &str, at: usize) -> Role {
    let end = at + STANDIN.len_utf8();
    let colon = login.find(':');
    if end == login.len() && at == 0 {
        Role::Login
    } else if end == login.len() && colon == at.checked_sub(1) {
        Role::Password
    } else {
        Role::InLogin
    }
}

fn parameter(query: &str, at: usize) -> Option<Role> {
    let start = query[..at].rfind(['&', ';']).map_or(0, |at| at + 1);
    let (name, _) = query[start..at].split_once('=')?;
    let is_known = !name.contains(STANDIN);
    is_known.then(|| Role::Parameter(name.to_owned()))
}
