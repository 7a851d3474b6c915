//! MY007 and MY009: who logs in, and the file that a password is in.

use std::{collections::HashMap, path::PathBuf};

use super::{
    Check, Rule,
    shared::{Reading, by_default, login_name, path_of, unseen, user},
    tls::RIGHT,
};
use crate::{
    check::{
        Surroundings,
        administrators::is_administrator,
        found::Out,
        subject::{Database, Subject},
    },
    django::engine::Family,
    finding::Severity,
};

const OPTION_FILES: &str = "https://dev.mysql.com/doc/refman/8.4/en/option-files.html";
const PASSWORDS: &str = "https://dev.mysql.com/doc/refman/8.4/en/password-security-user.html";

pub(super) const SUPERUSER: Rule = Rule {
    id: "MY007",
    severity: Severity::Warning,
    title: "the application logs in as an administrator",
    why: "This login is one that a server or a service is set up with: it may read, change and drop everything, in other \
          databases too, and make logins. One query that somebody else has written is enough. `root` is an error: it \
          may also read and write files of the server, and stop it.",
    remedy: "make a user of the application's own, with rights on its own database, and write it as `USER`",
    sources: &[
        "https://dev.mysql.com/doc/refman/8.4/en/security-guidelines.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html",
    ],
    wrong: r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
HOST = "db.shop.example"
USER = "root"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { ssl_mode = "VERIFY_IDENTITY", ssl = { ca = "/etc/ssl/certs/ca-certificates.crt" } }
"#,
    right: RIGHT,
    check: Check::Family(Family::Mysql, superuser),
};

pub(super) const OPTION_FILE: Rule = Rule {
    id: "MY009",
    severity: Severity::Error,
    title: "others can read the option file's password, or the client cuts it",
    why: "The clients read an option file whoever else may, and do not mind; a password in it should be its owner's \
          alone. Of a line they read 4,096 bytes: what is longer, as a token can be, is cut without a word, and the login \
          fails; that is a warning. A file that holds no password may be read by others. One that \
          could not be looked at, or is larger than 1 MiB, is advice.",
    remedy: "let the file be its owner's alone (`chmod 600`); `live = true` writes and guards a file of its own",
    sources: &[PASSWORDS, OPTION_FILES],
    wrong: "",
    right: "",
    check: Check::Files(option_file),
};

/// The longest line that the clients read, with its break and the end of the text.
const LONGEST: usize = 4096;

fn superuser(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let Some(field) = user(database) else { return };
    let login = login_name(database, field);
    let Some((name, is_default)) = login.filter(|(name, _)| is_administrator(Family::Mysql, name))
    else {
        return;
    };
    let found = if database.has_option("user") {
        out.on(database, &["OPTIONS", "user"])
    } else {
        out.on(database, &["USER"])
    };
    if !subject.is_production() {
        found.severity(Severity::Advice);
    } else if name == "root" {
        found.severity(Severity::Error);
    }
    if is_default {
        by_default(found);
    }
}

/// What is known of an option file.
struct Options {
    /// Its permissions, where it holds a password and others may read or write it.
    open: Option<u32>,
    /// The first line that is cut, counting from 1.
    long: Option<usize>,
}

impl Options {
    fn of(mode: u32, text: &str) -> Self {
        let is_open = mode & 0o077 != 0 && text.lines().any(is_password);
        let mut lines = text.lines();
        let long = lines.position(|line| line.len() + 2 > LONGEST && is_setting(line));
        Self {
            open: is_open.then_some(mode),
            long: long.map(|place| place + 1),
        }
    }
}

fn option_file(subject: &Subject<'_>, surroundings: Option<&Surroundings<'_>>, out: &mut Out<'_>) {
    let Some(around) = surroundings else { return };
    let key = ["OPTIONS", "read_default_file"];
    // A file that several databases name is read once, and told of once where nobody could look at it.
    let mut files: HashMap<PathBuf, Option<Options>> = HashMap::new();
    for database in &subject.databases {
        let file = database
            .option("read_default_file")
            .filter(|_| database.family == Some(Family::Mysql));
        let Some(path) = file.and_then(path_of) else {
            continue;
        };
        let options = files
            .entry(around.lead(path))
            .or_insert_with_key(|place| match Reading::of(place) {
                Reading::Text(mode, text) => Some(Options::of(mode, &text)),
                // What is no file, another rule tells.
                Reading::Missing | Reading::NoFile => None,
                Reading::Unseen(why) => {
                    unseen(
                        out.on(database, &key),
                        "the option file was not looked at",
                        why,
                    );
                    None
                }
            });
        let Some(options) = options.as_ref() else {
            continue;
        };
        if options.open.is_none() && options.long.is_none() {
            continue;
        }
        let found = out.on(database, &key);
        if let Some(mode) = options.open {
            found.note(format!("it holds a password, and its mode is {mode:04o}"));
        } else {
            found.severity(Severity::Warning);
            found.remedy("give a token as `PASSWORD`, by a reference or `auth = \"entra\"`");
        }
        if let Some(line) = options.long {
            found.note(format!("line {line} is longer than {LONGEST} bytes"));
        }
    }
}

fn is_setting(line: &str) -> bool {
    let line = line.trim_start();
    !line.starts_with(['#', ';', '[']) && line.contains('=')
}

/// Whether a line sets a password, with any of the words that stand for one.
fn is_password(line: &str) -> bool {
    let Some((name, value)) = line.split_once('=') else {
        return false;
    };
    let name = name.trim().replace('_', "-");
    let is_named = matches!(
        name.as_str(),
        "password" | "password1" | "password2" | "password3" | "loose-password"
    );
    is_named && !matches!(value.trim(), "" | "\"\"" | "''")
}
