//! Why: how people and programs prove who they are. Passwords, codes, passkeys, invitations, sessions, tokens; what makes
//! guessing slow; one door to sign in ([`sign_in()`]).
//!
//! No storage, no clock, no randomness of its own (but for the challenges of passkeys): the registry keeps what is returned
//! here and passes in the time and random bytes. Which role may do what is not decided here either.

pub mod account;
pub mod attempts;
mod code;
pub mod invitation;
#[cfg(feature = "passkeys")]
pub mod passkey;
pub mod password;
pub mod rate;
mod secret;
pub mod session;
mod sign_in;
pub mod stored;
#[cfg(test)]
mod tests_support;
pub mod token;
pub mod totp;

pub use secret::{Digest, Password, Random, Secret, ShownOnce};
pub use sign_in::{
    Attempt, Door, PasskeyProof, Proof, Requirement, SignInOutcome, Wanted, Why, judge, sign_in,
};

/// Microseconds since 1970-01-01 UTC, and spans of them.
pub type Moment = i64;
/// A second.
pub const SECOND: Moment = 1_000_000;
/// A minute.
pub const MINUTE: Moment = 60 * SECOND;
/// An hour.
pub const HOUR: Moment = 60 * MINUTE;
/// A day.
pub const DAY: Moment = 24 * HOUR;

/// The language a person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
}
