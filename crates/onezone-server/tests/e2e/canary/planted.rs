//! Secrets that are put somewhere in order to be looked for everywhere else, in each form that a program may give them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What was planted: what it is, and the forms it may show in.
#[derive(Default)]
pub(crate) struct Planted(BTreeMap<String, Vec<String>>);

impl Planted {
    /// Plants a secret, and gives it back.
    pub(crate) fn plant<'a>(&mut self, what: &str, secret: &'a str) -> &'a str {
        assert!(secret.len() >= 12, "{what} could show by chance");
        self.0.insert(what.to_owned(), forms(secret));
        secret
    }

    /// What of it stands in a text.
    pub(crate) fn found_in(&self, text: &[u8]) -> Vec<&str> {
        self.places_in(&String::from_utf8_lossy(text)).into_iter().map(|(what, _)| what).collect()
    }

    /// What of it stands in a text, and where.
    fn places_in(&self, text: &str) -> Vec<(&str, usize)> {
        let place = |forms: &Vec<String>| forms.iter().find_map(|form| text.find(form.as_str()));
        self.0.iter().filter_map(|(what, forms)| Some((what.as_str(), place(forms)?))).collect()
    }
}

/// As it is, in base64 wherever it stands in a longer text, in hexadecimal digits, percent-encoded, and as JSON escapes it.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned(), utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()];
    for offset in 0..3_usize {
        let bytes = [&[0_u8; 2][..offset], secret.as_bytes()].concat();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&bytes);
            // The first and the last characters have bits of the neighbours, too.
            forms.push(encoded[[0, 2, 3][offset]..encoded.len() - 2].to_owned());
        }
    }
    let hexadecimal = hexadecimal(secret);
    forms.extend([hexadecimal.to_uppercase(), hexadecimal]);
    let json = serde_json::Value::from(secret).to_string();
    forms.push(json.trim_matches('"').to_owned());
    forms
}

fn hexadecimal(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// All that was said, by the place where it was.
#[derive(Default)]
pub(crate) struct Places(Vec<(String, Vec<u8>)>);

impl Places {
    pub(crate) fn add(&mut self, place: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.0.push((place.into(), content.into()));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// How much there was to look at.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|(_, content)| content.len()).sum()
    }

    /// Nothing that was planted is anywhere.
    pub(crate) fn assert_hold_none_of(&self, planted: &Planted) {
        let mut shown = Vec::new();
        for (place, content) in &self.0 {
            let text = String::from_utf8_lossy(content);
            for (what, at) in planted.places_in(&text) {
                let before: Vec<char> = text[..at].chars().rev().take(300).collect();
                let before: String = before.into_iter().rev().collect();
                let behind: String = text[at..].chars().take(300).collect();
                shown.push(format!("{what} in {place}: ...{before}{behind}..."));
            }
        }
        assert!(shown.is_empty(), "{}", shown.join("\n"));
    }
}

#[test]
fn a_planted_secret_is_found_in_every_form() {
    let mut planted = Planted::default();
    let secret = planted.plant("secret", "cAnArY/one+two=three");
    for around in ["", "a", "ab", "abc"] {
        let text = format!("{around}{secret}{around}");
        let hexadecimal = hexadecimal(&text);
        for written in [
            text.clone(),
            base64::engine::general_purpose::STANDARD.encode(&text),
            URL_SAFE_NO_PAD.encode(&text),
            hexadecimal.to_uppercase(),
            hexadecimal,
            utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string(),
            serde_json::json!({ "a": text }).to_string(),
        ] {
            assert_eq!(planted.found_in(format!("log: {written}\n").as_bytes()), ["secret"], "{written}");
        }
    }
    assert!(planted.found_in(b"cAnArY/one+two=thre").is_empty());
}

#[test]
fn a_place_that_shows_a_secret_is_told() {
    let mut planted = Planted::default();
    planted.plant("a password", "cAnArYcAnArY");
    let mut places = Places::default();
    places.add("a quiet log", "nothing");
    places.assert_hold_none_of(&planted);
    places.add("a loud log", "the password cAnArYcAnArY is wrong");
    let told =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| places.assert_hold_none_of(&planted)));
    let told = told.unwrap_err();
    assert!(told.downcast_ref::<String>().unwrap().starts_with("a password in a loud log"));
}
