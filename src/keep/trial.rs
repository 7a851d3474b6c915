//! Trying databases with new values before anything of them is handed on.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    bring::{Outcome, phrase},
    handover::{Handover, Surroundings},
    keeper::Keeper,
    parts,
    verify::{self, Refusal},
};
use crate::{
    audit::Act,
    diagnostic::Diagnostic,
    exec::parent::wipe,
    manifest::Verify,
    plan::SlotId,
    resolve::{Resolved, Session},
    value::{Table, Value},
};

impl Keeper {
    /// Tries every database that changed secrets reach and that is to be tried, before anything of it is handed on. The secrets
    /// of those that are refused.
    pub(super) async fn verify_first(
        &mut self,
        session: &mut Session<'_>,
        changed: &[SlotId],
    ) -> BTreeSet<SlotId> {
        let plan = Arc::clone(&self.plan);
        let mut unverified = BTreeSet::new();
        for database in plan
            .databases
            .iter()
            .filter(|planned| planned.verify.is_some())
        {
            let reaching: Vec<SlotId> = changed
                .iter()
                .filter(|slot| parts::reaches(&plan, **slot, &database.alias))
                .copied()
                .collect();
            if reaching.is_empty() {
                continue;
            }
            let part = parts::plan_to_verify(&plan, &database.alias);
            let tried = match session.resolve(&part, &self.options).await {
                Ok(resolved) => self.verify(session, &resolved).await,
                // What cannot be put together is told of where it is wanted.
                Err(_) => continue,
            };
            let Err(Outcome::Refused {
                name,
                phrase,
                is_waiting,
            }) = tried
            else {
                continue;
            };
            for slot in reaching {
                self.refuse(slot, name, &phrase, is_waiting);
                unverified.insert(slot);
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
        let plan = Arc::clone(&self.plan);
        for planned in &plan.databases {
            let how = match &planned.verify {
                None | Some(Verify::None) => continue,
                Some(how) => how.clone(),
            };
            let Some(Value::Table(database)) = resolved.document.databases.get(&planned.alias)
            else {
                continue;
            };
            let whole = self
                .prints
                .of(crate::render::env_text(&Value::Table(database.clone())).as_bytes());
            let known = [&self.marks.whole, &self.verified];
            if known
                .iter()
                .any(|known| known.get(&planned.alias) == Some(&whole))
            {
                continue;
            }
            let tried = self.try_out(session, &planned.alias, database, how).await;
            let outcome = match &tried {
                Ok(()) => "ok",
                Err(Refusal::Refused(_)) => "refused",
                Err(Refusal::Untried(_)) => "untried",
            };
            let key = format!("databases.{}", planned.alias);
            self.desk
                .record_command(Act::Verify, vec![key.clone()], outcome);
            if tried.is_ok() {
                self.verified.insert(planned.alias.clone(), whole);
            }
            if let Err(refusal) = tried {
                // What cannot be tried will not work by itself later.
                let is_waiting = matches!(refusal, Refusal::Refused(_));
                let (Refusal::Refused(phrase) | Refusal::Untried(phrase)) = refusal;
                return Err(Outcome::Refused {
                    name: outcome,
                    phrase: format!("`{key}`: {phrase}"),
                    is_waiting,
                });
            }
        }
        Ok(())
    }

    pub(super) async fn try_out(
        &self,
        session: &mut Session<'_>,
        alias: &str,
        database: &Table,
        how: Verify,
    ) -> Result<(), Refusal> {
        let untried = |errors: &[Diagnostic]| Refusal::Untried(phrase(errors));
        let part = match &how {
            Verify::Command { .. } => (*self.plan).clone(),
            Verify::Connect | Verify::None => parts::plan_to_verify(&self.plan, alias),
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
        let (alias, database) = (alias.to_owned(), database.clone());
        let work = move || {
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
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|_| Err(Refusal::Untried("nuages failed within itself".to_owned())))
    }
}
