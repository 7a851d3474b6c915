//! One pass over the bytes that says which keyword stands where.
pub(crate) struct Prefilter;
