//! Caveats of every kind, for property tests.

use proptest::prelude::*;

use super::{Caveat, FilterKind, GeoFilter, Interface, IpMask};
use crate::api::ApiPattern;
use crate::{Integer, Service, Subject};

/// Any caveat that can be signed.
pub(crate) fn caveat() -> impl Strategy<Value = Caveat> {
    let id = "[^|]{0,12}";
    let mask = (any::<[u8; 4]>(), 0..=32_u32).prop_map(|([a, b, c, d], bits)| {
        IpMask::parse(&format!("{a}.{b}.{c}.{d}/{bits}")).unwrap_or_else(|| unreachable!("a mask"))
    });
    let integer =
        "-?[0-9]{1,30}".prop_map(|text| Integer::parse(&text).unwrap_or_else(|| unreachable!("an integer")));
    let geo = || {
        (any::<bool>(), proptest::collection::vec("[^|]{1,12}", 1..4)).prop_map(|(white, names)| GeoFilter {
            kind: if white { FilterKind::Whitelist } else { FilterKind::Blacklist },
            names,
        })
    };
    let service = ("(ozw|ozp|opw|opp)", id)
        .prop_map(|(name, id)| Service::parse(&format!("{name}-{id}")).unwrap_or_else(Service::onezone));
    let consumer = ("(usr|grp|prv)", id)
        .prop_map(|(prefix, id)| Subject::parse(&format!("{prefix}-{id}")).unwrap_or(Subject::Nobody));
    let pattern = (
        "(all|ozw|ozp|opw|opp)/(all|create|get|update|delete)",
        "(\\*|user|token|op_space|handleService)",
        "(\\*|self|null|[^|./:,]{0,6})",
        "(\\*|[a-z_]{0,6})(,(\\*|[^|./:,]{0,6}))?",
        "(|:\\*|:private|:protected|:shared|:public|:auto)",
    )
        .prop_map(|(call, kind, id, aspect, scope)| {
            let text = format!("{call}/{kind}.{id}.{aspect}{scope}");
            ApiPattern::parse(&text).unwrap_or_else(|| unreachable!("{text} is a pattern"))
        });
    prop_oneof![
        any::<i64>().prop_map(|valid_until| Caveat::Time { valid_until }),
        proptest::collection::vec(mask, 1..4).prop_map(Caveat::Ip),
        proptest::collection::vec(integer, 1..4).prop_map(Caveat::Asn),
        geo().prop_map(Caveat::Country),
        geo().prop_map(Caveat::Region),
        Just(Caveat::Scope),
        proptest::collection::vec(service, 1..4).prop_map(Caveat::Service),
        proptest::collection::vec(consumer, 1..4).prop_map(Caveat::Consumer),
        (0..3_usize).prop_map(|index| Caveat::Interface(
            [Interface::Rest, Interface::Oneclient, Interface::Graphsync][index]
        )),
        proptest::collection::vec(pattern, 1..4).prop_map(Caveat::Api),
        Just(Caveat::DataReadonly),
        proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..12), 1..4)
            .prop_map(Caveat::DataPath),
        proptest::collection::vec("[^|]{1,12}", 1..4).prop_map(Caveat::DataObjectId),
    ]
}
