//! The package by itself: what is in the wheel, that pip installs it, its types and style, and its own tests on every
//! Python and Django that is promised.

use std::fs;
use std::process::Command;

use crate::pack::{self, beside, tools};
use crate::support::project::Project;
use crate::support::python::{self, Django};
use crate::support::{checkout, must_run};

/// What the site's settings are made of.
const MANIFEST: &str = include_str!("site/site.toml");

/// The site in `tests/wheel/site` with its manifest and its secrets.
pub(crate) fn site() -> Project {
    Project::new(MANIFEST)
        .tree(&checkout().join("tests/wheel/site"))
        .file("secrets/secret-key", r#"maple "4403" it's \ x"#)
        .file("secrets/db-password", "linden-9127")
        .file("secrets/redis", "plane-3381")
        .file("secrets/hook", "https://hooks.example/T1/spruce-7")
}

/// `pip install` of the wheel into a new environment, then what the first page of the documentation types.
#[test]
fn pip_installs_the_program_and_the_package() {
    let environment = beside().join("environment");
    must_run(Command::new(tools()).args(["-m", "venv"]).arg(&environment));
    let python = environment.join("bin/python");
    must_run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--no-index"])
            .arg("--disable-pip-version-check")
            .arg(pack::file()),
    );
    let project =
        Project::new("[env]\nGREETING = \"${file://greeting}\"\n").file("greeting", "hello");
    let version = format!("nuages {}\n", env!("CARGO_PKG_VERSION"));
    // By its own name, and as a module, with nothing of ours on the `PATH`.
    for (program, arguments) in [
        ("nuages", &["--version"][..]),
        ("python", &["-m", "nuages", "--version"]),
    ] {
        let run = project.program(&environment.join("bin").join(program), arguments);
        assert_eq!(run.output().code(0).stdout(), version);
    }
    let script = "import nuages; print(nuages.env('GREETING'), nuages.__version__)";
    let told = project.program(&python, ["-c", script]).output().code(0);
    let expected = format!("hello {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(told.stdout(), expected, "the program beside it is found");
    // Exit codes of the program come through.
    let run = project.program(&python, ["-m", "nuages", "get", "file://absent"]);
    assert_eq!(run.output().status.code(), Some(4));
}

#[test]
fn the_wheel_holds_what_it_should() {
    let list =
        "import sys, zipfile; print(*sorted(zipfile.ZipFile(sys.argv[1]).namelist()), sep='\\n')";
    let names = must_run(Command::new(tools()).args(["-c", list]).arg(pack::file()));
    let mut names: Vec<&str> = names.lines().collect();
    let version = env!("CARGO_PKG_VERSION");
    for wanted in [
        "nuages/__init__.py".to_owned(),
        "nuages/py.typed".to_owned(),
        format!("nuages-{version}.data/scripts/nuages"),
        format!("nuages-{version}.dist-info/METADATA"),
        format!("nuages-{version}.dist-info/RECORD"),
        format!("nuages-{version}.dist-info/WHEEL"),
        format!("nuages-{version}.dist-info/licenses/LICENSE-APACHE"),
        format!("nuages-{version}.dist-info/licenses/LICENSE-MIT"),
    ] {
        assert!(names.contains(&wanted.as_str()), "{wanted}: {names:?}");
    }
    names.retain(|name| !name.starts_with(&format!("nuages-{version}.")));
    assert!(
        names
            .iter()
            .all(|name| name.starts_with("nuages/") && !name.contains("__pycache__")),
        "{names:?}"
    );
    // The tests' binary is linked to this machine's C library, and the wheel says so.
    let file = pack::file().file_name().unwrap().to_str().unwrap();
    let platform = format!("linux_{}", std::env::consts::ARCH);
    assert_eq!(file, format!("nuages-{version}-py3-none-{platform}.whl"));
}

/// The page that a package index shows: a link into the repository would lead nowhere there.
#[test]
fn the_page_of_the_index_stands_by_itself() {
    let read = "import sys, zipfile; file = zipfile.ZipFile(sys.argv[1])\n\
                name = next(name for name in file.namelist() if name.endswith('.dist-info/METADATA'))\n\
                print(file.read(name).decode(), end='')";
    let metadata = must_run(Command::new(tools()).args(["-c", read]).arg(pack::file()));
    let (head, page) = metadata.split_once("\n\n").unwrap();
    assert!(
        head.contains("Description-Content-Type: text/markdown"),
        "{head}"
    );
    let own = fs::read_to_string(checkout().join("python/README.md")).unwrap();
    assert_eq!(page.trim_end(), own.trim_end());
    assert!(!page.contains("](") && !page.contains("<a "), "{page}");
    // It and the repository's first page show the same settings, and what it names is there.
    let first = fs::read_to_string(checkout().join("README.md")).unwrap();
    let block = |page: &str| {
        page.split("```python\n")
            .nth(1)
            .unwrap()
            .split("```")
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(block(page), block(&first));
}

/// What pip builds the program from where no wheel fits: cargo finds all it wants in it, and there is little else.
#[test]
fn the_source_distribution_is_enough_and_no_more() {
    let directory = beside().join("sdist");
    must_run(
        Command::new(tools().with_file_name("maturin"))
            .args(["sdist", "--out"])
            .arg(&directory)
            .current_dir(checkout()),
    );
    let name = format!("nuages-{}", env!("CARGO_PKG_VERSION"));
    must_run(
        Command::new("tar")
            .arg("-xzf")
            .arg(directory.join(format!("{name}.tar.gz")))
            .arg("-C")
            .arg(&directory),
    );
    let root = directory.join(name);
    let metadata = must_run(
        Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
            .current_dir(&root),
    );
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    let programs = metadata["packages"].as_array().unwrap().iter();
    let mut targets = programs.flat_map(|package| package["targets"].as_array().unwrap());
    assert!(targets.any(|target| target["name"] == "nuages" && target["kind"][0] == "bin"));
    for wanted in [
        "LICENSE-MIT",
        "python/README.md",
        "build.rs",
        "python/nuages/py.typed",
    ] {
        assert!(root.join(wanted).exists(), "{wanted}");
    }
    for unwanted in [
        ".ci",
        "docs",
        "examples",
        "fuzz",
        "tests/wheel",
        "tests/support/postgres.rs",
        "tests/support/fakecloud/keys",
    ] {
        assert!(!root.join(unwanted).exists(), "{unwanted}");
    }
}

#[test]
fn types_and_style_hold() {
    let in_checkout = |arguments: &[&str]| {
        let cache = beside().join("cache");
        must_run(
            Command::new(tools())
                .arg("-m")
                .args(arguments)
                .current_dir(checkout())
                .env("MYPY_CACHE_DIR", &cache)
                .env("RUFF_CACHE_DIR", &cache),
        )
    };
    in_checkout(&["mypy"]);
    in_checkout(&["ruff", "check", "--quiet"]);
    in_checkout(&["ruff", "format", "--check", "--quiet"]);
    // As those see it who have installed it.
    must_run(
        Command::new(tools())
            .args(["-m", "mypy", "--strict", "--no-site-packages"])
            .args(["--follow-imports", "silent"])
            .arg(checkout().join("tests/wheel/promises.py"))
            .current_dir(beside())
            .env("MYPYPATH", pack::installed()),
    );
}

#[test]
fn the_package_works_without_django() {
    let project = Project::empty().tree(&checkout().join("tests/wheel/api"));
    for minor in [10, 13] {
        let Some(python) = python::venv_on("bare", minor) else {
            continue;
        };
        let run = pack::run(&project, &python, &["-m", "unittest", "--quiet"]);
        run.output().code(0);
    }
}

#[test]
fn the_package_works_with_django_5_2() {
    works_with(Django::V5_2, &[11, 13]);
}

#[test]
fn the_package_works_with_django_6_1() {
    works_with(Django::V6_1, &[12, 13]);
}

/// Runs the package's own tests with one release of Django on some minor versions of Python.
fn works_with(django: Django, minors: &[u32]) {
    if !Django::chosen().contains(&django) {
        return;
    }
    let api = Project::empty().tree(&checkout().join("tests/wheel/api"));
    let site = site();
    let name = format!("wheel-{}", django.name());
    let tests = ["-m", "unittest", "--quiet"];
    for python in minors
        .iter()
        .filter_map(|minor| python::venv_on(&name, *minor))
    {
        pack::run(&api, &python, &tests).output().code(0);
        pack::exec(&site, &[], &python, &tests).output().code(0);
    }
}

/// `nuages check --settings` evaluates settings that ask this package, and Django's checks with it among them: the manifest
/// is checked once, and no store is asked.
#[test]
fn nuages_checks_settings_that_read_from_it() {
    let site = site();
    let python = tools().to_str().unwrap();
    let check = |more: &[&str]| {
        let arguments = [
            "check",
            "--format",
            "json",
            "--settings",
            "desk.settings",
            "--python",
            python,
        ];
        site.nuages([&arguments, more].concat())
            .env("PYTHONPATH", pack::installed())
            .output()
    };
    let resolved = check(&["--resolve"]).code(1);
    let report: serde_json::Value = serde_json::from_slice(&resolved.stdout).unwrap();
    let rules = report["findings"].as_array().unwrap().iter();
    let found = rules.filter(|finding| finding["rule"] == "PG001").count();
    assert_eq!(found, 1, "{}", resolved.stdout());
    assert!(report["summary"]["complete"].as_bool().unwrap());

    // Without values nothing is asked of a store: there is none.
    fs::remove_dir_all(site.path("secrets")).unwrap();
    let offline = check(&[]);
    assert!(
        offline.stderr().contains("--resolve"),
        "{}",
        offline.stderr()
    );
}
