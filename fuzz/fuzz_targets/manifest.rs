//! Any text as a manifest: reading and planning never panic, and every place they name lies in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nuages::{
    manifest::Manifest,
    plan::{Selection, describe_json, plan},
    registry::Registry,
};
use nuages_fuzz::check;

fuzz_target!(|text: &str| {
    let registry = Registry::builtin();
    let manifest = Manifest::read("nuages.toml", text, &registry);
    check(manifest.errors(), &manifest.source);

    let profiles: Vec<String> = manifest.profiles().map(str::to_owned).collect();
    let mut choices: Vec<Vec<String>> = vec![Vec::new(), profiles.clone()];
    choices.extend(profiles.into_iter().take(4).map(|profile| vec![profile]));
    for profiles in choices {
        let selection = Selection {
            profiles,
            only: Vec::new(),
        };
        match plan(&manifest, &selection, &registry) {
            Err(errors) => {
                assert!(!errors.is_empty(), "a refusal says why");
                check(&errors, &manifest.source);
            }
            Ok(plan) => {
                assert!(manifest.errors().is_empty(), "a wrong manifest is planned");
                assert!(!format!("{plan} {}", describe_json(&plan)).is_empty());
                let uses = plan
                    .instances
                    .iter()
                    .flat_map(|instance| &instance.fetches)
                    .flat_map(|fetch| &fetch.uses);
                for usage in uses {
                    let span = usage
                        .span
                        .clone()
                        .expect("a manifest's reference has a place");
                    let place = manifest.source.text.get(span);
                    assert!(
                        place.is_some_and(|place| !place.is_empty()),
                        "{}",
                        usage.reference
                    );
                }
            }
        }
    }
});
