//! The leak scanner, from its rules to the command line.

mod notation;
mod rules;
