//! For people: each finding beside its line, drawn like the program's other messages.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{
    Excerpt, Summary,
    escape::{self, visible},
    moment,
};
use crate::finding::{Finding, Severity};

/// How many characters of a commit's id are shown: enough for git to find it in a large repository.
const COMMIT: usize = 12;

/// What the drawing counts columns in is cut at both ends, so that the place in the file is put in afterwards.
const STANDIN: &str = "\u{fdd0}";

/// Wider than any excerpt: the drawing must not cut once more.
const WIDTH: usize = 4096;

pub(super) fn render(
    findings: &[Finding],
    summary: &Summary,
    excerpt: &dyn Fn(&Finding) -> Option<Excerpt>,
    colour: bool,
) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.term_width(WIDTH);
    let drawn = findings
        .iter()
        .map(|finding| draw(finding, excerpt(finding), &renderer, summary.is_check()) + "\n");
    drawn.collect::<Vec<_>>().join("\n")
}

fn draw(
    finding: &Finding,
    excerpt: Option<Excerpt>,
    renderer: &Renderer,
    is_check: bool,
) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Advice => Level::NOTE.with_name("advice"),
    };
    let place = &finding.location;
    let path = escape::path(place.path.as_ref());
    let title = level
        .primary_title(visible(&finding.title))
        .id(visible(&finding.rule));
    let mut main = Group::with_title(title);
    let excerpt = excerpt.filter(|excerpt| !excerpt.text.is_empty());
    let has_excerpt = excerpt.is_some();
    let mut counted = String::new();
    if let Some(Excerpt { text, mark }) = excerpt {
        let column = text[..mark.start].chars().count() + 1;
        counted = format!("{STANDIN}:{}:{column}", place.line);
        let here = AnnotationKind::Primary.span(mark);
        main = main.element(
            Snippet::source(text)
                .path(STANDIN)
                .line_start(place.line)
                .annotation(here),
        );
    } else {
        main = main.element(
            Origin::path(path.as_str())
                .line(place.line)
                .char_column(place.column),
        );
    }
    let remarks = if is_check {
        let notes = finding.notes.iter();
        notes.map(|note| ("note", note.clone())).collect()
    } else {
        remarks(finding, has_excerpt)
    };
    for (name, text) in remarks {
        main = main.element(
            Level::NOTE
                .with_name(name)
                .message(visible(&text).into_owned()),
        );
    }
    let mut groups = vec![main];
    if let Some(remedy) = &finding.remedy {
        groups.push(Group::with_title(
            Level::HELP
                .with_name("hint")
                .secondary_title(visible(remedy)),
        ));
    }
    if let Some(edit) = &finding.edit {
        // `fix` is what `--fix` does.
        let name = if finding.is_edit_automatic {
            "fix"
        } else {
            "by hand"
        };
        groups.push(Group::with_title(
            Level::HELP.with_name(name).secondary_title(visible(edit)),
        ));
    }
    let drawn = renderer.render(&groups);
    drawn.replacen(
        &counted,
        &format!("{path}:{}:{}", place.line, place.column),
        usize::from(has_excerpt),
    )
}

/// What stands below the line: name and text.
fn remarks(finding: &Finding, has_excerpt: bool) -> Vec<(&'static str, String)> {
    let mut remarks = Vec::new();
    // With the line at hand, it is to be seen there.
    if let Some(masked) = finding.masked.as_ref().filter(|_| !has_excerpt) {
        remarks.push(("secret", masked.clone()));
    }
    let mut confidence = finding.confidence.name().to_owned();
    if !finding.notes.is_empty() {
        confidence.push_str(": ");
        confidence.push_str(&finding.notes.join("; "));
    }
    remarks.push(("confidence", confidence));
    if let Some(origin) = &finding.origin {
        let id: String = origin.commit.chars().take(COMMIT).collect();
        let day = moment::day(origin.time);
        remarks.push((
            "commit",
            format!("{id} of {day} by {} <{}>", origin.author, origin.email),
        ));
    }
    remarks
}
