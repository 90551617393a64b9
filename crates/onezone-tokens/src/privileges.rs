//! The privileges of Onedata that this service knows: those of the zone (administrators) and those of a
//! cluster.

/// The zone privileges, in Onezone's order. The preset `admin` is all of them.
pub const ZONE_PRIVILEGES: [&str; 91] = [
    "oz_view_privileges",
    "oz_set_privileges",
    "oz_users_list",
    "oz_users_view",
    "oz_users_create",
    "oz_users_manage_passwords",
    "oz_users_update",
    "oz_users_delete",
    "oz_users_list_relationships",
    "oz_users_add_relationships",
    "oz_users_remove_relationships",
    "oz_groups_list",
    "oz_groups_view",
    "oz_groups_create",
    "oz_groups_update",
    "oz_groups_delete",
    "oz_groups_view_privileges",
    "oz_groups_set_privileges",
    "oz_groups_list_relationships",
    "oz_groups_add_relationships",
    "oz_groups_remove_relationships",
    "oz_spaces_list",
    "oz_spaces_view",
    "oz_spaces_create",
    "oz_spaces_update",
    "oz_spaces_delete",
    "oz_spaces_view_privileges",
    "oz_spaces_set_privileges",
    "oz_spaces_list_relationships",
    "oz_spaces_add_relationships",
    "oz_spaces_remove_relationships",
    "oz_shares_list",
    "oz_shares_view",
    "oz_shares_create",
    "oz_shares_update",
    "oz_shares_delete",
    "oz_providers_list",
    "oz_providers_view",
    "oz_providers_update",
    "oz_providers_delete",
    "oz_providers_list_relationships",
    "oz_providers_invite",
    "oz_tokens_manage",
    "oz_handle_services_list",
    "oz_handle_services_view",
    "oz_handle_services_create",
    "oz_handle_services_update",
    "oz_handle_services_delete",
    "oz_handle_services_view_privileges",
    "oz_handle_services_set_privileges",
    "oz_handle_services_list_relationships",
    "oz_handle_services_add_relationships",
    "oz_handle_services_remove_relationships",
    "oz_handles_list",
    "oz_handles_view",
    "oz_handles_create",
    "oz_handles_update",
    "oz_handles_delete",
    "oz_handles_view_privileges",
    "oz_handles_set_privileges",
    "oz_handles_list_relationships",
    "oz_handles_add_relationships",
    "oz_handles_remove_relationships",
    "oz_harvesters_list",
    "oz_harvesters_view",
    "oz_harvesters_create",
    "oz_harvesters_update",
    "oz_harvesters_delete",
    "oz_harvesters_view_privileges",
    "oz_harvesters_set_privileges",
    "oz_harvesters_list_relationships",
    "oz_harvesters_add_relationships",
    "oz_harvesters_remove_relationships",
    "oz_clusters_list",
    "oz_clusters_view",
    "oz_clusters_update",
    "oz_clusters_view_privileges",
    "oz_clusters_set_privileges",
    "oz_clusters_list_relationships",
    "oz_clusters_add_relationships",
    "oz_clusters_remove_relationships",
    "oz_atm_inventories_list",
    "oz_atm_inventories_view",
    "oz_atm_inventories_create",
    "oz_atm_inventories_update",
    "oz_atm_inventories_delete",
    "oz_atm_inventories_view_privileges",
    "oz_atm_inventories_set_privileges",
    "oz_atm_inventories_list_relationships",
    "oz_atm_inventories_add_relationships",
    "oz_atm_inventories_remove_relationships",
];

/// The zone privileges of the preset `viewer`.
pub const ZONE_VIEWER: [&str; 29] = [
    "oz_users_list",
    "oz_users_view",
    "oz_users_list_relationships",
    "oz_groups_list",
    "oz_groups_view",
    "oz_groups_list_relationships",
    "oz_spaces_list",
    "oz_spaces_view",
    "oz_spaces_list_relationships",
    "oz_shares_list",
    "oz_shares_view",
    "oz_providers_list",
    "oz_providers_view",
    "oz_providers_list_relationships",
    "oz_handle_services_list",
    "oz_handle_services_view",
    "oz_handle_services_list_relationships",
    "oz_handles_list",
    "oz_handles_view",
    "oz_handles_list_relationships",
    "oz_harvesters_list",
    "oz_harvesters_view",
    "oz_harvesters_list_relationships",
    "oz_clusters_list",
    "oz_clusters_view",
    "oz_clusters_list_relationships",
    "oz_atm_inventories_list",
    "oz_atm_inventories_view",
    "oz_atm_inventories_list_relationships",
];

/// The cluster privileges. The preset `admin` is all of them.
pub const CLUSTER_PRIVILEGES: [&str; 9] = [
    "cluster_view",
    "cluster_add_user",
    "cluster_remove_user",
    "cluster_add_group",
    "cluster_remove_group",
    "cluster_update",
    "cluster_delete",
    "cluster_view_privileges",
    "cluster_set_privileges",
];

/// The cluster privileges of the preset `member`.
pub const CLUSTER_MEMBER: [&str; 1] = ["cluster_view"];

/// The cluster privileges of the preset `manager`.
pub const CLUSTER_MANAGER: [&str; 5] =
    ["cluster_view", "cluster_add_user", "cluster_remove_user", "cluster_add_group", "cluster_remove_group"];

/// The zone privilege to manage everybody's tokens.
pub const OZ_TOKENS_MANAGE: &str = "oz_tokens_manage";

/// The cluster privilege to change a cluster, and with it the tokens of its provider.
pub const CLUSTER_UPDATE: &str = "cluster_update";

/// The zone privileges of a preset: `viewer` or `admin`.
pub fn zone_preset(name: &str) -> Option<&'static [&'static str]> {
    match name {
        "viewer" => Some(&ZONE_VIEWER),
        "admin" => Some(&ZONE_PRIVILEGES),
        _ => None,
    }
}

/// The cluster privileges of a preset: `member`, `manager` or `admin`.
pub fn cluster_preset(name: &str) -> Option<&'static [&'static str]> {
    match name {
        "member" => Some(&CLUSTER_MEMBER),
        "manager" => Some(&CLUSTER_MANAGER),
        "admin" => Some(&CLUSTER_PRIVILEGES),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_privilege_is_listed_twice_and_presets_hold_known_ones_only() {
        let zone = BTreeSet::from(ZONE_PRIVILEGES);
        let cluster = BTreeSet::from(CLUSTER_PRIVILEGES);
        assert_eq!(zone.len(), ZONE_PRIVILEGES.len());
        assert_eq!(cluster.len(), CLUSTER_PRIVILEGES.len());
        assert_eq!(zone_preset("viewer").unwrap().iter().filter(|name| zone.contains(*name)).count(), 29);
        assert_eq!(
            cluster_preset("manager").unwrap().iter().filter(|name| cluster.contains(*name)).count(),
            5
        );
        assert_eq!(zone_preset("manager"), None);
        assert_eq!(cluster_preset("viewer"), None);
    }

    #[test]
    fn only_the_admin_presets_hold_the_privileges_that_open_tokens() {
        assert!(zone_preset("admin").unwrap().contains(&OZ_TOKENS_MANAGE));
        assert!(!zone_preset("viewer").unwrap().contains(&OZ_TOKENS_MANAGE));
        assert!(cluster_preset("admin").unwrap().contains(&CLUSTER_UPDATE));
        for preset in ["member", "manager"] {
            assert!(!cluster_preset(preset).unwrap().contains(&CLUSTER_UPDATE), "{preset}");
        }
    }
}
