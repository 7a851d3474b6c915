//! What a token is for: a database by its short name, or a resource or scope in full.

use nuages_provider::{Error, Locator, Reference};

use super::check_option;
use crate::{cloud::Cloud, settings::is_guid};

/// The databases that have a short name.
const DATABASES: &[&str] = &["azure-sql", "postgresql", "mysql"];

/// Where a locator keeps the reference's field.
pub(super) const FIELD: &str = "#";

/// Where a locator keeps the cloud of the database's host.
pub(super) const CLOUD: &str = "cloud";

/// The one field a token has, besides itself.
const USER: &str = "user";

/// What a reference means.
pub(super) fn parse(reference: &Reference) -> Result<Locator, Error> {
    let text = reference.locator();
    let resource = match text {
        _ if is_database(text) => text.to_owned(),
        "mssql" | "sqlserver" | "sql" => return Err(unknown(text, "azure-sql")),
        "postgres" => return Err(unknown(text, "postgresql")),
        "mariadb" => return Err(unknown(text, "mysql")),
        _ => checked(text)?,
    };
    let mut locator = Locator::new(resource);
    for name in ["tenant", "client_id"] {
        if let Some(id) = reference.option(name) {
            check_option(name, id)?;
            locator = locator.with_option(name, id);
        }
    }
    if let Some(host) = reference.option("host") {
        // Only its cloud matters; two hosts of one cloud are one token.
        if let Some(cloud) = crate::cloud::of_database(host) {
            locator = locator.with_option(CLOUD, cloud.name);
        }
    }
    match reference.field() {
        None => Ok(locator),
        Some(USER) => Ok(locator.with_option(FIELD, USER)),
        Some(other) => Err(
            Error::invalid_reference(format!("a token has no field `{other}`"))
                .with_hint("`#user` is the name to log in with; without a field it is the token"),
        ),
    }
}

fn unknown(text: &str, meant: &str) -> Error {
    Error::invalid_reference(format!("`{text}` is no resource"))
        .with_hint(format!("write `entra://{meant}`"))
}

/// A resource or scope, as a resource.
fn checked(text: &str) -> Result<String, Error> {
    let resource = text.strip_suffix("/.default").unwrap_or(text);
    let is_uri = ["https://", "api://"].iter().any(|scheme| {
        resource
            .strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    });
    let fits = resource
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'/'));
    if (is_uri || is_guid(resource)) && fits && resource.len() <= 256 {
        return Ok(resource.to_owned());
    }
    Err(
        Error::invalid_reference(format!("`{}` is no resource", text.escape_debug())).with_hint(
            "`azure-sql`, `postgresql`, `mysql`, or a resource such as `https://vault.azure.net`",
        ),
    )
}

pub(super) fn is_database(name: &str) -> bool {
    DATABASES.contains(&name)
}

/// The resource of a locator's name, in a cloud.
pub(super) fn resource(name: &str, cloud: &Cloud) -> String {
    match name {
        "azure-sql" => cloud.sql.to_owned(),
        "postgresql" | "mysql" => cloud.open_source.to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(reference: &Reference) -> String {
        match parse(reference) {
            Ok(locator) => locator.to_string(),
            Err(error) => format!("{}; {}", error.message(), error.hint().unwrap_or_default()),
        }
    }

    fn of(text: &str) -> String {
        parsed(&Reference::new("entra", text))
    }

    #[test]
    fn databases_have_short_names() {
        for name in DATABASES {
            assert_eq!(of(name), *name);
        }
        assert_eq!(
            of("mssql"),
            "`mssql` is no resource; write `entra://azure-sql`"
        );
        assert_eq!(
            of("postgres"),
            "`postgres` is no resource; write `entra://postgresql`"
        );
    }

    #[test]
    fn a_scope_and_its_resource_are_one() {
        assert_eq!(
            of("https://vault.azure.net/.default"),
            "https://vault.azure.net"
        );
        assert_eq!(of("https://vault.azure.net"), "https://vault.azure.net");
        assert_eq!(of("api://shop/.default"), "api://shop");
        let id = "00001111-aaaa-2222-bbbb-3333cccc4444";
        assert_eq!(of(id), id);
        for bad in [
            "",
            "https://",
            "http://x",
            "shop",
            "https://x y",
            "https://x;rm",
            "api:///",
        ] {
            assert!(parse(&Reference::new("entra", bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn hosts_of_one_cloud_are_one_token() {
        let with =
            |host: &str| parsed(&Reference::new("entra", "postgresql").with_option("host", host));
        assert_eq!(
            with("a.postgres.database.azure.com"),
            with("b.postgres.database.azure.com")
        );
        assert_eq!(with("db.example.org"), "postgresql");
        assert!(with("a.postgres.database.chinacloudapi.cn").ends_with("?cloud=china"));
    }

    #[test]
    fn a_token_has_a_user_and_no_other_field() {
        let with = |field: &str| parsed(&Reference::new("entra", "mysql").with_field(field));
        assert_eq!(with("user"), "mysql?#=user");
        assert!(with("password").starts_with("a token has no field `password`"));
        let bad = Reference::new("entra", "mysql").with_option("tenant", "../x");
        assert!(parsed(&bad).starts_with("`tenant` is no ID"));
    }
}
