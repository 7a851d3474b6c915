//! What a server has said, as data, whatever kind it is. Every text in here has been through a
//! [`Cleaner`](super::text::Cleaner).

use std::time::{Duration, SystemTime};

/// What is known of a database after a login.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) server: Server,
    /// Where it was found: `db.example:5432`, or a socket's path.
    pub(crate) place: String,
    /// Nothing left this machine: a socket, or an address of the loopback.
    pub(crate) is_local: bool,
    /// Who we are there, which is who can do what is told below.
    pub(crate) user: String,
    /// The login, where it became somebody else.
    pub(crate) login: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) channel: Channel,
    /// How the login was proven.
    pub(crate) method: Option<Method>,
    /// How new passwords are stored, where that is a weak way.
    pub(crate) weak_storage: Option<String>,
    /// What the login can do beyond rows of its tables.
    pub(crate) powers: Vec<Power>,
    /// Whether it can change tables; `None` where that could not be found out.
    pub(crate) changes: Option<Changes>,
    pub(crate) skew: Option<Skew>,
    /// What could not be looked at, and why.
    pub(crate) gaps: Vec<String>,
}

/// The program that answers.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) product: Product,
    /// In its own words.
    pub(crate) version: String,
    /// Major and minor number, by which support ends.
    pub(crate) series: Option<(u32, u32)>,
}

/// Programs whose versions are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    Postgresql,
    Mysql,
    Mariadb,
    SqlServer,
    Oracle,
    /// One that speaks as one of them does, with versions of its own.
    Other,
}

/// What a connection goes through.
#[derive(Clone, Debug)]
pub(crate) enum Channel {
    Tls(Tls),
    /// A network, in the clear.
    Plain,
    /// A socket of this machine.
    Socket,
    /// The server does not tell this login.
    Unknown,
}

/// TLS of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    /// `TLSv1.3`; `None` where only the server knows.
    pub(crate) version: Option<String>,
    pub(crate) cipher: Option<String>,
    /// What the settings ask for; `None` where the driver alone knows.
    pub(crate) asked: Option<Asked>,
    pub(crate) verified: Verified,
    pub(crate) certificate: Option<Certificate>,
    /// The server itself has a connection without TLS: something between has it.
    pub(crate) ends_before: bool,
}

/// What settings ask of TLS. The order is that of safety.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asked {
    /// None.
    Nothing,
    /// Where the server offers it, or where nothing else goes.
    IfOffered,
    /// TLS, with whoever answers.
    Encryption,
    /// A certificate of an authority that is trusted.
    Authority,
    /// And the server's name in it.
    Identity,
}

/// What was verified of a certificate. The order is that of safety.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verified {
    /// Only the driver knows.
    Unknown,
    Nothing,
    /// The authority, not the name.
    Authority,
    Identity,
}

/// What a certificate says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) until: Option<SystemTime>,
    pub(crate) names: Vec<String>,
}

/// A way to prove who one is.
#[derive(Clone, Debug)]
pub(crate) struct Method {
    /// As the server's documentation calls it.
    pub(crate) name: String,
    pub(crate) strength: Strength,
}

/// What is to be thought of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    Sound,
    /// What is seen on the wire or in the server's tables is as good as the password, or soon gives it away.
    Weak,
    /// The server gets the password itself.
    Clear,
    /// It asked for nothing.
    Absent,
    /// The server does not tell.
    Unknown,
}

/// Something that a login for an application does not need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Power {
    pub(crate) kind: PowerKind,
    /// As the server calls it: `SUPERUSER`, `pg_read_all_data`, `FILE`.
    pub(crate) name: String,
    /// The role that brings it, where it is not the login's own.
    pub(crate) via: Option<String>,
}

/// What a power is over. The order is that of gravity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PowerKind {
    /// What goes on in the server: other sessions, settings.
    Sight,
    /// The server's running: sessions, replication slots, caches.
    Service,
    /// Databases: makes and drops them.
    Databases,
    /// The schema of this database, as an administrator of it.
    Schema,
    /// All data, whatever is granted.
    Data,
    /// Other logins, and what they may do.
    Logins,
    /// Files and programs of the server's machine.
    Machine,
    /// Everything.
    Everything,
}

/// How a login can change tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// It can make tables in these schemas, or databases of MySQL.
    pub(crate) creates_in: Vec<String>,
    /// Among them, those that everybody can make tables in.
    pub(crate) by_everybody: Vec<String>,
    /// It can make schemas.
    pub(crate) creates_schemas: bool,
    /// Tables that it can alter and drop, since it owns them or may do so.
    pub(crate) alters: u64,
    /// What else brings it: `ALTER on shop.*`.
    pub(crate) grants: Vec<String>,
}

impl Changes {
    pub(crate) fn is_none(&self) -> bool {
        self.creates_in.is_empty()
            && !self.creates_schemas
            && self.alters == 0
            && self.grants.is_empty()
    }
}

/// The server's clock against ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Skew {
    /// How far they are apart at least: half of the round trip is taken off.
    pub(crate) at_least: Duration,
    /// Whether the server's is ahead.
    pub(crate) is_ahead: bool,
    /// How exactly that is known.
    pub(crate) give_or_take: Duration,
}

impl Skew {
    /// From the server's clock and ours before and after it was asked; `None` where ours was set meanwhile.
    pub(crate) fn new(server: SystemTime, before: SystemTime, trip: Duration) -> Option<Self> {
        let half = trip / 2;
        let ours = before.checked_add(half)?;
        let (apart, is_ahead) = match server.duration_since(ours) {
            Ok(ahead) => (ahead, true),
            Err(behind) => (behind.duration(), false),
        };
        Some(Self {
            at_least: apart.saturating_sub(half),
            is_ahead,
            give_or_take: half,
        })
    }
}

impl Product {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Postgresql => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Mariadb => "MariaDB",
            Self::SqlServer => "SQL Server",
            Self::Oracle => "Oracle Database",
            Self::Other => "a server",
        }
    }
}

impl Asked {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "no TLS",
            Self::IfOffered => "TLS where the server offers it",
            Self::Encryption => "TLS",
            Self::Authority => "TLS and a trusted authority",
            Self::Identity => "TLS, a trusted authority and the server's name",
        }
    }
}

impl Verified {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Nothing => "nothing",
            Self::Authority => "authority",
            Self::Identity => "identity",
        }
    }
}

impl PowerKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sight => "sight",
            Self::Service => "service",
            Self::Databases => "databases",
            Self::Schema => "schema",
            Self::Data => "data",
            Self::Logins => "logins",
            Self::Machine => "machine",
            Self::Everything => "everything",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_sure_of_a_clock_is_told() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let skew = |server: i64, trip: u64| {
            let server = now.checked_add(Duration::from_millis(server.unsigned_abs()));
            Skew::new(server.unwrap(), now, Duration::from_millis(trip)).unwrap()
        };
        let far = skew(90_000, 2_000);
        assert_eq!(far.at_least, Duration::from_secs(88));
        assert!(far.is_ahead);
        assert_eq!(far.give_or_take, Duration::from_secs(1));
        // Within the trip nothing is sure.
        assert_eq!(skew(900, 1_000).at_least, Duration::ZERO);
        let behind = Skew::new(now, now + Duration::from_secs(70), Duration::from_secs(2)).unwrap();
        assert_eq!(behind.at_least, Duration::from_secs(70));
        assert!(!behind.is_ahead);
    }
}
