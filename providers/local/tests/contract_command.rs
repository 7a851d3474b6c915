//! `command` as its users meet it: the contract suite with both protocols here, the rest in `command/`.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests compare values, and a failed unwrap is a failed test"
)]

mod command {
    mod json_lines;
    mod limits;
    pub(crate) mod project;
    mod settings;
    mod value;
}

use command::project::Project;
use nuages_provider::{
    Reference,
    contract::{self, Fixture},
};
use nuages_provider_local::command::DESCRIPTOR;

fn fixture(project: &Project) -> Fixture<'static> {
    Fixture {
        descriptor: &DESCRIPTOR,
        settings: project.settings.clone(),
        environment: project.environment(),
        present: [
            ("shop/db", "hunter2 of the shop"),
            ("mail key", "hunter2-ém$il \"{}\""),
            ("c", "hunter2\\c"),
        ]
        .map(|(name, value)| (Reference::new("command", name), value.as_bytes().to_vec()))
        .to_vec(),
        missing: vec![
            Reference::new("command", "nowhere"),
            Reference::new("command", "$(nowhere)"),
        ],
        refused: vec![
            Reference::new("command", ""),
            Reference::new("command", "-rf"),
            Reference::new("command", "two\nlines"),
            Reference::new("command", "x").with_option("versoin", "3"),
            Reference::new("command", "x").with_option("version", ""),
        ],
    }
}

#[tokio::test]
async fn keeps_the_contract_with_a_process_a_reference() {
    let project = Project::new(
        r#"case "$1" in
             shop/db) echo "hunter2 of the shop" ;;
             "mail key") printf '%s\n' 'hunter2-ém$il "{}"' ;;
             c) printf '%s' 'hunter2\c' ;;
             *) exit 44 ;;
           esac"#,
    );
    contract::run(&fixture(&project)).await;
}

/// Takes a request apart with the shell's own means, and answers in the reverse order.
const ANSWERER: &str = r#"answers=
    while IFS= read -r line; do
        id=${line#*\"id\":}; id=${id%%,*}
        name=${line#*\"name\":\"}; name=${name%%\"*}
        case "$line" in '{"protocol":1,"id":'*) ;; *) exit 9 ;; esac
        case "$name" in
            shop/db) body='"value":"hunter2 of the shop"' ;;
            "mail key") body='"value":"hunter2-\u00e9m$il \"{}\""' ;;
            c) body='"base64":"aHVudGVyMlxj","version":7' ;;
            *) body='"error":"not-found"' ;;
        esac
        answers="{\"id\":$id,$body}
$answers"
    done
    printf '%s' "$answers""#;

#[tokio::test]
async fn keeps_the_contract_with_one_process_for_all() {
    contract::run(&fixture(&Project::json_lines(ANSWERER))).await;
}
