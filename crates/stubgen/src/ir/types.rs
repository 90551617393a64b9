//! Wire types as plain data: what Rust types there are, and which one a schema became.

use std::collections::BTreeSet;

/// Names a type of [`Types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TypeId(pub(crate) usize);

/// All types of an API, in the order of their discovery.
#[derive(Clone, Debug, Default)]
pub(crate) struct Types {
    pub(crate) definitions: Vec<Definition>,
}

impl Types {
    pub(crate) fn get(&self, id: TypeId) -> &Definition {
        &self.definitions[id.0]
    }
}

/// A type with a name.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) ident: String,
    pub(crate) docs: Option<String>,
    pub(crate) deprecated: bool,
    pub(crate) shape: TypeShape,
}

/// What a named type is.
#[derive(Clone, Debug)]
pub(crate) enum TypeShape {
    /// Named before its schema is looked at, so that it can refer to itself; filled in afterwards.
    Pending,
    Struct(Struct),
    /// Text out of a list.
    Choice(Vec<ChoiceValue>),
    /// One of several types.
    Union(Union),
    /// A type of its own around another one.
    Newtype(TypeRef, TextRules),
}

/// What a text must keep to be a value of its type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TextRules {
    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) pattern: Option<String>,
}

impl TextRules {
    /// Whether there is anything to keep.
    pub(crate) fn constrain(&self) -> bool {
        self.min_length.is_some_and(|least| least > 0) || self.max_length.is_some() || self.pattern.is_some()
    }
}

/// An object with known properties.
#[derive(Clone, Debug, Default)]
pub(crate) struct Struct {
    pub(crate) fields: Vec<Field>,
    pub(crate) additional: Additional,
}

/// Properties that an object has beside the known ones.
#[derive(Clone, Debug, Default)]
pub(crate) enum Additional {
    /// They are allowed, and nobody asked for them.
    #[default]
    Ignored,
    Refused,
    /// They are part of the value.
    Kept(TypeRef),
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// As JSON has it.
    pub(crate) name: String,
    pub(crate) ident: String,
    pub(crate) docs: Option<String>,
    pub(crate) deprecated: bool,
    pub(crate) required: bool,
    pub(crate) ty: TypeRef,
}

#[derive(Clone, Debug)]
pub(crate) struct ChoiceValue {
    pub(crate) value: String,
    pub(crate) ident: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Union {
    pub(crate) variants: Vec<Variant>,
    /// The property that says which variant a value is.
    pub(crate) discriminator: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) ident: String,
    pub(crate) ty: TypeRef,
    /// Values of the discriminator that mean this variant.
    pub(crate) tags: BTreeSet<String>,
}

/// A type as it is used somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TypeRef {
    Named(TypeId),
    Scalar(Scalar),
    /// Any JSON value.
    Any,
    List(Box<TypeRef>),
    Map(Box<TypeRef>),
    /// The value or `null`.
    Nullable(Box<TypeRef>),
    /// Behind a pointer, because the type contains itself.
    Boxed(Box<TypeRef>),
}

/// A type of Rust or of a crate that generated code links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scalar {
    String,
    Boolean,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Float32,
    Float64,
    Date,
    DateTime,
    Uuid,
    Ipv4,
    Ipv6,
    Ip,
}
