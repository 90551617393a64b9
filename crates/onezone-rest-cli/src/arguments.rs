//! The command line as a whole: options, the operation, and the words that follow it.
//!
//! It is read by hand and not by clap, since the grammar is that of the bash client which this program replaces: options with
//! two letters (`-ac`), options of curl in curl's own way (`-sSk`, `-m5`), all of them anywhere, and words that are told apart
//! by their first separator.

use std::time::Duration;

use onezone_client::Secret;

use crate::credentials::bearer;
use crate::error::Error;
use crate::formats::Format;
use crate::media;
use crate::options::{self, Id, Kind, Spec};
use crate::suggest;
use crate::table::{Api, Operation};
use crate::words::{Body, Call, Given as GivenWords};

/// What the command line asks for.
#[derive(Default)]
pub(crate) struct Arguments {
    /// What to do.
    pub(crate) action: Action,
    /// The options, in their order.
    pub(crate) given: Vec<Given>,
}

/// An option that was given.
pub(crate) struct Given {
    /// Which one.
    pub(crate) option: &'static Spec,
    /// Its value, empty if it takes none. It may be a secret.
    pub(crate) value: String,
}

/// What to do.
#[derive(Default)]
pub(crate) enum Action {
    /// Explain the program, or an operation.
    Help(Option<&'static Operation>),
    /// Say which version this is.
    #[default]
    Version,
    /// Say what the API is for.
    About,
    /// Print the completions for a shell.
    Completion(String),
    /// Print the manual page.
    Man,
    /// Call an operation.
    Call(Call),
}

impl Arguments {
    /// Reads the words of a command line. Options may stand anywhere; what follows `--` is no option.
    pub(crate) fn parse(words: Vec<String>, api: &'static Api) -> Result<Self, Error> {
        let mut arguments = Self::default();
        let mut plain = Vec::new();
        let mut rest = words.into_iter();
        while let Some(word) = rest.next() {
            match word.as_str() {
                "--" => plain.extend(rest.by_ref()),
                "-" => plain.push(word),
                _ if word.starts_with("--") => arguments.long(&word, &mut rest)?,
                _ if word.starts_with('-') => arguments.short(&word, &mut rest)?,
                _ => plain.push(word),
            }
        }
        arguments.check()?;
        arguments.action = arguments.action(&plain, api)?;
        Ok(arguments)
    }

    /// Whether an option was given.
    pub(crate) fn has(&self, id: Id) -> bool {
        self.given.iter().any(|given| given.option.id == id)
    }

    /// The value of an option; of several the last one, as with curl.
    pub(crate) fn value(&self, id: Id) -> Option<&str> {
        self.given.iter().rev().find(|given| given.option.id == id).map(|given| given.value.as_str())
    }

    /// The value of an option that is a number of seconds.
    pub(crate) fn seconds(&self, id: Id) -> Result<Option<Duration>, Error> {
        let Some(text) = self.value(id) else { return Ok(None) };
        let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        seconds.map(Some).ok_or_else(|| self.unfit(id, "a number of seconds, as 5 or 0.5"))
    }

    /// The value of an option that is a whole number.
    pub(crate) fn number<N: std::str::FromStr>(&self, id: Id) -> Result<Option<N>, Error> {
        let Some(text) = self.value(id) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.unfit(id, "a whole number"))
    }

    /// How the answer is to be shown, if the command line says so.
    pub(crate) fn format(&self) -> Option<Format> {
        self.given
            .iter()
            .rev()
            .filter(|given| given.option.id == Id::Output)
            .find_map(|given| Format::named(&given.value))
    }

    /// The file that the answer is written to, unless it is standard output.
    pub(crate) fn file(&self) -> Option<&str> {
        let is_file = |given: &&Given| {
            given.option.id == Id::File
                || given.option.id == Id::Output && Format::named(&given.value).is_none()
        };
        let file = self.given.iter().rev().find(is_file).map(|given| given.value.as_str());
        file.filter(|file| *file != "-")
    }

    fn unfit(&self, id: Id, wanted: &str) -> Error {
        let name = self.given.iter().find(|given| given.option.id == id).map(|given| given.option.name());
        Error::Usage(format!("`{}` needs {wanted}", name.unwrap_or_default()))
    }

    fn long(&mut self, word: &str, rest: &mut impl Iterator<Item = String>) -> Result<(), Error> {
        let (name, attached) =
            word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value.to_owned())));
        let Some(option) = options::by_long(&name[2..]) else { return Err(unknown_option(name)) };
        if option.value.is_empty() && attached.is_some() && option.kind != Kind::Refused {
            return Err(Error::Usage(format!("`{name}` takes no value")));
        }
        self.add(option, name, attached, rest)
    }

    /// One option, or several letters as curl takes them, of which the last one may have its value attached.
    fn short(&mut self, word: &str, rest: &mut impl Iterator<Item = String>) -> Result<(), Error> {
        let letters = &word[1..];
        if let Some(option) = options::by_short(letters) {
            return self.add(option, word, None, rest);
        }
        let mut left = letters;
        while let Some(letter) = left.chars().next() {
            let (name, after) = left.split_at(letter.len_utf8());
            let Some(option) = options::by_short(name) else {
                return Err(if left == letters {
                    unknown_option(word)
                } else {
                    unknown_option(&format!("-{name}"))
                });
            };
            let takes_rest = !option.value.is_empty() && !after.is_empty();
            self.add(option, &format!("-{name}"), takes_rest.then(|| after.to_owned()), rest)?;
            left = if takes_rest { "" } else { after };
        }
        Ok(())
    }

    fn add(
        &mut self,
        option: &'static Spec,
        name: &str,
        attached: Option<String>,
        rest: &mut impl Iterator<Item = String>,
    ) -> Result<(), Error> {
        if option.kind == Kind::Refused {
            return Err(Error::Usage(format!("curl's `{name}` cannot be used here: {}", option.text)));
        }
        let mut value = String::new();
        if !option.value.is_empty() {
            let may_be_empty =
                matches!(option.id, Id::Body | Id::Data | Id::Json | Id::WriteOut | Id::NoProxy);
            let found = attached.or_else(|| rest.next()).filter(|value| may_be_empty || !value.is_empty());
            value =
                found.ok_or_else(|| Error::Usage(format!("`{name}` needs a value: {}", option.heading())))?;
        }
        if matches!(option.id, Id::Host | Id::User) && self.has(option.id) {
            return Err(Error::Usage(format!("`{name}` is given twice")));
        }
        if option.id == Id::Output {
            check_output(&value)?;
        }
        self.given.push(Given { option, value });
        Ok(())
    }

    /// What can be said of the options without knowing the operation.
    fn check(&self) -> Result<(), Error> {
        for id in [Id::MaxTime, Id::ConnectTimeout, Id::RetryDelay, Id::RetryMaxTime] {
            self.seconds(id)?;
        }
        self.number::<u32>(Id::Retry)?;
        self.number::<usize>(Id::MaxFilesize)?;
        if let Some(version) = self.value(Id::TlsMax).filter(|version| !matches!(*version, "1.2" | "1.3")) {
            return Err(Error::Usage(format!("`--tls-max` needs 1.2 or 1.3, and not `{version}`")));
        }
        if self.has(Id::Ipv4) && self.has(Id::Ipv6) {
            return Err(Error::Usage("`-4` and `-6` leave no address; give one of them".to_owned()));
        }
        if self.has(Id::Key) && !self.has(Id::Cert) {
            return Err(Error::Usage(
                "`--key` is the key of a certificate; give it with `--cert FILE`".to_owned(),
            ));
        }
        Ok(())
    }

    fn action(&self, plain: &[String], api: &'static Api) -> Result<Action, Error> {
        let is_name = |word: &&String| word.as_str() != "-" && !word.contains(['=', ':']);
        let name = plain.iter().find(is_name);
        let operation =
            name.map(|name| api.operation(name).ok_or_else(|| suggest::unknown_operation(name, api)));
        if self.has(Id::Help) {
            return Ok(Action::Help(operation.transpose()?));
        }
        if self.has(Id::Version) {
            return Ok(Action::Version);
        }
        if self.has(Id::About) {
            return Ok(Action::About);
        }
        if let Some(shell) = self.value(Id::Completion) {
            return Ok(Action::Completion(shell.to_owned()));
        }
        if self.has(Id::Man) {
            return Ok(Action::Man);
        }
        let Some(operation) = operation.transpose()? else {
            let first = plain.iter().find(|word| word.contains('='));
            let hint = first.map(|_| "; the operation is missing beside its parameters").unwrap_or_default();
            return Err(Error::Usage(format!(
                "no operation given{hint}; see `onezone-rest-cli --help` for those there are"
            )));
        };
        let mut words = plain.iter().map(String::as_str).collect::<Vec<_>>();
        if let Some(place) = words.iter().position(|word| name.is_some_and(|name| word == name)) {
            words.remove(place);
        }
        self.check_method(operation)?;
        Ok(Action::Call(Call::parse(operation, &words, self.given_words()?)?))
    }

    fn check_method(&self, operation: &Operation) -> Result<(), Error> {
        match self.value(Id::Method) {
            Some(method) if !method.eq_ignore_ascii_case(operation.method) => Err(Error::Usage(format!(
                "`-X {method}` is not the method of `{}`, which is {}; leave it out",
                operation.name, operation.method
            ))),
            _ => Ok(()),
        }
    }

    /// Headers and a body that came by options.
    fn given_words(&self) -> Result<GivenWords, Error> {
        let mut words = GivenWords { force: self.has(Id::Force), ..GivenWords::default() };
        for Given { option, value } in &self.given {
            match option.id {
                Id::Accept => words.headers.push(("Accept".to_owned(), media::full(value).to_owned())),
                Id::ContentType => {
                    words.headers.push(("Content-Type".to_owned(), media::full(value).to_owned()));
                }
                Id::UserAgent => words.headers.push(("User-Agent".to_owned(), value.clone())),
                Id::Referer => words.headers.push(("Referer".to_owned(), value.clone())),
                Id::OauthBearer => {
                    words.headers.push(("Authorization".to_owned(), bearer(&Secret::from(value.as_str()))));
                }
                Id::Header => words.headers.push(header(value)?),
                Id::Cookie if value.contains('=') => words.cookies.push(value.clone()),
                Id::Cookie => {
                    return Err(Error::Usage(
                        "`-b` needs NAME=VALUE; files of cookies are not read".to_owned(),
                    ));
                }
                Id::Body => words.body(Body::Text(value.clone()))?,
                Id::Data => words.body(data(value))?,
                Id::Json => {
                    words.body(data(value))?;
                    words.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
                }
                _ => {}
            }
        }
        Ok(words)
    }
}

/// A header as curl takes it: `Name: value`, or `Name;` for one without a value.
fn header(text: &str) -> Result<(String, String), Error> {
    if let Some((name, value)) = text.split_once(':').filter(|(name, _)| !name.trim().is_empty()) {
        return Ok((name.trim().to_owned(), value.trim().to_owned()));
    }
    match text.strip_suffix(';') {
        Some(name) => Ok((name.to_owned(), String::new())),
        None if text.starts_with('@') => {
            Err(Error::Usage("`-H @FILE` is not read; write each header as -H HEADER:VALUE".to_owned()))
        }
        None => Err(Error::Usage("`-H` needs HEADER:VALUE".to_owned())),
    }
}

/// A body as curl takes it: a text, or where it is.
fn data(text: &str) -> Body {
    match text.strip_prefix('@') {
        Some("-") => Body::Input,
        Some(file) => Body::File(file.to_owned()),
        None => Body::Text(text.to_owned()),
    }
}

/// `--output` is a format here and was a file with curl. A file is told by its name; a mistyped format is no file.
fn check_output(value: &str) -> Result<(), Error> {
    if Format::named(value).is_some() || value == "-" || value.contains(['.', '/']) {
        return Ok(());
    }
    let formats = Format::NAMES.join(", ");
    let hint = suggest::hint(value, Format::NAMES.iter().copied());
    Err(Error::Usage(format!(
        "`{value}` is no format; there are {formats}{hint} (for a file write -o {value})"
    )))
}

fn unknown_option(name: &str) -> Error {
    let names =
        options::OPTIONS.iter().filter(|option| option.kind != Kind::Refused && !option.long.is_empty());
    let names: Vec<_> = names.map(Spec::name).collect();
    // A short option is too short to be like another.
    let candidates = names.iter().map(String::as_str).filter(|_| name.starts_with("--"));
    let hint = suggest::hint(name, candidates);
    Error::Usage(format!("unknown option `{name}`{hint}; see `onezone-rest-cli --help` for those there are"))
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
