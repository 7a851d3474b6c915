//! A database of the manifest as its grants see it: the database's name, its schemas, and the two logins. What a reference
//! brings is not known here, and becomes a variable of the SQL.

use std::net::IpAddr;

use super::search_path;
use crate::{
    django::{
        database::from_url,
        engine::{self, Family},
        entra::Method,
    },
    manifest::Span,
    plan::{self, Plan},
    registry::kind,
    value::{Table, Text, Value},
};

/// One database, and who uses it.
#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) name: Name,
    /// Whether the server is reached without a network.
    pub(super) is_local: bool,
    /// Whether it is reached over this machine's own network, without TLS.
    pub(super) is_loopback: bool,
    /// Where tables are made, and where they are looked for; none where a reference says it.
    pub(super) schemas: Option<Vec<Name>>,
    /// Whether its URL may say more than is known here.
    pub(super) is_hidden: bool,
    /// Whether the manifest has no login for migrations, and one is made up.
    pub(super) is_proposed: bool,
    pub(super) runtime: Login,
    pub(super) migrations: Login,
    /// Of what it is a copy, where it is one: `runtime` reads alone then, and `migrations` is the primary's.
    pub(super) copied: Option<Copied>,
}

/// What is known of a copy.
#[derive(Clone, Debug)]
pub(super) struct Copied {
    /// The alias of its primary.
    pub(super) of: String,
    /// Whether `TEST.MIRROR` says so, not the alias alone.
    pub(super) is_said: bool,
    /// Whether the primary has the same login, and becomes another role.
    pub(super) shares_login: bool,
}

impl Copied {
    /// What tells that it is a copy.
    pub(super) fn reason(&self) -> &'static str {
        if self.is_said {
            "TEST.MIRROR says so"
        } else {
            "its alias says so"
        }
    }
}

/// A login of the server.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) name: Name,
    pub(super) kind: Kind,
    /// The role that it becomes once it is connected.
    pub(super) assumes: Option<Name>,
    /// What tells it from another whose name is not known either.
    pub(super) mark: Vec<String>,
}

/// How a login shows who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Password,
    /// Entra vouches for it; the client ID, where the manifest has it.
    Entra(Option<String>),
    /// AWS's IAM does.
    RdsIam,
}

/// A name, as far as it is known.
#[derive(Clone, Debug)]
pub(super) struct Name {
    /// None where a reference brings it, or nothing says it.
    pub(super) text: Option<String>,
    /// The key that says it: `databases.default.USER`.
    pub(super) key: String,
    pub(super) span: Option<Span>,
}

impl Login {
    /// Whose rights count: the role's that it becomes, or its own.
    pub(super) fn acts_as(&self) -> &Name {
        self.assumes.as_ref().unwrap_or(&self.name)
    }

    /// Whether both are one login.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.name.text == other.name.text && (self.name.text.is_some() || self.mark == other.mark)
    }
}

/// The family of a database's engine, as far as it is written out; and the engine, where it has no family.
pub(super) fn family(database: &plan::Database) -> Result<Family, Option<String>> {
    let engine = Source::of(database).get(&["ENGINE"]);
    match engine.text {
        Some(text) => engine::find(&text)
            .map(|engine| engine.family)
            .ok_or(Some(text)),
        None => Err(None),
    }
}

/// The database's own name.
pub(super) fn name(database: &plan::Database) -> Name {
    Source::of(database).get(&["NAME"])
}

/// The alias whose copy this is, as `TEST.MIRROR` says.
pub(super) fn mirrored(database: &plan::Database) -> Name {
    Source::of(database).get(&["TEST", "MIRROR"])
}

/// Whether both aliases lead to a database of the same name with the same login, as those of a replica do.
pub(super) fn is_one(plan: &Plan, one: &plan::Database, other: &plan::Database) -> bool {
    let names = [one, other].map(name);
    names[0].text.is_some()
        && names[0].text == names[1].text
        && family(one) == family(other)
        && login(plan, one).is(&login(plan, other))
}

/// Whether a database has a login of its own for migrations.
pub(super) fn has_migrations(
    running: (&Plan, &plan::Database),
    migrating: (&Plan, &plan::Database),
) -> bool {
    !login(running.0, running.1).is(&login(migrating.0, migrating.1))
}

/// The database, with the login that the plan gives it; `migrating` is the same database for migrations.
pub(super) fn read(
    (plan, database): (&Plan, &plan::Database),
    migrating: Option<(&Plan, &plan::Database)>,
    family: Family,
) -> Database {
    let source = Source::of(database);
    let runtime = login(plan, database);
    let migrations = migrating
        .map(|(plan, database)| login(plan, database))
        .filter(|migrations| !migrations.is(&runtime));
    let is_proposed = migrations.is_none();
    let migrations = migrations.unwrap_or_else(|| proposed(&runtime));
    // Tables are made by migrations: where, their options say.
    let making = migrating.map_or_else(|| Source::of(database), |(_, other)| Source::of(other));
    Database {
        name: source.get(&["NAME"]),
        is_local: is_local(&source, family),
        is_loopback: is_loopback(&source),
        schemas: schemas(&making),
        is_hidden: source.is_hidden() || making.is_hidden(),
        is_proposed,
        runtime,
        migrations,
        copied: None,
    }
}

/// A copy with a login of its own, beside the primary as [`read`] has it.
pub(super) fn read_copy(
    (plan, database): (&Plan, &plan::Database),
    primary: Database,
    copied: Copied,
    family: Family,
) -> Database {
    let source = Source::of(database);
    Database {
        name: source.get(&["NAME"]),
        is_local: is_local(&source, family),
        is_loopback: is_loopback(&source),
        is_hidden: source.is_hidden() || primary.is_hidden,
        runtime: login(plan, database),
        copied: Some(copied),
        ..primary
    }
}

/// The end of the name for a login that the manifest does not have.
const PROPOSED: &str = "_migrations";

fn proposed(runtime: &Login) -> Login {
    let text = runtime.name.text.as_ref();
    let kind = match &runtime.kind {
        Kind::Entra(_) => Kind::Entra(None),
        other => other.clone(),
    };
    Login {
        kind,
        name: Name {
            text: text.map(|name| format!("{name}{PROPOSED}")),
            ..runtime.name.clone()
        },
        assumes: None,
        ..runtime.clone()
    }
}

/// The login that a plan gives a database.
pub(super) fn login(plan: &Plan, database: &plan::Database) -> Login {
    let source = Source::of(database);
    let path = format!("databases.{}", database.alias);
    let mut assumes = source.get(&["OPTIONS", "assume_role"]);
    if assumes.span.is_none() && assumes.text.is_none() {
        // libpq sets a role too, before Django does.
        let options = source.get(&["OPTIONS", "options"]);
        let role = options.text.as_deref().and_then(search_path::role);
        if role.is_some() {
            assumes = Name {
                text: role,
                ..options
            };
        }
    }
    let is_assuming = assumes.span.is_some() || assumes.text.is_some();
    let client_id = database.login.as_ref().map(|login| login.client_id.clone());
    let mut mark: Vec<String> = ["USER", "TOKEN", "url", "from"]
        .iter()
        .flat_map(|key| references(plan, &format!("{path}.{key}")))
        .collect();
    mark.extend(client_id.clone().flatten());
    let kind = match client_id {
        Some(client_id) => Kind::Entra(client_id),
        None if is_of_rds(plan, database) => Kind::RdsIam,
        None => Kind::Password,
    };
    let has_no_name = database
        .login
        .as_ref()
        .is_some_and(|login| login.method == Method::DriverMsi);
    let mut name = source.get(&["USER"]);
    name.text = name.text.filter(|text| !text.is_empty() && !has_no_name);
    Login {
        name,
        kind,
        assumes: is_assuming.then_some(assumes),
        mark,
    }
}

/// The references that a key is made of.
fn references(plan: &Plan, key: &str) -> Vec<String> {
    let fetches = plan.instances.iter().flat_map(|instance| &instance.fetches);
    let uses = fetches.flat_map(|fetch| &fetch.uses);
    let mut found: Vec<String> = uses
        .filter(|usage| usage.key == key)
        .map(|usage| usage.reference.clone())
        .collect();
    found.sort_unstable();
    found
}

/// Whether the password is a token of RDS.
fn is_of_rds(plan: &Plan, database: &plan::Database) -> bool {
    let key = format!("databases.{}.PASSWORD", database.alias);
    plan.instances
        .iter()
        .filter(|instance| instance.descriptor.scheme == kind::RDS_TOKEN)
        .flat_map(|instance| &instance.fetches)
        .any(|fetch| fetch.uses.iter().any(|usage| usage.key == key))
}

/// A socket, or what a client library takes for one.
fn is_local(source: &Source<'_>, family: Family) -> bool {
    let host = source.get(&["HOST"]);
    match (&host.text, &host.span) {
        (Some(host), _) => {
            host.is_empty()
                || host.starts_with('/')
                || (family == Family::Mysql && host == "localhost")
        }
        // Nothing says it: a client takes its socket.
        (None, None) => true,
        (None, Some(_)) => false,
    }
}

/// The same machine, where nothing asks for TLS. (`localhost` is a socket to MySQL, and `is_local`.)
fn is_loopback(source: &Source<'_>) -> bool {
    let is_this_machine = source.get(&["HOST"]).text.is_some_and(|host| {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        address.is_ok_and(|address| address.is_loopback())
    });
    let mode = source.get(&["OPTIONS", "ssl_mode"]);
    let has_mode = mode.span.is_some()
        && !mode
            .text
            .is_some_and(|mode| mode.eq_ignore_ascii_case("disabled"));
    is_this_machine && !has_mode && !source.has(&["OPTIONS", "ssl"])
}

fn schemas(source: &Source<'_>) -> Option<Vec<Name>> {
    let options = source.get(&["OPTIONS", "options"]);
    let named = |text: String| Name {
        text: Some(text),
        ..options.clone()
    };
    match &options.text {
        Some(text) => {
            let schemas = search_path::schemas(text).unwrap_or_else(|| vec!["public".to_owned()]);
            Some(schemas.into_iter().map(named).collect())
        }
        None if options.span.is_none() => Some(vec![named("public".to_owned())]),
        None => None,
    }
}

/// What says a database's keys: those that are written, and below them a URL or a secret.
struct Source<'a> {
    database: &'a plan::Database,
    url: Option<Table>,
}

/// What stands in a URL for a reference, so that its other parts can be read.
const HOLE: &str = "nuages0reference0";

impl<'a> Source<'a> {
    fn of(database: &'a plan::Database) -> Self {
        let url = database.url.as_ref().and_then(|(entry, style)| {
            let plan::Node::Text(text) = &entry.node else {
                return None;
            };
            let pieces = text.pieces.iter().map(|piece| match piece {
                plan::Piece::Literal(text) => text.as_str(),
                _ => HOLE,
            });
            from_url(&Text::plain(pieces.collect::<String>()), *style).ok()
        });
        Self { database, url }
    }

    /// Whether something stands at this path.
    fn has(&self, path: &[&str]) -> bool {
        let name = self.get(path);
        name.span.is_some() || name.text.is_some()
    }

    fn is_hidden(&self) -> bool {
        self.database.url.is_some() && self.url.is_none()
    }

    /// A key of the database, or one below it. Its span is none where nothing says it.
    fn get(&self, path: &[&str]) -> Name {
        let mut name = Name {
            text: None,
            key: format!("databases.{}.{}", self.database.alias, path.join(".")),
            span: None,
        };
        let (first, rest) = path.split_first().unwrap_or((&"", &[]));
        let written = self.database.entries.iter().find(|(key, _)| key == first);
        if let Some((_, entry)) = written
            && let Some(node) = below(&entry.node, rest)
        {
            name.span = Some(entry.span.clone());
            name.text = literal(node);
            return name;
        }
        if let Some((entry, _)) = &self.database.url {
            match &self.url {
                // It brings a login and a place; options of its own are rare, and told of.
                None if rest.is_empty() => name.span = Some(entry.span.clone()),
                None => {}
                Some(table) => {
                    if let Some(text) = text_in(table, path) {
                        name.span = Some(entry.span.clone());
                        name.text = Some(text.to_owned()).filter(|text| !text.contains(HOLE));
                    }
                }
            }
        } else if let Some(entry) = &self.database.from
            && rest.is_empty()
        {
            name.span = Some(entry.span.clone());
        }
        name
    }
}

fn below<'n>(node: &'n plan::Node, path: &[&str]) -> Option<&'n plan::Node> {
    let Some((first, rest)) = path.split_first() else {
        return Some(node);
    };
    let plan::Node::Table(entries) = node else {
        return None;
    };
    let (_, node) = entries.iter().find(|(key, _)| key == first)?;
    below(node, rest)
}

/// Text without a reference in it.
fn literal(node: &plan::Node) -> Option<String> {
    let plan::Node::Text(text) = node else {
        return None;
    };
    let pieces = text.pieces.iter().map(|piece| match piece {
        plan::Piece::Literal(text) => Some(text.as_str()),
        _ => None,
    });
    pieces.collect()
}

fn text_in<'t>(table: &'t Table, path: &[&str]) -> Option<&'t str> {
    let (first, rest) = path.split_first()?;
    match table.get(first)? {
        Value::Text(text) if rest.is_empty() => Some(text.expose()),
        Value::Table(table) => text_in(table, rest),
        _ => None,
    }
}
