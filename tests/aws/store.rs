//! An account of moto with a proxy in front of it that counts, and runs of `nuages` that reach it there.

use serde_json::{Map, Value};

use crate::support::{
    faults::Faults,
    moto::{Account, Moto},
    project::{Project, Run},
};

/// One account, seen twice: `account` reaches it directly, `faults` keeps the books of what `nuages` asks.
pub(crate) struct Store {
    pub(crate) account: Account,
    pub(crate) faults: Faults,
}

impl Store {
    /// An account with nothing in it, and a proxy that passes everything on.
    pub(crate) fn new() -> Self {
        let moto = Moto::start();
        Self {
            account: moto.account(),
            faults: Faults::before(moto.address()),
        }
    }

    /// The same with what the script puts into it, by boto3.
    pub(crate) fn with(script: &str, arguments: &[&str]) -> Self {
        let store = Self::new();
        store.python(script, arguments);
        store
    }

    /// Runs Python with boto3 in the account, past the proxy.
    pub(crate) fn python(&self, script: &str, arguments: &[&str]) -> String {
        self.account.python(script, arguments)
    }

    /// The same, for what a script shows.
    pub(crate) fn ask(&self, script: &str, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.python(script, arguments)).expect("JSON of the script")
    }

    /// A run that reaches the account through the proxy alone.
    pub(crate) fn run(&self, project: &Project, arguments: &[&str]) -> Run {
        let variables = self.account.through(self.faults.url()).variables();
        variables
            .iter()
            .fold(project.nuages(arguments), |run, (name, value)| {
                run.env(name, value)
            })
    }

    /// Everything that `nuages render json` gives for this manifest, which must work without a word on standard error.
    #[track_caller]
    pub(crate) fn render(&self, manifest: &str) -> Map<String, Value> {
        let project = Project::new(manifest);
        let outcome = self.run(&project, &["render", "json"]).output().code(0);
        assert_eq!(outcome.stderr(), "");
        serde_json::from_str(outcome.stdout()).expect("a JSON object")
    }
}

/// `[env]` out of names and their values as the manifest writes them.
pub(crate) fn env<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let lines = entries
        .into_iter()
        .map(|(name, value)| format!("{name} = '{value}'\n"));
    std::iter::once("[env]\n".to_owned()).chain(lines).collect()
}
