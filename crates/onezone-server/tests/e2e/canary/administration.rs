//! What the commands of administration say, when all is well and when everything is wrong; and what the files hold that they leave.

use super::{PASSWORD, PASSWORD_IN_FILE, SENT, Scene, TOKEN_SECRET};

/// Where nobody listens.
const NOWHERE: &str = "postgres://zone:cAnArY-of-the-database@127.0.0.1:9/zone?connect_timeout=1";

/// A zone file with a mistake at a secret, or around one.
fn mistakes() -> Vec<String> {
    let user = |rest: &str| format!("users:\n  - {{id: eve, username: eve, {rest}}}\n");
    let token = |rest: &str| format!("tokens:\n  - {{id: t, name: t, subject: usr-ada, {rest}}}\n");
    vec![
        user(&format!("password: [{PASSWORD}]")),
        user(&format!("password: {{{PASSWORD}: 1}}")),
        user(&format!("passwrod: {PASSWORD}")),
        user(&format!("passwordHash: {PASSWORD}")),
        user(&format!("password: {PASSWORD}, passwordHash: {TOKEN_SECRET}")),
        user(&format!("password: {PASSWORD}, password: {PASSWORD}")),
        format!("users:\n  - id: eve\n    password: \"{PASSWORD}\n  - id: b\n"),
        format!("users:\n  - id: eve\n    password: {PASSWORD}: {PASSWORD}\n"),
        format!("users:\n\t- password: {PASSWORD}\n"),
        token(&format!("secret: [{TOKEN_SECRET}]")),
        token(&format!("secret: {TOKEN_SECRET}, secret: {TOKEN_SECRET}")),
        token(&format!("secrets: {TOKEN_SECRET}")),
        token(&format!("secret: '{TOKEN_SECRET} {TOKEN_SECRET}\u{7f}'")),
        format!("temporaryTokens:\n  - {{subject: usr-nobody, secret: {TOKEN_SECRET}, generation: 0}}\n"),
        format!("temporaryTokens: {TOKEN_SECRET}\n"),
        format!("{TOKEN_SECRET}\n"),
        format!("- {TOKEN_SECRET}\n"),
    ]
}

#[test]
fn no_message_of_a_mistake_repeats_a_secret() {
    let mut scene = Scene::new(&[]);
    for (number, text) in mistakes().into_iter().enumerate() {
        let name = format!("mistake-{number}.yaml");
        scene.home.write(&name, text);
        scene.run(&[], &["zone", "apply", &name], false);
    }
    scene.home.write("password", format!("{PASSWORD_IN_FILE}\n"));
    for user in ["ada", "eve"] {
        let password = ["--password-file", "password"];
        scene.run(&[], &[&["user", "add", "--id", user, "--username", user], &password[..]].concat(), false);
        scene.run(&[], &[&["user", "password", "nobody"], &password[..]].concat(), false);
    }
    let token = scene.token.clone();
    for input in [
        token.clone(),
        token[1..].to_owned(),
        token[..token.len() - 1].to_owned(),
        token.repeat(2),
        SENT.to_owned(),
    ] {
        scene.feed(&["token", "inspect"], &input);
        scene.feed(&["token", "inspect", "--output", "json"], &input);
    }
    scene.feed(&["zone", "apply", "-"], &format!("users: [{{password: {PASSWORD}"));
    scene.finish("mistakes in files and tokens", 60);
}

#[test]
fn no_message_about_the_configuration_repeats_a_secret() {
    let mut scene = Scene::new(&[]);
    for url in [
        NOWHERE,
        "mysql://zone:cAnArY-of-the-database@h/zone",
        "postgres://zone:cAnArY-of-the-database@h:port/zone",
        "postgres://zone@h/zone?password=cAnArY-of-the-database&sslmode=what",
        "postgres://zone:cAnArY-of-the-database@/zone?nothing=known",
        "cAnArY-of-the-database",
    ] {
        scene.planted.plant("the password of the database", "cAnArY-of-the-database");
        scene.home.write("zone.key", "# nothing\n");
        let variables = [("ONEZONE_DATABASE", url), ("ONEZONE_KEY_FILE", "zone.key")];
        for arguments in [
            &["user", "list"][..],
            &["doctor"],
            &["migrate"],
            &["verify"],
            &["serve", "--listen", "127.0.0.1:0", "--log", "trace"],
        ] {
            scene.run(&variables, arguments, false);
        }
        scene.run(&variables, &["config", "print"], true);
        scene.run(&variables, &["config", "print", "--output", "json"], true);
        scene.run(&variables, &["serve", "--help"], true);
        scene.run(&variables, &["config", "example"], true);
        scene.home.write(
            "config.toml",
            format!("database = \"{url}\"\npasswrod = \"cAnArY-of-the-database\"\nlisten = 7 # {SENT}\n"),
        );
        scene.run(&[], &["config", "check", "config.toml"], false);
        scene.run(&[], &["--config", "config.toml", "user", "list"], false);
    }
    for key in ["cAnArY-of-a-key", "1 cAnArY-of-a-key", "1 Y0FuQXJZLW9mLWEta2V5Y0FuQXJZLW9mLWEta2V5"] {
        scene.planted.plant("a broken key", "cAnArY-of-a-key");
        scene.run(&[("ONEZONE_KEY", key)], &["user", "list"], false);
        scene.home.write("broken.key", key);
        scene.run(&[], &["--key-file", "broken.key", "user", "list"], false);
        scene.run(&[], &["--key-file", "broken.key", "doctor"], false);
        scene.run(&[], &["--key-file", "broken.key", "key", "list"], false);
    }
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{SENT}\n-----END PRIVATE KEY-----\n");
    scene.home.write("tls.key", pem);
    let tls = ["--tls-certificate", "tls.key", "--tls-key", "tls.key"];
    scene.run(&[], &[&["serve", "--listen", "127.0.0.1:0"], &tls[..]].concat(), false);
    scene.run(&[], &[&["doctor"], &tls[..]].concat(), false);
    scene.finish("mistakes in the configuration", 120);
}

#[test]
fn commands_databases_and_backups_keep_secrets_to_themselves() {
    let mut scene = Scene::new(&[]);
    scene.home.write("password", format!("{PASSWORD_IN_FILE}\n"));
    for arguments in [
        &["user", "add", "--id", "bob", "--username", "bob", "--password-file", "password"][..],
        &["user", "password", "bob", "--password-file", "password"],
        &["user", "show", "ada", "--output", "json"],
        &["user", "list", "--output", "json"],
        &["token", "list", "--subject", "usr-ada", "--output", "json"],
        &["token", "show", "ada-token", "--output", "json"],
        &["token", "generation", "--subject", "usr-ada"],
        &["token", "rename", "ada-token", "phone"],
        &["token", "revoke", "ada-token"],
        &["token", "unrevoke", "ada-token"],
        &["zone", "apply", "zone.yaml"],
        &["zone", "export", "export.yaml"],
        &["config", "print"],
        &["key", "list"],
        &["key", "add"],
        &["key", "rotate"],
        &["verify"],
        &["backup", "backup.db"],
        &["audit", "list", "--ids", "--output", "json"],
        &["doctor"],
    ] {
        scene.run(&[], arguments, true);
        scene.plant_keys("data/zone.db.key");
    }
    for arguments in [
        &["token", "print", "nobodys"][..],
        &["token", "create", "--subject", "usr-nobody", "--name", "x"],
        &["user", "add", "--id", "ada", "--username", "ada", "--password-file", "password"],
        &["healthcheck", "--listen", "127.0.0.1:9"],
        &["restore", "zone.yaml"],
    ] {
        scene.run(&[], arguments, false);
    }
    let database = std::fs::read(scene.home.database()).unwrap();
    scene.places.add("the database", database);
    scene.places.add("the backup", std::fs::read(scene.home.path("backup.db")).unwrap());
    scene.keep_files("data");
    #[cfg(unix)]
    for name in ["data/zone.db", "data/zone.db.key", "backup.db", "export.yaml"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(scene.home.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
    scene.finish("commands, database and backup", 50);
}
