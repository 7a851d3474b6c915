//! Values that stay fresh under a command that runs: looked at again before they expire and as often as the manifest says,
//! brought to the command in the way that each of them can be, and told of without being shown.
//!
//! A thread of its own asks the providers ([`keeper`]) and writes the files that drivers read; whoever supervises the
//! command does what it is asked to ([`Request`]). Values are held only while they are on their way: what is kept of them
//! is a keyed print ([`ledger`]).

mod bring;
mod desk;
mod files;
pub(crate) mod handover;
mod keeper;
mod ledger;
pub(crate) mod mask;
mod parts;
pub(crate) mod place;
mod restart;
mod schedule;
mod status;
mod trial;
mod unwritten;
pub(crate) mod verify;

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io,
    sync::Arc,
    thread,
};

use nuages_provider::Environment;
use rustix::process::Signal;

pub(crate) use self::desk::{Desk, Inbox, Setup, Tell};
use self::{
    handover::{Handover, Live, Surroundings},
    keeper::Keeper,
    mask::Masking,
};
use crate::{
    exec::{child::ChildEnvironment, supervise::Guests},
    plan::{Plan, SlotId},
    redact::Held,
    resolve::{Noted, Options, Prints, ResolvedFile},
};

/// What the supervisor is asked to do.
pub(crate) enum Request {
    /// Send the command a signal.
    Signal(Signal),
    /// End the command, and start it again with the order that lies on the desk.
    Restart,
}

/// An environment: names and values.
pub(crate) type Variables = Vec<(OsString, OsString)>;

/// What the command is started again with.
struct Order {
    environment: ChildEnvironment,
    /// `[files]`.
    files: Vec<ResolvedFile>,
    /// What the command has then.
    noted: Vec<(SlotId, Noted)>,
    /// Live databases, whose files go with this start alone.
    live: Vec<Live>,
    /// What its output is masked of.
    held: Option<Held>,
}

/// What the command is started again with, once its files are written.
pub(crate) struct Prepared {
    pub(crate) variables: Variables,
    /// What its output is masked of for as long as it runs.
    pub(crate) held: Option<Held>,
}

impl Handover {
    /// What there is to write and to start with.
    fn into_order(self, noted: Vec<(SlotId, Noted)>, held: Option<Held>) -> Order {
        Order {
            noted,
            held,
            environment: self.environment,
            files: self.files,
            live: self.live,
        }
    }
}

/// What a keeper starts with.
pub(crate) struct Start {
    pub(crate) environment: Environment,
    pub(crate) options: Options,
    pub(crate) surroundings: Surroundings,
    pub(crate) prints: Prints,
    pub(crate) marks: handover::Marks,
    /// Where the command's output is masked.
    pub(crate) masking: Option<Masking>,
    pub(crate) guests: Guests,
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
}

/// Whether the Python package finds the databases in a file of `[files]`.
pub(crate) fn has_databases_file(plan: &Plan) -> bool {
    plan.files.iter().any(parts::is_for_package)
}

/// Starts the threads: one that keeps, one that answers who asks for the state.
///
/// # Errors
/// Where no thread can be started.
pub(crate) fn start(desk: &Arc<Desk>, start: Start) -> io::Result<()> {
    if let Err(error) = status::serve(desk) {
        desk.tell(&format!(
            "warning: `nuages status` will know nothing of this: {error}"
        ));
    }
    if desk.ledger().is_idle() {
        return Ok(());
    }
    let is_preloaded = is_preloaded(&start.program, &start.arguments, &start.surroundings);
    let keeper = Keeper {
        plan: Arc::clone(&desk.plan),
        environment: start.environment,
        options: start.options,
        surroundings: start.surroundings,
        prints: start.prints,
        marks: start.marks,
        masking: start.masking,
        desk: Arc::clone(desk),
        guests: start.guests,
        program: start.program,
        is_preloaded,
        failed_restarts: 0,
        verified: BTreeMap::new(),
        refused: BTreeMap::new(),
        must_restart: false,
    };
    thread::Builder::new()
        .name("nuages-keep".to_owned())
        .spawn(move || keeper.run())?;
    Ok(())
}

/// Whether this is gunicorn with `--preload`: its master imports the project once, so that HUP starts workers that have
/// the settings of before (gunicorn's documentation, "FAQ: Why are my workers not reloaded").
fn is_preloaded(program: &OsStr, arguments: &[OsString], surroundings: &Surroundings) -> bool {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let name = std::path::Path::new(program)
        .file_name()
        .unwrap_or_default();
    let is_gunicorn = name == "gunicorn" || words.iter().any(|word| word.ends_with("gunicorn"));
    let variable = surroundings.inherited.text("GUNICORN_CMD_ARGS");
    let by_variable = variable.is_some_and(|text| text.split_whitespace().any(is_option));
    is_gunicorn && (by_variable || words.iter().any(|word| is_option(word)))
}

fn is_option(word: &str) -> bool {
    word == "--preload"
}
