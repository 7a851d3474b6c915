//! How far a run is, for whoever looks at it meanwhile: names of instances and numbers, never a value.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crate::plan::Instance;

/// How many instances are named.
const NAMED: usize = 3;

/// What is waited for. Copies of it tell the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting(Arc<Mutex<Vec<Asked>>>);

#[derive(Debug)]
struct Asked {
    name: String,
    kind: &'static str,
    wanted: usize,
    answered: usize,
}

impl Waiting {
    /// So many answers of an instance are wanted, besides those before.
    pub(crate) fn ask(&self, instance: &Instance, count: usize) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.iter_mut().find(|asked| asked.name == instance.name) {
            Some(asked) => asked.wanted += count,
            None => all.push(Asked {
                name: instance.name.clone(),
                kind: instance.descriptor.scheme,
                wanted: count,
                answered: 0,
            }),
        }
    }

    /// So many of them are here.
    pub(crate) fn answered(&self, instance: &Instance, count: usize) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asked) = all.iter_mut().find(|asked| asked.name == instance.name) {
            asked.answered = (asked.answered + count).min(asked.wanted);
        }
    }
}

/// `secrets (aws-ssm), vault (azure-kv): 3 of 12`.
impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open: Vec<&Asked> = all
            .iter()
            .filter(|asked| asked.answered < asked.wanted)
            .collect();
        for (index, asked) in open.iter().take(NAMED).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}", asked.name)?;
            if asked.name != asked.kind {
                write!(f, " ({})", asked.kind)?;
            }
        }
        if open.len() > NAMED {
            write!(f, " and {} more", open.len() - NAMED)?;
        }
        if open.is_empty() {
            f.write_str("the values")?;
        }
        let wanted: usize = all.iter().map(|asked| asked.wanted).sum();
        let answered: usize = all.iter().map(|asked| asked.answered).sum();
        write!(f, ": {answered} of {wanted}")
    }
}
