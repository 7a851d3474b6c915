//! `extra_params` as the ODBC driver takes it: what it cannot read, it passes over.

use zeroize::Zeroizing;

use super::super::shared::may_be_named;
use crate::{
    check::{
        fix::{self, Fix},
        found::{Found, Out},
        subject::{Database, Field, Known, Subject},
    },
    django::{
        engine::Family,
        mssql::{
            extra_params,
            keywords::{self, is_one_of},
            names_microsoft,
        },
    },
    finding::Severity,
    scan::words::bearing,
    suggest::nearest,
};

/// The way to `extra_params`.
pub(super) const PATH: &[&str] = &["OPTIONS", "extra_params"];

/// Values of `Encrypt` that refuse a server without TLS, and those that do not.
pub(super) const STRONG: &[&str] = &["yes", "mandatory", "strict"];
pub(super) const WEAK: &[&str] = &["no", "optional"];

/// The attributes of a database's connection string that the manifest writes.
pub(super) struct Params<'a> {
    database: &'a Database<'a>,
    /// Whether a reference brings them, in whole.
    pub(super) is_unknown: bool,
    /// Whether they are written as a table.
    is_table: bool,
    /// In order.
    pub(super) all: Vec<Param>,
}

/// One attribute. It may hold a secret, so there is no `Debug`.
pub(super) struct Param {
    /// As it is written.
    pub(super) keyword: String,
    /// As the driver calls it, where it knows it.
    pub(super) name: Option<&'static str>,
    /// `None` where a reference brings it.
    pub(super) value: Option<String>,
}

impl<'a> Params<'a> {
    pub(super) fn of(database: &'a Database<'a>) -> Self {
        let mut params = Self {
            database,
            is_unknown: false,
            is_table: false,
            all: Vec::new(),
        };
        let Some(field) = database.option("extra_params") else {
            return params;
        };
        match &field.value {
            Known::Text(text) => params.all = read(text.expose()),
            Known::Table(fields) => {
                params.is_table = true;
                params.all = fields
                    .iter()
                    .map(|field| Param {
                        keyword: field.name.clone(),
                        name: keywords::find(&field.name),
                        value: field.flag().map_or_else(
                            || field.word(),
                            |flag| Some(if flag { "yes" } else { "no" }.to_owned()),
                        ),
                    })
                    .collect();
            }
            Known::Unknown => match &field.template {
                // What stands around references is known.
                Some(template) if template.literal().is_none() => {
                    params.all = read(&literal(template));
                    let is_whole = params.all.is_empty();
                    params.is_unknown = is_whole;
                }
                _ => params.is_unknown = true,
            },
            _ => {}
        }
        params
    }

    /// The attribute of this name; of two the driver takes the first.
    pub(super) fn get(&self, name: &str) -> Option<&Param> {
        self.all.iter().find(|param| param.name == Some(name))
    }

    /// Its value, where it is known.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.get(name)?.value.as_deref()
    }

    /// Whether its value is known to be one of these words.
    pub(super) fn is(&self, name: &str, words: &[&str]) -> bool {
        self.value(name)
            .is_some_and(|value| is_one_of(value, words))
    }

    /// Whether it is there, or may be.
    pub(super) fn may_have(&self, name: &str) -> bool {
        self.is_unknown || self.get(name).is_some()
    }

    /// Whether TLS is made sure of, or may be.
    pub(super) fn may_encrypt(&self) -> bool {
        self.is_unknown
            || self.get("Encrypt").is_some_and(|param| {
                param
                    .value
                    .as_ref()
                    .is_none_or(|value| is_one_of(value, STRONG))
            })
    }

    /// Found at an attribute, or where it would stand.
    pub(super) fn found<'o>(&self, out: &'o mut Out<'_>, name: &str) -> &'o mut Found {
        match self.get(name) {
            Some(param) if self.is_table => {
                out.on(self.database, &[PATH[0], PATH[1], &param.keyword])
            }
            _ => {
                let hides = holds_secret(&self.all);
                let found = out.on(self.database, PATH);
                found.hides = hides;
                found
            }
        }
    }

    /// Makes an attribute this value.
    pub(super) fn set(&self, name: &str, value: &str) -> Option<Fix> {
        let quoted = fix::literal(value);
        let keyword = self.get(name).map_or(name, |param| &param.keyword);
        if self.is_table || self.database.option("extra_params").is_none() {
            return Some(Fix::set(
                self.database,
                &[PATH[0], PATH[1], keyword],
                quoted,
            ));
        }
        self.rewritten(name, Some(value))
    }

    /// The same, for what has the driver check a certificate: shown alone where there is no name to hold it against.
    pub(super) fn set_checked(&self, name: &str, value: &str) -> Option<Fix> {
        let fix = self.set(name, value)?;
        let is_trusted = name == "Encrypt" && self.is("TrustServerCertificate", &["yes"]);
        let has_name =
            self.may_have("HostnameInCertificate") || may_be_named(&self.database.hosts());
        Some(if is_trusted || has_name {
            fix
        } else {
            fix.shown()
        })
    }

    /// Takes an attribute out.
    pub(super) fn remove(&self, name: &str) -> Option<Fix> {
        let keyword = &self.get(name)?.keyword;
        if self.is_table {
            return Some(Fix::remove(self.database, &[PATH[0], PATH[1], keyword]));
        }
        self.rewritten(name, None)
    }

    /// The text with another value in place of one, where it holds nothing but what is known. Of what cannot be read
    /// nobody knows where another part would stand.
    fn rewritten(&self, name: &str, value: Option<&str>) -> Option<Fix> {
        let text = self
            .database
            .option("extra_params")
            .filter(|field| field.is_public())?;
        extra_params::read(text.text()?).ok()?;
        let mut parts: Vec<String> = Vec::new();
        let mut is_done = value.is_none();
        for part in parts_of(text.text()?) {
            let keyword = part.split('=').next().unwrap_or_default();
            if keywords::find(keyword) != Some(name) {
                parts.push(part.to_owned());
            } else if let Some(value) = value.filter(|_| !is_done) {
                parts.push(format!("{keyword}={value}"));
                is_done = true;
            }
        }
        if let Some(value) = value.filter(|_| !is_done) {
            parts.push(format!("{name}={value}"));
        }
        // The rest of the text may hold a password: it is not shown.
        let shown = match value {
            Some(value) => format!("{name}={value}"),
            None => format!("remove {name}"),
        };
        let text = fix::literal(&parts.join(";"));
        Some(Fix::set(self.database, PATH, text).telling(shown))
    }
}

/// The literal parts of a text, a word in the place of each reference.
pub(super) fn literal(template: &crate::template::Template) -> String {
    use crate::template::Part;
    let parts = template.parts.iter().map(|part| match part {
        Part::Literal(text) => text.as_str(),
        Part::Hole(_) => HOLE,
    });
    parts.collect()
}

/// Stands for what a reference brings.
pub(super) const HOLE: &str = "\u{fdd0}";

/// As the driver reads it: a keyword with blanks around it is none that it knows.
fn read(text: &str) -> Vec<Param> {
    let part = |part: &str| {
        let (keyword, value) = part.split_once('=')?;
        let value = value.strip_prefix('{').map_or_else(
            || value.to_owned(),
            |braced| braced.trim_end_matches('}').replace("}}", "}"),
        );
        Some(Param {
            keyword: keyword.to_owned(),
            name: keywords::find(keyword),
            value: (!value.contains(HOLE)).then_some(value),
        })
    };
    parts_of(text).filter_map(part).collect()
}

/// The attributes that stand in a text, those that a reference brings without their values.
pub(super) fn written(template: &crate::template::Template) -> Vec<Param> {
    read(&literal(template))
}

/// Passwords and keys in a text of `extra_params`, as far as they are known, or where references bring nothing.
pub(in crate::check::rules) fn secrets_in_text(database: &Database<'_>) -> Vec<Zeroizing<String>> {
    let is_text = |field: &Field| !matches!(field.value, Known::Table(_));
    if database.family != Some(Family::Mssql) || !database.option(PATH[1]).is_some_and(is_text) {
        return Vec::new();
    }
    let other = database.by_default();
    let mut secrets = Vec::new();
    for database in [Some(database), other.as_ref()].into_iter().flatten() {
        for name in ["PWD", "KeyStoreSecret"] {
            let value = Params::of(database).value(name).map(str::to_owned);
            secrets.extend(value.map(Zeroizing::new));
        }
    }
    secrets
}

/// The parts between `;`, braces kept together.
pub(super) fn parts_of(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(';');
        if rest.is_empty() {
            return None;
        }
        let end = end_of_part(rest);
        let part = &rest[..end];
        rest = &rest[end..];
        Some(part)
    })
}

fn end_of_part(text: &str) -> usize {
    let Some(equals) = text
        .find(['=', ';'])
        .filter(|at| text[*at..].starts_with("={"))
    else {
        return text.find(';').unwrap_or(text.len());
    };
    let mut at = equals + 2;
    while let Some(close) = text[at..].find('}') {
        at += close + 1;
        if !text[at..].starts_with('}') {
            return text[at..].find(';').map_or(text.len(), |more| at + more);
        }
        at += 1;
    }
    text.len()
}

/// Holds a rule against a database as it is written, and, where that finds nothing, as it is where references bring
/// nothing and their defaults stand in. `check` says whether it has found something, as the last thing it does.
pub(super) fn either(
    database: &Database<'_>,
    out: &mut Out<'_>,
    check: impl Fn(&Database<'_>, &mut Out<'_>) -> bool,
) {
    if check(database, out) {
        return;
    }
    if let Some(other) = database.by_default()
        && check(&other, out)
        && let Some(found) = out.last()
    {
        // A change would take the reference's place.
        found.fix = None;
        found.note("where the reference brings nothing");
    }
}

/// Whether the driver is Microsoft's, as far as its name is known.
pub(super) fn is_microsoft(database: &Database<'_>) -> bool {
    database.option_text("driver").is_none_or(names_microsoft)
}

/// Whether the text may hold a secret, so that none of its words is to be quoted.
pub(super) fn holds_secret(params: &[Param]) -> bool {
    let secrets = ["PWD", "Password", "KeyStoreSecret"];
    params.iter().any(|param| {
        param.name.map_or_else(
            || bearing(&param.keyword).is_some() || nearest(&param.keyword, secrets).is_some(),
            |name| matches!(name, "PWD" | "KeyStoreSecret"),
        )
    })
}

/// Of less weight where no real data is behind it.
pub(super) fn weigh(found: &mut Found, subject: &Subject<'_>) {
    if !subject.is_production() {
        found.severity(Severity::Advice);
    }
}

/// Whether mssql-python connects rather than pyodbc; `None` where that is not known.
pub(in crate::check::rules) fn is_python(database: &Database<'_>) -> Option<bool> {
    match database.option("python_driver") {
        None => Some(false),
        Some(field) => field
            .text()
            .map(|name| is_one_of(name.trim(), &["mssql_python", "mssql-python", "python"])),
    }
}
