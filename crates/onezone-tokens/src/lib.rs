//! onezone-tokens.
