//! What others rely on: the layout that DESIGN.md describes, the schema, and the
//! attributes of the official provider.

mod comparison;
mod rooms;
mod schema;
