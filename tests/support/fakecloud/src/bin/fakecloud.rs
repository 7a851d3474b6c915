//! The fake cloud as a program, for examples and for trying things by hand. It prints the variables of a kind of place as
//! a shell takes them, then `ready`, and serves until its standard input ends.

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use nuages_fakecloud::{FakeCloud, Variables};

const USAGE: &str = "\
usage: fakecloud [--seed FILE] [--environment KIND] [--proxy ADDRESS] [--imds-address ADDRESS] [--latency MILLISECONDS]
KIND: app-service, workload-identity, client-secret, certificate, github, pipelines, imds, network";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed standard error leaves nobody to tell.
            drop(writeln!(std::io::stderr(), "fakecloud: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut builder = FakeCloud::builder();
    let (mut seed, mut kind) = (None, "app-service".to_owned());
    let mut arguments = std::env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match option.as_str() {
            "--seed" => seed = Some(value),
            "--environment" => kind = value,
            "--proxy" => builder = builder.proxy_on(value.parse()?),
            "--imds-address" => builder = builder.listen_on(value.parse::<SocketAddr>()?),
            "--latency" => builder = builder.latency(Duration::from_millis(value.parse()?)),
            _ => return Err(USAGE.into()),
        }
    }
    let cloud = builder.start()?;
    if let Some(path) = seed {
        cloud.seed(&std::fs::read_to_string(path)?)?;
    }
    let mut out = std::io::stdout().lock();
    for (name, value) in environment(&cloud, &kind)? {
        writeln!(out, "{name}={}", quoted(&value))?;
    }
    writeln!(out, "ready")?;
    out.flush()?;
    std::io::copy(&mut std::io::stdin().lock().by_ref(), &mut std::io::sink())?;
    Ok(())
}

fn environment(cloud: &FakeCloud, kind: &str) -> Result<Variables, Box<dyn Error>> {
    Ok(match kind {
        "app-service" => cloud.environment_app_service(),
        "workload-identity" => cloud.environment_workload_identity()?,
        "client-secret" => cloud.environment_client_secret(),
        "certificate" => cloud.environment_certificate(),
        "github" => cloud.environment_github(),
        "pipelines" => cloud.environment_pipelines(),
        "imds" => cloud.environment_imds(),
        "network" => cloud.environment_network(),
        _ => return Err(USAGE.into()),
    })
}

/// A value as a shell reads it.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:._-@%+=,".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}
