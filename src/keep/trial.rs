//! Trying databases with new values before anything of them is handed on.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::{Instant, SystemTime},
};

use tokio::task::JoinSet;

use super::{
    bring::{Outcome, phrase},
    handover::{Handover, Surroundings},
    keeper::Keeper,
    parts,
    verify::{self, Refusal},
};
use crate::{
    audit::{Act, Record},
    diagnostic::Diagnostic,
    exec::parent::wipe,
    manifest::Verify,
    plan::SlotId,
    resolve::{Noted, Print, Resolved, Session},
    value::{Table, Value},
};

/// How many databases are tried at once.
const AT_ONCE: usize = 4;

/// A database that is to be tried, as Django is to have it.
struct Trial {
    alias: String,
    database: Table,
    how: Verify,
    print: Print,
}

impl Keeper {
    /// Whether anything that a secret reaches is tried first.
    pub(super) fn is_tried(&self, slot: SlotId) -> bool {
        let mut databases = self.plan.databases.iter();
        databases.any(|planned| {
            !matches!(planned.verify, None | Some(Verify::None))
                && parts::reaches(&self.plan, slot, &planned.alias)
        })
    }

    /// Tries every database that changed secrets reach and that is to be tried, before anything of it is handed on. The secrets
    /// of those that are refused.
    pub(super) async fn verify_first(
        &mut self,
        session: &mut Session<'_>,
        changed: &[SlotId],
    ) -> BTreeSet<SlotId> {
        let plan = Arc::clone(&self.plan);
        let mut trials = Vec::new();
        let mut reaching = BTreeMap::new();
        for database in &plan.databases {
            let slots: Vec<SlotId> = changed
                .iter()
                .filter(|slot| parts::reaches(&plan, **slot, &database.alias))
                .copied()
                .collect();
            if slots.is_empty() {
                continue;
            }
            let part = parts::plan_to_verify(&plan, &database.alias);
            // What cannot be put together is told of where it is wanted.
            if let Ok(resolved) = session.resolve(&part, &self.options).await {
                trials.extend(self.trials(session, &resolved));
                reaching.insert(database.alias.clone(), slots);
            }
        }
        let prints: Vec<(String, Print)> = trials
            .iter()
            .map(|trial| (trial.alias.clone(), trial.print))
            .collect();
        self.try_all(session, trials).await;
        let mut unverified = BTreeSet::new();
        for (alias, print) in prints {
            let Some(Outcome::Refused {
                name,
                phrase,
                is_waiting,
            }) = self.refusal(&alias, print)
            else {
                continue;
            };
            for slot in reaching.get(&alias).into_iter().flatten() {
                self.refuse(*slot, name, &phrase, is_waiting);
                unverified.insert(*slot);
            }
        }
        unverified
    }

    /// Tries the databases that are not as they were, where the manifest says so.
    pub(super) async fn verify(
        &mut self,
        session: &mut Session<'_>,
        resolved: &Resolved,
    ) -> Result<(), Outcome> {
        let trials = self.trials(session, resolved);
        let prints: Vec<(String, Print)> = trials
            .iter()
            .map(|trial| (trial.alias.clone(), trial.print))
            .collect();
        self.try_all(session, trials).await;
        let mut prints = prints.into_iter();
        prints
            .find_map(|(alias, print)| self.refusal(&alias, print))
            .map_or(Ok(()), Err)
    }

    /// What is to be tried. Not what has been accepted, and not what takes the place of something that has expired: there is
    /// nothing left that could be lost.
    fn trials(&mut self, session: &Session<'_>, resolved: &Resolved) -> Vec<Trial> {
        let plan = Arc::clone(&self.plan);
        let mut trials = Vec::new();
        for planned in &plan.databases {
            let how = match &planned.verify {
                None | Some(Verify::None) => continue,
                Some(how) => how.clone(),
            };
            let Some(Value::Table(database)) = resolved.document.databases.get(&planned.alias)
            else {
                continue;
            };
            let print = self
                .prints
                .of(crate::render::env_text(&Value::Table(database.clone())).as_bytes());
            let known = [&self.marks.whole, &self.verified];
            if known
                .iter()
                .any(|known| known.get(&planned.alias) == Some(&print))
            {
                continue;
            }
            if self.is_over(session, &planned.alias) {
                self.desk.tell(&format!(
                    "`databases.{}` is handed on untried: what the command has of it has expired",
                    planned.alias
                ));
                self.verified.insert(planned.alias.clone(), print);
                continue;
            }
            trials.push(Trial {
                alias: planned.alias.clone(),
                database: database.clone(),
                how,
                print,
            });
        }
        trials
    }

    /// Whether what the command has for a database has expired, and what is there now has not.
    fn is_over(&self, session: &Session<'_>, alias: &str) -> bool {
        let now = SystemTime::now();
        let ledger = self.desk.ledger();
        let mut is_over = false;
        for (slot, noted) in session.noted() {
            if !parts::reaches(&self.plan, slot, alias) {
                continue;
            }
            match noted {
                Noted::Present { expires, .. } if expires.is_none_or(|expires| expires > now) => {
                    is_over |= ledger.get(slot).is_some_and(|entry| entry.is_expired(now));
                }
                Noted::Present { .. } | Noted::Absent | Noted::Failed { .. } => return false,
            }
        }
        is_over
    }

    /// Why a database with these values is refused, as far as is known of this round.
    fn refusal(&self, alias: &str, print: Print) -> Option<Outcome> {
        let (_, refusal) = self.refused.get(alias).filter(|(of, _)| *of == print)?;
        let (Refusal::Refused(phrase) | Refusal::Untried(phrase)) = refusal;
        Some(Outcome::Refused {
            name: refusal.name(),
            phrase: format!("`databases.{alias}`: {phrase}"),
            // What cannot be tried will not work by itself later.
            is_waiting: matches!(refusal, Refusal::Refused(_)),
        })
    }

    /// Tries databases, a few at a time: one that does not answer holds up no other. The stores have their time besides.
    async fn try_all(&mut self, session: &mut Session<'_>, trials: Vec<Trial>) {
        let mut trials = trials.into_iter().filter(|trial| {
            let tried = self.refused.get(&trial.alias);
            tried.is_none_or(|(print, _)| *print != trial.print)
        });
        let mut trials: VecDeque<Trial> = trials.by_ref().collect();
        let mut running = JoinSet::new();
        loop {
            while running.len() < AT_ONCE
                && let Some(trial) = trials.pop_front()
            {
                let (alias, print) = (trial.alias.clone(), trial.print);
                match self.prepare_trial(session, trial).await {
                    Ok(work) => {
                        // Until it is known to work; a thread of ours may fail.
                        let refusal = Refusal::Untried("nuages failed within itself".to_owned());
                        self.refused.insert(alias.clone(), (print, refusal));
                        running.spawn_blocking(move || (alias, print, work()));
                    }
                    Err(refusal) => self.tried(alias, print, Err(refusal)),
                }
            }
            let begin = Instant::now();
            let Some(ended) = running.join_next().await else {
                return;
            };
            session.give_back(begin.elapsed());
            if let Ok((alias, print, outcome)) = ended {
                self.tried(alias, print, outcome);
            }
        }
    }

    /// Takes down what has become of a trial.
    fn tried(&mut self, alias: String, print: Print, outcome: Result<(), Refusal>) {
        let name = outcome.as_ref().map_or_else(Refusal::name, |()| Record::OK);
        let keys = vec![format!("databases.{alias}")];
        self.desk.record_command(Act::Verify, keys, name);
        match outcome {
            Ok(()) => {
                self.refused.remove(&alias);
                self.verified.insert(alias, print);
            }
            Err(refusal) => {
                self.refused.insert(alias, (print, refusal));
            }
        }
    }

    /// What is to be done to try a database, apart from the thread that asks.
    async fn prepare_trial(
        &self,
        session: &mut Session<'_>,
        trial: Trial,
    ) -> Result<impl FnOnce() -> Result<(), Refusal> + Send + 'static, Refusal> {
        let Trial {
            alias,
            database,
            how,
            ..
        } = trial;
        let untried = |errors: &[Diagnostic]| Refusal::Untried(phrase(errors));
        let part = match &how {
            Verify::Command { .. } => (*self.plan).clone(),
            Verify::Connect | Verify::None => parts::plan_to_verify(&self.plan, &alias),
        };
        let resolved = session
            .resolve(&part, &self.options)
            .await
            .map_err(|errors| untried(&errors))?;
        // What is tried is the password itself, not the file that the driver will have it from.
        let surroundings = Surroundings {
            place: None,
            ..self.surroundings.clone()
        };
        let handover = Handover::new(&part, &resolved, &surroundings, &self.prints)
            .map_err(|errors| untried(&errors))?;
        let mut environment = handover.environment.variables;
        let within = self.options.deadline;
        let program = self.program.clone();
        Ok(move || {
            let tried = match how {
                Verify::Command { command } => verify::by_command(&command, &environment, within),
                Verify::Connect | Verify::None => {
                    environment.retain(|(name, _)| name != crate::render::DATABASES);
                    let python = verify::python(&program, &environment);
                    verify::connect(&python, &alias, &database, &environment, within)
                }
            };
            wipe(environment);
            tried
        })
    }
}
