//! Why: who is signed in, how they proved it, and until when. The client holds the token, the registry only its digest.

use crate::account::{Account, Standing};
use crate::code;
use crate::secret::{Digest, Random, ShownOnce, random_bytes};
use crate::{HOUR, MINUTE, Moment};
use serde::{Deserialize, Serialize};

/// How surely it is known who acts; later ones are stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assurance {
    /// A program with a token.
    Token,
    /// A password alone.
    Password,
    /// A password and a code of an authenticator or of paper.
    PasswordAndCode,
    /// A passkey, unlocked by its owner.
    Passkey,
}

/// How long a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without any request.
    pub idle: Moment,
    /// Whatever happens.
    pub absolute: Moment,
}

impl SessionLimits {
    /// Half an hour without a request, a working day in all.
    pub const USUAL: Self = Self { idle: 30 * MINUTE, absolute: 12 * HOUR };
}

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Digest of the token; the registry finds the session by it.
    pub token: Digest,
    /// Whose it is.
    pub account: String,
    /// How they proved it.
    pub assurance: Assurance,
    /// When it began.
    pub started: Moment,
    /// The last request.
    pub seen: Moment,
    /// How long it may be idle.
    pub idle: Moment,
    /// When it ends in any case.
    pub until: Moment,
    /// When it was ended by hand.
    pub revoked: Option<Moment>,
}

/// Why a session is none. For the log: a person is told to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionRefused {
    /// The token is not of this session.
    #[error("another session's token")]
    WrongToken,
    /// The session is another account's.
    #[error("another account's session")]
    WrongAccount,
    /// It was ended by hand.
    #[error("the session was ended")]
    Revoked,
    /// No request for too long.
    #[error("the session was idle for too long")]
    Idle,
    /// It has lived its time.
    #[error("the session has ended")]
    Expired,
    /// The account is not active.
    #[error("the account is not active")]
    AccountNotActive,
    /// It began before the account's credentials were changed.
    #[error("the account's credentials were changed since")]
    Superseded,
}

/// The digest under which a session with this token is found.
pub fn session_digest(token: &str) -> Digest {
    Digest::of("rejoin session", &[token])
}

impl Session {
    /// Begins one; the text goes to the client and is not kept.
    pub fn start(
        account: &str,
        assurance: Assurance,
        limits: SessionLimits,
        now: Moment,
        random: Random<'_>,
    ) -> (ShownOnce, Self) {
        let token = code::base62(&random_bytes::<32>(random));
        let session = Self {
            token: session_digest(&token),
            account: account.to_owned(),
            assurance,
            started: now,
            seen: now,
            idle: limits.idle,
            until: now.saturating_add(limits.absolute),
            revoked: None,
        };
        (ShownOnce::new(token), session)
    }

    /// Whether it is good for a request of its holder now.
    pub fn check(&self, token: &str, account: &Account, now: Moment) -> Result<Assurance, SessionRefused> {
        if session_digest(token) != self.token {
            return Err(SessionRefused::WrongToken);
        }
        if account.id != self.account {
            return Err(SessionRefused::WrongAccount);
        }
        if self.revoked.is_some() {
            return Err(SessionRefused::Revoked);
        }
        if now >= self.until {
            return Err(SessionRefused::Expired);
        }
        if now >= self.seen.saturating_add(self.idle) {
            return Err(SessionRefused::Idle);
        }
        if account.standing != Standing::Active {
            return Err(SessionRefused::AccountNotActive);
        }
        if account.sessions_since.is_some_and(|since| self.started < since) {
            return Err(SessionRefused::Superseded);
        }
        Ok(self.assurance)
    }

    /// Takes note of a request that was let through. True when that is worth writing: once a minute is enough.
    pub fn touch(&mut self, now: Moment) -> bool {
        let due = now >= self.seen.saturating_add(MINUTE.min(self.idle / 4));
        if due {
            self.seen = now;
        }
        due
    }

    /// Ends it; the first time counts.
    pub fn revoke(&mut self, now: Moment) {
        self.revoked.get_or_insert(now);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use crate::tests_support::{active, counting};

    const NOW: Moment = 1_800_000_000_000_000;

    fn started() -> (ShownOnce, Session) {
        Session::start("account-1", Assurance::Password, SessionLimits::USUAL, NOW, &mut counting())
    }

    #[test]
    fn the_token_has_256_bits_and_is_not_stored() {
        let (token, session) = started();
        assert!(code::from_base62(token.reveal()).is_some());
        assert!(!serde_json::to_string(&session).unwrap().contains(token.reveal()));
    }

    #[test]
    fn both_ends_to_the_microsecond() {
        let account = active("account-1");
        let (token, mut session) = started();
        let idle = SessionLimits::USUAL.idle;
        assert_eq!(session.check(token.reveal(), &account, NOW + idle - 1), Ok(Assurance::Password));
        assert_eq!(session.check(token.reveal(), &account, NOW + idle), Err(SessionRefused::Idle));
        let until = NOW + SessionLimits::USUAL.absolute;
        let mut now = NOW;
        while now + idle / 2 < until {
            now += idle / 2;
            assert!(session.check(token.reveal(), &account, now).is_ok());
            assert!(session.touch(now));
        }
        assert!(session.check(token.reveal(), &account, until - 1).is_ok());
        assert_eq!(session.check(token.reveal(), &account, until), Err(SessionRefused::Expired));
    }

    #[test]
    fn refusals() {
        let (token, session) = started();
        let account = active("account-1");
        assert_eq!(session.check("other", &account, NOW), Err(SessionRefused::WrongToken));
        assert_eq!(session.check("", &account, NOW), Err(SessionRefused::WrongToken));
        let digest = session.token.to_hex();
        assert_eq!(session.check(&digest, &account, NOW), Err(SessionRefused::WrongToken));
        let other = active("account-2");
        assert_eq!(session.check(token.reveal(), &other, NOW), Err(SessionRefused::WrongAccount));
        let mut revoked = session.clone();
        revoked.revoke(NOW);
        revoked.revoke(NOW + 5);
        assert_eq!(revoked.revoked, Some(NOW));
        assert_eq!(revoked.check(token.reveal(), &account, NOW), Err(SessionRefused::Revoked));
        for standing in [Standing::Invited, Standing::Suspended, Standing::Closed] {
            let account = Account { standing, ..account.clone() };
            assert_eq!(session.check(token.reveal(), &account, NOW), Err(SessionRefused::AccountNotActive));
        }
        let changed = Account { sessions_since: Some(NOW + 1), ..account.clone() };
        assert_eq!(session.check(token.reveal(), &changed, NOW + 2), Err(SessionRefused::Superseded));
        let same = Account { sessions_since: Some(NOW), ..account };
        assert!(session.check(token.reveal(), &same, NOW + 2).is_ok(), "the session that changed it goes on");
    }

    #[test]
    fn a_touch_is_written_once_a_minute() {
        let (_, mut session) = started();
        assert!(!session.touch(NOW + MINUTE - 1));
        assert_eq!(session.seen, NOW);
        assert!(session.touch(NOW + MINUTE));
        assert!(!session.touch(NOW), "a clock that goes back");
        assert_eq!(session.seen, NOW + MINUTE);
    }

    #[test]
    fn assurance_is_ordered() {
        use Assurance::*;
        assert!(Token < Password && Password < PasswordAndCode && PasswordAndCode < Passkey);
    }
}
