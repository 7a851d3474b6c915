//! What a template has written so far, in memory that is wiped, and the place in the file that has been reached.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use minijinja::{Error, ErrorKind, value::Value as Jinja};
use zeroize::Zeroizing;

use super::{
    filters,
    kinds::{FileType, Insert, Place, Shape},
    values::{Hidden, simple},
};
use crate::render::buffer::Buffer;

/// The most that a template may write, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// Both the engine's writer and the formatter write here.
#[derive(Clone)]
pub(super) struct Output(Arc<Mutex<Inner>>);

struct Inner {
    out: Buffer,
    place: Box<dyn Place + Send>,
    /// What was inserted last, for a refusal of what stands behind it.
    last: String,
    refusal: Option<(String, &'static str)>,
}

impl Output {
    pub(super) fn new(file_type: &FileType) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            out: Buffer::new(),
            place: file_type.start(),
            last: String::new(),
            refusal: None,
        })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes a value where the template wants it, as its reader will take it.
    pub(super) fn insert(&self, value: &Jinja) -> Result<(), Error> {
        let hidden = value.downcast_object_ref::<Hidden>();
        let name = hidden.map_or("a value", |hidden| &hidden.name);
        let done = hidden.and_then(|hidden| hidden.done);
        let whole =
            simple(value).or_else(|| filters::as_json(value).map(|bytes| (bytes, Shape::Json)));
        self.with(|inner| {
            name.clone_into(&mut inner.last);
            let outcome =
                whole
                    .ok_or("it is nothing that can be written")
                    .and_then(|(bytes, shape)| {
                        let text = std::str::from_utf8(bytes.expose()).map_err(
                            |_| "it is not UTF-8 text: `| base64` makes text of any bytes",
                        )?;
                        let insert = Insert { text, shape, done };
                        inner.place.insert(&insert, &mut inner.out)?;
                        inner.check_size()
                    });
            outcome.map_err(|reason| inner.refuse(reason))
        })
    }

    /// What could not be written, and why.
    pub(super) fn refusal(&self) -> Option<(String, &'static str)> {
        self.with(|inner| inner.refusal.take())
    }

    /// All that was written.
    pub(super) fn finish(&self) -> Zeroizing<Vec<u8>> {
        self.with(|inner| std::mem::replace(&mut inner.out, Buffer::new()).into_bytes())
    }
}

impl Inner {
    fn check_size(&self) -> Result<(), &'static str> {
        if self.out.len() > LARGEST {
            return Err("the file would be larger than 4 MiB");
        }
        Ok(())
    }

    fn refuse(&mut self, reason: &'static str) -> Error {
        self.refusal = Some((self.last.clone(), reason));
        Error::new(ErrorKind::InvalidOperation, reason)
    }
}

/// Text of the template itself. The engine writes none of the values: the formatter does.
impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|inner| {
            let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
            let passed = inner.place.pass(text).and_then(|()| {
                inner.out.push_str(text);
                inner.check_size()
            });
            passed.map_err(|reason| {
                inner.refuse(reason);
                io::Error::other(reason)
            })?;
            Ok(bytes.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
