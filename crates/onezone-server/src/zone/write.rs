//! Zones as documents, written while they are read from a store.

use std::io::Write;

use onezone_store::{Group, NamedToken, Provider, Space, TemporaryTokenSecret, User, Zone, ZoneSink};
use serde::Serialize;

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// With indentation, for people as well.
    Json,
    /// What people write themselves.
    Yaml,
}

/// Writes a document piece by piece. The keys are sorted, so that tokens come in the middle.
pub(crate) struct Writer<W> {
    out: W,
    syntax: Syntax,
    users: Vec<User>,
    has_tokens: bool,
}

/// What comes before the tokens.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Before<'a> {
    groups: &'a [Group],
    providers: &'a [Provider],
    spaces: &'a [Space],
    temporary_tokens: &'a [TemporaryTokenSecret],
}

/// Some tokens.
#[derive(Serialize)]
struct Tokens<'a> {
    tokens: &'a [NamedToken],
}

/// What comes after them.
#[derive(Serialize)]
struct After<'a> {
    users: &'a [User],
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl<W: Write> Writer<W> {
    pub(crate) fn new(out: W, syntax: Syntax) -> Self {
        Self { out, syntax, users: Vec::new(), has_tokens: false }
    }

    /// Writes what is left, and gives back what was written to.
    pub(crate) fn finish(mut self) -> Result<W, BoxError> {
        if !self.has_tokens {
            self.write_tokens(&[])?;
        }
        let users = After { users: &self.users };
        match self.syntax {
            Syntax::Yaml => self.out.write_all(serde_saphyr::to_string(&users)?.as_bytes())?,
            Syntax::Json => {
                let text = serde_json::to_string_pretty(&users)?;
                let text = text.strip_prefix("{").unwrap_or(&text);
                let end = if self.has_tokens { "\n  ]," } else { "," };
                writeln!(self.out, "{end}{text}")?;
            }
        }
        self.out.flush()?;
        Ok(self.out)
    }

    /// Tokens are written as a document of their own, of which the beginning is left out once it is there.
    fn write_tokens(&mut self, tokens: &[NamedToken]) -> Result<(), BoxError> {
        let part = Tokens { tokens };
        let text = match self.syntax {
            Syntax::Yaml => serde_saphyr::to_string(&part)?,
            Syntax::Json => serde_json::to_string_pretty(&part)?,
        };
        let text = match self.syntax {
            Syntax::Yaml if self.has_tokens => text.strip_prefix("tokens:\n").unwrap_or(&text),
            Syntax::Yaml => &text,
            Syntax::Json if tokens.is_empty() => text.trim_start_matches('{').trim_end_matches("\n}"),
            Syntax::Json => {
                let begin = if self.has_tokens { "{\n  \"tokens\": [" } else { "{" };
                if self.has_tokens {
                    self.out.write_all(b",")?;
                }
                text.strip_prefix(begin).unwrap_or(&text).trim_end_matches("\n  ]\n}")
            }
        };
        self.out.write_all(text.as_bytes())?;
        self.has_tokens |= !tokens.is_empty();
        Ok(())
    }
}

impl<W: Write + Send + 'static> ZoneSink for Writer<W> {
    fn head(&mut self, zone: Zone, _tokens: u64) -> Result<(), BoxError> {
        let Zone { groups, providers, spaces, temporary_tokens, .. } = &zone;
        let before = Before { groups, providers, spaces, temporary_tokens };
        match self.syntax {
            Syntax::Yaml => self.out.write_all(serde_saphyr::to_string(&before)?.as_bytes())?,
            Syntax::Json => {
                let text = serde_json::to_string_pretty(&before)?;
                write!(self.out, "{},", text.trim_end_matches("\n}"))?;
            }
        }
        self.users = zone.users;
        Ok(())
    }

    fn tokens(&mut self, tokens: Vec<NamedToken>) -> Result<(), BoxError> {
        self.write_tokens(&tokens)
    }
}

#[cfg(test)]
mod tests {
    use onezone_store::conformance::{of_provider, of_user, token, user};

    use super::*;

    fn written(zone: &Zone, page: usize, syntax: Syntax) -> String {
        let mut writer = Writer::new(Vec::new(), syntax);
        writer.head(Zone { tokens: vec![], ..zone.clone() }, 0).unwrap();
        for page in zone.tokens.chunks(page) {
            writer.tokens(page.to_vec()).unwrap();
        }
        String::from_utf8(writer.finish().unwrap()).unwrap()
    }

    #[test]
    fn a_document_in_pieces_is_the_document_in_one_piece() {
        let mut zone = Zone::default();
        let names = ["tokens: []", "tokens:\n", "]\n}", "- x", "a: b", "\"users\": [", "", "null", "#"];
        for count in 0..=names.len() {
            if let Some(name) = count.checked_sub(1).map(|last| names[last]) {
                let owner = if count % 2 == 0 { of_user(name) } else { of_provider(name) };
                let mut token = token(&owner, name, name);
                token.caveats = names[..count].iter().map(|name| (*name).to_owned()).collect();
                zone.tokens.push(token);
                zone.users.push(user(name));
            }
            for page in [1, 2, 100] {
                let yaml = serde_saphyr::to_string(&zone).unwrap();
                assert_eq!(written(&zone, page, Syntax::Yaml), yaml);
                let json = serde_json::to_string_pretty(&zone).unwrap();
                assert_eq!(written(&zone, page, Syntax::Json), json + "\n");
            }
        }
    }
}
