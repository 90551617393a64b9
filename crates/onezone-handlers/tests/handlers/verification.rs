//! The order of checks on an access token, each row with everything after it wrong as well.

use onezone_store::Unnamed;
use onezone_tokens::Limits;

use crate::support::{
    Onezone, TEMPORARY_SECRET, access, audit, forged, named, root, settings, signed, token, zone,
};

#[tokio::test]
async fn the_first_check_that_fails_decides() {
    let mut zone = zone();
    zone.tokens.push(named("usr-alice", "revoked"));
    zone.tokens.last_mut().unwrap().revoked = true;
    let onezone = Onezone::over(zone, settings()).await;
    let expired = &["time < 1"][..];
    for (token, outcome) in [
        // 1: the type, before anything is looked up.
        (forged("2/nmd/usr-alice/idn/alice-token", expired), "401 notAnAccessToken"),
        (forged("2/nmd/usr-alice/ujg:g:/nowhere", expired), "401 notAnAccessToken"),
        // 2a, 2b: the generation of a temporary token.
        (forged("2/tmp-1/usr-alice/act/t", expired), "401 tokenRevoked"),
        (forged("2/tmp-3/usr-alice/act/t", expired), "401 tokenInvalid"),
        // 2c, 2d, 2e: the record of a named token.
        (forged("2/nmd/usr-alice/act/nowhere", expired), "401 tokenInvalid"),
        (forged("2/nmd/usr-bob/act/revoked", expired), "401 tokenRevoked"),
        (forged("2/nmd/usr-bob/act/alice-token", expired), "401 tokenSubjectInvalid"),
        (forged("2/nmd/prv-alice/act/alice-token", expired), "401 tokenSubjectInvalid"),
        (forged("2/nmd/usr-/act/alice-token", expired), "401 tokenSubjectInvalid"),
        (forged("2/nmd/nobody/act/alice-token", expired), "401 tokenSubjectInvalid"),
        // 3: the caveats.
        (forged("2/nmd/usr-alice/act:s/alice-token", expired), "401 tokenCaveatUnverified"),
        (forged("2/tmp-2/usr-alice/act:s/t", expired), "401 tokenCaveatUnverified"),
        // 4: the signature.
        (forged("2/nmd/usr-mallory/act:s/mallory-token", &[]), "401 tokenInvalid"),
        (forged("2/tmp-2/usr-mallory/act:s/t", &[]), "401 tokenInvalid"),
        // 5: the session. 6: a subject that does not exist has no record. 7: blocked.
        (token("2/nmd/usr-mallory/act:s/mallory-token", &[]), "401 tokenSessionInvalid"),
        (token("2/nmd/usr-mallory/act/mallory-token", &[]), "401 userBlocked"),
        (signed("2/tmp-2/usr-mallory/act/t", &[], TEMPORARY_SECRET), "401 userBlocked"),
        // Valid ones.
        (access("alice"), "403 forbidden"),
        (root("prague"), "403 forbidden"),
        (signed("2/tmp-2/usr-alice/act/t", &[], TEMPORARY_SECRET), "403 forbidden"),
        (signed("2/tmp-2/prv-paris/act/t", &[], TEMPORARY_SECRET), "403 forbidden"),
    ] {
        assert_eq!(onezone.present(&token).await, outcome, "{token}");
    }
}

#[tokio::test]
async fn a_token_of_old_is_found_by_its_id_alone() {
    let onezone = Onezone::new().await;
    onezone.add_token("usr-alice", "legacy", 1).await;
    onezone.add_token("usr-mallory", "legacy/blocked", 1).await;
    for (token, outcome) in [
        (token("legacy", &[]), "403 forbidden"),
        (signed("1/legacy", &[], "secret of legacy"), "403 forbidden"),
        (token("legacy/blocked", &[]), "401 userBlocked"),
        (forged("legacy", &[]), "401 tokenInvalid"),
        (forged("legacy-nowhere", &["time < 1"]), "401 tokenInvalid"),
        (token("legacy", &["time < 1"]), "401 tokenCaveatUnverified"),
    ] {
        assert_eq!(onezone.present(&token).await, outcome, "{token}");
    }
}

#[tokio::test]
async fn a_subject_that_is_gone_takes_its_tokens_with_it() {
    let onezone = Onezone::new().await;
    let temporary = signed("2/tmp-2/usr-alice/act/t", &[], TEMPORARY_SECRET);
    assert_eq!(onezone.present(&temporary).await, "403 forbidden");
    let mut without = zone();
    without.users.retain(|user| user.id != "alice");
    without.tokens.retain(|token| token.subject.to_string() != "usr-alice");
    without.spaces.iter_mut().for_each(|space| space.users.retain(|id| id != "alice"));
    without.temporary_tokens.retain(|secret| secret.subject.to_string() != "usr-alice");
    onezone.store.apply(&without, Unnamed::Remove, &audit("remove")).await.unwrap();
    assert_eq!(onezone.delete("alice", &[("x-auth-token", &access("alice"))]).await, "401 tokenInvalid");
    // Onezone makes a secret of generation 1 at this point; the answers are those that follow from it.
    let first = signed("2/tmp-1/usr-alice/act/t", &[], TEMPORARY_SECRET);
    assert_eq!(onezone.present(&first).await, "401 tokenInvalid");
    let earlier = signed("2/tmp-0/usr-alice/act/t", &[], TEMPORARY_SECRET);
    assert_eq!(onezone.present(&earlier).await, "401 tokenRevoked");
}

#[tokio::test]
async fn a_holder_may_confine_a_token_further() {
    let onezone = Onezone::new().await;
    let confined = token("2/nmd/usr-alice/act/alice-token", &["interface = rest", "time < 1700000001"]);
    assert_eq!(onezone.present(&confined).await, "403 forbidden");
    let elsewhere = token("2/nmd/usr-alice/act/alice-token", &["ip = 192.0.2.0/24"]);
    assert_eq!(onezone.present(&elsewhere).await, "403 forbidden");
    let headers = [("x-auth-token", elsewhere.as_str()), ("x-forwarded-for", "192.0.2.1")];
    let path = "/providers/nowhere/tokens/named";
    let answer = onezone.send_from("198.51.100.1:1", "GET", path, &headers).await;
    assert_eq!(answer.outcome(), "401 tokenCaveatUnverified", "forwarded addresses are not believed");
    let answer = onezone.send_from("[::ffff:192.0.2.9]:1", "GET", path, &headers).await;
    assert_eq!(answer.outcome(), "403 forbidden", "an IPv4 address in its IPv6 form is the same address");
}

#[tokio::test]
async fn reading_a_token_writes_nothing() {
    let onezone = Onezone::new().await;
    let before = onezone.store.export().await.unwrap();
    for token in [
        signed("2/tmp-1/usr-bob/act/t", &[], "x"),
        signed("2/tmp-1/usr-nobody/act/t", &[], "x"),
        access("alice"),
    ] {
        onezone.present(&token).await;
    }
    assert_eq!(onezone.store.export().await.unwrap(), before);
}

#[tokio::test]
async fn tokens_of_groups_and_nobody_fail_as_in_onezone() {
    let onezone = Onezone::new().await;
    for (identifier, outcome) in [
        ("2/tmp-1/grp-staff/act/t", "401 internalServerError"),
        ("2/tmp-1/nobody/act/t", "401 internalServerError"),
        ("2/nmd/grp-staff/act/nowhere", "401 tokenInvalid"),
    ] {
        assert_eq!(onezone.present(&signed(identifier, &[], "x")).await, outcome, "{identifier}");
    }
}

#[tokio::test]
async fn a_token_over_the_limit_is_refused_with_the_limit() {
    let settings = onezone_handlers::Settings {
        token_limits: Limits { max_serialized: 100, ..Limits::default() },
        ..settings()
    };
    let onezone = Onezone::over(zone(), settings).await;
    let long = "x".repeat(101);
    let answer = onezone.send("GET", "/providers/p/tokens/named", &[("x-auth-token", &long)]).await;
    assert_eq!(answer.outcome(), "401 tokenTooLarge");
    assert_eq!(answer.error()["details"]["authError"]["details"]["limit"], 100);
    let headers = [("x-auth-token", "x"), ("x-onedata-service-token", &*long)];
    assert_eq!(onezone.list("p", &headers).await, "401 badToken", "the token itself comes first");
}

#[tokio::test]
async fn the_token_of_another_version_is_judged_by_its_own_record() {
    // Whoever knows the secret of a record may write its id in the old form.
    let onezone = Onezone::new().await;
    let old_form = signed("1/alice-token", &[], "secret of alice-token");
    assert_eq!(onezone.present(&old_form).await, "403 forbidden");
    assert_eq!(onezone.present(&forged("1/alice-token", &["time < 1"])).await, "401 tokenCaveatUnverified");
}
