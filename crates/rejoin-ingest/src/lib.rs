//! Files as agencies send them to records and findings.
//!
//! Three steps, each usable alone: [`table::read`] turns bytes of any supported format into a table of cells as
//! written; [`mapping::propose`] says which column is which field, for a person to review; and
//! [`interpret::Interpreter`] reads a row's cells into a [`rejoin_model::Record`]. Bytes in, records out: this
//! room opens no file.

pub mod columns;
pub mod interpret;
pub mod mapping;
pub mod presets;
pub mod table;

pub use interpret::Interpreter;
pub use mapping::{Mapping, Proposal};
pub use table::{ReadError, Row, Table};
