//! What roles can do, and which of them bring what. <https://www.postgresql.org/docs/18/predefined-roles.html>

use crate::check::{
    administrators::SERVICE_ROLES,
    server::{
        facts::{Power, PowerKind},
        text::Cleaner,
    },
};

/// Roles of the server itself that bring something with them; those of vendors come besides.
const PREDEFINED: &[(&str, PowerKind)] = &[
    ("pg_read_all_data", PowerKind::Data),
    ("pg_write_all_data", PowerKind::Data),
    ("pg_execute_server_program", PowerKind::Machine),
    ("pg_read_server_files", PowerKind::Machine),
    ("pg_write_server_files", PowerKind::Machine),
    ("pg_monitor", PowerKind::Sight),
    ("pg_read_all_settings", PowerKind::Sight),
    ("pg_read_all_stats", PowerKind::Sight),
    ("pg_stat_scan_tables", PowerKind::Sight),
    ("pg_signal_backend", PowerKind::Service),
    ("pg_signal_autovacuum_worker", PowerKind::Service),
    ("pg_checkpoint", PowerKind::Service),
    ("pg_maintain", PowerKind::Service),
    ("pg_create_subscription", PowerKind::Service),
    ("pg_use_reserved_connections", PowerKind::Service),
];

/// All roles that bring something.
fn bringing() -> impl Iterator<Item = &'static (&'static str, PowerKind)> {
    PREDEFINED.iter().chain(SERVICE_ROLES)
}

/// Attributes, in the order in which they are asked for.
const ATTRIBUTES: &[(&str, PowerKind)] = &[
    ("SUPERUSER", PowerKind::Everything),
    ("CREATEROLE", PowerKind::Logins),
    ("CREATEDB", PowerKind::Databases),
    ("REPLICATION", PowerKind::Data),
    ("BYPASSRLS", PowerKind::Data),
];

/// The login, and of the roles it is a member of, those that bring something. Attributes are not inherited, but whoever
/// is a member can become the role.
pub(super) fn question() -> String {
    let names: Vec<String> = bringing().map(|(name, _)| format!("'{name}'")).collect();
    let names = names.join(", ");
    format!(
        "SELECT r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls \
         FROM pg_catalog.pg_roles r WHERE pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER') \
         AND (r.rolname = session_user OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication \
         OR r.rolbypassrls OR r.rolname IN ({names})) ORDER BY r.rolname <> session_user, r.rolname"
    )
}

/// A role in the answer.
#[derive(Clone, Debug)]
pub(super) struct Role {
    name: String,
    attributes: Vec<bool>,
}

impl Role {
    pub(super) fn of(row: &[Option<String>]) -> Option<Self> {
        let (name, attributes) = row.split_first()?;
        Some(Self {
            name: name.clone()?,
            attributes: attributes
                .iter()
                .map(|is| is.as_deref() == Some("t"))
                .collect(),
        })
    }
}

/// What the roles bring to a login.
pub(super) fn powers(roles: &[Role], login: &str, cleaner: &Cleaner) -> Vec<Power> {
    let mut found = Vec::new();
    for role in roles {
        let is_own = role.name == login;
        if let Some((name, kind)) = bringing().find(|(name, _)| *name == role.name) {
            found.push(Power {
                kind: *kind,
                name: (*name).to_owned(),
                via: None,
            });
        }
        for ((name, kind), _) in ATTRIBUTES
            .iter()
            .zip(&role.attributes)
            .filter(|(_, has)| **has)
        {
            found.push(Power {
                kind: *kind,
                name: (*name).to_owned(),
                via: (!is_own).then(|| cleaner.clean(&role.name)),
            });
        }
        // A superuser is a member of every role and can do all that is listed.
        if is_own && role.attributes.first() == Some(&true) {
            found.retain(|power| power.name == "SUPERUSER");
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Table;

    fn of(rows: &[(&str, &str)]) -> Vec<String> {
        let roles: Vec<Role> = rows
            .iter()
            .map(|(name, flags)| {
                let mut row = vec![Some((*name).to_owned())];
                row.extend(flags.chars().map(|flag| Some(flag.to_string())));
                Role::of(&row).unwrap()
            })
            .collect();
        let powers = powers(&roles, "ann", &Cleaner::of(&Table::new()));
        powers
            .iter()
            .map(|power| match &power.via {
                Some(via) => format!("{} via {via}", power.name),
                None => power.name.clone(),
            })
            .collect()
    }

    #[test]
    fn roles_bring_what_they_bring() {
        assert_eq!(of(&[("ann", "fffff")]), Vec::<String>::new());
        assert_eq!(of(&[("ann", "fttff")]), ["CREATEROLE", "CREATEDB"]);
        assert_eq!(
            of(&[("ann", "ttttt"), ("pg_monitor", "fffff")]),
            ["SUPERUSER"]
        );
        assert_eq!(
            of(&[
                ("ann", "fffff"),
                ("boss", "tffff"),
                ("rds_superuser", "fttff")
            ]),
            [
                "SUPERUSER via boss",
                "rds_superuser",
                "CREATEROLE via rds_superuser",
                "CREATEDB via rds_superuser"
            ]
        );
    }
}
