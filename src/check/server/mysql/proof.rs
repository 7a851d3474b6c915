//! What a client answers to prove that it has the password, without giving it away.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods.html>,
//! <https://mariadb.com/docs/server/reference/clientserver-protocol/1-connecting/connection>

use curve25519_dalek::{EdwardsPoint, Scalar, scalar::clamp_integer};
use ring::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512};
use zeroize::Zeroizing;

/// How long the server's part is.
pub(super) const NONCE: usize = 20;

/// And for `client_ed25519`.
pub(super) const LONG_NONCE: usize = 32;

fn hash(algorithm: &'static Algorithm, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut context = Context::new(algorithm);
    for part in parts {
        context.update(part);
    }
    Zeroizing::new(context.finish().as_ref().to_vec())
}

fn xor(one: &[u8], other: &[u8]) -> Vec<u8> {
    one.iter()
        .zip(other)
        .map(|(one, other)| one ^ other)
        .collect()
}

/// `mysql_native_password`. An empty password proves itself by nothing.
pub(super) fn native(password: &[u8], nonce: &[u8]) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = hash(&SHA1_FOR_LEGACY_USE_ONLY, &[password]);
    let twice = hash(&SHA1_FOR_LEGACY_USE_ONLY, &[&once]);
    xor(&once, &hash(&SHA1_FOR_LEGACY_USE_ONLY, &[nonce, &twice]))
}

/// `caching_sha2_password`, where the server still has the hash.
pub(super) fn caching_sha2(password: &[u8], nonce: &[u8]) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = hash(&SHA256, &[password]);
    let twice = hash(&SHA256, &[&once]);
    xor(&once, &hash(&SHA256, &[&twice, nonce]))
}

/// `client_ed25519` of MariaDB: Ed25519 with the password itself for a seed, however long it is.
pub(super) fn ed25519(password: &[u8], nonce: &[u8]) -> Vec<u8> {
    let expanded = hash(&SHA512, &[password]);
    let (secret, prefix) = expanded.split_at(32);
    let secret = Zeroizing::new(Scalar::from_bytes_mod_order(clamp_integer(half(secret))));
    let public = EdwardsPoint::mul_base(&secret).compress();
    let once = Zeroizing::new(Scalar::from_bytes_mod_order_wide(&whole(&hash(
        &SHA512,
        &[prefix, nonce],
    ))));
    let point = EdwardsPoint::mul_base(&once).compress();
    let challenge = hash(&SHA512, &[point.as_bytes(), public.as_bytes(), nonce]);
    let answer = Scalar::from_bytes_mod_order_wide(&whole(&challenge)) * *secret + *once;
    let mut signature = point.as_bytes().to_vec();
    signature.extend_from_slice(answer.as_bytes());
    signature
}

fn half(bytes: &[u8]) -> [u8; 32] {
    std::array::from_fn(|at| bytes.get(at).copied().unwrap_or_default())
}

fn whole(bytes: &[u8]) -> [u8; 64] {
    std::array::from_fn(|at| bytes.get(at).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests;
