//! `nuages init`: a manifest out of a Django project's settings and its `.env`. Everything is worked out, checked and shown
//! before anything is changed, and a value leaves the settings only once the store has given it back.

mod ignore;
mod next;
mod package;
mod project;
mod store;

use std::path::{Path, PathBuf};

use nuages_provider::Environment;
use nuages_provider_local::dotenv::Dialect;
use zeroize::Zeroizing;

use super::{
    Exit, Outcome,
    arguments::Init,
    change,
    context::{Context, LARGEST_MANIFEST, Loaded, MANIFEST},
    output,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    import,
    init::{self, NoProposal, Project, Proposal, Settings, Store},
    manifest::Manifest,
    reading, reference,
    registry::kind,
    render::file::write_atomically,
    scan::{detect::Detector, rule},
    suggest,
};
use ignore::Ignore;
use project::Found;

/// What the instance is called where nothing else is said.
const INSTANCE: &str = "secrets";

/// Everybody may read what is committed.
const MODE: u32 = 0o644;

pub(super) fn run(context: &Context, command: &Init) -> Outcome {
    let found = project::find(context, command)?;
    let detector = Detector::new(rule::built_in().into());
    let vault = vault_url(context, &found);
    let import = |text: &str| imported(context, text, vault.as_deref());
    let mut project = Project {
        settings: settings(context, &found),
        env: found.env.as_ref().map(|env| init::EnvFile {
            path: env.file.path.clone(),
            variables: env.file.variables.iter().map(copied).collect(),
        }),
        store: first_store(context, command, &found)?,
        has_package: package::is_wanted(context.environment.base()),
        import: &import,
    };
    let mut proposal = propose(context, &project, &detector)?;
    let is_chosen = command.provider.is_some() || command.into.is_some();
    if !is_chosen
        && project.store.kind == kind::DOTENV
        && proposal.moves.iter().any(|one| one.is_of_settings)
    {
        // What stands in the settings has to go somewhere, and an env file is written by people.
        project.store = store_of(context, command, &found, kind::AGE)?;
        proposal = propose(context, &project, &detector)?;
    }
    let place = manifest_place(context, &proposal)?;
    let ignore = Ignore::work_out(context, &found);
    let job = Job {
        context,
        command,
        found: &found,
        project: &project,
        proposal: &proposal,
        ignore: &ignore,
        detector: &detector,
        place,
    };
    job.show()?;
    job.go()
}

/// The reference that a value is: to a store that is not on this machine, or in another tool's words.
fn imported(context: &Context, text: &str, vault: Option<&str>) -> Option<Result<String, String>> {
    if let Some(found) = import::reference(text, vault) {
        let spelled = found.map(|reference| reference.to_string());
        return Some(spelled.map_err(|error| error.to_string()));
    }
    let (scheme, _) = text.split_once("://")?;
    let is_remote = |scheme: &str| {
        let descriptor = context.registry.find(scheme);
        descriptor.is_some_and(|descriptor| !descriptor.capabilities.offline)
    };
    (is_remote(scheme) && reference::parse(text).is_ok()).then(|| Ok(text.to_owned()))
}

/// secret-init's references leave out the vault: it stands beside them.
fn vault_url(context: &Context, found: &Found) -> Option<String> {
    let of_file = found.env.iter().flat_map(|env| &env.file.variables);
    let mut of_file = of_file.filter(|variable| variable.name == import::VAULT_URL);
    match of_file.next() {
        Some(variable) => variable.value.as_ref().map(|value| value.to_string()),
        None => context
            .environment
            .text(import::VAULT_URL)
            .map(str::to_owned),
    }
}

fn copied(variable: &init::Variable) -> init::Variable {
    init::Variable {
        name: variable.name.clone(),
        value: variable.value.clone(),
    }
}

fn settings(context: &Context, found: &Found) -> Vec<Settings> {
    let one = |file: &project::File| Settings {
        path: project::shown(context, &file.place),
        text: file.text.clone(),
    };
    found.files.iter().map(one).collect()
}

/// What was asked for, or what seems right before the settings have been looked at.
fn first_store(context: &Context, command: &Init, found: &Found) -> Result<Store, Exit> {
    let kind = match &command.provider {
        Some(kind) => kind,
        None if command.into.is_none() && found.env.is_some() => kind::DOTENV,
        None => kind::AGE,
    };
    store_of(context, command, found, kind)
}

fn store_of(context: &Context, command: &Init, found: &Found, kind: &str) -> Result<Store, Exit> {
    let Some(descriptor) = context.registry.find(kind) else {
        let mut unknown = context.registry.unknown_kind(kind);
        unknown.class = Class::Usage;
        return Err(context.fail(unknown));
    };
    let mut settings = command.set.clone();
    let of_env = env_settings(context, found);
    if kind == kind::DOTENV && settings.is_empty() {
        settings.clone_from(&of_env);
    }
    let is_missing = |name: &str| settings.iter().all(|(set, _)| set != name);
    let missing: Vec<String> = descriptor
        .settings
        .iter()
        .filter(|setting| setting.required && is_missing(setting.name))
        .map(|setting| format!("--set {}=…", setting.name))
        .collect();
    if !missing.is_empty() {
        let title = format!("an instance of `{kind}` needs {}", suggest::list(&missing));
        let hint = "`nuages providers` lists the settings of every kind";
        return Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)));
    }
    let is_for_laptops =
        kind != kind::DOTENV && (found.env.is_some() || !descriptor.capabilities.offline);
    Ok(Store {
        instance: command.into.clone().unwrap_or_else(|| INSTANCE.to_owned()),
        kind: kind.to_owned(),
        settings,
        dev: is_for_laptops.then_some(of_env),
    })
}

/// The settings of a `dotenv` instance for the project's env file. Its path begins where the manifest is.
fn env_settings(context: &Context, found: &Found) -> Vec<(String, String)> {
    let Some(env) = &found.env else {
        return vec![("path".to_owned(), ".env".to_owned())];
    };
    let base = context.environment.base();
    let manifest = context.find().map(|path| base.join(path));
    let directory = manifest.as_deref().and_then(Path::parent).unwrap_or(base);
    let path = env.place.strip_prefix(directory).unwrap_or(&env.place);
    let mut settings = vec![("path".to_owned(), path.display().to_string())];
    if env.dialect != Dialect::default() {
        settings.push(("dialect".to_owned(), env.dialect.name().to_owned()));
    }
    settings
}

fn propose(
    context: &Context,
    project: &Project<'_>,
    detector: &Detector,
) -> Result<Proposal, Exit> {
    init::propose(project, detector, &context.registry).map_err(|error| match error {
        NoProposal::NotPython(path) => {
            let title = format!("`{path}` is no Python that can be read");
            context.fail(Diagnostic::new(Class::Usage, title))
        }
        NoProposal::TooMuch => {
            let title = "there is more in the settings or the env file than settings have";
            context.fail(Diagnostic::new(Class::Usage, title))
        }
        NoProposal::Exposed(name) => {
            let title = format!(
                "the value of `{name}`, a secret, stands in a plain value or a name as well: no manifest can be written"
            );
            let hint = "change one of them by hand, and begin again";
            context.fail(Diagnostic::new(Class::Manifest, title).hint(hint))
        }
        NoProposal::Unwritable => {
            let title = "a value of the settings cannot stand in a manifest";
            context.fail(Diagnostic::new(Class::Manifest, title))
        }
        NoProposal::Manifest(errors, source) => context.fail_all(&errors, Some(&source)),
    })
}

/// Where the manifest goes. One that is there is never replaced; the very same one is where an earlier run has stopped.
fn manifest_place(context: &Context, proposal: &Proposal) -> Result<PathBuf, Exit> {
    let base = context.environment.base();
    let Some(found) = context.find() else {
        return Ok(base.join(MANIFEST));
    };
    let place = base.join(&found);
    match reading::bytes(&place, LARGEST_MANIFEST) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(place),
        Ok(there) if there.is_empty() || *there == proposal.manifest.as_bytes() => Ok(place),
        _ => {
            let title = format!(
                "there is a manifest already: `{}`",
                project::shown(context, &place)
            );
            let hint = "`nuages scan --fix` takes literals out of the settings, and adds to it";
            Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)))
        }
    }
}

/// All that is to be done, and what with.
struct Job<'a> {
    context: &'a Context,
    command: &'a Init,
    found: &'a Found,
    project: &'a Project<'a>,
    proposal: &'a Proposal,
    ignore: &'a Ignore,
    detector: &'a Detector,
    place: PathBuf,
}

impl Job<'_> {
    /// The manifest as a result; what else would change, and what would not, for the person.
    fn show(&self) -> Outcome {
        let files: Vec<&str> = self
            .project
            .settings
            .iter()
            .map(|file| file.path.as_str())
            .chain(self.project.env.iter().map(|env| env.path.as_str()))
            .collect();
        self.context
            .note(&format!("read {}", suggest::list(&files)));
        if self.project.settings.is_empty() {
            self.context
                .note("no settings of Django were found: this is of the env file alone");
        }
        output::result(self.proposal.manifest.as_bytes())?;
        for edit in &self.proposal.edits {
            let diff = self.proposal.diff(edit, self.project, self.detector);
            output::error_text(&diff);
        }
        output::error_text(&self.ignore.diff());
        for left in &self.proposal.left {
            output::error_line(&format!("left: {left}"));
        }
        Ok(())
    }

    fn go(&self) -> Outcome {
        use std::io::IsTerminal as _;
        let (context, command) = (self.context, self.command);
        let is_agreed = command.yes || command.write && command.into.is_none();
        let has_values = self.proposal.moves.iter().any(|one| one.is_of_settings);
        let is_whole = command.into.is_some() || !has_values;
        let is_asked = command.write || is_whole && std::io::stdin().is_terminal();
        if !is_agreed && !is_asked {
            self.next();
            let into = if is_whole {
                String::new()
            } else {
                format!("--into {} ", self.project.store.instance)
            };
            context.note(&format!("nothing was changed: `{into}--yes` goes ahead"));
            return Ok(());
        }
        let loaded = self.loaded();
        let state = store::look(context, &loaded, self.project, self.proposal, command)?;
        if !is_agreed {
            change::ask(context, &self.question(state.missing.len()))?;
        }
        let mut done = Vec::new();
        let outcome = self.change(&loaded, &state, &mut done);
        if outcome.is_err() && !done.is_empty() {
            output::error_line(&format!("done before that: {}", done.join(", ")));
        }
        outcome?;
        context.note(&done.join(", "));
        self.next();
        Ok(())
    }

    fn question(&self, missing: usize) -> String {
        let count = 1 + self.proposal.edits.len() + usize::from(self.ignore.is_changed());
        let files = if count == 1 { "file" } else { "files" };
        let values = if missing == 1 { "value" } else { "values" };
        if missing == 0 {
            return format!("write {count} {files}?");
        }
        let instance = &self.project.store.instance;
        format!("move {missing} {values} to `{instance}` and write {count} {files}?")
    }

    /// The manifest as it will be.
    fn loaded(&self) -> Loaded {
        let name = project::shown(self.context, &self.place);
        self.loaded_with(&name, &self.proposal.manifest)
    }

    fn loaded_with(&self, name: &str, text: &str) -> Loaded {
        let base = self.place.parent().unwrap_or(Path::new("/")).to_owned();
        let variables = self
            .context
            .environment
            .variables()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Loaded {
            manifest: Manifest::read(name, text, &self.context.registry),
            path: self.place.clone(),
            environment: Environment::new(variables, base),
        }
    }

    /// The store first, and what it gives back is looked at; then what refers to it, then the settings.
    fn change(&self, loaded: &Loaded, state: &store::State<'_>, done: &mut Vec<String>) -> Outcome {
        let context = self.context;
        store::fill(context, loaded, self.project, self.command, state, done)?;
        let failed = |path: &Path, error: &std::io::Error| {
            let title = format!("cannot write `{}`", project::shown(context, path));
            context.fail(Diagnostic::new(Class::Provider, title).cause(error.to_string()))
        };
        write_atomically(&self.place, self.proposal.manifest.as_bytes(), MODE)
            .map_err(|error| failed(&self.place, &error))?;
        done.push(format!("wrote `{}`", project::shown(context, &self.place)));
        if let Some(path) = self
            .ignore
            .write()
            .map_err(|(path, error)| failed(&path, &error))?
        {
            done.push(format!("changed `{}`", project::shown(context, &path)));
        }
        for edit in &self.proposal.edits {
            let Some(file) = self.found.files.get(edit.file) else {
                continue;
            };
            let mark = if file.has_mark { "\u{feff}" } else { "" };
            let whole = |text: &str| Zeroizing::new([mark, text].concat());
            change::replace(
                &file.place,
                whole(&file.text).as_bytes(),
                whole(&edit.new).as_bytes(),
            )
            .map_err(|error| failed(&file.place, &error))?;
            done.push(format!(
                "changed `{}`",
                project::shown(context, &file.place)
            ));
        }
        Ok(())
    }
}
