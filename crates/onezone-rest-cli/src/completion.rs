//! Completions: a short script for each shell, which asks this program what may follow. So there is one set of rules, made
//! from the tables of operations and of options, and an installed script does not age.

use crate::error::Error;
use crate::formats::Format;
use crate::markdown;
use crate::media;
use crate::options::{self, Id, Kind, OPTIONS, Spec};
use crate::suggest;
use crate::table::{Api, BodyForm, Operation, Shape};

/// The word by which the scripts ask.
pub(crate) const ASK: &str = "--complete";

/// The line that stands for the names of files.
const FILES: &str = ":files\n";

const SHELLS: [(&str, &str); 3] = [
    ("bash", include_str!("completion/script.bash")),
    ("zsh", include_str!("completion/script.zsh")),
    ("fish", include_str!("completion/script.fish")),
];

/// The script for a shell.
pub(crate) fn script(shell: &str) -> Result<&'static str, Error> {
    // `$SHELL` is a path.
    let name = shell.rsplit('/').next().unwrap_or(shell);
    let found = SHELLS.iter().find(|(known, _)| *known == name).map(|(_, script)| *script);
    found.ok_or_else(|| {
        let names = SHELLS.map(|(name, _)| name);
        let hint = suggest::hint(name, names.into_iter());
        Error::Usage(format!("there are no completions for `{shell}`, but for {}{hint}", names.join(", ")))
    })
}

/// What the scripts are answered: a line for each proposal. bash asks with the line up to the cursor and the characters
/// that break words, and wants the rest of the word; the others ask with the words and want descriptions.
pub(crate) fn answer(question: &[String], api: &Api) -> String {
    match question {
        [shell, line, breaks] if shell == "bash" => {
            let words = split(line);
            let current = words.last().cloned().unwrap_or_default();
            match proposals(words.get(1..).unwrap_or_default(), api) {
                Reply::Files => FILES.to_owned(),
                Reply::Words(found) => for_bash(&found, &current, breaks),
            }
        }
        [_, words @ ..] => match proposals(words, api) {
            Reply::Files => FILES.to_owned(),
            Reply::Words(found) => {
                lines(found.iter().map(|one| format!("{}\t{}", one.text, one.about.replace('\t', " "))))
            }
        },
        [] => String::new(),
    }
}

/// What may stand in a place.
#[derive(Debug, PartialEq)]
enum Reply {
    Files,
    Words(Vec<Proposal>),
}

#[derive(Debug, PartialEq)]
struct Proposal {
    text: String,
    about: String,
}

fn proposal(text: impl Into<String>, about: impl Into<String>) -> Proposal {
    Proposal { text: text.into(), about: about.into() }
}

/// Bash shows no descriptions, breaks words at `=` and `:`, and leaves it to us whether a blank follows.
fn for_bash(found: &[Proposal], current: &str, breaks: &str) -> String {
    let place = current.rfind(|c| "=:".contains(c) && breaks.contains(c)).map_or(0, |place| place + 1);
    let fitting = found.iter().filter(|one| one.text.starts_with(current));
    lines(fitting.map(|one| {
        let end = if one.text.ends_with(['=', ':']) { "" } else { " " };
        format!("{}{end}", escaped(&one.text[place..]))
    }))
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.map(|line| line + "\n").collect()
}

/// A text as bash reads it unquoted.
fn escaped(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@,+=%".contains(c);
    text.chars().flat_map(|c| (!plain(c)).then_some('\\').into_iter().chain([c])).collect()
}

/// The words of a line as a shell splits them, the last one possibly empty. It need not be complete.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut characters = line.trim_start().chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => push(&mut words, characters.next()),
            (_, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => quote = Some(c),
            (' ' | '\t' | '\n', None) => {
                if words.last().is_some_and(|word| !word.is_empty()) {
                    words.push(String::new());
                }
            }
            _ => push(&mut words, Some(c)),
        }
    }
    // Variables may be set before the program.
    let is_setting = |word: &String| word.contains('=') && !word.starts_with('-');
    let settings = words.iter().take_while(|word| is_setting(word)).count();
    words.split_off(settings.min(words.len() - 1))
}

fn push(words: &mut [String], c: Option<char>) {
    if let (Some(word), Some(c)) = (words.last_mut(), c) {
        word.push(c);
    }
}

/// What stands before the word that is asked for.
#[derive(Default)]
struct Before<'a> {
    operation: Option<&'static Operation>,
    words: Vec<&'a str>,
    /// The option whose value comes next.
    open: Option<&'static Spec>,
    only_words: bool,
}

fn before<'a>(words: &'a [String], api: &Api) -> Before<'a> {
    let mut before = Before::default();
    for word in words {
        if before.open.take().is_some() {
            continue;
        }
        if word == "--" {
            before.only_words = true;
        } else if word.len() > 1 && word.starts_with('-') && !before.only_words {
            before.open = open_option(word);
        } else if before.operation.is_none() && !word.contains(['=', ':']) && word != "-" {
            before.operation = api.operation(word);
        } else {
            before.words.push(word);
        }
    }
    before
}

/// The option in a word that has its value in the next one.
fn open_option(word: &str) -> Option<&'static Spec> {
    let takes_value = |option: &&Spec| !option.value.is_empty();
    if let Some(name) = word.strip_prefix("--") {
        return options::by_long(name).filter(takes_value);
    }
    let letters = &word[1..];
    if let Some(option) = options::by_short(letters) {
        return Some(option).filter(takes_value);
    }
    for (place, letter) in letters.char_indices() {
        let end = place + letter.len_utf8();
        if let Some(option) = options::by_short(&letters[place..end]).filter(takes_value) {
            return (end == letters.len()).then_some(option);
        }
    }
    None
}

fn proposals(words: &[String], api: &Api) -> Reply {
    let Some((current, earlier)) = words.split_last() else { return Reply::Words(Vec::new()) };
    let before = before(earlier, api);
    if let Some(option) = before.open {
        return values(option, "", before.operation);
    }
    if current.starts_with('-') && !before.only_words {
        let attached = current
            .split_once('=')
            .and_then(|(name, _)| Some((name, options::by_long(name.strip_prefix("--")?)?)));
        return match attached {
            Some((name, option)) => values(option, &format!("{name}="), before.operation),
            None => Reply::Words(option_names()),
        };
    }
    Reply::Words(match before.operation {
        None => api.operations.iter().map(|one| proposal(one.name, markdown::line(one.summary))).collect(),
        Some(operation) => arguments(operation, &before.words, current),
    })
}

fn option_names() -> Vec<Proposal> {
    let offered = OPTIONS.iter().filter(|option| matches!(option.kind, Kind::Own | Kind::Curl));
    let mut found = Vec::new();
    for option in offered {
        if !option.long.is_empty() {
            found.push(proposal(format!("--{}", option.long), option.text));
        }
        if !option.short.is_empty() {
            found.push(proposal(format!("-{}", option.short), option.text));
        }
    }
    found
}

/// The values of an option, each after a prefix.
fn values(option: &Spec, prefix: &str, operation: Option<&Operation>) -> Reply {
    let listed = |values: &[(&str, &str)]| {
        Reply::Words(
            values.iter().map(|(value, about)| proposal(format!("{prefix}{value}"), *about)).collect(),
        )
    };
    let formats =
        ["for scripts that read JSON", "for people and scripts", "for people", "one id a line, for scripts"];
    match option.id {
        Id::Output => listed(&Format::NAMES.into_iter().zip(formats).collect::<Vec<_>>()),
        Id::Accept | Id::ContentType => listed(&media::ABBREVIATIONS),
        Id::Completion => listed(&SHELLS.map(|(name, _)| (name, ""))),
        Id::TlsMax => listed(&[("1.2", ""), ("1.3", "")]),
        Id::Method => {
            listed(&operation.map(|operation| (operation.method, "")).into_iter().collect::<Vec<_>>())
        }
        _ if option.value == "FILE" && prefix.is_empty() => Reply::Files,
        _ => Reply::Words(Vec::new()),
    }
}

/// The words that may still follow an operation.
fn arguments(operation: &'static Operation, earlier: &[&str], current: &str) -> Vec<Proposal> {
    let mut found = Vec::new();
    let given = |name: &str| {
        earlier.iter().any(|word| word.strip_prefix(name).is_some_and(|rest| rest.starts_with(['=', ':'])))
    };
    for parameter in operation.parameters {
        let opening = format!("{}=", parameter.name);
        let about = markdown::line(parameter.description);
        let may_repeat = matches!(parameter.shape, Shape::Array(_));
        if current.starts_with(&opening) {
            found.extend(parameter.choices().iter().map(|value| proposal(format!("{opening}{value}"), "")));
        } else if may_repeat || !given(parameter.name) {
            found.push(proposal(opening, about));
        }
    }
    let Some(body) = &operation.body else { return found };
    for member in body.members {
        let separator = if member.type_name == "string" { "==" } else { ":=" };
        let opening = format!("{}{separator}", member.name);
        if current.starts_with(&opening) {
            found.extend(member.values.iter().map(|value| proposal(format!("{opening}{value}"), "")));
        } else if !given(member.name) {
            found.push(proposal(opening, markdown::line(member.description)));
        }
    }
    if earlier.is_empty() || !matches!(body.form, BodyForm::Json | BodyForm::Form) {
        found.push(proposal("-", "body from standard input"));
    }
    found
}

#[cfg(test)]
#[path = "completion_tests.rs"]
mod tests;
