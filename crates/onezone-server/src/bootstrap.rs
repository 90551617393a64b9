//! The first start: a zone without users gets one who may do everything, so that serving needs no preparation.

use std::io::Read;
use std::path::Path;

use anyhow::Context as _;
use onezone_store::{Group, PasswordHash, Privileges, Store, Unnamed, User, Zone};
use onezone_tokens::password::{self, StoredPasswordHash};
use onezone_tokens::privileges::ZONE_PRIVILEGES;
use zeroize::Zeroizing;

use crate::environment::Environment;

/// The username of the first user.
pub(crate) const ADMIN: &str = "admin";

/// What the first start set up.
pub(crate) struct FirstStart {
    /// The id of the user `admin`.
    pub(crate) admin_id: String,
    /// The password, when it was generated here and nobody knows it yet.
    pub(crate) generated_password: Option<Zeroizing<String>>,
}

/// Creates the user `admin`, a member of the group `admins`, which has all zone privileges. Does nothing in a zone
/// that has users.
pub(crate) async fn bootstrap(
    store: &dyn Store,
    password_file: Option<&Path>,
    environment: &Environment,
) -> anyhow::Result<Option<FirstStart>> {
    if store.has_users().await? {
        return Ok(None);
    }
    let (password, is_generated) = match password_file {
        Some(file) => (read_password(file)?, false),
        None => (environment.new_password()?, true),
    };
    let hash = StoredPasswordHash::create(&password, environment.random()?);
    let admin = User {
        basic_auth: true,
        blocked: false,
        full_name: Some("Administrator".to_owned()),
        id: environment.new_id()?,
        password_hash: Some(PasswordHash::new(hash.as_bytes().as_slice())),
        privileges: Privileges::new(),
        username: Some(ADMIN.to_owned()),
    };
    let admin_id = admin.id.clone();
    let admins = Group {
        groups: [].into(),
        id: "admins".to_owned(),
        name: "Admins".to_owned(),
        privileges: ZONE_PRIVILEGES.map(str::to_owned).into(),
        users: [admin_id.clone()].into(),
    };
    let zone = Zone { groups: vec![admins], users: vec![admin], ..Zone::default() };
    store.apply(&zone, Unnamed::Keep, &environment.audit("serve")?).await?;
    Ok(Some(FirstStart { admin_id, generated_password: is_generated.then_some(password) }))
}

/// More than the longest password, so that a file that is none is not read to its end.
const MOST_READ: u64 = 64 * 1024;

/// Reads a password that may be set from a file, or from standard input (`-`), without the line break that ends it.
pub(crate) fn read_password(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let is_standard_input = file == Path::new("-");
    let name = if is_standard_input { "standard input".to_owned() } else { file.display().to_string() };
    let cannot_read = || format!("cannot read the password from {name}");
    let source: Box<dyn Read> = if is_standard_input {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file).with_context(cannot_read)?)
    };
    let mut text = Zeroizing::new(String::new());
    source.take(MOST_READ).read_to_string(&mut text).with_context(cannot_read)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    password::check_new_password(line).with_context(|| format!("the password in {name} cannot be used"))?;
    Ok(Zeroizing::new(line.to_owned()))
}
