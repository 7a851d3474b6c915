//! Whether instances answer, and as whom: each is opened and checked, all side by side. No secret is read.

use std::time::Duration;

use nuages_provider::{Environment, Error, ErrorKind, Identity, Result};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};

use super::{
    Waiting,
    failures::{LONGER, seconds},
};
use crate::{
    diagnostic::{Class, Diagnostic},
    plan::Instance,
};

/// What one instance said. Holds no value.
#[derive(Clone, Debug)]
pub struct Checkup {
    /// The instance's name in the manifest, or its scheme where the manifest does not name it.
    pub instance: String,
    /// The provider's scheme.
    pub kind: &'static str,
    /// How long opening and checking took; the deadline where no answer came.
    pub took: Duration,
    /// Who we are there, or why that is not known.
    pub answer: Result<Identity, Setback>,
}

/// Why an instance could not say who we are.
#[derive(Clone, Debug)]
pub struct Setback {
    /// A stable name for machines: that of the error's kind, such as `permission-denied`, or `deadline`.
    pub name: &'static str,
    /// The same for people. Its class is [`Class::Deadline`] where no answer came in time.
    pub diagnostic: Diagnostic,
}

/// How long after the deadline an answer is still taken: what was cut short at the deadline has to say so.
const GRACE: Duration = Duration::from_millis(100);

/// Opens and checks every instance, once and without a second try: it tells what is so now.
///
/// Each has a thread of its own: what a file system or a library holds up there delays no other answer, nor the
/// deadline. One that is still held up then is left behind. Runs inside a Tokio runtime that has its clock enabled.
pub async fn doctor(
    instances: &[Instance],
    environment: &Environment,
    deadline: Duration,
) -> Vec<Checkup> {
    doctor_watched(instances, environment, deadline, &Waiting::default()).await
}

/// The same, of which is told how far it is.
pub(crate) async fn doctor_watched(
    instances: &[Instance],
    environment: &Environment,
    deadline: Duration,
    waiting: &Waiting,
) -> Vec<Checkup> {
    let until = Instant::now() + deadline;
    let tasks: Vec<_> = instances
        .iter()
        .map(|instance| {
            let opening = (instance.descriptor.open, instance.settings.clone());
            let (environment, runtime) = (environment.clone(), Handle::current());
            let (told, waiting) = (instance.clone(), waiting.clone());
            waiting.ask(instance, 1);
            tokio::task::spawn_blocking(move || {
                let start = Instant::now();
                let check = async move {
                    let (open, settings) = opening;
                    open(settings, environment).await?.check().await
                };
                let answer = runtime.block_on(timeout_at(until, check)).ok()?;
                waiting.answered(&told, 1);
                Some((answer, start.elapsed()))
            })
        })
        .collect();
    let mut checkups = Vec::with_capacity(tasks.len());
    for (instance, task) in instances.iter().zip(tasks) {
        let (answer, took) = match timeout_at(until + GRACE, task).await {
            Ok(Ok(Some((answer, took)))) => {
                (answer.map_err(|error| failed(instance, &error)), took)
            }
            Ok(Ok(None)) | Err(_) => (Err(too_slow(instance, deadline)), deadline),
            Ok(Err(_)) => {
                let defect = Error::new(ErrorKind::Malformed, "the provider failed within itself");
                (Err(failed(instance, &defect)), Duration::ZERO)
            }
        };
        checkups.push(Checkup {
            instance: instance.name.clone(),
            kind: instance.descriptor.scheme,
            took,
            answer,
        });
    }
    checkups
}

fn failed(instance: &Instance, error: &Error) -> Setback {
    // Nothing was asked for a secret, so none can be missing: it is the store.
    let phrase = match error.kind() {
        ErrorKind::NotFound => "is not there",
        kind => kind.phrase(),
    };
    let diagnostic = diagnose(instance, Class::Provider, phrase)
        .cause(error.message())
        .maybe_hint(error.hint().map(str::to_owned));
    Setback {
        name: error.kind().name(),
        diagnostic,
    }
}

fn too_slow(instance: &Instance, deadline: Duration) -> Setback {
    let diagnostic = diagnose(instance, Class::Deadline, "did not answer in time")
        .cause(format!("no answer within {}", seconds(deadline)))
        .hint(LONGER);
    Setback {
        name: "deadline",
        diagnostic,
    }
}

/// The place is the instance's in the manifest, or that of the first reference that uses its provider directly.
fn diagnose(instance: &Instance, class: Class, phrase: &str) -> Diagnostic {
    let mut uses = instance.fetches.iter().flat_map(|fetch| &fetch.uses);
    let mut diagnostic = Diagnostic::new(class, format!("`{}` {phrase}", instance.name));
    diagnostic.span = instance
        .span
        .clone()
        .or_else(|| uses.find_map(|usage| usage.span.clone()));
    diagnostic
}
