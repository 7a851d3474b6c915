//! A proxy in front of a server that can go wrong in every way a network and a service do, by the test's script, and that
//! keeps the books: which requests came, how many at once. `Tls` and `Connect` stand in front of it where a test needs them.

mod answers;
pub(crate) mod connect;
mod listen;
mod rules;
pub(crate) mod tls;
mod wire;

use std::io::{self, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use answers::Protocol;
use listen::Listening;
pub(crate) use rules::{Rule, Then};
use serde_json::Value;
use wire::Message;

/// What every made-up body holds, as a real one might hold a secret: no output may ever show it.
pub(crate) const BODY_MARKER: &str = "body-marker-7f3a";

/// A running proxy; it ends when dropped.
pub(crate) struct Faults {
    listening: Listening,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    delay: Duration,
    requests: Vec<Request>,
    connections: usize,
    in_flight: usize,
    most_in_flight: usize,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The last part of `X-Amz-Target`, or `Action` of a form; of any other request its method and target: `GET /path`.
    pub(crate) operation: String,
    /// What it asks for: the body's `Names` or `SecretIdList`, or the one `Name` or `SecretId`; else null.
    pub(crate) names: Value,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// When the last byte of it was there.
    pub(crate) came: Instant,
    /// Which rule of the script decided about it, counted from 0 in the order they were added.
    pub(crate) rule: Option<usize>,
}

impl Request {
    /// The first value of a header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The region that the request is signed for.
    pub(crate) fn region(&self) -> Option<&str> {
        region(self.header("authorization"))
    }
}

impl Faults {
    /// A proxy that passes everything on until it has a script.
    pub(crate) fn before(upstream: SocketAddr) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let listening = Listening::start(move |client| {
            shared.lock().unwrap().connections += 1;
            // A connection that breaks is the client's to notice.
            drop(serve(client, upstream, &shared));
        });
        Self { listening, state }
    }

    /// An address where nothing listens: a connection is refused.
    ///
    /// The port is held until the process ends, or a listener of another test could be given it.
    pub(crate) fn refused() -> SocketAddr {
        use rustix::net::{AddressFamily, SocketType, bind, socket};
        let held = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
        bind(&held, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
        let held = TcpListener::from(held);
        let address = held.local_addr().expect("an address");
        std::mem::forget(held);
        address
    }

    /// Adds a rule behind those the script has.
    #[must_use]
    pub(crate) fn rule(self, rule: Rule) -> Self {
        self.state().rules.push(rule);
        self
    }

    /// Replaces the script while the proxy runs.
    pub(crate) fn script(&self, rules: impl IntoIterator<Item = Rule>) {
        self.state().rules = rules.into_iter().collect();
    }

    /// How long after a request came its answer goes out, if the server does not need longer.
    #[must_use]
    pub(crate) fn delay(self, delay: Duration) -> Self {
        self.state().delay = delay;
        self
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// All requests so far, in the order they came.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// How many requests of an operation have come.
    pub(crate) fn count(&self, operation: &str) -> usize {
        let state = self.state();
        let requests = state.requests.iter();
        requests
            .filter(|request| request.operation == operation)
            .count()
    }

    /// How many requests have come in all.
    pub(crate) fn total(&self) -> usize {
        self.state().requests.len()
    }

    /// What the requests of an operation asked for, in the order they came.
    pub(crate) fn names(&self, operation: &str) -> Vec<Value> {
        let requests = self.requests().into_iter();
        requests
            .filter(|request| request.operation == operation)
            .map(|request| request.names)
            .collect()
    }

    /// The largest number of requests that were waiting for their answer at the same time.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.state().most_in_flight
    }

    /// How many requests wait for their answer now.
    pub(crate) fn in_flight(&self) -> usize {
        self.state().in_flight
    }

    /// How many connections clients have opened.
    pub(crate) fn connections(&self) -> usize {
        self.state().connections
    }

    /// Forgets what was counted so far. The script goes on where it is.
    pub(crate) fn forget(&self) {
        let mut state = self.state();
        state.requests.clear();
        state.connections = 0;
        state.most_in_flight = state.in_flight;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn serve(client: TcpStream, upstream: SocketAddr, state: &Mutex<State>) -> io::Result<()> {
    let mut client = BufReader::new(client);
    while let Some(request) = wire::read_request(&mut client)? {
        let decided = enter(&request, state);
        // It is no longer in flight before the answer goes out: a client may send its next request at the first byte of
        // it, which would count as one too many.
        let waiting = Waiting(state);
        let goes_on = match &decided.then {
            Then::Pass => {
                let answer =
                    wire::exchange(upstream, &request).unwrap_or_else(|error| unreachable(&error));
                sleep_until(decided.due);
                drop(waiting);
                answer.send(client.get_mut(), "keep-alive")?;
                true
            }
            Then::BlackHole => {
                io::copy(&mut client, &mut io::sink())?;
                return Ok(());
            }
            Then::Reset => {
                sleep_until(decided.due);
                drop(waiting);
                listen::reset_when_closed(client.get_ref());
                return Ok(());
            }
            made_up => {
                sleep_until(decided.due);
                drop(waiting);
                answers::send(client.get_mut(), made_up, protocol(&request))?
            }
        };
        if !goes_on || request.closes() {
            break;
        }
    }
    Ok(())
}

/// What happens to a request, and when its answer may go out.
struct Decided {
    then: Then,
    due: Instant,
}

/// A request that has no answer yet.
struct Waiting<'a>(&'a Mutex<State>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap().in_flight -= 1;
    }
}

/// Enters a request in the books and asks the script about it, under one lock: rules count in the order of the books.
fn enter(message: &Message, state: &Mutex<State>) -> Decided {
    let came = Instant::now();
    let (operation, names) = (operation(message), names(message));
    let mut state = state.lock().unwrap();
    let mut rules = state.rules.iter_mut().enumerate();
    let decides = rules.find_map(|(index, rule)| {
        rule.applies(
            &operation,
            &message.body,
            region(message.header("authorization")),
        )
        .then(|| (index, rule.then.clone(), rule.late))
    });
    let (rule, then, late) = match decides {
        Some((index, then, late)) => (Some(index), then, late),
        None => (None, Then::Pass, None),
    };
    state.requests.push(Request {
        operation,
        names,
        headers: message.headers.clone(),
        body: String::from_utf8_lossy(&message.body).into_owned(),
        came,
        rule,
    });
    state.in_flight += 1;
    state.most_in_flight = state.most_in_flight.max(state.in_flight);
    Decided {
        then,
        due: came + late.unwrap_or(state.delay),
    }
}

fn operation(message: &Message) -> String {
    if let Some(target) = message.header("x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let form = std::str::from_utf8(&message.body).unwrap_or_default();
    let action = form
        .split('&')
        .find_map(|field| field.strip_prefix("Action="));
    action.map_or_else(
        || format!("{} {}", message.word(0), message.word(1)),
        str::to_owned,
    )
}

/// `eu-west-1` of `AWS4-HMAC-SHA256 Credential=KEY/20261122/eu-west-1/ssm/aws4_request, …`.
fn region(authorization: Option<&str>) -> Option<&str> {
    authorization?.split('/').nth(2)
}

fn names(message: &Message) -> Value {
    let body: Value = serde_json::from_slice(&message.body).unwrap_or_default();
    ["Names", "SecretIdList", "Name", "SecretId"]
        .iter()
        .find_map(|key| body.get(key))
        .cloned()
        .unwrap_or_default()
}

fn protocol(message: &Message) -> Protocol {
    if message.header("x-amz-target").is_some() {
        Protocol::Json
    } else {
        Protocol::Query
    }
}

/// What a proxy says when the server behind it is gone.
fn unreachable(error: &io::Error) -> Message {
    Message {
        first: "HTTP/1.1 502 Bad Gateway".to_owned(),
        headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
        body: format!("the server of the test does not answer: {error}").into_bytes(),
    }
}

fn sleep_until(due: Instant) {
    std::thread::sleep(due.saturating_duration_since(Instant::now()));
}
