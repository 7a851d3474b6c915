//! The one list of the logins and roles that servers and services are set up with. All may do what they like, or nearly.

use super::server::PowerKind;
use crate::django::engine::Family;

/// Roles of PostgreSQL's vendors, and what each brings to whoever is a member: nobody else may have their names. Amazon RDS
/// and Aurora, Azure, Google Cloud SQL and `AlloyDB`, Supabase, Neon.
pub(super) const SERVICE_ROLES: &[(&str, PowerKind)] = &[
    ("rds_superuser", PowerKind::Everything),
    ("rdsadmin", PowerKind::Everything),
    ("rds_replication", PowerKind::Data),
    ("rds_password", PowerKind::Logins),
    ("azure_pg_admin", PowerKind::Everything),
    ("azuresu", PowerKind::Everything),
    ("cloudsqlsuperuser", PowerKind::Everything),
    ("cloudsqladmin", PowerKind::Everything),
    ("alloydbsuperuser", PowerKind::Everything),
    ("supabase_admin", PowerKind::Everything),
    ("neon_superuser", PowerKind::Everything),
];

/// Logins of PostgreSQL, besides the roles above.
const POSTGRESQL: &[&str] = &[
    "admin",
    "alloydbadmin",
    "avnadmin",
    "azure_superuser",
    "doadmin",
    "pg_database_owner",
    "postgres",
    "root",
];

const MYSQL: &[&str] = &[
    "admin",
    "avnadmin",
    "azure_superuser",
    "cloudsqlsuperuser",
    "doadmin",
    "mariadb.sys",
    "mysql",
    "mysql.infoschema",
    "mysql.session",
    "mysql.sys",
    "rdsadmin",
    "root",
];

/// The administrator of SQL Server.
pub(super) const SA: &str = "sa";

/// Besides, the users that every database has.
const MSSQL: &[&str] = &[SA, "dbo", "guest", "sys", "information_schema"];

/// Whether a name, in lower case, is one of them.
pub(super) fn is_administrator(family: Family, name: &str) -> bool {
    match family {
        Family::Postgresql => {
            POSTGRESQL.contains(&name) || SERVICE_ROLES.iter().any(|(role, _)| *role == name)
        }
        Family::Mysql => MYSQL.contains(&name),
        Family::Mssql => MSSQL.contains(&name),
        Family::Sqlite | Family::Oracle => false,
    }
}
