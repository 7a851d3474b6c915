//! Shapes of Python in which a literal reaches a name, and shapes in which it does not.
