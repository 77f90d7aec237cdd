//! The account: how many, when, where. A measure is a named, versioned definition; its answer carries the value, the
//! parameters, the day as of which it holds, a breakdown, and the hash of the list of records counted, so that
//! somebody else can count again.
//!
//! Honest about unknowns: what is known, inferred, suspected and undocumented stands in separate columns.

pub mod attribution;
pub mod group;
pub mod measure;
pub mod reconcile;
pub mod replay;
pub mod text;
pub mod unseen;

pub use measure::{Answer, MEASURES, Measure, Parameters, Refused, Scene, ask, named};
