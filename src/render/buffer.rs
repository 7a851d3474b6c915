//! A growing text buffer for secrets: whatever it outgrows is wiped, and so is the buffer itself.

use std::fmt;

use zeroize::Zeroizing;

/// Text under construction. A plain `String` would leave its old bytes behind each time it grows.
pub(crate) struct Buffer(Zeroizing<String>);

impl Buffer {
    pub(crate) fn new() -> Self {
        Self(Zeroizing::new(String::with_capacity(1024)))
    }

    pub(crate) fn push(&mut self, character: char) {
        self.reserve(character.len_utf8());
        self.0.push(character);
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        self.reserve(text.len());
        self.0.push_str(text);
    }

    /// Writes numbers and the like. Never fails: the buffer is memory.
    pub(crate) fn push_formatted(&mut self, arguments: fmt::Arguments<'_>) {
        let _: fmt::Result = fmt::write(self, arguments);
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn into_text(self) -> Zeroizing<String> {
        self.0
    }

    pub(crate) fn into_bytes(mut self) -> Zeroizing<Vec<u8>> {
        // Taken, not copied: the allocation moves on into a wrapper that wipes it.
        Zeroizing::new(std::mem::take(&mut *self.0).into_bytes())
    }

    fn reserve(&mut self, more: usize) {
        let needed = self.0.len().saturating_add(more);
        if needed <= self.0.capacity() {
            return;
        }
        let mut bigger = Zeroizing::new(String::with_capacity(
            needed.max(self.0.capacity().saturating_mul(2)),
        ));
        bigger.push_str(&self.0);
        self.0 = bigger;
    }
}

impl fmt::Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_growth_in_order() {
        let mut buffer = Buffer::new();
        let mut expected = String::new();
        for number in 0..5000_u32 {
            buffer.push_formatted(format_args!("{number}"));
            buffer.push('é');
            buffer.push_str("--");
            expected.extend([&number.to_string(), "é", "--"]);
        }
        assert_eq!(*buffer.into_text(), expected);
    }
}
