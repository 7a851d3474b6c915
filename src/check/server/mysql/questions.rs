//! What a MySQL or MariaDB server is asked once we are in.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{
    grants::{self, Grant},
    wire::{Fields, Wire, error_code, garbled},
};
use crate::check::server::{
    Facts, Stop,
    facts::{Channel, Product, Server, Skew},
    text::Cleaner,
};

const QUERY: u8 = 0x03;

/// More than any answer that is of use.
const MOST_ROWS: usize = 1000;
const MOST_COLUMNS: usize = 64;

const WHO: &str = "SELECT VERSION(), @@version_comment, CURRENT_USER(), DATABASE()";

const CLOCK: &str = "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))";

/// Programs that speak as MySQL does and have versions of their own.
const OTHERS: &[&str] = &[
    "tidb",
    "vitess",
    "aurora",
    "singlestore",
    "memsql",
    "oceanbase",
    "starrocks",
    "doris",
    "dolt",
];

/// A row: bytes as text, or nulls.
type Row = Vec<Option<String>>;

/// What came of the questions.
pub(super) struct Answers {
    pub(super) facts: Facts,
    /// What the server says of its side of the connection.
    pub(super) has_tls: Option<bool>,
}

/// Asks over one connection.
pub(super) struct Questions<'a> {
    wire: Wire,
    cleaner: &'a Cleaner,
    gaps: Vec<String>,
}

impl<'a> Questions<'a> {
    pub(super) fn new(wire: Wire, cleaner: &'a Cleaner) -> Self {
        Self {
            wire,
            cleaner,
            gaps: Vec::new(),
        }
    }

    pub(super) async fn ask(mut self) -> Result<Answers, Stop> {
        // Whatever is asked below cannot write. An old server that knows no such transaction is asked the same.
        self.rows("START TRANSACTION READ ONLY").await?;
        let who = self
            .many("who we are", WHO)
            .await?
            .and_then(|rows| rows.into_iter().next());
        let who = who.unwrap_or_default();
        let text = |at: usize| who.get(at).and_then(Option::as_deref);
        let server = server(
            text(0).unwrap_or_default(),
            text(1).unwrap_or_default(),
            self.cleaner,
        );
        let skew = self.skew().await?;
        let status = self
            .many(
                "TLS of the connection",
                "SHOW SESSION STATUS LIKE 'Ssl_cipher'",
            )
            .await?;
        let has_tls = status.map(|rows| {
            let cipher = rows
                .first()
                .and_then(|row| row.get(1))
                .and_then(Option::as_deref);
            cipher.is_some_and(|cipher| !cipher.is_empty())
        });
        let grants = self.grants(server.product).await?;
        let (powers, changes) = match &grants {
            Some((grants, is_all)) => {
                let (powers, changes) = grants::judge(grants, text(3), self.cleaner);
                // What was not seen may change tables.
                (
                    powers,
                    Some(changes).filter(|changes| *is_all || !changes.is_none()),
                )
            }
            None => (Vec::new(), None),
        };
        self.wire.close().await;
        let facts = Facts {
            server,
            place: String::new(),
            is_local: false,
            user: self.cleaner.clean(text(2).unwrap_or_default()),
            login: None,
            database: text(3).map(|name| self.cleaner.clean(name)),
            channel: Channel::Unknown,
            method: None,
            weak_storage: None,
            powers,
            changes,
            skew,
            gaps: self.gaps,
        };
        Ok(Answers { facts, has_tls })
    }

    /// The login's own grants and those of its roles, and whether these are all.
    async fn grants(&mut self, product: Product) -> Result<Option<(Vec<Grant>, bool)>, Stop> {
        let Some(rows) = self.many("what the login can do", "SHOW GRANTS").await? else {
            return Ok(None);
        };
        let mut found = read(&rows);
        let roles = found.iter().filter_map(|grant| match grant {
            Grant::Roles(roles) => Some(roles.clone()),
            Grant::Privileges { .. } => None,
        });
        let roles: Vec<String> = roles.flatten().collect();
        let what = "what the login's roles can do";
        let mut is_all = true;
        if product == Product::Mariadb {
            // It shows those of the role that is taken on, for as long as this connection lasts, and of no other.
            for role in roles {
                let taken = self.rows(&format!("SET ROLE {role}")).await?;
                match taken {
                    Some(_) => found.extend(
                        self.many(what, "SHOW GRANTS")
                            .await?
                            .iter()
                            .flat_map(|rows| read(rows)),
                    ),
                    None => is_all = false,
                }
            }
        } else if !roles.is_empty() {
            let all = format!("SHOW GRANTS FOR CURRENT_USER() USING {}", roles.join(", "));
            match self.many(what, &all).await? {
                Some(rows) => found = read(&rows),
                None => is_all = false,
            }
        }
        if !is_all {
            self.gaps.push(format!("{what}: not all of them"));
        }
        Ok(Some((found, is_all)))
    }

    /// The server's clock, by the quickest of three trips.
    async fn skew(&mut self) -> Result<Option<Skew>, Stop> {
        let mut best: Option<(Duration, SystemTime, SystemTime)> = None;
        for _ in 0..3 {
            let (before, start) = (SystemTime::now(), Instant::now());
            let rows = self.rows(CLOCK).await?;
            let trip = start.elapsed();
            let server = rows.and_then(|rows| {
                let micros = rows.first()?.first()?.as_deref()?.parse().ok()?;
                UNIX_EPOCH.checked_add(Duration::from_micros(micros))
            });
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

    /// `None` where the server refuses.
    async fn rows(&mut self, question: &str) -> Result<Option<Vec<Row>>, Stop> {
        let mut packet = vec![QUERY];
        packet.extend_from_slice(question.as_bytes());
        self.wire.command(&packet).await?;
        let head = self.wire.read().await?;
        match head[0] {
            0xff if error_code(&head).is_some() => return Ok(None),
            0x00 => return Ok(Some(Vec::new())),
            // It would like a file of ours.
            0xfb => return Err(garbled()),
            _ => {}
        }
        let columns = Fields::new(&head)
            .length()
            .filter(|count| (1..=MOST_COLUMNS).contains(count));
        let columns = columns.ok_or_else(garbled)?;
        for _ in 0..columns {
            self.wire.read().await?;
        }
        if !is_end(&self.wire.read().await?) {
            return Err(garbled());
        }
        let mut rows = Vec::new();
        loop {
            let packet = self.wire.read().await?;
            if is_end(&packet) {
                return Ok(Some(rows));
            }
            if error_code(&packet).is_some() {
                return Ok(None);
            }
            if rows.len() == MOST_ROWS {
                return Err(garbled());
            }
            rows.push(row(&packet, columns).ok_or_else(garbled)?);
        }
    }
}

fn is_end(packet: &[u8]) -> bool {
    packet[0] == 0xfe && packet.len() < 9
}

fn row(packet: &[u8], columns: usize) -> Option<Row> {
    let mut fields = Fields::new(packet);
    let mut row = Vec::with_capacity(columns);
    for _ in 0..columns {
        let column = fields.column()?;
        row.push(column.map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
    }
    Some(row)
}

fn read(rows: &[Row]) -> Vec<Grant> {
    rows.iter()
        .filter_map(|row| grants::read(row.first()?.as_deref()?))
        .collect()
}

/// `10.11.14-MariaDB-0+deb12u2`, `8.0.36`, and what the server says besides.
fn server(version: &str, comment: &str, cleaner: &Cleaner) -> Server {
    let both = format!("{version} {comment}").to_ascii_lowercase();
    let product = if OTHERS.iter().any(|other| both.contains(other)) {
        Product::Other
    } else if both.contains("mariadb") {
        Product::Mariadb
    } else {
        Product::Mysql
    };
    // Old clients were told so that it was new enough for them.
    let version = version.strip_prefix("5.5.5-").unwrap_or(version);
    let mut numbers = version.split(|c: char| !c.is_ascii_digit());
    let major = numbers.next().and_then(|number| number.parse().ok());
    let minor = numbers.next().and_then(|number| number.parse().ok());
    let shown = match product {
        Product::Other => format!("{version} ({comment})"),
        _ => version.to_owned(),
    };
    Server {
        product,
        version: cleaner.clean(&shown),
        series: major.zip(minor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Table;

    #[test]
    fn a_server_is_known_by_its_version() {
        let cleaner = Cleaner::of(&Table::new());
        for (version, comment, product, series) in [
            (
                "10.11.14-MariaDB-0+deb12u2",
                "Debian 12",
                Product::Mariadb,
                Some((10, 11)),
            ),
            ("5.5.5-10.6.1-MariaDB", "", Product::Mariadb, Some((10, 6))),
            (
                "8.0.36",
                "MySQL Community Server - GPL",
                Product::Mysql,
                Some((8, 0)),
            ),
            (
                "8.0.11-TiDB-v7.5.0",
                "TiDB Server",
                Product::Other,
                Some((8, 0)),
            ),
            ("8.0.mysql_aurora.3.04.0", "", Product::Other, Some((8, 0))),
            ("", "", Product::Mysql, None),
            ("9999999999999.1", "", Product::Mysql, None),
        ] {
            let server = server(version, comment, &cleaner);
            assert_eq!(
                (server.product, server.series),
                (product, series),
                "{version}"
            );
        }
    }

    #[test]
    fn a_row_has_its_columns_or_is_none() {
        assert_eq!(
            row(&[1, b'a', 0xfb], 2),
            Some(vec![Some("a".to_owned()), None])
        );
        assert_eq!(row(&[1, b'a'], 2), None);
        assert_eq!(row(&[9, b'a'], 1), None);
    }
}
