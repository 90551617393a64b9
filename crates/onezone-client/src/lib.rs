//! onezone-client.
