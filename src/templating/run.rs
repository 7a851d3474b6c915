//! The run of a template, bounded in work, depth and output; and its failures in our words.

use indexmap::IndexMap;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, value::Value as Jinja,
};
use zeroize::Zeroizing;

use super::{
    FileType, TemplateFile,
    check::key_of,
    filters,
    kinds::Shape,
    needs::ROOTS,
    output::Output,
    place, syntax,
    values::{Hidden, Spilled, Tree, convert},
};
use crate::{
    diagnostic::{Class, Diagnostic},
    plan::Plan,
    render,
    resolve::{Bytes, Resolved},
    value::{Table, Value},
};

/// Steps of the engine, of which each costs at least one, and text by its length.
const FUEL: u64 = 1_000_000;

/// How deep the engine may call itself: only loops and conditions nest, and the parser bounds those.
const DEPTH: usize = 100;

pub(super) fn run(
    template: &TemplateFile,
    plan: &Plan,
    resolved: &Resolved,
    file_type: &FileType,
    masks: bool,
) -> Result<Zeroizing<Vec<u8>>, Box<Diagnostic>> {
    let output = Output::new(file_type);
    let spilled = Spilled::default();
    let outcome = environment(&output, &spilled).and_then(|environment| {
        let context = context(template, plan, resolved, &spilled, masks);
        let compiled =
            environment.template_from_named_str(&template.source.name, &template.source.text)?;
        compiled.render_captured_to(context, output.clone())?;
        Ok(())
    });
    if let Err(error) = outcome {
        return Err(Box::new(failure(template, &output, &spilled, &error)));
    }
    if spilled.is_set() {
        return Err(Box::new(Diagnostic::new(Class::Provider, SPILLED)));
    }
    Ok(output.finish())
}

const SPILLED: &str =
    "a secret was made text of, which only the output and filters that take secrets do";

fn environment<'a>(output: &Output, spilled: &Spilled) -> Result<Environment<'a>, Error> {
    let mut environment = Environment::empty();
    environment.set_syntax(syntax()?);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_debug(true);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    let (place, leaks) = (output.clone(), spilled.clone());
    environment.set_formatter(move |_, _, value| {
        if leaks.is_set() {
            return Err(Error::new(ErrorKind::InvalidOperation, SPILLED));
        }
        place.insert(value)
    });
    filters::add(&mut environment, spilled);
    environment.add_function("range", minijinja::functions::range);
    environment.add_test("defined", minijinja::tests::is_defined);
    environment.add_test("undefined", minijinja::tests::is_undefined);
    environment.add_test("none", minijinja::tests::is_none);
    environment.add_test("true", minijinja::tests::is_true);
    environment.add_test("false", minijinja::tests::is_false);
    environment.add_test("odd", minijinja::tests::is_odd);
    environment.add_test("even", minijinja::tests::is_even);
    Ok(environment)
}

/// Everything that the template can name: the manifest's keys that were planned, and a function for each reference.
fn context(
    template: &TemplateFile,
    plan: &Plan,
    resolved: &Resolved,
    spilled: &Spilled,
    masks: bool,
) -> Jinja {
    // Masked as a whole: what takes a table whole takes the masked one.
    let masked = masks.then(|| render::masked(&resolved.document));
    let document = masked.as_ref().unwrap_or(&resolved.document);
    let mut trees: IndexMap<String, Tree> = IndexMap::new();
    for (root, table) in ROOTS.into_iter().zip([&document.databases, &document.env]) {
        trees.insert(root.to_owned(), tree(root, table, spilled));
    }
    for (function, argument, _) in &template.needs.calls {
        let Some(argument) = argument else { continue };
        let key = key_of(function, argument);
        let place = plan.asked.iter().position(|asked| asked.key == key);
        let Some(bytes) = place.and_then(|place| resolved.asked.get(place)) else {
            continue;
        };
        let bytes = if masks {
            Bytes::new(Zeroizing::new(render::MASK.as_bytes().to_vec()))
        } else {
            bytes.clone()
        };
        let value = Hidden::value(bytes, Shape::Text, &key, spilled);
        let tree = trees
            .entry(function.clone())
            .or_insert_with(|| tree(function, &Table::new(), spilled));
        tree.answers.insert(argument.clone(), value);
    }
    let trees = trees.into_iter();
    Jinja::from_pairs(trees.map(|(name, tree)| (name, Jinja::from_object(tree))))
}

fn tree(path: &str, table: &Table, spilled: &Spilled) -> Tree {
    let each = |(key, value): (&str, &Value)| {
        let below = format!("{path}.{key}");
        (key.to_owned(), convert(value, &below, spilled))
    };
    Tree {
        path: path.to_owned(),
        entries: table.iter().map(each).collect(),
        answers: IndexMap::new(),
        value: Value::Table(table.clone()),
    }
}

/// Why a run failed. Of the engine's words, only those are told that name what the template wrote.
fn failure(
    template: &TemplateFile,
    output: &Output,
    spilled: &Spilled,
    error: &Error,
) -> Diagnostic {
    let mut hint = None;
    let mut written = None;
    let title = if spilled.is_set() {
        SPILLED.to_owned()
    } else if let Some((name, reason)) = output.refusal() {
        let title = format!("cannot write `{name}` there: {reason}");
        written = template.needs.only_place(&name);
        title
    } else {
        match error.kind() {
            ErrorKind::UndefinedError => {
                hint = Some(
                    "`{% if … is defined %}` and `| default(…)` allow for what is not there"
                        .to_owned(),
                );
                error.detail().unwrap_or("this is not defined").to_owned()
            }
            ErrorKind::OutOfFuel => "the template does too much".to_owned(),
            kind => match filters::refusal(error) {
                Some(reason) => format!("a filter refuses its value: {reason}"),
                None => format!("the template fails: {kind}"),
            },
        }
    };
    let diagnostic = Diagnostic::new(Class::Provider, title).maybe_hint(hint);
    match place(&template.source, error).or(written) {
        Some(place) => diagnostic.within(&template.source, place),
        None => diagnostic,
    }
}
