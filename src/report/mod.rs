//! Diagnostics to text: the message, the place in the manifest, the causes, one hint.

pub mod findings;
mod mask;

use std::{borrow::Cow, ops::Range};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::{diagnostic::Diagnostic, manifest::Source};

/// Draws diagnostics for people. Literals beside sensitive keys are masked: a message must not spread a mistake.
#[must_use]
pub fn human(diagnostics: &[Diagnostic], source: Option<&Source>, colour: bool) -> String {
    let masked = source.map(|source| Source {
        name: source.name.clone(),
        text: mask::mask(&source.text),
    });
    let drawn: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| {
            let file = diagnostic.file.as_ref().map(|file| Source {
                name: file.name.clone(),
                text: mask::mask_template(&file.text),
            });
            draw(diagnostic, file.as_ref().or(masked.as_ref()), colour)
        })
        .collect();
    drawn.join("\n\n") + "\n"
}

/// A copy of a manifest's text in which literals beside sensitive keys cannot be read; every place stays where it is.
pub(crate) fn masked(text: &str) -> String {
    mask::mask(text)
}

/// The same for a value, or a part of one, that is a secret wherever it stands.
pub(crate) fn masked_value(text: &str) -> String {
    mask::mask_value(text)
}

fn draw(diagnostic: &Diagnostic, source: Option<&Source>, colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let (Some(span), Some(source)) = (&diagnostic.span, source) else {
        return draw_plainly(diagnostic, &renderer);
    };
    let mut primary = AnnotationKind::Primary.span(within(span, &source.text));
    if let Some(label) = &diagnostic.label {
        primary = primary.label(visible(label));
    }
    let related = diagnostic.related.iter().map(|(span, label)| {
        let place = AnnotationKind::Context.span(within(span, &source.text));
        place.label(visible(label))
    });
    let snippet = Snippet::source(&*source.text)
        .path(&*source.name)
        .annotation(primary)
        .annotations(related);
    let title = Level::ERROR.primary_title(visible(&diagnostic.title));
    let mut main = Group::with_title(title).element(snippet);
    for cause in &diagnostic.causes {
        main = main.element(Level::NOTE.with_name("cause").message(visible(cause)));
    }
    let mut groups = vec![main];
    if let Some(hint) = &diagnostic.hint {
        groups.push(Group::with_title(
            Level::HELP.with_name("hint").secondary_title(visible(hint)),
        ));
    }
    renderer.render(&groups)
}

/// Without a place there is nothing to draw beside: one line each.
fn draw_plainly(diagnostic: &Diagnostic, renderer: &Renderer) -> String {
    let line = |level: Level<'_>, text: &str| {
        renderer.render(&[Group::with_title(level.primary_title(visible(text)))])
    };
    let mut lines = vec![line(Level::ERROR, &diagnostic.title)];
    let causes = diagnostic
        .causes
        .iter()
        .map(|cause| line(Level::NOTE.with_name("cause"), cause));
    lines.extend(causes);
    lines.extend(
        diagnostic
            .hint
            .iter()
            .map(|hint| line(Level::HELP.with_name("hint"), hint)),
    );
    lines.join("\n")
}

/// Text without control characters: names come from files, and a terminal obeys what it is sent.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let show = |c: char| {
        if c.is_control() {
            c.escape_debug().to_string()
        } else {
            c.to_string()
        }
    };
    Cow::Owned(text.chars().map(show).collect())
}

/// A span that lies in the text and covers something.
fn within(span: &Range<usize>, text: &str) -> Range<usize> {
    let start = span.start.min(text.len());
    start..span.end.clamp(start, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_drawn_with_its_place_causes_and_hint() {
        let text = "[databases.default]\nPASSWORD = \"${secrets://db-password}\"\n";
        let source = Source {
            name: "nuages.toml".to_owned(),
            text: text.to_owned(),
        };
        let start = text.find("${").unwrap();
        let diagnostic = Diagnostic::manifest(
            "cannot resolve `databases.default.PASSWORD`",
            start..start + 24,
        )
        .cause("no file `db-password`")
        .hint("make one");
        insta::assert_snapshot!(human(&[diagnostic], Some(&source), false), @r#"
        error: cannot resolve `databases.default.PASSWORD`
         --> nuages.toml:2:13
          |
        2 | PASSWORD = "${secrets://db-password}"
          |             ^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = cause: no file `db-password`
        hint: make one
        "#);
    }

    #[test]
    fn names_cannot_steer_the_terminal() {
        let diagnostic =
            Diagnostic::new(crate::diagnostic::Class::Usage, "no `\u{1b}[2Jx`").hint("\u{7}");
        let drawn = human(&[diagnostic], None, false);
        assert!(
            !drawn.contains('\u{1b}') && !drawn.contains('\u{7}'),
            "{drawn:?}"
        );
    }
}
