//! Reading everything and saying what is wrong; revoking everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use onezone_store::conformance::{audit, of_user};
use onezone_store::{Position, Revoked, Secret, Secrets, Upkeep};

use crate::place::{Place, fill, ring};

async fn problems(store: &dyn Upkeep) -> (u64, Vec<String>) {
    let mut found = store.inspect().await.unwrap();
    let (mut records, mut next) = (0, Some(Position::default()));
    while let Some(position) = next {
        let step = store.verify(&position).await.unwrap();
        records += step.records;
        found.extend(step.problems);
        next = step.next;
    }
    (records, found)
}

pub(crate) async fn a_whole_store_has_no_problems(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    assert_eq!(problems(&*store).await, (0, vec![]));
    fill(&*store).await;
    let (records, found) = problems(&*store).await;
    assert_eq!(found, Vec::<String>::new());
    // Tokens, subjects, users, and the rows of the audit log.
    assert!(records > 1300 + 3 + 3, "{records}");
}

pub(crate) async fn every_problem_is_found_with_its_place(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    fill(&*store).await;
    for sql in [
        "UPDATE named_tokens SET type = 'nonsense' WHERE id = 'alice-0500'",
        "UPDATE named_tokens SET sealed_secret = (SELECT o.sealed_secret FROM named_tokens o WHERE o.id = 'bob-0001') \
         WHERE id = 'bob-0500'",
        "UPDATE users SET password_hash = (SELECT o.password_hash FROM users o WHERE o.id = 'bob') WHERE id = 'carol'",
        "UPDATE audit_log SET token_ids = 'nonsense'",
        "INSERT INTO subjects (subject) VALUES ('usr-nobody')",
        "INSERT INTO zone_privileges (holder, privilege) VALUES ('grp-none', 'oz_view')",
    ] {
        place.execute(sql);
    }
    let (_, found) = problems(&*store).await;
    for part in [
        "token \"alice-0500\" is damaged",
        "the secret of token \"bob-0500\" of usr-bob does not open",
        "the password hash of user \"carol\" does not open",
        "audit row \"audit-000001\" is damaged",
        "\"usr-nobody\" is neither a user nor a provider",
        "\"grp-none\" has memberships or privileges and does not exist",
    ] {
        assert!(found.iter().any(|problem| problem.contains(part)), "{part}: {found:?}");
    }
    assert!(found.iter().all(|problem| !problem.contains("secret of bob-")), "{found:?}");
}

pub(crate) async fn everything_is_revoked_at_once(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    fill(&*store).await;
    store.revoke_token("bob-0001", &audit(2)).await.unwrap();
    let count = AtomicU64::new(0);
    let fresh: Secrets =
        Arc::new(move || Ok(Secret::new(format!("fresh {}", count.fetch_add(1, Ordering::Relaxed)))));
    let revoked = store.revoke_everything(&fresh, &audit(3)).await.unwrap();
    assert_eq!(revoked, Revoked { tokens: 1299, temporary_tokens: 2 });
    let zone = store.export().await.unwrap();
    assert!(zone.tokens.len() == 1300 && zone.tokens.iter().all(|token| token.revoked));
    for temporary in &zone.temporary_tokens {
        assert!(temporary.generation == 4 && temporary.secret.expose().starts_with("fresh"), "{temporary:?}");
    }
    for (name, epoch) in [("alice", 1), ("bob", 2), ("carol", 1)] {
        let state = store.subject_state(&of_user(name)).await.unwrap().unwrap();
        assert_eq!(state.token_epoch, epoch, "{name}");
    }
    for (target, count) in [("usr-alice", 700), ("usr-bob", 599), ("usr-carol", 0), ("zone", 0)] {
        let trail = store.audit_trail(target).await.unwrap();
        let row = trail.iter().find(|row| row.entry == audit(3)).unwrap();
        assert_eq!(
            (row.action.as_str(), row.token_ids.len()),
            ("tokens.revoke_everything", count),
            "{target}"
        );
    }
    let again = store.revoke_everything(&fresh, &audit(4)).await.unwrap();
    assert_eq!(again, Revoked { tokens: 0, temporary_tokens: 2 });
}
