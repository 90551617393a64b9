//! Which services may use whose tokens: table 5.3.

use crate::expect::{service_forbidden, unverified};
use crate::mint::token;
use crate::row::{Row, access, confined, delete, list, probe, root, run};
use crate::world::World;

const SERVICE: &str = "X-Onedata-Service-Token";

pub(crate) fn rows() -> Vec<Row> {
    let worker = |provider: &str| token(&format!("2/nmd/prv-{provider}/idn/{provider}-root"), &[]);
    let panel = |provider: &str| format!("opp-{}", worker(provider));
    let mut rows =
        vec![
            list("5.3/any/Onezone worker (default, no service token)", "a user", "paris")
                .user("erin")
                .lists(&["legacy-paris", "paris-revoked", "paris-root"]),
            list("5.3/any/Onezone worker (default, no service token)", "a provider", "prague")
                .token(root("prague"))
                .lists(&["prague-root"]),
        ];
    let label = "5.3/user/op-panel of P";
    // Members: directly with whatever privilege, and through groups of every shape.
    for user in ["erin", "frank", "gwen", "hugo", "iris", "deep", "wide", "ring"] {
        rows.push(probe(label, user).user(user).header(SERVICE, panel("paris")).accepted());
    }
    rows.push(probe(label, "gwen in prague").user("gwen").header(SERVICE, panel("prague")).accepted());
    for user in ["alice", "carol", "dora", "out", "twin"] {
        let row = probe(label, user).user(user).header(SERVICE, panel("paris"));
        rows.push(row.refused(service_forbidden("op_panel", "paris")));
    }
    for user in ["erin", "deep", "carol"] {
        let row = probe(label, user).user(user).header(SERVICE, panel("prague"));
        rows.push(row.refused(service_forbidden("op_panel", "prague")));
    }
    let label = "5.3/user/op-worker of P";
    // Users: who has a space that the provider supports, directly and through groups of every shape.
    for user in ["bob", "frank", "deep", "ring"] {
        for service in
            [worker("paris"), format!("opw-{}", worker("paris")), root("paris"), token("legacy-paris", &[])]
        {
            rows.push(probe(label, user).user(user).header(SERVICE, service).accepted());
        }
    }
    rows.push(
        probe(label, "a provider that supports the same space")
            .user("frank")
            .header(SERVICE, worker("twin"))
            .accepted(),
    );
    rows.push(probe(label, "gwen in prague").user("gwen").header(SERVICE, worker("prague")).accepted());
    // Being of the cluster, an administrator, or of a space that nobody supports makes nobody a user of the provider.
    for (user, provider) in [
        ("alice", "paris"),
        ("erin", "paris"),
        ("carol", "paris"),
        ("gwen", "paris"),
        ("dora", "paris"),
        ("bob", "prague"),
        ("deep", "twin"),
    ] {
        for service in [worker(provider), format!("opw-{}", worker(provider))] {
            let row = probe(label, user).user(user).header(SERVICE, service);
            rows.push(row.refused(service_forbidden("op_worker", provider)));
        }
    }
    // Members of the cluster may use the panel and users the worker, not the other way round.
    rows.push(
        probe("5.3/user/op-panel of P", "a user")
            .user("bob")
            .header(SERVICE, panel("paris"))
            .refused(service_forbidden("op_panel", "paris")),
    );
    // A token confined to the worker is accepted through it, and then may not do what the worker has no need of.
    let caveat = "service = opw-paris";
    let bob = |caveats: &[&str]| {
        delete(label, caveats.join(", "), "bob").also("4.4").token(confined("bob", caveats))
    };
    rows.push(bob(&[caveat]).header(SERVICE, worker("paris")).refused(unverified(caveat)));
    rows.push(bob(&["service = opw-*|ozw-onezone"]).header(SERVICE, worker("paris")).deleted());
    rows.push(
        bob(&["service = opw-*"]).header(SERVICE, panel("paris")).refused(unverified("service = opw-*")),
    );
    let label = "5.3/provider/op-worker / op-panel (any)";
    for provider in ["paris", "prague", "twin"] {
        let row =
            |service: String| list(label, provider, provider).token(root(provider)).header(SERVICE, service);
        rows.push(row(worker("paris")).refused(service_forbidden("op_worker", "paris")));
        rows.push(row(panel("paris")).refused(service_forbidden("op_panel", "paris")));
        rows.push(row(panel(provider)).refused(service_forbidden("op_panel", provider)));
    }
    // A token confined to its service is no way round.
    let alice = confined("alice", &["service = opp-paris"]);
    rows.push(
        probe("5.3/user/op-panel of P", "confined to it")
            .token(alice)
            .header(SERVICE, panel("paris"))
            .refused(service_forbidden("op_panel", "paris")),
    );
    // A password has no service, and what is sent beside it is not read.
    rows.push(probe("2.2", "a service beside nothing").header(SERVICE, panel("paris")).anonymous());
    rows.push(
        list("5.3/user/op-panel of P", "the right is needed all the same", "paris")
            .user("hugo")
            .header(SERVICE, panel("paris"))
            .forbidden(),
    );
    rows.push(
        probe("5.3/any/Onezone worker (default, no service token)", "a name for it")
            .token(access("alice"))
            .accepted(),
    );
    rows
}

#[tokio::test]
async fn a_service_may_use_the_tokens_of_its_own_users() {
    run(&World::new().await, &rows()).await;
}
