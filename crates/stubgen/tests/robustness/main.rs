//! Any text at all: no panic, no endless work, nothing of a document that becomes code, and whatever is generated compiles.

mod change;
mod document;
mod entry;
mod hostile;
mod mutants;
mod mutation;
mod size;
