//! Statements to documents that IAM takes: JSON, in as many parts as its limit asks for.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html> has the grammar,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html> the limit; white space does not count.

use serde_json::{Value, json};

use super::{
    Grants,
    keys::{self, Key},
};

/// The most characters of a managed policy.
pub(super) const LONGEST: usize = 6144;

/// One statement.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    /// An action on resources.
    Allow {
        sid: &'static str,
        action: &'static str,
        resources: Vec<String>,
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
            Self::Allow { sid, action, .. } => json!({
                "Sid": sid,
                "Effect": "Allow",
                "Action": action,
                "Resource": items,
            }),
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
pub(super) fn statements(grants: &Grants, keys: &[Key<'_>]) -> Vec<Statement> {
    let allow = grants.iter().map(|(purpose, resources)| Statement::Allow {
        sid: purpose.sid(),
        action: purpose.action(),
        resources: resources.iter().cloned().collect(),
    });
    let decrypt = keys::decrypt(grants, keys);
    allow
        .chain(decrypt.into_iter().map(Statement::Decrypt))
        .collect()
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
