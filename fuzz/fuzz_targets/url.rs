//! Any text as a database URL, in both styles: no panic, and no error, `Debug` or masked rendering shows the password.
#![no_main]

use std::{cell::RefCell, sync::LazyLock, time::Duration};

use libfuzzer_sys::{arbitrary::Arbitrary, fuzz_target};
use nuages::{
    django::url::{UrlStyle, parse_database_url},
    manifest::Manifest,
    plan::{Plan, Selection, plan},
    registry::Registry,
    render, report, resolve,
};
use nuages_fuzz::{Bench, MARKER};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Any(&'a str),
    /// `scheme://user:before MARKER after@rest`.
    Parts {
        scheme: &'a str,
        user: &'a str,
        before: &'a str,
        after: &'a str,
        rest: &'a str,
    },
}

fn planned(style: UrlStyle) -> Plan {
    let text = format!("[databases.default]\nurl = \"${{env://U}}\"\nurl_style = \"{style}\"\n");
    let registry = Registry::builtin();
    let manifest = Manifest::read("nuages.toml", text, &registry);
    plan(&manifest, &Selection::default(), &registry).expect("a sound manifest")
}

static PLANS: LazyLock<[Plan; 2]> = LazyLock::new(|| UrlStyle::ALL.map(planned));

thread_local! {
    static BENCH: RefCell<Bench> = RefCell::default();
}

/// Reads the URL by itself and by way of a manifest; everything that may be shown is handed to `see`.
fn read(url: &str, see: impl Fn(&str)) {
    for (style, plan) in UrlStyle::ALL.into_iter().zip(PLANS.iter()) {
        match parse_database_url(url, style) {
            Ok(parsed) => see(&format!("{parsed:?}")),
            Err(error) => see(&format!("{error} {error:?}")),
        }
        let options = resolve::Options {
            deadline: Duration::from_secs(5),
            files: None,
        };
        let resolved = BENCH.with_borrow(|bench| {
            let environment = bench.environment(vec![("U".into(), url.into())]);
            bench.run(resolve::resolve(plan, &environment, &options))
        });
        match resolved {
            Ok(resolved) => {
                see(&format!("{:?}", resolved.origins));
                let masked = render::masked(&resolved.document);
                for format in render::FORMATS {
                    if let Ok(bytes) = format.render(&masked) {
                        see(&String::from_utf8_lossy(&bytes));
                    }
                    if let Err(faults) = format.render(&resolved.document) {
                        see(&format!("{faults:?}"));
                    }
                }
            }
            Err(errors) => see(&report::human(&errors, Some(&plan.source), false)),
        }
    }
}

fuzz_target!(|input: Input<'_>| match input {
    Input::Any(url) => read(url, |_| {}),
    Input::Parts {
        scheme,
        user,
        before,
        after,
        rest,
    } => {
        if scheme.contains("://") {
            return;
        }
        let url = format!("{scheme}://{user}:{before}{MARKER}{after}@{rest}");
        let see = |shown: &str| assert!(!shown.contains(MARKER), "a password is shown: {shown}");
        read(&url, see);
    }
});
