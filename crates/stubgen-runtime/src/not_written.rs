//! The end of what nobody has written yet: operations, and what credentials are worth.

use std::panic::resume_unwind;

/// What such an operation unwinds with.
pub(crate) struct NotWritten;

/// What authentication unwinds with.
pub(crate) struct NotAuthenticated;

/// Ends an operation that is not written yet, whatever it should return: the request is answered with 501, in the document's form of
/// errors. In a program that is compiled with `panic = "abort"` it ends the program.
pub fn not_written() -> ! {
    // Unlike a panic this prints nothing: it is no defect, and the answer says it.
    resume_unwind(Box::new(NotWritten))
}

/// Ends an authentication that is not written yet: nobody is let in, and the request is answered with 401 in the document's form of errors.
/// What is said of [`not_written`] holds here, too.
pub fn not_authenticated() -> ! {
    resume_unwind(Box::new(NotAuthenticated))
}
