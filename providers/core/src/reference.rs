//! A reference, taken apart but not yet understood.

use std::{collections::BTreeMap, fmt};

/// `scheme://locator?options#field`. Holds no secret: it says where one is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    scheme: String,
    locator: String,
    options: BTreeMap<String, String>,
    field: Option<String>,
    named: bool,
}

impl Reference {
    /// A reference with neither options nor field.
    pub fn new(scheme: impl Into<String>, locator: impl Into<String>) -> Self {
        Self {
            scheme: scheme.into(),
            locator: locator.into(),
            options: BTreeMap::new(),
            field: None,
            named: false,
        }
    }

    /// Adds `?name=value`.
    #[must_use]
    pub fn with_option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// Adds `#field`.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says that the scheme is the name of an instance in the manifest.
    #[must_use]
    pub fn through_instance(mut self) -> Self {
        self.named = true;
        self
    }

    /// The provider's scheme or the instance's name, as written.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Everything between `://` and the first `?` or `#`, with `%23 %3F %25 %7D %7C` decoded.
    #[must_use]
    pub fn locator(&self) -> &str {
        &self.locator
    }

    /// The value of an option.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// All options, sorted by name.
    pub fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        self.options
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What follows `#`.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// Whether the scheme is the name of an instance: then the locator is a name that other kinds of store must be
    /// able to stand in for, so `db-password` may be looked up as `DB_PASSWORD`.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.named
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        escape(f, &self.locator)?;
        for (place, (name, value)) in self.options.iter().enumerate() {
            f.write_str(if place == 0 { "?" } else { "&" })?;
            write!(f, "{name}=")?;
            for c in value.chars() {
                match c {
                    '&' => f.write_str("%26")?,
                    c => escape(f, c.encode_utf8(&mut [0; 4]))?,
                }
            }
        }
        if let Some(field) = &self.field {
            f.write_str("#")?;
            escape(f, field)?;
        }
        Ok(())
    }
}

/// Writes `text` so that it reads back as itself.
fn escape(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for c in text.chars() {
        match c {
            '#' => f.write_str("%23")?,
            '?' => f.write_str("%3F")?,
            '%' => f.write_str("%25")?,
            '}' => f.write_str("%7D")?,
            '|' => f.write_str("%7C")?,
            c => fmt::Write::write_char(f, c)?,
        }
    }
    Ok(())
}
