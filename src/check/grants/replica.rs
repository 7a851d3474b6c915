//! Copies of another database: which databases are that, and of whom. Django writes nothing to a copy, so that a login of its
//! own reads alone; logins and rights come to a copy with the data, so they are given on its primary.

use super::{
    quote::remark,
    read::{self, Copied},
};
use crate::{
    check::subject::is_replica,
    plan::{self, Plan},
};

/// What a database is to the others.
pub(super) enum Standing<'p> {
    /// One of its own.
    Own,
    /// It has the login of its primary, and needs nothing besides.
    Shares(&'p plan::Database),
    /// It has a login of its own.
    Reads(&'p plan::Database, Copied),
    /// Why nothing can be written for it, as a comment.
    Unclear(String),
}

/// Whether this is a copy: `TEST.MIRROR` says so, or the alias of a database that has `default`'s engine and name.
pub(super) fn standing<'p>(plan: &'p Plan, database: &'p plan::Database) -> Standing<'p> {
    // What is said of an engine that is not known, is said of each by itself.
    let Ok(family) = read::family(database) else {
        return Standing::Own;
    };
    let (primary, is_said) = match mirrored(plan, database) {
        Ok(Some(primary)) => (primary, true),
        Ok(None) => match by_alias(plan, database) {
            Some(primary) => (primary, false),
            None => return Standing::Own,
        },
        Err(why) => return Standing::Unclear(why),
    };
    if read::family(primary) != Ok(family) {
        return Standing::Unclear(format!(
            "-- Nothing is written: TEST.MIRROR says that it is a copy of {}, whose engine is another.\n",
            remark(&primary.alias)
        ));
    }
    let logins = [(plan, database), (plan, primary)].map(|(plan, one)| read::login(plan, one));
    let is_one_login = logins[0].is(&logins[1]);
    let [own, of_primary] = logins
        .each_ref()
        .map(|login| login.assumes.as_ref().map(|role| role.text.as_deref()));
    if is_one_login && own == of_primary {
        return Standing::Shares(primary);
    }
    let copied = Copied {
        of: primary.alias.clone(),
        is_said,
        shares_login: is_one_login,
    };
    Standing::Reads(primary, copied)
}

/// Whether this is a copy with a login of its own.
pub(super) fn has_own_login(plan: &Plan, database: &plan::Database) -> bool {
    matches!(standing(plan, database), Standing::Reads(..))
}

/// The database at the end of `TEST.MIRROR`; an error is a comment.
fn mirrored<'p>(
    plan: &'p Plan,
    database: &'p plan::Database,
) -> Result<Option<&'p plan::Database>, String> {
    let mut primary = database;
    // As many steps as there are databases, unless it goes in a circle.
    for _ in 0..=plan.databases.len() {
        let mirror = read::mirrored(primary);
        let text = match (mirror.text, mirror.span) {
            (Some(text), _) if !text.is_empty() => text,
            (None, Some(_)) => {
                return Err(
                    "-- Nothing is written: a reference says of what it is a copy. Write TEST.MIRROR out.\n"
                        .to_owned(),
                );
            }
            _ => return Ok(Some(primary).filter(|primary| primary.alias != database.alias)),
        };
        let mut databases = plan.databases.iter();
        primary = databases.find(|other| other.alias == text).ok_or_else(|| {
            format!(
                "-- Nothing is written: TEST.MIRROR names {}, which is no database of the manifest.\n",
                remark(&text)
            )
        })?;
    }
    Err("-- Nothing is written: TEST.MIRROR leads in a circle.\n".to_owned())
}

/// `default`, where an alias is a copy's by its name, and engine and name are known to be those of `default`: shards have
/// one name too.
fn by_alias<'p>(plan: &'p Plan, database: &plan::Database) -> Option<&'p plan::Database> {
    let primary = plan.databases.iter().find(|one| one.alias == "default")?;
    let names = [primary, database].map(read::name);
    let is_copy = names[0].text.is_some()
        && names[0].text == names[1].text
        && read::family(primary) == read::family(database);
    (database.alias != primary.alias && is_replica(&database.alias) && is_copy).then_some(primary)
}
