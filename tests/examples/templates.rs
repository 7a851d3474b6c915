//! `examples/templates/run` from a first run to a second, and what the readers of its files see.

use crate::support::checkout;
use crate::support::project::{Outcome, Project};

const HERE: &str = "examples/templates";

fn run(clone: &Project) -> Outcome {
    let run = clone.program(&clone.path(HERE).join("run"), std::iter::empty::<&str>());
    run.env("NUAGES_BIN", env!("CARGO_BIN_EXE_nuages"))
        .output()
        .code(0)
}

#[test]
fn every_template_is_written_with_the_passwords_that_were_made() {
    let clone = Project::empty();
    crate::support::copy_tree(&checkout().join(HERE), &clone.path(HERE));
    let env = clone.path(HERE).join(".env");
    if env.exists() {
        std::fs::remove_file(env).unwrap();
    }
    let said = "templates: 7 files in target/templates\n";
    assert_eq!(run(&clone).stdout(), said);
    let passwords = clone.read(format!("{HERE}/.env"));
    let password = |name: &str| {
        let mut lines = passwords.lines();
        lines
            .find_map(|line| line.strip_prefix(&format!("{name}=")).map(str::to_owned))
            .unwrap()
    };
    let written = |name: &str| clone.read(format!("target/templates/{name}"));
    let db = password("DB_PASSWORD");
    for (file, line) in [
        ("nginx.conf", format!("\"Key {}\";", password("PROXY_KEY"))),
        (
            "nginx.conf",
            "    listen 80;\n    listen 8080;\n".to_owned(),
        ),
        (
            "pgbouncer.ini",
            format!("user='shop_app' password='{db}'\n"),
        ),
        ("userlist.txt", format!("\"shop_app\" \"{db}\"\n")),
        (
            "odbc.ini",
            format!("PWD = {}\n", password("WAREHOUSE_PASSWORD")),
        ),
        ("odbcinst.ini", "PostgreSQL for shop\n".to_owned()),
        (
            "supervisord.conf",
            format!("SECRET_KEY=\"{}\",\n", password("DJANGO_SECRET_KEY")),
        ),
        (
            "celeryd",
            format!("SECRET_KEY='{}'\n", password("DJANGO_SECRET_KEY")),
        ),
    ] {
        assert!(written(file).contains(&line), "{file}: {line}");
        assert_eq!(clone.mode(format!("target/templates/{file}")), 0o600);
    }
    assert_eq!(
        run(&clone).stdout(),
        said,
        "and once more over what is there"
    );
    assert_eq!(clone.read(format!("{HERE}/.env")), passwords);
}
