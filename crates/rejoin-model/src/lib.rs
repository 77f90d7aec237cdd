//! The vocabulary of Rejoin: what every other room speaks, and nothing it has to agree on with the outside.
//!
//! No serialisation (each edge owns its wire types, so renaming a field here cannot change a hash on disk),
//! no IO, no clock, no randomness. One word has one meaning; the words are those of child protection and of
//! record linkage.

pub mod custody;
pub mod family;
pub mod field;
pub mod finding;
pub mod id;
pub mod moment;
pub mod person;
pub mod policy;
pub mod record;

pub use custody::{Bound, Chain, Custodian, Interval, Problem, ProblemKind, Separation, SeparationBasis};
pub use family::{Evidence, FamilyCandidate, Relation, Verdict};
pub use field::{Field, FieldKind};
pub use finding::{Finding, FindingCode, Severity};
pub use id::{PersonId, RecordId};
pub use moment::{Elapsed, Moment, Precision};
pub use person::{Country, Identifier, PersonName, Sex};
pub use policy::{Act, ActKind, Ascribed, Attribution, Certainty, Effect, Policies, Policy};
pub use record::{Code, ListKind, Origin, Record, Subject, Value};
