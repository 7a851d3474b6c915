//! What browsers are told, and what they may send in the clear.

use super::{Check, Rule, instead_of_django, truth, turned};
use crate::{check::settings::Settings, check::subject::Field, finding::Severity};

const SECURITY: &str = "django.middleware.security.SecurityMiddleware";

/// Whether a setting is anything but Python's `True`.
fn is_not_true(settings: &Settings<'_>, setting: &str) -> bool {
    settings.field(setting).and_then(Field::flag) != Some(true)
}

/// Whether HTTPS is to be remembered, for any time at all.
fn is_remembered(settings: &Settings<'_>) -> bool {
    let seconds = settings.field("SECURE_HSTS_SECONDS");
    let seconds = seconds.and_then(Field::word).unwrap_or_default();
    !matches!(seconds.as_str(), "" | "0" | "False")
}

fn is_off(text: &str) -> bool {
    truth(text) == Some(false)
}

pub(super) const DJ004: Rule = Rule {
    id: "DJ004",
    severity: Severity::Warning,
    title: "browsers are not told to stay with HTTPS",
    why: "Without `Strict-Transport-Security` the first request of every visit may go in the clear: somebody in the same network \
          answers it, and keeps the visitor there.",
    remedy: "set `SECURE_HSTS_SECONDS`: to an hour while it is tried, then to a year",
    sources: &[
        "https://docs.djangoproject.com/en/stable/ref/settings/#secure-hsts-seconds",
        "https://docs.djangoproject.com/en/stable/ref/middleware/#http-strict-transport-security",
    ],
    wrong: "[env]\nSECURE_HSTS_SECONDS = 0\n",
    right: "[env]\nSECURE_HSTS_SECONDS = 31536000\n",
    check: Check::AndSettings(
        &Check::Manifest(|subject, out| turned(subject, "SECURE_HSTS_SECONDS", out, is_off)),
        |settings, out| {
            let is_wrong = settings.has_middleware(SECURITY) && !is_remembered(settings);
            instead_of_django(settings, "SECURE_HSTS_SECONDS", out, is_wrong);
        },
    ),
};

pub(super) const DJ005: Rule = Rule {
    id: "DJ005",
    severity: Severity::Warning,
    title: "subdomains are left out of what browsers remember",
    why: "A subdomain that is reached in the clear can set cookies for the whole domain: whoever answers in its place sets a \
          session of theirs.",
    remedy: "turn `SECURE_HSTS_INCLUDE_SUBDOMAINS` on once every subdomain has HTTPS",
    sources: &[
        "https://docs.djangoproject.com/en/stable/ref/settings/#secure-hsts-include-subdomains",
    ],
    wrong: "[env]\nSECURE_HSTS_INCLUDE_SUBDOMAINS = \"false\"\n",
    right: "[env]\nSECURE_HSTS_INCLUDE_SUBDOMAINS = \"true\"\n",
    check: Check::AndSettings(
        &Check::Manifest(|subject, out| {
            turned(subject, "SECURE_HSTS_INCLUDE_SUBDOMAINS", out, is_off);
        }),
        |settings, out| {
            let setting = "SECURE_HSTS_INCLUDE_SUBDOMAINS";
            let is_wrong = settings.has_middleware(SECURITY)
                && is_remembered(settings)
                && is_not_true(settings, setting);
            instead_of_django(settings, setting, out, is_wrong);
        },
    ),
};

pub(super) const DJ006: Rule = Rule {
    id: "DJ006",
    severity: Severity::Warning,
    title: "browsers may guess what a file is",
    why: "Without `X-Content-Type-Options: nosniff` a browser may run a picture that somebody has uploaded as a script, in the \
          name of the site.",
    remedy: "leave `SECURE_CONTENT_TYPE_NOSNIFF` on, as Django has it",
    sources: &[
        "https://docs.djangoproject.com/en/stable/ref/settings/#secure-content-type-nosniff",
    ],
    wrong: "[env]\nSECURE_CONTENT_TYPE_NOSNIFF = \"false\"\n",
    right: "[env]\nSECURE_CONTENT_TYPE_NOSNIFF = \"true\"\n",
    check: Check::AndSettings(
        &Check::Manifest(|subject, out| {
            turned(subject, "SECURE_CONTENT_TYPE_NOSNIFF", out, is_off);
        }),
        |settings, out| {
            let setting = "SECURE_CONTENT_TYPE_NOSNIFF";
            let is_wrong = settings.has_middleware(SECURITY) && is_not_true(settings, setting);
            instead_of_django(settings, setting, out, is_wrong);
        },
    ),
};

pub(super) const DJ008: Rule = Rule {
    id: "DJ008",
    severity: Severity::Warning,
    title: "plain HTTP is answered",
    why: "A page that is served in the clear can be read and changed by everybody on the way: its forms, its links, its scripts.",
    remedy: "turn `SECURE_SSL_REDIRECT` on; where the proxy in front redirects, let this pass with that reason",
    sources: &["https://docs.djangoproject.com/en/stable/ref/settings/#secure-ssl-redirect"],
    wrong: "[env]\nSECURE_SSL_REDIRECT = \"false\"\n",
    right: "[env]\nSECURE_SSL_REDIRECT = \"true\"\n",
    check: Check::AndSettings(
        &Check::Manifest(|subject, out| turned(subject, "SECURE_SSL_REDIRECT", out, is_off)),
        |settings, out| {
            let setting = "SECURE_SSL_REDIRECT";
            let is_wrong = settings.has_middleware(SECURITY) && is_not_true(settings, setting);
            instead_of_django(settings, setting, out, is_wrong);
        },
    ),
};

pub(super) const DJ012: Rule = Rule {
    id: "DJ012",
    severity: Severity::Warning,
    title: "the session's cookie travels in the clear",
    why: "One request by plain HTTP, to any page of the site, shows the cookie to everybody on the way: with it they are logged in as \
          the visitor.",
    remedy: "turn `SESSION_COOKIE_SECURE` on",
    sources: &["https://docs.djangoproject.com/en/stable/ref/settings/#session-cookie-secure"],
    wrong: "[env]\nSESSION_COOKIE_SECURE = \"false\"\n",
    right: "[env]\nSESSION_COOKIE_SECURE = \"true\"\n",
    check: Check::AndSettings(
        &Check::Manifest(|subject, out| turned(subject, "SESSION_COOKIE_SECURE", out, is_off)),
        |settings, out| {
            let setting = "SESSION_COOKIE_SECURE";
            let has_sessions = settings.has_app("django.contrib.sessions")
                || settings.has_middleware("django.contrib.sessions.middleware.SessionMiddleware");
            let is_wrong = has_sessions && is_not_true(settings, setting);
            instead_of_django(settings, setting, out, is_wrong);
        },
    ),
};

pub(super) const DJ016: Rule = Rule {
    id: "DJ016",
    severity: Severity::Warning,
    title: "the cookie against forged requests travels in the clear",
    why: "Whoever reads this cookie on the way can make forms that the site takes for its own.",
    remedy: "turn `CSRF_COOKIE_SECURE` on",
    sources: &["https://docs.djangoproject.com/en/stable/ref/settings/#csrf-cookie-secure"],
    wrong: "[env]\nCSRF_COOKIE_SECURE = \"false\"\n",
    right: "[env]\nCSRF_COOKIE_SECURE = \"true\"\n",
    check: Check::AndSettings(
        &Check::Manifest(|subject, out| turned(subject, "CSRF_COOKIE_SECURE", out, is_off)),
        |settings, out| {
            let setting = "CSRF_COOKIE_SECURE";
            let is_wrong = settings.has_middleware("django.middleware.csrf.CsrfViewMiddleware")
                && is_not_true(settings, "CSRF_USE_SESSIONS")
                && is_not_true(settings, setting);
            instead_of_django(settings, setting, out, is_wrong);
        },
    ),
};

pub(super) const DJ019: Rule = Rule {
    id: "DJ019",
    severity: Severity::Warning,
    title: "other pages may show the site in a frame",
    why: "In a frame that cannot be seen, a visitor clicks on the site's buttons without knowing: they buy, delete, or give rights \
          away. `SAMEORIGIN` lets pages of the site itself do that, which may show what visitors have uploaded.",
    remedy: "set `X_FRAME_OPTIONS` to `DENY`, and let the views that need it be framed",
    sources: &["https://docs.djangoproject.com/en/stable/ref/clickjacking/"],
    wrong: "[env]\nX_FRAME_OPTIONS = \"SAMEORIGIN\"\n",
    right: "[env]\nX_FRAME_OPTIONS = \"DENY\"\n",
    check: Check::AndSettings(
        &Check::Manifest(|subject, out| {
            turned(subject, "X_FRAME_OPTIONS", out, |text| {
                !text.trim().eq_ignore_ascii_case("deny")
            });
        }),
        |settings, out| {
            let setting = "X_FRAME_OPTIONS";
            let middleware = "django.middleware.clickjacking.XFrameOptionsMiddleware";
            let is_wrong = settings.has_middleware(middleware)
                && settings.field(setting).and_then(Field::text) != Some("DENY");
            instead_of_django(settings, setting, out, is_wrong);
        },
    ),
};

pub(super) const DJ021: Rule = Rule {
    id: "DJ021",
    severity: Severity::Warning,
    title: "the site cannot be on the browsers' own list",
    why: "Browsers keep a list of sites that are never asked for in the clear, not even the first time. Without `preload` in the header \
          a site cannot get on it.",
    remedy: "turn `SECURE_HSTS_PRELOAD` on where the domain is to be on the list; it takes months to get off it",
    sources: &[
        "https://docs.djangoproject.com/en/stable/ref/settings/#secure-hsts-preload",
        "https://hstspreload.org/",
    ],
    wrong: "[env]\nSECURE_HSTS_PRELOAD = \"false\"\n",
    right: "[env]\nSECURE_HSTS_PRELOAD = \"true\"\n",
    check: Check::AndSettings(
        &Check::Manifest(|subject, out| turned(subject, "SECURE_HSTS_PRELOAD", out, is_off)),
        |settings, out| {
            let setting = "SECURE_HSTS_PRELOAD";
            let is_wrong = settings.has_middleware(SECURITY)
                && is_remembered(settings)
                && is_not_true(settings, setting);
            instead_of_django(settings, setting, out, is_wrong);
        },
    ),
};

pub(super) const DJ022: Rule = Rule {
    id: "DJ022",
    severity: Severity::Warning,
    title: "other sites learn which page a visitor comes from",
    why: "Without a `Referrer-Policy` a browser may tell other sites the address of the page that a link was on: with it what stands in \
          the address, such as the token of a password reset.",
    remedy: "leave `SECURE_REFERRER_POLICY` at Django's `same-origin`",
    sources: &["https://docs.djangoproject.com/en/stable/ref/settings/#secure-referrer-policy"],
    wrong: "[env]\nSECURE_REFERRER_POLICY = \"\"\n",
    right: "[env]\nSECURE_REFERRER_POLICY = \"same-origin\"\n",
    check: Check::AndSettings(
        &Check::Manifest(|subject, out| turned(subject, "SECURE_REFERRER_POLICY", out, is_off)),
        |settings, out| {
            let setting = "SECURE_REFERRER_POLICY";
            let field = settings.field(setting);
            let is_missing = field.is_none_or(Field::is_empty);
            let is_wrong = settings.has_middleware(SECURITY) && is_missing;
            instead_of_django(settings, setting, out, is_wrong);
        },
    ),
};
