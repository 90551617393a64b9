//! The start of a server: every operation answers 501 in the document's own form of errors until a person writes it.

use quote::ToTokens;
use syn::{FnArg, Pat, ReturnType, TraitItemFn, Type, TypeParamBound};

use super::{Context, Sources, conformance, naming};

/// How long a line may be, as the `rustfmt.toml` beside the sources says: most operations then take a single one.
const WIDTH: usize = 120;

/// The files of the server package, all of them for a person to go on with.
pub(super) fn files(context: &Context<'_>) -> Sources {
    let fill = |template: &str| {
        template
            .replace("{{title}}", &naming::line(&context.surface.title))
            .replace("{{api}}", &context.krate("api"))
            .replace("{{server}}", &context.krate("server"))
    };
    let mut sources = Sources::from([
        ("rustfmt.toml".to_owned(), include_str!("templates/server_rustfmt.toml.in").to_owned()),
        ("src/lib.rs".to_owned(), fill(include_str!("templates/server_lib.rs.in"))),
        ("src/main.rs".to_owned(), fill(include_str!("templates/server_main.rs.in"))),
        ("src/handlers.rs".to_owned(), handlers(context)),
    ]);
    sources.extend(conformance::files(context));
    sources
}

fn handlers(context: &Context<'_>) -> String {
    let surface = context.surface;
    let secured = surface.authenticate.is_some();
    let operations: String = surface
        .operations
        .iter()
        .map(|operation| {
            let place = format!("{} {}", operation.method, naming::code(&operation.path));
            method(&operation.signature, &format!("        not_written() // {place}\n"))
        })
        .collect::<Vec<_>>()
        .join("\n");
    let authenticate = surface.authenticate.as_ref().map(|authenticate| {
        let lines = method(authenticate, AUTHENTICATE);
        format!("    type Principal = Caller;\n\n    /// Refuses everybody, save where the document allows to come without credentials: say \
                 here what credentials are worth.\n{lines}")
    });
    let members: Vec<_> =
        authenticate.into_iter().chain(Some(operations)).filter(|text| !text.is_empty()).collect();
    let body = match members.join("\n") {
        members if members.is_empty() => "{}\n".to_owned(),
        members => format!("{{\n{members}}}\n"),
    };
    let has_operations = !surface.operations.is_empty();
    let mut imports = Vec::new();
    if has_operations || secured {
        imports.push("Request");
    }
    if secured {
        imports.push("not_authenticated");
    }
    if has_operations {
        imports.push("not_written");
    }
    let imports = match imports.as_slice() {
        [] => String::new(),
        [one] => format!("use stubgen_runtime::{one};\n"),
        more => format!("use stubgen_runtime::{{{}}};\n", more.join(", ")),
    };
    let unused = if surface.operations.is_empty() { "" } else { UNUSED };
    include_str!("templates/server_handlers.rs.in")
        .replace("{{title}}", &naming::line(&surface.title))
        .replace("{{unused}}", unused)
        .replace("{{api}}", &context.krate("api"))
        .replace("{{imports}}", &imports)
        .replace("{{caller}}", if secured { CALLER } else { "" })
        .replace("{{trait}}", &surface.trait_name.to_string())
        .replace("{{body}}", &body)
}

const UNUSED: &str = "#![allow(unused_variables, reason = \"operations that are not written do not use what they are given\")]\n\n";

const AUTHENTICATE: &str = "        if credentials.is_none() && request.operation().security.optional {
            return Ok(Caller::Anonymous);
        }
        not_authenticated()
";

const CALLER: &str = r#"/// Who a request comes from. Its `Display` stands in the access log, so it says nothing secret.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Nobody in particular, where the document allows that.
    Anonymous,
}

impl std::fmt::Display for Caller {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anonymous => formatter.write_str("anonymous"),
        }
    }
}

"#;

/// A method of the trait with a body, laid out as rustfmt does by the `rustfmt.toml` beside it.
fn method(method: &TraitItemFn, body: &str) -> String {
    let name = &method.sig.ident;
    let arguments: Vec<_> = method.sig.inputs.iter().map(argument).collect();
    let output = output(&method.sig.output).map(|ty| written(&ty)).unwrap_or_default();
    let line = format!("    async fn {name}({}) -> {output} {{\n", arguments.join(", "));
    let mut text = String::new();
    if line.trim_end().chars().count() <= WIDTH {
        text.push_str(&line);
    } else {
        let end = format!("    ) -> {output} {{\n");
        let (lines, fits) = wrapped(&arguments);
        // How rustfmt breaks what no line can hold is its own affair.
        if !fits || end.trim_end().chars().count() > WIDTH {
            text.push_str("    #[rustfmt::skip]\n");
        }
        text.extend(["    async fn ", &name.to_string(), "(\n", &lines, &end]);
    }
    text + body + "    }\n"
}

/// Arguments, as many in a line as fit, and whether all do.
fn wrapped(arguments: &[String]) -> (String, bool) {
    let mut lines = vec![String::from("       ")];
    for argument in arguments {
        let fits =
            lines.last().is_none_or(|line| line.chars().count() + argument.chars().count() + 2 <= WIDTH);
        if !fits {
            lines.push(String::from("       "));
        }
        if let Some(line) = lines.last_mut() {
            line.extend([" ", argument, ","]);
        }
    }
    let fits = lines.iter().all(|line| line.chars().count() <= WIDTH);
    (lines.into_iter().map(|line| line + "\n").collect(), fits)
}

fn argument(argument: &FnArg) -> String {
    match argument {
        FnArg::Typed(argument) => match &*argument.pat {
            Pat::Ident(pattern) => format!("{}: {}", pattern.ident, written(&argument.ty)),
            _ => String::new(),
        },
        FnArg::Receiver(_) => "&self".to_owned(),
    }
}

/// A type as people write it.
fn written(ty: &Type) -> String {
    let text = ty.to_token_stream().to_string().replace(' ', "").replace(',', ", ").replace(", >", ">");
    [
        ("::std::vec::Vec<", "Vec<"),
        ("::std::option::Option<", "Option<"),
        ("::std::string::String", "String"),
        ("stubgen_runtime::Request", "Request"),
        ("Self::Principal", "Caller"),
    ]
    .into_iter()
    .fold(text, |text, (long, short)| text.replace(long, short))
}

fn output(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, ty) = output else { return None };
    let Type::ImplTrait(future) = &**ty else { return Some((**ty).clone()) };
    future.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let syn::PathArguments::AngleBracketed(arguments) = &bound.path.segments.last()?.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            syn::GenericArgument::AssocType(output) if output.ident == "Output" => Some(output.ty.clone()),
            _ => None,
        })
    })
}
