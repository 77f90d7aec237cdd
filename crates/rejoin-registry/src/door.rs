//! The door of the registry: sign-in, sessions, passkeys, and what owners do with their own accounts.
//!
//! A guess is counted, and the count is on disk, before it is judged; it is judged while nobody is kept waiting; and what
//! comes of it is written against the account as it is then, so that of two sign-ins with one code one is let in.

use crate::accounts::{Bench, Stop, refused, with_random};
use crate::change::Change;
use crate::database::values;
use crate::keys::{self, Opened};
use crate::{Case, Error, Stamp};
use rejoin_access::Actor;
use rejoin_accounts::account::{Account, AccountEvent, Change as Happened};
use rejoin_accounts::attempts::{Admission, Attempts, Ended, TryLater};
use rejoin_accounts::passkey::{Ceremony, PasskeyRefused, RelyingParty, claimed_credential};
use rejoin_accounts::password::NotChosen;
use rejoin_accounts::session::{Assurance, Session, SessionLimits, SessionRefused, session_digest};
use rejoin_accounts::token::ApiToken;
use rejoin_accounts::totp::{self, Enrolment};
use rejoin_accounts::{
    Attempt, Door, Language, MINUTE, PasskeyProof, Password, Proof, Requirement, ShownOnce, SignInOutcome,
    Wanted, Why, invitation, judge, stored,
};
use std::collections::BTreeSet;

/// Under which key what the door keeps is sealed: the names that were tried, and ceremonies.
const DOOR: &str = "door";
/// How many names and addresses are counted at a time. They are one row, written at every guess.
const MOST_COUNTED: usize = 4096;
/// How long a ceremony is kept, at most; its own end comes earlier.
const CEREMONY: i64 = 10 * MINUTE;
/// What telephones show beside an account's name.
const ISSUER: &str = "Rejoin";

/// How a sign-in went.
#[derive(Debug)]
#[must_use]
pub enum SignIn {
    /// They are in.
    SignedIn {
        /// The account.
        account: String,
        /// The session's token, for the client; it is not kept.
        session: ShownOnce,
        /// How surely.
        assurance: Assurance,
    },
    /// They are who they say; the session can do nothing but enrol what their roles ask for.
    EnrolFirst {
        /// The account.
        account: String,
        /// The session's token.
        session: ShownOnce,
        /// What is to be enrolled.
        enrol: Requirement,
    },
    /// The password was right, and this is asked for too. No session.
    MoreNeeded {
        /// The account: its passkeys may be asked for now.
        account: String,
        /// What.
        wanted: Wanted,
    },
    /// No; in the same words whatever was wrong.
    Refused,
    /// Too many failures: nothing was looked at.
    TryLater(TryLater),
}

impl SignIn {
    /// What the person reads.
    pub fn words(&self, language: Language) -> &'static str {
        let none = Vec::new;
        let outcome = match self {
            SignIn::SignedIn { assurance, .. } => {
                SignInOutcome::SignedIn { assurance: *assurance, events: none() }
            }
            SignIn::EnrolFirst { enrol, .. } => {
                SignInOutcome::EnrolFirst { enrol: *enrol, assurance: Assurance::Password, events: none() }
            }
            SignIn::MoreNeeded { wanted, .. } => SignInOutcome::MoreNeeded(*wanted),
            SignIn::Refused => SignInOutcome::Refused { why: Why::UnknownName, events: none() },
            SignIn::TryLater(later) => SignInOutcome::TryLater(*later),
        };
        outcome.words(language)
    }
}

/// Somebody who has been let in, for one request.
#[derive(Debug, Clone)]
pub struct Entered {
    /// The account; secrets in it are sealed.
    pub account: Account,
    /// As the access decision sees them. Without any role while something has to be enrolled first.
    pub actor: Actor,
    /// How surely it is they.
    pub assurance: Assurance,
    /// What has to be enrolled before anything else.
    pub enrol: Option<Requirement>,
    /// The token, when it is a program.
    pub token: Option<ApiToken>,
}

impl Case {
    /// Somebody at the door, with a password or a verified passkey. `address` is that of
    /// [`rejoin_accounts::attempts::source`].
    ///
    /// # Errors
    /// The store's. That somebody is not let in is no error.
    pub fn sign_in(&self, name: &str, address: &str, proof: Proof<'_>, now: i64) -> Result<SignIn, Error> {
        let admission = match &proof {
            Proof::Passkey(_) => None,
            Proof::Password { .. } => match self.admit(name, address, now)? {
                Ok(admission) => Some(admission),
                Err(later) => return Ok(SignIn::TryLater(later)),
            },
        };
        let known = self.known()?;
        let account = match &proof {
            Proof::Passkey(proof) => known.get(proof.account()),
            Proof::Password { .. } => {
                let name = rejoin_accounts::attempts::fold_name(name);
                known.values().find(|account| account.name == name)
            }
        };
        let account = account.map(|account| self.opened(account)).transpose()?;
        let requirement = match &account {
            Some(account) => self.roles()?.requirement(&account.roles),
            None => Requirement::default(),
        };
        drop(known);
        let door = Door { passwords: self.keeper.passwords()?, requirement };
        let attempt = Attempt { name, address, proof };
        let outcome = with_random(|random| judge(door, account.as_ref(), attempt, now, random))?;
        self.settle(account.as_ref(), outcome, admission, address, now)
    }

    /// Counts a guess before it is judged.
    fn admit(&self, name: &str, address: &str, now: i64) -> Result<Result<Admission, TryLater>, Error> {
        let change = self.store.begin()?;
        let mut attempts = self.attempts()?;
        let admission = attempts.admit(name, address, now);
        if admission.is_ok() {
            self.keep_attempts(&attempts)?;
            change.commit()?;
        }
        Ok(admission)
    }

    /// Writes down how it went, against the account as it is now.
    fn settle(
        &self,
        account: Option<&Account>,
        outcome: SignInOutcome,
        admission: Option<Admission>,
        address: &str,
        now: i64,
    ) -> Result<SignIn, Error> {
        let change = self.store.begin()?;
        let known = self.known()?;
        // An account that was erased meanwhile is none.
        let fresh = account.and_then(|account| known.get(&account.id));
        let (outcome, fresh) = match fresh {
            Some(fresh) => (still(outcome, fresh, address, now), Some(fresh)),
            None => (SignInOutcome::Refused { why: Why::UnknownName, events: Vec::new() }, None),
        };
        let ended = outcome.ended();
        if let Some(admission) = admission {
            let mut attempts = self.attempts()?;
            attempts.settle(admission, ended);
            self.keep_attempts(&attempts)?;
        } else if let (Ended::Right, Some(fresh)) = (ended, fresh) {
            let mut attempts = self.attempts()?;
            attempts.know_place(&fresh.name, address, now);
            self.keep_attempts(&attempts)?;
        }
        let actor = match (&outcome, fresh) {
            (SignInOutcome::SignedIn { .. } | SignInOutcome::EnrolFirst { .. }, Some(fresh)) => {
                fresh.id.clone()
            }
            _ => DOOR.to_owned(),
        };
        let stamp = Stamp { at_micros: now, actor };
        let done = match (outcome, fresh) {
            (SignInOutcome::SignedIn { assurance, events }, Some(fresh)) => {
                let session = self.begin_session(&change, fresh, events, assurance, &stamp)?;
                SignIn::SignedIn { account: fresh.id.clone(), session, assurance }
            }
            (SignInOutcome::EnrolFirst { enrol, assurance, events }, Some(fresh)) => {
                let session = self.begin_session(&change, fresh, events, assurance, &stamp)?;
                SignIn::EnrolFirst { account: fresh.id.clone(), session, enrol }
            }
            (SignInOutcome::MoreNeeded(wanted), Some(fresh)) => {
                SignIn::MoreNeeded { account: fresh.id.clone(), wanted }
            }
            (SignInOutcome::TryLater(later), _) => SignIn::TryLater(later),
            (SignInOutcome::Refused { events, .. }, Some(fresh)) => {
                self.happen(&change, &stamp, fresh, events.into_iter().map(|event| event.change).collect())?;
                SignIn::Refused
            }
            _ => {
                // As much is written as for a name that is there, or the time would tell the two apart; but no name.
                refused(&change, &stamp, "sign in", None, "unknown name")?;
                SignIn::Refused
            }
        };
        change.commit()?;
        Ok(done)
    }

    fn begin_session(
        &self,
        change: &Change<'_>,
        account: &Account,
        events: Vec<AccountEvent>,
        assurance: Assurance,
        stamp: &Stamp,
    ) -> Result<ShownOnce, Error> {
        let happened = events.into_iter().map(|event| event.change).collect();
        self.happen(change, stamp, account, happened)?;
        let (text, session) = with_random(|random| {
            Session::start(&account.id, assurance, SessionLimits::USUAL, stamp.at_micros, random)
        })?;
        let database = &self.store.database;
        database.execute("DELETE FROM session WHERE until <= ?1", values![stamp.at_micros])?;
        database.execute(
            "INSERT INTO session (token, account, until, form) VALUES (?1, ?2, ?3, ?4)",
            values![session.token.to_hex(), &account.id, session.until, written(&session)?],
        )?;
        Ok(text)
    }

    /// Who holds a session, at a request. The request is noted, at most once a minute.
    ///
    /// # Errors
    /// The store's; [`Error::Roles`], [`Error::Organisations`] as [`Case::actor_of`].
    pub fn by_session(
        &self,
        token: &str,
        teams: BTreeSet<String>,
        now: i64,
    ) -> Result<Result<Entered, SessionRefused>, Error> {
        let Some(mut session) = self.session(token)? else { return Ok(Err(SessionRefused::WrongToken)) };
        let known = self.known()?;
        let Some(account) = known.get(&session.account) else {
            return Ok(Err(SessionRefused::WrongAccount));
        };
        let assurance = match session.check(token, account, now) {
            Ok(assurance) => assurance,
            Err(why) => return Ok(Err(why)),
        };
        if session.touch(now) {
            let change = self.store.begin()?;
            // Only while it is there: it may have been ended meanwhile.
            self.store.database.execute(
                "UPDATE session SET form = ?1 WHERE token = ?2",
                values![written(&session)?, session.token.to_hex()],
            )?;
            change.commit()?;
        }
        let mut actor = self.actor_of(account, teams)?;
        let requirement = self.roles()?.requirement(&account.roles);
        let enrol = (!requirement.is_met_by(assurance)).then_some(requirement);
        if enrol.is_some() {
            actor.roles.clear();
        }
        Ok(Ok(Entered { account: account.clone(), actor, assurance, enrol, token: None }))
    }

    fn session(&self, token: &str) -> Result<Option<Session>, Error> {
        let sql = "SELECT form FROM session WHERE token = ?1";
        let found: Option<String> =
            self.store.database.first(sql, values![session_digest(token).to_hex()], |row| row.get(0))?;
        found.map(|form| stored::read(&form).map_err(damaged)).transpose()
    }

    /// Ends one session: its holder signs out.
    pub fn sign_out(&self, token: &str) -> Result<(), Error> {
        let change = self.store.begin()?;
        let sql = "DELETE FROM session WHERE token = ?1";
        self.store.database.execute(sql, values![session_digest(token).to_hex()])?;
        change.commit()
    }

    /// Until when a name waits after failures.
    pub fn locked_until(&self, name: &str, now: i64) -> Result<Option<i64>, Error> {
        Ok(self.attempts()?.locked_until(name, now))
    }

    /// Forgets a name's failures.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NoAccount`].
    pub fn unlock(&self, by: &Actor, who: &str, stamp: &Stamp) -> Result<Account, Error> {
        self.manage(by, who, "unlock", stamp, |_, account| {
            let mut attempts = self.attempts()?;
            attempts.unlock(&account.name);
            self.keep_attempts(&attempts)?;
            Ok(vec![Happened::Unlocked])
        })
    }

    /// Takes an invitation's code, and sets the first password.
    ///
    /// # Errors
    /// [`Error::Invitation`], the same for every code that is not good; [`Error::Weak`] for a password that is not taken.
    pub fn accept_invitation(
        &self,
        name: &str,
        code: &str,
        password: &Password,
        address: &str,
        now: i64,
    ) -> Result<Account, Error> {
        self.keeper.calls.stranger(address, now)?;
        let seen = self.account(name)?;
        let found = seen.as_ref().filter(|account| invitation::accept(account, code, now).is_ok());
        let Some(account) = found else {
            let change = self.store.begin()?;
            let stamp = Stamp { at_micros: now, actor: DOOR.into() };
            let id = seen.as_ref().map(|account| account.id.as_str());
            refused(&change, &stamp, "accept invitation", id, "the code is not good")?;
            change.commit()?;
            return Err(Error::Invitation);
        };
        let set = self.chosen(account, password)?;
        let stamp = Stamp { at_micros: now, actor: account.id.clone() };
        self.alter(&account.id, "accept invitation", &stamp, |_, account| {
            let account = account.ok_or(Error::Invitation)?;
            let accepted = invitation::accept(account, code, now).map_err(|_| Error::Invitation)?;
            Ok(vec![accepted, set])
        })
    }

    fn chosen(&self, account: &Account, password: &Password) -> Result<Happened, Error> {
        let passwords = self.keeper.passwords()?;
        with_random(|random| passwords.choose(account, password, random))?.map_err(|why| match why {
            NotChosen::Weak(weakness) => Error::Weak(weakness),
            NotChosen::NotHashed(error) => Error::Account(error.to_string()),
        })
    }

    /// Sets a new password, for one who knows the old one; an account that has none (a passkey let its owner in) needs none.
    /// Other sessions end, and so does this one.
    ///
    /// # Errors
    /// [`Error::Denied`] for a wrong old password, which counts as a failed sign-in; [`Error::Weak`].
    pub fn set_password(
        &self,
        here: &Entered,
        old: &Password,
        new: &Password,
        address: &str,
        stamp: &Stamp,
    ) -> Result<Account, Error> {
        let account = &here.account;
        if let Some(held) = &account.password {
            let Ok(admission) = self.admit(&account.name, address, stamp.at_micros)? else {
                return Err(Error::Denied("too many failed attempts: wait a few minutes".into()));
            };
            if !self.keeper.passwords()?.verify(Some(held), old) {
                return self.own(here, "set password", stamp, |_, _| {
                    Err(Stop::Denied("the old password is not right".into()))
                });
            }
            let change = self.store.begin()?;
            let mut attempts = self.attempts()?;
            attempts.settle(admission, Ended::Unfinished);
            self.keep_attempts(&attempts)?;
            change.commit()?;
        }
        let set = self.chosen(account, new)?;
        self.own(here, "set password", stamp, |_, now| match now.password == account.password {
            true => Ok(vec![set]),
            false => Err(Stop::Failed(Error::ChangedMeanwhile)),
        })
    }

    /// A new key for the owner's telephone. It counts once its first code has come.
    ///
    /// # Errors
    /// [`Error::Denied`] for a program, and for one who was let in with less than they have enrolled.
    pub fn enrol_totp(&self, here: &Entered, stamp: &Stamp) -> Result<Enrolment, Error> {
        let enrolment = with_random(|random| totp::enrol(ISSUER, &here.account.name, random))?;
        self.adding(here, "enrol totp", stamp, |_| {
            Ok(vec![Happened::TotpEnrolled { secret: enrolment.secret.clone() }])
        })?;
        Ok(enrolment)
    }

    /// The key's first code; gives the codes for paper, which are shown once.
    ///
    /// # Errors
    /// [`Error::Denied`] for a wrong code too.
    pub fn confirm_totp(&self, here: &Entered, code: &str, stamp: &Stamp) -> Result<Vec<ShownOnce>, Error> {
        let id = &here.account.id;
        let (codes, recovery) = with_random(|random| totp::recovery_codes(id, random))?;
        self.adding(here, "confirm totp", stamp, |account| {
            let account = self.opened(account)?;
            let secret = account
                .unconfirmed
                .as_ref()
                .ok_or_else(|| Error::Account("no authenticator waits for its first code".into()))?;
            let step = totp::confirm(secret, code, stamp.at_micros)
                .map_err(|_| Stop::Denied("the code is wrong".into()))?;
            Ok(vec![Happened::TotpConfirmed { step, recovery }])
        })?;
        Ok(codes)
    }

    /// New codes for paper; the old ones are void.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Account`] without an authenticator.
    pub fn renew_recovery_codes(&self, here: &Entered, stamp: &Stamp) -> Result<Vec<ShownOnce>, Error> {
        let (codes, recovery) = with_random(|random| totp::recovery_codes(&here.account.id, random))?;
        self.own(here, "renew recovery codes", stamp, |_, _| {
            Ok(vec![Happened::RecoveryCodesRenewed { recovery }])
        })?;
        Ok(codes)
    }

    /// Options for the browser to make a passkey, and the ceremony's id.
    ///
    /// # Errors
    /// As [`Case::enrol_totp`].
    pub fn start_passkey(
        &self,
        here: &Entered,
        party: &RelyingParty,
        stamp: &Stamp,
    ) -> Result<(serde_json::Value, String), Error> {
        let started = party.start_registration(&here.account, stamp.at_micros);
        let (options, ceremony) = started.map_err(passkey_refused)?;
        Ok((options, self.keep_ceremony(&ceremony, stamp.at_micros)?))
    }

    /// What the browser made: the passkey is the account's from now on.
    ///
    /// # Errors
    /// As [`Case::enrol_totp`]; [`Error::Denied`] when it is not accepted.
    pub fn finish_passkey(
        &self,
        here: &Entered,
        party: &RelyingParty,
        ceremony: &str,
        response: &str,
        label: &str,
        stamp: &Stamp,
    ) -> Result<Account, Error> {
        let ceremony = self.take_ceremony(ceremony)?;
        self.adding(here, "add passkey", stamp, |account| {
            let ceremony = ceremony.ok_or_else(|| Stop::Denied(PasskeyRefused::Ceremony.to_string()))?;
            let added = party
                .finish_registration(ceremony, account, response, label, stamp.at_micros)
                .map_err(|_| Stop::Denied("the passkey was not accepted".into()))?;
            Ok(vec![added])
        })
    }

    /// Takes a passkey away.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Account`] when there is none with this id.
    pub fn remove_passkey(&self, here: &Entered, id: &str, stamp: &Stamp) -> Result<Account, Error> {
        self.own(here, "remove passkey", stamp, |_, _| {
            Ok(vec![Happened::PasskeyRemoved { id: id.to_owned() }])
        })
    }

    /// Options for the browser to sign with a passkey: of an account whose password was right ([`SignIn::MoreNeeded`]), or
    /// of whichever the visitor holds.
    ///
    /// # Errors
    /// [`Error::Account`] when the account has no passkey.
    pub fn start_passkey_proof(
        &self,
        party: &RelyingParty,
        account: Option<&str>,
        now: i64,
    ) -> Result<(serde_json::Value, String), Error> {
        let started = match account {
            None => party.start_sign_in(now),
            Some(id) => {
                let known = self.known()?;
                let account = known.get(id).ok_or_else(|| Error::NoAccount(id.to_owned()))?;
                party.start_authentication(account, now)
            }
        };
        let (options, ceremony) = started.map_err(passkey_refused)?;
        Ok((options, self.keep_ceremony(&ceremony, now)?))
    }

    /// What the browser signed; the proof goes to [`Case::sign_in`]. None when it was not accepted, which is on record.
    ///
    /// # Errors
    /// The store's.
    pub fn passkey_proof(
        &self,
        party: &RelyingParty,
        ceremony: &str,
        response: &str,
        now: i64,
    ) -> Result<Option<PasskeyProof>, Error> {
        let ceremony = self.take_ceremony(ceremony)?;
        let known = self.known()?;
        let claimed = claimed_credential(response).ok();
        let account = claimed.and_then(|id| {
            known.values().find(|account| account.passkeys.iter().any(|passkey| passkey.id == id))
        });
        let proof = match (ceremony, account) {
            (Some(ceremony), Some(account)) => party.finish_authentication(ceremony, account, response, now),
            (None, _) => Err(PasskeyRefused::Ceremony),
            (_, None) => Err(PasskeyRefused::Account),
        };
        match proof {
            Ok(proof) => Ok(Some(proof)),
            Err(why) => {
                let change = self.store.begin()?;
                let stamp = Stamp { at_micros: now, actor: DOOR.into() };
                let note = match why {
                    PasskeyRefused::NotAccepted(_) => "the signature was not accepted".into(),
                    why => why.to_string(),
                };
                let id = account.map(|account| account.id.as_str());
                refused(&change, &stamp, "passkey", id, &note)?;
                change.commit()?;
                Ok(None)
            }
        }
    }

    fn keep_ceremony(&self, ceremony: &Ceremony, now: i64) -> Result<String, Error> {
        let id = keys::hex(&keys::random::<16>()?);
        let text = stored::write(ceremony).map_err(damaged)?;
        let change = self.store.begin()?;
        let sealed = self.store.keys.seal("ceremony", &[DOOR], text.as_bytes())?;
        let database = &self.store.database;
        database.execute("DELETE FROM ceremony WHERE until <= ?1", values![now])?;
        database.execute(
            "INSERT INTO ceremony (id, until, sealed) VALUES (?1, ?2, ?3)",
            values![&id, now.saturating_add(CEREMONY), &sealed],
        )?;
        change.commit()?;
        Ok(id)
    }

    /// A ceremony, which is gone with this: it is finished once or never.
    fn take_ceremony(&self, id: &str) -> Result<Option<Ceremony>, Error> {
        // Drafts are kept beside them, under names that no ceremony has.
        if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let change = self.store.begin()?;
        let sql = "SELECT sealed FROM ceremony WHERE id = ?1";
        let sealed: Option<Vec<u8>> = self.store.database.first(sql, values![id], |row| row.get(0))?;
        let Some(sealed) = sealed else { return Ok(None) };
        self.store.database.execute("DELETE FROM ceremony WHERE id = ?1", values![id])?;
        change.commit()?;
        self.unsealed("ceremony", &sealed)?.map(|text| stored::read(&text).map_err(damaged)).transpose()
    }

    /// Something that proves who its owner is, added by them. Whoever has enrolled more must have shown it.
    fn adding(
        &self,
        here: &Entered,
        what: &str,
        stamp: &Stamp,
        decide: impl FnOnce(&Account) -> Result<Vec<Happened>, Stop>,
    ) -> Result<Account, Error> {
        self.alter(&here.account.id, what, stamp, |_, account| {
            let account = owner(here, account)?;
            if account.has_second_factor() && here.assurance < Assurance::PasswordAndCode {
                return Err(Stop::Denied("sign in with your second proof first".into()));
            }
            decide(account)
        })
    }

    /// Something that owners do with their own account.
    pub(crate) fn own(
        &self,
        here: &Entered,
        what: &str,
        stamp: &Stamp,
        decide: impl FnOnce(&Bench, &Account) -> Result<Vec<Happened>, Stop>,
    ) -> Result<Account, Error> {
        self.alter(&here.account.id, what, stamp, |bench, account| {
            let account = owner(here, account)?;
            let second = account.has_second_factor() && here.assurance < Assurance::PasswordAndCode;
            if here.enrol.is_some() || second {
                return Err(Stop::Denied("enrol, or sign in with, your second proof first".into()));
            }
            decide(bench, account)
        })
    }

    fn attempts(&self) -> Result<Attempts, Error> {
        let sql = "SELECT sealed FROM attempt WHERE id = 1";
        let sealed: Option<Vec<u8>> = self.store.database.first(sql, &[], |row| row.get(0))?;
        let Some(sealed) = sealed else { return Ok(Attempts::new(MOST_COUNTED)) };
        match self.unsealed("attempts", &sealed)? {
            Some(text) => stored::read(&text).map_err(damaged),
            None => Err(Error::KeyLost(DOOR.into())),
        }
    }

    fn keep_attempts(&self, attempts: &Attempts) -> Result<(), Error> {
        let text = stored::write(attempts).map_err(damaged)?;
        let sealed = self.store.keys.seal("attempts", &[DOOR], text.as_bytes())?;
        self.store.database.execute(
            "INSERT INTO attempt (id, sealed) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed",
            values![&sealed],
        )
    }

    fn unsealed(&self, kind: &str, sealed: &[u8]) -> Result<Option<String>, Error> {
        Ok(match self.store.keys.open_sealed(kind, sealed)? {
            Opened::Plain(plain) => String::from_utf8(plain).ok(),
            Opened::NoKey(_) => None,
        })
    }
}

/// The outcome, unless the account does not take its events any more: its proof was used up meanwhile.
fn still(outcome: SignInOutcome, fresh: &Account, address: &str, now: i64) -> SignInOutcome {
    let mut after = fresh.clone();
    if outcome.events().iter().all(|event| after.apply(event).is_ok()) {
        return outcome;
    }
    let why = Why::UsedProof;
    let change = Happened::SignInFailed { why, address: Some(address.to_owned()) };
    let event = AccountEvent { account: fresh.id.clone(), at: now, change };
    SignInOutcome::Refused { why, events: vec![event] }
}

/// The account of a person who is here; a program does not change how its account is entered.
fn owner<'a>(here: &Entered, account: Option<&'a Account>) -> Result<&'a Account, Stop> {
    if here.token.is_some() || here.assurance == Assurance::Token {
        return Err(Stop::Denied("a program does not do this".into()));
    }
    account.ok_or(Stop::Hidden)
}

fn written(session: &Session) -> Result<String, Error> {
    stored::write(session).map_err(damaged)
}

fn damaged(error: stored::StoredError) -> Error {
    Error::Account(error.to_string())
}

fn passkey_refused(why: PasskeyRefused) -> Error {
    Error::Account(why.to_string())
}
