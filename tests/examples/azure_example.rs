//! What the examples for Azure share in their tests: a copy of the example in an otherwise empty checkout, the stand-in for
//! Azure, and a look at what is left when it has ended.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::looks::{blocks, files, names, with_pip};
use crate::support::project::{Outcome, Project, Run};
use crate::support::{checkout, copy_tree, must_run, process, python};

/// The oldest Python 3 that the pinned Django runs on.
const OLDEST_PYTHON: u32 = 10;

/// One of the examples, copied, with a temporary directory of its own.
pub(crate) struct Example {
    here: &'static str,
    pub(crate) clone: Project,
    temporary: Project,
    path: Vec<PathBuf>,
    libraries: Option<OsString>,
}

impl Example {
    /// `here` and `files` are paths in the checkout. `programs` go on `PATH`, `libraries` where programs look for them.
    pub(crate) fn fresh(
        here: &'static str,
        files: &[&str],
        programs: Option<&Path>,
        libraries: Option<OsString>,
    ) -> Self {
        let clone = Project::empty();
        copy_tree(&checkout().join(here), &clone.path(here));
        for file in files {
            clone.write(file, fs::read(checkout().join(file)).unwrap());
        }
        let temporary = Project::empty();
        // Where root runs this, a database server may run as another, who passes through.
        fs::set_permissions(temporary.root(), fs::Permissions::from_mode(0o711)).unwrap();
        let python = python::with_venv(OLDEST_PYTHON);
        let path = [python.parent(), programs].into_iter().flatten();
        Self {
            here,
            clone,
            temporary,
            path: path.map(Path::to_owned).collect(),
            libraries,
        }
    }

    /// `run` with these arguments, still to be started.
    fn run(&self, home: &Project, arguments: &[&str]) -> Run {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let ours = self.path.iter().cloned();
        let path = std::env::join_paths(ours.chain(std::env::split_paths(&inherited))).unwrap();
        let mut run = self
            .clone
            .program(&self.clone.path(self.here).join("run"), arguments)
            .env("PATH", path)
            .env("HOME", home.root())
            .env("TMPDIR", self.temporary.root())
            .env("NUAGES_BIN", env!("CARGO_BIN_EXE_nuages"))
            .env("FAKECLOUD_BIN", fakecloud())
            // What a caller may have set is not to lead anywhere else.
            .env("AZURE_CLIENT_SECRET", "somebody-elses")
            .env("AZURE_TENANT_ID", "elsewhere")
            .env("IDENTITY_ENDPOINT", "http://127.0.0.1:9")
            .env("NUAGES_PROFILE", "none")
            .env("DB_HOST", "db.elsewhere.example");
        if let Some(libraries) = &self.libraries {
            run = run.env("LD_LIBRARY_PATH", libraries);
        }
        with_pip(run)
    }

    /// Runs it to its end, and insists that nothing is left of it.
    pub(crate) fn ends(&self, arguments: &[&str], code: i32) -> Outcome {
        let home = Project::empty();
        let outcome = self.run(&home, arguments).output().code(code);
        assert_eq!(names(home.root()), [""; 0], "nothing is made at home");
        self.nothing_is_left();
        outcome
    }

    /// Types a script in the shell that the example hands over to, once all but the shop runs.
    pub(crate) fn types(&self, script: &str, code: i32) -> Outcome {
        self.ends(&["bash", "-euo", "pipefail", "-c", script], code)
    }

    /// Runs it as the README says, and insists that it prints what the README shows.
    pub(crate) fn runs_as_the_readme_says(&self, page: &str) {
        let readme = self.readme();
        let typed = &blocks(&readme, "sh")[1];
        assert_eq!(typed.trim(), format!("{}/run", self.here));
        let home = Project::empty();
        let run = self.run(&home, &[]).output().code(0);
        self.nothing_is_left();
        assert_eq!(run.stdout(), format!("{page}\n"));
        assert_eq!(blocks(&readme, "text"), [format!("{page}\n")]);
        let parts = names(self.clone.root());
        let known = ["examples", "target", "tests"];
        assert!(
            parts.iter().all(|part| known.iter().any(|it| part == it)),
            "nothing is made elsewhere: {parts:?}"
        );
    }

    /// Types what the README says to type in the example's shell.
    pub(crate) fn commands_of_the_readme(&self) -> Outcome {
        let readme = self.readme();
        let typed = blocks(&readme, "sh");
        assert_eq!(typed.len(), 3, "Azure's, one to run it, one for its shell");
        assert!(readme.contains(&format!("`{}/run bash`", self.here)));
        // The exit code that the command in that shell ends with is the one of the run.
        self.types(&format!("{}exit 7", typed[2]), 7)
    }

    /// TERM while the shop is being served.
    pub(crate) fn a_run_cut_short_leaves_nothing(&self, servers: &[&str]) {
        let home = Project::empty();
        let mut run = self.run(&home, &[]).start();
        run.wait_for(Duration::from_mins(2), |line| {
            line.ends_with("serving as shop-web").then_some(())
        });
        let running = self.processes();
        for server in servers {
            let found = running.iter().any(|line| line.contains(server));
            assert!(found, "a look at processes finds `{server}`: {running:#?}");
        }
        run.send(Signal::TERM);
        let (status, said) = run.finish(Duration::from_mins(3));
        assert!(!status.success(), "{said}");
        self.nothing_is_left();
    }

    fn nothing_is_left(&self) {
        assert_eq!(names(self.temporary.root()), [""; 0], "files are left");
        // What was killed is gone a moment later.
        for _ in 0..100 {
            if self.processes().is_empty() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("processes are left: {:#?}", self.processes());
    }

    /// The command lines of all processes of the example: its temporary directory is among what each was given.
    fn processes(&self) -> Vec<String> {
        process::processes_of(self.temporary.root())
    }

    pub(crate) fn readme(&self) -> String {
        self.clone.read(format!("{}/README.md", self.here))
    }

    /// The example's own files, which a run leaves as they are.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        files(&self.clone.path(self.here))
    }
}

/// What holds of an example's pages without running it: the README shows the manifest, and gives the roles for what is read.
pub(crate) fn check_the_readme(here: &str, secrets: &[&str]) {
    let read = |name: &str| fs::read_to_string(checkout().join(here).join(name)).unwrap();
    let readme = read("README.md");
    let shown = blocks(&readme, "toml");
    assert_eq!(shown.len(), 1);
    assert!(
        read("nuages.toml").ends_with(&shown[0]),
        "all but the comment at its head"
    );

    let example = Project::empty().tree(&checkout().join(here));
    let plan = example.nuages(["plan", "--json"]).output().code(0);
    let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
    let instances = plan["instances"].as_array().unwrap();
    let vault = instances.iter().find(|it| it["name"] == "vault").unwrap();
    let fetches = vault["fetches"].as_array().unwrap().iter();
    let mut wanted: Vec<_> = fetches.map(|it| it["locator"].as_str().unwrap()).collect();
    wanted.sort_unstable();
    assert_eq!(wanted, secrets);
    // Before the role's scope ends, each of them is named.
    let azure = &blocks(&readme, "sh")[0];
    for secret in secrets {
        assert!(azure.contains(secret), "no role for `{secret}`");
    }
    let of_migrations = "7c1c5cb4-9f0b-4c52-8a4e-5d3d7f3f0a11";
    for page in ["nuages.toml", "azure.json"] {
        assert!(read(page).contains(of_migrations), "{page}");
    }
}

/// For the shell of an example: while the shop serves, its arguments and all files of the deployment, the database's own
/// too, hold none of the secrets it was given: those of its environment, and of its database the key `$1`.
pub(crate) const NO_SECRET_IS_WRITTEN: &str = r#"
no_secret_is_written() {
    nuages exec -- gunicorn shop.wsgi 2>"$DEPLOYMENT/gunicorn.log" & shop=$!
    until grep -q 'Booting worker' "$DEPLOYMENT/gunicorn.log"; do kill -0 "$shop"; sleep 0.1; done
    grep -qzx shop.wsgi "/proc/$shop/cmdline" # nuages has become gunicorn
    given() { tr '\0' '\n' <"/proc/$shop/environ" | sed -n "s/^$1=//p"; }
    local token name secret
    token=$(given DATABASES | python -c 'import json, sys; print(json.load(sys.stdin)["default"][sys.argv[1]])' "$1")
    for name in token "${@:2}"; do
        secret=$([[ $name == token ]] && echo "$token" || given "$name")
        ((${#secret} >= 43)) || exit 9
        # No pipes: what ends early upstream is not to hide that something was found.
        if grep -qaF -f <(echo "$secret") /proc/[0-9]*/cmdline 2>/dev/null; then exit 10; fi
        if grep -rqaF -f <(echo "$secret") "$DEPLOYMENT" .; then exit 11; fi
        echo "$name is not written"
    done
    kill "$shop"
    wait "$shop"
}
"#;

/// The stand-in for Azure as a program, built where it is not yet.
fn fakecloud() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let said = must_run(
            Command::new(env!("CARGO"))
                .args(["build", "--locked", "--quiet", "-p", "nuages-fakecloud"])
                .args(["--bin", "fakecloud", "--message-format", "json"])
                .current_dir(checkout()),
        );
        let messages = said
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut programs = messages.filter_map(|it| Some(it["executable"].as_str()?.to_owned()));
        programs.next_back().expect("a program from Cargo").into()
    })
}
