//! Why: what must not be seen. Passwords and one-time texts are wiped when dropped and never printed; a secret that has
//! to be kept (the key of an authenticator) can only be written once the registry has sealed it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use sha2::{Digest as _, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Fills a slice with random bytes. The shell passes the system's; a test passes its own.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]);

/// `N` bytes of it, wiped when dropped.
pub(crate) fn random_bytes<const N: usize>(random: Random<'_>) -> Zeroizing<[u8; N]> {
    let mut bytes = Zeroizing::new([0; N]);
    random(bytes.as_mut_slice());
    bytes
}

/// What a person typed as their password.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes the text over; it is wiped when this is dropped.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

/// A text that is handed over once and of which only a digest is kept: a session, a token, a code.
#[derive(Clone)]
pub struct ShownOnce(Zeroizing<String>);

impl ShownOnce {
    pub(crate) fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, to be sent to its owner and nowhere else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ShownOnce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ShownOnce(…)")
    }
}

/// A secret that has to be read again, in clear or as the registry sealed it.
///
/// In clear it refuses to be serialised: a registry that forgets to seal gets an error and not a leak.
#[derive(Clone)]
pub struct Secret {
    bytes: Zeroizing<Vec<u8>>,
    sealed: bool,
}

impl Secret {
    /// In clear.
    pub fn in_clear(bytes: Vec<u8>) -> Self {
        Self { bytes: Zeroizing::new(bytes), sealed: false }
    }

    /// Whether it is encrypted.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// The bytes, unless they are sealed.
    pub fn reveal(&self) -> Option<&[u8]> {
        (!self.sealed).then_some(self.bytes.as_slice())
    }

    /// Encrypts it with the registry's means; does nothing when it is sealed already.
    pub fn seal_with<E>(&mut self, seal: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>) -> Result<(), E> {
        if !self.sealed {
            self.bytes = Zeroizing::new(seal(&self.bytes)?);
            self.sealed = true;
        }
        Ok(())
    }

    /// Decrypts it with the registry's means; does nothing when it is in clear.
    pub fn open_with<E>(&mut self, open: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>) -> Result<(), E> {
        if self.sealed {
            self.bytes = Zeroizing::new(open(&self.bytes)?);
            self.sealed = false;
        }
        Ok(())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.sealed == other.sealed && bool::from(self.bytes.as_slice().ct_eq(other.bytes.as_slice()))
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.sealed { "Secret(sealed)" } else { "Secret(…)" })
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.sealed {
            serializer.serialize_str(&hex(&self.bytes))
        } else {
            Err(ser::Error::custom("a secret in clear is not written; seal it first"))
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = unhex(&text).ok_or_else(|| de::Error::custom("a sealed secret is hexadecimal"))?;
        Ok(Self { bytes: Zeroizing::new(bytes), sealed: true })
    }
}

/// The SHA-256 of a text of at least 80 random bits, with what it is for, so that a digest of one kind is none of another.
#[derive(Clone, Copy, Debug)]
pub struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn of(purpose: &str, parts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(purpose.as_bytes());
        for part in parts {
            hasher.update([0]);
            hasher.update(part.as_bytes());
        }
        Self(hasher.finalize().into())
    }

    /// In hexadecimal, as it is stored; the registry looks sessions and tokens up by it.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    #[cfg(feature = "passkeys")]
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// In time that does not depend on where they differ.
impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        unhex(&text)
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| de::Error::custom("a digest is 64 hexadecimal digits"))
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
        text
    })
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks(2).map(|pair| Some((digit(pair[0])? << 4) | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    #[test]
    fn a_secret_in_clear_is_neither_printed_nor_written() {
        let mut secret = Secret::in_clear(b"JBSWY3DP".to_vec());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert!(serde_json::to_string(&secret).is_err());
        secret.seal_with(|clear| Ok::<_, ()>(clear.iter().map(|byte| byte ^ 0xff).collect())).unwrap();
        assert!(secret.reveal().is_none());
        let written = serde_json::to_string(&secret).unwrap();
        let mut read: Secret = serde_json::from_str(&written).unwrap();
        assert_eq!(read, secret);
        assert_eq!(read.open_with(|_| Err("no key")), Err("no key"));
        assert!(read.is_sealed());
        read.open_with(|sealed| Ok::<_, ()>(sealed.iter().map(|byte| byte ^ 0xff).collect())).unwrap();
        assert_eq!(read.reveal().unwrap(), b"JBSWY3DP");
    }

    #[test]
    fn nothing_typed_or_handed_over_is_printed() {
        assert_eq!(format!("{:?}", Password::new("hunter2")), "Password(…)");
        assert_eq!(format!("{:?}", ShownOnce::new("hunter2".into())), "ShownOnce(…)");
    }

    #[test]
    fn a_digest_is_bound_to_its_purpose_and_its_parts() {
        let digest = Digest::of("session", &["ab", "c"]);
        assert_ne!(digest, Digest::of("token", &["ab", "c"]));
        assert_ne!(digest, Digest::of("session", &["a", "bc"]));
        let written = serde_json::to_string(&digest).unwrap();
        assert_eq!(serde_json::from_str::<Digest>(&written).unwrap(), digest);
        assert!(serde_json::from_str::<Digest>("\"00\"").is_err());
        assert!(unhex("é0").is_none());
    }
}
