//! A real PostgreSQL server that speaks TLS alone: its own certificate authority, SCRAM passwords, a database `shop`
//! with a login that may migrate and a lesser one that may not. It lives in a temporary directory and ends when dropped.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use super::{must_run, postgres_programs, process, python};

/// A login and its password.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Role {
    pub(crate) name: &'static str,
    pub(crate) password: &'static str,
}

/// What the running application uses: rows, no schema changes.
pub(crate) const APP: Role = Role {
    name: "shop_app",
    password: r#"it's "quoted", $HOME ${X} \n #1; é 100%"#,
};

/// What migrations use: owns the database.
pub(crate) const MIGRATIONS: Role = Role {
    name: "shop_migrations",
    password: "Own3r/of:the@shop?",
};

/// Who may do everything; what a test gives others, it gives as this one.
pub(crate) const ADMIN: Role = Role {
    name: "shop_admin",
    password: "adm1n-of-the-server",
};

/// The name in the server's certificate; clients reach the server as `localhost` either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateName {
    Localhost,
    Elsewhere,
}

/// What a server has besides, or in place of, what every one has.
#[derive(Clone, Copy, Default)]
pub(crate) struct More<'a> {
    /// Lines at the end of `postgresql.conf`.
    pub(crate) configuration: &'a str,
    /// `pg_hba.conf`, where it is another.
    pub(crate) logins: Option<&'a str>,
    /// Statements, one a line, in the database `postgres` and in `shop`.
    pub(crate) statements: [&'a str; 2],
}

/// A running server.
pub(crate) struct Postgres {
    server: Child,
    port: u16,
    directory: TempDir,
}

impl Postgres {
    /// A server whose certificate is for `localhost`.
    pub(crate) fn start() -> Self {
        Self::start_as(CertificateName::Localhost)
    }

    pub(crate) fn start_as(name: CertificateName) -> Self {
        Self::start_with(name, More::default())
    }

    pub(crate) fn start_with(name: CertificateName, more: More<'_>) -> Self {
        let programs = postgres_programs::find();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let owner = Owner::of_servers();
        // The server may run as another user, who has to pass through to the data directory.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))
            .expect("an open directory");
        let data = directory.path().join("data");
        fs::create_dir(&data).expect("the data directory");
        owner.give(&data);

        must_run(
            owner
                .command(&programs.join("initdb"), directory.path())
                .args([
                    "--username=postgres",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--auth=reject",
                    "--no-sync",
                ])
                .arg(&data),
        );
        certify(directory.path(), &data, name, &owner);
        configure(&data, more);
        create_shop(&programs.join("postgres"), &data, &owner);
        for (database, statements) in ["postgres", "shop"].into_iter().zip(more.statements) {
            if !statements.is_empty() {
                single_user(
                    &programs.join("postgres"),
                    &data,
                    &owner,
                    database,
                    statements,
                );
            }
        }

        let (server, port) = serve(&programs.join("postgres"), &data, &owner);
        Self {
            server,
            port,
            directory,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The server's own directory, which root and its user may enter: sockets can be there.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The certificate authority's certificate, for `sslrootcert`.
    pub(crate) fn root_certificate(&self) -> PathBuf {
        self.directory.path().join("client.pem")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // INT is the "fast" shutdown: sessions are cut, shared memory is given back, nothing stays behind.
        process::send(self.server.id(), Signal::INT);
        if process::wait_within(&mut self.server, Duration::from_secs(20)).is_none() {
            drop(self.server.kill());
            drop(self.server.wait());
        }
    }
}

/// The user the server runs as: PostgreSQL refuses to run as root.
struct Owner {
    ids: Option<(u32, u32)>,
}

impl Owner {
    fn of_servers() -> Self {
        if !super::is_root() {
            return Self { ids: None };
        }
        let id = |option: &str, user: &str| -> Option<u32> {
            let output = Command::new("id").args([option, user]).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        let ids = ["postgres", "nobody"]
            .iter()
            .find_map(|user| Some((id("-u", user)?, id("-g", user)?)));
        Self {
            ids: Some(
                ids.expect("a user `postgres` or `nobody`, since PostgreSQL does not run as root"),
            ),
        }
    }

    fn give(&self, path: &Path) {
        if let Some((user, group)) = self.ids {
            std::os::unix::fs::chown(path, Some(user), Some(group)).expect("a new owner");
        }
    }

    /// A command run as this user, in a directory that user may enter, without the caller's `PG…` variables.
    fn command(&self, program: &Path, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(directory)
            .env_clear()
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        if let Some(libraries) = postgres_programs::libraries(program) {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        if let Some((user, group)) = self.ids {
            command.uid(user).gid(group);
        }
        command
    }
}

/// Makes a certificate authority and a server certificate: `server.pem`, `server.key`, and `client.pem`, the authority.
fn certify(directory: &Path, data: &Path, name: CertificateName, owner: &Owner) {
    let identity = match name {
        CertificateName::Localhost => "localhost",
        CertificateName::Elsewhere => "db.elsewhere.example",
    };
    must_run(
        Command::new(python::venv())
            .args(["-m", "trustme", "--quiet", "-i", identity, "-d"])
            .arg(directory),
    );
    for file in ["server.pem", "server.key"] {
        let to = data.join(file);
        fs::copy(directory.join(file), &to).expect("a copy of a certificate");
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600))
            .expect("a private key that is private");
        owner.give(&to);
    }
}

fn configure(data: &Path, more: More<'_>) {
    append(
        &data.join("postgresql.conf"),
        "listen_addresses = '127.0.0.1'\n\
         unix_socket_directories = ''\n\
         ssl = on\n\
         ssl_cert_file = 'server.pem'\n\
         ssl_key_file = 'server.key'\n\
         password_encryption = 'scram-sha-256'\n\
         fsync = off\n\
         max_connections = 30\n\
         shared_buffers = 16MB\n",
    );
    append(&data.join("postgresql.conf"), more.configuration);
    let logins = "hostnossl all all all reject\n\
         hostssl   all all all scram-sha-256\n";
    fs::write(data.join("pg_hba.conf"), more.logins.unwrap_or(logins)).expect("pg_hba.conf");
}

fn append(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(path)
        .expect("a configuration file");
    file.write_all(text.as_bytes())
        .expect("the text of a configuration file");
}

/// Makes the roles and the database in single-user mode, which needs no login and no port.
fn create_shop(postgres: &Path, data: &Path, owner: &Owner) {
    let create_role = |role: Role| {
        format!(
            "CREATE ROLE {} LOGIN PASSWORD '{}'",
            role.name,
            role.password.replace('\'', "''")
        )
    };
    let (app, migrations) = (APP.name, MIGRATIONS.name);
    let roles = [
        create_role(APP),
        create_role(MIGRATIONS),
        create_role(ADMIN),
        format!("ALTER ROLE {} SUPERUSER", ADMIN.name),
        format!("CREATE DATABASE shop OWNER {migrations}"),
    ];
    let grants = [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC".to_owned(),
        format!("GRANT CREATE ON SCHEMA public TO {migrations}"),
        format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {migrations} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}"
        ),
        format!("ALTER DEFAULT PRIVILEGES FOR ROLE {migrations} GRANT USAGE ON SEQUENCES TO {app}"),
    ];
    for (database, statements) in [("postgres", &roles[..]), ("shop", &grants[..])] {
        single_user(postgres, data, owner, database, &statements.join("\n"));
    }
}

/// Runs statements, one a line, stopping at the first that fails.
fn single_user(postgres: &Path, data: &Path, owner: &Owner, database: &str, statements: &str) {
    let mut command = owner.command(postgres, data);
    command
        .args(["--single", "-c", "exit_on_error=on", "-D"])
        .arg(data)
        .arg(database);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("PostgreSQL in single-user mode");
    let mut input = child.stdin.take().expect("a pipe");
    input
        .write_all(format!("{statements}\n").as_bytes())
        .expect("statements are read");
    drop(input);
    let output = child
        .wait_with_output()
        .expect("the end of PostgreSQL in single-user mode");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !said.contains("ERROR"),
        "the database could not be made: {said}"
    );
}

/// Starts the server on a free port and waits until it takes logins.
fn serve(postgres: &Path, data: &Path, owner: &Owner) -> (Child, u16) {
    let log = data.with_file_name("server.log");
    // Another process may take the port between the choice and the start, hence the attempts.
    for _ in 0..5 {
        let port = free_port();
        let output = fs::File::create(&log).expect("the server's log");
        let mut server = owner
            .command(postgres, data)
            .arg("-D")
            .arg(data)
            .args(["-p", &port.to_string()])
            .stdout(output.try_clone().expect("the server's log"))
            .stderr(output)
            .spawn()
            .expect("a PostgreSQL server");
        if ready(&mut server, data, port) {
            return (server, port);
        }
        drop(server.kill());
        drop(server.wait());
    }
    panic!(
        "PostgreSQL did not start: {}",
        fs::read_to_string(&log).unwrap_or_default()
    );
}

/// Whether the server came up: the last line of `postmaster.pid` tells.
fn ready(server: &mut Child, data: &Path, port: u16) -> bool {
    let end = Instant::now() + Duration::from_mins(1);
    while Instant::now() < end {
        if !matches!(server.try_wait(), Ok(None)) {
            return false;
        }
        let state = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        let mut lines = state.lines();
        let same_port = lines.nth(3) == Some(port.to_string().as_str());
        if same_port && lines.last().is_some_and(|line| line.trim() == "ready") {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// A port of 127.0.0.1 that nobody listened on a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}
