//! onezone-store.
