//! Answers as `PyMySQL` 1.2 and `PyNaCl` give them.

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::*;

const PASSWORD: &str = "pä$s wörd";

fn nonce(length: u8) -> Vec<u8> {
    (1..=length).collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn answers_are_those_of_other_clients() {
    let password = PASSWORD.as_bytes();
    assert_eq!(
        hex(&native(password, &nonce(20))),
        "0bd3b79b70db0ff8a70fe9b80599b76ae566f1b1"
    );
    assert_eq!(
        hex(&caching_sha2(password, &nonce(20))),
        "c0f5ff2d4b3c3d838d8897be281359ba026360761aca4f79bc3d0bb9fa069f73"
    );
    assert_eq!(
        hex(&ed25519(password, &nonce(32))),
        "f694d36d4c0951871d7383aa497959cdfcd9712c42ddd3a97286c22440736eed\
         ddd4a4c2d2715d18cedd2fa8ee3336be743e1211124928640d0d837eaa251e05"
    );
    assert!(native(b"", &nonce(20)).is_empty() && caching_sha2(b"", &nonce(20)).is_empty());
}

/// A password of 32 bytes is a seed of Ed25519 as everybody knows it.
#[test]
fn the_signature_is_one() {
    let seed = [7; 32];
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    let signature = ed25519(&seed, &nonce(32));
    assert_eq!(signature, pair.sign(&nonce(32)).as_ref());
    let public = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
    public.verify(&nonce(32), &signature).unwrap();
}
