//! The values on their way to the store: what it has is looked at first, and what it got is read back.

use nuages_provider::{PutOptions, SecretValue};

use super::super::{
    Exit, Outcome,
    arguments::Init,
    context::{Context, Loaded},
    put,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    init::{Move, Project, Proposal},
    manifest::Manifest,
    plan::{self, Selection},
    suggest,
    value::Value,
};

/// What is to be put.
pub(super) struct State<'a> {
    /// What the store does not have.
    pub(super) missing: Vec<&'a Move>,
    /// What it has another value of, and is to lose.
    replaced: Vec<&'a Move>,
}

/// Whether the store has a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    Not,
    Same,
    Other,
}

/// Looks at the store. What must not go on is an error here, before anything is changed.
pub(super) fn look<'a>(
    context: &Context,
    loaded: &Loaded,
    project: &Project<'_>,
    proposal: &'a Proposal,
    command: &Init,
) -> Result<State<'a>, Exit> {
    let mut state = State {
        missing: Vec::new(),
        replaced: Vec::new(),
    };
    if proposal.moves.is_empty() {
        return Ok(state);
    }
    let moves: Vec<&Move> = proposal.moves.iter().collect();
    for (one, there) in moves.iter().zip(read(context, loaded, project, &moves)?) {
        match there {
            There::Same => {}
            There::Not => state.missing.push(one),
            There::Other => state.replaced.push(one),
        }
    }
    let instance = &project.store.instance;
    if !state.replaced.is_empty() && !command.replace {
        let names = names(&state.replaced);
        let title = format!("`{instance}` has other values for {names}; nothing was changed");
        let hint = "see which ones are right; `--replace` puts those of the project in their place";
        return Err(context.fail(Diagnostic::new(Class::Provider, title).hint(hint)));
    }
    if command.into.is_none() && !state.missing.is_empty() {
        let names = names(&state.missing);
        let title = format!("`{instance}` does not have {names} yet; nothing was changed");
        let hint = format!("`--into {instance}` moves the values there, or `nuages put` them");
        return Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)));
    }
    let is_writable =
        plan::writable_instances(&loaded.manifest, &Selection::default(), &context.registry)
            .is_ok_and(|writable| writable.contains(instance));
    let is_full = state.missing.is_empty() && state.replaced.is_empty();
    if !is_writable && !is_full {
        let title = format!(
            "an instance of `{}` cannot be written; nothing was changed",
            project.store.kind
        );
        let hint = "`--provider age` can: the embedded store";
        return Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)));
    }
    Ok(state)
}

/// Puts what is missing, and reads all of it back.
pub(super) fn fill(
    context: &Context,
    loaded: &Loaded,
    project: &Project<'_>,
    command: &Init,
    state: &State<'_>,
    done: &mut Vec<String>,
) -> Outcome {
    let all: Vec<&Move> = [state.missing.as_slice(), &state.replaced].concat();
    if all.is_empty() {
        return Ok(());
    }
    let instance = &project.store.instance;
    for one in &all {
        let reference = format!("{instance}://{}", one.secret);
        let plan = plan::plan_reference(
            &loaded.manifest,
            &Selection::default(),
            &context.registry,
            &reference,
        )
        .map_err(|errors| context.fail_all(&errors, Some(&loaded.manifest.source)))?;
        let value = SecretValue::new(one.expose().as_bytes().to_vec());
        let options = PutOptions::new().overwrite(command.replace);
        put::write(context, &one.secret, loaded, &plan, &value, &options)?;
        done.push(format!("stored `{reference}`"));
    }
    let there = read(context, loaded, project, &all)?;
    let differing: Vec<&Move> = all
        .iter()
        .zip(there)
        .filter(|(_, there)| *there != There::Same)
        .map(|(one, _)| *one)
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    let title = format!(
        "`{instance}` does not give back what it got for {}",
        names(&differing)
    );
    Err(context
        .fail(Diagnostic::new(Class::Provider, title).hint("the project's files are as they were")))
}

fn names(moves: &[&Move]) -> String {
    let names: Vec<&str> = moves.iter().map(|one| one.secret.as_str()).collect();
    suggest::list(&names)
}

/// Whether the store has each of the values: all of them in one run.
fn read(
    context: &Context,
    loaded: &Loaded,
    project: &Project<'_>,
    moves: &[&Move],
) -> Result<Vec<There>, Exit> {
    let secrets: Vec<&str> = moves.iter().map(|one| one.secret.as_str()).collect();
    let text = project.store.manifest_of(&secrets);
    let manifest = Manifest::read(loaded.manifest.source.name.clone(), text, &context.registry);
    let plan = plan::plan(&manifest, &Selection::default(), &context.registry)
        .map_err(|errors| context.fail_all(&errors, Some(&manifest.source)))?;
    let resolved = context.resolve(&plan, loaded, None)?;
    let there = moves.iter().enumerate().map(|(number, one)| {
        match resolved.document.env.get(&format!("V{number}")) {
            // No secret is empty: what does not exist is.
            Some(Value::Text(text)) if text.expose().is_empty() => There::Not,
            Some(Value::Text(text)) if text.expose() == one.expose() => There::Same,
            None => There::Not,
            Some(_) => There::Other,
        }
    });
    Ok(there.collect())
}
