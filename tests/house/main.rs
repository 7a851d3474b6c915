//! The rules of the house that a machine can hold: one list of providers, licences, one stack of each kind.
#![allow(
    clippy::unwrap_used,
    reason = "a part that is broken is to fail the test at once"
)]

use std::{collections::BTreeSet, fs, path::Path, process::Command};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_folder_of_providers_is_wired_in() {
    let (registry, cargo) = (read("src/registry.rs"), read("Cargo.toml"));
    for entry in fs::read_dir(root().join("providers")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // What providers are made of: the contract, and the HTTP client that the remote ones share.
        if ["core", "http"].contains(&name.as_str()) {
            continue;
        }
        let wanted = missing_lines(&name, &registry, &cargo);
        assert!(wanted.is_empty(), "{}", wanted.join("\n"));
    }
}

/// The sentences to act on for a provider's folder.
fn missing_lines(name: &str, registry: &str, cargo: &str) -> Vec<String> {
    let krate = format!("nuages_provider_{name}::DESCRIPTORS");
    let feature = format!("provider-{name}");
    // However rustfmt breaks the lines.
    let squeezed: String = registry.split_whitespace().collect();
    let mut wanted = Vec::new();
    if !registry.contains(&krate) {
        wanted.push(format!(
            "providers/{name} is not in the registry: add `#[cfg(feature = \"{feature}\")] {krate},` to `BUILTIN` in src/registry.rs"
        ));
    }
    if !squeezed.contains(&format!("(\"{feature}\",&[")) {
        wanted.push(format!(
            "providers/{name} has no feature for its schemes: add `(\"{feature}\", &[…])` to `FEATURES` in src/registry.rs"
        ));
    }
    if !cargo.contains(&format!("{feature} = [")) {
        wanted.push(format!(
            "providers/{name} has no feature: add `{feature} = [\"dep:nuages-provider-{name}\"]` to `[features]` in Cargo.toml"
        ));
    }
    if !root().join(format!("providers/{name}/README.md")).exists() {
        wanted.push(format!(
            "providers/{name} has no README.md: say what it reads, its settings and its errors"
        ));
    }
    wanted
}

#[test]
fn a_folder_without_its_lines_is_told_what_to_add() {
    let wanted = missing_lines("vault", &read("src/registry.rs"), &read("Cargo.toml"));
    assert_eq!(wanted.len(), 4);
    assert_eq!(
        wanted[0],
        "providers/vault is not in the registry: add `#[cfg(feature = \"provider-vault\")] \
         nuages_provider_vault::DESCRIPTORS,` to `BUILTIN` in src/registry.rs"
    );
}

fn packages() -> Vec<serde_json::Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// The strings of a list in deny.toml, or the values of `crate = "…"` in it.
fn denied(list: &str, key: Option<&str>) -> Vec<String> {
    let text = read("deny.toml");
    let table: toml::de::DeTable<'_> = toml::de::DeTable::parse(&text).unwrap().into_inner();
    let (section, name) = list.split_once('.').unwrap();
    let items = table
        .get(section)
        .unwrap()
        .get_ref()
        .as_table()
        .unwrap()
        .get(name)
        .unwrap();
    let items = items.get_ref().as_array().unwrap().iter();
    items
        .map(|item| match key {
            None => item.get_ref().as_str().unwrap().to_owned(),
            Some(key) => item
                .get_ref()
                .as_table()
                .unwrap()
                .get(key)
                .unwrap()
                .get_ref()
                .as_str()
                .unwrap()
                .to_owned(),
        })
        .collect()
}

#[test]
fn every_licence_is_one_that_we_allow() {
    let allowed: BTreeSet<String> = denied("licenses.allow", None).into_iter().collect();
    let fits = |expression: &str| {
        // `A OR B` needs one, `A AND B` needs both; `/` is the old way to write OR.
        expression.replace('/', " OR ").split(" OR ").any(|choice| {
            choice
                .trim_matches(['(', ')', ' '])
                .split(" AND ")
                .all(|part| allowed.contains(part.trim_matches(['(', ')', ' '])))
        })
    };
    for package in packages() {
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(
            fits(licence),
            "{} has the licence `{licence}`: not in deny.toml",
            package["name"]
        );
    }
}

#[test]
fn there_is_one_stack_of_each_kind() {
    let banned = denied("bans.deny", Some("crate"));
    for package in packages() {
        let (name, version) = (
            package["name"].as_str().unwrap(),
            package["version"].as_str().unwrap(),
        );
        let major: Vec<u32> = version
            .split('.')
            .take(2)
            .map(|part| part.parse().unwrap_or(0))
            .collect();
        for ban in &banned {
            let is_banned = match ban.split_once("@<") {
                None => name == ban,
                Some((banned, below)) => {
                    let below: Vec<u32> =
                        below.split('.').map(|part| part.parse().unwrap()).collect();
                    name == banned && major < below
                }
            };
            assert!(!is_banned, "{name} {version} is banned by deny.toml");
        }
    }
}

#[test]
fn the_toolchain_is_the_one_that_is_promised() {
    let version = Command::new(env!("CARGO"))
        .arg("--version")
        .output()
        .unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let minor = |text: &str| {
        text.split('.')
            .nth(1)
            .and_then(|part| part.parse::<u32>().ok())
            .unwrap()
    };
    let cargo = read("Cargo.toml");
    let promised = cargo
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "))
        .unwrap()
        .trim_matches('"');
    assert!(
        minor(&version) >= minor(promised),
        "{version} is older than the promised {promised}"
    );
}
