//! A call from beginning to end: send, tell what was asked to be told, show the answer or say why there is none.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use onezone_client::{Client, ClientInfo as _, RawResponse};

use crate::arguments::Arguments;
use crate::credentials::{Chosen, Environment};
use crate::diagnosis::{self, Context};
use crate::error::Error;
use crate::formats;
use crate::options::Id;
use crate::output;
use crate::request;
use crate::secrets;
use crate::terminal::Terminal;
use crate::words::Call;
use crate::write_out::{Report, WriteOut};

/// The longest URL that HTTP libraries take.
const LONGEST_URL: usize = 65_534;

/// Carries out a call.
pub(crate) fn run(
    call: &Call,
    arguments: &Arguments,
    environment: &Environment,
    terminal: Terminal,
) -> Result<(), Error> {
    let write_out = arguments.value(Id::WriteOut).map(WriteOut::parse).transpose()?;
    let chosen = Chosen::of(call, arguments, environment)?;
    let client = request::client(arguments, environment, chosen.credentials()?)?;
    let url = request::url(call, client.baseurl(), true)?;
    if url.len() > LONGEST_URL {
        let length = url.len();
        return Err(Error::Usage(format!(
            "the parameters make a URL of {length} bytes, and no more than {LONGEST_URL} can be sent"
        )));
    }
    let started = Instant::now();
    let mut report = Report { method: call.operation.method, url, ..Report::default() };
    let answer = send(call, &client, arguments, &chosen);
    report.seconds = started.elapsed().as_secs_f64();
    let context = Context {
        operation: call.operation,
        base_url: client.baseurl(),
        chosen: &chosen,
        fail: arguments.has(Id::Fail) || arguments.has(Id::FailWithBody),
    };
    let outcome = answer.and_then(|answer| {
        report.answer(&answer);
        show(call, answer, arguments, terminal)
    });
    let outcome = outcome.map_err(|error| match error {
        Error::Client(error) => Error::Call(Box::new(diagnosis::failure(error, &context))),
        other => other,
    });
    if let Some(write_out) = write_out {
        report.exit_status = outcome.as_ref().err().map_or(0, Error::exit_status);
        write_out.print(&report)?;
    }
    outcome
}

fn send(
    call: &Call,
    client: &Client,
    arguments: &Arguments,
    chosen: &Chosen<'_>,
) -> Result<RawResponse, Error> {
    let mut request = request::raw(call)?;
    if let Some(body) = request::body(call)? {
        request = request.body(body);
    }
    if arguments.has(Id::Verbose) {
        tell_request(call, client, arguments.has(Id::ShowSecrets), chosen)?;
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    let answer = runtime.block_on(client.exchange(request))?;
    if arguments.has(Id::Verbose) {
        output::told(&head(&answer, "< "));
    }
    Ok(answer)
}

fn tell_request(call: &Call, client: &Client, with_secrets: bool, chosen: &Chosen<'_>) -> Result<(), Error> {
    let url = request::url(call, client.baseurl(), with_secrets)?;
    let mut text = format!("> {} {url}\n", call.operation.method);
    if let Some(name) = chosen.header() {
        let _ = writeln!(text, "> {name}: {}", secrets::MASK);
    }
    for (name, value) in request::headers(call) {
        let value = if with_secrets { value } else { secrets::masked(&name, &value) };
        let _ = writeln!(text, "> {name}: {value}");
    }
    output::told(&text);
    Ok(())
}

/// Shows an answer, or gives the error that it tells of.
fn show(call: &Call, answer: RawResponse, arguments: &Arguments, terminal: Terminal) -> Result<(), Error> {
    let is_success = answer.status.is_success();
    let file = arguments.file();
    if let Some(target) = arguments.value(Id::DumpHeader) {
        let target = Some(target).filter(|target| *target != "-");
        output::write(target, head(&answer, "").as_bytes(), Some(b"\n"))?;
    }
    if arguments.has(Id::Include) {
        let first = if is_success { file } else { None };
        output::write(first, head(&answer, "").as_bytes(), Some(b"\n"))?;
    }
    if !is_success {
        if arguments.has(Id::FailWithBody) {
            output::write(file, &answer.body, None)?;
        }
        answer.error_for_status()?;
        return Ok(());
    }
    // What goes into a file does not depend on a terminal.
    let reader = if file.is_some() { Terminal::default() } else { terminal };
    let shown = formats::shown(&answer.body, arguments.format(), reader).map_err(Error::Form)?;
    if arguments.has(Id::Include) && file.is_some() {
        output::append(file, &shown)?;
    } else {
        output::write(file, &shown, None)?;
    }
    if answer.body.is_empty() && terminal.errors && !arguments.has(Id::Silent) {
        output::told(&format!("{}\n", confirmation(call, &answer)));
    }
    Ok(())
}

/// What has happened, where the answer itself says nothing.
fn confirmation(call: &Call, answer: &RawResponse) -> String {
    let status = answer.status.as_str();
    let response = call.operation.responses.iter().find(|response| response.status == status);
    let description = response.map(|response| crate::markdown::line(response.description));
    description.filter(|text| !text.is_empty()).unwrap_or_else(|| format!("{}: done", call.operation.name))
}

/// Status and headers of an answer, each line after a mark.
fn head(answer: &RawResponse, mark: &str) -> String {
    let mut text = format!("{mark}HTTP/1.1 {}\n", answer.status);
    for (name, value) in &answer.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let _ = writeln!(text, "{mark}{name}: {}", secrets::masked_answer(name.as_str(), &value));
    }
    text
}

impl WriteOut {
    fn print(&self, report: &Report) -> Result<(), Error> {
        let (text, to_errors) = self.text(report);
        if to_errors {
            output::told(&text);
            return Ok(());
        }
        let mut stdout = std::io::stdout().lock();
        output::finish("the answer", stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
    }
}
