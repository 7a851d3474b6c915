//! What the targets of the leak scan share: the rules, names of files of every kind, sessions, and what holds for
//! everything that is found.

use std::{
    borrow::Cow,
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use nuages::{
    finding::{Confidence, Finding},
    report::findings::{self, Format, Summary},
    scan::{
        detect::{Detector, Match},
        rule,
        session::{Options, Outcome, Session},
        source,
        suppress::{Date, Suppressions},
        text::Text,
    },
};

/// The program's own rules.
pub static DETECTOR: LazyLock<Detector> =
    LazyLock::new(|| Detector::new(Cow::Borrowed(rule::built_in())));

/// Files of every kind and role, and those that are read by their names.
pub const NAMES: &[&str] = &[
    "shop/settings.py",
    "k8s/secret.yaml",
    "docker-compose.yml",
    "pyproject.toml",
    "config/prod.json",
    "fixtures/users.json",
    "setup.cfg",
    "app.properties",
    ".env",
    ".env.example",
    "deploy.sh",
    "Dockerfile",
    "main.tf",
    "templates/base.html",
    "pom.xml",
    "README.md",
    "src/index.ts",
    "locale/de/LC_MESSAGES/django.po",
    "notes",
    ".netrc",
    ".pgpass",
    "my.cnf",
    ".htpasswd",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".dockercfg",
    "config.json",
    "sitemanager.xml",
    "wp-config.php",
    "master.key",
    "client.ovpn",
    "state.tfstate",
    "store.p12",
    "cluster.kdbx",
    "kubeconfig",
    "redis.conf",
    "shadow",
    ".s3cfg",
    ".aws/credentials",
    "tests/test_login.py",
    "docs/setup.rst",
    "vendor/x.js",
    "dump.sql",
    "id_rsa",
    "cert.pem",
    "notebook.ipynb",
    "values.yaml.tpl",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    "Makefile",
    "web.config",
    "poetry.lock",
];

/// Puts random text, always the same, in the place of every `{alnum:36}`, as the rules' examples have it: so that no
/// seed looks like a secret. What is none of these stays.
pub fn expand(bytes: &[u8]) -> Vec<u8> {
    const LONGEST: usize = 4096;
    const LIMIT: usize = 256 << 10;
    let mut out = Vec::with_capacity(bytes.len());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let end = after.iter().take(20).position(|&byte| byte == b'}');
        let wanted = end.filter(|_| byte == b'{').and_then(|end| {
            let (alphabet, length) = std::str::from_utf8(&after[..end]).ok()?.split_once(':')?;
            let length: usize = length.parse().ok()?;
            let alphabet = alphabet_of(alphabet)?;
            (length <= LONGEST && out.len() < LIMIT).then_some((end, alphabet, length))
        });
        let Some((end, alphabet, length)) = wanted else {
            out.push(byte);
            rest = after;
            continue;
        };
        for _ in 0..length {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = usize::try_from(state >> 16).unwrap_or_default() % alphabet.len();
            out.push(alphabet[at]);
        }
        rest = &after[end + 1..];
    }
    out
}

fn alphabet_of(name: &str) -> Option<&'static [u8]> {
    const BASE64: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/-_";
    Some(match name {
        "alnum" => &BASE64[..62],
        "lower" => &BASE64[..26],
        "upper" => &BASE64[26..52],
        "upnum" => &BASE64[26..62],
        "digits" => &BASE64[52..62],
        "base64" => &BASE64[..64],
        "hex" => b"0123456789abcdef",
        "lownum" => b"abcdefghijklmnopqrstuvwxyz0123456789",
        "base32" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "base64url" => b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
        _ => return None,
    })
}

/// A day on which some entries have expired and others have not.
pub fn today() -> Date {
    Date::parse("2026-06-01").expect("a day")
}

/// The file that a byte stands for.
pub fn name(byte: u8) -> &'static str {
    NAMES[usize::from(byte) % NAMES.len()]
}

/// Every match lies in the text, in order and over no other.
pub fn check_spans(text: &Text<'_>, matches: &[Match]) {
    let mut end = 0;
    for Match { span, .. } in matches {
        assert!(
            span.start < span.end && span.end <= text.bytes.len(),
            "{span:?} is no place"
        );
        assert!(span.start >= end, "two matches stand over each other");
        end = span.end;
    }
}

/// Besides, none cuts a character, and each has a place that leads back to it. A rule that somebody else wrote may cut
/// characters: expressions are over bytes.
pub fn check_matches(text: &Text<'_>, matches: &[Match]) {
    check_spans(text, matches);
    let characters = std::str::from_utf8(text.bytes).ok();
    for Match { span, rule, .. } in matches {
        if let Some(characters) = characters {
            let is_whole = characters.get(span.clone()).is_some();
            assert!(is_whole, "`{rule}` cuts a character at {span:?}");
        }
        for offset in [span.start, span.end] {
            let (line, column) = text.position(offset);
            assert!(line >= 1 && column >= 1);
            assert_eq!(back(text, line, column), offset, "{line}:{column}");
        }
    }
}

/// The byte at a line and a column, both from 1 on, found another way than the scan does.
fn back(text: &Text<'_>, line: usize, column: usize) -> usize {
    use gix::bstr::ByteSlice as _;
    let start = match line {
        1 => 0,
        line => text.bytes.find_iter(b"\n").nth(line - 2).expect("a line") + 1,
    };
    let ends = text.bytes[start..].char_indices().map(|(_, end, _)| end);
    start
        + std::iter::once(0)
            .chain(ends)
            .nth(column - 1)
            .expect("a column")
}

/// Scans as the command line does, from a stream, and writes the findings in every format.
pub fn scan_stream(
    detector: &Detector,
    name: &str,
    bytes: &[u8],
    floor: Confidence,
    suppressions: &Suppressions,
) -> Outcome {
    let options = Options {
        floor: Some(floor),
        is_commit: true,
        ..Options::default()
    };
    let session = Session::new(detector, suppressions, options);
    source::stdin(&mut &*bytes, name.into(), &session);
    let outcome = session.finish(|_| None);
    assert!(
        outcome.troubles.is_empty(),
        "nothing of a stream is unreadable"
    );
    check_outcome(&outcome);
    outcome
}

/// Findings have a place and a name, and every format can be written.
pub fn check_outcome(outcome: &Outcome) {
    let findings: Vec<Finding> = outcome
        .caught
        .iter()
        .map(|caught| caught.finding.clone())
        .collect();
    for finding in &findings {
        let place = &finding.location;
        assert!(place.line >= 1 && place.column >= 1);
        assert!((place.line, place.column) <= (place.end_line, place.end_column));
        assert_eq!(finding.fingerprint.len(), 64);
        assert!(!finding.title.is_empty());
    }
    let mut summary = Summary::new("scan", SystemTime::UNIX_EPOCH);
    summary.elapsed = Duration::ZERO;
    summary.troubles.clone_from(&outcome.troubles);
    summary.notes.clone_from(&outcome.notes);
    let shown = &findings[..findings.len().min(20)];
    let excerpt = |finding: &Finding| {
        let place = shown
            .iter()
            .position(|other| std::ptr::eq(other, finding))?;
        outcome.caught[place].excerpt.clone()
    };
    for format in Format::ALL {
        let text = findings::render(format, shown, &summary, &excerpt, false);
        match format {
            Format::Json | Format::Sarif | Format::GitLab => {
                serde_json::from_str::<serde_json::Value>(&text).expect("a report is JSON");
            }
            Format::Human | Format::GitHub => {
                let is_tame = |c: char| c == '\n' || !c.is_control();
                assert!(text.chars().all(is_tame), "a report steers the terminal");
            }
        }
    }
    assert!(!findings::summary_line(&findings, &summary).is_empty());
    let _ = findings::troubles(&summary, false);
}

/// Runs something that may take time in proportion to what it is given, and no more.
pub fn in_time<T>(bytes: usize, what: &str, run: impl FnOnce() -> T) -> T {
    // Instrumented, with assertions, on a machine that does other things: a hundred times what it takes at most.
    let most = Duration::from_millis(1500)
        + Duration::from_micros(40) * u32::try_from(bytes).unwrap_or(u32::MAX);
    // Of the processor: a machine that does other things takes its own time.
    let started = processor();
    let done = run();
    let taken = processor() - started;
    assert!(taken < most, "{what} takes {taken:?} for {bytes} bytes");
    done
}

fn processor() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or_default(),
        u32::try_from(now.tv_nsec).unwrap_or_default(),
    )
}

/// The parts of an input that NUL bytes part, as text; what is missing is empty.
pub fn parts<const N: usize>(bytes: &[u8]) -> [Cow<'_, str>; N] {
    let mut parts = bytes.splitn(N, |&byte| byte == 0);
    std::array::from_fn(|_| String::from_utf8_lossy(parts.next().unwrap_or_default()))
}
