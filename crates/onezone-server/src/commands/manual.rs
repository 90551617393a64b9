//! `completions` and `man`: what shells and `man` are to know of the command line, made of the command line itself.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde_json::json;

use super::Context;
use crate::cli::Cli;

const NAME: &str = env!("CARGO_PKG_NAME");

/// For which shell.
#[derive(Args)]
#[command(after_help = "Put the output where the shell looks for it:\n\n  \
    onezone-server completions bash \\\n    \
    > ~/.local/share/bash-completion/completions/onezone-server\n  \
    onezone-server completions zsh > ~/.zfunc/_onezone-server\n  \
    onezone-server completions fish \\\n    \
    > ~/.config/fish/completions/onezone-server.fish\n\n\
    The Debian package does so for bash, zsh and fish.")]
pub(crate) struct CompletionsArguments {
    /// The shell
    shell: Shell,
}

/// Where to.
#[derive(Args)]
#[command(after_help = "Example:\n  onezone-server man --out /usr/local/share/man/man1")]
pub(crate) struct ManArguments {
    /// The directory, which is made if it is not there; a page a command is written into it
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn completions(arguments: &CompletionsArguments, context: &Context<'_>) {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), NAME, &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if arguments.shell == Shell::Bash {
        // clap_complete 4.6 joins the words of a command by this mark, and by mistake also the parts of a name that has a hyphen,
        // but only where it defines what completes it. Without the mark both are the same, and no two commands are.
        script = script.replace("__subcmd__", "__");
    }
    context.output.raw(&script);
}

pub(crate) fn man(arguments: &ManArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let directory = arguments.out.display();
    let cannot_write = || format!("cannot write manual pages into {directory}");
    std::fs::create_dir_all(&arguments.out).with_context(cannot_write)?;
    clap_mangen::generate_to(Cli::command(), &arguments.out).with_context(cannot_write)?;
    let value = json!({ "directory": arguments.out });
    context.output.result(&value, &format!("wrote the manual pages into {directory}"))
}
