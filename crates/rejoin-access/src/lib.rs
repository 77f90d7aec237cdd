//! Who may see what of whom, and for which purpose: the one access decision, and the only way to a view that may
//! leave the registry.
//!
//! Data given so that a family is found must not become a weapon against it. So there is one decision
//! ([`decide`]), in which deny wins; enforcement is refused whoever asks; whom a rule hides is not found, in the
//! same words as somebody who never was; where a child is, is told to those who hold the child and to who was
//! verified. And what leaves is a [`Reduced`] value, which nothing but the decision makes.
//!
//! Pure: no clock (`now` is a parameter), no IO. Roles are data; `roles/default.toml` has those to begin with.

mod actor;
mod decide;
mod reduce;
mod rules;
mod statistics;
mod view;
mod words;

pub use actor::{Actor, Assignee, BadRole, Counterpart, Grant, Organisation, Role, SubjectFacts};
pub use decide::{Asked, Decided, Decision, Reduction, Refusal, Why, decide};
pub use reduce::{WITHHELD, band, initials, tail, year};
pub use rules::{DoNotDisclose, Emergency, Protected, Recipient, Rules, Withheld};
pub use statistics::{
    Shown, SuppressedRow, SuppressedTable, THRESHOLD, suppress, suppress_row, suppress_table,
};
pub use view::{Decider, Disclosure, Lens, Permit, Reduced};
pub use words::{Action, FieldGroup, Level, PlaceKind, Purpose, Scope};
