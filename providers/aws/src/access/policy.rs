//! Statements to documents that IAM takes: JSON, in as many parts as its limit asks for.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html> has the grammar,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html> the limit; white space does not count.

use serde_json::{Value, json};

use super::{
    Externals, Grants, Purpose,
    keys::{self, Key},
};

/// The most characters of a managed policy.
pub(super) const LONGEST: usize = 6144;

/// One statement.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    /// An action on resources.
    Allow {
        sid: String,
        action: &'static str,
        resources: Vec<String>,
        /// The external IDs, one of which has to be sent.
        externals: Vec<String>,
    },
    /// The use of a key.
    Decrypt(Decrypt),
}

/// The use of a key through a store, for its secrets alone.
#[derive(Clone, Debug)]
pub(super) struct Decrypt {
    pub(super) sid: String,
    pub(super) key: String,
    pub(super) via: String,
    pub(super) context: &'static str,
    pub(super) secrets: Vec<String>,
}

impl Statement {
    fn items(&self) -> &[String] {
        match self {
            Self::Allow { resources, .. } => resources,
            Self::Decrypt(decrypt) => &decrypt.secrets,
        }
    }

    /// The statement for some of its items.
    fn json(&self, items: &[String]) -> Value {
        match self {
            Self::Allow {
                sid,
                action,
                externals,
                ..
            } => {
                let mut statement = json!({
                    "Sid": sid,
                    "Effect": "Allow",
                    "Action": action,
                    "Resource": items,
                });
                if !externals.is_empty() {
                    statement["Condition"] =
                        json!({ "StringEquals": { "sts:ExternalId": externals } });
                }
                statement
            }
            Self::Decrypt(decrypt) => json!({
                "Sid": decrypt.sid,
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": decrypt.key,
                "Condition": {
                    "StringLike": {
                        "kms:ViaService": decrypt.via,
                        decrypt.context: items,
                    }
                },
            }),
        }
    }
}

/// The statements of one identity.
pub(super) fn statements(
    grants: &Grants,
    keys: &[Key<'_>],
    externals: &Externals,
) -> Vec<Statement> {
    let mut all = Vec::new();
    for (purpose, resources) in grants {
        // A role that is assumed without an external ID too takes no condition.
        let ids_of = |resource: &String| -> Option<Vec<String>> {
            let ids = externals.get(resource)?.iter().cloned();
            (*purpose == Purpose::AssumeRole).then(|| ids.collect())?
        };
        let (with_ids, free): (Vec<_>, Vec<_>) = resources
            .iter()
            .map(|resource| (resource.clone(), ids_of(resource)))
            .partition(|(_, ids)| ids.is_some());
        let mut allow = |resources: Vec<String>, externals: Vec<String>, number: usize| {
            let number = match number {
                0 => String::new(),
                more => (more + 1).to_string(),
            };
            all.push(Statement::Allow {
                sid: format!("{}{number}", purpose.sid()),
                action: purpose.action(),
                resources,
                externals,
            });
        };
        let first = usize::from(!free.is_empty());
        if !free.is_empty() {
            allow(
                free.into_iter().map(|(arn, _)| arn).collect(),
                Vec::new(),
                0,
            );
        }
        for (place, (arn, ids)) in with_ids.into_iter().enumerate() {
            allow(vec![arn], ids.unwrap_or_default(), first + place);
        }
    }
    let decrypt = keys::decrypt(grants, keys).into_iter();
    all.extend(decrypt.map(Statement::Decrypt));
    all
}

/// The documents, each as full as it may be.
pub(super) fn documents(statements: &[Statement]) -> Vec<Value> {
    let empty = json!({ "Version": "2012-10-17", "Statement": [] });
    let frame = length(&empty);
    let mut documents = Vec::new();
    let mut done: Vec<Value> = Vec::new();
    let mut used = frame;
    let mut close = |done: &mut Vec<Value>, used: &mut usize| {
        let mut document = empty.clone();
        document["Statement"] = Value::Array(std::mem::take(done));
        documents.push(document);
        *used = frame;
    };
    for statement in statements {
        let items = statement.items();
        let mut start = 0;
        while start < items.len() {
            // A comma goes before each statement but the first.
            let room = LONGEST.saturating_sub(used + usize::from(!done.is_empty()));
            let fitting = fitting(statement, &items[start..], room);
            if fitting == 0 && !done.is_empty() {
                close(&mut done, &mut used);
                continue;
            }
            // No single ARN is as long as a policy may be.
            let end = start + fitting.max(1);
            let part = statement.json(&items[start..end]);
            used += length(&part) + usize::from(!done.is_empty());
            done.push(part);
            start = end;
        }
    }
    if !done.is_empty() {
        close(&mut done, &mut used);
    }
    documents
}

/// How many of the items fit into so many characters.
fn fitting(statement: &Statement, items: &[String], room: usize) -> usize {
    let mut used = length(&statement.json(&[]));
    let mut count = 0;
    for item in items {
        used += length(&Value::from(item.as_str())) + usize::from(count > 0);
        if used > room {
            break;
        }
        count += 1;
    }
    count
}

/// The length without white space between what is in it.
fn length(value: &Value) -> usize {
    value.to_string().chars().count()
}
