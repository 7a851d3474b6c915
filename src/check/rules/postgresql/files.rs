//! PG018 to PG020: password files and service files, as libpq reads them. Nothing that stands in them is said.

use std::{collections::HashMap, path::PathBuf};

use zeroize::Zeroizing;

use super::{
    Check, Rule,
    libpq::Link,
    login::PASSFILE,
    shared::{Look, Reading, brought_later, by_default, is_unexpanded, path_of, unseen, user},
};
use crate::{
    check::{
        Surroundings,
        fix::Fix,
        found::Out,
        subject::{Database, Field, Subject},
    },
    django::engine::Family,
    finding::Severity,
};

const SERVICES: &str = "https://www.postgresql.org/docs/current/libpq-pgservice.html";

/// Where libpq looks for a password file and a service file when nothing names them.
const OWN_PASSFILE: &str = "~/.pgpass";
const OWN_SERVICES: &str = ".pg_service.conf";

/// Whom a line of a password file is for, and what libpq takes for its own in place of a socket's directory.
const SOCKETS: &[&str] = &["/tmp", "/run/postgresql", "/var/run/postgresql"];

pub(super) const UNREAD: Rule = Rule {
    id: "PG018",
    severity: Severity::Error,
    title: "libpq does not read the password file",
    why: "libpq passes over a password file that others than its owner may read or write, that is no plain file, or that \
          is not there, and connects without a password. It does not take `~` or `$HOME` for the home directory. A \
          relative path starts where the process is started, so nothing is said where it leads nowhere; nor is it of what \
          `[files]` writes, and of paths below `/run`, `/var/run`, `/dev`, `/tmp`, `/mnt`, `/vault` and `secrets` of \
          the root, `/etc` or `/var`, which are filled when a container starts. Any other absolute path that leads \
          nowhere is a warning: it may be there where the application runs.",
    remedy: "let the file be its owner's alone (`chmod 600`), and write its whole path",
    sources: &[PASSFILE],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", passfile = "~/.pgpass" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", passfile = "/run/secrets/pgpass" }
"#,
    check: Check::Files(unread),
};

pub(super) const NO_LINE: Rule = Rule {
    id: "PG019",
    severity: Severity::Error,
    title: "no line of the password file is for this login",
    why: "libpq compares host, port, database and user with the lines letter for letter: a line for `localhost` is not \
          for `127.0.0.1`, and one for another port not for this. Where none is for the login it connects without a \
          password. What a reference brings may be anything, unless it is resolved. A file that could not be looked at, or \
          is larger than 1 MiB, is advice.",
    remedy: "write a line `host:port:database:user:password` with `HOST`, `PORT`, `NAME` and `USER` as they stand here",
    sources: &[PASSFILE],
    wrong: "",
    right: "",
    check: Check::Files(no_line),
};

pub(super) const SERVICE: Rule = Rule {
    id: "PG020",
    severity: Severity::Warning,
    title: "a password in the service file",
    why: "libpq reads a service file whoever may read it, and does not mind that others can. A password belongs into a \
          password file, which libpq passes over unless it is its owner's alone. Looked at is the file that \
          `PGSERVICEFILE` of `[env]` names (with `--resolve` also the one that a command would inherit), else \
          `~/.pg_service.conf`. One that could not be looked at, or is larger than 1 MiB, is advice.",
    remedy: "take `password` out of the service, and write `PASSWORD` as a reference, with `live = true` where it changes",
    sources: &[SERVICES, PASSFILE],
    wrong: "",
    right: "",
    check: Check::Files(service),
};

/// The password file that a database names, and the PostgreSQL databases that name one.
fn passfiles<'a>(subject: &'a Subject<'a>) -> impl Iterator<Item = (Link<'a>, &'a Field, &'a str)> {
    subject
        .databases
        .iter()
        .filter(|database| database.family == Some(Family::Postgresql))
        .filter_map(|database| {
            let link = Link::new(database, subject);
            let field = link.option("passfile")?;
            let path = path_of(field)?;
            Some((link, field, path))
        })
}

fn unread(subject: &Subject<'_>, surroundings: Option<&Surroundings<'_>>, out: &mut Out<'_>) {
    for (link, _, path) in passfiles(subject) {
        if is_unexpanded(path) {
            let found = link.found(out, "passfile");
            found.note("libpq takes it as it stands: it is no path from the home directory");
            let option = ["OPTIONS", "passfile"];
            let is_written = link
                .database
                .at(&option)
                .is_some_and(|field| field.key_span.is_some());
            if path == OWN_PASSFILE && is_written {
                found.remedy(
                    "leave it out: libpq looks for `.pgpass` in the home directory by itself",
                );
                found.fix(Fix::remove(link.database, &option));
            }
            continue;
        }
        let Some(around) = surroundings else { continue };
        match Look::at(&around.lead(path)) {
            Look::File(mode) if mode & 0o077 != 0 => {
                link.found(out, "passfile").note(format!(
                    "the file's mode is {mode:04o}: libpq wants it to be its owner's alone"
                ));
            }
            Look::Directory | Look::Other => {
                link.found(out, "passfile").note("it is no plain file");
            }
            Look::Missing if !brought_later(path, subject) => {
                link.found(out, "passfile")
                    .severity(Severity::Warning)
                    .note("there is no such file on this machine")
                    .remedy("see that it is there where the application runs, its owner's alone");
            }
            Look::File(_) | Look::Missing | Look::Hidden => {}
        }
    }
}

fn no_line(subject: &Subject<'_>, surroundings: Option<&Surroundings<'_>>, out: &mut Out<'_>) {
    let Some(around) = surroundings else { return };
    // A file that several databases name is read once, and told of once where nobody could look at it.
    let mut files: HashMap<PathBuf, Option<Vec<[Matcher; 4]>>> = HashMap::new();
    for (link, _, path) in passfiles(subject) {
        let has_password = link.database.has("PASSWORD") || link.has("password");
        if is_unexpanded(path) || has_password || link.is_open() {
            continue;
        }
        let place = around.lead(path);
        let lines = files.entry(place).or_insert_with_key(|place| {
            match Reading::of(place) {
                Reading::Text(mode, text) if mode & 0o077 == 0 => Some(lines(&text)),
                // What libpq does not read is another rule's.
                Reading::Text(..) | Reading::Missing | Reading::NoFile => None,
                Reading::Unseen(why) => {
                    unseen(
                        link.found(out, "passfile"),
                        "the password file was not looked at",
                        why,
                    );
                    None
                }
            }
        });
        let Some(lines) = lines else { continue };
        let has_line = |database: &Database<'_>| {
            let login = Wanted::of(&Link::new(database, subject));
            lines.iter().any(|line| login.is_meant(line))
        };
        if !has_line(link.database) {
            link.found(out, "passfile");
        } else if link
            .database
            .by_default()
            .is_some_and(|one| !has_line(&one))
        {
            by_default(link.found(out, "passfile"));
        }
    }
}

/// What libpq looks for in a password file; `None` is what nobody knows yet.
struct Wanted {
    hosts: Option<Vec<String>>,
    ports: Option<Vec<String>>,
    database: Option<String>,
    user: Option<String>,
}

impl Wanted {
    fn of(link: &Link<'_>) -> Self {
        let database = link.database;
        let key = |key: &str, option: &str| {
            let own = database.field(key).filter(|field| !field.is_empty());
            own.or_else(|| link.option(option))
        };
        // What is not known may be anything.
        let list = |field: Option<&Field>, default: &str| match field {
            None => Some(vec![default.to_owned()]),
            Some(field) => {
                let word = field.word()?;
                Some(word.split(',').map(str::to_owned).collect())
            }
        };
        let host = key("HOST", "host").or_else(|| link.option("hostaddr"));
        let hosts = list(host, "localhost").map(|hosts| {
            let own = hosts
                .iter()
                .any(|host| host.is_empty() || SOCKETS.contains(&host.as_str()));
            let more = own.then(|| "localhost".to_owned());
            hosts.into_iter().chain(more).collect()
        });
        Self {
            hosts,
            ports: list(key("PORT", "port"), "5432").map(|mut ports: Vec<String>| {
                for port in ports.iter_mut().filter(|port| port.is_empty()) {
                    "5432".clone_into(port);
                }
                ports
            }),
            database: database.text("NAME").map(str::to_owned),
            user: user(database).and_then(Field::word),
        }
    }

    fn is_meant(&self, [host, port, database, user]: &[Matcher; 4]) -> bool {
        let any = |wanted: Option<&Vec<String>>, field: &Matcher| {
            wanted.is_none_or(|wanted| wanted.iter().any(|word| field.fits(word)))
        };
        let one =
            |wanted: Option<&String>, field: &Matcher| wanted.is_none_or(|word| field.fits(word));
        any(self.hosts.as_ref(), host)
            && any(self.ports.as_ref(), port)
            && one(self.database.as_ref(), database)
            && one(self.user.as_ref(), user)
    }
}

/// One field of a line: a lone `*` fits everything.
struct Matcher(Option<Zeroizing<String>>);

impl Matcher {
    fn fits(&self, word: &str) -> bool {
        self.0.as_ref().is_none_or(|have| have.as_str() == word)
    }
}

/// The lines of a password file that are for somebody.
fn lines(text: &str) -> Vec<[Matcher; 4]> {
    let lines = text.lines().map(|line| line.trim_end_matches('\r'));
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(fields).collect()
}

/// The fields of a line before its password, or `None` where there are fewer.
fn fields(line: &str) -> Option<[Matcher; 4]> {
    let mut rest = line;
    let mut next = || {
        let mut text = Zeroizing::new(String::with_capacity(rest.len()));
        let mut characters = rest.char_indices();
        while let Some((place, character)) = characters.next() {
            match character {
                ':' => {
                    let is_any = &rest[..place] == "*";
                    rest = &rest[place + 1..];
                    return Some(Matcher((!is_any).then_some(text)));
                }
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                character => text.push(character),
            }
        }
        None
    };
    Some([next()?, next()?, next()?, next()?])
}

fn service(subject: &Subject<'_>, surroundings: Option<&Surroundings<'_>>, out: &mut Out<'_>) {
    let Some(around) = surroundings else { return };
    let Some((path, shown)) = service_file(subject, around) else {
        return;
    };
    let services = subject
        .databases
        .iter()
        .filter(|database| database.family == Some(Family::Postgresql))
        .filter_map(|database| {
            let name = service_of(database, subject)?;
            Some((database, name))
        });
    let mut services = services.peekable();
    let Some((first, _)) = services.peek() else {
        return;
    };
    let link = Link::new(first, subject);
    let why = match Reading::of(&path) {
        Reading::Text(_, text) => {
            let lines = password_lines(&text);
            for (database, name) in services {
                if let Some(&line) = lines.get(name.as_str()) {
                    out.in_file(database.key(&["OPTIONS", "service"]), &shown, line);
                }
            }
            return;
        }
        Reading::Missing => return,
        Reading::NoFile => "it is no plain file",
        Reading::Unseen(why) => why,
    };
    unseen(
        link.found(out, "service"),
        "the service file was not looked at",
        why,
    );
}

fn service_of(database: &Database<'_>, subject: &Subject<'_>) -> Option<String> {
    let link = Link::new(database, subject);
    let inherited = || {
        subject
            .inherited("PGSERVICE")
            .filter(|_| !link.has("service"))
    };
    let name = link.text("service").or_else(|| inherited()?.text())?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// The service file, and its path as it may be said.
fn service_file(subject: &Subject<'_>, around: &Surroundings<'_>) -> Option<(PathBuf, String)> {
    match subject.variable("PGSERVICEFILE") {
        Some(field) => {
            let path = path_of(field)?;
            Some((around.lead(path), path.to_owned()))
        }
        None if let Some(field) = subject.inherited("PGSERVICEFILE") => {
            let path = field.text().filter(|path| !path.is_empty())?;
            Some((around.lead(path), path.to_owned()))
        }
        None => Some((around.home?.join(OWN_SERVICES), format!("~/{OWN_SERVICES}"))),
    }
}

/// The line of the password of each service that has one, counting from 1.
fn password_lines(text: &str) -> HashMap<&str, usize> {
    let mut found = HashMap::new();
    let mut inside = None;
    for (place, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            inside = name.strip_suffix(']');
        } else if let Some(service) = inside
            && line.starts_with("password=")
            && line.len() > "password=".len()
        {
            found.entry(service).or_insert(place + 1);
        }
    }
    found
}
