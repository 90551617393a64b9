//! From a stored token to the text that is handed to its owner.

use anyhow::Context as _;
use onezone_store::{LEGACY_TOKEN_VERSION, NamedToken, Subject};
use onezone_tokens::{Caveat, Identifier, Secret, SerializedToken, Token, TokenType};

use crate::names;

/// Issues the token that belongs to a record. `domain` tells its holder where it comes from.
pub(crate) fn issue(token: &NamedToken, domain: &str) -> anyhow::Result<SerializedToken> {
    let secret = token.secret.as_ref().context("the stored token has no secret")?;
    Ok(mint(token, domain, &Secret::new(secret.expose()))?.serialize())
}

/// Issues a temporary token, of which nothing is stored but the secret that it shares with the others of its subject.
pub(crate) fn issue_temporary(
    subject: &Subject,
    generation: i64,
    token_type: &TokenType,
    id: &str,
    caveats: &[Caveat],
    domain: &str,
    secret: &onezone_store::Secret,
) -> anyhow::Result<SerializedToken> {
    let identifier = Identifier::temporary(generation, to_wire(subject), token_type.clone(), id);
    Ok(Token::mint(domain, &identifier, caveats, &Secret::new(secret.expose()))?.serialize())
}

/// Refuses a record whose token could not be issued or would be read back as another one.
pub(crate) fn check_can_be_issued(token: &NamedToken) -> anyhow::Result<()> {
    mint(token, "localhost", &Secret::new("any secret does")).map(|_| ())
}

fn mint(token: &NamedToken, domain: &str, secret: &Secret) -> anyhow::Result<Token> {
    let identifier = if token.version == LEGACY_TOKEN_VERSION {
        Identifier::V1 { id: token.id.clone() }
    } else {
        Identifier::named(to_wire(&token.subject), names::from_store_type(&token.token_type)?, &token.id)
    };
    // Caveats that cannot be read have been reported where they were written.
    let caveats: Vec<Caveat> = token.caveats.iter().filter_map(|caveat| Caveat::parse(caveat)).collect();
    Ok(Token::mint(domain, &identifier, &caveats, secret)?)
}

/// A subject of the store as tokens name it.
pub(crate) fn to_wire(subject: &Subject) -> onezone_tokens::Subject {
    match subject {
        Subject::User(id) => onezone_tokens::Subject::User(id.clone()),
        Subject::Provider(id) => onezone_tokens::Subject::Provider(id.clone()),
    }
}
