//! The script of a test: which requests are answered by something else than the server, and by what.

use std::ops::{Bound, RangeBounds};
use std::time::Duration;

/// What happens to a request.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    /// It goes to the server, and the server's answer comes back.
    Pass,
    /// An answer with this status, made up as AWS would in the protocol of the request; see [`Then::error`].
    Status {
        code: u16,
        /// AWS's name of the error, such as `ThrottlingException`; without one the body is a plain text.
        error: Option<String>,
        headers: Vec<(String, String)>,
    },
    /// An answer with status 200 and this body, which the test writes as the service would.
    Answer(String),
    /// A page, as a proxy or a login portal sends it instead of the answer.
    Html { code: u16 },
    /// A well-formed answer of so many bytes and status 200, with or without its length in front.
    HugeBody { bytes: usize, chunked: bool },
    /// An answer that announces more than comes before the connection is closed in good order.
    Truncated,
    /// The connection is reset (RST) after the request was read.
    Reset,
    /// The request is read and never answered; the connection stays open as long as the client keeps it.
    BlackHole,
    /// Bytes that are no HTTP.
    Garbage,
}

impl Then {
    /// An error of the service: `Then::error(400, "AccessDeniedException")`.
    pub(crate) fn error(code: u16, name: &str) -> Self {
        Self::Status {
            code,
            error: Some(name.to_owned()),
            headers: Vec::new(),
        }
    }

    /// A bare status, as a load balancer sends it: 500, 502, 503.
    pub(crate) fn status(code: u16) -> Self {
        Self::Status {
            code,
            error: None,
            headers: Vec::new(),
        }
    }

    /// Adds a header, such as `Retry-After`, to an answer with a status; anything else stays as it is.
    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Status { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// What is done to which requests. All conditions must hold; the first rule of a script that applies decides.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) then: Then,
    operation: Option<String>,
    text: Option<String>,
    region: Option<String>,
    turns: (Bound<usize>, Bound<usize>),
    share: Option<(f64, Xorshift)>,
    pub(crate) late: Option<Duration>,
    /// How many requests have come that the operation, the text and the region apply to.
    met: usize,
}

impl Rule {
    /// For every request.
    pub(crate) fn always(then: Then) -> Self {
        Self {
            then,
            operation: None,
            text: None,
            region: None,
            turns: (Bound::Unbounded, Bound::Unbounded),
            share: None,
            late: None,
            met: 0,
        }
    }

    /// For requests of one operation: `GetParameters`, `BatchGetSecretValue`, `GetCallerIdentity`, or what
    /// [`Request::operation`](super::Request::operation) says of a request that names none.
    pub(crate) fn on(operation: &str, then: Then) -> Self {
        Self {
            operation: Some(operation.to_owned()),
            ..Self::always(then)
        }
    }

    /// Only for requests whose body holds this text, such as the name of a secret.
    #[must_use]
    pub(crate) fn naming(mut self, text: &str) -> Self {
        self.text = Some(text.to_owned());
        self
    }

    /// Only for requests that are signed for this region.
    #[must_use]
    pub(crate) fn in_region(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }

    /// Only for some of the requests that the operation, the text and the region apply to, counted from 1: `turns(1..=2)` are the
    /// first two, `turns(3..)` all but these.
    #[must_use]
    pub(crate) fn turns(mut self, turns: impl RangeBounds<usize>) -> Self {
        self.turns = (turns.start_bound().cloned(), turns.end_bound().cloned());
        self
    }

    /// Only for a share of the requests that all else applies to, from 0 to 1, drawn in the order they come: the same
    /// seed draws the same turns again.
    #[must_use]
    pub(crate) fn share(mut self, share: f64, seed: u64) -> Self {
        self.share = Some((share, Xorshift::new(seed)));
        self
    }

    /// The answer goes out no sooner than this after the request came, whatever the delay of all others.
    #[must_use]
    pub(crate) fn late(mut self, delay: Duration) -> Self {
        self.late = Some(delay);
        self
    }

    /// Whether the rule decides about the next request. Counts it.
    pub(crate) fn applies(&mut self, operation: &str, body: &[u8], region: Option<&str>) -> bool {
        let meets = self.operation.as_ref().is_none_or(|own| own == operation)
            && self
                .text
                .as_ref()
                .is_none_or(|text| holds(body, text.as_bytes()))
            && self.region.as_deref().is_none_or(|own| Some(own) == region);
        if !meets {
            return false;
        }
        self.met += 1;
        self.turns.contains(&self.met)
            && self
                .share
                .as_mut()
                .is_none_or(|(share, random)| random.next() < *share)
    }
}

fn holds(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

/// Marsaglia's xorshift64* (2003): the same numbers on every machine and for ever.
#[derive(Clone, Debug)]
struct Xorshift(u64);

impl Xorshift {
    fn new(seed: u64) -> Self {
        // Zero is the one state it never leaves; small seeds need their bits spread.
        Self((seed ^ 0x9E37_79B9_7F4A_7C15).max(1))
    }

    /// From 0 up to 1, without 1.
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        f64::from(u32::try_from(high).expect("the upper half")) / (f64::from(u32::MAX) + 1.0)
    }
}
