//! Why: bytes that are the same in every run, a cheap cost and an account, for the tests of this crate.

use crate::Moment;
use crate::account::{Account, AccountEvent, Change};
use crate::password::Cost;

pub(crate) const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

/// Numbers from a seed (splitmix64), as bytes.
pub(crate) fn seeded(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed;
    move |bytes| {
        for chunk in bytes.chunks_mut(8) {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

pub(crate) fn counting() -> impl FnMut(&mut [u8]) {
    seeded(1)
}

pub(crate) fn event(account: &str, at: Moment, change: Change) -> AccountEvent {
    AccountEvent { account: account.to_owned(), at, change }
}

/// An active account with no credentials.
pub(crate) fn active(id: &str) -> Account {
    let created = Change::Created {
        name: "lucia".into(),
        display_name: "Lucía".into(),
        organisation: "hhs".into(),
        language: None,
    };
    let mut account = Account::created(&event(id, 0, created)).expect("created");
    account.standing = crate::account::Standing::Active;
    account
}
