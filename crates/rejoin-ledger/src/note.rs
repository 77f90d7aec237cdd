//! Signed notes (C2SP signed-note) with Ed25519 keys, and the checkpoints of a ledger (C2SP tlog-checkpoint): how a
//! head of the ledger is handed to somebody who can hold us to it.
//!
//! Nothing of a note is believed, or even returned, before a signature by a known key has been verified. Signatures
//! by unknown keys are ignored, so that witnesses may add theirs; a signature that claims a known key and fails
//! condemns the whole note.

mod advance;
mod head;

pub use advance::{Advance, AdvanceError};
pub use head::TreeHead;

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::Signer;
use sha2::{Digest, Sha256};
use std::fmt;

/// The identifier of plain Ed25519 signatures in key ids and verifier keys.
const ED25519: u8 = 1;

/// How many signatures a note may carry here. The specification asks for at least 16; each costs a verification.
pub const MAX_SIGNATURES: usize = 64;

/// Why a note is not believed, or cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoteError {
    /// It is not in the form of a note; what is wrong.
    Form(&'static str),
    /// A signature that claims the known key of this name is not by it.
    Signature(String),
    /// No signature is by a known key.
    NoKnownKey,
    /// The text is not that of a ledger's checkpoint; what is wrong.
    Checkpoint(&'static str),
    /// It is a checkpoint of this origin, and no key of that name signed it.
    Origin(String),
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoteError::Form(what) => write!(f, "not a signed note: {what}"),
            NoteError::Signature(name) => write!(f, "the signature in the name of {name} is not by its key"),
            NoteError::NoKnownKey => f.write_str("no signature is by a known key"),
            NoteError::Checkpoint(what) => write!(f, "not a ledger's checkpoint: {what}"),
            NoteError::Origin(origin) => {
                write!(f, "a checkpoint of {origin} that no known key of that name signed")
            }
        }
    }
}

impl std::error::Error for NoteError {}

/// Why a text is not a verifier key, or a name not the name of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAKey(
    /// What is wrong.
    pub &'static str,
);

impl fmt::Display for NotAKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a verifier key: {}", self.0)
    }
}

impl std::error::Error for NotAKey {}

fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|letter: char| letter == '+' || letter < ' ' || letter.is_whitespace())
}

/// `SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)`, its first four bytes.
fn key_id(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let mut hash = Sha256::new();
    hash.update(name.as_bytes());
    hash.update([b'\n', ED25519]);
    hash.update(public);
    let digest: [u8; 32] = hash.finalize().into();
    [digest[0], digest[1], digest[2], digest[3]]
}

/// The key that verifies, with its name. Its text form is the *vkey* of the specification.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    name: String,
    id: [u8; 4],
    key: ed25519_dalek::VerifyingKey,
}

impl VerifyingKey {
    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's id, which with its name finds its signatures.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The 32 bytes of the public key.
    pub fn public(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Whether these bytes are this key's signature of the text. Keys and signatures that RFC 8032 would let pass
    /// for more than one text or key are refused.
    fn verifies(&self, body: &str, signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(body.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut material = vec![ED25519];
        material.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id), BASE64_STANDARD.encode(material))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for VerifyingKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        // The base64 may hold plus signs; the name and the id cannot.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(material)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NotAKey("it has the form name+id+key"));
        };
        if !is_key_name(name) {
            return Err(NotAKey("the name is empty or has spaces"));
        }
        let material = BASE64_STANDARD.decode(material).map_err(|_| NotAKey("the key is not base64"))?;
        let Some((&kind, public)) = material.split_first() else { return Err(NotAKey("the key is empty")) };
        if kind != ED25519 {
            return Err(NotAKey("only Ed25519 keys (0x01) are known here"));
        }
        let public: [u8; 32] = public.try_into().map_err(|_| NotAKey("the key has not 32 bytes"))?;
        let expected = key_id(name, &public);
        if id != format!("{:08x}", u32::from_be_bytes(expected)) {
            return Err(NotAKey("the id is not that of the name and the key"));
        }
        let key = ed25519_dalek::VerifyingKey::from_bytes(&public)
            .map_err(|_| NotAKey("the key is no point of the curve"))?;
        if key.is_weak() {
            return Err(NotAKey("the key is weak: it would verify what nobody signed"));
        }
        Ok(Self { name: name.to_owned(), id: expected, key })
    }
}

/// The key that signs. It comes from the caller as 32 bytes and is never shown again.
#[derive(Clone)]
pub struct SigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.name)
    }
}

impl SigningKey {
    /// The key that these 32 secret bytes are, under a name: by custom an address without `https://`.
    ///
    /// # Errors
    /// When the name is empty or has spaces, plus signs or control characters.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NotAKey> {
        if !is_key_name(name) {
            return Err(NotAKey("the name is empty or has spaces, plus signs or control characters"));
        }
        Ok(Self { name: name.to_owned(), key: ed25519_dalek::SigningKey::from_bytes(seed) })
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that others verify with.
    pub fn verifying_key(&self) -> VerifyingKey {
        let key = self.key.verifying_key();
        VerifyingKey { name: self.name.clone(), id: key_id(&self.name, key.as_bytes()), key }
    }

    /// The verifying key as text, to be handed out.
    pub fn vkey(&self) -> String {
        self.verifying_key().to_string()
    }

    /// The note of this text, signed.
    ///
    /// # Errors
    /// When the text does not end with a line end or has control characters other than line ends.
    pub fn sign(&self, body: &str) -> Result<String, NoteError> {
        check_body(body)?;
        Ok(format!("{body}\n{}", self.signature_line(body)))
    }

    /// The note with one more signature, by this key: when a key follows another, or for a witness. The signatures
    /// that are there are not checked.
    ///
    /// # Errors
    /// When it is no note.
    pub fn sign_also(&self, note: &str) -> Result<String, NoteError> {
        let parts = Parts::of(note)?;
        if parts.signatures.len() >= MAX_SIGNATURES {
            return Err(NoteError::Form("too many signatures"));
        }
        Ok(format!("{note}{}", self.signature_line(parts.body)))
    }

    fn signature_line(&self, body: &str) -> String {
        let mut bytes = self.verifying_key().id.to_vec();
        bytes.extend_from_slice(&self.key.sign(body.as_bytes()).to_bytes());
        Signature { name: &self.name, bytes }.line()
    }
}

fn check_body(body: &str) -> Result<(), NoteError> {
    if !body.ends_with('\n') {
        return Err(NoteError::Form("the text does not end with a line end"));
    }
    if body.contains(|letter| letter < ' ' && letter != '\n') {
        return Err(NoteError::Form("control characters"));
    }
    Ok(())
}

/// One signature line, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature<'a> {
    /// The name of the key it claims.
    pub name: &'a str,
    /// The four bytes of the key's id, and the signature.
    pub bytes: Vec<u8>,
}

impl Signature<'_> {
    /// The line, with its line end.
    pub fn line(&self) -> String {
        format!("— {} {}\n", self.name, BASE64_STANDARD.encode(&self.bytes))
    }

    /// Whether it says to be by this key.
    pub fn claims(&self, key: &VerifyingKey) -> bool {
        key.name == self.name && self.bytes.starts_with(&key.id)
    }
}

/// A note taken apart, nothing verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    /// The text, with its last line end.
    pub body: &'a str,
    /// The signatures in their order.
    pub signatures: Vec<Signature<'a>>,
}

impl<'a> Parts<'a> {
    /// Takes a note apart.
    pub fn of(note: &'a str) -> Result<Self, NoteError> {
        let split = note.rfind("\n\n").ok_or(NoteError::Form("no empty line before the signatures"))?;
        let (body, lines) = (&note[..=split], &note[split + 2..]);
        check_body(body)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Form("the last line has no end"))?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == MAX_SIGNATURES {
                return Err(NoteError::Form("too many signatures"));
            }
            let (name, text) = line
                .strip_prefix("— ")
                .and_then(|rest| rest.split_once(' '))
                .ok_or(NoteError::Form("a signature line has the form — name signature"))?;
            if !is_key_name(name) {
                return Err(NoteError::Form("the name of a key is empty or has spaces or plus signs"));
            }
            let bytes =
                BASE64_STANDARD.decode(text).map_err(|_| NoteError::Form("a signature is not base64"))?;
            if bytes.len() < 5 {
                return Err(NoteError::Form("a signature is too short"));
            }
            signatures.push(Signature { name, bytes });
        }
        Ok(Self { body, signatures })
    }

    /// The keys of which at least one signature was verified. Fails on a signature that claims a known key falsely.
    pub fn signers<'k>(&self, keys: &'k [VerifyingKey]) -> Result<Vec<&'k VerifyingKey>, NoteError> {
        let mut signers: Vec<&VerifyingKey> = Vec::new();
        for signature in &self.signatures {
            let mut claimed = keys.iter().filter(|key| signature.claims(key)).peekable();
            if claimed.peek().is_none() {
                continue;
            }
            let signer = claimed
                .find(|key| key.verifies(self.body, &signature.bytes[4..]))
                .ok_or_else(|| NoteError::Signature(signature.name.to_owned()))?;
            if !signers.contains(&signer) {
                signers.push(signer);
            }
        }
        if signers.is_empty() { Err(NoteError::NoKnownKey) } else { Ok(signers) }
    }
}

/// The text of a note that at least one of these keys signed.
///
/// # Errors
/// When it is no note, when no known key signed it, and when a signature claims a known key falsely.
pub fn open<'a>(note: &'a str, keys: &[VerifyingKey]) -> Result<&'a str, NoteError> {
    let parts = Parts::of(note)?;
    parts.signers(keys)?;
    Ok(parts.body)
}

#[cfg(test)]
mod tests;
