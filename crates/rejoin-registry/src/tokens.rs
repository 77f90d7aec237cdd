//! Tokens of programs: issued within what their account may, and narrower at every use: what the account may now, and of
//! that what the token is for.

use crate::accounts::{Bench, Stop, locked, refused, with_random};
use crate::door::Entered;
use crate::roles::narrowed;
use crate::{Case, Error, Stamp};
use rejoin_access::{Action, Actor, Purpose};
use rejoin_accounts::account::{Account, Change as Happened};
use rejoin_accounts::attempts::TryLater;
use rejoin_accounts::rate::{Buckets, Rate};
use rejoin_accounts::session::Assurance;
use rejoin_accounts::token::{ApiToken, Reach, Scope, TokenRefused, token_digest};
use rejoin_accounts::{SECOND, ShownOnce};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// Ten calls a second in the long run, a hundred at once.
const CALLS: Rate = Rate { per: SECOND / 10, burst: 100 };
/// One failure every six seconds, ten at once; what is refused is on record, and the record must not be flooded.
const FAILURES: Rate = Rate { per: 6 * SECOND, burst: 10 };
const MOST_CALLERS: usize = 100_000;

/// How often callers came. In memory: a restart forgives.
pub(crate) struct Calls {
    tokens: Mutex<Buckets<String>>,
    failures: Mutex<Buckets<String>>,
}

impl Default for Calls {
    fn default() -> Self {
        let of = |rate| Mutex::new(Buckets::new(rate, MOST_CALLERS));
        Self { tokens: of(CALLS), failures: of(FAILURES) }
    }
}

impl Calls {
    /// Takes note of one who shows what may be no proof at all.
    pub fn stranger(&self, address: &str, now: i64) -> Result<(), Error> {
        locked(&self.failures).take(&address.to_owned(), now).map_err(|later| Error::TryLater(later.from))
    }
}

/// What a token is to be for.
#[derive(Debug, Clone)]
pub struct TokenRequest<'a> {
    /// What its owner calls it.
    pub label: &'a str,
    /// Purposes and actions, in their words.
    pub allows: &'a [String],
    /// For whose data, with all below; without one, the account's own organisation.
    pub organisation: Option<&'a str>,
    /// How long it lives, in microseconds.
    pub lifetime: i64,
}

/// Why a token opens nothing. For the log: a program is told that its token is not good for this, or to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenDenied {
    /// The token is not good for it.
    #[error(transparent)]
    Refused(#[from] TokenRefused),
    /// Too many calls, or too many that failed.
    #[error(transparent)]
    TryLater(#[from] TryLater),
}

/// Actions that rest on two different people, and so on persons.
const IN_PERSON: [&str; 6] =
    ["verify", "sign", "clear-consent", "approve-closure", "review-emergency", "lift-do-not-disclose"];

impl Case {
    /// Issues a token to the account of somebody who is here. Its text is shown once.
    ///
    /// # Errors
    /// [`Error::Denied`] for what the account itself may not, and for a program.
    pub fn issue_own_token(
        &self,
        here: &Entered,
        request: &TokenRequest<'_>,
        stamp: &Stamp,
    ) -> Result<(ShownOnce, ApiToken), Error> {
        let mut issued = None;
        self.own(here, "issue token", stamp, |bench, account| {
            self.issue(bench, account, request, stamp, &mut issued)
        })?;
        issued.ok_or_else(|| Error::Account("no token was issued".into()))
    }

    /// Issues a token to another's account: for a custodian, as whoever holds the text acts as that account. Others who
    /// manage accounts let its owner do it.
    ///
    /// # Errors
    /// As [`Case::issue_own_token`]; [`Error::NoAccount`].
    pub fn issue_token(
        &self,
        by: &Actor,
        who: &str,
        request: &TokenRequest<'_>,
        stamp: &Stamp,
    ) -> Result<(ShownOnce, ApiToken), Error> {
        let mut issued = None;
        self.manage(by, who, "issue token", stamp, |bench, account| {
            if !by.has(Action::Operate) {
                return Err(Stop::Denied("a token is issued by its owner, or by a custodian".into()));
            }
            self.issue(bench, account, request, stamp, &mut issued)
        })?;
        issued.ok_or_else(|| Error::Account("no token was issued".into()))
    }

    fn issue(
        &self,
        bench: &Bench,
        account: &Account,
        request: &TokenRequest<'_>,
        stamp: &Stamp,
        issued: &mut Option<(ShownOnce, ApiToken)>,
    ) -> Result<Vec<Happened>, Stop> {
        let known = |word: &str| Action::from_word(word).is_some() || Purpose::from_word(word).is_some();
        if let Some(word) = request.allows.iter().find(|word| !known(word)) {
            return Err(Stop::Failed(Error::Account(format!("there is no purpose or action {word:?}"))));
        }
        // Where two different people must act, no program acts for one of them.
        if let Some(word) = request.allows.iter().find(|word| IN_PERSON.contains(&word.as_str())) {
            return Err(Stop::Denied(format!("{word} is done in person: no token can carry it")));
        }
        let organisation = request.organisation.unwrap_or(&account.organisation).to_owned();
        bench.tree.named(&organisation)?;
        let actor = self.actor_of(account, BTreeSet::new())?;
        let scope = Scope { organisation, actions: request.allows.to_vec() };
        let made = with_random(|random| {
            reaching(bench, &actor, |reach| {
                let now = stamp.at_micros;
                ApiToken::issue(account, request.label, scope, request.lifetime, reach, now, random)
            })
        })?;
        let (text, token) = made.map_err(|why| Stop::Denied(why.to_string()))?;
        *issued = Some((text, token.clone()));
        Ok(vec![Happened::TokenIssued { token }])
    }

    /// Takes back a token of the account of somebody who is here.
    ///
    /// # Errors
    /// [`Error::Account`] when there is none with this id.
    pub fn revoke_own_token(&self, here: &Entered, id: &str, stamp: &Stamp) -> Result<Account, Error> {
        self.own(here, "revoke token", stamp, |_, _| Ok(vec![Happened::TokenRevoked { id: id.to_owned() }]))
    }

    /// Takes back a token of another's account.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NoAccount`]; [`Error::Account`] when there is none with this id.
    pub fn revoke_token(&self, by: &Actor, who: &str, id: &str, stamp: &Stamp) -> Result<Account, Error> {
        self.manage(by, who, "revoke token", stamp, |_, _| {
            Ok(vec![Happened::TokenRevoked { id: id.to_owned() }])
        })
    }

    /// A program with a token, that wants to do something (the word of an action or a purpose) for an organisation (or
    /// for the token's). What is refused is on record; a use is written once an hour.
    ///
    /// # Errors
    /// The store's; [`Error::Roles`], [`Error::Organisations`] as [`Case::actor_of`].
    pub fn by_token(
        &self,
        text: &str,
        address: &str,
        word: &str,
        organisation: Option<&str>,
        now: i64,
    ) -> Result<Result<Entered, TokenDenied>, Error> {
        let bench = self.bench()?;
        let found = token_digest(text).and_then(|digest| {
            bench
                .known
                .values()
                .find_map(|account| {
                    Some((account, account.tokens.iter().find(|token| token.digest == digest)?))
                })
                .ok_or(TokenRefused::WrongToken)
        });
        let (account, token) = match found {
            Ok(found) => found,
            Err(why) => return self.no_entry(None, address, why, now).map(Err),
        };
        if let Err(later) = locked(&self.keeper.calls.tokens).take(&token.id, now) {
            return Ok(Err(later.into()));
        }
        let whole = self.actor_of(account, BTreeSet::new())?;
        let organisation = organisation.unwrap_or(&token.scope.organisation);
        let good =
            reaching(&bench, &whole, |reach| token.check(text, account, word, organisation, reach, now));
        if let Err(why) = good {
            return self.no_entry(Some((account, token)), address, why, now).map(Err);
        }
        let place = bench.tree.named(&token.scope.organisation)?;
        let actor = narrowed(&whole, &token.scope.actions, place)?;
        let mut token = token.clone();
        let account = if token.touch(now) {
            let stamp = Stamp { at_micros: now, actor: account.id.clone() };
            let id = token.id.clone();
            self.alter(&account.id, "use token", &stamp, |_, account| {
                // Taken back, or noted by another program, between the look and now.
                let held = account.and_then(|account| account.tokens.iter().find(|token| token.id == id));
                match held {
                    Some(held) if held.revoked.is_none() => {
                        let due = held.clone().touch(now);
                        Ok(if due { vec![Happened::TokenUsed { id: id.clone() }] } else { Vec::new() })
                    }
                    _ => Err(Stop::Denied(TokenRefused::Revoked.to_string())),
                }
            })
        } else {
            Ok(account.clone())
        };
        match account {
            Ok(account) => Ok(Ok(Entered {
                account,
                actor,
                assurance: Assurance::Token,
                enrol: None,
                token: Some(token),
            })),
            Err(Error::Denied(_)) => Ok(Err(TokenRefused::Revoked.into())),
            Err(error) => Err(error),
        }
    }

    /// Writes a refusal down, unless there were too many.
    fn no_entry(
        &self,
        found: Option<(&Account, &ApiToken)>,
        address: &str,
        why: TokenRefused,
        now: i64,
    ) -> Result<TokenDenied, Error> {
        let caller = found.map_or(address, |(_, token)| &token.id).to_owned();
        if let Err(later) = locked(&self.keeper.calls.failures).take(&caller, now) {
            return Ok(later.into());
        }
        let change = self.store.begin()?;
        let stamp = Stamp { at_micros: now, actor: "token".into() };
        let (id, note) = match found {
            Some((account, token)) => (Some(account.id.as_str()), format!("{}: {why}", token.id)),
            None => (None, why.to_string()),
        };
        refused(&change, &stamp, "token", id, &note)?;
        change.commit()?;
        Ok(why.into())
    }
}

/// Calls with what an account may at this moment.
fn reaching<T>(bench: &Bench, actor: &Actor, ask: impl FnOnce(&Reach<'_>) -> T) -> T {
    let within = |inner: &str, outer: &str| match (bench.tree.named(inner), bench.tree.named(outer)) {
        (Ok(inner), Ok(outer)) => inner.is_within(&outer),
        _ => false,
    };
    let may = |word: &str, organisation: &str| {
        let has = match (Action::from_word(word), Purpose::from_word(word)) {
            (Some(action), _) => actor.has(action),
            (None, Some(purpose)) => {
                actor.roles.iter().any(|role| role.grants().iter().any(|grant| grant.purpose == purpose))
            }
            (None, None) => false,
        };
        let place = bench.tree.named(organisation);
        has && place.is_ok_and(|place| place.is_within(&actor.organisation))
    };
    ask(&Reach { may: &may, within: &within })
}
