//! Django's keys and what each takes: literals of the wrong type, and keys where nobody reads them.

use super::{fails, refused};
use crate::support::project::Project;

refused! {
    text_of_the_wrong_type: "[databases.default]\nENGINE = \"postgresql\"\nNAME = 1\nUSER = true\nHOST = 1.5\nTIME_ZONE = [\"UTC\"]\n";
    engine_of_the_wrong_type: "[databases.default]\nENGINE = \"postgres\"\n[databases.a]\nENGINE = 3\n[databases.b]\nENGINE = \"no dots here\"\n";
    port_of_the_wrong_type: "[databases.default]\nENGINE = \"postgresql\"\nPORT = 65536\n[databases.a]\nENGINE = \"postgresql\"\nPORT = \"54x\"\n[databases.b]\nENGINE = \"postgresql\"\nPORT = -1\n[databases.c]\nENGINE = \"postgresql\"\nPORT = true\n";
    seconds_of_the_wrong_type: "[databases.default]\nENGINE = \"postgresql\"\nCONN_MAX_AGE = -1\n[databases.a]\nENGINE = \"postgresql\"\nCONN_MAX_AGE = 1.5\n[databases.b]\nENGINE = \"postgresql\"\nCONN_MAX_AGE = \"for ever\"\n";
    flag_of_the_wrong_type: "[databases.default]\nENGINE = \"postgresql\"\nCONN_HEALTH_CHECKS = \"maybe\"\nATOMIC_REQUESTS = 1\nAUTOCOMMIT = \"\"\nDISABLE_SERVER_SIDE_CURSORS = []\n";
    tables_of_the_wrong_type: "[databases.default]\nENGINE = \"postgresql\"\nOPTIONS = \"sslmode=require\"\nTEST = [1]\n";
    url_of_the_wrong_type: "[databases.default]\nurl = 1\nurl_style = \"django_environ\"\n";
    sections_of_the_wrong_type: "providers = 1\ndatabases = []\nenv = \"x\"\nfiles = true\nprofiles = 2\n";
    password_of_the_wrong_type: "[databases.default]\nENGINE = \"postgresql\"\nPASSWORD = 918273645\n";
    date: "[databases.default]\nENGINE = \"postgresql\"\nOPTIONS = { since = 2024-01-01 }\n[env]\nDAY = 2024-01-01T00:00:00Z\n";
    numbers_that_json_lacks: "[env]\nA = inf\nB = -nan\nC = 99999999999999999999\n";
    keys_of_django_inside_options: "[databases.default]\nENGINE = \"postgresql\"\nOPTIONS = { PASSWORD = \"${env://P}\", TOKEN = \"${env://T}\", sslmode = \"require\" }\n";
    token_without_mssql: "[databases.default]\nENGINE = \"postgresql\"\nTOKEN = \"${env://T}\"\n";
    database_without_engine: "[databases.default]\nNAME = \"shop\"\n";
    url_style_without_url: "[databases.default]\nENGINE = \"sqlite3\"\nurl_style = \"django-environ\"\n";
    literal_urls_that_are_none: "[databases.default]\nurl = \"postgres://u:hunter2@h:54x/d\"\n[databases.a]\nurl = \"shop\"\nurl_style = \"django-environ\"\n[databases.b]\nurl = \"postgre://h/d\"\n";
    literals_of_another_type: "[env]\nA = { value = \"four\", as = \"int\" }\nB = { value = 1.5, as = \"int\" }\nC = { value = \"maybe\", as = \"bool\" }\nD = { value = 1, as = \"str\" }\n";
    unknown_url_style: "[databases.default]\nurl = \"sqlite://\"\nurl_style = \"dj-database-urls\"\n";
    setting_of_the_wrong_type: "[providers.a]\nkind = \"command\"\nargv = \"pass show\"\nprotocol = \"xml\"\nkeep_newline = 1\nnot_found_code = -1\n";
}

/// What a reference brings is held against the same types, and only then.
#[test]
fn values_that_do_not_fit_their_key() {
    let project = Project::new(
        r#"[databases.default]
ENGINE = "${file://wrong}"
PORT = "${file://wrong}"
CONN_MAX_AGE = "${file://wrong}"
AUTOCOMMIT = "${file://wrong}"

[env]
WHOLE = { value = "${file://wrong}", as = "int" }
NUMBER = { value = "${file://wrong}", as = "float" }
FLAG = { value = "${file://wrong}", as = "bool" }
JSON = { value = "${file://wrong}", as = "json" }
"#,
    )
    .file("wrong", "hunter2 is no number");
    fails("values_that_do_not_fit", &project, &["render", "json"], 4);
    project
        .nuages(["render", "json"])
        .output()
        .silent_about(&["hunter2"]);
}
