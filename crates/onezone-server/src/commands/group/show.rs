//! `group list` and `group show`.

use onezone_store::{Group, Member};
use serde_json::json;

use crate::commands::edit::list as joined;
use crate::commands::user::member_name;
use crate::commands::{Context, find};
use crate::names::{self, PrivilegeKind};

pub(super) async fn list(context: &Context<'_>) -> anyhow::Result<()> {
    let zone = context.zone().await?;
    let rows: Vec<Vec<String>> = zone.groups.iter().map(row).collect();
    let headings = ["id", "name", "users", "groups", "privileges"];
    let nothing = "there is no group; `onezone-server group add` adds one";
    context.output.list(&headings, &rows, &zone.groups, nothing)
}

fn row(group: &Group) -> Vec<String> {
    vec![
        group.id.clone(),
        group.name.clone(),
        group.users.len().to_string(),
        group.groups.len().to_string(),
        names::summarize(PrivilegeKind::Zone, &group.privileges),
    ]
}

pub(super) async fn show(text: &str, context: &Context<'_>) -> anyhow::Result<()> {
    let zone = context.zone().await?;
    let group = &zone.groups[find::group(&zone, text)?];
    let of: Vec<&String> =
        zone.groups.iter().filter(|other| other.groups.contains(&group.id)).map(|other| &other.id).collect();
    let clusters: Vec<&String> = zone
        .providers
        .iter()
        .filter(|provider| provider.cluster.groups.contains_key(&group.id))
        .map(|provider| &provider.id)
        .collect();
    let spaces: Vec<&String> =
        zone.spaces.iter().filter(|space| space.groups.contains(&group.id)).map(|space| &space.id).collect();
    let mut value = json!(group);
    value["memberOf"] = json!(of);
    value["clusters"] = json!(clusters);
    value["spaces"] = json!(spaces);
    let mut rows = vec![
        vec!["id".to_owned(), group.id.clone()],
        vec!["name".to_owned(), group.name.clone()],
        vec!["privileges".to_owned(), names::summarize(PrivilegeKind::Zone, &group.privileges)],
        vec!["member of".to_owned(), joined(of)],
        vec!["clusters".to_owned(), joined(clusters)],
        vec!["spaces".to_owned(), joined(spaces)],
    ];
    let users = group.users.iter().cloned().map(Member::User);
    for member in users.chain(group.groups.iter().cloned().map(Member::Group)) {
        rows.push(vec!["member".to_owned(), format!("{member} ({})", member_name(&zone, &member))]);
    }
    context.output.table(&["field", "value"], &rows, &value)
}
