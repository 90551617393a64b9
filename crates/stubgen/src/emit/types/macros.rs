//! What all types of a kind can do, as macros of the generated module: only those that it needs.

use proc_macro2::TokenStream;

use crate::render::written;

use crate::ir::types::{Scalar, TypeRef, TypeShape, Types};

/// The macros that the definitions call.
pub(super) fn macros(types: &Types) -> TokenStream {
    let shapes = || types.definitions.iter().map(|each| &each.shape);
    let constrained = || {
        shapes().filter_map(|shape| match shape {
            TypeShape::Newtype(_, rules) if rules.constrain() => Some(rules),
            _ => None,
        })
    };
    let newtypes = |wanted: fn(&TypeRef) -> bool| {
        shapes().any(|shape| match shape {
            TypeShape::Newtype(ty, rules) => !rules.constrain() && wanted(ty),
            TypeShape::Pending => wanted(&TypeRef::Any),
            _ => false,
        })
    };
    let is_text = |ty: &TypeRef| *ty == TypeRef::Scalar(Scalar::String);
    let is_scalar = |ty: &TypeRef| matches!(ty, TypeRef::Scalar(scalar) if *scalar != Scalar::String);
    let is_other = |ty: &TypeRef| !matches!(ty, TypeRef::Scalar(_));
    let (has_text, has_scalar, has_other) = (newtypes(is_text), newtypes(is_scalar), newtypes(is_other));
    let choice = shapes().any(|shape| matches!(shape, TypeShape::Choice(_))).then(|| CHOICE.to_owned());
    let newtype = (has_text || has_scalar || has_other).then(|| NEWTYPE.to_owned());
    let scalar = (has_text || has_scalar).then(|| SCALAR_NEWTYPE.to_owned());
    let text = has_text.then(|| TEXT_NEWTYPE.to_owned());
    let pattern = constrained().any(|rules| rules.pattern.is_some());
    let constrained = constrained().next().is_some().then(|| constrained_text(pattern));
    let union = shapes().any(|shape| matches!(shape, TypeShape::Union(_))).then(|| UNION.to_owned());
    let parts = [choice, newtype, scalar, text, constrained, union];
    parts.into_iter().flatten().map(|text| written(&text)).collect()
}

/// `regress` is named only where a pattern is, since only then it is a dependency.
fn constrained_text(has_pattern: bool) -> String {
    let (parameter, check) = if has_pattern { (PATTERN_PARAMETER, PATTERN_CHECK) } else { ("", "") };
    CONSTRAINED_TEXT.replace("{{parameter}}", parameter).replace("{{check}}", check)
}

/// A value may be called `Error`, so that `Self::Error` would be ambiguous.
const CHOICE: &str = r#"/// What every text out of a list can do.
macro_rules! choice {
    ($name:ident, $($variant:ident = $text:literal),* $(,)?) => {
        impl $name {
            /// The value as JSON has it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),*
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::string::String;

            fn from_str(text: &str) -> ::std::result::Result<Self, ::std::string::String> {
                match text {
                    $($text => ::std::result::Result::Ok(Self::$variant),)*
                    _ => ::std::result::Result::Err(::std::format!("`{text}` is none of the values of the schema")),
                }
            }
        }

        impl ::std::convert::TryFrom<&str> for $name {
            type Error = ::std::string::String;

            fn try_from(text: &str) -> ::std::result::Result<Self, ::std::string::String> {
                text.parse()
            }
        }

        impl ::std::convert::TryFrom<::std::string::String> for $name {
            type Error = ::std::string::String;

            fn try_from(text: ::std::string::String) -> ::std::result::Result<Self, ::std::string::String> {
                text.parse()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(|_| serde::de::Error::unknown_variant(&text, &[$($text),*]))
            }
        }
    };
}
"#;

const NEWTYPE: &str = r"/// What every type around another one can do.
macro_rules! newtype {
    ($name:ident, $inner:ty $(,)?) => {
        impl ::std::ops::Deref for $name {
            type Target = $inner;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl ::std::convert::From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }
    };
}
";

const SCALAR_NEWTYPE: &str = r"/// What every type around a single value can do.
macro_rules! scalar_newtype {
    ($name:ident, $inner:ty $(,)?) => {
        newtype!($name, $inner);

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = <$inner as ::std::str::FromStr>::Err;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}
";

const TEXT_NEWTYPE: &str = r"/// What every type around text can do.
macro_rules! text_newtype {
    ($name:ident) => {
        scalar_newtype!($name, ::std::string::String);

        impl ::std::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}
";

const PATTERN_PARAMETER: &str = " $(, pattern $pattern:literal)?";

const PATTERN_CHECK: &str = r#"                $(
                    static PATTERN: ::std::sync::LazyLock<::std::option::Option<::regress::Regex>> =
                        ::std::sync::LazyLock::new(|| ::regress::Regex::new($pattern).ok());
                    if PATTERN.as_ref().is_some_and(|pattern| pattern.find(text).is_none()) {
                        let message = ::std::concat!("does not match the pattern ", $pattern);
                        return ::std::result::Result::Err(message.to_owned());
                    }
                )?
"#;

const CONSTRAINED_TEXT: &str = r#"/// What every text can do that has to keep to rules.
macro_rules! constrained_text {
    ($name:ident $(, min $min:literal)? $(, max $max:literal)?{{parameter}} $(,)?) => {
        impl ::std::ops::Deref for $name {
            type Target = ::std::string::String;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl ::std::convert::From<$name> for ::std::string::String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::string::String;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                $(if text.chars().count() < $min {
                    let message = ::std::concat!("shorter than ", $min, " characters");
                    return ::std::result::Result::Err(message.to_owned());
                })?
                $(if text.chars().count() > $max {
                    let message = ::std::concat!("longer than ", $max, " characters");
                    return ::std::result::Result::Err(message.to_owned());
                })?
{{check}}                ::std::result::Result::Ok(Self(text.to_owned()))
            }
        }

        impl ::std::convert::TryFrom<&str> for $name {
            type Error = ::std::string::String;

            fn try_from(text: &str) -> ::std::result::Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl ::std::convert::TryFrom<&::std::string::String> for $name {
            type Error = ::std::string::String;

            fn try_from(text: &::std::string::String) -> ::std::result::Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl ::std::convert::TryFrom<::std::string::String> for $name {
            type Error = ::std::string::String;

            fn try_from(text: ::std::string::String) -> ::std::result::Result<Self, Self::Error> {
                text.parse()
            }
        }
    };
}
"#;

const UNION: &str = r#"/// What every value can do that is of one of several types. The property after `by` says which, as far as it is listed; of other values it
/// is the first type that loses nothing, or else the first that the value fits.
macro_rules! union {
    (
        $name:ident, $($variant:ident $(($ty:ty $(,)?))?),* $(,)?
        $(; by $property:literal $(, $tag:literal => $tagged:ident)*)? $(,)?
    ) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let value = <::serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                $(match value.get($property).and_then(::serde_json::Value::as_str) {
                    $(::std::option::Option::Some($tag) => {
                        return ::serde_json::from_value(value).map(Self::$tagged).map_err(serde::de::Error::custom);
                    })*
                    _ => {}
                })?
                let mut nearest = ::std::option::Option::None;
                $(if let ::std::option::Option::Some(exact) = read_variant(&value, Self::$variant, &mut nearest) {
                    return ::std::result::Result::Ok(exact);
                })*
                nearest.ok_or_else(|| {
                    let message = ::std::concat!("the value is of no variant of ", ::std::stringify!($name));
                    serde::de::Error::custom(message)
                })
            }
        }

        $($(impl ::std::convert::From<$ty> for $name {
            fn from(value: $ty) -> Self {
                Self::$variant(value)
            }
        })?)*
    };
}

/// Reads a value as one variant of a union: `Some` if nothing of it gets lost; else it is the nearest so far, if none was before.
fn read_variant<T, U>(
    value: &::serde_json::Value,
    variant: fn(T) -> U,
    nearest: &mut ::std::option::Option<U>,
) -> ::std::option::Option<U>
where
    T: serde::de::DeserializeOwned + serde::Serialize,
{
    let read: T = ::serde_json::from_value(value.clone()).ok()?;
    let exact = ::serde_json::to_value(&read).is_ok_and(|written| written == *value);
    let read = variant(read);
    if exact {
        return ::std::option::Option::Some(read);
    }
    nearest.get_or_insert(read);
    ::std::option::Option::None
}
"#;
