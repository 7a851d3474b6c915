//! What is timed: `nuages exec` first, then boto3 in three ways and the secretspec SDK, where Python has them.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the parameters are; the second is where secretspec looks by itself.
const PREFIXES: [&str; 2] = ["/shop/prod/", "/secretspec/shop/default/"];

/// One command line, where it runs, and with which environment.
#[derive(Clone)]
pub struct Program {
    pub name: String,
    pub argv: Vec<OsString>,
    pub directory: PathBuf,
    pub variables: Vec<(OsString, OsString)>,
    /// How many parameters it must have been given in the end.
    pub parameters: usize,
}

/// The Python programs that can run here.
pub struct Python {
    boto3: bool,
    secretspec: bool,
}

impl Python {
    pub fn none() -> Self {
        Self {
            boto3: false,
            secretspec: false,
        }
    }

    pub fn find() -> Self {
        Self {
            boto3: has_module("boto3"),
            secretspec: has_module("secretspec"),
        }
    }
}

pub fn parameters(count: usize) -> HashMap<String, String> {
    let of = |prefix| move |number| (format!("{prefix}S{number}"), value(number));
    PREFIXES
        .into_iter()
        .flat_map(|prefix| (0..count).map(of(prefix)))
        .collect()
}

pub fn value(number: usize) -> String {
    format!("value-{number}-of-some-length-0123456789")
}

/// Lays the files for `count` parameters out below `directory` and lists what can be timed.
pub fn all(
    nuages: &Path,
    python: &Python,
    store: SocketAddr,
    directory: &Path,
    count: usize,
) -> Result<Vec<Program>, String> {
    let directory = directory.join(count.to_string());
    let mut manifest =
        "[providers.secrets]\nkind = \"aws-ssm\"\nprefix = \"/shop/prod/\"\n\n[env]\n".to_owned();
    let mut specification =
        "[project]\nname = \"shop\"\nrevision = \"1.0\"\n\n[profiles.default]\n".to_owned();
    for number in 0..count {
        let _ = writeln!(manifest, "V{number} = \"${{secrets://S{number}}}\"");
        let _ = writeln!(
            specification,
            "S{number} = {{ description = \"number {number}\", required = true }}"
        );
    }
    lay(&directory, "nuages.toml", &manifest)?;
    lay(&directory, "secretspec.toml", &specification)?;

    let all = |name: &str, argv: Vec<OsString>| Program {
        name: name.to_owned(),
        argv,
        directory: directory.clone(),
        variables: variables(&directory, store),
        parameters: count,
    };
    let mut programs = vec![all("nuages", exec(nuages, "true"))];
    let mut script = |name: &str, file: &str, arguments: &[&str]| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("python")
            .join(file);
        let mut argv: Vec<OsString> = vec!["python3".into(), path.into(), count.to_string().into()];
        argv.extend(arguments.iter().map(OsString::from));
        programs.push(all(name, argv));
    };
    if python.boto3 {
        script("boto3, `get_parameter` each", "serial.py", &[]);
        script("boto3, `get_parameters` in tens", "tens.py", &["in-turn"]);
        if count > 10 {
            script("boto3, the tens at once", "tens.py", &["at-once"]);
        }
    }
    if python.secretspec {
        script("secretspec, `awsps://`", "with_secretspec.py", &[]);
    }
    Ok(programs)
}

/// `nuages` with twenty variables of the process environment, which no remote provider has a part in.
pub fn local(nuages: &Path, name: &str, directory: &Path) -> Result<Program, String> {
    let directory = directory.join("local");
    let mut manifest = "[providers.secrets]\nkind = \"env\"\n\n[env]\n".to_owned();
    let mut variables = vec![
        ("PATH".into(), path()),
        ("HOME".into(), directory.clone().into()),
    ];
    for number in 0..20 {
        let _ = writeln!(manifest, "V{number} = \"${{secrets://S{number}}}\"");
        variables.push((format!("S{number}").into(), value(number).into()));
    }
    lay(&directory, "nuages.toml", &manifest)?;
    Ok(Program {
        name: name.to_owned(),
        argv: exec(nuages, "true"),
        directory,
        variables,
        parameters: 0,
    })
}

/// Whether the values that `nuages exec` hands on are those of the store.
pub fn check(nuages: &Path, program: &Program) -> Result<(), String> {
    let argv = exec(nuages, "env");
    let output = Command::new(&argv[0])
        .args(&argv[1..])
        .current_dir(&program.directory)
        .env_clear()
        .envs(program.variables.iter().cloned())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let handed = String::from_utf8_lossy(&output.stdout);
    for number in 0..program.parameters {
        let line = format!("V{number}={}", value(number));
        if !handed.lines().any(|other| other == line) {
            return Err(format!("`V{number}` has not the store's value"));
        }
    }
    Ok(())
}

fn exec(nuages: &Path, command: &str) -> Vec<OsString> {
    vec![nuages.into(), "exec".into(), "--".into(), command.into()]
}

/// What AWS's tools read, each in its own way; the keys are nobody's.
fn variables(directory: &Path, store: SocketAddr) -> Vec<(OsString, OsString)> {
    vec![
        ("PATH".into(), path()),
        ("HOME".into(), directory.into()),
        ("AWS_ACCESS_KEY_ID".into(), "testing".into()),
        ("AWS_SECRET_ACCESS_KEY".into(), "testing".into()),
        ("AWS_REGION".into(), "eu-west-1".into()),
        ("AWS_DEFAULT_REGION".into(), "eu-west-1".into()),
        (
            "AWS_ENDPOINT_URL_SSM".into(),
            format!("http://{store}").into(),
        ),
    ]
}

fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

fn has_module(module: &str) -> bool {
    let found = Command::new("python3")
        .args(["-c", &format!("import {module}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        eprintln!("fetch: the `python3` on the PATH has no {module}, which is left out");
    }
    found
}

fn lay(directory: &Path, name: &str, text: &str) -> Result<(), String> {
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(directory.join(name), text))
        .map_err(|error| format!("{name}: {error}"))
}
