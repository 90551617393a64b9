//! stubgen-runtime.
