//! Whether a principal may do what it asks. Existence of what it asks about plays no part: a caller without the right
//! learns nothing about it.

use onezone_store::{Store, Subject};
use onezone_tokens::api::ApiCall;
use onezone_tokens::privileges::{CLUSTER_UPDATE, OZ_TOKENS_MANAGE};
use onezone_tokens::verify::authorize_api;

use crate::errors::Error;
use crate::{Caller, Principal};

/// What can be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action<'a> {
    /// Deleting all named tokens of the user of this id.
    DeleteTokensOfUser(&'a str),
    /// Listing the named tokens of the provider of this id.
    ListTokensOfProvider(&'a str),
}

/// The caller, if it may. First the caveats of its token that depend on the call, then its rights.
pub(crate) async fn authorize<'a>(
    store: &dyn Store,
    principal: &'a Principal,
    action: Action<'_>,
) -> Result<&'a Caller, Error> {
    let Principal::Authenticated(caller) = principal else { return Err(Error::Anonymous) };
    authorize_api(&caller.caveats, &action.call())?;
    if action.is_ones_own(&caller.subject)
        || action.is_granted_by_cluster(store, &caller.subject).await?
        || store.has_zone_privilege(&caller.subject, OZ_TOKENS_MANAGE).await?
    {
        Ok(caller)
    } else {
        Err(Error::Forbidden)
    }
}

impl<'a> Action<'a> {
    fn call(self) -> ApiCall<'a> {
        match self {
            Self::DeleteTokensOfUser(id) => ApiCall::delete_user_named_tokens(id),
            Self::ListTokensOfProvider(id) => ApiCall::list_provider_named_tokens(id),
        }
    }

    fn is_ones_own(self, subject: &Subject) -> bool {
        match (self, subject) {
            (Self::DeleteTokensOfUser(asked), Subject::User(own))
            | (Self::ListTokensOfProvider(asked), Subject::Provider(own)) => asked == own,
            _ => false,
        }
    }

    /// A provider's cluster has the provider's id.
    async fn is_granted_by_cluster(self, store: &dyn Store, subject: &Subject) -> Result<bool, Error> {
        match self {
            Self::DeleteTokensOfUser(_) => Ok(false),
            Self::ListTokensOfProvider(id) => {
                Ok(store.has_cluster_privilege(subject, id, CLUSTER_UPDATE).await?)
            }
        }
    }
}
