//! The client's credentials: one setter for each security scheme of the document, and for each operation the sets of them that it accepts.

use std::collections::BTreeSet;

use super::surface::{Scheme, SchemeKind, Surface};
use super::{Context, naming};
use crate::names;

/// The text of `credentials.rs`.
pub(super) fn credentials(context: &Context<'_>) -> String {
    let surface = context.surface;
    let idents = idents(surface);
    let has = |kind: fn(&SchemeKind) -> bool| surface.schemes.iter().any(|scheme| kind(&scheme.kind));
    let in_header = has(|kind| !matches!(kind, SchemeKind::Query(_) | SchemeKind::Connection));
    let basic = has(|kind| matches!(kind, SchemeKind::Basic));
    let setters: Vec<_> = surface
        .schemes
        .iter()
        .zip(&idents)
        .enumerate()
        .map(|(index, (scheme, ident))| setter(index, scheme, ident, context))
        .collect();
    let places: Vec<_> =
        surface.schemes.iter().enumerate().map(|(index, scheme)| place(index, &scheme.kind)).collect();
    let header_imports = match (in_header, has(|kind| matches!(kind, SchemeKind::Header(_)))) {
        (false, _) => String::new(),
        (true, _) => "use reqwest::header::{HeaderName, HeaderValue};\n".to_owned(),
    };
    let (encode, unusable, unusable_arm) = if basic {
        ("use base64::Engine as _;\n", "    Unusable(&'static str),\n", UNUSABLE_ARM)
    } else {
        ("", "", "")
    };
    include_str!("templates/client_credentials.rs.in")
        .replace("{{header}}", &context.header.comment("//"))
        .replace("{{base64}}", encode)
        .replace("{{header_imports}}", &header_imports)
        .replace("{{unusable}}", unusable)
        .replace("{{unusable_arm}}", unusable_arm)
        .replace("{{count}}", &surface.schemes.len().to_string())
        .replace("{{setters}}", &setters.join("\n"))
        .replace("{{places}}", &places.concat())
        .replace("{{header_function}}", if in_header { HEADER } else { "" })
        .replace("{{operations}}", &operations(surface))
        .replace("{{fallback}}", if is_used(surface) { "&[]" } else { "EVERYTHING" })
        .replace("{{everything}}", &if is_used(surface) { String::new() } else { everything(surface) })
}

const UNUSABLE_ARM: &str = "                Value::Unusable(reason) => return Err(*reason),\n";

const HEADER: &str = r#"
/// A header whose value is shown by no log.
fn set(request: &mut Request, name: HeaderName, value: &str) -> Result<(), &'static str> {
    // The error of the conversion is not passed on: it must not get a chance to quote the value.
    let Ok(mut value) = HeaderValue::from_str(value) else {
        return Err("a credential has characters that no header can carry");
    };
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(())
}
"#;

/// Whether the document says anywhere who may call what. Many that define schemes do not.
fn is_used(surface: &Surface) -> bool {
    surface.operations.iter().any(|operation| !operation.alternatives.is_empty())
}

/// Each scheme by itself.
fn everything(surface: &Surface) -> String {
    let sets: Vec<_> = (0..surface.schemes.len()).map(|index| format!("&[{index}]")).collect();
    format!(
        "\n/// The document does not say which operations ask for which scheme, so the first that is set is sent.\n\
         const EVERYTHING: &[&[usize]] = &[{}];\n",
        sets.join(", ")
    )
}

fn operations(surface: &Surface) -> String {
    let mut rows: Vec<_> = surface
        .operations
        .iter()
        .filter(|operation| !operation.alternatives.is_empty())
        .map(|operation| {
            let sets =
                operation.alternatives.iter().filter_map(|index| surface.alternatives.get(*index)).map(
                    |set| {
                        let indexes: Vec<_> = set.iter().map(ToString::to_string).collect();
                        format!("&[{}]", indexes.join(", "))
                    },
                );
            (operation.signature.sig.ident.to_string(), sets.collect::<Vec<_>>().join(", "))
        })
        .collect();
    rows.sort();
    rows.into_iter().fold(String::new(), |text, (name, sets)| text + &format!("    ({name:?}, &[{sets}]),\n"))
}

/// The names of the setters, each only once.
fn idents(surface: &Surface) -> Vec<String> {
    let mut taken: BTreeSet<String> =
        ["new", "default", "clone", "apply", "fmt", "from", "into", "is_set"].map(str::to_owned).into();
    let unique = |scheme: &Scheme| {
        let base = names::snake(&scheme.name);
        let mut ident = base.clone();
        let mut number = 2;
        while !taken.insert(ident.clone()) {
            ident = format!("{base}_{number}");
            number += 1;
        }
        ident
    };
    surface.schemes.iter().map(unique).collect()
}

fn setter(index: usize, scheme: &Scheme, ident: &str, context: &Context<'_>) -> String {
    let description = &context.document["components"]["securitySchemes"][&scheme.name]["description"];
    let about = description.as_str().map(naming::line).filter(|line| !line.is_empty());
    let about = about.map_or_else(String::new, |line| format!("    ///\n    /// {line}\n"));
    let name = naming::line(&scheme.name);
    match &scheme.kind {
        SchemeKind::Basic => format!(
            r#"    /// User name and password for `{name}`, by HTTP Basic. The name cannot contain a colon.
{about}    #[must_use]
    pub fn {ident}(mut self, username: &str, password: &str) -> Self {{
        self.values[{index}] = if username.contains(':') {{
            Value::Unusable("the user name contains a colon, which HTTP Basic cannot carry")
        }} else {{
            let pair = Secret::new(format!("{{username}}:{{password}}"));
            let encoded = base64::engine::general_purpose::STANDARD.encode(pair.expose());
            Value::Set(Secret::new(encoded))
        }};
        self
    }}
"#
        ),
        SchemeKind::Connection => format!(
            r"    /// Says that the HTTP client presents a certificate for `{name}` when it connects.
{about}    #[must_use]
    pub fn {ident}(mut self) -> Self {{
        self.values[{index}] = Value::Set(Secret::new(String::new()));
        self
    }}
"
        ),
        kind => {
            let what = match kind {
                SchemeKind::Header(header) => {
                    format!("The key for `{name}`, in the header `{}`.", naming::line(header))
                }
                SchemeKind::Query(key) => {
                    format!("The key for `{name}`, in the parameter `{}` of the query.", naming::line(key))
                }
                SchemeKind::Cookie(cookie) => {
                    format!("The key for `{name}`, in the cookie `{}`.", naming::line(cookie))
                }
                SchemeKind::Bearer | SchemeKind::Basic | SchemeKind::Connection => {
                    format!("The token for `{name}`, as `Authorization: Bearer`.")
                }
            };
            format!(
                "    /// {what}\n{about}    #[must_use]\n    pub fn {ident}(mut self, secret: impl Into<Secret>) -> Self {{\n        \
                 self.values[{index}] = Value::Set(secret.into());\n        self\n    }}\n"
            )
        }
    }
}

/// The arm that puts the secret of a scheme where the scheme says.
fn place(index: usize, kind: &SchemeKind) -> String {
    match kind {
        SchemeKind::Connection => {
            format!(
                "        {index} => {{\n            let _ = (request, secret);\n            Ok(())\n        }}\n"
            )
        }
        SchemeKind::Basic => format!(
            "        {index} => {{\n            let value = Secret::new(format!(\"Basic {{secret}}\"));\n            \
             set(request, reqwest::header::AUTHORIZATION, value.expose())\n        }}\n"
        ),
        SchemeKind::Bearer => format!(
            "        {index} => {{\n            let value = Secret::new(format!(\"Bearer {{secret}}\"));\n            \
             set(request, reqwest::header::AUTHORIZATION, value.expose())\n        }}\n"
        ),
        SchemeKind::Header(name) => {
            let name = name.to_ascii_lowercase();
            format!("        {index} => set(request, HeaderName::from_static({name:?}), secret),\n")
        }
        SchemeKind::Query(name) => format!(
            "        {index} => {{\n            request\n                .url_mut()\n                .query_pairs_mut()\n                \
             .append_pair({name:?}, secret);\n            Ok(())\n        }}\n"
        ),
        SchemeKind::Cookie(name) => format!(
            "        {index} => {{\n            let header = reqwest::header::COOKIE;\n            \
             let others = request.headers().get(&header).and_then(|value| value.to_str().ok());\n            \
             let others = others.map_or_else(String::new, |others| format!(\"{{others}}; \"));\n            \
             let value = Secret::new(format!(\"{{others}}{{}}={{secret}}\", {name:?}));\n            \
             set(request, header, value.expose())\n        }}\n"
        ),
    }
}
