//! What was probably meant by a mistyped name.

use crate::error::Error;
use crate::table::Api;

/// The name that is most like the given one, if any is.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    candidates
        .map(|candidate| {
            (strsim::normalized_damerau_levenshtein(&name, &candidate.to_lowercase()), candidate)
        })
        .filter(|(similarity, _)| *similarity > 0.6)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

/// What an error adds about the name that was probably meant; nothing where none is like the given one.
pub(crate) fn hint<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    nearest(name, candidates).map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}

/// The error for an operation that does not exist, with the one that was probably meant.
pub(crate) fn unknown_operation(name: &str, api: &Api) -> Error {
    /// More names than these say nothing.
    const LISTED: usize = 10;
    let names = || api.operations.iter().map(|operation| operation.name);
    let ids = api.operations.iter().map(|operation| operation.id);
    let nearest = nearest(name, names().chain(ids)).and_then(|name| api.operation(name));
    let hint = match nearest {
        Some(operation) => format!("did you mean `{}`?", operation.name),
        None if api.operations.len() <= LISTED => {
            format!("there are {}", names().collect::<Vec<_>>().join(", "))
        }
        None => "see `onezone-rest-cli --help` for those there are".to_owned(),
    };
    Error::Usage(format!("unknown operation `{name}`; {hint}"))
}
