//! `nuages completions`: what clap knows, and the words that it does not: formats, kinds of stores, rules.

use clap::{Command, CommandFactory as _, builder::PossibleValuesParser};
use clap_complete::{Shell as Known, generate};
use clap_complete_nushell::Nushell;

use super::{
    Outcome,
    arguments::{Arguments, Completions, Shell},
    context::Context,
    output,
};
use crate::{check, ci, cluster, registry::Registry, render};

pub(super) fn run(context: &Context, command: &Completions) -> Outcome {
    let mut root = with_words(Arguments::command(), &context.registry);
    let mut script = Vec::new();
    let mut write = |known: Known| generate(known, &mut root, "nuages", &mut script);
    match command.shell {
        Shell::Bash => write(Known::Bash),
        Shell::Zsh => write(Known::Zsh),
        Shell::Fish => {
            write(Known::Fish);
            root.build();
            words_of_fish(&root, &[], &mut script);
        }
        Shell::Elvish => write(Known::Elvish),
        Shell::Powershell => write(Known::PowerShell),
        Shell::Nushell => generate(Nushell, &mut root, "nuages", &mut script),
    }
    output::result(&script)
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
