//! The rules' regular expressions, each compiled when its keyword is first met.
pub(crate) struct Patterns;
