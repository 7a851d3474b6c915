//! What the examples with servers of their own (`examples/stand-ins`) share in their tests: a copy of the example in an
//! otherwise empty checkout, whose Python environment is made once and kept, and a look at what is left when it has ended.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;

use crate::looks::{blocks, files, keep_what_is_installed, names, with_pip};
use crate::support::project::{Outcome, Project, Run};
use crate::support::{checkout, copy_tree, postgres_programs, process, python};

/// The oldest Python 3 that the pinned Django runs on.
const OLDEST_PYTHON: u32 = 10;

/// One of the examples, copied, with a temporary directory of its own.
pub(crate) struct Example {
    here: &'static str,
    clone: Project,
    temporary: Project,
    path: Vec<PathBuf>,
    variables: Vec<(&'static str, OsString)>,
}

impl Example {
    /// One that starts PostgreSQL.
    pub(crate) fn with_postgres(here: &'static str) -> Self {
        let programs = postgres_programs::find();
        let libraries = postgres_programs::libraries(&programs.join("initdb"));
        let variables = libraries.map(|libraries| ("LD_LIBRARY_PATH", libraries));
        Self::fresh(here, programs, variables.into_iter().collect())
    }

    /// `here` is its path in the checkout. `programs` go on `PATH`.
    pub(crate) fn fresh(
        here: &'static str,
        programs: PathBuf,
        variables: Vec<(&'static str, OsString)>,
    ) -> Self {
        let clone = Project::empty();
        for part in [here, "examples/stand-ins"] {
            copy_tree(&checkout().join(part), &clone.path(part));
        }
        let temporary = Project::empty();
        // Where root runs this, a database server may run as another, who passes through.
        fs::set_permissions(temporary.root(), fs::Permissions::from_mode(0o711)).unwrap();
        let interpreter = python::with_venv(OLDEST_PYTHON);
        let example = Self {
            here,
            clone,
            temporary,
            path: vec![interpreter.parent().unwrap().to_owned(), programs],
            variables,
        };
        keep_what_is_installed(&example.clone, here, &interpreter, || {
            // A home of its own: pip asks rustc for its version, and the rustup behind it makes a directory there.
            example.run(&Project::empty(), &["true"]).output().code(0);
        });
        example
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
            // What a caller may have set is not to lead anywhere else.
            .env("AWS_PROFILE", "somebody-elses")
            .env("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:9")
            .env("NUAGES_PROFILE", "none")
            .env("DB_HOST", "db.elsewhere.example")
            .env("PGHOST", "db.elsewhere.example");
        for (name, value) in &self.variables {
            run = run.env(name, value);
        }
        with_pip(run)
    }

    /// Runs it to its end, and insists that nothing is left of it.
    fn ends(&self, arguments: &[&str], code: i32) -> Outcome {
        let home = Project::empty();
        let outcome = self.run(&home, arguments).output().code(code);
        assert_eq!(names(home.root()), [""; 0], "nothing is made at home");
        self.nothing_is_left();
        outcome
    }

    /// Runs it as the README says, and insists that it prints what the README shows, and leaves its own files as they were.
    pub(crate) fn runs_as_the_readme_says(&self) {
        let readme = self.readme();
        let before = files(&self.clone.path(self.here));
        let typed = format!("{}/run\n", self.here);
        assert!(blocks(&readme, "sh").contains(&typed), "{typed}");
        let outcome = self.ends(&[], 0);
        assert_eq!(blocks(&readme, "text"), [outcome.stdout()]);
        assert_eq!(names(self.clone.root()), ["examples", "target"]);
        assert!(before == files(&self.clone.path(self.here)));
    }

    /// Types what the README says to type in the shell of `run bash`, its last block of `sh`, and then a script that ends
    /// with 7: the exit code of the shell is the one of the run.
    pub(crate) fn types_the_readme_and(&self, script: &str) -> Outcome {
        let readme = self.readme();
        assert!(readme.contains(&format!("`{}/run bash`", self.here)));
        let typed = blocks(&readme, "sh").pop().unwrap();
        let script = format!("{typed}\necho '--- and then'\n{script}\nexit 7");
        self.ends(&["bash", "-euo", "pipefail", "-c", &script], 7)
    }

    /// TERM when it says these words.
    pub(crate) fn a_run_cut_short_leaves_nothing(&self, words: &str, servers: &[&str]) {
        let home = Project::empty();
        let mut run = self.run(&home, &[]).start();
        run.wait_for(Duration::from_mins(2), |line| {
            line.ends_with(words).then_some(())
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

    fn readme(&self) -> String {
        self.clone.read(format!("{}/README.md", self.here))
    }
}

/// Every line of the manifests that a README shows is one of the example's own, in their order.
pub(crate) fn shows_its_manifest(here: &str) {
    let read = |name: &str| fs::read_to_string(checkout().join(here).join(name)).unwrap();
    let (readme, manifest) = (read("README.md"), read("nuages.toml"));
    let shown = blocks(&readme, "toml");
    assert_eq!(shown.len(), 1);
    let mut lines = manifest.lines();
    for line in shown[0].lines().filter(|line| !line.is_empty()) {
        assert!(lines.any(|own| own == line), "`{line}` is not in its place");
    }
}

/// The two outputs of a run have these words.
#[track_caller]
pub(crate) fn says(outcome: &Outcome, stdout: &[&str], stderr: &[&str]) {
    for (said, wanted) in [(outcome.stdout(), stdout), (outcome.stderr(), stderr)] {
        for words in wanted {
            assert!(said.contains(words), "`{words}` is not in {said}");
        }
    }
}
