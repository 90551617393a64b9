//! The table of settings, read off the command line.

use std::any::TypeId;
use std::collections::BTreeSet;

use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command as Line, CommandFactory as _};

use crate::cli::Cli;

/// What begins the names of all environment variables.
const PREFIX: &str = "ONEZONE_";

/// The one variable that is no setting: it says where settings are.
const FILE: &str = "ONEZONE_CONFIG";

/// What can be set, and how.
#[derive(Clone)]
pub(crate) struct Setting {
    /// As the file has it.
    pub(crate) key: String,
    /// As the command line has it: `--listen ADDRESS:PORT`.
    pub(crate) option: String,
    /// As the environment has it.
    pub(crate) variable: String,
    /// What it is without being set, where that is a value.
    pub(crate) default: Option<String>,
    /// What it means.
    pub(crate) help: String,
    /// What it is set with others of its kind under.
    pub(crate) heading: String,
    /// What its values are.
    pub(crate) kind: Kind,
    /// What stands for its value in explanations.
    pub(crate) placeholder: String,
    /// The name by which the parser knows it.
    pub(crate) id: String,
    /// Whether it can have several values.
    is_list: bool,
    parser: ValueParser,
}

/// What values are in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number.
    Number,
    /// A number with a point, or without.
    Decimal,
    /// Anything in quotes.
    Text,
}

impl Kind {
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Switch => "true or false",
            Self::Number => "a whole number",
            Self::Decimal => "a number",
            Self::Text => "a text in quotes",
        }
    }
}

/// The key of an option, if it is a setting.
pub(super) fn key(option: &Arg) -> Option<String> {
    let variable = option.get_env()?.to_str()?;
    if !variable.starts_with(PREFIX) || variable == FILE {
        return None;
    }
    Some(option.get_long()?.replace('-', "_"))
}

impl Setting {
    /// All settings: those of `serve` first, in the order of its help; then those of all commands; then those of others.
    pub(crate) fn all() -> Vec<Self> {
        let mut line = Cli::command();
        line.build();
        let (mut settings, mut known) = (Vec::new(), BTreeSet::new());
        let mut take = |option: &Arg| {
            if let Some(setting) = Self::of(option)
                && known.insert(setting.key.clone())
            {
                settings.push(setting);
            }
        };
        if let Some(serve) = line.find_subcommand("serve") {
            serve.get_arguments().for_each(&mut take);
        }
        visit(&line, &mut take);
        settings
    }

    fn of(option: &Arg) -> Option<Self> {
        let key = key(option)?;
        let long = option.get_long()?;
        let parser = option.get_value_parser();
        let kind = kind(parser);
        let placeholder =
            option.get_value_names().and_then(|names| names.first()).map_or("VALUE", |name| name.as_str());
        let written =
            if kind == Kind::Switch { format!("--{long}") } else { format!("--{long} {placeholder}") };
        let default = option.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
        Some(Self {
            key,
            option: written,
            variable: option.get_env()?.to_string_lossy().into_owned(),
            default,
            help: option.get_help()?.to_string(),
            heading: option.get_help_heading().unwrap_or("General").to_owned(),
            kind,
            placeholder: placeholder.to_owned(),
            id: option.get_id().to_string(),
            is_list: matches!(option.get_action(), ArgAction::Append),
            parser: parser.clone(),
        })
    }

    pub(super) fn is_list(&self) -> bool {
        self.is_list
    }

    /// What is wrong with a value, and what would be right.
    pub(crate) fn check(&self, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Err("it is empty; leave the setting out instead".to_owned());
        }
        let option = Arg::new("value").long("value").require_equals(true).num_args(1);
        let line = Line::new("check").no_binary_name(true).arg(option.value_parser(self.parser.clone()));
        let Err(error) = line.try_get_matches_from([format!("--value={value}")]) else { return Ok(()) };
        if let (ErrorKind::InvalidValue, Some(ContextValue::Strings(valid))) =
            (error.kind(), error.get(ContextKind::ValidValue))
        {
            let near = crate::suggest::nearest(value, valid.iter().map(String::as_str));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
            return Err(format!("{value:?} is none of {}{hint}", valid.join(", ")));
        }
        let reason = std::error::Error::source(&error).map(ToString::to_string);
        Err(format!("{value:?} is not {}: {}", self.placeholder, reason.unwrap_or_default()))
    }
}

fn visit(line: &Line, take: &mut impl FnMut(&Arg)) {
    line.get_arguments().for_each(&mut *take);
    line.get_subcommands().for_each(|command| visit(command, take));
}

fn kind(parser: &ValueParser) -> Kind {
    let id = parser.type_id();
    let is = |types: &[TypeId]| types.iter().any(|one| id == *one);
    if is(&[TypeId::of::<bool>()]) {
        return Kind::Switch;
    }
    if is(&[TypeId::of::<f64>()]) {
        return Kind::Decimal;
    }
    let numbers = [
        TypeId::of::<u8>(),
        TypeId::of::<u16>(),
        TypeId::of::<u32>(),
        TypeId::of::<u64>(),
        TypeId::of::<usize>(),
        TypeId::of::<i32>(),
        TypeId::of::<i64>(),
    ];
    if is(&numbers) { Kind::Number } else { Kind::Text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_one_name_in_three_spellings_and_a_default_that_is_a_value() {
        let settings = Setting::all();
        assert!(settings.len() >= 17, "{}", settings.len());
        for setting in settings {
            assert_eq!(setting.variable, format!("ONEZONE_{}", setting.key.to_uppercase()));
            assert!(setting.option.starts_with(&format!("--{}", setting.key.replace('_', "-"))));
            if let Some(default) = &setting.default {
                assert_eq!(setting.check(default), Ok(()), "{}", setting.key);
            }
            assert_ne!(setting.heading, "General", "{} stands under no heading", setting.key);
        }
    }

    #[test]
    fn the_same_setting_of_two_commands_is_the_same() {
        let mut line = Cli::command();
        line.build();
        let mut seen = std::collections::BTreeMap::new();
        visit(&line, &mut |option| {
            let Some(setting) = Setting::of(option) else { return };
            let facts = (setting.kind, setting.default, setting.option, setting.variable);
            let before = seen.insert(setting.key.clone(), facts.clone());
            assert!(before.is_none_or(|before| before == facts), "{}", setting.key);
        });
    }

    #[test]
    fn everything_that_serve_can_be_told_is_a_setting() {
        let mut line = Cli::command();
        line.build();
        for option in line.find_subcommand("serve").unwrap().get_arguments() {
            let name = option.get_id().as_str();
            assert!(key(option).is_some() || ["help", "config", "output"].contains(&name), "{name}");
        }
    }
}
