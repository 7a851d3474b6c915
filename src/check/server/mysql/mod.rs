//! MySQL and MariaDB, asked by a small client of our own.

mod grants;
mod login;
mod proof;
mod questions;
mod settings;
mod wire;

use self::questions::Questions;
use super::{Facts, Job, Stop, facts::Channel, text::Cleaner};

pub(super) async fn look(job: &Job, cleaner: &Cleaner) -> Result<Facts, Stop> {
    let settings = settings::read(job)?;
    let connected = login::open(&settings, job, cleaner).await?;
    let mut answers = Questions::new(connected.wire, cleaner).ask().await?;
    let ends_before = connected.shown.is_some() && answers.has_tls == Some(false);
    let channel = match (&connected.shown, connected.is_socket) {
        (Some(shown), _) => Channel::Tls(shown.facts(cleaner, ends_before)),
        (None, true) => Channel::Socket,
        (None, false) => Channel::Plain,
    };
    answers.facts.gaps.extend(settings.gaps);
    Ok(Facts {
        place: cleaner.clean(&connected.place),
        is_local: connected.is_local,
        channel,
        method: Some(connected.method),
        ..answers.facts
    })
}
