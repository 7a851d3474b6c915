//! What is timed, and the files it needs.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nuages_fakecloud::FakeCloud;

/// How many secrets the vault has.
pub const MOST: usize = 100;

/// One command line, where it runs, and with which environment.
pub struct Program {
    pub what: String,
    pub is_nuages: bool,
    pub argv: Vec<OsString>,
    pub directory: PathBuf,
    pub variables: Vec<(OsString, OsString)>,
    /// How many secrets it must have read in the end.
    pub secrets: usize,
}

pub fn value(number: usize) -> String {
    format!("value-{number}-of-some-length-0123456789")
}

/// Lays the files out below `directory`. The Python of a case follows its nuages.
pub fn all(
    nuages: &Path,
    python: bool,
    cloud: &FakeCloud,
    directory: &Path,
) -> Result<Vec<Program>, String> {
    let app = cloud.environment_app_service();
    let pod = cloud
        .environment_workload_identity()
        .map_err(|error| error.to_string())?;
    let mut programs = Vec::new();
    for (secrets, token, identity, environment) in [
        (4, false, "managed identity", &app),
        (4, false, "workload identity", &pod),
        (10, false, "managed identity", &app),
        (10, true, "managed identity", &app),
        (100, false, "managed identity", &app),
    ] {
        let more = if token { " and a database's token" } else { "" };
        let what = format!("{secrets} secrets{more}, {identity}");
        let directory = directory.join(what.replace(' ', "-"));
        lay(&directory, secrets, token)?;
        let program = |argv: Vec<OsString>, is_nuages| Program {
            what: what.clone(),
            is_nuages,
            argv,
            directory: directory.clone(),
            variables: variables(&directory, cloud, environment),
            secrets,
        };
        let exec = [
            nuages.as_os_str(),
            "exec".as_ref(),
            "--".as_ref(),
            "true".as_ref(),
        ];
        programs.push(program(exec.map(OsString::from).to_vec(), true));
        if python {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/guides.py");
            let mut argv: Vec<OsString> =
                vec!["python3".into(), script.into(), secrets.to_string().into()];
            argv.extend(token.then(|| "token".into()));
            programs.push(program(argv, false));
        }
    }
    Ok(programs)
}

fn lay(directory: &Path, secrets: usize, token: bool) -> Result<(), String> {
    let mut manifest =
        "[providers.secrets]\nkind = \"azure-kv\"\nvault = \"shop\"\n\n[env]\n".to_owned();
    for number in 0..secrets {
        let _ = writeln!(manifest, "V{number} = \"${{secrets://s{number}}}\"");
    }
    if token {
        manifest.push_str("TOKEN = \"${entra://azure-sql}\"\n");
    }
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(directory.join("nuages.toml"), manifest))
        .map_err(|error| format!("nuages.toml: {error}"))
}

/// What both take from the environment; Python's HTTP client has its own name for trusted certificates.
fn variables(
    directory: &Path,
    cloud: &FakeCloud,
    environment: &[(String, String)],
) -> Vec<(OsString, OsString)> {
    let mut variables: Vec<(OsString, OsString)> = environment
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    variables.push(("PATH".into(), std::env::var_os("PATH").unwrap_or_default()));
    variables.push(("HOME".into(), directory.into()));
    variables.push(("REQUESTS_CA_BUNDLE".into(), cloud.ca_file().into()));
    variables
}

/// Whether the values that `nuages exec` hands on are those of the vault.
pub fn check(program: &Program) -> Result<(), String> {
    let output = Command::new(&program.argv[0])
        .args(["exec", "--", "env"])
        .current_dir(&program.directory)
        .env_clear()
        .envs(program.variables.iter().cloned())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let handed = String::from_utf8_lossy(&output.stdout);
    for number in 0..program.secrets {
        let line = format!("V{number}={}", value(number));
        if !handed.lines().any(|other| other == line) {
            return Err(format!("`V{number}` has not the vault's value"));
        }
    }
    Ok(())
}

pub fn has_python() -> bool {
    let found = Command::new("python3")
        .args(["-c", "import azure.identity, azure.keyvault.secrets"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        eprintln!(
            "vault: the `python3` on the PATH has no azure-identity and azure-keyvault-secrets, which are left out"
        );
    }
    found
}
