//! Generated servers with handlers that echo, driven over real connections by the generated clients and by plain requests: what is
//! set on one side arrives on the other as it was, and what does not keep to the document is refused with the place.

#![allow(
    missing_docs,     // the documents describe only what their case is about
    dead_code,        // not everything generated is called here
    unreachable_pub,  // the modules are private to this test
    unused_imports,   // generated modules offer more than this test takes
    clippy::pedantic, // generated code is read in diffs, not maintained
    clippy::unwrap_used // a test
)]

mod answers;
mod bodies;
mod headers;
mod mocks;
mod parameters;
mod paths;
mod security;
mod sent;
mod wire;

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::Request;

/// What the generated clients carry: headers that every request gets, as a published client has its credentials here.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    headers: Vec<(&'static str, &'static str)>,
}

/// What all generated clients share; a published one has it in its own folder.
#[rustfmt::skip]
#[path = "../../src/emit/client/run_time/call.rs"]
pub mod call;

#[rustfmt::skip]
#[path = "../../src/emit/client/run_time/mock_server.rs"]
pub mod mock_server;

/// Clients with the mocks of their APIs.
macro_rules! mocked {
    ($($name:ident $client:ident $folder:literal)*) => {
        $(
            #[path = $folder]
            pub mod $name {
                pub use crate::$client::*;
                #[rustfmt::skip]
                #[path = "mock/mod.rs"]
                pub mod mock;
            }
        )*
    };
}

mocked! {
    bodies_mocked bodies_client "../golden/bodies/client"
    parameters_mocked parameters_client "../golden/parameters/client"
    shared_paths_mocked shared_paths_client "../golden/shared_paths/client"
    statuses_mocked statuses_client "../golden/statuses/client"
}

macro_rules! generated {
    ($($api:ident $api_path:literal $client:ident $client_path:literal)*) => {
        $(
            #[rustfmt::skip]
            #[path = $api_path]
            pub mod $api;

            #[rustfmt::skip]
            #[path = $client_path]
            pub mod $client;

            impl ClientHooks<Shell> for $client::Client {
                async fn pre<E>(
                    &self,
                    request: &mut Request,
                    _info: &OperationInfo,
                ) -> Result<(), progenitor_client::Error<E>> {
                    for (name, value) in &self.inner.headers {
                        let value = reqwest::header::HeaderValue::from_static(value);
                        request.headers_mut().insert(*name, value);
                    }
                    Ok(())
                }
            }

            impl $client::Client {
                /// A client of a server of this test.
                fn of(server: &wire::Server) -> Self {
                    Self::with(server, Shell::default())
                }

                fn with(server: &wire::Server, shell: Shell) -> Self {
                    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
                    let http = http.timeout(wire::PATIENCE).build().expect("a client");
                    Self::new_with_client(&server.base, http, shell)
                }
            }
        )*
    };
}

generated! {
    styles_api "../golden/styles/api/mod.rs" styles_client "../golden/styles/client/mod.rs"
    media_types_api "../golden/media_types/api/mod.rs" media_types_client "../golden/media_types/client/mod.rs"
    statuses_api "../golden/statuses/api/mod.rs" statuses_client "../golden/statuses/client/mod.rs"
    paths_api "../golden/paths/api/mod.rs" paths_client "../golden/paths/client/mod.rs"
    security_api "../golden/security/api/mod.rs" security_client "../golden/security/client/mod.rs"
    bodies_api "../golden/bodies/api/mod.rs" bodies_client "../golden/bodies/client/mod.rs"
    headers_api "../golden/headers/api/mod.rs" headers_client "../golden/headers/client/mod.rs"
    alternatives_api "../golden/alternatives/api/mod.rs" alternatives_client "../golden/alternatives/client/mod.rs"
    methods_api "../golden/methods/api/mod.rs" methods_client "../golden/methods/client/mod.rs"
    parameters_api "../golden/parameters/api/mod.rs" parameters_client "../golden/parameters/client/mod.rs"
    shared_paths_api "../golden/shared_paths/api/mod.rs" shared_paths_client "../golden/shared_paths/client/mod.rs"
}
