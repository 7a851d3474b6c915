//! A real MariaDB server and mysqlclient, built on MariaDB's own library. Debian's packages of both are unpacked under the
//! target directory, and nothing is installed. The server lives in a temporary directory and ends when dropped.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{debian, is_root, must_run, postgres::free_port, python, scratch};

/// The server, its library, and what mysqlclient is built against.
const PACKAGES: &[&str] = &["mariadb-server-core", "libmariadb-dev"];

/// What a new server is made of, in this order.
const TABLES: &[&str] = &[
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
    "mysql_system_tables_data.sql",
];

/// The release of mysqlclient whose behaviour the tests rely on.
const MYSQLCLIENT: &str = "mysqlclient==2.2.*";

/// A running server with a database `shop` and a login `shop_app` that owns it and may change its own password.
pub(crate) struct Mariadb {
    server: Child,
    port: u16,
    directory: TempDir,
}

impl Mariadb {
    /// A server whose login has this password: letters and digits alone.
    pub(crate) fn start(password: &str) -> Self {
        Self::start_as(&login(password), &[], false)
    }

    /// The same with more arguments for the server, and more statements before it starts. `{directory}` in an argument is
    /// its own directory.
    pub(crate) fn start_with(password: &str, arguments: &[&str], statements: &str) -> Self {
        Self::start_as(&(login(password) + statements), arguments, false)
    }

    /// A server that speaks TLS as well, with nothing in it but what the statements put there, one a line.
    pub(crate) fn start_with_tls(statements: &str) -> Self {
        Self::start_as(statements, &[], true)
    }

    fn start_as(statements: &str, arguments: &[&str], has_tls: bool) -> Self {
        let root = unpacked();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let data = directory.path().join("data");
        fs::create_dir(&data).expect("the data directory");
        bootstrap(&root, &data, statements);
        let mut tls = Vec::new();
        if has_tls {
            must_run(
                Command::new(python::venv())
                    .args(["-m", "trustme", "--quiet", "-i", "localhost", "-d"])
                    .arg(directory.path()),
            );
            for (option, file) in [("cert", "server.pem"), ("key", "server.key")] {
                let path = directory.path().join(file);
                tls.push(format!("--ssl-{option}={}", path.display()));
            }
        }
        let place = directory.path().display().to_string();
        // Another process may take the port between the choice and the start, hence the attempts.
        for _ in 0..5 {
            let port = free_port();
            let log = File::create(directory.path().join("log")).expect("the server's log");
            let mut server = command(&root, &data)
                .arg(format!("--port={port}"))
                .arg("--bind-address=127.0.0.1")
                .arg(format!("--socket={place}/s"))
                .args(&tls)
                .args(
                    arguments
                        .iter()
                        .map(|argument| argument.replace("{directory}", &place)),
                )
                .stdin(Stdio::null())
                .stdout(log.try_clone().expect("the server's log"))
                .stderr(log)
                .spawn()
                .expect("a MariaDB server");
            let end = Instant::now() + Duration::from_mins(1);
            while matches!(server.try_wait(), Ok(None)) && Instant::now() < end {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Self {
                        server,
                        port,
                        directory,
                    };
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            drop(server.kill());
            drop(server.wait());
        }
        let log = fs::read_to_string(directory.path().join("log")).unwrap_or_default();
        panic!("MariaDB did not start: {log}");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The certificate authority's certificate.
    pub(crate) fn root_certificate(&self) -> PathBuf {
        self.directory.path().join("client.pem")
    }

    /// Its socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("s")
    }
}

impl Drop for Mariadb {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// A directory for `PYTHONPATH` with mysqlclient for this interpreter, built when it is not there yet.
pub(crate) fn mysqlclient(python: &Path) -> PathBuf {
    let root = unpacked();
    let lock = File::create(scratch().join("mysqlclient.lock")).expect("a lock file");
    lock.lock().expect("the lock of mysqlclient");
    let version = "import sys; print(*sys.version_info[:2], sep='.')";
    let version = must_run(Command::new(python).args(["-c", version]));
    let target = scratch().join(format!("mysqlclient-{}", version.trim()));
    if target.join("complete").exists() {
        return target;
    }
    drop(fs::remove_dir_all(&target));
    let libraries = library(&root);
    let libraries = libraries.display();
    must_run(
        Command::new(python)
            .args(["-m", "pip", "install", "--quiet", "--no-input", "--target"])
            .arg(&target)
            // What pip keeps of an earlier build leads to the library of the checkout it was built in.
            .args(["--no-cache-dir", "--disable-pip-version-check", MYSQLCLIENT])
            .env(
                "MYSQLCLIENT_CFLAGS",
                format!("-I{}/usr/include/mariadb", root.display()),
            )
            .env(
                "MYSQLCLIENT_LDFLAGS",
                format!("-L{libraries} -lmariadb -Wl,-rpath,{libraries}"),
            ),
    );
    fs::write(target.join("complete"), "").expect("the mark of a finished build");
    target
}

/// For an example that starts MariaDB itself: the directory of the server's program, and the variables that it, its library
/// and a build of mysqlclient need where all of them are unpacked and not installed.
pub(crate) fn programs() -> (PathBuf, Vec<(&'static str, OsString)>) {
    let root = unpacked();
    add_plugins(&root);
    let libraries = library(&root);
    let place = libraries.display();
    let variables = [
        ("LD_LIBRARY_PATH", format!("{place}")),
        ("MARIADB_PLUGIN_DIR", format!("{place}/libmariadb3/plugin")),
        (
            "MYSQLCLIENT_CFLAGS",
            format!("-I{}/usr/include/mariadb", root.display()),
        ),
        (
            "MYSQLCLIENT_LDFLAGS",
            format!("-L{place} -lmariadb -Wl,-rpath,{place}"),
        ),
    ];
    let variables = variables.map(|(name, value)| (name, value.into())).to_vec();
    (root.join("usr/sbin"), variables)
}

/// Debian has the server's plugins in the package that would start a server, so its files alone are taken.
fn add_plugins(root: &Path) {
    let lock = File::create(scratch().join("mariadb-server.lock")).expect("a lock file");
    lock.lock().expect("the lock of the packages");
    let plugins = "usr/lib/mysql/plugin";
    if root.join(plugins).exists() {
        return;
    }
    let package = debian::unpacked("mariadb-plugins", || vec!["mariadb-server".to_owned()]);
    fs::create_dir_all(root.join("usr/lib/mysql")).expect("a place for the plugins");
    symlink(package.join(plugins), root.join(plugins)).expect("the plugins");
}

/// Where `libmariadb.so` is: Debian's multi-architecture directory.
fn library(root: &Path) -> PathBuf {
    let entries = fs::read_dir(root.join("usr/lib")).expect("unpacked libraries");
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|directory| directory.join("libmariadb.so").exists())
        .expect("libmariadb.so among the unpacked libraries")
}

fn command(root: &Path, data: &Path) -> Command {
    let share = root.join("usr/share/mysql");
    let mut command = Command::new(root.join("usr/sbin/mariadbd"));
    command
        .arg("--no-defaults")
        .arg(format!("--basedir={}", root.join("usr").display()))
        .arg(format!("--datadir={}", data.display()))
        .arg(format!("--lc-messages-dir={}", share.display()))
        .arg(format!("--tmpdir={}", data.display()))
        .arg("--innodb-log-file-size=4M")
        .env("LD_LIBRARY_PATH", library(root));
    if is_root() {
        command.arg("--user=root");
    }
    command
}

/// A database and a login that may do everything there.
fn login(password: &str) -> String {
    format!(
        "CREATE DATABASE shop;\n\
         CREATE USER shop_app@'%' IDENTIFIED BY '{password}';\n\
         GRANT ALL ON shop.* TO shop_app@'%';\n"
    )
}

/// Makes the tables of a new server, and what the statements make.
fn bootstrap(root: &Path, data: &Path, more: &str) {
    let mut statements =
        "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n".to_owned();
    for file in TABLES {
        let path = root.join("usr/share/mysql").join(file);
        statements.push_str(&fs::read_to_string(path).expect("the statements of a new server"));
    }
    statements.push_str("FLUSH PRIVILEGES;\n");
    statements.push_str(more);
    let mut server = command(root, data)
        .arg("--bootstrap")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("MariaDB without a network");
    let mut input = server.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(statements.as_bytes()));
    let output = server.wait_with_output().expect("the end of MariaDB");
    let written = writer.join().expect("the statements' thread");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && written.is_ok() && !said.contains("ERROR"),
        "MariaDB could not be set up: {said}"
    );
}

/// The directory with the unpacked packages, fetched when they are not there yet.
fn unpacked() -> PathBuf {
    debian::unpacked("mariadb-server", || {
        // The library may be there, and is linked against from here all the same.
        let here = PACKAGES.iter().chain(&["libmariadb3"]);
        let mut packages = debian::lacking(PACKAGES);
        packages.extend(here.map(|&package| package.to_owned()));
        packages.sort_unstable();
        packages.dedup();
        packages
    })
}
