//! Whether the caveats of a token hold for a request.

use super::{Consumer, Context};
use crate::{AuthError, Caveat, FilterKind, GeoFilter, Service, Subject, Token, text};

/// What a token is presented for, which decides which caveats it may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// An access token to act with.
    Access,
    /// An identity token.
    Identity,
    /// An access token to identify a Oneprovider with.
    AccessAsIdentity,
    /// An invite token to consume, which nothing here does.
    Invitation,
}

/// The parsed caveats, or what is wrong with the first that does not hold.
pub(super) fn check_all(
    token: &Token,
    context: &Context<'_>,
    purpose: Purpose,
) -> Result<Vec<Caveat>, AuthError> {
    token
        .raw_caveats()
        .map(|raw| {
            let Some(caveat) = Caveat::parse(&text::readable(raw)) else {
                return Err(AuthError::TokenCaveatUnknown {
                    caveat: String::from_utf8_lossy(raw).into_owned(),
                });
            };
            if is_supported(&caveat, purpose) && holds(&caveat, context) {
                Ok(caveat)
            } else {
                Err(AuthError::TokenCaveatUnverified(Box::new(caveat)))
            }
        })
        .collect()
}

pub(super) fn is_supported(caveat: &Caveat, purpose: Purpose) -> bool {
    match caveat {
        Caveat::Time { .. }
        | Caveat::Ip(_)
        | Caveat::Asn(_)
        | Caveat::Country(_)
        | Caveat::Region(_)
        | Caveat::Consumer(_) => true,
        Caveat::Interface(_) => purpose != Purpose::Invitation,
        Caveat::Scope => purpose == Purpose::AccessAsIdentity,
        Caveat::Service(_)
        | Caveat::Api(_)
        | Caveat::DataReadonly
        | Caveat::DataPath(_)
        | Caveat::DataObjectId(_) => purpose == Purpose::Access,
    }
}

pub(super) fn holds(caveat: &Caveat, context: &Context<'_>) -> bool {
    let peer = context.peer.to_canonical();
    match caveat {
        Caveat::Time { valid_until } => context.now < *valid_until,
        Caveat::Ip(masks) => masks.iter().any(|mask| mask.contains(peer)),
        Caveat::Asn(numbers) => context.geo.asn(peer).is_some_and(|asn| numbers.contains(&asn.into())),
        Caveat::Country(filter) => {
            let country = context.geo.location(peer).and_then(|location| location.country);
            country.is_some_and(|country| passes(filter, |name| name == country))
        }
        Caveat::Region(filter) => {
            // Onezone reads a region off an entry for a country only, not off one for a whole continent.
            let location = context.geo.location(peer).filter(|location| location.country.is_some());
            location.is_some_and(|location| {
                location.continent.is_some_and(|continent| {
                    let in_union = location.in_european_union;
                    passes(filter, |name| name == continent.region() || (in_union && name == "EU"))
                })
            })
        }
        Caveat::Service(services) => match context.service {
            Some(service) => services.iter().any(|entry| service_matches(entry, service)),
            None => services.iter().any(|entry| service_matches(entry, &Service::onezone())),
        },
        Caveat::Consumer(entries) => context
            .consumer
            .is_some_and(|consumer| entries.iter().any(|entry| consumer_matches(entry, consumer))),
        Caveat::Interface(interface) => *interface == context.interface,
        // Checked when the token is used for a call, and always true of a proof of identity.
        Caveat::Api(_) | Caveat::Scope => true,
        // Only Oneproviders give access to data.
        Caveat::DataReadonly | Caveat::DataPath(_) | Caveat::DataObjectId(_) => false,
    }
}

fn passes(filter: &GeoFilter, is_here: impl Fn(&str) -> bool) -> bool {
    let listed = filter.names.iter().any(|name| is_here(name));
    listed == (filter.kind == FilterKind::Whitelist)
}

fn service_matches(entry: &Service, service: &Service) -> bool {
    entry.service_type == service.service_type && (entry.id == "*" || entry.id == service.id)
}

fn consumer_matches(entry: &Subject, consumer: &Consumer) -> bool {
    match (entry, &consumer.subject) {
        (Subject::Group(any), _) if any == "*" => consumer.in_any_group,
        (Subject::Group(group), _) => consumer.effective_groups.contains(group),
        (Subject::User(any), Subject::User(_)) | (Subject::Provider(any), Subject::Provider(_))
            if any == "*" =>
        {
            true
        }
        (Subject::Nobody, _) => false,
        (entry, subject) => entry == subject,
    }
}
