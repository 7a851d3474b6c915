//! `nuages completions`: what clap knows, and the words that it does not: formats, kinds of stores, rules; and profiles and
//! instances, for which the scripts of bash, zsh and fish ask when they are run.

use clap::{Command, CommandFactory as _, builder::PossibleValuesParser};
use clap_complete::{Shell as Known, generate};
use clap_complete_nushell::Nushell;

use super::{
    Exit, Outcome,
    arguments::{Arguments, Completions, Shell},
    context::Context,
    output,
};
use crate::{check, ci, cluster, plan, registry::Registry, render};

/// Stand in what the generators write for what the manifest has: a script asks for that when it runs.
const PROFILES: &str = "__nuages_profiles__";
const INSTANCES: &str = "__nuages_instances__";

const ASK_PROFILES: &str = "nuages completions profiles 2>/dev/null";
const ASK_INSTANCES: &str = "nuages completions instances 2>/dev/null";

pub(super) fn run(context: &Context, command: &Completions) -> Outcome {
    let mut root = with_words(Arguments::command(), &context.registry);
    let mut script = Vec::new();
    let mut write = |root: &mut Command, known| generate(known, root, "nuages", &mut script);
    match command.shell {
        Shell::Bash => write(&mut with_questions(root), Known::Bash),
        Shell::Zsh => write(&mut with_questions(root), Known::Zsh),
        Shell::Fish => {
            let mut root = with_questions(root);
            write(&mut root, Known::Fish);
            root.build();
            words_of_fish(&root, &[], &mut script);
        }
        Shell::Elvish => write(&mut root, Known::Elvish),
        Shell::Powershell => write(&mut root, Known::PowerShell),
        Shell::Nushell => generate(Nushell, &mut root, "nuages", &mut script),
        Shell::Profiles => return output::result(profiles(context)?.as_bytes()),
        Shell::Instances => return output::result(instances(context)?.as_bytes()),
    }
    let script = String::from_utf8_lossy(&script);
    output::result(asking(command.shell, &script).as_bytes())
}

/// The names of the manifest's profiles, a line each.
fn profiles(context: &Context) -> Result<String, Exit> {
    let loaded = context.load_or_empty()?;
    let names = loaded.manifest.profiles().filter(|name| is_plain(name));
    Ok(names.flat_map(|name| [name, "\n"]).collect())
}

/// What references to the manifest's instances begin with, a line each.
fn instances(context: &Context) -> Result<String, Exit> {
    let loaded = context.load_or_empty()?;
    let names = plan::instances(&loaded.manifest, &context.selection()).unwrap_or_default();
    let plain = names
        .iter()
        .map(String::as_str)
        .filter(|name| is_plain(name));
    Ok(plain.flat_map(|name| [name, "://\n"]).collect())
}

/// Shells take apart and expand what they are offered, and a manifest may be anybody's.
fn is_plain(name: &str) -> bool {
    !name.starts_with('-')
        && name
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || "-_.".contains(sign))
}

/// Profiles and references get a word that is no profile's and no reference's.
fn with_questions(root: Command) -> Command {
    let word = |word: &'static str| PossibleValuesParser::new([word]);
    root.mut_arg("profile", |profile| profile.value_parser(word(PROFILES)))
        .mut_subcommand("get", |get| {
            get.mut_arg("reference", |reference| {
                reference.value_parser(word(INSTANCES))
            })
        })
        .mut_subcommand("put", |put| {
            put.mut_arg("name", |name| name.value_parser(word(INSTANCES)))
        })
}

/// The script, with questions in the place of these words.
fn asking(shell: Shell, script: &str) -> String {
    match shell {
        Shell::Bash => script
            .replace(PROFILES, &format!("$({ASK_PROFILES})"))
            // No space comes after what is only begun.
            .replace(
                &format!("{INSTANCES}\""),
                &format!(
                    "$({ASK_INSTANCES})\"\n            [[ ${{cur}} == -* ]] || compopt -o nospace 2>/dev/null"
                ),
            ),
        Shell::Zsh => script
            .replace(&format!("({PROFILES})"), &format!("($({ASK_PROFILES}))"))
            .replace(
                &format!("({INSTANCES})"),
                &format!("{{compadd -S \"\" -- $({ASK_INSTANCES})}}"),
            ),
        Shell::Fish => {
            let script = script
                .replace(&format!("{PROFILES}\\t''"), &format!("({ASK_PROFILES})"))
                .replace(INSTANCES, &format!("({ASK_INSTANCES})"));
            // Before the command the generator's conditions do not hold while the value of an option is typed.
            format!("{script}complete -c nuages -l profile -x -a \"({ASK_PROFILES})\"\n")
        }
        _ => script.to_owned(),
    }
}

/// The words of arguments that are no options, which the generator for fish leaves out.
fn words_of_fish(command: &Command, above: &[&str], script: &mut Vec<u8>) {
    if let Some((first, rest)) = above.split_first() {
        let mut place = format!("__fish_nuages_using_subcommand {first}");
        for name in rest {
            place.push_str("; and __fish_seen_subcommand_from ");
            place.push_str(name);
        }
        for argument in command.get_positionals() {
            let words: Vec<String> = argument
                .get_possible_values()
                .iter()
                .filter(|value| !value.is_hide_set())
                .map(|value| value.get_name().to_owned())
                .collect();
            if !words.is_empty() {
                let line = format!(
                    "complete -c nuages -n \"{place}\" -f -a \"{}\"\n",
                    words.join(" ")
                );
                script.extend_from_slice(line.as_bytes());
            }
        }
    }
    for below in command.get_subcommands() {
        let path = [above, &[below.get_name()]].concat();
        if path[0] != "help" {
            words_of_fish(below, &path, script);
        }
    }
}

/// Arguments whose words are known, but which say more of a wrong one than clap would.
fn with_words(root: Command, registry: &Registry) -> Command {
    let formats = render::FORMATS
        .iter()
        .map(|format| format.name())
        .chain(cluster::TRANSLATIONS.iter().map(|one| one.name()))
        .chain(ci::SINKS.iter().map(|sink| sink.name()));
    let formats = PossibleValuesParser::new(formats.collect::<Vec<&str>>());
    let rules = PossibleValuesParser::new(check::ids().chain(["all"]).collect::<Vec<&str>>());
    let root = root
        .mut_subcommand("render", |render| {
            render.mut_arg("format", |format| format.value_parser(formats))
        })
        .mut_subcommand("check", |check| {
            check.mut_arg("explain", |explain| explain.value_parser(rules))
        });
    with_kinds(root, registry)
}

#[cfg(feature = "provider-local")]
fn with_kinds(root: Command, registry: &Registry) -> Command {
    let kinds: Vec<&'static str> = registry.iter().map(|one| one.scheme).collect();
    root.mut_subcommand("init", |init| {
        init.mut_arg("provider", |provider| {
            provider.value_parser(PossibleValuesParser::new(kinds))
        })
    })
}

#[cfg(not(feature = "provider-local"))]
fn with_kinds(root: Command, _registry: &Registry) -> Command {
    root
}
