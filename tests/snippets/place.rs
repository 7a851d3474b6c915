//! Where the commands of a page run: a Django project in git, a home, `nuages` and Python first on the `PATH`, and the
//! stand-ins that the page or its scene asks for.

use std::any::Any;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use nuages_fakecloud::FakeCloud;

use crate::note::Note;
use crate::page::Page;
use crate::reading;
use crate::session;
use crate::steps::{Form, steps};
use crate::support::moto::Moto;
use crate::support::postgres::{ADMIN, APP, MIGRATIONS, Postgres};
use crate::support::{checkout, copy_tree, must_run, postgres_programs, python, scratch};

/// The project that pages are about.
const PROJECT: &str = "tests/snippets/project";

/// What the reader of a page has installed.
pub(crate) struct Programs {
    /// Directories for the front of `PATH`.
    pub(crate) path: Vec<PathBuf>,
    /// Variables besides.
    pub(crate) variables: Vec<(OsString, OsString)>,
}

impl Programs {
    /// `nuages` of this build, and the Python that the tests have.
    pub(crate) fn of_this_build(own: &Path) -> Self {
        let bin = own.join("bin");
        fs::create_dir_all(&bin).expect("a directory for programs");
        symlink(env!("CARGO_BIN_EXE_nuages"), bin.join("nuages")).expect("a link to nuages");
        let python = python::venv();
        let stand_ins = checkout().join("tests/snippets/stand-ins");
        let venv = python.parent().expect("the programs of Python").to_owned();
        let package = checkout().join("python");
        Self {
            path: vec![bin, stand_ins, venv],
            variables: vec![
                ("PYTHONPATH".into(), package.into()),
                ("SNIPPETS_PYTHON".into(), reading::interpreter().into()),
            ],
        }
    }
}

impl Programs {
    /// What `pip install nuages` brings, from a wheel of this build, and no other `nuages`.
    pub(crate) fn of_a_wheel(own: &Path) -> Self {
        let wheels = own.join("wheels");
        let tools = python::venv_with("wheel", 11);
        // Without what debugging needs, it is half as long.
        let program = own.join("nuages");
        let strip = Command::new("strip")
            .arg("-o")
            .arg(&program)
            .arg(env!("CARGO_BIN_EXE_nuages"))
            .output();
        assert!(
            strip.is_ok_and(|it| it.status.success()),
            "`strip` of binutils is wanted"
        );
        let said = must_run(
            Command::new(checkout().join(".ci/wheel"))
                .arg(&program)
                .arg(&wheels)
                .env(
                    "PATH",
                    join(&[tools.parent().expect("its programs").to_owned()]),
                ),
        );
        // The wheel in its place, whatever an index has under that name.
        let constraints = own.join("constraints.txt");
        let line = format!("nuages @ file://{}\n", said.trim_end());
        fs::write(&constraints, line).expect("a constraint");
        let python = python::with_venv(10);
        Self {
            path: vec![python.parent().expect("its directory").to_owned()],
            variables: vec![
                ("PIP_CONSTRAINT".into(), constraints.into()),
                ("PIP_CACHE_DIR".into(), scratch().join("pip").into()),
            ],
        }
    }
}

/// These directories in front of `PATH`.
fn join(path: &[PathBuf]) -> OsString {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let all = path.iter().cloned().chain(std::env::split_paths(&rest));
    std::env::join_paths(all).expect("directories without a colon")
}

/// What comes from outside: where programs are, and by which way packages come.
fn inherited() -> Vec<(OsString, OsString)> {
    let known = |name: &str| {
        let name = name.to_ascii_uppercase();
        ["PIP_", "SSL_CERT_"].iter().any(|it| name.starts_with(it)) || name.ends_with("_PROXY")
    };
    std::env::vars_os()
        .filter(|(name, _)| known(&name.to_string_lossy()))
        .collect()
}

/// Runs a page, and says what does not hold.
pub(crate) fn try_out(
    page: &Page,
    form: Form,
    programs: impl Fn(&Path) -> Programs,
) -> Result<(), String> {
    let settings = fs::read_to_string(checkout().join(PROJECT).join("shop/settings.py"))
        .expect("the project's settings");
    let parts = steps(page, form, &settings).map_err(|faults| faults.join("\n"))?;
    if parts.iter().all(Vec::is_empty) {
        return Ok(());
    }
    let scene = scene(page);
    let (given, _servers) = provide(&stand_ins(page, scene.as_deref()))?;
    for (part, steps) in parts.iter().enumerate().filter(|(_, it)| !it.is_empty()) {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let mut place = place(temporary.path(), &programs);
        if form == Form::Project {
            copy_tree(&checkout().join(PROJECT), &place.directory);
            repository(&place.directory, &place.variables);
        }
        place.variables.extend(given.iter().cloned());
        place
            .variables
            .push(("PART".into(), part.to_string().into()));
        place.scene.clone_from(&scene);
        session::run(page, steps, &place)?;
    }
    Ok(())
}

/// An empty directory, and what a shell needs.
fn place(root: &Path, programs: impl Fn(&Path) -> Programs) -> session::Place {
    let [home, own, directory] = ["home", "steps", "shop"].map(|name| root.join(name));
    for path in [&home, &own, &directory] {
        fs::create_dir(path).expect("a directory");
    }
    let programs = programs(&own);
    let mut variables = inherited();
    variables.extend(programs.variables);
    variables.extend(ours(&home, &programs.path));
    session::Place {
        directory,
        own,
        variables,
        scene: None,
    }
}

fn ours(home: &Path, path: &[PathBuf]) -> Vec<(OsString, OsString)> {
    let words = |pairs: &[(&str, &str)]| -> Vec<(OsString, OsString)> {
        pairs
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    };
    let mut variables = words(&[
        ("LANG", "C.UTF-8"),
        ("TERM", "dumb"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "Reader"),
        ("GIT_AUTHOR_EMAIL", "reader@shop.example"),
        ("GIT_COMMITTER_NAME", "Reader"),
        ("GIT_COMMITTER_EMAIL", "reader@shop.example"),
        // A real gunicorn that loads the application and ends; one in the background serves.
        ("GUNICORN_CMD_ARGS", "--check-config"),
    ]);
    variables.push(("PATH".into(), join(path)));
    variables.push(("HOME".into(), home.into()));
    let checkout = checkout().as_os_str().to_owned();
    variables.push(("CHECKOUT".into(), checkout));
    variables
}

fn repository(directory: &Path, variables: &[(OsString, OsString)]) {
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["add", "--all"],
        &["commit", "--quiet", "--message=A shop"],
    ] {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(directory).env_clear();
        must_run(git.envs(variables.iter().map(|(name, value)| (name, value))));
    }
}

/// `scenes/docs-check.sh` for `docs/check.md`.
pub(crate) fn scene(page: &Page) -> Option<PathBuf> {
    let name = page.path.trim_end_matches(".md").replace('/', "-");
    let path = checkout().join(format!("tests/snippets/scenes/{name}.sh"));
    path.is_file().then_some(path)
}

/// What the page's notes and the first lines of its scene ask for.
fn stand_ins(page: &Page, scene: Option<&Path>) -> Vec<String> {
    let noted = page.blocks.iter().flat_map(|block| &block.notes);
    let mut wanted: Vec<String> = noted
        .filter_map(|note| match note {
            Note::With(name) => Some(name.clone()),
            _ => None,
        })
        .collect();
    if let Some(scene) = scene {
        let text = fs::read_to_string(scene).expect("a scene");
        let line = text.lines().find_map(|line| line.strip_prefix("# with: "));
        wanted.extend(
            line.into_iter()
                .flat_map(|line| line.split(", "))
                .map(str::to_owned),
        );
    }
    wanted.sort();
    wanted.dedup();
    wanted
}

type Variables = Vec<(OsString, OsString)>;

/// What has to live as long as a page runs.
type Servers = Vec<Box<dyn Any>>;

/// The variables by which the stand-ins are found, and the stand-ins.
fn provide(wanted: &[String]) -> Result<(Variables, Servers), String> {
    let (mut variables, mut servers) = (Variables::new(), Servers::new());
    for name in wanted {
        match name.as_str() {
            "azure" => {
                let cloud = FakeCloud::start();
                cloud.vault("shop-prod");
                let found = cloud.environment_app_service();
                variables.extend(
                    found
                        .into_iter()
                        .map(|(name, value)| (name.into(), value.into())),
                );
                servers.push(Box::new(cloud));
            }
            "moto" => {
                let found = Moto::start().account().variables();
                variables.extend(
                    found
                        .into_iter()
                        .map(|(name, value)| (name.into(), value.into())),
                );
            }
            "postgres" => {
                let server = Postgres::start();
                variables.extend(of_postgres(&server));
                servers.push(Box::new(server));
            }
            _ => {
                return Err(format!(
                    "there is no stand-in `{name}`; there are azure, moto and postgres"
                ));
            }
        }
    }
    Ok((variables, servers))
}

fn of_postgres(server: &Postgres) -> Variables {
    let mut variables = Variables::from([
        ("POSTGRES_PORT".into(), server.port().to_string().into()),
        (
            "POSTGRES_ROOT_CERT".into(),
            server.root_certificate().into(),
        ),
        ("POSTGRES_PROGRAMS".into(), postgres_programs::find().into()),
    ]);
    for (name, role) in [("APP", APP), ("MIGRATIONS", MIGRATIONS), ("ADMIN", ADMIN)] {
        variables.push((
            format!("POSTGRES_{name}_PASSWORD").into(),
            role.password.into(),
        ));
    }
    variables
}
