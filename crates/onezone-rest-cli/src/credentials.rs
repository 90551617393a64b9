//! Which credentials a call is sent with: exactly one scheme, and the command line before the environment.

use std::io::{self, IsTerminal as _};

use onezone_client::{Credentials, Secret};

use crate::arguments::Arguments;
use crate::error::Error;
use crate::options::Id;
use crate::words::Call;

/// The variable for the address of the Onezone.
pub(crate) const HOST: &str = "ONEZONE_HOST";
/// The variable for a user name and a password.
pub(crate) const BASIC_AUTH: &str = "ONEZONE_BASIC_AUTH";
/// The variable for an access token.
pub(crate) const API_KEY: &str = "ONEZONE_API_KEY";

/// Headers that authenticate; one of them on the command line stands in place of everything else.
const CREDENTIAL_HEADERS: [&str; 3] = ["X-Auth-Token", "Authorization", "Macaroon"];

/// What the environment contributes. An empty variable counts as none.
#[derive(Default)]
pub(crate) struct Environment {
    /// Where the Onezone is.
    pub(crate) host: Option<String>,
    /// `NAME:PASSWORD`.
    pub(crate) basic_auth: Option<Secret>,
    /// An access token.
    pub(crate) api_key: Option<Secret>,
    /// A variable that is no text.
    pub(crate) unreadable: Option<&'static str>,
}

impl Environment {
    /// Reads the variables of this process.
    pub(crate) fn of_process() -> Self {
        let mut unreadable = None;
        let mut read = |name| {
            let value = std::env::var_os(name)?.into_string().inspect_err(|_| unreadable = Some(name));
            value.ok().filter(|value| !value.is_empty())
        };
        let (host, basic_auth, api_key) = (read(HOST), read(BASIC_AUTH), read(API_KEY));
        Self {
            host,
            basic_auth: basic_auth.map(Secret::from),
            api_key: api_key.map(Secret::from),
            unreadable,
        }
    }

    /// Refuses variables that are no text. Their value is not shown.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.unreadable {
            Some(name) => Err(Error::Usage(format!("the variable {name} is not UTF-8"))),
            None => Ok(()),
        }
    }
}

/// The value of `Authorization` for a bearer token.
pub(crate) fn bearer(token: &Secret) -> String {
    format!("Bearer {}", token.expose())
}

/// The credentials that were chosen, by where they come from.
pub(crate) enum Chosen<'a> {
    /// None at all.
    Nothing,
    /// A header among the words of the call.
    Header,
    /// `NAME:PASSWORD` or `NAME`, from the option.
    User(&'a str),
    /// From [`BASIC_AUTH`].
    BasicAuth(&'a Secret),
    /// From [`API_KEY`].
    ApiKey(&'a Secret),
}

impl<'a> Chosen<'a> {
    /// Chooses. In the environment the token comes first, as it does in the server when it gets both.
    pub(crate) fn of(
        call: &Call,
        arguments: &'a Arguments,
        environment: &'a Environment,
    ) -> Result<Self, Error> {
        environment.check()?;
        let headers: Vec<_> = CREDENTIAL_HEADERS.iter().filter(|name| call.header(name).is_some()).collect();
        let both = |first: &str, second: &str| {
            Err(Error::Usage(format!("`{first}` and `{second}` are two ways to authenticate; give one")))
        };
        match (&headers[..], arguments.value(Id::User), &environment.api_key, &environment.basic_auth) {
            ([first, second, ..], ..) => both(first, second),
            ([header], Some(_), ..) => both("-u", header),
            ([_], None, ..) => Ok(Self::Header),
            ([], Some(user), ..) => Ok(Self::User(user)),
            ([], None, Some(key), _) => Ok(Self::ApiKey(key)),
            ([], None, None, Some(pair)) => Ok(Self::BasicAuth(pair)),
            ([], None, None, None) => Ok(Self::Nothing),
        }
    }

    /// Where they come from, in a few words.
    pub(crate) fn source(&self) -> &'static str {
        match self {
            Self::Nothing => "nowhere, none were sent",
            Self::Header => "a header on the command line",
            Self::User(_) => "-u",
            Self::BasicAuth(_) => BASIC_AUTH,
            Self::ApiKey(_) => API_KEY,
        }
    }

    /// The header that they are sent in, if this program does not have it as a word.
    pub(crate) fn header(&self) -> Option<&'static str> {
        match self {
            Self::Nothing | Self::Header => None,
            Self::User(_) | Self::BasicAuth(_) => Some("Authorization"),
            Self::ApiKey(_) => Some("X-Auth-Token"),
        }
    }

    /// The credentials for the client; a missing password is asked for.
    pub(crate) fn credentials(&self) -> Result<Credentials, Error> {
        match self {
            Self::Nothing | Self::Header => Ok(Credentials::None),
            Self::ApiKey(key) => Ok(Credentials::x_auth_token((*key).clone())),
            Self::User(user) => match user.split_once(':') {
                Some((name, password)) => Ok(Credentials::basic(name, password)),
                None => Ok(Credentials::basic(*user, ask_password(user)?)),
            },
            Self::BasicAuth(pair) => match pair.expose().split_once(':') {
                Some((name, password)) => Ok(Credentials::basic(name, password)),
                None => Err(Error::Usage(format!(
                    "{BASIC_AUTH} has to be NAME:PASSWORD; there is no colon in it"
                ))),
            },
        }
    }
}

fn ask_password(name: &str) -> Result<String, Error> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Error::Usage(format!(
            "`-u {name}` has no password, and there is no terminal to ask for it; write -u NAME:PASSWORD or set {BASIC_AUTH}"
        )));
    }
    rpassword::prompt_password(format!("Password of {name}: "))
        .map_err(|source| Error::Read { what: "the password".to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::operations::API;
    use crate::words::Given;

    /// Says in a line what would be sent, with its secrets.
    fn chosen(user: Option<&str>, words: &[&str], key: Option<&str>, pair: Option<&str>) -> String {
        let mut words = words.to_vec();
        words.push("id=x");
        let call =
            Call::parse(API.operation("deleteNamedTokensOfUser").unwrap(), &words, Given::default()).unwrap();
        let mut line = vec!["-V".to_owned()];
        line.extend(user.iter().flat_map(|user| ["-u".to_owned(), (*user).to_owned()]));
        let arguments = Arguments::parse(line, &API).unwrap();
        let environment = Environment {
            basic_auth: pair.map(Secret::from),
            api_key: key.map(Secret::from),
            ..Environment::default()
        };
        let chosen = match Chosen::of(&call, &arguments, &environment) {
            Ok(Chosen::Header) => return "header".to_owned(),
            Ok(chosen) => chosen,
            Err(error) => return error.to_string(),
        };
        match chosen.credentials() {
            Ok(Credentials::None) => "none".to_owned(),
            Ok(Credentials::Basic { username, password }) => {
                format!("basic {username} {}", password.expose())
            }
            Ok(Credentials::XAuthToken(token)) => format!("token {}", token.expose()),
            Ok(_) => "other".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn command_line_wins_over_the_environment() {
        assert_eq!(chosen(Some("a:b"), &[], Some("KEY"), Some("c:d")), "basic a b");
        assert_eq!(chosen(None, &["X-Auth-Token:T"], Some("KEY"), Some("c:d")), "header");
        assert_eq!(chosen(None, &["authorization:Bearer T"], Some("KEY"), None), "header");
        assert_eq!(chosen(None, &["Macaroon:T"], Some("KEY"), None), "header");
    }

    #[test]
    fn token_of_the_environment_wins_over_its_password() {
        assert_eq!(chosen(None, &[], Some("KEY"), Some("c:d")), "token KEY");
        assert_eq!(chosen(None, &[], None, Some("c:d:e")), "basic c d:e");
        assert_eq!(chosen(None, &[], None, None), "none");
    }

    #[test]
    fn two_ways_on_the_command_line_are_refused() {
        assert!(chosen(Some("a:b"), &["X-Auth-Token:T"], None, None).contains("`-u` and `X-Auth-Token`"));
        let both = chosen(None, &["X-Auth-Token:T", "Authorization:Basic x"], None, None);
        assert!(both.contains("`X-Auth-Token` and `Authorization`"), "{both}");
    }

    #[test]
    fn variable_without_a_password_is_refused_without_being_quoted() {
        let refused = chosen(None, &[], None, Some("canary"));
        assert!(refused.contains("NAME:PASSWORD") && !refused.contains("canary"), "{refused}");
    }
}
