//! A small HTTP server for what moto does not have: the services on a machine that give it its credentials.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request: `GET /path`, and its head as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) what: String,
    head: String,
}

impl Asked {
    /// The value of a header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self
            .head
            .lines()
            .filter_map(|line| line.trim_end().split_once(": "));
        headers
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// What is answered: a status, headers of one line each, a body.
pub(crate) type Answer = (u16, Vec<String>, String);

/// A listener on a free port of this machine, for the rest of the process.
pub(crate) struct Fake {
    address: SocketAddr,
    seen: Arc<Mutex<(usize, Vec<Asked>)>>,
}

impl Fake {
    /// Answers as the function says; where it says nothing, never.
    pub(crate) fn start(answer: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new((0, Vec::new())));
        let (books, answer) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                books.lock().unwrap().0 += 1;
                let (books, answer) = (Arc::clone(&books), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &books, &*answer));
            }
        });
        Self { address, seen }
    }

    /// Takes connections and says nothing.
    pub(crate) fn black_hole() -> Self {
        Self::start(|_| None)
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().0
    }

    /// What was asked, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().1.clone()
    }

    /// The same in short: `GET /path`.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.what).collect()
    }
}

fn serve(
    stream: TcpStream,
    books: &Mutex<(usize, Vec<Asked>)>,
    answer: &dyn Fn(&Asked) -> Option<Answer>,
) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            // A client that goes away is its own business.
            if !matches!(stream.read_line(&mut head), Ok(1..)) {
                return;
            }
        }
        let mut words = head.split(' ');
        let what = format!("{} {}", words.next().unwrap(), words.next().unwrap());
        let asked = Asked { what, head };
        let length = asked
            .header("content-length")
            .map_or(0, |n| n.parse().unwrap());
        stream.read_exact(&mut vec![0; length]).unwrap();
        books.lock().unwrap().1.push(asked.clone());
        let Some((status, headers, body)) = answer(&asked) else {
            // Until the client gives up.
            drop(stream.read_line(&mut String::new()));
            return;
        };
        let headers = headers.join("\r\n");
        let separator = if headers.is_empty() { "" } else { "\r\n" };
        let length = body.len();
        let whole = format!(
            "HTTP/1.1 {status} Made up\r\n{headers}{separator}content-length: {length}\r\n\r\n{body}"
        );
        if stream.get_mut().write_all(whole.as_bytes()).is_err() {
            return;
        }
    }
}
