//! A small planted ledger that the tests export, break and prove things of. All of it is made up.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use rejoin_ledger::export::Writer;
use rejoin_ledger::note::{SigningKey, TreeHead, VerifyingKey};
use rejoin_ledger::receipt::{self, Receipt};
use rejoin_ledger::{Envelope, Hash, merkle};

/// One event, owned.
#[derive(Debug, Clone)]
pub struct Event {
    pub at_micros: i64,
    pub actor: String,
    pub kind: String,
    pub version: u16,
    pub payload: Vec<u8>,
}

/// A ledger with its key.
pub struct Ledger {
    pub signer: SigningKey,
    pub events: Vec<Event>,
    pub chain: Vec<Hash>,
}

pub const CODE: &str = "RIO-7K2M-94";
pub const STATEMENT: &str =
    "Ana Ejemplo, 34 / Luz Ejemplo, 6\nSeparadas / separated: 2018-06-01\nLlame / call: 555-0100\n";
pub const NONCE: [u8; 16] = [0xa5; 16];

pub fn key() -> SigningKey {
    SigningKey::from_seed("rejoin.example/border", &[42; 32]).unwrap()
}

impl Ledger {
    pub fn of(events: Vec<Event>) -> Self {
        let mut ledger = Ledger { signer: key(), chain: Vec::new(), events };
        ledger.rechain();
        ledger
    }

    /// Seven events of different shape; the fifth is that of the receipt.
    pub fn small() -> Self {
        let mut events: Vec<Event> = ["", "{}", "{\"list\":\"A\",\"rows\":3}", "\u{0}\n ", "", "ñandú", "x"]
            .iter()
            .enumerate()
            .map(|(at, payload)| Event {
                at_micros: 1_530_000_000_000_000 + at as i64 * 1_000_001 - if at == 0 { i64::MAX } else { 0 },
                actor: ["clerk", "", "inspección", "system"][at % 4].to_owned(),
                kind: ["list-received", "decided", "Note.2"][at % 3].to_owned(),
                version: [1, 2, u16::MAX][at % 3],
                payload: payload.as_bytes().to_vec(),
            })
            .collect();
        let commitment = receipt::commitment(CODE, &NONCE, receipt::statement(STATEMENT));
        events[4].kind = receipt::KIND.to_owned();
        events[4].version = receipt::VERSION;
        events[4].payload = receipt::payload(commitment).into_bytes();
        Self::of(events)
    }

    /// Events of one kind with payloads of a given length.
    pub fn large(count: usize, length: usize) -> Self {
        let event = |at: usize| Event {
            at_micros: 1_530_000_000_000_000 + at as i64,
            actor: "clerk".into(),
            kind: "list-received".into(),
            version: 1,
            payload: (0..length).map(|byte| (byte * 31 + at * 7) as u8).collect(),
        };
        Self::of((0..count).map(event).collect())
    }

    pub fn envelope(&self, at: usize) -> Envelope<'_> {
        let Event { at_micros, actor, kind, version, payload } = &self.events[at];
        Envelope { sequence: at as u64 + 1, at_micros: *at_micros, actor, kind, version: *version, payload }
    }

    /// Makes the chain again over the events as they now are.
    pub fn rechain(&mut self) {
        let mut head = Hash::default();
        let chain: Vec<Hash> = (0..self.events.len())
            .map(|at| {
                head = self.envelope(at).chain(head);
                head
            })
            .collect();
        self.chain = chain;
    }

    pub fn keys(&self) -> Vec<VerifyingKey> {
        vec![self.signer.verifying_key()]
    }

    pub fn head(&self, size: usize) -> TreeHead {
        let mut frontier = merkle::Frontier::new();
        self.chain[..size].iter().for_each(|chain| frontier.push(merkle::event_leaf(*chain)));
        TreeHead {
            origin: self.signer.name().to_owned(),
            size: size as u64,
            root: frontier.root(),
            head: if size == 0 { Hash::default() } else { self.chain[size - 1] },
        }
    }

    pub fn note(&self, size: usize) -> String {
        self.head(size).sign(&self.signer).unwrap()
    }

    /// The export with signed checkpoints of these sizes.
    pub fn export(&self, sizes: &[usize]) -> Vec<u8> {
        let notes: Vec<String> = sizes.iter().map(|size| self.note(*size)).collect();
        self.export_with(&self.keys(), &notes)
    }

    pub fn export_with(&self, keys: &[VerifyingKey], notes: &[String]) -> Vec<u8> {
        let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
        let mut writer = Writer::begin(Vec::new(), keys, &notes).unwrap();
        for (at, chain) in self.chain.iter().enumerate() {
            writer.event(&self.envelope(at), *chain).unwrap();
        }
        writer.finish().unwrap()
    }

    /// The hash of a full subtree.
    pub fn node(&self, level: u32, index: u64) -> Result<Hash, ()> {
        let leaves = self.chain.get((index << level) as usize..((index + 1) << level) as usize).ok_or(())?;
        let mut frontier = merkle::Frontier::new();
        leaves.iter().for_each(|chain| frontier.push(merkle::event_leaf(*chain)));
        Ok(frontier.root())
    }

    /// The receipt of the fifth event of the small ledger, under a checkpoint of this size.
    pub fn receipt(&self, size: usize) -> Receipt {
        Receipt {
            code: CODE.into(),
            nonce: NONCE,
            statement: receipt::statement(STATEMENT),
            sequence: 5,
            at_micros: self.events[4].at_micros,
            actor: self.events[4].actor.clone(),
            previous: self.chain[3],
            path: merkle::inclusion(4, size as u64, &mut |level, index| self.node(level, index)).unwrap(),
            note: self.note(size),
        }
    }
}
