//! Small changes of records and of single tokens.

use std::sync::Arc;

use onezone_store::conformance::{audit, group, of_provider, of_user, provider, space, token, user};
use onezone_store::{
    AuditQuery, Edit, Note, Secret, StoreError, TemporaryTokenSecret, TokenChange, Unnamed, Upkeep, Zone,
};

use crate::place::{Place, ring};

fn edit(act: impl Fn(&mut Zone) + Send + Sync + 'static) -> Edit {
    Arc::new(move |zone| {
        act(zone);
        Ok(Note { action: "user.test", target: "usr-alice".to_owned() })
    })
}

/// Alice and Bob in everything there is, with tokens.
async fn filled(store: &dyn Upkeep) -> Zone {
    let both = || ["alice".to_owned(), "bob".to_owned()];
    let (mut team, mut all) = (group("team"), group("all"));
    (team.users, all.groups) = (both().into(), ["team".to_owned()].into());
    let mut cracow = provider("cracow");
    cracow.cluster.users = both().map(|id| (id, ["cluster_view".to_owned()].into())).into();
    cracow.cluster.groups = [("team".to_owned(), [].into())].into();
    let mut genome = space("genome");
    (genome.users, genome.groups) = (both().into(), ["team".to_owned()].into());
    genome.providers = ["cracow".to_owned()].into();
    let temporary = |subject| TemporaryTokenSecret { generation: 2, secret: Secret::new("00ff"), subject };
    let zone = Zone {
        groups: vec![all, team],
        providers: vec![cracow],
        spaces: vec![genome],
        temporary_tokens: vec![temporary(of_provider("cracow")), temporary(of_user("alice"))],
        tokens: vec![
            token(&of_provider("cracow"), "p1", "one"),
            token(&of_user("alice"), "a1", "one"),
            token(&of_user("alice"), "a2", "two"),
            token(&of_user("bob"), "b1", "one"),
        ],
        users: vec![user("alice"), user("bob")],
    };
    store.apply(&zone, Unnamed::Keep, &audit(1)).await.unwrap();
    assert_eq!(store.export().await.unwrap(), zone);
    zone
}

pub(crate) async fn an_edit_changes_what_it_says_and_nothing_else(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    let mut zone = filled(&*store).await;
    let block = || edit(|zone| zone.users[0].blocked = true);
    let edited = store.edit(block(), &audit(2)).await.unwrap();
    assert!(edited.changed && edited.target == "usr-alice" && edited.removed_tokens == 0);
    zone.users[0].blocked = true;
    assert_eq!(store.export().await.unwrap(), zone);
    // What is absent from a document stays; what an edit takes away goes.
    store.edit(edit(|zone| zone.users[1].password_hash = None), &audit(20)).await.unwrap();
    zone.users[1].password_hash = None;
    assert_eq!(store.export().await.unwrap(), zone);
    // The second time there is nothing to do, and nothing is written.
    assert!(!store.edit(block(), &audit(3)).await.unwrap().changed);
    let query = AuditQuery { target: Some("usr-alice".to_owned()), limit: 100, ..AuditQuery::default() };
    let rows = store.audit_page(&query).await.unwrap();
    let of_edits: Vec<&str> = rows
        .iter()
        .filter(|row| row.record.action == "user.test")
        .map(|row| row.record.entry.id.as_str())
        .collect();
    assert_eq!(of_edits, [audit(2).id, audit(20).id]);
}

pub(crate) async fn what_is_removed_goes_with_its_tokens_and_all_that_refers_to_it(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    let mut zone = filled(&*store).await;
    let edited = store.edit(edit(|zone| zone.remove_user("alice")), &audit(2)).await.unwrap();
    assert_eq!(edited.removed_tokens, 2);
    zone.remove_user("alice");
    zone.tokens.retain(|token| token.subject != of_user("alice"));
    assert_eq!(store.export().await.unwrap(), zone);
    assert_eq!(zone.groups[1].users, ["bob".to_owned()].into());
    let query = AuditQuery {
        target: Some("usr-alice".to_owned()),
        token_ids: true,
        limit: 1,
        newest_first: true,
        ..AuditQuery::default()
    };
    assert_eq!(store.audit_page(&query).await.unwrap()[0].record.token_ids, ["a1", "a2"]);

    assert_eq!(
        store.edit(edit(|zone| zone.remove_provider("cracow")), &audit(3)).await.unwrap().removed_tokens,
        1
    );
    store.edit(edit(|zone| zone.remove_group("team")), &audit(4)).await.unwrap();
    store.edit(edit(|zone| zone.remove_space("genome")), &audit(5)).await.unwrap();
    let zone = store.export().await.unwrap();
    assert!(zone.providers.is_empty() && zone.spaces.is_empty() && zone.temporary_tokens.is_empty());
    assert!(zone.groups.len() == 1 && zone.groups[0].groups.is_empty());
    assert_eq!(store.inspect().await.unwrap(), Vec::<String>::new());
    // Whoever comes later under the same id inherits nothing.
    store.create_user(&user("alice"), &audit(6)).await.unwrap();
    assert!(store.list_token_ids(&of_user("alice")).await.unwrap().is_empty());
}

pub(crate) async fn an_edit_that_is_refused_changes_nothing(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    let zone = filled(&*store).await;
    let refuse: Edit = Arc::new(|zone: &mut Zone| {
        zone.users.clear();
        Err(StoreError::Refused("not like this".into()))
    });
    assert_eq!(store.edit(refuse, &audit(2)).await.unwrap_err().to_string(), "not like this");
    let same_name = edit(|zone| zone.users[0].username = Some("bob".to_owned()));
    let error = store.edit(same_name, &audit(3)).await.unwrap_err();
    assert!(matches!(error, StoreError::UsernameTaken(name) if name == "bob"));
    let dangling = edit(|zone| zone.users.truncate(1));
    assert!(matches!(
        store.edit(dangling, &audit(4)).await.unwrap_err(),
        StoreError::DanglingReference { .. }
    ));
    assert_eq!(store.export().await.unwrap(), zone);
}

pub(crate) async fn tokens_are_renamed_restored_and_deleted_one_by_one(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    filled(&*store).await;
    let rename = |name: &str| TokenChange::Rename(name.to_owned());
    assert!(store.change_token("a1", &rename("laptop"), &audit(2)).await.unwrap());
    assert!(!store.change_token("a1", &rename("laptop"), &audit(3)).await.unwrap());
    let taken = store.change_token("a1", &rename("two"), &audit(4)).await.unwrap_err();
    assert!(matches!(taken, StoreError::TokenNameTaken { .. }));
    assert!(!store.change_token("a1", &TokenChange::Restore, &audit(5)).await.unwrap());
    store.revoke_token("a1", &audit(6)).await.unwrap();
    let epoch = async || store.subject_state(&of_user("alice")).await.unwrap().unwrap().token_epoch;
    let before = epoch().await;
    assert!(store.change_token("a1", &TokenChange::Restore, &audit(7)).await.unwrap());
    let stored = store.token("a1").await.unwrap().unwrap();
    assert!(stored.token.name == "laptop" && !stored.token.revoked);
    assert!(stored.token.secret.is_some_and(|secret| secret.expose() == "secret of a1"));
    assert!(store.change_token("a1", &TokenChange::Delete, &audit(8)).await.unwrap());
    assert!(epoch().await > before && store.token("a1").await.unwrap().is_none());
    let gone = store.change_token("a1", &TokenChange::Delete, &audit(9)).await.unwrap_err();
    assert!(matches!(gone, StoreError::NotFound { .. }));
    let query = AuditQuery { target: Some("usr-alice".to_owned()), limit: 100, ..AuditQuery::default() };
    let rows = store.audit_page(&query).await.unwrap();
    let actions: Vec<&str> = rows.iter().skip(1).map(|row| row.record.action.as_str()).collect();
    assert_eq!(actions, ["token.rename", "token.revoke", "token.restore", "token.delete"]);
}
