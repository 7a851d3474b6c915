//! Live databases with real drivers: one Django process stays, the password changes behind it, and the next connection
//! has the new one.

mod mssql;
mod mysql;
mod postgresql;

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use nuages::django::live;
use nuages::render::{self, Document};
use nuages::value::{Table, Text, Value};
use tempfile::TempDir;

use crate::support::checkout;

/// The databases of a manifest and the private directory of their files.
struct Live {
    directory: TempDir,
    databases: Vec<(&'static str, Table)>,
    is_pymysql: bool,
}

impl Live {
    fn new(databases: Vec<(&'static str, Table)>) -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            databases,
            is_pymysql: false,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Gives every database this value for a key.
    fn set(&mut self, key: &str, secret: &str) -> &mut Self {
        for (_, database) in &mut self.databases {
            database.insert(key, Value::Text(Text::secret(secret)));
        }
        self
    }

    /// Writes every file as it is to be now, and gives Django's `DATABASES`.
    fn write(&self) -> String {
        let mut databases = Table::new();
        for (alias, database) in &self.databases {
            let sample = live::sample(alias, database, self.is_pymysql, self.directory.path());
            let sample = sample.unwrap();
            for (name, content) in sample.files {
                put(&self.path(&name), &content);
            }
            databases.insert(*alias, Value::Table(sample.table));
        }
        let document = Document {
            databases,
            env: Table::new(),
        };
        let json = render::format("databases-json").unwrap().render(&document);
        String::from_utf8(json.unwrap().to_vec()).unwrap()
    }

    /// A Django that has these databases.
    fn django(&self, python: &Path) -> Command {
        let mut command = Command::new(python);
        command
            .arg("-B")
            .arg(checkout().join("tests/clients/live.py"))
            .env("DATABASES", self.write())
            .env("PYTHONPATH", self.directory.path())
            .env_remove("PGPASSWORD")
            .env_remove("MYSQL_PWD");
        command
    }
}

/// A reader sees the old file or the new one.
fn put(path: &Path, content: &[u8]) {
    let mut folder = fs::DirBuilder::new();
    folder.recursive(true).mode(0o700);
    folder.create(path.parent().unwrap()).unwrap();
    let new = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .unwrap();
    file.write_all(content).unwrap();
    fs::rename(&new, path).unwrap();
}

/// A Django process that does what it is told, line by line.
struct Django {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Django {
    fn start(command: &mut Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    fn ask(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").unwrap();
        let mut said = String::new();
        self.output.read_line(&mut said).unwrap();
        said.strip_suffix('\n').unwrap().to_owned()
    }
}

impl Drop for Django {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn database(engine: &str, entries: &[(&str, &str)]) -> Table {
    let engine = [("ENGINE", engine)];
    let entries = entries.iter().chain(&engine);
    entries
        .map(|(key, value)| ((*key).to_owned(), Value::plain(*value)))
        .collect()
}
