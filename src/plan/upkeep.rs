//! What a plan says of keeping values fresh, and what of it can never work.

use super::{Upkeep, build::Builder};
use crate::{
    diagnostic::Diagnostic,
    django::engine::{self, Family},
    manifest::{DatabaseEntry, Layer, Live},
};

/// What takes the place of `live` where no driver reads a login afresh.
const RENDERED: &str = "`[files.\"databases.json\"] render = \"databases-json\"` with `on_change` hands new values over";

impl Builder<'_> {
    /// `live` for an engine whose driver has no way of it.
    pub(super) fn check_live(&mut self, database: &DatabaseEntry) {
        let Some((live, span)) = &database.live else {
            return;
        };
        let Some(engine) = database.engine().and_then(engine::find) else {
            return;
        };
        let short = engine.short;
        let (title, hint) = match (live, engine.family) {
            (Live::Driver | Live::PyMysql, Family::Sqlite) => (
                format!("`live` does nothing for `{short}`: it has no login"),
                RENDERED,
            ),
            (Live::Driver | Live::PyMysql, Family::Oracle) => (
                format!("`live` does nothing for `{short}`: its driver reads no password afresh"),
                RENDERED,
            ),
            (Live::PyMysql, Family::Postgresql | Family::Mssql) => (
                format!("`live = \"pymysql\"` is for MySQL and MariaDB, not for `{short}`"),
                "write `live = true`",
            ),
            _ => return,
        };
        self.errors
            .push(Diagnostic::manifest(title, span.clone()).hint(hint));
    }
}

/// What `[supervise]` says, and what holds where it says nothing.
pub(super) fn upkeep(layer: &Layer) -> Upkeep {
    let default = Upkeep::default();
    let said = &layer.supervise;
    Upkeep {
        on_change: said.on_change.unwrap_or(default.on_change),
        settle: said.settle.unwrap_or(default.settle),
        jitter: said.jitter.unwrap_or(default.jitter),
    }
}
