//! What the server says once it listens: its address, and at the first start how to use it.

use std::net::SocketAddr;

use crate::bootstrap::{ADMIN, FirstStart};

/// The part of the address that all operations share.
pub(crate) const BASE_PATH: &str = onezone_api::DEFINITION.base_path;

/// What shown commands need, so that they can be pasted as they are.
pub(crate) struct Commands<'a> {
    /// This program, as it was started: it need not be on the `PATH`.
    pub(crate) program: &'a str,
    /// The value of `--database`.
    pub(crate) database: &'a str,
}

/// The lines to print, one after the other.
pub(crate) fn lines(
    scheme: &str,
    address: SocketAddr,
    observed: Option<SocketAddr>,
    commands: &Commands<'_>,
    first_start: Option<&FirstStart>,
) -> Vec<String> {
    let base = format!("{scheme}://{address}{BASE_PATH}");
    let mut lines = vec![format!("listening on {base}")];
    lines.extend(observed.map(|address| format!("health and metrics on http://{address}")));
    let Some(FirstStart { admin_id, generated_password }) = first_start else { return lines };
    lines.push(String::new());
    lines.push(format!("Created the user `{ADMIN}` with the id {admin_id}."));
    let credentials = match generated_password {
        Some(password) => {
            lines.push(format!("Its password, which is shown this once: {}", password.as_str()));
            format!("{ADMIN}:{}", password.as_str())
        }
        None => ADMIN.to_owned(),
    };
    let (program, database) = (quote(commands.program), quote(commands.database));
    let user = quote(&format!("{base}/users/{admin_id}/tokens/named"));
    let provider = quote(&format!("{base}/providers/my-provider/tokens/named"));
    lines.extend([
        String::new(),
        "Delete all named tokens of a user:".to_owned(),
        format!("  curl -i -u {credentials} -X DELETE {user}"),
        String::new(),
        "Create a provider, and list its named tokens:".to_owned(),
        format!("  {program} --database {database} provider add --id my-provider --name 'My provider'"),
        format!("  curl -i -u {credentials} {provider}"),
        String::new(),
        format!("Read about both, and try them, in a browser: {base}/docs"),
    ]);
    lines
}

/// An argument for a shell.
fn quote(text: &str) -> String {
    let harmless = |character: char| character.is_ascii_alphanumeric() || "/._-:=+,@".contains(character);
    if !text.is_empty() && text.chars().all(harmless) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    const COMMANDS: Commands<'_> = Commands { program: "./onezone-server", database: "sqlite:/my data/x" };

    #[test]
    fn later_starts_say_where_the_server_listens_and_no_more() {
        let address = "127.0.0.1:4711".parse().unwrap();
        assert_eq!(
            lines("http", address, None, &COMMANDS, None),
            ["listening on http://127.0.0.1:4711/api/v3/onezone"]
        );
        let address = "[::1]:80".parse().unwrap();
        assert_eq!(
            lines("https", address, Some("127.0.0.1:9180".parse().unwrap()), &COMMANDS, None),
            ["listening on https://[::1]:80/api/v3/onezone", "health and metrics on http://127.0.0.1:9180"]
        );
    }

    #[test]
    fn the_first_start_shows_a_generated_password_and_no_other() {
        let address = "127.0.0.1:4711".parse().unwrap();
        let mut first = FirstStart {
            admin_id: "the-id".to_owned(),
            generated_password: Some(Zeroizing::new("the-password".to_owned())),
        };
        let shown = lines("http", address, None, &COMMANDS, Some(&first)).join("\n");
        assert!(shown.contains("curl -i -u admin:the-password -X DELETE http://127.0.0.1:4711/api/v3/onezone/users/the-id/tokens/named"));
        assert!(shown.contains("./onezone-server --database 'sqlite:/my data/x' provider add"));
        first.generated_password = None;
        let shown = lines("http", address, None, &COMMANDS, Some(&first)).join("\n");
        assert!(shown.contains("curl -i -u admin -X DELETE") && !shown.contains("password"), "{shown}");
    }

    #[test]
    fn brackets_of_an_address_are_kept_from_the_shell() {
        let first = FirstStart { admin_id: "the-id".to_owned(), generated_password: None };
        let shown = lines("http", "[::1]:80".parse().unwrap(), None, &COMMANDS, Some(&first)).join("\n");
        assert!(
            shown.contains("-X DELETE 'http://[::1]:80/api/v3/onezone/users/the-id/tokens/named'"),
            "{shown}"
        );
    }
}
