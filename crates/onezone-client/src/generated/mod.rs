#[allow(unused_imports)]
pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
#[allow(unused_imports)]
use progenitor_client::{ClientHooks, OperationInfo, RequestBuilderExt};
use crate::encode_path;
/// Types used as operation parameters and responses.
#[allow(clippy::all)]
pub mod types {
    ///Object describing an error.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct Error {
        ///Says for a human reader what happened, often with particulars of this occurrence.
        pub description: ::std::string::String,
        ///Particulars of this occurrence; what it contains depends on `id`. Absent when there are none.
        #[serde(default, skip_serializing_if = "::serde_json::Map::is_empty")]
        pub details: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
        /**Says which error it is, and stays the same for all its occurrences. A client of these operations meets:

- 400 `badValueString`, `badValueEmpty`, `badValueTextTooLarge`, `badValueIdentifier`: the id in the path
  cannot be an id; `details.key` names the parameter.
- 401 `unauthorized`: without `details`, nobody authenticated. Otherwise `details.authError` is an error of
  this same shape, whose id says why the credentials were refused: `badToken`, `tokenInvalid`,
  `tokenRevoked`, `tokenTooLarge`, `tokenCaveatUnknown`, `tokenCaveatUnverified`, `tokenSubjectInvalid`,
  `tokenServiceForbidden`, `tokenSessionInvalid`, `notAnAccessToken`, `notAnIdentityToken`,
  `badServiceToken`, `badConsumerToken`, `badBasicCredentials`, `basicAuthDisabled`,
  `basicAuthNotSupported`, `userBlocked`, `internalServerError`.
- 403 `forbidden`: authenticated, but without the right.
- 404 `notFound`: there is no such user or provider.
- 500 `internalServerError`: `details.reference` is what the operators need to find the cause.
- 503 `serviceUnavailable`, `temporaryFailure`, `timeout`: try again later.

More ids may be added: treat one that you do not know by the status code.
*/
        pub id: ::std::string::String,
    }
    impl Error {
        pub fn builder() -> builder::Error {
            Default::default()
        }
    }
    ///Body of every error.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct ErrorResponse {
        pub error: Error,
    }
    impl ErrorResponse {
        pub fn builder() -> builder::ErrorResponse {
            Default::default()
        }
    }
    ///The named tokens of a provider.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct NamedTokenList {
        ///Ids of all named tokens, revoked and expired ones included, in the byte order of the token names.
        pub tokens: ::std::vec::Vec<::std::string::String>,
    }
    impl NamedTokenList {
        pub fn builder() -> builder::NamedTokenList {
            Default::default()
        }
    }
    /**Id of a provider (Oneprovider). Opaque, and compared byte by byte. Without control characters, and neither `.` nor `..`, which
a URL cannot carry as a value.
*/
    #[derive(::serde::Serialize, Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
    #[serde(transparent)]
    pub struct ProviderId(::std::string::String);
    impl ::std::ops::Deref for ProviderId {
        type Target = ::std::string::String;
        fn deref(&self) -> &::std::string::String {
            &self.0
        }
    }
    impl ::std::convert::From<ProviderId> for ::std::string::String {
        fn from(value: ProviderId) -> Self {
            value.0
        }
    }
    impl ::std::str::FromStr for ProviderId {
        type Err = self::error::ConversionError;
        fn from_str(
            value: &str,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            if value.chars().count() > 255usize {
                return Err("longer than 255 characters".into());
            }
            if value.chars().count() < 1usize {
                return Err("shorter than 1 characters".into());
            }
            static PATTERN: ::std::sync::LazyLock<::regress::Regex> = ::std::sync::LazyLock::new(||
            {
                ::regress::Regex::new(
                        "^(\\.{0,2}[^.\\u0000-\\u001F\\u007F-\\u009F]|\\.{3})[^\\u0000-\\u001F\\u007F-\\u009F]*$",
                    )
                    .unwrap()
            });
            if PATTERN.find(value).is_none() {
                return Err(
                    "doesn't match pattern \"^(\\.{0,2}[^.\\u0000-\\u001F\\u007F-\\u009F]|\\.{3})[^\\u0000-\\u001F\\u007F-\\u009F]*$\""
                        .into(),
                );
            }
            Ok(Self(value.to_string()))
        }
    }
    impl ::std::convert::TryFrom<&str> for ProviderId {
        type Error = self::error::ConversionError;
        fn try_from(
            value: &str,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
    impl ::std::convert::TryFrom<::std::string::String> for ProviderId {
        type Error = self::error::ConversionError;
        fn try_from(
            value: ::std::string::String,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
    impl<'de> ::serde::Deserialize<'de> for ProviderId {
        fn deserialize<D>(deserializer: D) -> ::std::result::Result<Self, D::Error>
        where
            D: ::serde::Deserializer<'de>,
        {
            ::std::string::String::deserialize(deserializer)?
                .parse()
                .map_err(|e: self::error::ConversionError| {
                    <D::Error as ::serde::de::Error>::custom(e.to_string())
                })
        }
    }
    /**Id of a user. Opaque, and compared byte by byte. Without control characters, and neither `.` nor `..`, which
a URL cannot carry as a value.
*/
    #[derive(::serde::Serialize, Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
    #[serde(transparent)]
    pub struct UserId(::std::string::String);
    impl ::std::ops::Deref for UserId {
        type Target = ::std::string::String;
        fn deref(&self) -> &::std::string::String {
            &self.0
        }
    }
    impl ::std::convert::From<UserId> for ::std::string::String {
        fn from(value: UserId) -> Self {
            value.0
        }
    }
    impl ::std::str::FromStr for UserId {
        type Err = self::error::ConversionError;
        fn from_str(
            value: &str,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            if value.chars().count() > 255usize {
                return Err("longer than 255 characters".into());
            }
            if value.chars().count() < 1usize {
                return Err("shorter than 1 characters".into());
            }
            static PATTERN: ::std::sync::LazyLock<::regress::Regex> = ::std::sync::LazyLock::new(||
            {
                ::regress::Regex::new(
                        "^(\\.{0,2}[^.\\u0000-\\u001F\\u007F-\\u009F]|\\.{3})[^\\u0000-\\u001F\\u007F-\\u009F]*$",
                    )
                    .unwrap()
            });
            if PATTERN.find(value).is_none() {
                return Err(
                    "doesn't match pattern \"^(\\.{0,2}[^.\\u0000-\\u001F\\u007F-\\u009F]|\\.{3})[^\\u0000-\\u001F\\u007F-\\u009F]*$\""
                        .into(),
                );
            }
            Ok(Self(value.to_string()))
        }
    }
    impl ::std::convert::TryFrom<&str> for UserId {
        type Error = self::error::ConversionError;
        fn try_from(
            value: &str,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
    impl ::std::convert::TryFrom<::std::string::String> for UserId {
        type Error = self::error::ConversionError;
        fn try_from(
            value: ::std::string::String,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
    impl<'de> ::serde::Deserialize<'de> for UserId {
        fn deserialize<D>(deserializer: D) -> ::std::result::Result<Self, D::Error>
        where
            D: ::serde::Deserializer<'de>,
        {
            ::std::string::String::deserialize(deserializer)?
                .parse()
                .map_err(|e: self::error::ConversionError| {
                    <D::Error as ::serde::de::Error>::custom(e.to_string())
                })
        }
    }
    /// Types for composing complex structures.
    pub mod builder {
        #[derive(Clone, Debug)]
        pub struct Error {
            description: ::std::result::Result<
                ::std::string::String,
                ::std::string::String,
            >,
            details: ::std::result::Result<
                ::serde_json::Map<::std::string::String, ::serde_json::Value>,
                ::std::string::String,
            >,
            id: ::std::result::Result<::std::string::String, ::std::string::String>,
        }
        impl ::std::default::Default for Error {
            fn default() -> Self {
                Self {
                    description: Err("no value supplied for description".to_string()),
                    details: Ok(Default::default()),
                    id: Err("no value supplied for id".to_string()),
                }
            }
        }
        impl Error {
            pub fn description<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.description = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for description: {e}")
                    });
                self
            }
            pub fn details<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<
                    ::serde_json::Map<::std::string::String, ::serde_json::Value>,
                >,
                T::Error: ::std::fmt::Display,
            {
                self.details = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for details: {e}")
                    });
                self
            }
            pub fn id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.id = value
                    .try_into()
                    .map_err(|e| format!("error converting supplied value for id: {e}"));
                self
            }
        }
        impl ::std::convert::TryFrom<Error> for super::Error {
            type Error = super::error::ConversionError;
            fn try_from(
                value: Error,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    description: value.description?,
                    details: value.details?,
                    id: value.id?,
                })
            }
        }
        impl ::std::convert::From<super::Error> for Error {
            fn from(value: super::Error) -> Self {
                Self {
                    description: Ok(value.description),
                    details: Ok(value.details),
                    id: Ok(value.id),
                }
            }
        }
        #[derive(Clone, Debug)]
        pub struct ErrorResponse {
            error: ::std::result::Result<super::Error, ::std::string::String>,
        }
        impl ::std::default::Default for ErrorResponse {
            fn default() -> Self {
                Self {
                    error: Err("no value supplied for error".to_string()),
                }
            }
        }
        impl ErrorResponse {
            pub fn error<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<super::Error>,
                T::Error: ::std::fmt::Display,
            {
                self.error = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for error: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<ErrorResponse> for super::ErrorResponse {
            type Error = super::error::ConversionError;
            fn try_from(
                value: ErrorResponse,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self { error: value.error? })
            }
        }
        impl ::std::convert::From<super::ErrorResponse> for ErrorResponse {
            fn from(value: super::ErrorResponse) -> Self {
                Self { error: Ok(value.error) }
            }
        }
        #[derive(Clone, Debug)]
        pub struct NamedTokenList {
            tokens: ::std::result::Result<
                ::std::vec::Vec<::std::string::String>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for NamedTokenList {
            fn default() -> Self {
                Self {
                    tokens: Err("no value supplied for tokens".to_string()),
                }
            }
        }
        impl NamedTokenList {
            pub fn tokens<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::vec::Vec<::std::string::String>>,
                T::Error: ::std::fmt::Display,
            {
                self.tokens = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for tokens: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<NamedTokenList> for super::NamedTokenList {
            type Error = super::error::ConversionError;
            fn try_from(
                value: NamedTokenList,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self { tokens: value.tokens? })
            }
        }
        impl ::std::convert::From<super::NamedTokenList> for NamedTokenList {
            fn from(value: super::NamedTokenList) -> Self {
                Self { tokens: Ok(value.tokens) }
            }
        }
    }
    /// Error types.
    pub mod error {
        /// Error from a `TryFrom` or `FromStr` implementation.
        pub struct ConversionError(::std::borrow::Cow<'static, str>);
        impl ::std::error::Error for ConversionError {}
        impl ::std::fmt::Display for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }
        impl ::std::fmt::Debug for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }
        impl From<&'static str> for ConversionError {
            fn from(value: &'static str) -> Self {
                Self(value.into())
            }
        }
        impl From<String> for ConversionError {
            fn from(value: String) -> Self {
                Self(value.into())
            }
        }
    }
}
#[derive(Clone, Debug)]
/**Client for Onezone

Named tokens of a Onezone, the authority of a Onedata zone: delete all named tokens of a user, list the named
tokens of a provider.

A *named token* is stored in Onezone under a name, until it is deleted; it can be revoked on its own. A *temporary
token* is not stored, is never listed, and outlives the deletion of the named ones.

**Authentication.** Every operation needs credentials. Present an access token in `X-Auth-Token` or as
`Authorization: Bearer`, or a user name and password by HTTP Basic. If a request carries more than one, the first of
`X-Auth-Token`, Bearer and Basic decides, even when it is empty or wrong. A provider presents its root token in the
same way as a user an access token. A confined token works as far as its caveats allow.

**Errors.** Every error has the same JSON body, `ErrorResponse`: decide by `error.id`, show `error.description`.

**Answers** are JSON, and any origin may read them (`Access-Control-Allow-Origin: *`). `HEAD` is answered wherever
`GET` is, `OPTIONS` on every path; any other method is refused with 405 and an `Allow` header.


Version: 21.02.7*/
pub struct Client {
    pub(crate) baseurl: String,
    pub(crate) client: reqwest::Client,
    pub(crate) inner: crate::Shell,
}
impl Client {
    /// Create a new client.
    ///
    /// `baseurl` is the base URL provided to the internal
    /// `reqwest::Client`, and should include a scheme and hostname,
    /// as well as port and a path stem if applicable.
    pub fn new(baseurl: &str, inner: crate::Shell) -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        let client = {
            let dur = ::std::time::Duration::from_secs(15u64);
            reqwest::ClientBuilder::new().connect_timeout(dur).timeout(dur)
        };
        #[cfg(target_arch = "wasm32")]
        let client = reqwest::ClientBuilder::new();
        Self::new_with_client(baseurl, client.build().unwrap(), inner)
    }
    /// Construct a new client with an existing `reqwest::Client`,
    /// allowing more control over its configuration.
    ///
    /// `baseurl` is the base URL provided to the internal
    /// `reqwest::Client`, and should include a scheme and hostname,
    /// as well as port and a path stem if applicable.
    pub fn new_with_client(
        baseurl: &str,
        client: reqwest::Client,
        inner: crate::Shell,
    ) -> Self {
        Self {
            baseurl: baseurl.to_string(),
            client,
            inner,
        }
    }
}
impl ClientInfo<crate::Shell> for Client {
    fn api_version() -> &'static str {
        "21.02.7"
    }
    fn baseurl(&self) -> &str {
        self.baseurl.as_str()
    }
    fn client(&self) -> &reqwest::Client {
        &self.client
    }
    fn inner(&self) -> &crate::Shell {
        &self.inner
    }
}
const _: () = {
    #[allow(dead_code)]
    fn assert_client_hooks()
    where
        Client: ClientHooks<crate::Shell>,
    {}
};
impl Client {
    /**List named tokens of a provider

Returns the ids of all named tokens of the provider, in one answer.

The provider itself may list them, and so may a member of the provider's cluster who holds the privilege
`cluster_update` there, directly or through a group. Anybody else needs the admin privilege `oz_tokens_manage`.

Every named token is listed, whatever its type (access, identity, invite), revoked and expired ones included,
also the root token that the provider received when it was registered. Temporary tokens are not. The order is
that of the token *names*, compared byte by byte as UTF-8; it is not the order of the ids.


Sends a `GET` request to `/providers/{id}/tokens/named`

Arguments:
- `id`: Provider Id. Names the provider whose tokens are listed.
```ignore
let response = client.list_named_tokens_of_provider()
    .id(id)
    .send()
    .await;
```*/
    pub fn list_named_tokens_of_provider(
        &self,
    ) -> builder::ListNamedTokensOfProvider<'_> {
        builder::ListNamedTokensOfProvider::new(self)
    }
    /**Delete named tokens of a user

Deletes every named token of the user: access, identity and invite tokens, revoked and expired ones included.

Users may delete their own tokens. To delete those of somebody else, the caller needs the admin privilege
`oz_tokens_manage`.

The deletion is all or nothing. Once it is answered, none of the tokens is accepted any more, and that includes
the one which authorised the request. Temporary tokens stay valid. A user without named tokens is no error, so
the request can safely be repeated.


Sends a `DELETE` request to `/users/{id}/tokens/named`

Arguments:
- `id`: User Id. Names the user whose tokens are deleted.
```ignore
let response = client.delete_named_tokens_of_user()
    .id(id)
    .send()
    .await;
```*/
    pub fn delete_named_tokens_of_user(&self) -> builder::DeleteNamedTokensOfUser<'_> {
        builder::DeleteNamedTokensOfUser::new(self)
    }
}
/// Types for composing operation parameters.
#[allow(clippy::all)]
pub mod builder {
    use super::types;
    #[allow(unused_imports)]
    use super::{
        encode_path, ByteStream, ClientInfo, ClientHooks, Error, OperationInfo,
        RequestBuilderExt, ResponseValue,
    };
    /**Builder for [`Client::list_named_tokens_of_provider`]

[`Client::list_named_tokens_of_provider`]: super::Client::list_named_tokens_of_provider*/
    #[derive(Debug, Clone)]
    pub struct ListNamedTokensOfProvider<'a> {
        client: &'a super::Client,
        id: Result<types::ProviderId, String>,
    }
    impl<'a> ListNamedTokensOfProvider<'a> {
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                id: Err("id was not initialized".to_string()),
            }
        }
        pub fn id<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<types::ProviderId>,
        {
            self.id = value
                .try_into()
                .map_err(|_| "conversion to `ProviderId` for id failed".to_string());
            self
        }
        ///Sends a `GET` request to `/providers/{id}/tokens/named`
        pub async fn send(
            self,
        ) -> Result<ResponseValue<types::NamedTokenList>, Error<types::ErrorResponse>> {
            let Self { client, id } = self;
            let id = id.map_err(Error::InvalidRequest)?;
            let url = format!(
                "{}/providers/{}/tokens/named", client.baseurl, encode_path(& id
                .to_string()),
            );
            let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
            header_map
                .append(
                    ::reqwest::header::HeaderName::from_static("api-version"),
                    ::reqwest::header::HeaderValue::from_static(
                        super::Client::api_version(),
                    ),
                );
            #[allow(unused_mut)]
            let mut request = client
                .client
                .get(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .headers(header_map)
                .build()?;
            let info = OperationInfo {
                operation_id: "list_named_tokens_of_provider",
            };
            client.pre(&mut request, &info).await?;
            let result = client.exec(request, &info).await;
            client.post(&result, &info).await?;
            let response = result?;
            match response.status().as_u16() {
                200u16 => ResponseValue::from_response(response).await,
                400u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                401u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                403u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                404u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                406u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                431u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                500u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                503u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                _ => Err(Error::UnexpectedResponse(response)),
            }
        }
    }
    /**Builder for [`Client::delete_named_tokens_of_user`]

[`Client::delete_named_tokens_of_user`]: super::Client::delete_named_tokens_of_user*/
    #[derive(Debug, Clone)]
    pub struct DeleteNamedTokensOfUser<'a> {
        client: &'a super::Client,
        id: Result<types::UserId, String>,
    }
    impl<'a> DeleteNamedTokensOfUser<'a> {
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                id: Err("id was not initialized".to_string()),
            }
        }
        pub fn id<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<types::UserId>,
        {
            self.id = value
                .try_into()
                .map_err(|_| "conversion to `UserId` for id failed".to_string());
            self
        }
        ///Sends a `DELETE` request to `/users/{id}/tokens/named`
        pub async fn send(
            self,
        ) -> Result<ResponseValue<()>, Error<types::ErrorResponse>> {
            let Self { client, id } = self;
            let id = id.map_err(Error::InvalidRequest)?;
            let url = format!(
                "{}/users/{}/tokens/named", client.baseurl, encode_path(& id
                .to_string()),
            );
            let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
            header_map
                .append(
                    ::reqwest::header::HeaderName::from_static("api-version"),
                    ::reqwest::header::HeaderValue::from_static(
                        super::Client::api_version(),
                    ),
                );
            #[allow(unused_mut)]
            let mut request = client
                .client
                .delete(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .headers(header_map)
                .build()?;
            let info = OperationInfo {
                operation_id: "delete_named_tokens_of_user",
            };
            client.pre(&mut request, &info).await?;
            let result = client.exec(request, &info).await;
            client.post(&result, &info).await?;
            let response = result?;
            match response.status().as_u16() {
                204u16 => Ok(ResponseValue::empty(response)),
                400u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                401u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                403u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                404u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                406u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                431u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                500u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                503u16 => {
                    Err(
                        Error::ErrorResponse(
                            ResponseValue::from_response(response).await?,
                        ),
                    )
                }
                _ => Err(Error::UnexpectedResponse(response)),
            }
        }
    }
}
/// Items consumers will typically use such as the Client.
pub mod prelude {
    pub use self::super::Client;
}

