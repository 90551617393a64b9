//! API calls and the patterns that confine a token to some of them.
//!
//! A pattern is `<service>/<operation>/<type>.<id>.<aspect>[:<scope>]`; `all` and `*` match anything in their
//! place. The last part is a pattern over GRIs, the identifiers that Onedata gives to every resource of its
//! graph.

use std::fmt;

use crate::ServiceType;

/// What a call does to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Create.
    Create,
    /// Get.
    Get,
    /// Update.
    Update,
    /// Delete.
    Delete,
}

impl Operation {
    const ALL: [Self; 4] = [Self::Create, Self::Get, Self::Update, Self::Delete];

    /// The name that patterns use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Get => "get",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// How much of a resource a call sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Private,
    /// What members see.
    Protected,
    /// What is shared with others.
    Shared,
    /// What everybody sees.
    Public,
    /// As much as the caller may.
    Auto,
}

impl Scope {
    const ALL: [Self; 5] = [Self::Private, Self::Protected, Self::Shared, Self::Public, Self::Auto];

    /// The name that patterns use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Protected => "protected",
            Self::Shared => "shared",
            Self::Public => "public",
            Self::Auto => "auto",
        }
    }
}

/// A call, as patterns see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiCall<'a> {
    /// The service that does the work.
    pub service: ServiceType,
    /// What is done.
    pub operation: Operation,
    /// The type of the resource, such as `token`.
    pub entity_type: &'a str,
    /// The id of the resource, when it has one.
    pub entity_id: Option<&'a str>,
    /// The aspect of the resource, such as `user_named_tokens`.
    pub aspect: &'a str,
    /// What a compound aspect is about, such as the user's id.
    pub sub_aspect: Option<&'a str>,
    /// How much of the resource is seen.
    pub scope: Scope,
}

impl<'a> ApiCall<'a> {
    /// Deleting all named tokens of a user.
    pub fn delete_user_named_tokens(user_id: &'a str) -> Self {
        Self::named_tokens(Operation::Delete, "user_named_tokens", user_id)
    }

    /// Listing the named tokens of a provider.
    pub fn list_provider_named_tokens(provider_id: &'a str) -> Self {
        Self::named_tokens(Operation::Get, "provider_named_tokens", provider_id)
    }

    fn named_tokens(operation: Operation, aspect: &'a str, owner: &'a str) -> Self {
        Self {
            service: ServiceType::OzWorker,
            operation,
            entity_type: "token",
            entity_id: None,
            aspect,
            sub_aspect: Some(owner),
            scope: Scope::Private,
        }
    }
}

/// One entry of an API caveat. `Display` is the serialized form, always with a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiPattern {
    service: Part<ServiceType>,
    operation: Part<Operation>,
    entity_type: &'static str,
    entity_id: String,
    aspect: String,
    sub_aspect: Option<String>,
    scope: Part<Scope>,
}

impl ApiPattern {
    /// Reads the serialized form; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (Some(service), Some(operation), Some(gri), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let mut parts = gri.split('.');
        let (Some(entity_type), Some(entity_id), Some(aspect_and_scope), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let (aspect, scope) = aspect_and_scope.split_once(':').unwrap_or((aspect_and_scope, "private"));
        let (aspect, sub_aspect) = match aspect.split_once(',') {
            Some((aspect, sub_aspect)) => (aspect, Some(sub_aspect)),
            None => (aspect, None),
        };
        if sub_aspect.is_some_and(|sub_aspect| sub_aspect.contains(',')) {
            return None;
        }
        Some(Self {
            service: Part::parse(service, "all", ServiceType::from_short_name)?,
            operation: Part::parse(operation, "all", |name| {
                Operation::ALL.into_iter().find(|operation| operation.name() == name)
            })?,
            entity_type: ENTITY_TYPES.into_iter().find(|known| *known == entity_type)?,
            entity_id: entity_id.to_owned(),
            aspect: aspect.to_owned(),
            sub_aspect: sub_aspect.map(str::to_owned),
            scope: Part::parse(scope, "*", |name| Scope::ALL.into_iter().find(|scope| scope.name() == name))?,
        })
    }

    /// Whether the pattern matches the call.
    pub fn allows(&self, call: &ApiCall<'_>) -> bool {
        self.service.allows(call.service)
            && self.operation.allows(call.operation)
            && matches(self.entity_type, call.entity_type)
            && self.allows_id(call.entity_id)
            && self.allows_aspect(call)
            && self.scope.allows(call.scope)
    }

    fn allows_id(&self, id: Option<&str>) -> bool {
        match self.entity_id.as_str() {
            "*" => true,
            "null" => id.is_none(),
            literal => id == Some(literal),
        }
    }

    fn allows_aspect(&self, call: &ApiCall<'_>) -> bool {
        match (&self.sub_aspect, call.sub_aspect) {
            // A lone wildcard matches compound aspects too; a lone name does not.
            (None, _) if self.aspect == "*" => true,
            (None, None) => self.aspect == call.aspect,
            (Some(pattern), Some(sub_aspect)) => {
                matches(&self.aspect, call.aspect) && matches(pattern, sub_aspect)
            }
            _ => false,
        }
    }
}

impl fmt::Display for ApiPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = self.service.name("all", ServiceType::short_name);
        let operation = self.operation.name("all", Operation::name);
        write!(formatter, "{service}/{operation}/{}.{}.{}", self.entity_type, self.entity_id, self.aspect)?;
        if let Some(sub_aspect) = &self.sub_aspect {
            write!(formatter, ",{sub_aspect}")?;
        }
        write!(formatter, ":{}", self.scope.name("*", Scope::name))
    }
}

/// A part of a pattern that is one of a few names, or the wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<T> {
    Any,
    Only(T),
}

impl<T: Copy + PartialEq> Part<T> {
    fn parse(text: &str, any: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Self> {
        if text == any { Some(Self::Any) } else { parse(text).map(Self::Only) }
    }

    fn allows(self, value: T) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => only == value,
        }
    }

    fn name(self, any: &'static str, name: impl FnOnce(T) -> &'static str) -> &'static str {
        match self {
            Self::Any => any,
            Self::Only(only) => name(only),
        }
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    pattern == "*" || pattern == text
}

/// The wildcard and every type of resource in Onedata 21.02. A pattern over another type makes its caveat
/// unknown.
const ENTITY_TYPES: [&str; 50] = [
    "*",
    "oz_worker",
    "user",
    "group",
    "space",
    "share",
    "provider",
    "handleService",
    "handle",
    "cluster",
    "harvester",
    "storage",
    "token",
    "space_stats",
    "temporary_token_secret",
    "atm_inventory",
    "atm_lambda",
    "atm_workflow_schema",
    "onp_ceph",
    "onp_cluster",
    "onp_host",
    "onp_panel",
    "onp_provider",
    "onp_service",
    "onp_space",
    "onp_storage",
    "onp_user",
    "onp_zone",
    "op_archive",
    "op_atm_inventory",
    "op_atm_lambda_snapshot",
    "op_atm_store",
    "op_atm_task_execution",
    "op_atm_workflow_execution",
    "op_atm_workflow_schema",
    "op_atm_workflow_schema_snapshot",
    "op_dataset",
    "file",
    "op_group",
    "op_handle",
    "op_handle_service",
    "op_metrics",
    "op_provider",
    "op_qos",
    "op_replica",
    "op_share",
    "op_space",
    "op_storage",
    "op_transfer",
    "op_user",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, call: &ApiCall<'_>) -> bool {
        ApiPattern::parse(pattern).unwrap().allows(call)
    }

    #[test]
    fn a_pattern_allows_what_it_matches_in_every_part() {
        let call = ApiCall::delete_user_named_tokens("u");
        for pattern in [
            "all/all/*.*.*:*",
            "ozw/delete/token.null.user_named_tokens,u:private",
            "ozw/delete/token.null.user_named_tokens,u",
            "ozw/delete/token.*.user_named_tokens,*",
            "ozw/all/token.null.*,*:*",
            "all/delete/token.null.*,u:private",
        ] {
            assert!(allows(pattern, &call), "{pattern}");
        }
        for pattern in [
            "opw/delete/token.null.user_named_tokens,u:private",
            "ozw/get/token.null.user_named_tokens,u:private",
            "ozw/delete/user.null.user_named_tokens,u:private",
            "ozw/delete/token.u.user_named_tokens,u:private",
            "ozw/delete/token.self.user_named_tokens,u:private",
            "ozw/delete/token..user_named_tokens,u:private",
            "ozw/delete/token.null.provider_named_tokens,u:private",
            "ozw/delete/token.null.user_named_tokens,v:private",
            "ozw/delete/token.null.user_named_tokens:private",
            "ozw/delete/token.null.user_named_tokens,:private",
            "ozw/delete/token.null.user_named_tokens,u:protected",
            "ozw/delete/token.null.user_named_tokens,u:auto",
        ] {
            assert!(!allows(pattern, &call), "{pattern}");
        }
    }

    #[test]
    fn simple_and_compound_aspects_are_told_apart() {
        let compound = ApiCall::list_provider_named_tokens("p");
        let simple = ApiCall { aspect: "instance", sub_aspect: None, entity_id: Some("i"), ..compound };
        for (aspect, matches_simple, matches_compound) in [
            ("*", true, true),
            ("*,*", false, true),
            ("instance", true, false),
            ("provider_named_tokens", false, false),
            ("provider_named_tokens,*", false, true),
            ("*,p", false, true),
            ("*,q", false, false),
        ] {
            let pattern = format!("all/all/*.*.{aspect}:*");
            assert_eq!(allows(&pattern, &simple), matches_simple, "{pattern}");
            assert_eq!(allows(&pattern, &compound), matches_compound, "{pattern}");
        }
        assert!(allows("ozw/get/token.i.instance", &simple));
        assert!(!allows("ozw/get/token.null.instance", &simple));
    }

    #[test]
    fn what_is_not_a_pattern_is_refused() {
        for text in [
            "",
            "all/all",
            "all/all/*.*.*:*/",
            "/all/all/*.*.*:*",
            "xyz/all/*.*.*:*",
            "all/list/*.*.*:*",
            "all/all/*.*",
            "all/all/*.*.*.*",
            "all/all/nothing.*.*:*",
            "all/all/od_user.*.*:*",
            "all/all/*.*.*:",
            "all/all/*.*.*:secret",
            "all/all/*.*.*:*:*",
            "all/all/*.*.a,b,c:*",
            "ALL/all/*.*.*:*",
        ] {
            assert_eq!(ApiPattern::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn patterns_are_written_with_their_scope() {
        for (text, written) in [
            ("all/all/*.*.*:*", "all/all/*.*.*:*"),
            ("opp/update/onp_zone.self.a,b:shared", "opp/update/onp_zone.self.a,b:shared"),
            ("ozp/create/file.x.y", "ozp/create/file.x.y:private"),
        ] {
            assert_eq!(ApiPattern::parse(text).unwrap().to_string(), written);
        }
    }
}
