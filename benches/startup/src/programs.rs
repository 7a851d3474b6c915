//! What is timed: the baseline first, then `nuages` with each local provider, then the loaders that are installed.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many variables each loader brings.
const VARIABLES: usize = 20;

/// One command line, where it runs, and with which environment.
pub struct Program {
    pub name: String,
    pub argv: Vec<OsString>,
    pub directory: PathBuf,
    pub variables: Vec<(OsString, OsString)>,
}

/// Lays the files out below `directory` and lists what can be timed.
pub fn all(nuages: &Path, directory: &Path) -> Result<Vec<Program>, String> {
    let mut programs = vec![program("`env true`", &["env", "true"], directory)];
    for provider in ["env", "dotenv", "file", "age"] {
        programs.push(with_nuages(nuages, provider, &directory.join(provider))?);
    }
    let at = directory.join("others");
    lay(&at, ".env", &variables())?;
    let found = [
        (
            "python-dotenv",
            vec!["dotenv", "-f", ".env", "run", "--", "true"],
        ),
        ("dotenvx", vec!["dotenvx", "run", "-q", "--", "true"]),
    ];
    for (name, argv) in found {
        if is_there(argv[0]) {
            let name = format!("{name}: `{}`", argv.join(" "));
            programs.push(program(&name, &argv, &at));
        } else {
            eprintln!("startup: {name} is not on the PATH and is left out");
        }
    }
    if is_there("fnox") {
        programs.extend(with_fnox(&directory.join("fnox"))?);
    } else {
        eprintln!("startup: fnox is not on the PATH and is left out");
    }
    Ok(programs)
}

fn with_nuages(nuages: &Path, provider: &str, directory: &Path) -> Result<Program, String> {
    let mut manifest = format!("[providers.secrets]\nkind = \"{provider}\"\n");
    match provider {
        "file" => manifest.push_str("path = \"mounted\"\n"),
        "age" => manifest.push_str("key_file = \"age.key\"\n"),
        _ => {}
    }
    manifest.push_str("[env]\n");
    for number in 0..VARIABLES {
        let _ = writeln!(manifest, "V{number} = \"${{secrets://S{number}}}\"");
    }
    lay(directory, "nuages.toml", &manifest)?;
    let argv = [
        nuages.as_os_str(),
        "exec".as_ref(),
        "--".as_ref(),
        "true".as_ref(),
    ];
    let mut program = Program {
        argv: argv.map(OsString::from).to_vec(),
        ..program(&format!("nuages, `{provider}`"), &["nuages"], directory)
    };
    match provider {
        "env" => program
            .variables
            .extend(secrets().map(|(name, value)| (name.into(), value.into()))),
        "dotenv" => lay(directory, ".env", &variables())?,
        "file" => {
            for (name, value) in secrets() {
                lay(&directory.join("mounted"), &name, &value)?;
            }
        }
        _ => {
            set_up(
                Command::new(nuages).args(["key", "new", "-o", "age.key"]),
                directory,
                "",
            )?;
            for (name, value) in secrets() {
                set_up(Command::new(nuages).args(["put", &name]), directory, &value)?;
            }
        }
    }
    Ok(program)
}

/// fnox with values that are not encrypted, and with an age key of `nuages key new`, which is one of age's own form.
fn with_fnox(directory: &Path) -> Result<Vec<Program>, String> {
    let mut plain = "[providers]\nplain = { type = \"plain\" }\n\n[secrets]\n".to_owned();
    for (name, value) in secrets() {
        let _ = writeln!(
            plain,
            "{name} = {{ provider = \"plain\", value = \"{value}\" }}"
        );
    }
    lay(directory, "fnox.toml", &plain)?;
    let argv = ["fnox", "exec", "--", "true"];
    let mut programs = vec![program("fnox, `plain`", &argv, directory)];

    let store = directory.with_file_name("age");
    let key = store.join("age.key");
    let text = fs::read_to_string(&key).map_err(|error| error.to_string())?;
    let public = text
        .lines()
        .find_map(|line| line.strip_prefix("# public key: "));
    let public = public.ok_or("the key file names no public key")?;
    let sealed = directory.with_file_name("fnox-age");
    let config = format!("[providers]\nage = {{ type = \"age\", recipients = [\"{public}\"] }}\n");
    lay(&sealed, "fnox.toml", &config)?;
    for (name, value) in secrets() {
        let mut set = Command::new("fnox");
        set.args(["set", &name, &value, "--provider", "age"])
            .env("FNOX_AGE_KEY_FILE", &key);
        set_up(&mut set, &sealed, "")?;
    }
    let mut with_age = program("fnox, `age`", &argv, &sealed);
    with_age
        .variables
        .push(("FNOX_AGE_KEY_FILE".into(), key.into()));
    programs.push(with_age);
    Ok(programs)
}

fn program(name: &str, argv: &[&str], directory: &Path) -> Program {
    let path = std::env::var_os("PATH").unwrap_or_default();
    Program {
        name: name.to_owned(),
        argv: argv.iter().map(OsString::from).collect(),
        directory: directory.to_owned(),
        variables: vec![("PATH".into(), path), ("HOME".into(), directory.into())],
    }
}

fn secrets() -> impl Iterator<Item = (String, String)> {
    (0..VARIABLES).map(|number| {
        (
            format!("S{number}"),
            format!("value-{number}-of-some-length-0123456789"),
        )
    })
}

fn variables() -> String {
    secrets()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect()
}

fn lay(directory: &Path, name: &str, text: &str) -> Result<(), String> {
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(directory.join(name), text))
        .map_err(|error| format!("{name}: {error}"))
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// Runs a command that must succeed, with `text` on its standard input.
fn set_up(command: &mut Command, directory: &Path, text: &str) -> Result<(), String> {
    lay(directory, ".stdin", text)?;
    let stdin = fs::File::open(directory.join(".stdin")).map_err(|error| error.to_string())?;
    let output = command
        .current_dir(directory)
        .env("HOME", directory)
        .stdin(stdin)
        .stdout(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    ))
}
