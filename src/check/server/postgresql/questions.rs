//! What a PostgreSQL server is asked once we are in. Every question is a transaction of its own that may not write, and
//! is put in the simple protocol, which poolers understand too.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio_postgres::{Client, SimpleQueryMessage};

use super::{
    roles::{self, Role},
    settings::Session,
};
use crate::check::server::{
    Class, Facts, Refusal, Stop,
    facts::{Changes, Channel, Product, Server, Skew},
    text::Cleaner,
};

/// More rows than any answer that is of use.
const MOST_ROWS: usize = 500;

/// More names than anybody reads.
const MOST_NAMES: usize = 20;

/// What the login is: asked before the search path is set, which it does not depend on.
const WHO: &str = "SELECT pg_catalog.version(), pg_catalog.current_setting('server_version_num'), session_user, \
     current_user, pg_catalog.current_database(), pg_catalog.current_setting('password_encryption')";

const CLOCK: &str = "SELECT EXTRACT(EPOCH FROM pg_catalog.clock_timestamp())";

const TLS: &str = "SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()";

/// From version 16 on.
const SYSTEM_USER: &str = "SELECT SYSTEM_USER";

/// Whether the login, or a role that it can become, may make schemas; and how many tables those own.
const OWNED: &str = "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_database d, \
     pg_catalog.aclexplode(COALESCE(d.datacl, pg_catalog.acldefault('d', d.datdba))) a \
     WHERE d.datname = pg_catalog.current_database() AND a.privilege_type = 'CREATE' \
     AND (a.grantee = 0 OR pg_catalog.pg_has_role(session_user, a.grantee, 'MEMBER'))), \
     (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
     AND pg_catalog.pg_has_role(session_user, c.relowner, 'MEMBER'))";

/// The schemas in which those may make tables, and in which of them everybody may.
const SCHEMAS: &str = "SELECT n.nspname, pg_catalog.bool_or(a.grantee = 0) FROM pg_catalog.pg_namespace n, \
     pg_catalog.aclexplode(COALESCE(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a \
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND a.privilege_type = 'CREATE' \
     AND (a.grantee = 0 OR pg_catalog.pg_has_role(session_user, a.grantee, 'MEMBER')) \
     GROUP BY n.nspname ORDER BY n.nspname";

/// Programs that call themselves PostgreSQL and have versions of their own.
const OTHERS: &[&str] = &[
    "Redshift",
    "Cockroach",
    "-YB-",
    "Yugabyte",
    "Greenplum",
    "EnterpriseDB",
    "QuestDB",
    "Materialize",
    "CrateDB",
];

/// A row: texts, or nulls.
type Row = Vec<Option<String>>;

/// What came of the questions.
pub(super) struct Answers {
    pub(super) facts: Facts,
    /// What the server says of its side of the connection.
    pub(super) has_tls: Option<bool>,
    pub(super) system_user: Option<String>,
}

/// Asks over one connection.
pub(super) struct Questions<'a> {
    client: &'a Client,
    role: Option<&'a str>,
    cleaner: &'a Cleaner,
    gaps: Vec<String>,
}

impl<'a> Questions<'a> {
    pub(super) fn new(client: &'a Client, role: Option<&'a str>, cleaner: &'a Cleaner) -> Self {
        Self {
            client,
            role,
            cleaner,
            gaps: Vec::new(),
        }
    }

    /// Whether the server is of the kind that is wanted.
    pub(super) async fn is_of(
        &mut self,
        session: Session,
        is_standby_wanted: bool,
    ) -> Result<bool, Stop> {
        if session == Session::Any || (session == Session::PreferStandby && !is_standby_wanted) {
            return Ok(true);
        }
        let question = "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('default_transaction_read_only')";
        let Some(rows) = self.rows(question).await? else {
            return Err(Stop::not_looked_at(
                "the server does not tell whether it is a standby, which `target_session_attrs` asks",
            ));
        };
        let [Some(recovery), Some(read_only)] = rows.first().map_or(&[][..], Vec::as_slice) else {
            return Ok(false);
        };
        let (is_standby, is_read_only) = (recovery == "t", recovery == "t" || read_only == "on");
        Ok(match session {
            Session::Any => true,
            Session::ReadWrite => !is_read_only,
            Session::ReadOnly => is_read_only,
            Session::Primary => !is_standby,
            Session::Standby | Session::PreferStandby => is_standby,
        })
    }

    /// Asks everything.
    pub(super) async fn ask(mut self) -> Result<Answers, Stop> {
        self.assume_role().await?;
        let who = self.one("who we are", WHO).await?.unwrap_or_default();
        let text = |at: usize| who.get(at).and_then(Option::as_deref);
        let server = server(text(0), text(1), self.cleaner);
        let (login, user) = (text(2).unwrap_or_default(), text(3).unwrap_or_default());
        let weak_storage = text(5).filter(|how| matches!(*how, "md5" | "on" | "off"));
        let mut facts = Facts {
            place: String::new(),
            is_local: false,
            user: self.cleaner.clean(user),
            login: (login != user).then(|| self.cleaner.clean(login)),
            database: text(4).map(|name| self.cleaner.clean(name)),
            channel: Channel::Unknown,
            method: None,
            weak_storage: weak_storage.map(|how| self.cleaner.clean(how)),
            powers: Vec::new(),
            changes: None,
            skew: self.skew().await?,
            gaps: Vec::new(),
            server,
        };
        let question = roles::question();
        if let Some(rows) = self.many("what the login can do", &question).await? {
            let roles: Vec<Role> = rows.iter().filter_map(|row| Role::of(row)).collect();
            facts.powers = roles::powers(&roles, login, self.cleaner);
        }
        facts.changes = self.changes().await?;
        let has_tls = self.one("whether the server has TLS", TLS).await?;
        let has_tls = has_tls
            .and_then(|row| row.first().cloned().flatten())
            .map(|is| is == "t");
        let mut system_user = None;
        if facts.server.series.is_some_and(|(major, _)| major >= 16) {
            let row = self.one("how the server knows us", SYSTEM_USER).await?;
            system_user = row.and_then(|row| row.first().cloned().flatten());
        }
        facts.gaps = self.gaps;
        Ok(Answers {
            facts,
            has_tls,
            system_user,
        })
    }

    /// Becomes what `assume_role` says, as Django does, to see whether it can.
    async fn assume_role(&mut self) -> Result<(), Stop> {
        if self.role.is_none() || self.rows("SELECT 1").await?.is_some() {
            return Ok(());
        }
        Err(Stop::settings(
            "the login cannot become the role that `assume_role` names",
            &["OPTIONS", "assume_role"],
        ))
    }

    async fn changes(&mut self) -> Result<Option<Changes>, Stop> {
        let owned = self.one("which tables the login owns", OWNED).await?;
        let schemas = self
            .many("where the login can make tables", SCHEMAS)
            .await?;
        let (Some(owned), Some(schemas)) = (owned, schemas) else {
            return Ok(None);
        };
        let names = |everybody: bool| {
            let names = schemas.iter().filter(|row| {
                !everybody || row.get(1).is_some_and(|is| is.as_deref() == Some("t"))
            });
            self.cleaner
                .clean_all(names.filter_map(|row| row.first()?.as_deref()), MOST_NAMES)
        };
        Ok(Some(Changes {
            creates_in: names(false),
            by_everybody: names(true),
            creates_schemas: owned.first().is_some_and(|is| is.as_deref() == Some("t")),
            alters: owned
                .get(1)
                .and_then(|count| count.as_deref()?.parse().ok())
                .unwrap_or(0),
            grants: Vec::new(),
        }))
    }

    /// The server's clock, by the quickest of three trips.
    async fn skew(&mut self) -> Result<Option<Skew>, Stop> {
        let mut best: Option<(Duration, SystemTime, SystemTime)> = None;
        for _ in 0..3 {
            let (before, start) = (SystemTime::now(), Instant::now());
            let found = self.simple(CLOCK).await?;
            let trip = start.elapsed();
            let server = found.and_then(|rows| moment(rows.first()?.first()?.as_deref()?));
            let Some(server) = server else {
                self.gaps
                    .push("the server's clock: it does not tell".to_owned());
                return Ok(None);
            };
            if best.is_none_or(|(quickest, ..)| trip < quickest) {
                best = Some((trip, before, server));
            }
        }
        Ok(best.and_then(|(trip, before, server)| Skew::new(server, before, trip)))
    }

    /// One row, or a gap of this name.
    async fn one(&mut self, what: &str, question: &str) -> Result<Option<Row>, Stop> {
        let rows = self.many(what, question).await?;
        Ok(rows.and_then(|rows| rows.into_iter().next()))
    }

    /// All rows, or a gap of this name.
    async fn many(&mut self, what: &str, question: &str) -> Result<Option<Vec<Row>>, Stop> {
        let rows = self.rows(question).await?;
        if rows.is_none() {
            self.gaps.push(format!(
                "{what}: the server does not answer that to this login"
            ));
        }
        Ok(rows)
    }

    /// Asks in a transaction that may not write; `None` where the server refuses.
    async fn rows(&mut self, question: &str) -> Result<Option<Vec<Row>>, Stop> {
        let role = self.role.map_or_else(String::new, |role| {
            format!("SET LOCAL ROLE {}; ", quoted(role))
        });
        let text = format!(
            "BEGIN READ ONLY; {role}SET LOCAL search_path = pg_catalog; {question}; ROLLBACK"
        );
        let rows = self.simple(&text).await?;
        if rows.is_none() {
            self.simple("ROLLBACK").await?;
        }
        Ok(rows)
    }

    async fn simple(&mut self, text: &str) -> Result<Option<Vec<Row>>, Stop> {
        let messages = match self.client.simple_query(text).await {
            Ok(messages) => messages,
            Err(error) if error.code().is_some() && !self.client.is_closed() => return Ok(None),
            Err(_) => {
                let ended = "the connection has ended while the server was being asked";
                return Err(Refusal::new(Class::Connection, ended).into());
            }
        };
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let row = |row: &tokio_postgres::SimpleQueryRow| -> Row {
            let columns = row.columns().len();
            // A text that is not UTF-8 is none.
            (0..columns)
                .map(|at| row.try_get(at).ok().flatten().map(str::to_owned))
                .collect()
        };
        Ok(Some(rows.take(MOST_ROWS).map(row).collect()))
    }
}

/// An identifier, quoted.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\"").replace('\0', ""))
}

/// Seconds since 1970.
fn moment(text: &str) -> Option<SystemTime> {
    let seconds: f64 = text.parse().ok()?;
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

/// `PostgreSQL 15.14 (Debian 15.14-0+deb12u1) on x86_64-…` and `150014`.
fn server(version: Option<&str>, number: Option<&str>, cleaner: &Cleaner) -> Server {
    let version = version.unwrap_or_default();
    let own = version.strip_prefix("PostgreSQL ");
    let product = match own {
        Some(_) if !OTHERS.iter().any(|other| version.contains(other)) => Product::Postgresql,
        _ => Product::Other,
    };
    let shown = match (product, own) {
        (Product::Postgresql, Some(own)) => own.split(" on ").next().unwrap_or(own),
        _ => version,
    };
    let number: Option<u32> = number.and_then(|number| number.parse().ok());
    let series = number.map(|number| match number / 10_000 {
        // Before 10 the first two numbers were the major one.
        major @ ..10 => (major, number / 100 % 100),
        major => (major, number % 10_000),
    });
    Server {
        product,
        version: cleaner.clean(shown),
        series,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Table;

    #[test]
    fn a_server_is_known_by_its_version() {
        let cleaner = Cleaner::of(&Table::new());
        let read = |version, number| {
            let server = server(Some(version), Some(number), &cleaner);
            (server.product, server.version, server.series)
        };
        assert_eq!(
            read(
                "PostgreSQL 15.14 (Debian 15.14-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc",
                "150014"
            ),
            (
                Product::Postgresql,
                "15.14 (Debian 15.14-0+deb12u1)".to_owned(),
                Some((15, 14))
            )
        );
        assert_eq!(
            read("PostgreSQL 9.6.24 on x86_64", "90624"),
            (Product::Postgresql, "9.6.24".to_owned(), Some((9, 6)))
        );
        let (product, version, _) = read("PostgreSQL 8.0.2 on i686, Redshift 1.0.1", "80002");
        assert_eq!(
            (product, version.as_str()),
            (Product::Other, "PostgreSQL 8.0.2 on i686, Redshift 1.0.1")
        );
        assert_eq!(read("CockroachDB CCL v23", "130000").0, Product::Other);
        assert_eq!(server(None, Some("x"), &cleaner).series, None);
    }

    #[test]
    fn moments_that_are_none_are_not_believed() {
        assert_eq!(
            moment("1.5"),
            Some(UNIX_EPOCH + Duration::from_millis(1500))
        );
        for text in ["", "-1", "NaN", "inf", "1e300", "now"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_role_is_quoted() {
        assert_eq!(
            quoted(r#"a"; DROP ROLE b; --"#),
            r#""a""; DROP ROLE b; --""#
        );
    }
}
