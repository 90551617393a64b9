//! onezone-api.
