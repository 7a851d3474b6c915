//! Until when servers get security fixes, by their makers' own pages. A version that is not listed is not judged: newer than
//! this table, or a fork's own.

use std::time::{Duration, SystemTime};

use super::facts::{Product, Server};
use crate::timestamp;

const DAY: Duration = Duration::from_hours(24);

/// When the table was last held against its pages.
pub(crate) const MADE: &str = "2026-11-23";

/// A series of versions, and its last day.
pub(crate) struct Series {
    pub(crate) product: Product,
    pub(crate) major: u32,
    /// `None` where the major number alone names the series.
    pub(crate) minor: Option<u32>,
    /// For people, where it is called otherwise: `2019`.
    pub(crate) label: Option<&'static str>,
    /// `2026-11-12`.
    pub(crate) last: &'static str,
}

const POSTGRESQL: &str = "https://www.postgresql.org/support/versioning/";
const MARIADB: &str = "https://mariadb.org/about/#maintenance-policy";
const MYSQL: &str =
    "https://www.oracle.com/us/support/library/lifetime-support-technology-069183.pdf";
const SQL_SERVER: &str = "https://learn.microsoft.com/en-us/lifecycle/products/?terms=SQL%20Server";
const ORACLE: &str =
    "https://support.oracle.com/knowledge/Oracle%20Database%20Products/742060_1.html";

/// The page that the days of a product are from.
pub(crate) const fn page(product: Product) -> &'static str {
    match product {
        Product::Postgresql | Product::Other => POSTGRESQL,
        Product::Mariadb => MARIADB,
        Product::Mysql => MYSQL,
        Product::SqlServer => SQL_SERVER,
        Product::Oracle => ORACLE,
    }
}

const fn of(product: Product, major: u32, minor: Option<u32>, last: &'static str) -> Series {
    Series {
        product,
        major,
        minor,
        label: None,
        last,
    }
}

const fn pg(major: u32, last: &'static str) -> Series {
    of(Product::Postgresql, major, None, last)
}

const fn pg9(minor: u32, last: &'static str) -> Series {
    of(Product::Postgresql, 9, Some(minor), last)
}

const fn maria(major: u32, minor: u32, last: &'static str) -> Series {
    of(Product::Mariadb, major, Some(minor), last)
}

const fn mysql(major: u32, minor: u32, last: &'static str) -> Series {
    of(Product::Mysql, major, Some(minor), last)
}

const fn mssql(major: u32, label: &'static str, last: &'static str) -> Series {
    Series {
        label: Some(label),
        ..of(Product::SqlServer, major, None, last)
    }
}

const fn oracle(major: u32, minor: Option<u32>, label: &'static str, last: &'static str) -> Series {
    Series {
        label: Some(label),
        ..of(Product::Oracle, major, minor, last)
    }
}

/// `MySQL` by Extended Support, SQL Server by extended support without what is bought after it, Oracle by the last day of
/// Extended Support, or of Premier Support where there is no other.
pub(crate) const SERIES: &[Series] = &[
    pg9(0, "2015-10-08"),
    pg9(1, "2016-10-27"),
    pg9(2, "2017-11-09"),
    pg9(3, "2018-11-08"),
    pg9(4, "2020-02-13"),
    pg9(5, "2021-02-11"),
    pg9(6, "2021-11-11"),
    pg(10, "2022-11-10"),
    pg(11, "2023-11-09"),
    pg(12, "2024-11-21"),
    pg(13, "2025-11-13"),
    pg(14, "2026-11-12"),
    pg(15, "2027-11-11"),
    pg(16, "2028-11-09"),
    pg(17, "2029-11-08"),
    pg(18, "2030-11-14"),
    maria(5, 5, "2020-04-11"),
    maria(10, 0, "2019-03-31"),
    maria(10, 1, "2020-10-17"),
    maria(10, 2, "2022-05-23"),
    maria(10, 3, "2023-05-25"),
    maria(10, 4, "2024-06-18"),
    maria(10, 5, "2025-06-24"),
    maria(10, 6, "2026-07-06"),
    maria(10, 7, "2023-02-09"),
    maria(10, 8, "2023-05-20"),
    maria(10, 9, "2023-08-22"),
    maria(10, 10, "2023-11-17"),
    maria(10, 11, "2028-02-16"),
    maria(11, 0, "2024-06-06"),
    maria(11, 1, "2024-08-21"),
    maria(11, 2, "2024-11-21"),
    maria(11, 3, "2024-05-29"),
    maria(11, 4, "2029-05-29"),
    maria(11, 5, "2024-11-21"),
    maria(11, 6, "2025-02-13"),
    maria(11, 7, "2025-05-12"),
    maria(11, 8, "2028-06-04"),
    maria(12, 0, "2025-11-07"),
    mysql(5, 5, "2018-12-31"),
    mysql(5, 6, "2021-02-28"),
    mysql(5, 7, "2023-10-31"),
    mysql(8, 0, "2026-04-30"),
    mysql(8, 1, "2023-10-25"),
    mysql(8, 2, "2023-12-14"),
    mysql(8, 3, "2024-04-10"),
    mysql(8, 4, "2032-04-30"),
    mysql(9, 0, "2024-10-15"),
    mysql(9, 1, "2025-01-21"),
    mysql(9, 2, "2025-04-15"),
    mysql(9, 3, "2025-07-22"),
    mysql(9, 4, "2025-10-21"),
    mysql(9, 5, "2026-01-20"),
    mysql(9, 6, "2026-04-21"),
    mssql(10, "2008", "2019-07-09"),
    mssql(11, "2012", "2022-07-12"),
    mssql(12, "2014", "2024-07-09"),
    mssql(13, "2016", "2026-07-14"),
    mssql(14, "2017", "2027-10-12"),
    mssql(15, "2019", "2030-01-08"),
    mssql(16, "2022", "2033-01-11"),
    mssql(17, "2025", "2036-01-06"),
    oracle(11, Some(1), "11g Release 1", "2015-08-31"),
    oracle(11, Some(2), "11g Release 2", "2020-12-31"),
    oracle(12, Some(1), "12c Release 1", "2022-07-31"),
    oracle(12, Some(2), "12c Release 2", "2022-03-31"),
    oracle(18, None, "18c", "2021-06-30"),
    oracle(19, None, "19c", "2032-12-31"),
    oracle(21, None, "21c", "2027-07-31"),
    oracle(23, None, "23ai", "2031-12-31"),
];

/// The series of a server, where it is listed.
pub(crate) fn find(server: &Server) -> Option<&'static Series> {
    let (major, minor) = server.series?;
    SERIES.iter().find(|series| {
        series.product == server.product
            && series.major == major
            && series.minor.is_none_or(|known| known == minor)
    })
}

impl Series {
    /// `PostgreSQL 14`, `SQL Server 2019`.
    pub(crate) fn name(&self) -> String {
        let product = self.product.name();
        match (self.label, self.minor) {
            (Some(label), _) => format!("{product} {label}"),
            (None, Some(minor)) => format!("{product} {}.{minor}", self.major),
            (None, None) => format!("{product} {}", self.major),
        }
    }

    /// When it has ended: at the end of its last day.
    pub(crate) fn end(&self) -> Option<SystemTime> {
        let midnight = timestamp::parse(&format!("{}T00:00:00Z", self.last))?;
        midnight.checked_add(DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(product: Product, series: (u32, u32)) -> Server {
        Server {
            product,
            version: String::new(),
            series: Some(series),
        }
    }

    #[test]
    fn servers_have_their_last_day() {
        for (product, series, name, last) in [
            (Product::Postgresql, (15, 14), "PostgreSQL 15", "2027-11-11"),
            (Product::Postgresql, (9, 6), "PostgreSQL 9.6", "2021-11-11"),
            (Product::Mariadb, (10, 11), "MariaDB 10.11", "2028-02-16"),
            (Product::Mysql, (8, 0), "MySQL 8.0", "2026-04-30"),
            (Product::SqlServer, (15, 0), "SQL Server 2019", "2030-01-08"),
            (
                Product::Oracle,
                (19, 3),
                "Oracle Database 19c",
                "2032-12-31",
            ),
        ] {
            let found = find(&server(product, series)).unwrap();
            assert_eq!((found.name().as_str(), found.last), (name, last));
        }
        assert!(find(&server(Product::Postgresql, (99, 0))).is_none());
        assert!(find(&server(Product::Other, (15, 0))).is_none());
    }

    #[test]
    fn a_series_stands_once_and_its_day_is_one() {
        for (at, one) in SERIES.iter().enumerate() {
            assert!(
                one.end().is_some_and(|end| end > SystemTime::UNIX_EPOCH),
                "{}",
                one.last
            );
            let is_again = SERIES[..at].iter().any(|other| {
                (other.product, other.major, other.minor) == (one.product, one.major, one.minor)
            });
            assert!(!is_again, "{} {:?}", one.major, one.minor);
        }
    }

    #[test]
    fn the_last_day_is_a_whole_one() {
        let series = find(&server(Product::Postgresql, (14, 0))).unwrap();
        let end = series.end().unwrap();
        assert_eq!(timestamp::utc(end), "2026-11-13T00:00:00Z");
        assert!(timestamp::parse(&format!("{MADE}T00:00:00Z")).is_some());
    }
}
