//! `nuages schema`: the JSON Schema of the manifest.

use super::{Outcome, context::Context, output};
use crate::manifest::schema::schema;

pub(super) fn run(context: &Context) -> Outcome {
    output::result(format!("{:#}\n", schema(&context.registry)).as_bytes())
}
