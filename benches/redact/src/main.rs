//! Times `nuages redact` over files of logs and of random text, with 20 and with 1,000 secrets, against plain `cat`: both
//! read the file and write to a pipe that is emptied. Prints MB/s by the wall and by the processor; decides nothing.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use wait4::Wait4;

/// Bytes of a stream, unless said.
const SIZE: usize = 512 << 20;

/// A command, and how long its best run took.
struct Program {
    name: String,
    command: Vec<String>,
    directory: PathBuf,
    wall: f64,
    processor: f64,
}

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("redact: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let (mut nuages, mut rounds) = (None, 5_usize);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or(format!("`{argument}` needs a value"))
        };
        match argument.as_str() {
            "--nuages" => nuages = Some(PathBuf::from(value()?)),
            "--rounds" => rounds = value()?.parse().map_err(|_| "`--rounds` needs a number")?,
            _ => return Err("usage: redact [--nuages PROGRAM] [--rounds NUMBER]".to_owned()),
        }
    }
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/nuages");
    let nuages = nuages.unwrap_or(built);
    let nuages = nuages
        .canonicalize()
        .map_err(|error| format!("{}: {error}: build it first", nuages.display()))?;
    let directory = tempfile::tempdir().map_err(text)?;
    let mut numbers = Numbers(7);
    println!("| stream | program | MB/s | MB/s of processor |\n|---|---|---:|---:|");
    for (name, stream) in [
        ("log", log(&mut numbers)),
        ("random text", random(&mut numbers)),
    ] {
        let input = directory.path().join("stream");
        fs::write(&input, &stream).map_err(text)?;
        let mut programs = vec![Program::new("cat", &["cat"], directory.path())];
        for count in [20, 1000] {
            let project = project(directory.path(), count, &mut numbers)?;
            let command = [
                nuages.to_str().ok_or("a path that is no text")?,
                "-q",
                "redact",
            ];
            programs.push(Program::new(
                &format!("nuages redact, {count} secrets"),
                &command,
                &project,
            ));
        }
        // Every round has every program once.
        for _ in 0..rounds.max(1) {
            for program in &mut programs {
                program.run(&input, stream.len())?;
            }
        }
        for program in &programs {
            let rate = |seconds: f64| stream.len() as f64 / 1e6 / seconds;
            println!(
                "| {name} | {} | {:.0} | {:.0} |",
                program.name,
                rate(program.wall),
                rate(program.processor)
            );
        }
    }
    Ok(())
}

impl Program {
    fn new(name: &str, command: &[&str], directory: &Path) -> Self {
        Self {
            name: name.to_owned(),
            command: command.iter().map(ToString::to_string).collect(),
            directory: directory.to_owned(),
            wall: f64::INFINITY,
            processor: f64::INFINITY,
        }
    }

    fn run(&mut self, input: &Path, size: usize) -> Result<(), String> {
        let start = Instant::now();
        let mut child = Command::new(&self.command[0])
            .args(&self.command[1..])
            .current_dir(&self.directory)
            .stdin(File::open(input).map_err(text)?)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(text)?;
        let mut output = child.stdout.take().ok_or("no pipe")?;
        let (mut buffer, mut written) = (vec![0; 1 << 20], 0);
        loop {
            match output.read(&mut buffer).map_err(text)? {
                0 => break,
                count => written += count,
            }
        }
        let used = child.wait4().map_err(text)?;
        // No secret is in the stream: what comes out is as long as what went in.
        if !used.status.success() || written != size {
            return Err(format!(
                "{} wrote {written} bytes and ended with {}",
                self.name, used.status
            ));
        }
        self.wall = self.wall.min(start.elapsed().as_secs_f64());
        let processor = used.rusage.utime + used.rusage.stime;
        self.processor = self.processor.min(processor.as_secs_f64());
        Ok(())
    }
}

/// A manifest with so many secrets of 24 to 43 signs, in one `.env` file.
fn project(directory: &Path, count: usize, numbers: &mut Numbers) -> Result<PathBuf, String> {
    let project = directory.join(format!("project-{count}"));
    fs::create_dir_all(&project).map_err(text)?;
    let mut manifest =
        "[providers.secrets]\nkind = \"dotenv\"\npath = \".env\"\n[env]\n".to_owned();
    let mut secrets = String::new();
    for number in 0..count {
        let _ = writeln!(manifest, "KEY_{number} = \"${{secrets://KEY_{number}}}\"");
        let length = 24 + numbers.below(20);
        let value: String = (0..length).map(|_| numbers.sign()).collect();
        let _ = writeln!(secrets, "KEY_{number}='{value}'");
    }
    fs::write(project.join("nuages.toml"), manifest).map_err(text)?;
    fs::write(project.join(".env"), secrets).map_err(text)?;
    Ok(project)
}

fn log(numbers: &mut Numbers) -> Vec<u8> {
    let mut log = String::with_capacity(SIZE + 256);
    while log.len() < SIZE {
        let (order, status, trace) = (numbers.below(100_000), numbers.below(500), numbers.next());
        let _ = writeln!(
            log,
            "2026-11-22 18:00:00,123 INFO django.request GET /api/v1/orders/{order}/items HTTP/1.1 {status} trace={trace:016x}"
        );
    }
    log.into_bytes()
}

fn random(numbers: &mut Numbers) -> Vec<u8> {
    (0..SIZE).map(|_| numbers.sign() as u8).collect()
}

/// Numbers that look random and come the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn sign(&mut self) -> char {
        const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        char::from(SIGNS[self.below(SIGNS.len())])
    }
}

fn text(error: std::io::Error) -> String {
    error.to_string()
}
