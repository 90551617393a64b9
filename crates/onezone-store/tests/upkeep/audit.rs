//! The audit log as a whole.

use onezone_store::conformance::{audit, of_user, token, user};
use onezone_store::{AuditQuery, AuditRow, Secret, Upkeep};

use crate::place::{Place, ring};

/// Rows 1 to 40: users `u0` to `u9`, tokens of the first three, and their deletion.
async fn history(store: &dyn Upkeep) {
    for number in 0..10 {
        store.create_user(&user(&format!("u{number}")), &audit(number + 1)).await.unwrap();
    }
    for number in 0..27 {
        let subject = of_user(&format!("u{}", number % 3));
        let id = format!("t{number}");
        store.create_token(&token(&subject, &id, &id), &audit(number + 11)).await.unwrap();
    }
    for number in 0..3 {
        let mut entry = audit(number + 38);
        "usr-admin".clone_into(&mut entry.actor);
        store.delete_all_tokens(&of_user(&format!("u{number}")), &entry).await.unwrap();
    }
}

async fn pages(store: &dyn Upkeep, mut query: AuditQuery) -> Vec<AuditRow> {
    let mut all: Vec<AuditRow> = Vec::new();
    loop {
        let page = store.audit_page(&query).await.unwrap();
        assert!(page.len() <= query.limit as usize);
        let Some(last) = page.last() else { return all };
        query.after = Some((last.record.entry.id.clone(), last.record.target.clone()));
        all.extend(page);
    }
}

fn ids(rows: &[AuditRow]) -> Vec<&str> {
    rows.iter().map(|row| row.record.entry.id.as_str()).collect()
}

pub(crate) async fn the_log_is_read_in_both_directions(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    history(&*store).await;
    // A change of several targets: rows of one id, which the end of a page may fall between.
    let fresh: onezone_store::Secrets = std::sync::Arc::new(|| Ok(Secret::new("fresh")));
    for number in 0..3 {
        store
            .create_token(
                &token(&of_user(&format!("u{number}")), &format!("n{number}"), "n"),
                &audit(41 + number),
            )
            .await
            .unwrap();
    }
    store.revoke_everything(&fresh, &audit(50)).await.unwrap();
    let mut expected: Vec<String> = (1..=43).chain([50; 4]).map(|number| audit(number).id).collect();
    for limit in [1, 2, 7, 1000] {
        let rows = pages(&*store, AuditQuery { limit, ..AuditQuery::default() }).await;
        assert_eq!(ids(&rows), expected, "{limit} at a time");
    }
    expected.reverse();
    for limit in [1, 3, 1000] {
        let query = AuditQuery { limit, newest_first: true, ..AuditQuery::default() };
        let rows = pages(&*store, query).await;
        assert_eq!(ids(&rows), expected, "{limit} at a time, backwards");
        let targets: Vec<&str> = rows[..4].iter().map(|row| row.record.target.as_str()).collect();
        assert_eq!(targets, ["zone", "usr-u2", "usr-u1", "usr-u0"]);
    }
}

pub(crate) async fn the_log_is_confined_by_target_actor_and_time(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    history(&*store).await;
    let all = || AuditQuery { limit: 4, ..AuditQuery::default() };
    let of_u1 = AuditQuery { target: Some("usr-u1".to_owned()), ..all() };
    let rows = pages(&*store, of_u1.clone()).await;
    assert_eq!(rows.len(), 11);
    assert!(rows.iter().all(|row| row.record.target == "usr-u1"));
    let mut backwards = pages(&*store, AuditQuery { newest_first: true, ..of_u1 }).await;
    backwards.reverse();
    assert_eq!(backwards, rows);
    let by_admin = AuditQuery { actor: Some("usr-admin".to_owned()), ..all() };
    assert_eq!(ids(&pages(&*store, by_admin).await), [38, 39, 40].map(|number| audit(number).id));
    // From a second on, and up to one.
    let between = AuditQuery { since: audit(5).at, until: audit(8).at, ..all() };
    assert_eq!(ids(&pages(&*store, between.clone()).await), [5, 6, 7].map(|number| audit(number).id));
    let floor = AuditQuery { floor: audit(6).id, ..between };
    assert_eq!(ids(&pages(&*store, floor).await), [6, 7].map(|number| audit(number).id));
    let nobody = AuditQuery { target: Some("usr-nobody".to_owned()), ..all() };
    assert_eq!(pages(&*store, nobody).await, []);
}

pub(crate) async fn ids_of_tokens_come_when_they_are_asked_for(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    history(&*store).await;
    for (token_ids, expected) in [(false, 0), (true, 9)] {
        let query = AuditQuery { newest_first: true, limit: 1, token_ids, ..AuditQuery::default() };
        let rows = store.audit_page(&query).await.unwrap();
        let row = &rows[0];
        assert_eq!((row.record.action.as_str(), row.tokens), ("tokens.delete_all", 9));
        assert_eq!(row.record.token_ids.len(), expected);
        let entry = &row.record.entry;
        assert_eq!((entry.actor.as_str(), entry.request_id.as_deref()), ("usr-admin", Some("request-40")));
    }
}
