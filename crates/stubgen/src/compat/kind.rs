//! The kinds of difference between two versions of a document, and what each asks of the version number: one table that classification,
//! documentation and tests go by.

use serde::Serialize;

use crate::catalogue::catalogue;

/// What a difference asks of the version number, by the rules of `SemVer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing that anybody calls or compiles against is different.
    Patch,
    /// Something is new, and all that was there is as it was.
    Minor,
    /// Somebody has to change something.
    Major,
}

impl Level {
    /// Its name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// Which way the values of a schema go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Direction {
    /// From callers to the server: to accept less breaks.
    Request,
    /// From the server to callers: to send more breaks.
    Answer,
}

catalogue! {
    /// A kind of difference.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum ChangeKind {
        /// A path with all its operations is gone.
        PathRemoved = "path-removed",
        /// A path is new.
        PathAdded = "path-added",
        /// A variable of a path has another name; requests are the same.
        PathVariableRenamed = "path-variable-renamed",
        /// A path has no longer this operation.
        OperationRemoved = "operation-removed",
        /// A path has a further operation.
        OperationAdded = "operation-added",
        /// An operation has another path or method.
        OperationMoved = "operation-moved",
        /// An operation has another `operationId`; requests are the same.
        OperationIdChanged = "operation-id-changed",
        /// A parameter is new, and required.
        ParameterAddedRequired = "parameter-added-required",
        /// A parameter is new, and optional.
        ParameterAdded = "parameter-added",
        /// A parameter is gone.
        ParameterRemoved = "parameter-removed",
        /// A parameter stands elsewhere: in the query, a header, a cookie or the path.
        ParameterMoved = "parameter-moved",
        /// A parameter may no longer be left out.
        ParameterBecameRequired = "parameter-became-required",
        /// A parameter may be left out.
        ParameterBecameOptional = "parameter-became-optional",
        /// A parameter is written in another way: `style`, `explode`, `allowReserved`, `content`.
        ParameterStyleChanged = "parameter-style-changed",
        /// A parameter may be empty.
        EmptyValueAllowed = "empty-value-allowed",
        /// A parameter may no longer be empty.
        EmptyValueRefused = "empty-value-refused",
        /// An operation takes a body, and requires it.
        BodyAddedRequired = "body-added-required",
        /// An operation takes a body, if one is sent.
        BodyAdded = "body-added",
        /// An operation takes no body any more.
        BodyRemoved = "body-removed",
        /// A body may no longer be left out.
        BodyBecameRequired = "body-became-required",
        /// A body may be left out.
        BodyBecameOptional = "body-became-optional",
        /// A body may be of a further media type.
        RequestMediaTypeAdded = "request-media-type-added",
        /// A body may no longer be of this media type.
        RequestMediaTypeRemoved = "request-media-type-removed",
        /// A part of a form or of a multipart body is written in another way.
        EncodingChanged = "encoding-changed",
        /// A success has a further status.
        SuccessAdded = "success-added",
        /// A success has no longer this status.
        SuccessRemoved = "success-removed",
        /// An error has a further status.
        ErrorAdded = "error-added",
        /// An error has no longer this status.
        ErrorRemoved = "error-removed",
        /// An answer that had no body has one.
        AnswerBodyAdded = "answer-body-added",
        /// An answer that had a body has none.
        AnswerBodyRemoved = "answer-body-removed",
        /// An answer may be of a further media type.
        AnswerMediaTypeAdded = "answer-media-type-added",
        /// An answer is no longer to be had in this media type.
        AnswerMediaTypeRemoved = "answer-media-type-removed",
        /// An answer has a further header.
        HeaderAdded = "header-added",
        /// An answer has no longer this header.
        HeaderRemoved = "header-removed",
        /// A header of an answer is always there.
        HeaderBecameRequired = "header-became-required",
        /// A header of an answer may be absent.
        HeaderBecameOptional = "header-became-optional",
        /// A further kind of credentials is accepted.
        SecurityAlternativeAdded = "security-alternative-added",
        /// A kind of credentials is no longer accepted.
        SecurityAlternativeRemoved = "security-alternative-removed",
        /// An operation that anybody could call needs credentials.
        SecurityAdded = "security-added",
        /// An operation needs no credentials any more.
        SecurityRemoved = "security-removed",
        /// A scope is needed that was not.
        ScopeAdded = "scope-added",
        /// A scope is no longer needed.
        ScopeRemoved = "scope-removed",
        /// Credentials are sent or obtained in another way.
        SchemeChanged = "scheme-changed",
        /// A security scheme has another name; requests are the same.
        SchemeRenamed = "scheme-renamed",
        /// The API has a further address.
        ServerAdded = "server-added",
        /// The API has no longer this address.
        ServerRemoved = "server-removed",
        /// All paths begin with something else.
        BasePathChanged = "base-path-changed",
        /// A variable of an address has other values.
        ServerVariableChanged = "server-variable-changed",
        /// A callback is new.
        CallbackAdded = "callback-added",
        /// A callback is gone.
        CallbackRemoved = "callback-removed",
        /// A callback is another; what of it is not judged.
        CallbackChanged = "callback-changed",
        /// A webhook is new.
        WebhookAdded = "webhook-added",
        /// A webhook is gone.
        WebhookRemoved = "webhook-removed",
        /// A webhook is another; what of it is not judged.
        WebhookChanged = "webhook-changed",
        /// A value is of another type.
        TypeChanged = "type-changed",
        /// A value may be of further types, such as any number for an integer.
        TypeWidened = "type-widened",
        /// A value may be of fewer types.
        TypeNarrowed = "type-narrowed",
        /// A value has a format that had none.
        FormatAdded = "format-added",
        /// A value has no format any more.
        FormatRemoved = "format-removed",
        /// A value has another format.
        FormatChanged = "format-changed",
        /// An enum has a further value.
        EnumValueAdded = "enum-value-added",
        /// An enum has no longer this value.
        EnumValueRemoved = "enum-value-removed",
        /// A value is one of a list, where it could be any.
        EnumAdded = "enum-added",
        /// A value can be any, where it was one of a list.
        EnumRemoved = "enum-removed",
        /// A value may be null.
        NullAllowed = "null-allowed",
        /// A value may no longer be null.
        NullRefused = "null-refused",
        /// A limit is new or tighter: lengths, bounds, counts, `multipleOf`, `uniqueItems`.
        LimitTightened = "limit-tightened",
        /// A limit is gone or looser.
        LimitLoosened = "limit-loosened",
        /// A limit is neither tighter nor looser, such as another `multipleOf`.
        LimitChanged = "limit-changed",
        /// A text has to match a pattern.
        PatternAdded = "pattern-added",
        /// A text may be any.
        PatternRemoved = "pattern-removed",
        /// A text has to match another pattern.
        PatternChanged = "pattern-changed",
        /// What an absent value stands for is another.
        DefaultChanged = "default-changed",
        /// An object has a further optional property.
        PropertyAdded = "property-added",
        /// An object has a further property, which is required.
        PropertyAddedRequired = "property-added-required",
        /// An object that has no properties but those it names has a further one.
        PropertyAddedToClosed = "property-added-to-closed",
        /// An object has no longer this property.
        PropertyRemoved = "property-removed",
        /// A property may no longer be left out.
        PropertyBecameRequired = "property-became-required",
        /// A property may be left out.
        PropertyBecameOptional = "property-became-optional",
        /// An object may have properties that it does not name.
        AdditionalPropertiesAllowed = "additional-properties-allowed",
        /// An object may have no properties but those it names.
        AdditionalPropertiesRefused = "additional-properties-refused",
        /// A type has a map for properties that have no name of their own, and had none, or the other way round.
        AdditionalPropertiesStated = "additional-properties-stated",
        /// `oneOf` or `anyOf` has a further branch.
        BranchAdded = "branch-added",
        /// `oneOf` or `anyOf` has no longer this branch.
        BranchRemoved = "branch-removed",
        /// `allOf` has a further schema, or `oneOf` or `anyOf` is there that was not.
        ConditionAdded = "condition-added",
        /// `allOf` has no longer this schema, or `oneOf` or `anyOf` is gone.
        ConditionRemoved = "condition-removed",
        /// What tells branches apart is another.
        DiscriminatorChanged = "discriminator-changed",
        /// A keyword that only limits (`not`, `if`, `contains` and so on) is new.
        AssertionAdded = "assertion-added",
        /// A keyword that only limits is gone.
        AssertionRemoved = "assertion-removed",
        /// A keyword is another, and what that means for values is not judged.
        AssertionChanged = "assertion-changed",
        /// `readOnly` or `writeOnly` is another.
        AccessChanged = "access-changed",
        /// A value is written in another way as XML.
        XmlChanged = "xml-changed",
        /// A component schema has another name, or a place refers to another one; values are the same unless another change says so.
        TypeRenamed = "type-renamed",
        /// A component schema is gone.
        SchemaRemoved = "schema-removed",
        /// A component schema is new.
        SchemaAdded = "schema-added",
        /// Something is deprecated.
        Deprecated = "deprecated",
        /// Something is no longer deprecated.
        Undeprecated = "undeprecated",
        /// A summary, description, example, tag, link or the version of the document is another.
        DocumentationChanged = "documentation-changed",
        /// An extension (`x-..`) is another.
        ExtensionChanged = "extension-changed",
        /// A component is another in a way that no operation shows.
        UnusedComponentChanged = "unused-component-changed",
        /// The same is said in other words.
        Rewritten = "rewritten",
    }
}

use Level::{Major, Minor, Patch};

impl ChangeKind {
    /// What it asks for where callers send it, where they receive it, and of a generated Rust client by itself.
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub fn levels(self) -> [Level; 3] {
        let narrows = [Major, Minor];
        let widens = [Minor, Major];
        let ([request, answer], rust) = match self {
            Self::PathRemoved
            | Self::OperationRemoved
            | Self::ParameterRemoved
            | Self::ParameterMoved
            | Self::BodyAddedRequired
            | Self::BodyRemoved
            | Self::RequestMediaTypeRemoved
            | Self::SuccessAdded
            | Self::SuccessRemoved
            | Self::AnswerBodyRemoved
            | Self::AnswerMediaTypeRemoved
            | Self::SecurityAlternativeRemoved
            | Self::SchemeChanged
            | Self::TypeChanged
            | Self::FormatChanged
            | Self::PropertyRemoved
            | Self::DiscriminatorChanged
            | Self::AccessChanged => ([Major, Major], Major),
            Self::OperationMoved
            | Self::ParameterAddedRequired
            | Self::ParameterBecameRequired
            | Self::ParameterStyleChanged
            | Self::EmptyValueRefused
            | Self::BodyBecameRequired
            | Self::EncodingChanged
            | Self::SecurityAdded
            | Self::ScopeAdded
            | Self::ServerRemoved
            | Self::BasePathChanged
            | Self::ServerVariableChanged
            | Self::CallbackRemoved
            | Self::CallbackChanged
            | Self::WebhookRemoved
            | Self::WebhookChanged
            | Self::HeaderRemoved
            | Self::HeaderBecameOptional
            | Self::LimitChanged
            | Self::PatternChanged
            | Self::AssertionChanged
            | Self::XmlChanged => ([Major, Major], Patch),
            Self::PathAdded
            | Self::OperationAdded
            | Self::ParameterAdded
            | Self::ParameterBecameOptional
            | Self::EmptyValueAllowed
            | Self::BodyAdded
            | Self::BodyBecameOptional
            | Self::RequestMediaTypeAdded
            | Self::ErrorAdded
            | Self::ErrorRemoved
            | Self::HeaderAdded
            | Self::HeaderBecameRequired
            | Self::SecurityAlternativeAdded
            | Self::SecurityRemoved
            | Self::ScopeRemoved
            | Self::ServerAdded
            | Self::CallbackAdded
            | Self::WebhookAdded
            | Self::PropertyAdded
            | Self::Deprecated
            | Self::Undeprecated => ([Minor, Minor], Minor),
            Self::AnswerBodyAdded | Self::AnswerMediaTypeAdded => ([Minor, Minor], Major),
            Self::PathVariableRenamed
            | Self::OperationIdChanged
            | Self::SchemeRenamed
            | Self::AdditionalPropertiesStated
            | Self::TypeRenamed
            | Self::SchemaRemoved => ([Patch, Patch], Major),
            Self::TypeNarrowed
            | Self::FormatAdded
            | Self::EnumValueRemoved
            | Self::EnumAdded
            | Self::NullRefused
            | Self::PropertyBecameRequired
            | Self::BranchRemoved
            | Self::ConditionAdded => (narrows, Major),
            Self::TypeWidened
            | Self::FormatRemoved
            | Self::EnumRemoved
            | Self::NullAllowed
            | Self::PropertyBecameOptional
            | Self::ConditionRemoved => (widens, Major),
            Self::LimitTightened
            | Self::PatternAdded
            | Self::AssertionAdded
            | Self::AdditionalPropertiesRefused
            | Self::DefaultChanged => (narrows, Patch),
            Self::PropertyAddedRequired => (narrows, Minor),
            Self::EnumValueAdded | Self::BranchAdded | Self::PropertyAddedToClosed => (widens, Minor),
            Self::LimitLoosened
            | Self::PatternRemoved
            | Self::AssertionRemoved
            | Self::AdditionalPropertiesAllowed => (widens, Patch),
            Self::SchemaAdded => ([Patch, Patch], Minor),
            Self::DocumentationChanged
            | Self::ExtensionChanged
            | Self::UnusedComponentChanged
            | Self::Rewritten => ([Patch, Patch], Patch),
        };
        [request, answer, rust]
    }

    pub(crate) fn on_the_wire(self, direction: Direction) -> Level {
        let [request, answer, _] = self.levels();
        match direction {
            Direction::Request => request,
            Direction::Answer => answer,
        }
    }
}

impl Serialize for ChangeKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
