//! What generated code is written in, where plain Rust would be the same few lines for every operation. Each macro writes one `impl`;
//! the types themselves stand in the generated code as people would write them.

/// Reads the parameters of an operation into a structure, in the order of the operation's table:
/// `parameters!(ListParameters { id: required, limit: optional });`
#[macro_export]
macro_rules! parameters {
    ($name:ident { $($field:ident: $read:ident),* $(,)? }) => {
        impl $crate::FromParameters for $name {
            fn from_parameters(
                source: &$crate::ParameterSource<'_>,
            ) -> ::core::result::Result<Self, $crate::Rejection> {
                let mut index = 0_usize..;
                ::core::result::Result::Ok(Self {
                    $($field: source.$read(index.next().unwrap_or_default())?),*
                })
            }
        }
    };
}

/// Sends the variants of an enum. A row is a variant, the function of this crate that makes its response, and where the document
/// has them its headers (`with headers`) and the class (0 for any) in which the handler chooses a status:
///
/// `responses!(GetError { NotFound => empty(404), Status5xx(status, body) => json(status, &body) in 5 });`
#[macro_export]
macro_rules! responses {
    ($name:ident { $(
        $variant:ident $(($($field:ident),*))? => $send:ident($($argument:expr),*)
        $(with $headers:ident)? $(in $class:literal)?
    ),* $(,)? }) => {
        impl $crate::IntoResponse for $name {
            fn into_response(self) -> $crate::Response {
                match self {
                    $(Self::$variant $(($($field),*))? => {
                        let response = $crate::$send($($argument),*);
                        $(let response = $crate::ResponseHeaders::add_to($headers, response);)?
                        $(let response = $crate::within(response, $class);)?
                        response
                    })*
                }
            }
        }
    };
}

/// Sends the fields of a structure as headers: `headers!(CreatedHeaders { location: simple "Location", set_cookie: each "Set-Cookie" });`
#[macro_export]
macro_rules! headers {
    ($name:ident { $($field:ident: $style:ident $header:literal),* $(,)? }) => {
        impl $crate::ResponseHeaders for $name {
            fn add_to(self, response: $crate::Response) -> $crate::Response {
                $(let response = $crate::header::$style(response, $header, &self.$field);)*
                response
            }
        }
    };
}

/// Reads a body that has several media types into an enum, each by a function of [`Call`](crate::Call):
/// `bodies!(CreateBody { ApplicationJson: "application/json" optional_json_body });`
#[macro_export]
macro_rules! bodies {
    ($name:ident { $($variant:ident: $media_type:literal $read:ident),* $(,)? }) => {
        impl $crate::FromBody for $name {
            async fn from_body(
                call: &$crate::Call,
            ) -> ::core::result::Result<::core::option::Option<Self>, $crate::Rejection> {
                ::core::result::Result::Ok(match call.media_type() {
                    $(::core::option::Option::Some($media_type) => call.$read().await?.map(Self::$variant),)*
                    _ => {
                        // Refuses whatever is no media type of the operation.
                        call.bytes_body().await?;
                        ::core::option::Option::None
                    }
                })
            }
        }
    };
}

/// Calls the operation of an index: each row names the method and what it takes beside the request (`principal`, `optional_principal`,
/// `parameters`, or a function of [`Call`](crate::Call) that reads a body).
///
/// `dispatch!(PetsApi for Server { 0 => list_pets(parameters), 1 => add_pet(principal, json_body) });`
#[macro_export]
macro_rules! dispatch {
    (@argument $call:ident $principal:ident principal) => { $call.principal($principal)? };
    (@argument $call:ident $principal:ident optional_principal) => { $principal };
    (@argument $call:ident $principal:ident parameters) => { $call.parameters()? };
    (@argument $call:ident $principal:ident $read:ident) => { $call.$read().await? };
    ($api:ident for $server:ident { $($index:literal => $method:ident($($argument:ident),*)),* $(,)? }) => {
        impl<A: $api> $server<A> {
            // A future an operation: in one for all of them, the compiler holds each against every other.
            fn dispatch<'a>(
                &'a self,
                operation: usize,
                principal: ::core::option::Option<<Self as $crate::Api>::Principal>,
                call: $crate::Call,
            ) -> $crate::Dispatched<'a> {
                let _ = &principal;
                match operation {
                    $($index => ::std::boxed::Box::pin(async move {
                        let answer = self.0.$method(
                            call.request(),
                            $($crate::dispatch!(@argument call principal $argument)),*
                        );
                        ::core::result::Result::Ok($crate::respond(answer.await))
                    }),)*
                    _ => ::std::boxed::Box::pin(async { ::core::result::Result::Err($crate::Rejection::NotFound) }),
                }
            }
        }
    };
}

/// Gives a type the schema that the document has for it: `schema!(EMISSION, types::Pet, "Pet", [types::Owner]);` for a component, with
/// the types of the components that the schema refers to, and `schema!(EMISSION, struct ListSchema, "a title", []);` for a
/// schema that stands at its place, of which there is a type only for that.
#[macro_export]
macro_rules! schema {
    ($emission:ident, struct $name:ident, $title:expr, [$($used:ty),* $(,)?]) => {
        #[doc = "Stands for a schema that the document has at its place."]
        #[derive(Debug)]
        pub struct $name;

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                <$crate::serde::de::IgnoredAny as $crate::serde::Deserialize>::deserialize(deserializer)
                    .map(|_| Self)
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_unit()
            }
        }

        $crate::schema!(@implement $emission, $name, $title, false, inline(::core::stringify!($name)), [$($used),*]);
    };
    (@implement $emission:ident, $ty:ty, $name:expr, $referenceable:literal, $of:ident($key:expr), [$($used:ty),*]) => {
        impl $crate::schemars::JsonSchema for $ty {
            fn schema_name() -> ::std::string::String {
                ::std::string::String::from($name)
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed($name)
            }

            fn is_referenceable() -> bool {
                $referenceable
            }

            fn json_schema(
                generator: &mut $crate::schemars::r#gen::SchemaGenerator,
            ) -> $crate::schemars::schema::Schema {
                $(generator.subschema_for::<$used>();)*
                let _ = generator;
                $emission.$of($key)
            }
        }
    };
    ($emission:ident, $ty:ty, $name:literal, [$($used:ty),* $(,)?]) => {
        $crate::schema!(@implement $emission, $ty, $name, true, component($name), [$($used),*]);
    };
}

/// Declares the parameters of an operation to dropshot: `declare_parameters!(EMISSION, ListParameters, [types::PetId]);`
#[macro_export]
macro_rules! declare_parameters {
    ($emission:ident, $name:ident, [$($used:ty),* $(,)?]) => {
        impl $crate::DeclareParameters for $name {
            fn declare(
                location: $crate::Location,
                generator: &mut $crate::schemars::r#gen::SchemaGenerator,
            ) -> ::core::option::Option<$crate::schemars::schema::Schema> {
                let schema = $emission.parameters(::core::stringify!($name), location)?;
                $(generator.subschema_for::<$used>();)*
                let _ = generator;
                ::core::option::Option::Some(schema)
            }
        }
    };
}

/// Declares the success of an operation to dropshot, with the type of its JSON body if it has one:
/// `declare_response!(EMISSION, ListResponse, 200, types::Pets);`
#[macro_export]
macro_rules! declare_response {
    ($emission:ident, $name:ident, $status:literal $(, $body:ty)?) => {
        impl $crate::DeclareResponse for $name {
            fn declare() -> $crate::dropshot::ApiEndpointResponse {
                let description = $emission.response(::core::stringify!($name));
                $crate::declare_response!(@declared $status, description $(, $body)?)
            }
        }
    };
    (@declared $status:literal, $description:ident) => { $crate::declare_empty($status, $description) };
    (@declared $status:literal, $description:ident, $body:ty) => {
        $crate::declare_json::<$body>($status, $description)
    };
}

/// Registers what the operations that dropshot carries as a whole refer to: `carried!(Carried, [types::Pet]);`
#[macro_export]
macro_rules! carried {
    ($name:ident, [$($used:ty),* $(,)?]) => {
        #[doc = "Stands for the operations that dropshot cannot say part by part."]
        #[derive(Debug)]
        pub struct $name;

        impl $crate::DeclareResponse for $name {
            fn declare() -> $crate::dropshot::ApiEndpointResponse {
                $crate::declare_json::<$crate::Carried<Self>>(200, "")
            }
        }

        impl $crate::Carries for $name {
            fn register(generator: &mut $crate::schemars::r#gen::SchemaGenerator) {
                $(generator.subschema_for::<$used>();)*
                let _ = generator;
            }
        }
    };
}
