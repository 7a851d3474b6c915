//! What servers have said as findings, at the keys that it is about.

use super::{
    Found, Request,
    found::Out,
    rules,
    server::{self, Answer, Outcome, Target},
    subject::Subject,
};

/// The databases of the selection that are resolved, as they are to be asked.
pub(crate) fn targets<'a>(request: &Request<'a>, may_alter: bool) -> Vec<Target<'a>> {
    let resolved = request
        .resolved
        .iter()
        .flat_map(|brought| brought.document.databases.iter());
    let table = |(alias, value): (&'a str, &'a crate::value::Value)| match value {
        crate::value::Value::Table(settings) => Some(Target {
            alias,
            settings,
            may_alter,
        }),
        _ => None,
    };
    resolved.filter_map(table).collect()
}

/// Whether the login of the selection is the one that changes tables.
pub(crate) fn may_alter(request: &Request<'_>) -> bool {
    super::subject::may_alter(&request.selection.profiles)
}

/// What holds of the servers, and which of them were not looked at.
pub(crate) fn heard(
    request: &Request<'_>,
    targets: &[Target<'_>],
    answers: &[Answer],
) -> (Vec<Found>, Vec<String>) {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    let Ok(layer) = request.manifest.select(&request.selection.profiles) else {
        return (found, notes);
    };
    let subject = Subject::new(
        (request.manifest, request.registry),
        &layer,
        request.selection,
        request.resolved,
        request.now,
    );
    for (target, answer) in targets.iter().zip(answers) {
        let observations = match &answer.outcome {
            Outcome::Answered(facts) => server::observations(target, facts, request.now),
            Outcome::Refused(refusal) => server::of_refusal(target, refusal),
            Outcome::NotLookedAt(why) => {
                notes.push(format!("`databases.{}` was not asked: {why}", answer.alias));
                continue;
            }
        };
        let mut databases = subject.databases.iter();
        let Some(database) = databases.find(|database| database.alias.text == answer.alias) else {
            continue;
        };
        for one in observations {
            let Some(rule) = rules::find(one.rule) else {
                continue;
            };
            let mut out = Out::new(rule, &mut found);
            let told = out.on(database, one.key);
            told.severity(one.severity).note(one.note);
            told.profiles.clone_from(&subject.profiles);
        }
    }
    (found, notes)
}
