//! Text out of a list.

use serde_json::Value;

use super::kind;
use crate::ir::types::{ChoiceValue, TypeShape};
use crate::names;

/// The shape of an enum of texts; `None` for one of other values.
pub(super) fn choice(schema: &Value, values: &[Value]) -> Option<TypeShape> {
    if kind(schema).is_some_and(|kind| kind != "string") || values.is_empty() {
        return None;
    }
    let mut choices: Vec<ChoiceValue> = Vec::new();
    for value in values {
        let value = value.as_str()?;
        if choices.iter().any(|choice| choice.value == value) {
            continue;
        }
        let base = if value.is_empty() { "Empty".to_owned() } else { names::pascal(value) };
        let taken = |ident: &str| choices.iter().any(|choice| choice.ident == ident);
        let ident = names::numbered(&base, &base, taken);
        choices.push(ChoiceValue { value: value.to_owned(), ident });
    }
    Some(TypeShape::Choice(choices))
}
