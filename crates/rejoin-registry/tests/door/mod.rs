//! A case with cheap passwords, a telephone that shows codes, and what was written, for the tests of accounts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use rejoin_access::Actor;
use rejoin_accounts::password::Cost;
use rejoin_accounts::totp::Enrolment;
use rejoin_accounts::{Password, Proof, ShownOnce};
use rejoin_registry::{Case, Entered, NewAccount, Settings, SignIn, Stamp};
use std::collections::BTreeSet;

pub const NOW: i64 = 1_800_000_000_000_000;
pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOME: &str = "192.0.2.7";
pub const PASSWORD: &str = "the mule crossed four rivers";

pub const TREE: &str = "[[organisation]]\nid = \"hhs\"\nname = \"Health\"\n\
    [[organisation]]\nid = \"orr\"\nname = \"Shelters\"\nwithin = \"hhs\"\nlists = [\"shelter-portal\"]\n\
    [[organisation]]\nid = \"dhs\"\nname = \"Border\"\n";

/// A case in a temporary directory.
pub struct Place {
    pub directory: tempfile::TempDir,
    pub case: Case,
}

pub fn settings() -> Settings {
    let cheap = Cost { memory_kib: 8, passes: 1, lanes: 1 };
    Settings { password_cost: Some(cheap), ..Settings::default() }
}

pub fn stamp(at: i64) -> Stamp {
    Stamp { at_micros: at, actor: "operator".into() }
}

impl Place {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("case");
        let case = Case::init_with(&path, &settings(), &stamp(NOW)).unwrap();
        std::fs::write(path.join("organisations.toml"), TREE).unwrap();
        Self { directory, case }
    }

    /// Opens it once more, as another program would.
    pub fn again(&self) -> Case {
        Case::open_with(&self.directory.path().join("case"), &settings()).unwrap()
    }

    pub fn reopen(&mut self) {
        self.case = self.again();
    }

    pub fn operator(&self) -> Actor {
        self.case.operator("operator").unwrap()
    }

    /// An account with roles whose owner has set the password; gives its id.
    pub fn account(&self, name: &str, organisation: &str, roles: &[&str], at: i64) -> String {
        let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        let display_name = format!("{name} of {organisation}");
        let new =
            NewAccount { name, display_name: &display_name, organisation, language: None, roles: &roles };
        let (account, code) = self.case.create_account(&self.operator(), &new, &stamp(at)).unwrap();
        self.case.accept_invitation(name, code.reveal(), &Password::new(PASSWORD), name, at).unwrap();
        account.id
    }

    /// As the access decision sees an account.
    pub fn actor(&self, name: &str) -> Actor {
        let account = self.case.account(name).unwrap().unwrap();
        self.case.actor_of(&account, BTreeSet::new()).unwrap()
    }

    pub fn sign_in(&self, name: &str, password: &str, code: Option<&str>, at: i64) -> SignIn {
        sign_in(&self.case, name, password, code, HOME, at)
    }

    /// Signs in and enters, to enrol too.
    pub fn enter(&self, name: &str, code: Option<&str>, at: i64) -> Entered {
        match self.sign_in(name, PASSWORD, code, at) {
            SignIn::SignedIn { session, .. } | SignIn::EnrolFirst { session, .. } => {
                entered(&self.case, &session, at)
            }
            other => panic!("{other:?}"),
        }
    }

    /// Enrols a telephone; gives it.
    pub fn enrol(&self, name: &str, at: i64) -> Enrolment {
        let here = self.enter(name, None, at);
        let telephone = self.case.enrol_totp(&here, &stamp(at)).unwrap();
        self.case.confirm_totp(&here, &code_of(&telephone, at), &stamp(at)).unwrap();
        telephone
    }

    pub fn verify(&self) {
        self.case.verify(None, &|_, _, _| {}).unwrap();
    }

    /// The refusals on record: who, what, note.
    pub fn refusals(&self) -> Vec<(String, String, String)> {
        let file = self.directory.path().join("case/rejoin.sqlite");
        let database = rusqlite::Connection::open(file).unwrap();
        let sql = "SELECT actor, payload FROM event WHERE kind = 'access-refused' ORDER BY sequence";
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
        rows.map(|row| {
            let (actor, payload) = row.unwrap();
            let seen: serde_json::Value = serde_json::from_slice(&payload).unwrap();
            let word = |name: &str| seen[name].as_str().unwrap_or_default().to_owned();
            (actor, word("what"), word("note"))
        })
        .collect()
    }

    /// Whether bytes are anywhere in the database's files.
    pub fn is_on_disk(&self, bytes: &[u8]) -> bool {
        ["rejoin.sqlite", "rejoin.sqlite-wal"].iter().any(|name| {
            let file = self.directory.path().join("case").join(name);
            let held = std::fs::read(file).unwrap_or_default();
            held.windows(bytes.len()).any(|window| window == bytes)
        })
    }
}

pub fn sign_in(
    case: &Case,
    name: &str,
    password: &str,
    code: Option<&str>,
    address: &str,
    at: i64,
) -> SignIn {
    let password = Password::new(password);
    case.sign_in(name, address, Proof::Password { password: &password, code }, at).unwrap()
}

pub fn entered(case: &Case, session: &ShownOnce, at: i64) -> Entered {
    case.by_session(session.reveal(), BTreeSet::new(), at).unwrap().unwrap()
}

/// The code that a telephone shows (RFC 6238, by hand: another implementation than the one tested).
pub fn code_of(telephone: &Enrolment, at: i64) -> String {
    let step = u64::try_from(at / SECOND).unwrap() / 30;
    let mac = hmac_sha1(telephone.secret.reveal().unwrap(), &step.to_be_bytes());
    let place = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[place..place + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let padded = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(one, key)| *one ^= key);
        block.to_vec()
    };
    let inner = sha1(&[padded(0x36), message.to_vec()].concat());
    sha1(&[padded(0x5c), inner.to_vec()].concat())
}

fn sha1(message: &[u8]) -> [u8; 20] {
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks(64) {
        let mut words: Vec<u32> =
            block.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
        for at in 16..80 {
            words.push((words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (at, word) in words.iter().enumerate() {
            let (mixed, round) = match at / 20 {
                0 => ((b & c) | (!b & d), 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next =
                a.rotate_left(5).wrapping_add(mixed).wrapping_add(e).wrapping_add(round).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (sum, value) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(value);
        }
    }
    let mut out = [0; 20];
    out.chunks_mut(4).zip(state).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_be_bytes()));
    out
}
