//! The zone that the journeys take place in: everybody that the two operations tell apart.

/// Holds `oz_tokens_manage`.
pub(crate) const CAROL: &str = "carol-login:carol's password";
/// Owns tokens, and has `cluster_update` at the provider by way of a group.
pub(crate) const ALICE: &str = "alice-login:alice's password";
/// May see to his own tokens and nothing else.
pub(crate) const BOB: &str = "bob-login:bob's password";
/// Is blocked.
pub(crate) const DORA: &str = "dora-login:dora's password";

/// The provider's tokens in the order in which they are to be listed: by name, which is neither the order of the ids nor that of the file.
pub(crate) const LISTED: [&str; 5] = ["p5", "p4", "p3", "p2", "p1"];

pub(crate) const ZONE: &str = r#"
users:
  - {id: carol, username: carol-login, password: "carol's password", privileges: [oz_tokens_manage]}
  - {id: alice, username: alice-login, password: "alice's password"}
  - {id: bob, username: bob-login, password: "bob's password"}
  - {id: dora, username: dora-login, password: "dora's password", blocked: true}
  - {id: erin, username: erin-login, password: "erin's password", basicAuth: false}
groups:
  - {id: operators, users: [alice]}
providers:
  - id: krakow
    cluster: {groups: {operators: [cluster_update]}}
  - id: empty
tokens:
  - {id: p3, name: 'alpha', subject: prv-krakow}
  - {id: p1, name: 'żółw', subject: prv-krakow, revoked: true}
  - {id: p5, name: '10', subject: prv-krakow, type: identityToken}
  - {id: p2, name: 'beta', subject: prv-krakow, caveats: ['time < 1']}
  - {id: p4, name: 'Zulu', subject: prv-krakow}
  - {id: carol-token, name: administration, subject: usr-carol}
  - {id: alice-token, name: laptop, subject: usr-alice}
  - {id: alice-other, name: phone, subject: usr-alice}
  - {id: alice-revoked, name: stolen, subject: usr-alice, revoked: true}
  - {id: alice-expired, name: expired, subject: usr-alice, caveats: ['time < 1000000000']}
  - {id: alice-reads, name: reads, subject: usr-alice, caveats: ['api = ozw/get/token.null.provider_named_tokens,krakow']}
  - {id: alice-invites, name: invites, subject: usr-alice, type: {inviteToken: {inviteType: userJoinGroup, groupId: operators}}}
  - {id: bob-token, name: laptop, subject: usr-bob}
  - {id: dora-token, name: laptop, subject: usr-dora}
temporaryTokens:
  - {subject: usr-alice, secret: 'the secret of temporary tokens', generation: 1}
"#;
