//! Constructors of the table: what is the same nearly everywhere need not stand in generated code.

use crate::definition::{Location, Method, Operation, Parameter, RequestBody, Security, Shape, Style};

impl Operation {
    /// An operation of the method `GET`; nothing else is known of it.
    pub const fn get(id: &'static str) -> Self {
        Self::new(Method::Get, id)
    }

    /// An operation of the method `PUT`; nothing else is known of it.
    pub const fn put(id: &'static str) -> Self {
        Self::new(Method::Put, id)
    }

    /// An operation of the method `POST`; nothing else is known of it.
    pub const fn post(id: &'static str) -> Self {
        Self::new(Method::Post, id)
    }

    /// An operation of the method `DELETE`; nothing else is known of it.
    pub const fn delete(id: &'static str) -> Self {
        Self::new(Method::Delete, id)
    }

    /// An operation of the method `OPTIONS`; nothing else is known of it.
    pub const fn options(id: &'static str) -> Self {
        Self::new(Method::Options, id)
    }

    /// An operation of the method `HEAD`; nothing else is known of it.
    pub const fn head(id: &'static str) -> Self {
        Self::new(Method::Head, id)
    }

    /// An operation of the method `PATCH`; nothing else is known of it.
    pub const fn patch(id: &'static str) -> Self {
        Self::new(Method::Patch, id)
    }

    /// An operation of the method `TRACE`; nothing else is known of it.
    pub const fn trace(id: &'static str) -> Self {
        Self::new(Method::Trace, id)
    }

    const fn new(method: Method, id: &'static str) -> Self {
        let security = Security { alternatives: &[], optional: false };
        Self { id, method, path: "/", parameters: &[], body: None, produces: &[], statuses: &[], security }
    }

    /// The operation at this path below the base path.
    #[must_use]
    pub const fn at(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    /// The operation with these parameters.
    #[must_use]
    pub const fn parameters(mut self, parameters: &'static [Parameter]) -> Self {
        self.parameters = parameters;
        self
    }

    /// The operation with a request body.
    #[must_use]
    pub const fn body(mut self, body: RequestBody) -> Self {
        self.body = Some(body);
        self
    }

    /// The operation with the media types of its responses.
    #[must_use]
    pub const fn produces(mut self, media_types: &'static [&'static str]) -> Self {
        self.produces = media_types;
        self
    }

    /// The operation with its documented statuses; a range is its class alone, and `default` is 0.
    #[must_use]
    pub const fn statuses(mut self, statuses: &'static [u16]) -> Self {
        self.statuses = statuses;
        self
    }

    /// The operation for whoever satisfies one of these alternatives of the API.
    #[must_use]
    pub const fn security(mut self, alternatives: &'static [usize]) -> Self {
        self.security = Security { alternatives, optional: false };
        self
    }

    /// The operation for whoever satisfies one of these alternatives of the API, and for everybody else.
    #[must_use]
    pub const fn optional_security(mut self, alternatives: &'static [usize]) -> Self {
        self.security = Security { alternatives, optional: true };
        self
    }
}

impl Parameter {
    /// A required variable of the path.
    pub const fn path(name: &'static str, shape: Shape) -> Self {
        Self::new(name, Location::Path, shape).required()
    }

    /// A parameter of the query string that may be absent.
    pub const fn query(name: &'static str, shape: Shape) -> Self {
        Self::new(name, Location::Query, shape)
    }

    /// A header that may be absent.
    pub const fn header(name: &'static str, shape: Shape) -> Self {
        Self::new(name, Location::Header, shape)
    }

    /// A cookie that may be absent.
    pub const fn cookie(name: &'static str, shape: Shape) -> Self {
        Self::new(name, Location::Cookie, shape)
    }

    /// A parameter in the style that its place has by default.
    const fn new(name: &'static str, location: Location, shape: Shape) -> Self {
        let explode = matches!(location, Location::Query | Location::Cookie);
        let style = if explode { Style::Form } else { Style::Simple };
        Self { name, location, required: false, shape, style, explode, default: None }
    }

    /// The parameter, refused when it is absent.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The parameter in another style.
    #[must_use]
    pub const fn style(mut self, style: Style, explode: bool) -> Self {
        self.style = style;
        self.explode = explode;
        self
    }

    /// The parameter with the JSON text of what counts when it is absent.
    #[must_use]
    pub const fn default(mut self, json: &'static str) -> Self {
        self.default = Some(json);
        self
    }
}

impl RequestBody {
    /// A body that a request must have.
    pub const fn required(media_types: &'static [&'static str]) -> Self {
        Self { media_types, required: true, max_bytes: None, form: Shape::Any }
    }

    /// A body that a request may have.
    pub const fn optional(media_types: &'static [&'static str]) -> Self {
        Self { media_types, required: false, max_bytes: None, form: Shape::Any }
    }

    /// The body with the shape that a form is read as.
    #[must_use]
    pub const fn form(mut self, shape: Shape) -> Self {
        self.form = shape;
        self
    }

    /// The body with a limit of its own.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }
}
