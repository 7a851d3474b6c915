//! `nuages put`: store a secret, from standard input or a prompt, never from the command line.

use std::io::{self, IsTerminal, Read};

use nuages_provider::{PutOptions, PutOutcome, SecretValue};
use zeroize::Zeroizing;

use super::{
    Exit, Outcome,
    arguments::Put,
    context::{Context, Loaded},
    first_run,
    progress::Progress,
};
use crate::{
    audit::{Act, Record},
    diagnostic::{Class, Diagnostic},
    plan::{self, Plan},
    suggest,
};

/// The longest value that is read.
const LONGEST: u64 = 1024 * 1024;

/// Room for that and more, so that the buffer never grows and leaves a copy behind.
const ROOM: usize = 1024 * 1024 + 64;

pub(super) fn run(context: &Context, command: &Put) -> Outcome {
    let loaded = context.load_or_empty()?;
    let reference = reference(context, command, &loaded)?;
    let plan = context.plan_reference(&loaded, &reference)?;
    if !plan.is_whole_secret() {
        let title =
            format!("`{reference}` is not a whole secret, and only a whole one can be stored");
        let hint =
            "leave out `#field`, filters and defaults: what is stored takes the place of all of it";
        return Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)));
    }
    let value = read(context, command)?;
    let options = PutOptions::new()
        .overwrite(command.overwrite)
        .kms_key(command.kms_key.clone());
    let outcome = write(context, &command.name, &loaded, &plan, &value, &options)?;
    let word = if outcome == PutOutcome::Replaced {
        "replaced"
    } else {
        "stored"
    };
    context.note(&format!("{word} `{reference}`"));
    Ok(())
}

/// The name as a reference to the one instance that it can mean.
fn reference(context: &Context, command: &Put, loaded: &Loaded) -> Result<String, Exit> {
    if command.name.contains("://") && command.instance.is_none() {
        return Ok(command.name.clone());
    }
    if let Some(instance) = &command.instance {
        return Ok(format!("{instance}://{}", command.name));
    }
    let instance = only_writable(context, &command.name, loaded)?;
    Ok(format!("{instance}://{}", command.name))
}

/// The one instance that `name` can be written to.
pub(super) fn only_writable(
    context: &Context,
    name: &str,
    loaded: &Loaded,
) -> Result<String, Exit> {
    let writable =
        plan::writable_instances(&loaded.manifest, &context.selection(), &context.registry)
            .map_err(|errors| context.fail_all(&errors, Some(&loaded.manifest.source)))?;
    match &writable[..] {
        [one] => Ok(one.clone()),
        [] if !loaded.path.exists() => {
            Err(context.fail(first_run::no_manifest(context.environment.base())))
        }
        [] => {
            let schemes: Vec<&str> = context
                .registry
                .iter()
                .filter(|descriptor| descriptor.capabilities.writable)
                .map(|descriptor| descriptor.scheme)
                .collect();
            let title = "the manifest has no instance that can be written";
            let hint = format!("kinds that can be written: {}", suggest::list(&schemes));
            Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)))
        }
        several => {
            let title = format!("`{name}` could go to {}", suggest::list(several));
            Err(context
                .fail(Diagnostic::new(Class::Usage, title).hint("choose one: `--instance NAME`")))
        }
    }
}

fn read(context: &Context, command: &Put) -> Result<SecretValue, Exit> {
    let failed = |error: io::Error| {
        context
            .fail(Diagnostic::new(Class::Usage, "cannot read the value").cause(error.to_string()))
    };
    if io::stdin().is_terminal() {
        let value = rpassword::prompt_password(format!("value of {} (not shown): ", command.name))
            .map_err(failed)?;
        let value = Zeroizing::new(value);
        let again = Zeroizing::new(rpassword::prompt_password("once more: ").map_err(failed)?);
        if value != again {
            return Err(context.fail(Diagnostic::new(
                Class::Usage,
                "the two are not the same; nothing was stored",
            )));
        }
        return Ok(SecretValue::new(value.as_bytes().to_vec()));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
    io::stdin()
        .lock()
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > LONGEST {
        return Err(context.fail(Diagnostic::new(
            Class::Usage,
            "the value is longer than 1 MiB",
        )));
    }
    if !command.keep_newline {
        let end = bytes.strip_suffix(b"\n").map_or(bytes.len(), <[u8]>::len);
        bytes.truncate(end);
        let end = bytes.strip_suffix(b"\r").map_or(bytes.len(), <[u8]>::len);
        bytes.truncate(end);
    }
    if bytes.is_empty() {
        return Err(context.fail(
            Diagnostic::new(Class::Usage, "there is no value on standard input")
                .hint("pipe it in, or type it at a terminal"),
        ));
    }
    Ok(SecretValue::new(bytes.to_vec()))
}

/// Stores the value under the plan's one reference. `name` is what messages call it.
pub(super) fn write(
    context: &Context,
    name: &str,
    loaded: &Loaded,
    plan: &Plan,
    value: &SecretValue,
    options: &PutOptions,
) -> Result<PutOutcome, Exit> {
    let deadline = context.deadline()?;
    let audit = context.audit(plan, loaded)?;
    let progress = match plan.instances.first() {
        Some(instance) if instance.settings.text("stderr") != Some("inherit") => {
            let name = instance.name.clone();
            context.progress(move |took| format!("storing it in {name}, {} s", took.as_secs()))
        }
        _ => Progress::none(),
    };
    let runtime = context.runtime()?;
    let put = async {
        let Some(instance) = plan.instances.first() else {
            return Err(unwritable("the reference"));
        };
        let Some(fetch) = instance.fetches.first() else {
            return Err(unwritable(&instance.name));
        };
        let opened =
            (instance.descriptor.open)(instance.settings.clone(), loaded.environment.clone())
                .await?;
        let writer = opened.writer().ok_or_else(|| unwritable(&instance.name))?;
        writer.put(&fetch.locator, value, options).await
    };
    let outcome = runtime.block_on(async { tokio::time::timeout(deadline, put).await });
    runtime.shutdown_background();
    drop(progress);
    let told = match &outcome {
        Ok(Ok(_)) => Record::OK,
        Ok(Err(error)) => error.kind().name(),
        Err(_) => "deadline",
    };
    let on_record = audit.map_or(Ok(()), |audit| audit.write(&records(plan, told)));
    let on_record = on_record.map_err(|error| context.off_the_record(plan, &error));
    let Ok(outcome) = outcome else {
        let title = format!("cannot store `{name}`: no answer in time");
        let hint = "look whether it is there before you try again";
        return Err(context.fail(Diagnostic::new(Class::Deadline, title).hint(hint)));
    };
    let outcome = outcome.map_err(|error: nuages_provider::Error| {
        let title = format!("cannot store `{name}`: {}", error.message());
        let exists = error.kind() == nuages_provider::ErrorKind::AlreadyExists;
        let hint = error
            .hint()
            .or(exists.then_some("`--overwrite` replaces it"))
            .map(str::to_owned);
        context.fail(Diagnostic::new(Class::Provider, title).maybe_hint(hint))
    })?;
    if on_record.is_err() {
        context.note(&format!("`{name}` has been stored all the same"));
    }
    on_record.map(|()| outcome)
}

/// What is written of the plan's one reference.
fn records(plan: &Plan, outcome: &str) -> Vec<Record> {
    let instance = plan.instances.first();
    let record = instance.and_then(|instance| {
        let fetch = instance.fetches.first()?;
        Some(Record {
            act: Act::Write,
            keys: Vec::new(),
            instance: Some(instance.name.clone()),
            provider: Some(instance.descriptor.scheme.to_owned()),
            locator: Some(fetch.locator.to_string()),
            version: None,
            expires: None,
            outcome: outcome.to_owned(),
        })
    });
    record.into_iter().collect()
}

fn unwritable(name: &str) -> nuages_provider::Error {
    nuages_provider::Error::new(
        nuages_provider::ErrorKind::Unsupported,
        format!("`{name}` cannot be written"),
    )
}
