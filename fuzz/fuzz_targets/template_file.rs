//! Any text as a template file, over values that must not be seen in what goes wrong. The first byte chooses the type.
#![no_main]

use std::{cell::RefCell, sync::LazyLock};

use libfuzzer_sys::{Corpus, fuzz_target};
use nuages::{
    manifest::Manifest,
    plan::{Plan, Selection},
    registry::Registry,
    report,
    resolve::{Options, resolve},
    templating::{TYPES, TemplateFile},
};
use nuages_fuzz::MARKER;
use nuages_provider::Environment;

const MANIFEST: &str = r#"
[databases.default]
ENGINE = "postgresql"
HOST = "db"
PASSWORD = "${env://SECRET}"
[env]
KEY = "${env://SECRET}"
PLAIN = "a b"
"#;

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::builtin);
static READ: LazyLock<Manifest> =
    LazyLock::new(|| Manifest::read("nuages.toml", MANIFEST, &REGISTRY));

thread_local! {
    static RUNTIME: RefCell<tokio::runtime::Runtime> = RefCell::new(
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
    );
}

fn render(template: &TemplateFile, plan: &Plan, kind: u8) {
    // Local files and programs are not for a fuzzer.
    let is_tame = plan
        .instances
        .iter()
        .all(|instance| instance.descriptor.scheme == "env");
    if !is_tame {
        return;
    }
    let secret = format!("\"{MARKER}';\n");
    let environment = Environment::new([("SECRET".into(), secret.into())], "/nowhere");
    let options = Options {
        deadline: std::time::Duration::from_secs(5),
        files: None,
    };
    let resolving = resolve(plan, &environment, &options);
    let Ok(resolved) = RUNTIME.with_borrow(|runtime| runtime.block_on(resolving)) else {
        return;
    };
    let file_type = &TYPES[usize::from(kind) % TYPES.len()];
    if let Err(error) = template.render(plan, &resolved, file_type, false) {
        let drawn = report::human(&[*error], Some(&plan.source), false);
        assert!(!drawn.contains(MARKER), "{drawn}");
    }
    if let Ok(bytes) = template.render(plan, &resolved, file_type, true) {
        let masked = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(!masked.contains(MARKER), "{masked}");
    }
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((kind, text)) = data.split_first() else {
        return Corpus::Reject;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return Corpus::Reject;
    };
    if text.contains(MARKER) {
        return Corpus::Reject;
    }
    let planned = TemplateFile::read("t", text).and_then(|template| {
        Ok((
            template.plan(&READ, &Selection::default(), &REGISTRY)?,
            template,
        ))
    });
    match planned {
        Ok((plan, template)) => render(&template, &plan, *kind),
        Err(errors) => {
            for error in &errors {
                if let (Some(file), Some(span)) = (&error.file, &error.span) {
                    assert!(file.text.get(span.clone()).is_some(), "{span:?}");
                }
            }
            let _ = report::human(&errors, Some(&READ.source), false);
        }
    }
    Corpus::Keep
});
