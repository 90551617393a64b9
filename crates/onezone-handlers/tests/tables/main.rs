//! The behaviour of Onezone 21.02 as tables, asked for over HTTP: one module a section of the reference, one row a cell.
//!
//! A row is a request, byte for byte, and the whole answer that is expected. Its labels say which cells it stands for; [`claims`]
//! sees to it that no cell of the documentation is without a row. Tokens are made by [`mint`], which shares no code
//! with the one that reads them.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

mod claims;
mod expect;
mod http2;
mod mint;
mod row;
mod section_1_paths;
mod section_1_protocol;
mod section_2_1_credentials;
mod section_2_4_service_tokens;
mod section_2_5_consumer_tokens;
mod section_2_6_sessions;
mod section_2_7_basic;
mod section_3_5_identifiers;
mod section_3_7_decoding;
mod section_4_2_caveats;
mod section_4_3_texts;
mod section_4_4_api_caveats;
mod section_5_2_order;
mod section_5_3_services;
mod section_6_3_groups;
mod section_6_4_rights;
mod section_7_operations;
mod section_8_bodies;
mod vectors;
mod wire;
mod world;
mod zone;
