//! What changed between two documents: every kind of difference by a small edit, there and back, and edits at every place of many documents.

mod cases;
mod everywhere;
mod verdicts;
