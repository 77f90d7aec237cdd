//! Why: programs prove who they are by a token that a scanner recognises when it leaks, that does little, ends soon, and
//! never does more than its account may.

use crate::account::{Account, Standing};
use crate::code::{self, DIGITS_OF_32_BYTES, DIGITS_OF_CHECKSUM};
use crate::secret::{Digest, Random, ShownOnce, random_bytes};
use crate::{DAY, HOUR, Moment};
use serde::{Deserialize, Serialize};

/// What every token begins with.
pub const TOKEN_PREFIX: &str = "rejoin_";
/// The longest that a token may live.
pub const LONGEST_TOKEN: Moment = 366 * DAY;

/// What a token may do, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The organisation whose data it is for, with all below it.
    pub organisation: String,
    /// Purposes and actions, in the registry's words.
    pub actions: Vec<String>,
}

/// What an account may do at this moment; the registry answers from roles and the organisation tree.
pub struct Reach<'a> {
    /// Whether the account may do this action for this organisation.
    pub may: &'a dyn Fn(&str, &str) -> bool,
    /// Whether the first organisation is the second or below it.
    pub within: &'a dyn Fn(&str, &str) -> bool,
}

/// A token as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// Name of the token, not secret.
    pub id: String,
    /// Digest of the text; the registry finds the token by it.
    pub digest: Digest,
    /// Whose it is.
    pub account: String,
    /// What its owner calls it.
    pub label: String,
    /// What it may do.
    pub scope: Scope,
    /// When it was issued.
    pub issued: Moment,
    /// When it ends.
    pub expires: Moment,
    /// When it was last used, to the hour.
    pub last_used: Option<Moment>,
    /// When it was taken back.
    pub revoked: Option<Moment>,
}

/// Why a token is not issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenNotIssued {
    /// The account is not active.
    #[error("the account is not active")]
    AccountNotActive,
    /// Nothing is asked for.
    #[error("the scope is empty")]
    EmptyScope,
    /// More than the account may do.
    #[error("the account itself may not {0}")]
    BeyondAccount(String),
    /// No time, or more than a year.
    #[error("a token lives up to a year")]
    Lifetime,
}

/// Why a token does not open this door. For the log: the program is told that its token is not good for this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// Not the form of a token, or a wrong checksum: typed wrongly or made up.
    #[error("this is not a token")]
    Malformed,
    /// Another token's text.
    #[error("another token's text")]
    WrongToken,
    /// The token is another account's.
    #[error("another account's token")]
    WrongAccount,
    /// It was taken back.
    #[error("the token was revoked")]
    Revoked,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// The account is not active.
    #[error("the account is not active")]
    AccountNotActive,
    /// The action or the organisation is not in its scope.
    #[error("the token is not for this")]
    OutOfScope,
    /// The account may not do this any more, or never might.
    #[error("the token's account may not do this")]
    BeyondAccount,
}

/// Reads a token's text without any storage; gives the digest to look it up by.
pub fn token_digest(text: &str) -> Result<Digest, TokenRefused> {
    let body = text.strip_prefix(TOKEN_PREFIX).ok_or(TokenRefused::Malformed)?;
    if body.len() != DIGITS_OF_32_BYTES + DIGITS_OF_CHECKSUM || !body.is_ascii() {
        return Err(TokenRefused::Malformed);
    }
    let (random, sum) = body.split_at(DIGITS_OF_32_BYTES);
    if code::from_base62(random).is_none() || code::checksum(random) != sum {
        return Err(TokenRefused::Malformed);
    }
    Ok(Digest::of("rejoin api token", &[text]))
}

impl ApiToken {
    /// Issues one to an account, for `lifetime`; the text goes to its owner and is not kept.
    pub fn issue(
        account: &Account,
        label: &str,
        scope: Scope,
        lifetime: Moment,
        reach: &Reach<'_>,
        now: Moment,
        random: Random<'_>,
    ) -> Result<(ShownOnce, Self), TokenNotIssued> {
        if account.standing != Standing::Active {
            return Err(TokenNotIssued::AccountNotActive);
        }
        if scope.actions.is_empty() {
            return Err(TokenNotIssued::EmptyScope);
        }
        if !(1..=LONGEST_TOKEN).contains(&lifetime) {
            return Err(TokenNotIssued::Lifetime);
        }
        if let Some(beyond) = scope.actions.iter().find(|action| !(reach.may)(action, &scope.organisation)) {
            return Err(TokenNotIssued::BeyondAccount(beyond.clone()));
        }
        let body = code::base62(&random_bytes::<32>(random));
        let text = format!("{TOKEN_PREFIX}{body}{}", code::checksum(&body));
        let digest = Digest::of("rejoin api token", &[&text]);
        let token = Self {
            id: digest.to_hex()[..12].to_owned(),
            digest,
            account: account.id.clone(),
            label: label.to_owned(),
            scope,
            issued: now,
            expires: now.saturating_add(lifetime),
            last_used: None,
            revoked: None,
        };
        Ok((ShownOnce::new(text), token))
    }

    /// Whether this text opens `action` for `organisation` now: within its scope *and* within what its account may.
    pub fn check(
        &self,
        text: &str,
        account: &Account,
        action: &str,
        organisation: &str,
        reach: &Reach<'_>,
        now: Moment,
    ) -> Result<(), TokenRefused> {
        if token_digest(text)? != self.digest {
            return Err(TokenRefused::WrongToken);
        }
        if account.id != self.account {
            return Err(TokenRefused::WrongAccount);
        }
        if self.revoked.is_some() {
            return Err(TokenRefused::Revoked);
        }
        if now >= self.expires {
            return Err(TokenRefused::Expired);
        }
        if account.standing != Standing::Active {
            return Err(TokenRefused::AccountNotActive);
        }
        if !self.scope.actions.iter().any(|allowed| allowed == action)
            || !(reach.within)(organisation, &self.scope.organisation)
        {
            return Err(TokenRefused::OutOfScope);
        }
        if !(reach.may)(action, organisation) {
            return Err(TokenRefused::BeyondAccount);
        }
        Ok(())
    }

    /// Takes note of a use. True when that is worth writing: once an hour is enough.
    pub fn touch(&mut self, now: Moment) -> bool {
        let due = self.last_used.is_none_or(|last| now >= last.saturating_add(HOUR));
        if due {
            self.last_used = Some(now);
        }
        due
    }

    /// Takes it back; the first time counts.
    pub fn revoke(&mut self, now: Moment) {
        self.revoked.get_or_insert(now);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use crate::tests_support::{active, counting, seeded};
    use proptest::prelude::*;

    const NOW: Moment = 1_800_000_000_000_000;

    /// The tree of the tests: `hhs` with `hhs/orr` below it.
    fn within(inner: &str, outer: &str) -> bool {
        inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
    }

    fn may(action: &str, organisation: &str) -> bool {
        ["read", "import"].contains(&action) && within(organisation, "hhs")
    }

    const REACH: Reach<'static> = Reach { may: &may, within: &within };

    fn scope(organisation: &str, actions: &[&str]) -> Scope {
        Scope {
            organisation: organisation.into(),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        }
    }

    fn issued() -> (ShownOnce, ApiToken) {
        ApiToken::issue(
            &active("account-1"),
            "nightly",
            scope("hhs", &["read"]),
            DAY,
            &REACH,
            NOW,
            &mut counting(),
        )
        .unwrap()
    }

    #[test]
    fn a_token_is_recognised_by_its_form() {
        let (text, token) = issued();
        assert!(text.reveal().starts_with("rejoin_"));
        assert_eq!(text.reveal().len(), 7 + 43 + 6);
        assert_eq!(token_digest(text.reveal()), Ok(token.digest));
        assert!(!serde_json::to_string(&token).unwrap().contains(&text.reveal()[7..20]));
        for wrong in ["", "rejoin_", "rejoin_x", &text.reveal()[7..], &text.reveal().to_uppercase()] {
            assert_eq!(token_digest(wrong), Err(TokenRefused::Malformed), "{wrong}");
        }
        assert_eq!(token_digest(&format!("rejoin_{}é", "0".repeat(47))), Err(TokenRefused::Malformed));
    }

    #[test]
    fn what_is_not_issued() {
        let account = active("account-1");
        let issue = |account: &Account, scope, lifetime| {
            ApiToken::issue(account, "", scope, lifetime, &REACH, NOW, &mut counting()).map(|_| ())
        };
        let read = || scope("hhs", &["read"]);
        assert_eq!(issue(&account, read(), LONGEST_TOKEN), Ok(()));
        assert_eq!(issue(&account, read(), LONGEST_TOKEN + 1), Err(TokenNotIssued::Lifetime));
        assert_eq!(issue(&account, read(), 0), Err(TokenNotIssued::Lifetime));
        assert_eq!(issue(&account, scope("hhs", &[]), DAY), Err(TokenNotIssued::EmptyScope));
        let beyond = |action: &str| Err(TokenNotIssued::BeyondAccount(action.into()));
        assert_eq!(issue(&account, scope("hhs", &["read", "decide"]), DAY), beyond("decide"));
        assert_eq!(issue(&account, scope("cbp", &["read"]), DAY), beyond("read"));
        let suspended = Account { standing: Standing::Suspended, ..account };
        assert_eq!(issue(&suspended, read(), DAY), Err(TokenNotIssued::AccountNotActive));
    }

    #[test]
    fn what_is_refused() {
        let (text, mut token) = issued();
        let account = active("account-1");
        let check = |token: &ApiToken, action, organisation, now| {
            token.check(text.reveal(), &account, action, organisation, &REACH, now)
        };
        assert_eq!(check(&token, "read", "hhs", NOW), Ok(()));
        assert_eq!(check(&token, "read", "hhs/orr", NOW + DAY - 1), Ok(()));
        assert_eq!(check(&token, "read", "hhs", NOW + DAY), Err(TokenRefused::Expired));
        assert_eq!(
            check(&token, "import", "hhs", NOW),
            Err(TokenRefused::OutOfScope),
            "the account may, it not"
        );
        assert_eq!(check(&token, "read", "hhs2", NOW), Err(TokenRefused::OutOfScope));
        assert_eq!(check(&token, "rea", "hhs", NOW), Err(TokenRefused::OutOfScope));
        // A stored scope beyond the account, and an account that lost the role since.
        let wide = ApiToken { scope: scope("hhs", &["read", "decide"]), ..token.clone() };
        assert_eq!(check(&wide, "decide", "hhs", NOW), Err(TokenRefused::BeyondAccount));
        let nothing = Reach { may: &|_, _| false, within: &within };
        assert_eq!(
            token.check(text.reveal(), &account, "read", "hhs", &nothing, NOW),
            Err(TokenRefused::BeyondAccount)
        );
        let suspended = Account { standing: Standing::Suspended, ..account.clone() };
        assert_eq!(
            token.check(text.reveal(), &suspended, "read", "hhs", &REACH, NOW),
            Err(TokenRefused::AccountNotActive)
        );
        assert_eq!(
            token.check(text.reveal(), &active("account-2"), "read", "hhs", &REACH, NOW),
            Err(TokenRefused::WrongAccount)
        );
        token.revoke(NOW);
        assert_eq!(check(&token, "read", "hhs", NOW), Err(TokenRefused::Revoked));
    }

    #[test]
    fn another_token_of_the_same_account_does_not_open_it() {
        let (_, token) = issued();
        let account = active("account-1");
        let (other, _) =
            ApiToken::issue(&account, "", scope("hhs", &["read"]), DAY, &REACH, NOW, &mut seeded(9)).unwrap();
        assert_eq!(
            token.check(other.reveal(), &account, "read", "hhs", &REACH, NOW),
            Err(TokenRefused::WrongToken)
        );
    }

    #[test]
    fn a_use_is_written_once_an_hour() {
        let (_, mut token) = issued();
        assert!(token.touch(NOW) && !token.touch(NOW + HOUR - 1) && token.touch(NOW + HOUR));
    }

    proptest! {
        #[test]
        fn any_one_wrong_character_is_malformed(seed in any::<u64>(), place in 0..56_usize, byte in 0x21_u8..0x7f) {
            let (text, _) = ApiToken::issue(
                &active("a"), "", scope("hhs", &["read"]), DAY, &REACH, NOW, &mut seeded(seed),
            ).unwrap();
            prop_assert!(token_digest(text.reveal()).is_ok());
            let mut wrong = text.reveal().as_bytes().to_vec();
            prop_assume!(wrong[place] != byte);
            wrong[place] = byte;
            prop_assert_eq!(token_digest(&String::from_utf8(wrong).unwrap()), Err(TokenRefused::Malformed));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,80}") {
            let _ = token_digest(&text);
            let _ = token_digest(&format!("rejoin_{text}"));
        }
    }
}
