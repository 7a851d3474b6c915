//! What a certificate says of itself. Whether it may be believed is decided elsewhere.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ring::digest;
use x509_cert::{
    Certificate,
    der::{Decode as _, oid::ObjectIdentifier},
    ext::pkix::{SubjectAltName, name::GeneralName},
};

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// Signature algorithms and their hashes (RFC 3279, 4055, 5758). For SHA-1, RFC 5929 has SHA-256 in its place.
const HASHES: &[(&str, &digest::Algorithm)] = &[
    ("1.2.840.113549.1.1.5", &digest::SHA256),
    ("1.2.840.113549.1.1.11", &digest::SHA256),
    ("1.2.840.113549.1.1.12", &digest::SHA384),
    ("1.2.840.113549.1.1.13", &digest::SHA512),
    ("1.2.840.10045.4.1", &digest::SHA256),
    ("1.2.840.10045.4.3.2", &digest::SHA256),
    ("1.2.840.10045.4.3.3", &digest::SHA384),
    ("1.2.840.10045.4.3.4", &digest::SHA512),
];

/// What was read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) from: SystemTime,
    pub(super) until: SystemTime,
    /// Names and addresses that it is for.
    pub(super) names: Vec<String>,
    /// The subject's name, which counts where there is no other (libpq, RFC 6125).
    pub(super) common_name: Option<String>,
    /// `tls-server-end-point` of RFC 5929, where its hash is known.
    pub(super) end_point: Option<Vec<u8>>,
}

/// `None` where it is no certificate.
pub(super) fn read(der: &[u8]) -> Option<Read> {
    let certificate = Certificate::from_der(der).ok()?;
    let body = &certificate.tbs_certificate;
    let at = |duration: Duration| UNIX_EPOCH.checked_add(duration);
    let algorithm = certificate.signature_algorithm.oid.to_string();
    let hash = HASHES.iter().find(|(known, _)| *known == algorithm);
    Some(Read {
        from: at(body.validity.not_before.to_unix_duration())?,
        until: at(body.validity.not_after.to_unix_duration())?,
        names: names(&certificate),
        common_name: common_name(&certificate),
        end_point: hash.map(|(_, hash)| digest::digest(hash, der).as_ref().to_vec()),
    })
}

fn names(certificate: &Certificate) -> Vec<String> {
    let Ok(Some((_, SubjectAltName(names)))) = certificate.tbs_certificate.get::<SubjectAltName>()
    else {
        return Vec::new();
    };
    let name = |name: &GeneralName| match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
        GeneralName::IpAddress(bytes) => address(bytes.as_bytes()),
        _ => None,
    };
    names.iter().filter_map(name).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    let address = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        16 => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
        _ => return None,
    };
    Some(address.to_string())
}

fn common_name(certificate: &Certificate) -> Option<String> {
    let subject = certificate.tbs_certificate.subject.0.iter();
    let attribute = subject
        .flat_map(|part| part.0.iter())
        .find(|attribute| attribute.oid == COMMON_NAME)?;
    // UTF8String or PrintableString; of others, only those that are UTF-8 all the same.
    let text = std::str::from_utf8(attribute.value.value()).ok()?;
    Some(text.to_owned())
}

/// Whether a name in a certificate is that of a host: letter by letter, or with `*` for the first label.
pub(super) fn is_for(name: &str, host: &str) -> bool {
    if host.parse::<IpAddr>().is_ok() {
        return name == host;
    }
    match (name.strip_prefix("*."), host.split_once('.')) {
        (Some(rest), Some((label, domain))) => {
            !label.is_empty() && rest.eq_ignore_ascii_case(domain)
        }
        _ => name.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_tells_its_names_and_days() {
        let names = [
            "db.example".to_owned(),
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
        ];
        let mut wanted = rcgen::CertificateParams::new(names).unwrap();
        wanted
            .distinguished_name
            .push(rcgen::DnType::CommonName, "the server");
        wanted.not_before = rcgen::date_time_ymd(2020, 1, 2);
        wanted.not_after = rcgen::date_time_ymd(2031, 12, 30);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = wanted.self_signed(&key).unwrap();
        let read = read(certificate.der()).unwrap();
        assert_eq!(read.names, ["db.example", "127.0.0.1", "::1"]);
        assert_eq!(read.common_name.as_deref(), Some("the server"));
        assert_eq!(crate::timestamp::utc(read.from), "2020-01-02T00:00:00Z");
        assert_eq!(crate::timestamp::utc(read.until), "2031-12-30T00:00:00Z");
        let hash = digest::digest(&digest::SHA256, certificate.der());
        assert_eq!(read.end_point.as_deref(), Some(hash.as_ref()));
    }

    #[test]
    fn what_is_no_certificate_tells_nothing() {
        for bytes in [
            &b""[..],
            b"\x30\x03\x02\x01\x01",
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0xff; 64],
        ] {
            assert!(read(bytes).is_none());
        }
    }

    #[test]
    fn a_name_is_compared_with_a_host() {
        for (name, host, is_its) in [
            ("db.example", "DB.example", true),
            ("*.example", "db.example", true),
            ("*.example", "a.db.example", false),
            ("*.example", "example", false),
            ("*", "db", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("*.0.0.1", "10.0.0.1", false),
        ] {
            assert_eq!(is_for(name, host), is_its, "{name} {host}");
        }
    }
}
