//! `nuages render --template`: write a template file, for whoever reads the file.

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use super::{
    Exit, Outcome,
    arguments::Render,
    context::{Context, Loaded, read_text},
    output, render,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    plan::Plan,
    render::Setting,
    suggest,
    templating::{FileType, LARGEST, TYPES, TemplateFile},
};

const SETTINGS: &[Setting] = &[Setting {
    name: "type",
    summary: "the type of the file",
}];

/// A template file of the command line.
pub(super) struct Template(TemplateFile);

/// Reads a template file, or says what is wrong with it.
pub(super) fn read(context: &Context, path: &Path) -> Result<Template, Exit> {
    let shown = path.display().to_string();
    let text = read_text(path, LARGEST).map_err(|cause| {
        let title = format!("cannot read the template `{shown}`");
        context.fail(Diagnostic::new(Class::Usage, title).cause(cause))
    })?;
    TemplateFile::read(shown, text)
        .map(Template)
        .map_err(|errors| context.fail_all(&errors, None))
}

impl Template {
    /// Plans what it names, or says what is wrong with it or with the manifest.
    pub(super) fn plan(&self, context: &Context, loaded: &Loaded) -> Result<Plan, Exit> {
        let selection = context.selection();
        if !selection.only.is_empty() {
            let title = "`--only` has no meaning with `--template`: a template takes what it names";
            return Err(context.fail(Diagnostic::new(Class::Usage, title)));
        }
        self.0
            .plan(&loaded.manifest, &selection, &context.registry)
            .map_err(|errors| context.fail_all(&errors, Some(&loaded.manifest.source)))
    }
}

pub(super) fn run(context: &Context, command: &Render, path: &Path) -> Outcome {
    let settings = render::settings(context, "--template", SETTINGS, &command.set)?;
    let file_type = file_type(context, settings.get("type"), command, path)?;
    if let Some(output) = &command.output {
        render::refuse_tracked(context, output)?;
        // As links and other spellings lead to it.
        if let (Ok(output), Ok(template)) = (output.canonicalize(), path.canonicalize())
            && output == template
        {
            let title = format!("`{}` is the template itself", path.display());
            let hint = "`--output` names the file that is to be made of it";
            return Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)));
        }
    }
    let template = read(context, path)?;
    let loaded = context.load_or_empty()?;
    let plan = template.plan(context, &loaded)?;
    let resolved = context.resolve(&plan, &loaded, None)?;
    let masks = command.output.is_none() && !command.reveal && io::stdout().is_terminal();
    let bytes_of = |masks: bool| {
        template
            .0
            .render(&plan, &resolved, file_type, masks)
            .map_err(|error| context.fail_all(&[*error], Some(&plan.source)))
    };
    // The real values first: a masked one may fit a place that they do not.
    let mut bytes = bytes_of(false)?;
    if masks {
        bytes = bytes_of(true)?;
    }
    match &command.output {
        None => {
            if masks {
                context.note("values are masked at a terminal; `--reveal` shows them");
            }
            output::result(&bytes)
        }
        Some(path) => render::put(context, path, &bytes, command.mode),
    }
}

/// What was asked for, or what the names tell: the file's own first, for its reader goes by that.
fn file_type(
    context: &Context,
    named: Option<&str>,
    command: &Render,
    path: &Path,
) -> Result<&'static FileType, Exit> {
    let types: Vec<&str> = TYPES.iter().map(|file_type| file_type.name).collect();
    if let Some(name) = named {
        return FileType::named(name).ok_or_else(|| {
            let title = format!("there is no type of file `{name}`");
            let hint = suggest::hint(name, types);
            context.fail(Diagnostic::new(Class::Usage, title).maybe_hint(hint))
        });
    }
    let of_path = |path: &Path| FileType::of_file(&path.to_string_lossy());
    let output = command.output.as_deref().and_then(of_path);
    output.or_else(|| of_path(path)).ok_or_else(|| {
        let title = format!(
            "no type of file is known by the name of `{}`, and how a value is written depends on it",
            path.display()
        );
        let hint = format!("choose one by `--set type=`: {}", suggest::list(&types));
        context.fail(Diagnostic::new(Class::Usage, title).hint(hint))
    })
}
