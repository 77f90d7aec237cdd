//! Why: an authenticator in software with its browser, for the tests of passkeys here and in the registry; the public fields
//! are what a test tampers with.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const ORIGIN: &str = "https://registry.example.org";
pub const SITE: &str = "registry.example.org";

pub const PRESENT: u8 = 1;
pub const VERIFIED: u8 = 4;
pub const WITH_KEY: u8 = 0x40;

pub fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0_usize, |number, byte| (number << 8) | usize::from(*byte));
        let bits = chunk.len() * 8;
        let number = number << ((6 - bits % 6) % 6);
        for place in (0..bits.div_ceil(6)).rev() {
            text.push(char::from(DIGITS[(number >> (6 * place)) & 63]));
        }
    }
    text
}

pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// An authenticator and its browser; the public fields are what a test tampers with.
#[derive(Clone)]
pub struct Authenticator {
    pub key: SigningKey,
    pub id: Vec<u8>,
    pub user: Value,
    pub counter: u32,
    pub flags: u8,
    pub origin: String,
    pub site: String,
    pub challenge: Option<String>,
    pub kind: Option<&'static str>,
    pub flip: Option<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    Signature,
    SignedData,
    ClientData,
}

impl Authenticator {
    pub fn new(seed: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            id: vec![seed; 24],
            user: Value::Null,
            counter: 0,
            flags: PRESENT | VERIFIED,
            origin: ORIGIN.into(),
            site: SITE.into(),
            challenge: None,
            kind: None,
            flip: None,
        }
    }

    pub fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options["publicKey"]["challenge"].as_str().unwrap();
        json!({
            "type": self.kind.unwrap_or(kind),
            "challenge": self.challenge.as_deref().unwrap_or(challenge),
            "origin": self.origin,
            "crossOrigin": false,
        })
        .to_string()
        .into_bytes()
    }

    pub fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = sha256(self.site.as_bytes());
        data.push(self.flags | flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    pub fn create(&mut self, options: &Value) -> String {
        self.user = options["publicKey"]["user"]["id"].clone();
        let client_data = self.client_data("webauthn.create", options);
        let mut data = self.data(WITH_KEY);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        let point = self.key.verifying_key().to_sec1_point(false);
        // COSE_Key: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 32]);
        data.extend(point.x().unwrap());
        data.extend([0x22, 0x58, 32]);
        data.extend(point.y().unwrap());
        // {"fmt": "none", "attStmt": {}, "authData": data}.
        let mut object = vec![0xa3];
        for text in ["fmt", "none", "attStmt"] {
            object.push(0x60 + u8::try_from(text.len()).unwrap());
            object.extend(text.as_bytes());
        }
        object.push(0xa0);
        object.push(0x68);
        object.extend(b"authData");
        object.extend([0x58, u8::try_from(data.len()).unwrap()]);
        object.extend(data);
        json!({
            "id": base64url(&self.id), "rawId": base64url(&self.id), "type": "public-key",
            "response": {
                "attestationObject": base64url(&object), "clientDataJSON": base64url(&client_data),
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    pub fn get(&mut self, options: &Value) -> String {
        let mut client_data = self.client_data("webauthn.get", options);
        let mut data = self.data(0);
        let signed = [data.clone(), sha256(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        let mut signature = signature.to_der().as_bytes().to_vec();
        match self.flip {
            Some(Part::Signature) => *signature.last_mut().unwrap() ^= 1,
            Some(Part::SignedData) => *data.last_mut().unwrap() ^= 1,
            // A space after the last brace: still the same JSON.
            Some(Part::ClientData) => client_data.push(b' '),
            None => {}
        }
        json!({
            "id": base64url(&self.id), "rawId": base64url(&self.id), "type": "public-key",
            "response": {
                "authenticatorData": base64url(&data), "clientDataJSON": base64url(&client_data),
                "signature": base64url(&signature), "userHandle": self.user,
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }
}
