//! MS019: what references bring into a text of `extra_params`.

use super::{
    Check, KEYWORDS, Rule,
    params::{HOLE, PATH, Params, holds_secret, literal, parts_of},
};
use crate::{
    check::{
        found::Out,
        subject::{Database, Known, Subject},
    },
    django::{engine::Family, mssql::extra_params},
    finding::Severity,
};

pub(super) const MS019: Rule = Rule {
    id: "MS019",
    severity: Severity::Error,
    title: "a value is put into `extra_params` without its quotes",
    why: "A value with a `;`, or one that begins with `{`, ends early in a text of `extra_params`: the rest of it is taken for \
          keywords of its own, which may turn TLS off. A value that is not known may be one of these, which is a warning, and \
          advice where it stands in braces, in which each `}` has to be doubled. With `--resolve` the value decides.",
    remedy: "write `extra_params` as a table: each value is put in braces where it needs them",
    sources: &[KEYWORDS],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = "UID=shop_app;PWD=${env://DB_PASSWORD};Encrypt=yes"
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = { UID = "shop_app", PWD = "${env://DB_PASSWORD}", Encrypt = "yes" }
"#,
    check: Check::Family(Family::Mssql, unquoted),
};

fn unquoted(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let Some(field) = database.option(PATH[1]) else {
        return;
    };
    let Some(template) = &field.template else {
        return;
    };
    if template.parts.len() < 2 || template.literal().is_some() {
        return;
    }
    let written = literal(template);
    let brought = match &field.value {
        Known::Text(text) => breaks_out(&written, text.expose()),
        _ => None,
    };
    if brought == Some(false) {
        return;
    }
    let hides = holds_secret(&Params::of(database).all);
    let found = out.on(database, PATH);
    found.hides = hides;
    if brought == Some(true) {
        found.note("what a reference brings is read as more, or as less, than one value");
        return;
    }
    found.severity(Severity::Warning);
    let mut holding = parts_of(&written).filter(|part| part.contains(HOLE));
    if holding.all(|part| part.contains("={")) {
        found
            .note("in braces a `;` ends nothing, but each `}` in the value has to be doubled")
            .severity(Severity::Advice);
    }
}

/// Whether the driver reads the text otherwise than it is written, a hole in the place of each reference; `None` where
/// what is written cannot be read itself.
fn breaks_out(written: &str, text: &str) -> Option<bool> {
    let keyword = |part: &str| part.split('=').next().unwrap_or_default().to_owned();
    let parts: Vec<&str> = parts_of(written).collect();
    // A reference may bring whole attributes.
    if parts.iter().any(|part| keyword(part).contains(HOLE)) {
        return Some(extra_params::read(text).is_err());
    }
    extra_params::read(written).ok()?;
    let brought: Vec<&str> = parts_of(text).collect();
    let between = |whole: &str, parts: &[&str]| whole.len() - parts.concat().len();
    let is_alike = parts.len() == brought.len()
        && between(written, &parts) == between(text, &brought)
        && parts
            .iter()
            .zip(&brought)
            .all(|(part, brought)| is_one(part, brought));
    Some(!is_alike)
}

/// Whether an attribute is read as it is written.
fn is_one(part: &str, brought: &str) -> bool {
    let (Some(first), Some(last)) = (part.find(HOLE), part.rfind(HOLE)) else {
        return part == brought;
    };
    let (before, behind) = (&part[..first], &part[last + HOLE.len()..]);
    let is_framed = brought.len() >= before.len() + behind.len()
        && brought.starts_with(before)
        && brought.ends_with(behind);
    // Whoever writes no braces means none.
    let gains_braces = before.ends_with('=') && brought[before.len()..].starts_with('{');
    is_framed && !gains_braces && extra_params::read(brought).is_ok()
}
