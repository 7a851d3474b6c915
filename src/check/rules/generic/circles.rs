//! Which names wait for themselves, in the end. Each is looked at twice, however long the ways are.

use std::collections::{HashMap, HashSet};

/// The names that reach themselves by the others that they wait for.
pub(super) fn circles<'a>(waits: &HashMap<&'a str, Vec<&'a str>>) -> HashSet<&'a str> {
    // Kosaraju's way: those that were left last, and from each of them all that lead to it.
    let left = left(waits);
    let mut back: HashMap<&str, Vec<&'a str>> = HashMap::new();
    for (name, others) in waits {
        for other in others.iter().filter(|other| waits.contains_key(*other)) {
            back.entry(other).or_default().push(name);
        }
    }
    let mut seen = HashSet::new();
    let mut found = HashSet::new();
    for start in left.into_iter().rev() {
        let mut together = Vec::new();
        let mut open = vec![start];
        while let Some(name) = open.pop() {
            if seen.insert(name) {
                together.push(name);
                open.extend(back.get(name).into_iter().flatten());
            }
        }
        let is_own = |name: &&str| waits.get(name).is_some_and(|others| others.contains(name));
        if together.len() > 1 || together.iter().any(is_own) {
            found.extend(together);
        }
    }
    found
}

/// The names in the order in which a walk leaves them.
fn left<'a>(waits: &HashMap<&'a str, Vec<&'a str>>) -> Vec<&'a str> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut left = Vec::with_capacity(waits.len());
    for start in waits.keys() {
        // With each name, how many of those that it waits for were gone to.
        let mut way: Vec<(&'a str, usize)> = Vec::new();
        if seen.insert(start) {
            way.push((start, 0));
        }
        while let Some((name, gone)) = way.last_mut() {
            let next = waits.get(name).and_then(|others| others.get(*gone));
            *gone += 1;
            match next {
                Some(next) if waits.contains_key(next) && seen.insert(next) => way.push((next, 0)),
                Some(_) => {}
                None => left.extend(way.pop().map(|(name, _)| name)),
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_and_what_leads_to_them_is_none() {
        for (text, expected) in [
            ("a:b b:c c:", ""),
            ("a:b b:a", "ab"),
            ("a:a", "a"),
            ("a:x", ""),
            // Between two circles, before one, and behind one.
            ("a:b b:ac c:d d:e e:d f:a g:", "abde"),
            ("a:bc b:d c:d d:", ""),
            ("a:b b:c c:a d:abc", "abc"),
        ] {
            let waits: HashMap<&str, Vec<&str>> = text
                .split(' ')
                .filter_map(|one| one.split_once(':'))
                .map(|(name, others)| {
                    (
                        name,
                        others.split("").filter(|one| !one.is_empty()).collect(),
                    )
                })
                .collect();
            let mut found: Vec<&str> = circles(&waits).into_iter().collect();
            found.sort_unstable();
            assert_eq!(found.concat(), expected, "{text}");
        }
    }
}
