//! The two operations: authorize, then act in one step of the store.

use std::sync::atomic::Ordering;

use onezone_api::types::NamedTokenList;
use onezone_store::{MAX_ID_BYTES, Subject};
use stubgen_runtime::Request;

use crate::authorize::{Action, authorize};
use crate::errors::Error;
use crate::{Handlers, Principal};

impl Handlers {
    /// Deletes all named tokens of a user, the one that authorised the request included.
    pub(crate) async fn delete_tokens_of_user(
        &self,
        request: &Request,
        principal: &Principal,
        id: &str,
    ) -> Result<(), Error> {
        check_length(id)?;
        let caller = authorize(&*self.store, principal, Action::DeleteTokensOfUser(id)).await?;
        let audit = self.audit.entry(caller, request, self.clock.now_unix());
        let deleted = self.store.delete_all_tokens(&Subject::User(id.to_owned()), &audit).await?;
        self.deleted_tokens.fetch_add(deleted, Ordering::Relaxed);
        Ok(())
    }

    /// Lists the ids of all named tokens of a provider.
    pub(crate) async fn list_tokens_of_provider(
        &self,
        principal: &Principal,
        id: &str,
    ) -> Result<NamedTokenList, Error> {
        check_length(id)?;
        authorize(&*self.store, principal, Action::ListTokensOfProvider(id)).await?;
        let tokens = self.store.list_token_ids(&Subject::Provider(id.to_owned())).await?;
        Ok(NamedTokenList { tokens })
    }
}

/// The document counts characters, the store bytes.
fn check_length(id: &str) -> Result<(), Error> {
    if id.len() > MAX_ID_BYTES { Err(Error::IdTooLong { parameter: "id" }) } else { Ok(()) }
}
