//! Answers by their status: one type where all successes (or errors) of an operation are the same, else an enum with a variant a status.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use crate::emit::client::{method_name, type_name};
use crate::emit::docs::{doc, sentence};
use crate::emit::responses::{Variant, variants};
use crate::emit::used::Used;
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
pub(super) enum Content<'a> {
    Nothing,
    Json(&'a crate::ir::types::TypeRef),
    Text,
    Bytes,
}

/// An answer and the statuses that it is for.
pub(super) struct Answer<'a> {
    pub(super) status: Status,
    /// Its variant, where there is an enum.
    pub(super) variant: String,
    pub(super) description: String,
    pub(super) content: Content<'a>,
    /// The media type that the document gives it.
    pub(super) content_type: Option<&'a str>,
    /// The media type that tells it from other answers of the status.
    media_type: Option<&'a str>,
}

/// The successes, and the errors. An operation that documents nothing but `default` documents its success with it as well.
pub(super) fn answers(operation: &Operation, kind: Kind) -> Vec<Answer<'_>> {
    match kind {
        Kind::Error => of(operation, &operation.errors().collect::<Vec<_>>()),
        Kind::Success => {
            let successes: Vec<_> = operation.successes().collect();
            if !successes.is_empty() {
                return of(operation, &successes);
            }
            let default: Vec<_> =
                operation.responses.iter().filter(|response| response.status == Status::Default).collect();
            let answers = of(operation, &default).into_iter();
            answers.map(|answer| Answer { status: Status::Range(2), ..answer }).collect()
        }
    }
}

/// An answer for each response and media type.
fn of<'a>(operation: &Operation, responses: &[&'a Response]) -> Vec<Answer<'a>> {
    let has_body = operation.method != Method::Head;
    let mut answers = Vec::new();
    for Variant { ident, response, content } in variants(responses) {
        let is_further = content != response.content.as_ref();
        if is_further && !has_body {
            continue;
        }
        let description = sentence(&response.description);
        let key = response.status.key();
        let description = match content {
            Some((media_type, _)) if !response.further.is_empty() => {
                format!("{key}, `{media_type}`: {description}")
            }
            _ => format!("{key}: {description}"),
        };
        answers.push(Answer {
            status: response.status,
            variant: ident,
            description,
            content: match content {
                Some((_, payload)) if has_body => carried(payload),
                _ => Content::Nothing,
            },
            content_type: content.map(|(media_type, _)| media_type.as_str()),
            media_type: content.filter(|_| is_further).map(|(media_type, _)| media_type.as_str()),
        });
    }
    answers
}

fn carried(payload: &Payload) -> Content<'_> {
    match payload {
        Payload::Json(ty) => Content::Json(&ty.ty),
        Payload::Text => Content::Text,
        _ => Content::Bytes,
    }
}

/// Whether an operation has answers that differ.
pub(super) fn differ(answers: &[Answer<'_>]) -> bool {
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
    let each: TokenStream = each.collect();
    let used = Used::by(&each);
    let types = used.module("types").then(|| quote! { use super::types; });
    let bytes = used.name("ByteStream").then(|| quote! { use crate::call::ByteStream; });
    Some(quote! { #types #bytes #each })
}

fn definition(api: &Api, operation: &Operation, kind: Kind) -> Option<TokenStream> {
    let answers = answers(operation, kind);
    if !differ(&answers) {
        return None;
    }
    let name = type_name(operation);
    let what = match kind {
        Kind::Success => "What [`Client::{}`](super::Client::{}) gives.",
        Kind::Error => "What [`Client::{}`](super::Client::{}) fails with.",
    };
    let title = doc(&what.replace("{}", &method_name(operation)));
    let variants = answers.iter().map(|answer| {
        let docs = doc(&answer.description);
        let variant = ident(&answer.variant);
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
        #[non_exhaustive]
        pub enum #name { #(#variants,)* }
        #shown
    })
}

/// A stream cannot be shown without being read.
fn shown(name: &proc_macro2::Ident, answers: &[Answer<'_>]) -> TokenStream {
    let arms = answers.iter().map(|answer| {
        let word = &answer.variant;
        let variant = ident(word);
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

pub(super) fn content_type(api: &Api, content: &Content<'_>) -> TokenStream {
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
            let media_type = answer.media_type.filter(|_| differ(answers));
            arms.add(answer.status, media_type, read);
        }
    }
    if successes.is_empty() {
        arms.add(Status::Range(2), None, quote! { answer.bytes(same) });
    }
    arms.add(Status::Default, None, quote! { Err(answer.unexpected()) });
    Reading {
        success: outcome(api, operation, &successes, Kind::Success),
        error: outcome(api, operation, &errors, Kind::Error),
        arms: arms.finish(),
    }
}

fn outcome(api: &Api, operation: &Operation, answers: &[Answer<'_>], kind: Kind) -> TokenStream {
    let name = type_name(operation);
    match (answers.first(), kind) {
        _ if differ(answers) && kind == Kind::Success => quote! { responses::#name },
        _ if differ(answers) => quote! { errors::#name },
        (Some(first), _) => content_type(api, &first.content),
        (None, Kind::Success) => quote! { ByteStream },
        (None, Kind::Error) => quote! { () },
    }
}

fn read(operation: &Operation, answer: &Answer<'_>, kind: Kind, differ: bool) -> TokenStream {
    let name = type_name(operation);
    let variant = ident(&answer.variant);
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

/// Statuses by what is done with them: codes before the classes that hold them, and those before everything else; of one status, media
/// types that are told apart before the one that is left.
#[derive(Default)]
struct Arms<'a>(Vec<Arm<'a>>);

struct Arm<'a> {
    statuses: Vec<Status>,
    media_type: Option<&'a str>,
    read: TokenStream,
}

impl<'a> Arms<'a> {
    fn add(&mut self, status: Status, media_type: Option<&'a str>, read: TokenStream) {
        if self.0.iter().any(|arm| arm.media_type == media_type && arm.statuses.contains(&status)) {
            return;
        }
        let same = |arm: &&mut Arm<'_>| {
            arm.media_type == media_type
                && rank(arm.statuses[0]) == rank(status)
                && arm.read.to_string() == read.to_string()
        };
        match self.0.iter_mut().find(same) {
            Some(arm) => arm.statuses.push(status),
            None => self.0.push(Arm { statuses: vec![status], media_type, read }),
        }
    }

    fn finish(mut self) -> Vec<TokenStream> {
        // The sort is stable: within a rank the document's order stays.
        self.0.sort_by_key(|arm| (rank(arm.statuses[0]), arm.media_type.is_none()));
        let arm = |Arm { statuses, media_type, read }: &Arm<'_>| {
            let patterns = statuses.iter().map(|status| pattern(*status));
            let guard = media_type.map(|media_type| quote! { if answer.has(#media_type) });
            quote! { #(#patterns)|* #guard => #read, }
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
