//! What is said of a caveat that does not hold: table 4.3 and the JSON of table 4.1, literally.

use serde_json::Value;

use crate::expect::unverified_as;
use crate::row::{Row, confined, probe, run};
use crate::world::World;

const ADDRESS: &str = "this token can only be used from an IP address that";

/// Cell, serialized form, JSON, text.
const TABLE: [(&str, &str, &str, &str); 20] = [
    (
        "4.3/time",
        "time < 1571147494",
        r#"{"type":"time","validUntil":1571147494}"#,
        "unverified time caveat: this token has expired at '2019-10-15T13:51:34Z'",
    ),
    (
        "4.3/time",
        "time < 0",
        r#"{"type":"time","validUntil":0}"#,
        "unverified time caveat: this token has expired at '1970-01-01T00:00:00Z'",
    ),
    (
        "4.3/time",
        "time < 951782400",
        r#"{"type":"time","validUntil":951782400}"#,
        "unverified time caveat: this token has expired at '2000-02-29T00:00:00Z'",
    ),
    (
        "4.3/ip",
        "ip = 189.34.15.0/8|10.0.0.0/24",
        r#"{"type":"ip","whitelist":["189.34.15.0/8","10.0.0.0/24"]}"#,
        "unverified IP caveat: @ matches: '189.34.15.0/8 or 10.0.0.0/24'",
    ),
    (
        "4.3/asn",
        "asn = 64496|64497",
        r#"{"type":"asn","whitelist":[64496,64497]}"#,
        "unverified ASN caveat: @ maps to the following Autonomous System Number: '64496 or 64497'",
    ),
    (
        "4.3/country",
        "geo.country = PL|FR",
        r#"{"type":"geo.country","filter":"whitelist","list":["PL","FR"]}"#,
        "unverified country caveat: @ comes from the following country: 'PL or FR'",
    ),
    (
        "4.3/country",
        "geo.country != PL",
        r#"{"type":"geo.country","filter":"blacklist","list":["PL"]}"#,
        "unverified country caveat: @ does NOT come from the following country: 'PL'",
    ),
    (
        "4.3/region",
        "geo.region = EU",
        r#"{"type":"geo.region","filter":"whitelist","list":["EU"]}"#,
        "unverified region caveat: @ comes from the following region: 'EU'",
    ),
    (
        "4.3/region",
        "geo.region != Asia|EU",
        r#"{"type":"geo.region","filter":"blacklist","list":["Asia","EU"]}"#,
        "unverified region caveat: @ does NOT come from the following region: 'Asia or EU'",
    ),
    (
        "4.3/service",
        "service = ozp-onezone|opw-*|opp-b|ozw-c",
        r#"{"type":"service","whitelist":["ozp-onezone","opw-*","opp-b","ozw-c"]}"#,
        "unverified service caveat: the service using this token must authenticate as 'oz_panel:onezone or op_worker:* or op_panel:b or oz_worker:c' (use the x-onedata-service-token header), or the requested API operation is disallowed for the whitelisted services",
    ),
    (
        "4.3/consumer",
        "consumer = usr-X|grp-Y|prv-*",
        r#"{"type":"consumer","whitelist":["usr-X","grp-Y","prv-*"]}"#,
        "unverified consumer caveat: the consumer of this token must authenticate as 'user:X or group:Y or oneprovider:*' - if that's you, you should:\n   * send your access token in 'x-auth-token' header if consuming an invite token\n   * send your identity token in 'x-onedata-consumer-token' header if performing an operation on behalf of somebody else with their access token\n   * send your identity token in 'consumerToken' field if using token verification API",
    ),
    (
        "4.3/interface",
        "interface = oneclient",
        r#"{"type":"interface","interface":"oneclient"}"#,
        "unverified interface caveat: this token can only be used in the 'oneclient' interface",
    ),
    (
        "4.3/interface",
        "interface = graphsync",
        r#"{"type":"interface","interface":"graphsync"}"#,
        "unverified interface caveat: this token can only be used in the 'graphsync' interface",
    ),
    (
        "4.3/API",
        "api = opw/all/*.*.*:*|ozw/get/user.self.instance:private",
        r#"{"type":"api","whitelist":["opw/all/*.*.*:*","ozw/get/user.self.instance:private"]}"#,
        "unverified API caveat: this token can only be used for API calls that match the following spec: 'opw/all/*.*.*:* or ozw/get/user.self.instance:private'",
    ),
    (
        "4.3/scope",
        "authorization = none",
        r#"{"scope":"identityToken"}"#,
        "this token carries no authorization (can be used only for identity verification)",
    ),
    (
        "4.3/data.readonly",
        "data.readonly",
        r#"{"type":"data.readonly"}"#,
        "unverified data access caveat: this token allows for readonly data access",
    ),
    (
        "4.3/data.path",
        "data.path = L3NwYWNlMS9maWxlMS50eHQ=|L3NwYWNlMi9kaXIvZmlsZTIudHh0",
        r#"{"type":"data.path","whitelist":["L3NwYWNlMS9maWxlMS50eHQ=","L3NwYWNlMi9kaXIvZmlsZTIudHh0"]}"#,
        "unverified data path caveat: this token can only be used to access data under the following paths (and nested directories): '/space1/file1.txt or /space2/dir/file2.txt'",
    ),
    (
        "4.3/data.path",
        "data.path = L8SF",
        r#"{"type":"data.path","whitelist":["L8SF"]}"#,
        "unverified data path caveat: this token can only be used to access data under the following paths (and nested directories): '/ą'",
    ),
    (
        "4.3/data.objectid",
        "data.objectid = 00000000000CDBDA|1234",
        r#"{"type":"data.objectid","whitelist":["00000000000CDBDA","1234"]}"#,
        "unverified data path caveat: this token can only be used to access data with the following FILE_ID (and nested directories): '00000000000CDBDA or 1234'",
    ),
    (
        "4.3/data.objectid",
        "data.objectid = \"\\",
        r#"{"type":"data.objectid","whitelist":["\"\\"]}"#,
        "unverified data path caveat: this token can only be used to access data with the following FILE_ID (and nested directories): '\"\\'",
    ),
];

pub(crate) fn rows() -> Vec<Row> {
    let row = |(label, serialized, json, text): (&'static str, &str, &str, &str)| {
        let json: Value = serde_json::from_str(json).unwrap();
        let text = text.replace('@', ADDRESS);
        // An API caveat is held against the call, which somebody makes who may.
        probe(label, serialized).token(confined("carol", &[serialized])).refused(unverified_as(&json, &text))
    };
    TABLE.into_iter().map(row).collect()
}

#[tokio::test]
async fn every_caveat_that_does_not_hold_is_told_in_json_and_in_words() {
    run(&World::new().await, &rows()).await;
}
