//! No type: values as they are. Whoever asks for it by name vouches for what they put around them.

use super::{Insert, Place, Refusal};
use crate::render::buffer::Buffer;

pub(super) struct None;

impl Place for None {
    fn pass(&mut self, _: &str) -> Result<(), Refusal> {
        Ok(())
    }

    fn insert(&mut self, value: &Insert<'_>, out: &mut Buffer) -> Result<(), Refusal> {
        out.push_str(value.text);
        Ok(())
    }
}
