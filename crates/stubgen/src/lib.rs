//! stubgen.
