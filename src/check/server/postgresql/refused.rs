//! Why a PostgreSQL server lets nobody in, told by codes and types.

use std::{error::Error as _, io};

use tokio_postgres::error::SqlState;

use super::watch::{Ear, Request, heard};
use crate::check::server::{Class, Refusal, Stop};

/// Why a login failed: by the server's code, or by what the stream heard.
pub(super) fn refused(error: &tokio_postgres::Error, ear: &Ear, gap: Option<&'static str>) -> Stop {
    let mut heard = heard(ear);
    if let Some(refusal) = heard.refusal.take() {
        return refusal.into();
    }
    if let Some(state) = error.code() {
        return by_code(state).into();
    }
    match heard.request {
        Some(Request::Other(7 | 9)) => {
            return Stop::not_looked_at(
                "the server asks for Kerberos (GSSAPI or SSPI), which is not spoken here",
            );
        }
        Some(Request::Other(_)) => {
            return Stop::not_looked_at(
                "the server asks for a kind of proof that is not known here",
            );
        }
        _ => {}
    }
    drop(heard);
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    // These are the client's own words, which have no types.
    match text.as_str() {
        "password missing" => {
            let what = gap.unwrap_or("the server asks for a password, and there is none");
            return Refusal::new(Class::Login, what).into();
        }
        "server did not use channel binding" => {
            let what = "the server does not bind the login to the TLS connection, which `channel_binding` requires";
            return Refusal::new(Class::Cleartext, what).into();
        }
        "unsupported SASL mechanism" => {
            return Stop::not_looked_at(
                "the server asks for a SASL mechanism that is not spoken here (OAuth?)",
            );
        }
        _ => {}
    }
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause {
        Some(error) => ended(error).into(),
        None if error.is_closed() => ended(&io::ErrorKind::UnexpectedEof.into()).into(),
        None => Stop::protocol("what answers does not speak as a PostgreSQL server does"),
    }
}

fn by_code(state: &SqlState) -> Refusal {
    let refusal = if *state == SqlState::INVALID_PASSWORD {
        Refusal::new(Class::Login, "the server refuses the password")
    } else if *state == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        Refusal::new(
            Class::Login,
            "the server refuses the login: there is no such role, it may not log in, or not from here or without TLS",
        )
    } else if *state == SqlState::INVALID_CATALOG_NAME {
        Refusal::new(Class::Database, "there is no such database")
    } else if *state == SqlState::INSUFFICIENT_PRIVILEGE {
        Refusal::new(Class::Database, "the login has no CONNECT on the database")
    } else if *state == SqlState::TOO_MANY_CONNECTIONS {
        Refusal::new(Class::Busy, "the server has too many connections")
    } else if *state == SqlState::CANNOT_CONNECT_NOW {
        Refusal::new(
            Class::Busy,
            "the server is starting, stopping or recovering",
        )
    } else {
        Refusal::new(Class::Protocol, "the server does not let us in")
    };
    refusal.code(state.code())
}

/// A connection that has ended or failed.
pub(super) fn ended(error: &io::Error) -> Refusal {
    // rustls tells of an alert through this.
    let alert = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(rustls::Error::AlertReceived(alert)) = alert {
        return Refusal::new(Class::Tls, format!("the server has ended TLS: {alert:?}"));
    }
    match error.kind() {
        io::ErrorKind::InvalidData => Refusal::new(
            Class::Protocol,
            "what answers does not speak as a PostgreSQL server does",
        ),
        _ => Refusal::new(
            Class::Connection,
            "the connection has ended before the login",
        ),
    }
}
