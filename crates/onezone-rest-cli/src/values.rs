//! The values of parameters: from the text on the command line to what is sent, checked against what the table says.
//!
//! Numbers stay the text that they are, so that no digit is lost on the way.

use serde_json::Value;

use crate::secrets;
use crate::suggest;
use crate::table::{Location, Parameter, Shape};

/// The value of a parameter that was written as these texts, of which there is at least one. The error says what is wrong
/// with it.
pub(crate) fn read(parameter: &Parameter, texts: &[String], force: bool) -> Result<Value, String> {
    for text in texts {
        check_path(parameter, text)?;
        if !force {
            check(parameter, text)?;
        }
    }
    let [text] = texts else { return Ok(texts.iter().map(|text| Value::String(text.clone())).collect()) };
    match parameter.shape {
        Shape::Array(_) => Ok(Value::Array(vec![Value::String(text.clone())])),
        Shape::Object | Shape::Json => match serde_json::from_str(text) {
            Ok(value @ Value::Object(_)) => Ok(value),
            Ok(value) if parameter.shape == Shape::Json => Ok(value),
            Err(_) if force => Ok(Value::String(text.clone())),
            _ => Err(format!(
                "`{}` needs {}, for instance {}",
                parameter.name,
                parameter.shape.name(),
                example(parameter.shape)
            )),
        },
        _ => Ok(Value::String(text.clone())),
    }
}

fn example(shape: Shape) -> &'static str {
    if shape == Shape::Object { r#"'{"name":"value"}'"# } else { r#"'"text"' or '[1,2]'"# }
}

fn check_path(parameter: &Parameter, text: &str) -> Result<(), String> {
    if parameter.location == Location::Path && matches!(text, "" | "." | "..") {
        let reason =
            if text.is_empty() { "it cannot be empty" } else { "in a path it is a step, not a value" };
        return Err(format!("`{}={text}`: {reason}", parameter.name));
    }
    Ok(())
}

fn check(parameter: &Parameter, text: &str) -> Result<(), String> {
    let shown = if secrets::is_secret(parameter.name) { "this".to_owned() } else { format!("`{text}`") };
    let choices = parameter.choices();
    if !choices.is_empty() {
        if choices.contains(&text) {
            return Ok(());
        }
        let hint = suggest::hint(text, choices.iter().copied());
        return Err(format!(
            "`{}` cannot be {shown}; it is one of {}{hint}",
            parameter.name,
            choices.join(", ")
        ));
    }
    let shape = match parameter.shape {
        Shape::Array(items) => *items,
        shape => shape,
    };
    let fits = match shape {
        Shape::Integer => is_integer(text),
        Shape::Number => serde_json::from_str::<serde_json::Number>(text).is_ok(),
        _ => true,
    };
    if fits { Ok(()) } else { Err(format!("`{}` needs {}, and not {shown}", parameter.name, article(shape))) }
}

fn article(shape: Shape) -> String {
    let name = shape.name();
    if name.starts_with('i') { format!("an {name}") } else { format!("a {name}") }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
