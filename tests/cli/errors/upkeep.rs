//! Mistakes in what is kept fresh, and in the audit log.

use super::{fails, refused};
use crate::support::project::Project;

refused! {
    periods_that_are_none: "[providers.s]\nkind = \"env\"\nrefresh = \"often\"\n\n[supervise]\nsettle = 2\njitter = \"400d\"\n\n[profiles.prod.providers.s]\nrefresh = \"10ms\"\n";
    unknown_keys_of_upkeep: "[supervise]\nonchange = \"restart\"\n\n[audit]\nfile = \"audit.jsonl\"\n\n[providers.s]\nkind = \"env\"\nrefersh = \"5m\"\n\n[databases.default]\nENGINE = \"mysql\"\nlive = \"mysqlclient\"\nlivee = true\nverify = \"login\"\n";
    reactions_that_are_none: "[supervise]\non_change = \"signal:TERM\"\n\n[files.a]\ncontent = \"x\"\non_change = \"reload\"\n";
    verify_that_is_no_command: "[databases.a]\nENGINE = \"mysql\"\nverify = { command = \"python probe.py\" }\n\n[databases.b]\nENGINE = \"mysql\"\nverify = { comand = [\"x\"] }\n\n[databases.c]\nENGINE = \"mysql\"\nverify = { command = [] }\n\n[databases.d]\nENGINE = \"mysql\"\nverify = { command = [\"x\", \"${env://PASSWORD}\"] }\n";
    files_that_cannot_be_rendered: "[files.a]\ncontent = \"x\"\nrender = \"json\"\n\n[files.b]\nrender = \"databases-jsn\"\n\n[files.c]\nrender = \"json\"\noptional = true\n\n[files.\".nuages/7/x\"]\ncontent = \"x\"\n";
    live_without_a_way: "[databases.default]\nENGINE = \"oracle\"\nlive = true\n\n[databases.other]\nENGINE = \"sqlite3\"\nlive = true\n\n[databases.third]\nENGINE = \"postgis\"\nlive = \"pymysql\"\n\n[databases.fourth]\nENGINE = \"sqlite3\"\nlive = false\n";
    audit_without_a_file: "[audit]\n\n[profiles.a.audit]\npath = \"\"\n\n[profiles.b.audit]\npath = \"${env://LOG}\"\n";
}

/// The layers together decide.
#[test]
fn live_in_a_profile_on_another_engine() {
    let project = Project::new(
        "[databases.default]\nENGINE = \"spatialite\"\n\n[profiles.prod.databases.default]\nlive = true\n",
    );
    project.nuages(["plan"]).output().code(0);
    fails(
        "live_in_a_profile",
        &project,
        &["--profile", "prod", "plan"],
        3,
    );
}
