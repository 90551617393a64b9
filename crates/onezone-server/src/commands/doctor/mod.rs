//! `doctor`: whether this machine and this configuration can keep what is promised. It looks and measures, and changes nothing; what
//! it writes for a measurement has no name and is gone with it.

mod files;
mod machine;
mod stored;

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::Context;
use super::serve::{self, ServeArguments};
use crate::database::Database;
use crate::geo::GeoDatabases;

/// What is looked at: everything that `serve` would use. It takes the options of `serve`.
#[derive(Args)]
#[command(
    after_help = "Each line is `ok`, a warning or a failure; the line below it says how to mend it. The exit status is 1 when \
    anything failed. Nothing is changed, and it can be run while the server runs, as the user that the server runs as.\n\n\
    Examples:\n  \
    onezone-server doctor\n  \
    sudo -u onezone-server onezone-server doctor --output json"
)]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    serve: ServeArguments,
}

/// What was found about one thing.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    words: String,
    /// How to mend it.
    advice: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Ok,
    Warning,
    Failure,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warn",
            Self::Failure => "fail",
        }
    }
}

impl Finding {
    fn ok(check: &'static str, words: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, words: words.into(), advice: None }
    }

    fn warning(check: &'static str, words: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Warning, words: words.into(), advice: Some(advice.into()) }
    }

    fn failure(check: &'static str, words: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Failure, words: words.into(), advice: Some(advice.into()) }
    }

    /// The error says what is wrong and how to mend it, as all of this program's do.
    fn error(check: &'static str, error: &anyhow::Error) -> Self {
        Self { check, verdict: Verdict::Failure, words: format!("{error:#}"), advice: None }
    }
}

pub(crate) async fn run(
    arguments: &DoctorArguments,
    config_file: Option<&std::path::Path>,
    context: &Context<'_>,
) -> anyhow::Result<()> {
    let findings = examine(&arguments.serve, config_file, context).await;
    let mut rows = Vec::new();
    for finding in &findings {
        let verdict = finding.verdict.name().to_owned();
        rows.push(vec![finding.check.to_owned(), verdict, finding.words.clone()]);
        rows.extend(
            finding.advice.iter().map(|advice| vec![String::new(), String::new(), format!("-> {advice}")]),
        );
    }
    let worst = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Ok);
    let checks: Vec<_> = findings
        .iter()
        .map(|finding| {
            json!({
                "check": finding.check,
                "verdict": finding.verdict.name(),
                "finding": finding.words,
                "advice": finding.advice,
            })
        })
        .collect();
    context.output.table(
        &["check", "verdict", "finding"],
        &rows,
        &json!({ "verdict": worst.name(), "checks": checks }),
    )?;
    let failed = findings.iter().filter(|finding| finding.verdict == Verdict::Failure).count();
    if failed > 0 {
        bail!("{failed} of {} checks failed", findings.len());
    }
    Ok(())
}

async fn examine(
    serve: &ServeArguments,
    config_file: Option<&std::path::Path>,
    context: &Context<'_>,
) -> Vec<Finding> {
    let mut findings = configuration(serve, config_file, context);
    findings.push(machine::clock(&context.environment).await);
    findings.push(machine::time_service().await);
    findings.push(machine::open_files());
    findings.push(machine::port(serve.listen.listen).await);
    findings.push(machine::metrics_port(&serve.observability).await);
    findings.push(match GeoDatabases::open(&serve.geo) {
        Ok(databases) if databases.asn_lookup().is_none() && databases.location_lookup().is_none() => {
            Finding::ok("places", "no databases are configured; `asn` and `geo` caveats fail")
        }
        Ok(_) => Finding::ok("places", "the databases are readable"),
        Err(error) => Finding::error("places", &error),
    });
    let secrets = [
        ("password file", &serve.admin_password_file),
        ("database password", &context.common.database_password_file),
    ];
    for (check, file) in secrets {
        findings.extend(file.as_deref().map(|file| files::secret(check, file)));
    }
    match Database::from_options(&context.common) {
        Ok(database) => findings.extend(stored::examine(&database, &context.environment).await),
        // It is among what is wrong with the configuration already.
        Err(_) => {
            let words = "cannot be looked at";
            findings.push(Finding::failure("database", words, "mend the configuration first"));
        }
    }
    findings
}

fn configuration(
    serve: &ServeArguments,
    config_file: Option<&std::path::Path>,
    context: &Context<'_>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.push(match config_file {
        Some(path) => files::configuration(path),
        None => Finding::ok("config file", "there is none: defaults, environment and options"),
    });
    let problems = serve::problems(serve, &context.common);
    if problems.is_empty() {
        findings.push(Finding::ok("settings", "go together"));
    }
    for problem in problems {
        findings.push(Finding::error("settings", &anyhow::anyhow!(problem)));
    }
    findings
}
