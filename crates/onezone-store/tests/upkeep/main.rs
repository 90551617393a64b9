//! Keys, verification, the audit log and revoking everything, on both backends. The functions take an empty database and
//! say what holds; at the end of this file they are run on each.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

mod audit;
mod checkup;
mod edit;
mod keys;
mod place;
mod verify;

use onezone_store::conformance::PostgresServer;

use crate::place::Place;

macro_rules! on_both_backends {
    ($($module:ident::$name:ident)*) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    crate::$module::$name(&super::Place::sqlite()).await;
                }
            )*
        }

        /// One server for all, as starting it takes longer than they do.
        #[tokio::test]
        async fn all_of_it_holds_on_postgres() {
            let server = PostgresServer::start();
            $(
                println!("{}", stringify!($name));
                $module::$name(&Place::postgres(&server).await).await;
            )*
        }
    };
}

on_both_backends! {
    keys::secrets_are_sealed_anew_step_by_step
    keys::a_key_that_was_added_seals_nothing_before_its_turn
    keys::after_a_rotation_nobody_seals_with_the_key_before
    keys::a_secret_that_does_not_open_is_left_and_told
    keys::moved_secrets_are_refused_in_both_places
    verify::a_whole_store_has_no_problems
    verify::every_problem_is_found_with_its_place
    verify::everything_is_revoked_at_once
    audit::the_log_is_read_in_both_directions
    audit::the_log_is_confined_by_target_actor_and_time
    audit::ids_of_tokens_come_when_they_are_asked_for
    checkup::a_store_that_is_well_says_so_and_tells_of_its_operations
    checkup::another_schema_is_noticed_while_the_store_is_open
    checkup::keys_of_another_database_are_noticed_while_the_store_is_open
    edit::an_edit_changes_what_it_says_and_nothing_else
    edit::what_is_removed_goes_with_its_tokens_and_all_that_refers_to_it
    edit::an_edit_that_is_refused_changes_nothing
    edit::tokens_are_renamed_restored_and_deleted_one_by_one
}
