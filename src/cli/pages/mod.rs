//! The reference in `docs/reference`, made from what the program goes by: a test holds the two together.

mod commands;
mod formats;
mod manifest;
mod providers;
mod words;

pub use crate::check::Page;
use crate::registry::Registry;

/// Every page of the reference. The JSON Schema is one of them, for editors.
#[must_use]
pub fn pages(registry: &Registry) -> Vec<Page> {
    let page = |file: &str, text: String| Page {
        file: file.to_owned(),
        text,
    };
    vec![
        page("README.md", words::index()),
        page("commands.md", commands::page()),
        page("manifest.md", manifest::page(registry)),
        page("providers.md", providers::page(registry)),
        page("formats.md", formats::page()),
        page("environment.md", words::environment(registry)),
        page("exit-codes.md", words::exit_codes()),
        page(
            "nuages.schema.json",
            format!("{:#}\n", crate::manifest::schema::schema(registry)),
        ),
    ]
}

/// What every page begins with.
fn heading(title: &str) -> String {
    format!(
        "# {title}\n\n<!-- Written from the program by the tests: `INSTA_UPDATE=always cargo test --test examples reference`. -->\n"
    )
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
