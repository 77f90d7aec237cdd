//! Who is who, and who may belong with whom: record linkage after Fellegi and Sunter (1969) and family matching,
//! over columns.
//!
//! Pure functions over Arrow columns: this room opens no file, sees no key and parses no text. It gets columns that
//! another room made comparable, and gives back links, clusters and candidates that explain themselves. Match
//! weights are fixed-point integers ([`weight`]), so their sums are exact in any order and on any number of threads.

pub mod block;
pub mod cluster;
pub mod columns;
pub mod compare;
pub mod dna;
pub mod engine;
pub mod estimate;
pub mod evaluate;
pub mod family;
pub mod kernel;
pub mod link;
pub mod weight;

pub use columns::{Named, Names, People, Records, Words};
pub use link::{Linkage, Settings, link};
