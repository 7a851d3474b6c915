//! The wheel: what `pip install nuages` brings, on several releases of Python and Django, before real servers, and in the
//! processes that read settings: gunicorn, uvicorn, a Celery worker. The wheel is packed once a run, from the binary that
//! is there.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a broken part is to fail the test at once, and tests do read `PATH`"
)]

#[path = "../support/mod.rs"]
mod support;

mod live;
mod pack;
mod package;
mod serve;
