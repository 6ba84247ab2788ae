//! What others rely on: the layout that DESIGN.md describes, the schema, the
//! attributes of the official provider, and the references that comments cite.

mod citations;
mod comparison;
mod module_docs;
mod pages;
mod rooms;
mod schema;
