//! Any text as a reference: planning it never panics, and a reference as the plan writes it means the same again; so does
//! one that is read from another tool's words.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nuages::{
    import,
    manifest::Manifest,
    plan::{Plan, Selection, plan_reference},
    registry::Registry,
};
use nuages_fuzz::check;

const MANIFEST: &str = r#"
[providers]
secrets = { kind = "age" }
laptop = { kind = "dotenv" }
mounted = { kind = "file" }
pass = { kind = "command", argv = ["pass", "show"] }
variables = { kind = "env" }
parameters = { kind = "aws-ssm", prefix = "/shop" }
vault = { kind = "aws-secrets" }
token = { kind = "aws-rds-token" }
keys = { kind = "azure-kv", vault = "shop" }
login = { kind = "entra" }
"#;

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::builtin);
static FIXTURE: LazyLock<Manifest> =
    LazyLock::new(|| Manifest::read("nuages.toml", MANIFEST, &REGISTRY));

fn read(text: &str) -> Option<Plan> {
    assert!(FIXTURE.errors().is_empty());
    match plan_reference(&FIXTURE, &Selection::default(), &REGISTRY, text) {
        Ok(plan) => Some(plan),
        Err(errors) => {
            assert!(!errors.is_empty(), "a refusal says why");
            check(&errors, &FIXTURE.source);
            None
        }
    }
}

fuzz_target!(|text: &str| {
    if let Some(Ok(imported)) = import::reference(text, Some("https://shop.vault.azure.net/")) {
        let spelled = imported.to_string();
        if let Some(plan) = read(&spelled) {
            let uses = plan.instances.iter().flat_map(|instance| &instance.fetches);
            let mut written = uses.flat_map(|fetch| &fetch.uses).map(|usage| &usage.reference);
            assert!(written.any(|written| *written == spelled), "{spelled}");
        }
    }
    let Some(plan) = read(text) else { return };
    for instance in &plan.instances {
        for fetch in &instance.fetches {
            for usage in &fetch.uses {
                let again = read(&usage.reference)
                    .unwrap_or_else(|| panic!("`{}` is refused", usage.reference));
                let same = again
                    .instances
                    .iter()
                    .find(|other| other.name == instance.name)
                    .is_some_and(|other| {
                        other.fetches.iter().any(|it| it.locator == fetch.locator)
                    });
                assert!(same, "`{}` means something else", usage.reference);
            }
        }
    }
});
