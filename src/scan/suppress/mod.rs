//! What is not said again: allow comments, baselines, ignore files.
