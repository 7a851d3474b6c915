//! The project's own Python is asked for its settings. What it answers is taken for anybody's: sizes, names and paths are
//! held against what they may be.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::{Map, Value as Json};

use crate::{
    process::{self, Ended},
    variables::DJANGO_SETTINGS_MODULE,
};

/// What evaluates the settings. It needs nothing that the project does not have.
const EVALUATE: &str = include_str!("evaluate.py");

/// The longest answer that is read.
const LONGEST_ANSWER: usize = 16 << 20;

/// The longest name that is repeated.
const LONGEST_NAME: usize = 128;

/// What is asked, and of whom.
pub(crate) struct Question<'a> {
    /// The interpreter.
    pub(crate) python: &'a OsStr,
    /// Where the project's modules start.
    pub(crate) root: &'a Path,
    /// The settings' module.
    pub(crate) module: &'a str,
    /// Whether Django's checks for deployments are wanted too.
    pub(crate) is_deployed: bool,
    /// All of the process's environment.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// How long it may take.
    pub(crate) within: Duration,
}

/// The settings as they are. Holds secrets, so there is no `Debug`.
pub(crate) struct Answer {
    /// The file of the settings' module.
    pub(crate) file: Option<PathBuf>,
    /// Every setting, also those that only Django sets.
    pub(super) values: Map<String, Json>,
    /// The names of those that the project sets.
    pub(super) own: BTreeSet<String>,
    /// Whether `PyMySQL` stands in the place of mysqlclient.
    pub(in crate::check) has_pymysql: bool,
    /// What Django's own checks have found, or why they could not be run.
    pub(crate) checks: Result<Vec<Message>, Failure>,
}

#[cfg(test)]
impl Answer {
    /// Settings that the project sets itself, every one.
    pub(in crate::check) fn of(
        values: Map<String, Json>,
        checks: Result<Vec<Message>, Failure>,
    ) -> Self {
        Self {
            file: None,
            own: values.keys().cloned().collect(),
            has_pymysql: false,
            values,
            checks,
        }
    }
}

#[cfg(test)]
impl Message {
    /// A warning of Django's.
    pub(in crate::check) fn warning(id: &str, text: &str) -> Self {
        Self {
            id: id.to_owned(),
            level: 30,
            text: text.to_owned(),
            hint: None,
            about: None,
        }
    }
}

/// What one of Django's own checks has found. Its text may hold anything.
pub(crate) struct Message {
    /// `security.W009`
    pub(super) id: String,
    pub(super) level: i64,
    pub(super) text: String,
    pub(super) hint: Option<String>,
    /// The model or field that it is about.
    pub(super) about: Option<String>,
}

/// Why there is no answer. Holds no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The interpreter cannot be started.
    NotStarted(io::ErrorKind),
    /// It has no Django.
    NoDjango,
    /// The project has raised an exception.
    Raised(Raised),
    /// It has ended by itself, with this exit code.
    Ended(i32),
    /// It has not come to an end in time.
    Late,
    /// It says something else.
    Unreadable,
    /// It says more than is read.
    TooLong,
}

/// An exception of the project's, without its message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Raised {
    /// The name of its class.
    pub(crate) class: String,
    /// The file and line of the project that it comes from.
    pub(crate) place: Option<(PathBuf, u64)>,
    /// The module that is not there.
    pub(crate) module: Option<String>,
    /// The variables that it is about.
    pub(crate) names: Vec<String>,
    /// Whether it is Django's, for want of a `SECRET_KEY`.
    pub(crate) is_keyless: bool,
}

/// Evaluates the settings, then runs Django's own checks.
pub(crate) fn evaluate(question: Question<'_>) -> Result<Answer, Failure> {
    let mut command = Command::new(question.python);
    command.args(["-c", EVALUATE]).current_dir(question.root);
    if question.is_deployed {
        command.arg("deploy");
    }
    let mut environment = question.environment;
    environment.retain(|(name, _)| name != DJANGO_SETTINGS_MODULE);
    environment.push((DJANGO_SETTINGS_MODULE.into(), question.module.into()));
    let ended = process::run(command, &environment, b"", question.within, LONGEST_ANSWER)
        .map_err(|error| Failure::NotStarted(error.kind()))?;
    let root = question.root.canonicalize();
    read(&ended, root.as_deref().unwrap_or(question.root))
}

/// What the process has said, up to where it ended.
fn read(ended: &Ended, root: &Path) -> Result<Answer, Failure> {
    let silence = match ended.code {
        _ if ended.is_cut => Failure::TooLong,
        None => Failure::Late,
        Some(0) => Failure::Unreadable,
        Some(code) => Failure::Ended(code),
    };
    // The last line may be a part of one.
    let lines = ended.said.split_inclusive(|&byte| byte == b'\n');
    let mut lines = lines.filter(|line| line.ends_with(b"\n"));
    let mut line = || -> Result<Map<String, Json>, Failure> {
        let line = lines.next().ok_or_else(|| silence.clone())?;
        match serde_json::from_slice(line) {
            Ok(Json::Object(object)) => Ok(object),
            _ => Err(Failure::Unreadable),
        }
    };
    let mut first = line()?;
    if let Some(Json::Object(raised)) = first.get("unevaluated") {
        return Err(Failure::Raised(self::raised(raised, root)));
    }
    if first.contains_key("missing") {
        return Err(Failure::NoDjango);
    }
    let Some(Json::Object(values)) = first.remove("values") else {
        return Err(Failure::Unreadable);
    };
    let file = text(&first, "file").map(PathBuf::from);
    let own = names(&first, "own", is_setting);
    let checks = line().and_then(|second| match second.get("unchecked") {
        Some(Json::Object(raised)) => Err(Failure::Raised(self::raised(raised, root))),
        _ => messages(&second).ok_or(Failure::Unreadable),
    });
    Ok(Answer {
        file: file.filter(|file| {
            file.is_absolute() && file.extension().is_some_and(|extension| extension == "py")
        }),
        values,
        own: own.into_iter().collect(),
        has_pymysql: first.get("pymysql") == Some(&Json::Bool(true)),
        checks,
    })
}

fn messages(answer: &Map<String, Json>) -> Option<Vec<Message>> {
    let all = answer.get("checks")?.as_array()?;
    let message = |message: &Json| {
        let message = message.as_object()?;
        let id = text(message, "id")?;
        let id = if is_check(id) { id } else { "django" };
        let about = text(message, "about");
        Some(Message {
            id: id.to_owned(),
            level: message.get("level")?.as_i64()?,
            text: text(message, "message")?.to_owned(),
            hint: text(message, "hint").map(str::to_owned),
            about: about.filter(|name| is_dotted(name)).map(str::to_owned),
        })
    };
    all.iter().map(message).collect()
}

fn raised(said: &Map<String, Json>, root: &Path) -> Raised {
    let class = text(said, "class").filter(|class| is_dotted(class));
    let file = text(said, "file").map(Path::new);
    let file = file.filter(|file| file.starts_with(root));
    let line = said.get("line").and_then(Json::as_u64);
    let module = text(said, "module").filter(|module| is_dotted(module));
    Raised {
        class: class.unwrap_or("an exception").to_owned(),
        place: file.map(Path::to_owned).zip(line),
        module: module.map(str::to_owned),
        names: names(said, "names", is_setting),
        is_keyless: said.contains_key("empty"),
    }
}

fn text<'a>(object: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str()
}

fn names(object: &Map<String, Json>, key: &str, is_sound: fn(&str) -> bool) -> Vec<String> {
    let all = object.get(key).and_then(Json::as_array);
    let all = all.into_iter().flatten().filter_map(Json::as_str);
    all.filter(|name| is_sound(name))
        .map(str::to_owned)
        .collect()
}

/// A setting's name, or a variable's.
fn is_setting(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name
            .chars()
            .all(|c| c.is_alphanumeric() && !c.is_lowercase() || c == '_')
}

fn is_dotted(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && !word.starts_with(|c: char| c.is_ascii_digit())
            && word.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    name.len() <= LONGEST_NAME && name.split('.').all(is_word)
}

/// Whether text is an id of one of Django's checks, or of another application's: `security.W009`.
pub(crate) fn is_check(id: &str) -> bool {
    let Some((label, number)) = id.rsplit_once('.') else {
        return false;
    };
    let digits = number
        .strip_prefix(['C', 'E', 'W', 'I', 'D'])
        .unwrap_or_default();
    is_dotted(label)
        && (1..=5).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn ended(code: Option<i32>, said: &str) -> Ended {
        Ended {
            code,
            said: Zeroizing::new(said.as_bytes().to_vec()),
            is_cut: false,
        }
    }

    fn failure(code: Option<i32>, said: &str) -> Failure {
        match read(&ended(code, said), Path::new("/shop")) {
            Ok(_) => panic!("an answer"),
            Err(failure) => failure,
        }
    }

    #[test]
    fn what_is_no_answer() {
        assert_eq!(failure(None, ""), Failure::Late);
        assert_eq!(failure(Some(1), ""), Failure::Ended(1));
        assert_eq!(failure(Some(0), ""), Failure::Unreadable);
        for said in ["x\n", "[]\n", "{}\n", "{\"values\": 1}\n", "{\"values\": {"] {
            assert_eq!(failure(Some(0), said), Failure::Unreadable, "{said}");
        }
        assert_eq!(
            failure(Some(0), "{\"missing\": \"django\"}\n"),
            Failure::NoDjango
        );
    }

    #[test]
    fn an_exception_is_told_as_far_as_it_can_be_believed() {
        let said = |inner: &str| {
            let said = format!("{{\"unevaluated\": {inner}}}\n");
            let Failure::Raised(raised) = failure(Some(0), &said) else {
                panic!("{said}");
            };
            raised
        };
        let raised = said(
            r#"{"class": "KeyError", "file": "/shop/settings.py", "line": 3, "names": ["DB_HOST", "no name"]}"#,
        );
        assert_eq!(raised.class, "KeyError");
        assert_eq!(raised.place, Some(("/shop/settings.py".into(), 3)));
        assert_eq!(raised.names, ["DB_HOST"]);
        let raised = said(
            r#"{"class": "a b\u001b", "file": "/etc/passwd", "line": 3, "module": "../x", "empty": 1}"#,
        );
        assert_eq!(
            raised,
            Raised {
                class: "an exception".to_owned(),
                is_keyless: true,
                ..Raised::default()
            }
        );
    }

    #[test]
    fn settings_are_used_where_the_checks_fail() {
        let first =
            r#"{"file": "/shop/settings.py", "values": {"DEBUG": true}, "own": ["DEBUG", "x"]}"#;
        let answer = |code, more: &str| {
            let answer = read(
                &ended(code, &format!("{first}\n{more}")),
                Path::new("/shop"),
            );
            answer.unwrap_or_else(|failure| panic!("{failure:?}"))
        };
        let late = answer(None, "{\"che");
        assert!(late.own.iter().eq(["DEBUG"]) && late.values.contains_key("DEBUG"));
        assert!(matches!(late.checks, Err(Failure::Late)));
        let raised = answer(Some(0), "{\"unchecked\": {\"class\": \"ValueError\"}}\n");
        assert!(
            matches!(raised.checks, Err(Failure::Raised(raised)) if raised.class == "ValueError")
        );
        let checked = answer(
            Some(0),
            r#"{"checks": [{"id": "a b", "level": 30, "message": "m", "hint": null, "about": "shop.Cart"}]}
"#,
        );
        let messages = checked.checks.unwrap_or_default();
        assert_eq!(messages[0].id, "django");
        assert_eq!(messages[0].about.as_deref(), Some("shop.Cart"));
    }

    #[test]
    fn ids_of_checks() {
        for id in [
            "security.W009",
            "models.E001",
            "rest_framework.W001",
            "a.b.I1",
        ] {
            assert!(is_check(id), "{id}");
        }
        for id in [
            "",
            "W009",
            "security.",
            "security.W",
            "security.W00a",
            "a b.W001",
            "PG001",
            ".W001",
        ] {
            assert!(!is_check(id), "{id}");
        }
    }
}
