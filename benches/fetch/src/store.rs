//! A Parameter Store that answers each request after the same time, on as many connections as are opened: JSON 1.1,
//! `GetParameter` and `GetParameters`, HTTP/1.1 with keep-alive. It knows its parameters and checks no signature.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Threads that wait for connections: more than any one program opens, so that none of them waits for a thread.
const THREADS: usize = 64;

/// The most names that `GetParameters` takes.
const LARGEST_BATCH: usize = 10;

/// What was asked since it was last looked at.
#[derive(Clone, Default)]
pub struct Asked {
    pub connections: usize,
    pub calls: usize,
    /// Parameters given out.
    pub given: usize,
    /// How much later than meant each answer was sent.
    pub late: Vec<Duration>,
}

/// The store, listening until the process ends.
pub struct Store {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    parameters: HashMap<String, String>,
    delay: Duration,
    asked: Mutex<Asked>,
    /// While somebody waits for the first request, none is answered.
    first: Mutex<Option<Sender<Instant>>>,
}

struct Request {
    action: String,
    body: Value,
}

impl Store {
    pub fn start(parameters: HashMap<String, String>, delay: Duration) -> io::Result<Self> {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            parameters,
            delay,
            asked: Mutex::default(),
            first: Mutex::default(),
        });
        for _ in 0..THREADS {
            let (listener, shared) = (Arc::clone(&listener), Arc::clone(&shared));
            thread::spawn(move || {
                while let Ok((connection, _)) = listener.accept() {
                    lock(&shared.asked).connections += 1;
                    // A program that goes away in the middle is not the store's concern: what is missing is counted.
                    let _ = shared.serve(&connection);
                }
            });
        }
        Ok(Self { address, shared })
    }

    /// What was asked since the last time.
    pub fn asked(&self) -> Asked {
        std::mem::take(&mut lock(&self.shared.asked))
    }

    /// Tells when the next request is there; no request is answered from now on, until [`Store::resume`].
    pub fn hold(&self) -> Receiver<Instant> {
        let (sender, receiver) = mpsc::channel();
        *lock(&self.shared.first) = Some(sender);
        receiver
    }

    pub fn resume(&self) {
        *lock(&self.shared.first) = None;
    }
}

impl Shared {
    fn serve(&self, connection: &TcpStream) -> io::Result<()> {
        connection.set_nodelay(true)?;
        let mut reader = BufReader::new(connection);
        while let Some(request) = read(&mut reader)? {
            let arrived = Instant::now();
            let holder = lock(&self.first).clone();
            if let Some(holder) = holder {
                let _ = holder.send(arrived);
                io::copy(&mut reader, &mut io::sink())?;
                return Ok(());
            }
            let (status, given, body) = self.answer(&request);
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\
                 x-amzn-RequestId: 00000000-0000-4000-8000-000000000000\r\nConnection: keep-alive\r\n\r\n{body}",
                body.len()
            );
            let due = arrived + self.delay;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            {
                let mut asked = lock(&self.asked);
                asked.calls += 1;
                asked.given += given;
                asked
                    .late
                    .push(Instant::now().saturating_duration_since(due));
            }
            (&*connection).write_all(answer.as_bytes())?;
        }
        Ok(())
    }

    /// Status line, how many parameters are in it, body.
    fn answer(&self, request: &Request) -> (&'static str, usize, String) {
        const OK: &str = "200 OK";
        match request.action.as_str() {
            "AmazonSSM.GetParameter" => {
                let name = request.body["Name"].as_str().unwrap_or_default();
                match self.parameter(name) {
                    Some(parameter) => (OK, 1, json!({ "Parameter": parameter }).to_string()),
                    None => refusal("ParameterNotFound"),
                }
            }
            "AmazonSSM.GetParameters" => {
                let names: Vec<&str> = request.body["Names"]
                    .as_array()
                    .map(|names| names.iter().filter_map(Value::as_str).collect())
                    .unwrap_or_default();
                if names.is_empty() || names.len() > LARGEST_BATCH {
                    return refusal("ValidationException");
                }
                let (mut found, mut missing) = (Vec::new(), Vec::new());
                for name in names {
                    match self.parameter(name) {
                        Some(parameter) => found.push(parameter),
                        None => missing.push(name),
                    }
                }
                let given = found.len();
                let body = json!({ "Parameters": found, "InvalidParameters": missing });
                (OK, given, body.to_string())
            }
            _ => refusal("UnknownOperationException"),
        }
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        let value = self.parameters.get(name)?;
        Some(json!({
            "ARN": format!("arn:aws:ssm:eu-west-1:123456789012:parameter{name}"),
            "DataType": "text",
            "LastModifiedDate": 1_760_000_000.0,
            "Name": name,
            "Type": "SecureString",
            "Value": value,
            "Version": 1,
        }))
    }
}

fn refusal(kind: &str) -> (&'static str, usize, String) {
    (
        "400 Bad Request",
        0,
        json!({ "__type": kind, "message": kind }).to_string(),
    )
}

/// The next request, or none where the other side has closed.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let (mut length, mut action) = (0, String::new());
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        } else if name.eq_ignore_ascii_case("x-amz-target") {
            value.trim().clone_into(&mut action);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).map_err(io::Error::other)?;
    Ok(Some(Request { action, body }))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
