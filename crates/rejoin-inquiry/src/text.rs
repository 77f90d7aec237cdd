//! Checking a text against sources: every quotation, figure and name. No model of language: rules and alignments that
//! can be read, and abstention where they do not reach.

pub mod align;
pub mod check;
pub mod copy;
pub mod extract;
pub mod figures;
pub mod judge;
pub mod lexicon;
pub mod names;
pub mod shelf;
pub mod words;

pub use check::{Checked, QuotationVerdict, check};
pub use judge::{Difference, Judgement, Matter};
pub use lexicon::Language;
pub use shelf::{Library, Passage, Shelf};
