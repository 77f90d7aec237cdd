//! Why: what was stored once is read for ever. Every text that this crate has stored is an envelope of kind, version and
//! body; a form that changes gets a new version and keeps the reader of the old one.

use crate::account::{Account, AccountEvent};
use crate::attempts::Attempts;
use crate::session::Session;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Something that is stored as a text.
pub trait Stored: Serialize + DeserializeOwned {
    /// What it is called in the envelope.
    const KIND: &'static str;
    /// The version that is written.
    const VERSION: u32 = 1;
}

impl Stored for Account {
    const KIND: &'static str = "account";
}
impl Stored for AccountEvent {
    const KIND: &'static str = "account-event";
}
impl Stored for Session {
    const KIND: &'static str = "session";
}
impl Stored for Attempts {
    const KIND: &'static str = "attempts";
}

/// Why a text is not read, or not written. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredError {
    /// A secret in it is not sealed.
    #[error("a secret in it is not sealed")]
    NotSealed,
    /// Not an envelope of this kind.
    #[error("this is not what was expected to be stored here")]
    OtherKind,
    /// Written by a later program.
    #[error("it was written by a later version of this program")]
    Later,
    /// The body is damaged.
    #[error("the stored form is damaged")]
    Damaged,
}

/// The text to be stored.
pub fn write<T: Stored>(value: &T) -> Result<String, StoredError> {
    // The one thing that refuses to be serialised is a secret in clear.
    let body = serde_json::to_value(value).map_err(|_| StoredError::NotSealed)?;
    Ok(serde_json::json!({ "kind": T::KIND, "version": T::VERSION, "body": body }).to_string())
}

/// What was stored.
pub fn read<T: Stored>(text: &str) -> Result<T, StoredError> {
    let mut envelope: Value = serde_json::from_str(text).map_err(|_| StoredError::Damaged)?;
    if envelope.get("kind").and_then(Value::as_str) != Some(T::KIND) {
        return Err(StoredError::OtherKind);
    }
    match envelope.get("version").and_then(Value::as_u64) {
        Some(1) => {}
        Some(version) if version > u64::from(T::VERSION) => return Err(StoredError::Later),
        _ => return Err(StoredError::Damaged),
    }
    let body = envelope.get_mut("body").map(Value::take).ok_or(StoredError::Damaged)?;
    serde_json::from_value(body).map_err(|_| StoredError::Damaged)
}
