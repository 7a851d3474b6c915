//! What every command starts from: the environment, the manifest, the profiles, and how to say what went wrong.

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    time::Duration,
};

use nuages_provider::Environment;

use super::{
    Exit,
    arguments::{Global, seconds},
    colour, first_run, output,
};
use crate::{
    audit::{Audit, Record},
    diagnostic::{Class, Diagnostic},
    manifest::{Manifest, Source},
    plan::{self, Plan, Selection},
    reading,
    registry::Registry,
    report,
    resolve::{self, Fetched, Resolved, Secrets, Waiting},
    variables::{NUAGES_DEADLINE, NUAGES_MANIFEST, NUAGES_PROFILE},
};

pub(super) const MANIFEST: &str = "nuages.toml";
pub(super) const LARGEST_MANIFEST: u64 = 1024 * 1024;
const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);

pub(super) struct Context {
    pub(super) registry: Registry,
    pub(super) global: Global,
    /// The process environment; relative paths start at the working directory until a manifest is loaded.
    pub(super) environment: Environment,
    /// Whether standard error has colour.
    pub(super) colour: bool,
    /// The same of standard output, which has the reports.
    pub(super) colour_of_results: bool,
    /// The name of the command that runs: `exec`.
    pub(super) command: &'static str,
}

/// A manifest that was found, and the environment its relative paths start in.
pub(super) struct Loaded {
    pub(super) manifest: Manifest,
    pub(super) path: PathBuf,
    pub(super) environment: Environment,
}

impl Context {
    pub(super) fn new(
        global: Global,
        registry: Registry,
        command: &'static str,
        environment: Environment,
    ) -> Self {
        let choice = global.color;
        let colour = colour::is_wanted(choice, &environment, io::stderr().is_terminal());
        let colour_of_results = colour::is_wanted(choice, &environment, io::stdout().is_terminal());
        Self {
            registry,
            global,
            environment,
            colour,
            colour_of_results,
            command,
        }
    }

    /// Finds and reads the manifest.
    pub(super) fn load(&self) -> Result<Loaded, Exit> {
        match self.find() {
            Some(path) => self.read(&path),
            None => Err(self.fail(first_run::no_manifest(self.environment.base()))),
        }
    }

    /// Finds and reads the manifest; where there is none, an empty one stands in.
    pub(super) fn load_or_empty(&self) -> Result<Loaded, Exit> {
        match self.find() {
            Some(path) => self.read(&path),
            None => Ok(Loaded {
                manifest: Manifest::empty(),
                path: self.environment.base().join(MANIFEST),
                environment: self.environment.clone(),
            }),
        }
    }

    pub(super) fn find(&self) -> Option<PathBuf> {
        let named = self.global.manifest.clone().or_else(|| {
            self.environment
                .var(NUAGES_MANIFEST)
                .filter(|path| !path.is_empty())
                .map(PathBuf::from)
        });
        if let Some(path) = named {
            return Some(path);
        }
        first_run::places(self.environment.base())
            .map(|directory| directory.join(MANIFEST))
            // A link that leads nowhere is a mistake to be told, and no reason to take a parent's.
            .find(|path| {
                let found = path.symlink_metadata();
                !found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
            })
    }

    fn read(&self, path: &Path) -> Result<Loaded, Exit> {
        let shown = path
            .strip_prefix(self.environment.base())
            .unwrap_or(path)
            .display()
            .to_string();
        let text = read_text(path, LARGEST_MANIFEST).map_err(|cause| {
            self.fail(
                Diagnostic::new(
                    Class::Manifest,
                    format!("cannot read the manifest `{shown}`"),
                )
                .cause(cause),
            )
        })?;
        let whole = self.environment.base().join(path);
        let base = whole.parent().unwrap_or(Path::new("/")).to_owned();
        let variables = self
            .environment
            .variables()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Loaded {
            manifest: Manifest::read(shown, text, &self.registry),
            path: whole,
            environment: Environment::new(variables, base),
        })
    }

    /// The profiles and keys that were asked for.
    pub(super) fn selection(&self) -> Selection {
        let mut profiles = self.global.profile.clone();
        if profiles.is_empty() {
            // A name that is not UTF-8 is no profile's and is refused as such: it must not pass for none.
            let named = self.environment.var(NUAGES_PROFILE).unwrap_or_default();
            let named = named.to_string_lossy();
            profiles.extend(
                named
                    .split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned),
            );
        }
        Selection {
            profiles,
            only: self.global.only.clone(),
        }
    }

    /// Plans the manifest, or says all that is wrong with it.
    pub(super) fn plan(&self, loaded: &Loaded) -> Result<Plan, Exit> {
        plan::plan(&loaded.manifest, &self.selection(), &self.registry)
            .map_err(|errors| self.fail_all(&errors, Some(&loaded.manifest.source)))
    }

    /// Plans one reference by the manifest, or says what is wrong with it.
    pub(super) fn plan_reference(&self, loaded: &Loaded, reference: &str) -> Result<Plan, Exit> {
        let (manifest, selection) = (&loaded.manifest, self.selection());
        plan::plan_reference(manifest, &selection, &self.registry, reference).map_err(
            |mut errors| {
                // Nothing is wrong with the name of an instance that no manifest could have.
                if !loaded.path.exists() {
                    let looked = first_run::looked(self.environment.base());
                    for error in &mut errors {
                        error
                            .causes
                            .push(format!("there is no `{MANIFEST}`: {looked}"));
                    }
                }
                self.fail_all(&errors, Some(&manifest.source))
            },
        )
    }

    /// Fetches what is planned, or says all that stood in the way.
    pub(super) fn resolve(
        &self,
        plan: &Plan,
        loaded: &Loaded,
        files: Option<PathBuf>,
    ) -> Result<Resolved, Exit> {
        let (resolved, _) = self.fetch(plan, loaded, files, Secrets::No)?;
        self.tell(plan, &resolved);
        Ok(resolved)
    }

    /// As [`Self::resolve`], with the secrets that the values were made of.
    pub(super) fn resolve_with_secrets(
        &self,
        plan: &Plan,
        loaded: &Loaded,
        files: Option<PathBuf>,
    ) -> Result<(Resolved, Vec<Fetched>), Exit> {
        let (resolved, fetched) = self.fetch(plan, loaded, files, Secrets::All)?;
        self.tell(plan, &resolved);
        Ok((resolved, fetched))
    }

    /// As [`Self::resolve_with_secrets`], of what can be resolved where something stands in the way of the rest: for who
    /// looks at values and hands none over.
    pub(super) fn resolve_partly(
        &self,
        plan: &Plan,
        loaded: &Loaded,
        files: Option<PathBuf>,
    ) -> Result<resolve::Part, Exit> {
        let options = self.resolve_options(files)?;
        let waiting = Waiting::default();
        let all = Secrets::All;
        let resolving =
            resolve::partly_on_record(plan, &loaded.environment, &options, all, &waiting);
        let resolving = async {
            let (records, part) = resolving.await;
            (records, Ok(part))
        };
        let part = self.on_record(plan, loaded, &waiting, resolving)?;
        self.tell(plan, &part.resolved);
        Ok(part)
    }

    /// The secrets that the values are made of, all but tokens that expire.
    pub(super) fn lasting_secrets(
        &self,
        plan: &Plan,
        loaded: &Loaded,
    ) -> Result<Vec<Fetched>, Exit> {
        let (_, fetched) = self.fetch(plan, loaded, None, Secrets::Lasting)?;
        Ok(fetched)
    }

    /// The one place where commands have stores asked. What cannot be put on record is not handed over.
    fn fetch(
        &self,
        plan: &Plan,
        loaded: &Loaded,
        files: Option<PathBuf>,
        wanted: Secrets,
    ) -> Result<(Resolved, Vec<Fetched>), Exit> {
        let options = self.resolve_options(files)?;
        let waiting = Waiting::default();
        let resolving =
            resolve::resolve_on_record(plan, &loaded.environment, &options, wanted, &waiting);
        self.on_record(plan, loaded, &waiting, resolving)
    }

    /// As [`Self::resolve_with_secrets`], with what tells later whether a value is the same.
    pub(super) fn resolve_noted(
        &self,
        plan: &Plan,
        loaded: &Loaded,
        options: &resolve::Options,
        prints: &resolve::Prints,
    ) -> Result<resolve::Kept, Exit> {
        let waiting = Waiting::default();
        let resolving =
            resolve::resolve_noted(plan, &loaded.environment, options, prints, &waiting);
        let kept = self.on_record(plan, loaded, &waiting, resolving)?;
        self.tell(plan, &kept.resolved);
        Ok(kept)
    }

    pub(super) fn resolve_options(&self, files: Option<PathBuf>) -> Result<resolve::Options, Exit> {
        Ok(resolve::Options {
            deadline: self.deadline()?,
            files,
        })
    }

    /// Has stores asked, and puts on record what they were asked for.
    fn on_record<T>(
        &self,
        plan: &Plan,
        loaded: &Loaded,
        waiting: &Waiting,
        resolving: impl Future<Output = (Vec<Record>, Result<T, Vec<Diagnostic>>)>,
    ) -> Result<T, Exit> {
        let audit = self.audit(plan, loaded)?;
        let progress = self.progress_of_stores(&plan.instances, waiting);
        let runtime = self.runtime()?;
        let (records, outcome) = runtime.block_on(resolving);
        // What still runs is past its deadline: it is not waited for.
        runtime.shutdown_background();
        drop(progress);
        let on_record = audit.map_or(Ok(()), |audit| audit.write(&records));
        let outcome = outcome.map_err(|errors| self.fail_all(&errors, Some(&plan.source)));
        on_record.map_err(|error| self.off_the_record(plan, &error))?;
        outcome
    }

    /// The manifest's audit log, where it has one.
    pub(super) fn audit(&self, plan: &Plan, loaded: &Loaded) -> Result<Option<Audit>, Exit> {
        let Some(path) = &plan.audit else {
            return Ok(None);
        };
        Audit::open(loaded.environment.path(path), self.command)
            .map(Some)
            .map_err(|error| self.off_the_record(plan, &error))
    }

    /// Says that what was done cannot be put on record.
    pub(super) fn off_the_record(&self, plan: &Plan, error: &io::Error) -> Exit {
        let path = plan.audit.as_deref().unwrap_or_default();
        let title = format!("cannot write the audit log `{path}`");
        self.fail(Diagnostic::new(Class::Provider, title).cause(error.to_string()).hint(
            "without `[audit]` in the manifest no log is kept; with it, nothing is handed over that it does not tell of",
        ))
    }

    pub(super) fn runtime(&self) -> Result<tokio::runtime::Runtime, Exit> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| {
                self.fail(Diagnostic::new(Class::Provider, "cannot start").cause(error.to_string()))
            })
    }

    pub(super) fn deadline(&self) -> Result<Duration, Exit> {
        match (self.global.deadline, self.environment.text(NUAGES_DEADLINE)) {
            (Some(deadline), _) => Ok(deadline),
            (None, Some(text)) => seconds(text).map_err(|reason| {
                self.fail(Diagnostic::new(
                    Class::Usage,
                    format!("`{NUAGES_DEADLINE}` is no time: {reason}"),
                ))
            }),
            (None, None) => Ok(DEFAULT_DEADLINE),
        }
    }

    /// What was done, as far as it was asked for. Never a value.
    fn tell(&self, plan: &Plan, resolved: &Resolved) {
        if self.global.verbose >= 1 {
            for instance in &plan.instances {
                let mut fetched: Vec<&str> = resolved
                    .origins
                    .iter()
                    .filter(|origin| origin.instance == instance.name)
                    .map(|origin| origin.locator.as_str())
                    .collect();
                fetched.sort_unstable();
                fetched.dedup();
                let count = fetched.len();
                if count == 0 {
                    continue;
                }
                self.note(&format!(
                    "fetched {count} from `{}` ({})",
                    instance.name, instance.descriptor.scheme
                ));
            }
        }
        if self.global.verbose >= 2 {
            for origin in &resolved.origins {
                let version = origin
                    .version
                    .as_ref()
                    .map(|version| format!(", version {version}"))
                    .unwrap_or_default();
                self.note(&format!(
                    "`{}` is `{}` of `{}`{version}",
                    origin.key, origin.locator, origin.instance
                ));
            }
        }
    }

    /// A line for the person at the terminal, unless `--quiet`.
    pub(super) fn note(&self, text: &str) {
        if !self.global.quiet {
            // Keys and names are what people write, and a terminal obeys what it is sent.
            output::error_line(&format!("nuages: {}", report::visible(text)));
        }
    }

    /// Prints one problem and gives its exit code.
    pub(super) fn fail(&self, diagnostic: Diagnostic) -> Exit {
        self.fail_all(&[diagnostic], None)
    }

    /// Prints problems and gives the exit code of the most telling: a deadline only where nothing else is wrong.
    pub(super) fn fail_all(&self, diagnostics: &[Diagnostic], source: Option<&Source>) -> Exit {
        output::error_text(&report::human(diagnostics, source, self.colour));
        let class = diagnostics.iter().map(|diagnostic| diagnostic.class).min();
        Exit(class.map_or(4, Class::exit_code))
    }
}

/// What the process was started with.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read here, once"
)]
pub(super) fn environment() -> Environment {
    let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    Environment::new(std::env::vars_os(), directory)
}

/// A file of text, small and UTF-8, or why not. A path that was typed may also be that of a pipe of the shell's.
pub(super) fn read_text(path: &Path, most: u64) -> Result<String, String> {
    reading::named_text(path, most).map_err(|error| error.to_string())
}
