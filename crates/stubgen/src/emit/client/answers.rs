//! Answers by their status: one type where all successes (or errors) of an operation are the same, else an enum with a variant a status.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use crate::emit::client::method_name;
use crate::emit::docs::{doc, sentence};
use crate::emit::responses::status_ident as variant;
use crate::emit::{ident, types};
use crate::ir::{Api, Method, Operation, Payload, Response, Status};

/// Which answers of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Success,
    Error,
}

/// The types of an operation's outcome, and the arms that tell answers apart by their status.
pub(super) struct Reading {
    pub(super) success: TokenStream,
    pub(super) error: TokenStream,
    pub(super) arms: Vec<TokenStream>,
}

/// What an answer carries, as the client reads it.
#[derive(Clone, Debug, PartialEq)]
enum Content<'a> {
    Nothing,
    Json(&'a crate::ir::types::TypeRef),
    Text,
    Bytes,
}

/// An answer and the statuses that it is for.
struct Answer<'a> {
    status: Status,
    description: &'a str,
    content: Content<'a>,
}

/// The successes, and the errors. An operation that documents nothing but `default` documents its success with it as well.
fn answers(operation: &Operation, kind: Kind) -> Vec<Answer<'_>> {
    match kind {
        Kind::Error => operation.errors().map(|response| answer(operation, response)).collect(),
        Kind::Success => {
            let mut successes: Vec<_> =
                operation.successes().map(|response| answer(operation, response)).collect();
            if successes.is_empty() {
                let default =
                    operation.responses.iter().filter(|response| response.status == Status::Default);
                successes.extend(
                    default
                        .map(|response| Answer { status: Status::Range(2), ..answer(operation, response) }),
                );
            }
            successes
        }
    }
}

fn answer<'a>(operation: &Operation, response: &'a Response) -> Answer<'a> {
    let content = match &response.content {
        _ if operation.method == Method::Head => Content::Nothing,
        None => Content::Nothing,
        Some((_, Payload::Json(ty))) => Content::Json(&ty.ty),
        Some((_, Payload::Text)) => Content::Text,
        Some(_) => Content::Bytes,
    };
    Answer { status: response.status, description: &response.description, content }
}

/// Whether an operation has answers that differ.
fn differ(answers: &[Answer<'_>]) -> bool {
    answers.windows(2).any(|pair| pair[0].content != pair[1].content)
}

/// Whether there is an enum for any operation.
pub(super) fn has_definitions(api: &Api, kind: Kind) -> bool {
    api.operations.iter().any(|operation| differ(&answers(operation, kind)))
}

/// The enums of the operations that need one.
pub(super) fn definitions(api: &Api, kind: Kind) -> Option<TokenStream> {
    if !has_definitions(api, kind) {
        return None;
    }
    let each = api.operations.iter().filter_map(|operation| definition(api, operation, kind));
    let each: Vec<_> = each.collect();
    let mentions = |word: &str| each.iter().any(|tokens| tokens.to_string().contains(word));
    let types = mentions("types ::").then(|| quote! { use super::types; });
    let bytes = mentions("ByteStream").then(|| quote! { use crate::call::ByteStream; });
    Some(quote! { #types #bytes #(#each)* })
}

fn definition(api: &Api, operation: &Operation, kind: Kind) -> Option<TokenStream> {
    let answers = answers(operation, kind);
    if !differ(&answers) {
        return None;
    }
    let name = ident(&operation.pascal);
    let what = match kind {
        Kind::Success => "What [`Client::{}`](super::Client::{}) gives.",
        Kind::Error => "What [`Client::{}`](super::Client::{}) fails with.",
    };
    let title = doc(&what.replace("{}", &method_name(operation)));
    let variants = answers.iter().map(|answer| {
        let docs = doc(&format!("{}: {}", answer.status.key(), sentence(answer.description)));
        let variant = ident(&variant(answer.status));
        let ty = content_type(api, &answer.content);
        match answer.content {
            Content::Nothing => quote! { #docs #variant },
            _ => quote! { #docs #variant(#ty) },
        }
    });
    let streams = answers.iter().any(|answer| answer.content == Content::Bytes);
    let shown = streams.then(|| shown(&name, &answers));
    let derived = (!streams).then(|| quote! { #[derive(Clone, Debug)] });
    Some(quote! {
        #title
        #derived
        pub enum #name { #(#variants,)* }
        #shown
    })
}

/// A stream cannot be shown without being read.
fn shown(name: &proc_macro2::Ident, answers: &[Answer<'_>]) -> TokenStream {
    let arms = answers.iter().map(|answer| {
        let word = variant(answer.status);
        let variant = ident(&word);
        match answer.content {
            Content::Nothing | Content::Bytes => {
                let pattern = (answer.content == Content::Bytes).then(|| quote! { (_) });
                quote! { Self::#variant #pattern => formatter.write_str(#word), }
            }
            _ => quote! { Self::#variant(body) => formatter.debug_tuple(#word).field(body).finish(), },
        }
    });
    quote! {
        impl std::fmt::Debug for #name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self { #(#arms)* }
            }
        }
    }
}

fn content_type(api: &Api, content: &Content<'_>) -> TokenStream {
    match content {
        Content::Nothing => quote! { () },
        Content::Json(ty) => types::outside(&api.types, ty),
        Content::Text => quote! { String },
        Content::Bytes => quote! { ByteStream },
    }
}

/// How the answers of an operation are read.
pub(super) fn reading(api: &Api, operation: &Operation) -> Reading {
    let (successes, errors) = (answers(operation, Kind::Success), answers(operation, Kind::Error));
    let mut arms = Arms::default();
    for (kind, answers) in [(Kind::Success, &successes), (Kind::Error, &errors)] {
        for answer in answers {
            let read = read(operation, answer, kind, differ(answers));
            arms.add(answer.status, read);
        }
    }
    if successes.is_empty() {
        arms.add(Status::Range(2), quote! { answer.bytes(same) });
    }
    arms.add(Status::Default, quote! { Err(answer.unexpected()) });
    Reading {
        success: outcome(api, operation, &successes, Kind::Success),
        error: outcome(api, operation, &errors, Kind::Error),
        arms: arms.finish(),
    }
}

fn outcome(api: &Api, operation: &Operation, answers: &[Answer<'_>], kind: Kind) -> TokenStream {
    let name = ident(&operation.pascal);
    match (answers.first(), kind) {
        _ if differ(answers) && kind == Kind::Success => quote! { responses::#name },
        _ if differ(answers) => quote! { errors::#name },
        (Some(first), _) => content_type(api, &first.content),
        (None, Kind::Success) => quote! { ByteStream },
        (None, Kind::Error) => quote! { () },
    }
}

fn read(operation: &Operation, answer: &Answer<'_>, kind: Kind, differ: bool) -> TokenStream {
    let name = ident(&operation.pascal);
    let variant = ident(&variant(answer.status));
    let wrap = match (kind, differ) {
        (Kind::Success, true) => quote! { responses::#name::#variant },
        (Kind::Error, true) => quote! { errors::#name::#variant },
        (_, false) if answer.content == Content::Nothing => quote! { () },
        (_, false) => quote! { same },
    };
    let read = match answer.content {
        Content::Nothing => quote! { answer.empty(#wrap) },
        Content::Json(_) => quote! { answer.json(#wrap).await },
        Content::Text => quote! { answer.text(#wrap).await },
        Content::Bytes => quote! { answer.bytes(#wrap) },
    };
    match kind {
        Kind::Success => read,
        Kind::Error => quote! { Err(failed(#read)) },
    }
}

/// Statuses by what is done with them: codes before the classes that hold them, and those before everything else.
#[derive(Default)]
struct Arms(Vec<(Vec<Status>, TokenStream)>);

impl Arms {
    fn add(&mut self, status: Status, read: TokenStream) {
        if self.0.iter().any(|(statuses, _)| statuses.contains(&status)) {
            return;
        }
        let same = |(statuses, known): &&mut (Vec<Status>, TokenStream)| {
            rank(statuses[0]) == rank(status) && known.to_string() == read.to_string()
        };
        match self.0.iter_mut().find(same) {
            Some((statuses, _)) => statuses.push(status),
            None => self.0.push((vec![status], read)),
        }
    }

    fn finish(mut self) -> Vec<TokenStream> {
        // The sort is stable: within a rank the document's order stays.
        self.0.sort_by_key(|(statuses, _)| rank(statuses[0]));
        let arm = |(statuses, read): &(Vec<Status>, TokenStream)| {
            let patterns = statuses.iter().map(|status| pattern(*status));
            quote! { #(#patterns)|* => #read, }.into_token_stream()
        };
        self.0.iter().map(arm).collect()
    }
}

const fn rank(status: Status) -> u8 {
    match status {
        Status::Code(_) => 0,
        Status::Range(_) => 1,
        Status::Default => 2,
    }
}

fn pattern(status: Status) -> TokenStream {
    let number = |number: u16| proc_macro2::Literal::u16_unsuffixed(number);
    match status {
        Status::Code(code) => number(code).into_token_stream(),
        Status::Range(class) => {
            let (first, last) = (number(class * 100), number(class * 100 + 99));
            quote! { #first..=#last }
        }
        Status::Default => quote! { _ },
    }
}
