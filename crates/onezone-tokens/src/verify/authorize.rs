//! What a valid token may be used for: the caveats that depend on the call, and the services that may use it.

use crate::api::{ApiCall, ApiPattern};
use crate::{AuthError, Caveat, Service, ServiceType, Subject};

/// Whether the caveats of a verified token allow a call. Every API caveat must have an entry that matches;
/// then every service caveat, which confines a token to what its services need; then no caveat on data may be
/// there.
pub fn authorize_api(caveats: &[Caveat], call: &ApiCall<'_>) -> Result<(), AuthError> {
    let by_api = |caveat: &&Caveat| match caveat {
        Caveat::Api(patterns) => !patterns.iter().any(|pattern| pattern.allows(call)),
        _ => false,
    };
    let by_service = |caveat: &&Caveat| match caveat {
        Caveat::Service(services) => !services.iter().any(|entry| service_needs(entry.service_type, call)),
        _ => false,
    };
    let by_data = |caveat: &&Caveat| {
        matches!(caveat, Caveat::DataReadonly | Caveat::DataPath(_) | Caveat::DataObjectId(_))
    };
    let refusing = caveats
        .iter()
        .find(by_api)
        .or_else(|| caveats.iter().find(by_service))
        .or_else(|| caveats.iter().find(by_data));
    match refusing {
        Some(caveat) => Err(AuthError::TokenCaveatUnverified(Box::new(caveat.clone()))),
        None => Ok(()),
    }
}

/// What has to be found out before a service may use a token of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceAccess {
    /// Nothing: it may.
    Allowed,
    /// It may if the user is an effective user of the provider with this id.
    IfUserOfProvider(String),
    /// It may if the user is an effective member of the cluster with this id.
    IfMemberOfCluster(String),
    /// It may not: [`AuthError::TokenServiceForbidden`].
    Forbidden,
}

/// Whether a service may use a token of a subject; the last check of all. `service` is the one of a verified
/// service token.
pub fn service_access(subject: &Subject, service: Option<&Service>) -> ServiceAccess {
    let Some(service) = service else {
        return ServiceAccess::Allowed;
    };
    match (subject, service.service_type) {
        (_, ServiceType::OzWorker) => ServiceAccess::Allowed,
        (Subject::User(_), ServiceType::OpWorker) => ServiceAccess::IfUserOfProvider(service.id.clone()),
        (Subject::User(_), ServiceType::OpPanel | ServiceType::OzPanel) => {
            ServiceAccess::IfMemberOfCluster(service.id.clone())
        }
        _ => ServiceAccess::Forbidden,
    }
}

/// Whether a token that is confined to services of this type may make the call.
pub(super) fn service_needs(service: ServiceType, call: &ApiCall<'_>) -> bool {
    let patterns: &[&str] = match service {
        ServiceType::OzWorker => &["ozw/all/*.*.*:*"],
        ServiceType::OzPanel => {
            &["ozp/all/*.*.*:*", "ozw/get/user.*.*:*", "ozw/get/cluster.*.*:*", "ozw/get/provider.*.*:*"]
        }
        ServiceType::OpPanel => {
            &["opp/all/*.*.*:*", "ozw/get/user.*.*:*", "ozw/get/cluster.*.*:*", "ozw/get/provider.*.*:*"]
        }
        ServiceType::OpWorker => &[
            "opw/all/*.*.*:*",
            "ozw/get/user.*.*:*",
            "ozw/create/user.*.idp_access_token,*:*",
            "ozw/get/group.*.*:*",
            "ozw/get/space.*.*:*",
            "ozw/create/space.*.infer_accessible_eff_groups:*",
            "ozw/all/share.*.*:*",
            "ozw/get/provider.*.*:*",
            "ozw/all/handle.*.*:*",
            "ozw/get/handleService.*.*:*",
            "ozw/get/atm_inventory.*.*:*",
            "ozw/get/atm_lambda.*.*:*",
            "ozw/get/atm_workflow_schema.*.*:*",
        ],
    };
    patterns.iter().any(|text| ApiPattern::parse(text).is_some_and(|pattern| pattern.allows(call)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Operation;

    fn caveats(texts: &[&str]) -> Vec<Caveat> {
        texts.iter().map(|text| Caveat::parse(text).unwrap()).collect()
    }

    fn refused(texts: &[&str], call: &ApiCall<'_>) -> Option<String> {
        match authorize_api(&caveats(texts), call) {
            Ok(()) => None,
            Err(AuthError::TokenCaveatUnverified(caveat)) => Some(caveat.to_string()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_api_caveat_must_have_a_matching_entry() {
        let call = ApiCall::delete_user_named_tokens("u");
        let (yes, no) = ("api = ozw/get/*.*.*:*|ozw/delete/*.*.*:*", "api = ozw/get/*.*.*:*");
        assert_eq!(refused(&[], &call), None);
        assert_eq!(refused(&["time < 1", yes, yes], &call), None);
        assert_eq!(refused(&[yes, no], &call).as_deref(), Some(no));
    }

    #[test]
    fn api_caveats_are_reported_before_service_caveats_and_those_before_data_caveats() {
        let call = ApiCall::list_provider_named_tokens("p");
        let (api, service, data) = ("api = opw/all/*.*.*:*", "service = opw-p", "data.readonly");
        assert_eq!(refused(&[data, service, api], &call).as_deref(), Some(api));
        assert_eq!(refused(&[data, service], &call).as_deref(), Some(service));
        assert_eq!(refused(&[data], &call).as_deref(), Some(data));
    }

    #[test]
    fn service_caveats_confine_to_what_their_services_need() {
        let delete = ApiCall::delete_user_named_tokens("u");
        let list = ApiCall::list_provider_named_tokens("p");
        let user = ApiCall { entity_type: "user", aspect: "instance", sub_aspect: None, ..list };
        let share = ApiCall { entity_type: "share", operation: Operation::Delete, ..user };
        let panel = ApiCall { service: ServiceType::OpPanel, ..delete };
        for (caveat, allowed) in [
            ("service = ozw-onezone", [true, true, true, true, false]),
            ("service = ozw-elsewhere|opw-p", [true, true, true, true, false]),
            ("service = opw-*", [false, false, true, true, false]),
            ("service = opp-p", [false, false, true, false, true]),
            ("service = ozp-onezone", [false, false, true, false, false]),
            ("service = opw-p|opp-p", [false, false, true, true, true]),
        ] {
            let outcome = [delete, list, user, share, panel].map(|call| refused(&[caveat], &call).is_none());
            assert_eq!(outcome, allowed, "{caveat}");
        }
    }

    #[test]
    fn every_pattern_of_the_services_is_readable() {
        let call = ApiCall { service: ServiceType::OpWorker, ..ApiCall::list_provider_named_tokens("p") };
        assert!(service_needs(ServiceType::OpWorker, &call));
        let last = ApiCall {
            entity_type: "atm_workflow_schema",
            aspect: "x",
            sub_aspect: None,
            ..ApiCall::list_provider_named_tokens("p")
        };
        assert!(service_needs(ServiceType::OpWorker, &last));
    }

    #[test]
    fn a_service_may_use_tokens_of_its_own_users_and_of_no_provider() {
        let user = Subject::User("u".to_owned());
        let provider = Subject::Provider("p".to_owned());
        let worker = Service::new(ServiceType::OpWorker, "p");
        let panel = Service::new(ServiceType::OpPanel, "p");
        for (subject, service, expected) in [
            (&user, None, ServiceAccess::Allowed),
            (&provider, None, ServiceAccess::Allowed),
            (&provider, Some(&Service::onezone()), ServiceAccess::Allowed),
            (&user, Some(&worker), ServiceAccess::IfUserOfProvider("p".to_owned())),
            (&user, Some(&panel), ServiceAccess::IfMemberOfCluster("p".to_owned())),
            (&provider, Some(&worker), ServiceAccess::Forbidden),
            (&provider, Some(&panel), ServiceAccess::Forbidden),
        ] {
            assert_eq!(service_access(subject, service), expected, "{subject} {service:?}");
        }
    }
}
