//! Tokens against an independent implementation: pymacaroons reads, verifies, issues and confines the same tokens as
//! this repository, byte for byte; the running server accepts what it issued, and both refuse what was tampered with.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use onezone_client::{Client, Credentials};
use onezone_tokens::{Caveat, Identifier, Limits, Secret, Token};
use serde_json::{Value, json};

use crate::processes::Home;
use crate::random_tokens::{Dice, Parts};

/// Where the random tokens come from; a failure names it together with the number of the token.
const SEED: u64 = 0x1550_0004;

/// Tokens of every kind, which no zone knows.
const ANY: usize = 2000;

/// Tokens with which callers come in, a record for each in the zone of the server.
const LIVE: usize = 1000;

/// A token, and what pymacaroons made of it.
struct Judged {
    parts: Parts,
    token: Token,
    confinement: Option<String>,
    theirs: Value,
}

impl Judged {
    fn texts(&self, key: &str) -> Vec<String> {
        let texts = self.theirs[key].as_array().unwrap();
        texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    }

    fn text(&self, key: &str) -> &str {
        self.theirs[key].as_str().unwrap()
    }
}

fn issue(parts: &Parts) -> Token {
    let identifier = Identifier::parse(&parts.identifier).unwrap();
    let caveats: Vec<Caveat> = parts.caveats.iter().map(|text| Caveat::parse(text).unwrap()).collect();
    // Half of the caveats come in by confining, as a holder of the token adds them.
    let (first, rest) = caveats.split_at(caveats.len() / 2);
    let token = Token::mint(&parts.location, &identifier, first, &parts.secret()).unwrap();
    rest.iter().fold(token, |token, caveat| token.confine(caveat).unwrap())
}

fn decode(text: &str) -> Option<Token> {
    let limits = Limits { max_serialized: Limits::ONEZONE_MAX_SERIALIZED, ..Limits::default() };
    Token::decode(text, &limits).ok()
}

/// Issues a token of each kind here, and has all of them judged by one process.
fn judge(seed: u64, parts: Vec<Parts>, dice: &mut Dice) -> Vec<Judged> {
    let prepared: Vec<(Parts, Token, Option<String>)> = parts
        .into_iter()
        .map(|parts| {
            let token = issue(&parts);
            let confinement = (parts.caveats.len() < Limits::default().max_caveats)
                .then(|| if parts.is_live { dice.caveat_that_holds() } else { dice.caveat() });
            (parts, token, confinement)
        })
        .collect();
    let mut input = String::new();
    for (parts, token, confinement) in &prepared {
        let line = json!({
            "token": token.serialize().expose(),
            "secret": parts.secret,
            "location": parts.location,
            "identifier": parts.identifier,
            "caveats": parts.caveats,
            "confinement": confinement,
        });
        input += &line.to_string();
        input.push('\n');
    }
    let output = python(seed, input);
    let answers: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), prepared.len());
    let judged = prepared.into_iter().zip(answers);
    judged.map(|((parts, token, confinement), theirs)| Judged { parts, token, confinement, theirs }).collect()
}

/// Runs the script with this input, and gives its output.
fn python(seed: u64, input: String) -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let interpreter = directory.join("python/bin/python");
    assert!(
        interpreter.exists(),
        "{} is missing: run `.ci/python/install`, which makes it",
        interpreter.display()
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/independent.py");
    let mut child = Command::new(interpreter)
        .args(["-I", "-X", "utf8"])
        .arg(script)
        .arg(seed.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It answers while it reads: one thread for both ends would wait for itself.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// Everything about a token that needs no server.
fn check(place: &str, judged: &Judged) {
    let Judged { parts, token, confinement, theirs } = judged;
    assert_eq!(judged.text("location"), parts.location, "{place}");
    assert_eq!(judged.text("identifier"), parts.identifier, "{place}");
    assert_eq!(judged.texts("caveats"), parts.caveats, "{place}");
    assert_eq!(theirs["isSigned"], true, "{place}: pymacaroons refuses a token that was issued here");
    assert_eq!(theirs["isSignedWithAnother"], false, "{place}");
    assert_eq!(theirs["hasOwnSignature"], true, "{place}");
    assert_eq!(theirs["acceptedAlthoughTampered"], json!([]), "{place}");

    let issued = judged.text("issued");
    assert!(issued == token.serialize().expose(), "{place}: the same token has two forms");
    let read = decode(issued).unwrap();
    assert_eq!(read.domain().as_deref(), Some(parts.location.as_str()), "{place}");
    assert_eq!(read.identifier().to_string(), parts.identifier, "{place}");
    assert_eq!(read.caveats().collect::<Vec<_>>(), parts.caveats, "{place}");
    assert!(read.is_signed_with(&parts.secret()), "{place}");
    assert!(!read.is_signed_with(&Secret::new(format!("{}0", parts.secret))), "{place}");

    if let Some(confinement) = confinement {
        let read = decode(judged.text("confined")).unwrap();
        assert!(read.is_signed_with(&parts.secret()), "{place}: confined by pymacaroons");
        assert_eq!(read.caveats().last().as_deref(), Some(confinement.as_str()), "{place}");
        let ours = token.confine(&Caveat::parse(confinement).unwrap()).unwrap();
        assert!(ours.serialize().expose() == judged.text("confined"), "{place}: confined in two ways");
    }
    let tampered = judged.texts("tampered");
    assert!(tampered.len() >= 3, "{place}");
    for (number, text) in tampered.iter().enumerate() {
        let accepted = decode(text).is_some_and(|token| token.is_signed_with(&parts.secret()));
        assert!(!accepted, "{place}: tampering {number} is accepted");
    }
}

#[test]
fn pymacaroons_and_this_implementation_agree_on_tokens_of_every_kind() {
    let mut dice = Dice::new(SEED);
    let parts = (0..ANY).map(|number| dice.any_token(number)).collect();
    for (number, judged) in judge(SEED, parts, &mut dice).iter().enumerate() {
        check(&format!("seed {SEED:#x}, token {number}"), judged);
    }
}

#[tokio::test]
async fn the_server_accepts_tokens_of_pymacaroons_and_refuses_them_once_tampered_with() {
    let seed = SEED + 1;
    let mut dice = Dice::new(seed);
    let live = dice.live_tokens(LIVE);
    let home = Home::new();
    home.write("zone.yaml", live.zone.to_string());
    home.run(&["zone", "apply", "zone.yaml"]);
    let server = home.serve();
    let client = Client::builder(server.origin.as_str()).build().unwrap();
    for (number, judged) in judge(seed, live.tokens, &mut dice).iter().enumerate() {
        let place = format!("seed {seed:#x}, token {number}, {}", judged.parts.identifier);
        check(&place, judged);
        // Its holder is known and has no right here: past authentication the answer is 403.
        assert_eq!(status(&client, judged.text("issued")).await, 403, "{place}");
        assert_eq!(status(&client, judged.text("confined")).await, 403, "{place}, confined");
        let tampered = judged.texts("tampered");
        let one = &tampered[number % tampered.len()];
        assert_eq!(status(&client, one).await, 401, "{place}, tampering {}", number % tampered.len());
    }
    server.stop();
}

/// What the server answers to somebody who lists the tokens of a provider with this token.
async fn status(client: &Client, token: &str) -> u16 {
    let client = client.with_credentials(Credentials::x_auth_token(token));
    let error = client.list_named_tokens_of_provider().id("nowhere").send().await.unwrap_err();
    error.status().unwrap().as_u16()
}
