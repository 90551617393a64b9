//! onezone-handlers.
