//! Keys of KMS that secrets are encrypted with: which key it is a store alone knows, so they are named. A key may then be
//! used through that store, for the very secrets of the plan.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html> and
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html> have the encryption contexts.

use nuages_provider::{Error, ErrorKind};

use super::{Arn, Grants, Purpose, arn, policy::Decrypt};

/// A key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a> {
    text: &'a str,
    region: &'a str,
}

/// Stores that decrypt: what they are called, and the encryption context that tells the secret.
const STORES: &[(Purpose, &str, &str, &str)] = &[
    (
        Purpose::ReadParameters,
        "DecryptParameters",
        "ssm",
        "kms:EncryptionContext:PARAMETER_ARN",
    ),
    (
        Purpose::ReadSecrets,
        "DecryptSecrets",
        "secretsmanager",
        "kms:EncryptionContext:SecretARN",
    ),
];

impl<'a> Key<'a> {
    /// Reads the ARN of a key. An alias is none: a policy that names one allows nothing.
    pub(super) fn read(text: &'a str) -> Result<Self, Error> {
        let key = Arn::read(text).ok().filter(|arn| {
            let id = arn.resource.strip_prefix("key/");
            let is_id = |id: &str| {
                !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            };
            let is_whole = !arn.region.is_empty() && !arn.account.is_empty();
            arn.service == "kms" && is_whole && id.is_some_and(is_id)
        });
        match key {
            Some(arn) => Ok(Self {
                text,
                region: arn.region,
            }),
            None => Err(Error::new(ErrorKind::Unsupported, format!(
                "`{}` is no ARN of a key",
                text.escape_debug()
            ))
            .with_hint("such as `arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab`; a policy takes no alias")),
        }
    }

    /// Whether a secret may be encrypted with it: a key is of one region, as a secret is.
    fn is_near(&self, secret: &str) -> bool {
        let region = secret.split(':').nth(3);
        region.is_some_and(|region| region == "*" || region == self.region)
    }

    /// The store as KMS sees it. In China the end of the domain is another.
    fn via(&self, service: &str) -> String {
        let more = if arn::partition(self.region) == "aws-cn" {
            "*"
        } else {
            ""
        };
        format!("{service}.{}.amazonaws.com{more}", self.region)
    }
}

/// A statement for each key and store.
pub(super) fn decrypt(grants: &Grants, keys: &[Key<'_>]) -> Vec<Decrypt> {
    let mut all = Vec::new();
    for (purpose, sid, service, context) in STORES {
        for key in keys {
            let secrets = grants.get(purpose).into_iter().flatten();
            let secrets: Vec<String> = secrets
                .filter(|secret| key.is_near(secret))
                .cloned()
                .collect();
            if !secrets.is_empty() {
                let number = all
                    .iter()
                    .filter(|have: &&Decrypt| have.sid.starts_with(sid));
                let number = match number.count() {
                    0 => String::new(),
                    more => (more + 1).to_string(),
                };
                all.push(Decrypt {
                    sid: format!("{sid}{number}"),
                    key: key.text.to_owned(),
                    via: key.via(service),
                    context,
                    secrets,
                });
            }
        }
    }
    all
}

/// A key that is of no use is a mistake: it would be missing where it was meant.
pub(super) fn all_used(all: &[&Grants], keys: &[Key<'_>]) -> Result<(), Error> {
    for key in keys {
        let is_used = all
            .iter()
            .any(|grants| !decrypt(grants, std::slice::from_ref(key)).is_empty());
        if !is_used {
            let text = format!("nothing that is planned is in the region of `{}`", key.text);
            return Err(Error::new(ErrorKind::Unsupported, text)
                .with_hint("a secret and its key are of one region"));
        }
    }
    Ok(())
}
