//! Why: the one door. Whoever comes, with whatever proof, is judged here and hears the same words for a wrong name and a
//! wrong password, after the same work.

use crate::account::{Account, AccountEvent, Change, PasskeyUse, Standing};
use crate::attempts::{Attempts, Ended, TryLater, fold_name};
use crate::password::Passwords;
use crate::secret::{Password, Random};
use crate::session::Assurance;
use crate::totp::CodeRefused;
use crate::{Language, MINUTE, Moment};
use serde::{Deserialize, Serialize};

/// How old the proof of a passkey may be.
const FRESH: Moment = 5 * MINUTE;

/// What the door is made of.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    /// Verifies passwords.
    pub passwords: &'a Passwords,
    /// What the account's roles ask for; the strictest of them.
    pub requirement: Requirement,
}

/// The least that lets an account in. What it has enrolled is asked for in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requirement {
    /// A password.
    #[default]
    Password,
    /// A password with a code, or a passkey.
    SecondFactor,
    /// A passkey.
    Passkey,
}

impl Requirement {
    /// Whether a session of this assurance does what the requirement asks. To be asked at every request: a session begun to
    /// enrol can then do nothing else, and a role that is given later raises the bar for sessions that run.
    pub fn is_met_by(self, assurance: Assurance) -> bool {
        assurance
            >= match self {
                Self::Password => Assurance::Password,
                Self::SecondFactor => Assurance::PasswordAndCode,
                Self::Passkey => Assurance::Passkey,
            }
    }
}

/// Somebody at the door.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The name they gave; empty with a passkey that names its account itself.
    pub name: &'a str,
    /// Where they come from.
    pub address: &'a str,
    /// What they show.
    pub proof: Proof<'a>,
}

/// What they show.
#[derive(Debug)]
pub enum Proof<'a> {
    /// A password, and a code of the authenticator or of paper if they were asked for one.
    Password {
        /// The password.
        password: &'a Password,
        /// The code.
        code: Option<&'a str>,
    },
    /// A passkey whose signature was verified.
    Passkey(PasskeyProof),
}

/// A passkey's verified signature. Only [`crate::passkey`] makes one, and one sign-in uses it up.
#[derive(Debug)]
pub struct PasskeyProof {
    account: String,
    used: PasskeyUse,
    at: Moment,
}

impl PasskeyProof {
    #[cfg_attr(not(feature = "passkeys"), allow(dead_code, reason = "made by the module of passkeys only"))]
    pub(crate) fn new(account: String, used: PasskeyUse, at: Moment) -> Self {
        Self { account, used, at }
    }

    /// The account that the passkey belongs to.
    pub fn account(&self) -> &str {
        &self.account
    }
}

/// What is still wanted after a right password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A code of the authenticator or of paper.
    Code,
    /// A passkey.
    Passkey,
}

/// Why somebody was refused. For the ledger and the log, never for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// There is no such name.
    UnknownName,
    /// The account is not active.
    NotActive,
    /// The account has no password.
    NoPassword,
    /// The password is wrong.
    WrongPassword,
    /// The code is wrong.
    WrongCode,
    /// The code was right once.
    UsedCode,
    /// The registry did not open the authenticator's key.
    KeySealed,
    /// The passkey is another account's, or its proof too old.
    WrongPasskey,
    /// The proof was used before.
    UsedProof,
}

/// How it went. Events have to be stored, in order, before anything else is done; if the ledger refuses them, so is the
/// sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum SignInOutcome {
    /// They are in: start a session with this assurance.
    SignedIn {
        /// How surely.
        assurance: Assurance,
        /// To be stored.
        events: Vec<AccountEvent>,
    },
    /// They are who they say, but have not enrolled what their roles ask for. A session may be started that can do nothing
    /// but enrol ([`Requirement::is_met_by`]).
    EnrolFirst {
        /// What has to be enrolled.
        enrol: Requirement,
        /// How surely.
        assurance: Assurance,
        /// To be stored.
        events: Vec<AccountEvent>,
    },
    /// The password was right; ask for this, and come again with both. No session.
    MoreNeeded(Wanted),
    /// No.
    Refused {
        /// For the log.
        why: Why,
        /// To be stored; none if there is no such account.
        events: Vec<AccountEvent>,
    },
    /// Too many failures; nothing was looked at.
    TryLater(TryLater),
}

impl SignInOutcome {
    /// What the person reads; the same for every refusal.
    pub fn words(&self, language: Language) -> &'static str {
        match (self, language) {
            (Self::SignedIn { .. }, Language::English) => "You are signed in.",
            (Self::SignedIn { .. }, Language::Spanish) => "Ha iniciado sesión.",
            (Self::EnrolFirst { enrol: Requirement::Passkey, .. }, Language::English) => {
                "Your work needs a passkey. Add one to go on."
            }
            (Self::EnrolFirst { enrol: Requirement::Passkey, .. }, Language::Spanish) => {
                "Su trabajo requiere una llave de acceso. Añada una para continuar."
            }
            (Self::EnrolFirst { .. }, Language::English) => {
                "Your work needs a second proof. Add an authenticator or a passkey to go on."
            }
            (Self::EnrolFirst { .. }, Language::Spanish) => {
                "Su trabajo requiere una segunda prueba. Añada un autenticador o una llave de acceso para continuar."
            }
            (Self::MoreNeeded(Wanted::Code), Language::English) => {
                "Enter the code of your authenticator, or one of your codes on paper."
            }
            (Self::MoreNeeded(Wanted::Code), Language::Spanish) => {
                "Escriba el código de su autenticador, o uno de sus códigos en papel."
            }
            (Self::MoreNeeded(Wanted::Passkey), Language::English) => "Use your passkey to go on.",
            (Self::MoreNeeded(Wanted::Passkey), Language::Spanish) => {
                "Use su llave de acceso para continuar."
            }
            (Self::Refused { .. }, Language::English) => "The name, the password or the code is not right.",
            (Self::Refused { .. }, Language::Spanish) => {
                "El nombre, la contraseña o el código no es correcto."
            }
            (Self::TryLater(_), Language::English) => "Too many attempts. Wait a few minutes and try again.",
            (Self::TryLater(_), Language::Spanish) => {
                "Demasiados intentos. Espere unos minutos y vuelva a intentarlo."
            }
        }
    }

    /// What has to be stored.
    pub fn events(&self) -> &[AccountEvent] {
        match self {
            Self::SignedIn { events, .. }
            | Self::EnrolFirst { events, .. }
            | Self::Refused { events, .. } => events,
            Self::MoreNeeded(_) | Self::TryLater(_) => &[],
        }
    }

    /// How it counts. A missing code is no failure, a right password alone is no success.
    pub fn ended(&self) -> Ended {
        match self {
            Self::SignedIn { .. } | Self::EnrolFirst { .. } => Ended::Right,
            Self::MoreNeeded(_) => Ended::Unfinished,
            Self::Refused { .. } | Self::TryLater(_) => Ended::Wrong,
        }
    }
}

/// Lets one in or not, and counts. A server with many at the door at once calls [`Attempts::admit`], [`judge`] and
/// [`Attempts::settle`] itself, so that nobody holds the attempts while Argon2 works.
///
/// `account` is the one of the name, or of the passkey; its secrets are opened. A passkey is not counted: there is nothing
/// to guess, and who waits for the failures of others can always use it.
pub fn sign_in(
    door: Door<'_>,
    account: Option<&Account>,
    attempt: Attempt<'_>,
    attempts: &mut Attempts,
    now: Moment,
    random: Random<'_>,
) -> SignInOutcome {
    if matches!(attempt.proof, Proof::Passkey(_)) {
        let address = attempt.address;
        let outcome = judge(door, account, attempt, now, random);
        if let (SignInOutcome::SignedIn { .. }, Some(account)) = (&outcome, account) {
            attempts.know_place(&account.name, address, now);
        }
        return outcome;
    }
    match attempts.admit(attempt.name, attempt.address, now) {
        Err(later) => SignInOutcome::TryLater(later),
        Ok(admission) => {
            let outcome = judge(door, account, attempt, now, random);
            attempts.settle(admission, outcome.ended());
            outcome
        }
    }
}

/// Judges without counting: only for an attempt that was admitted.
pub fn judge(
    door: Door<'_>,
    account: Option<&Account>,
    attempt: Attempt<'_>,
    now: Moment,
    random: Random<'_>,
) -> SignInOutcome {
    let Attempt { name, address, proof } = attempt;
    match proof {
        Proof::Password { password, code } => {
            let account = account.filter(|account| account.name == fold_name(name));
            by_password(door, account, address, password, code, now, random)
        }
        Proof::Passkey(proof) => by_passkey(account, address, proof, now),
    }
}

fn by_password(
    door: Door<'_>,
    account: Option<&Account>,
    address: &str,
    password: &Password,
    code: Option<&str>,
    now: Moment,
    random: Random<'_>,
) -> SignInOutcome {
    // Whatever is wrong with the account is looked at after the work, which is the same for all.
    let stored = account.and_then(|account| account.password.as_deref());
    let right = door.passwords.verify(stored, password);
    let Some(account) = account else {
        return SignInOutcome::Refused { why: Why::UnknownName, events: Vec::new() };
    };
    let refused = |why| refused(account, why, address, now);
    if account.standing != Standing::Active {
        return refused(Why::NotActive);
    }
    let Some(stored) = stored else { return refused(Why::NoPassword) };
    if !right {
        return refused(Why::WrongPassword);
    }
    let passkey_wanted = !account.passkeys.is_empty()
        && (door.requirement == Requirement::Passkey || account.authenticator.is_none());
    if passkey_wanted {
        return SignInOutcome::MoreNeeded(Wanted::Passkey);
    }
    let (assurance, code) = match &account.authenticator {
        None => (Assurance::Password, None),
        Some(authenticator) => {
            let Some(typed) = code.filter(|typed| !typed.trim().is_empty()) else {
                return SignInOutcome::MoreNeeded(Wanted::Code);
            };
            match authenticator.check(&account.id, typed, now) {
                Ok(used) => (Assurance::PasswordAndCode, Some(used)),
                Err(CodeRefused::Wrong) => return refused(Why::WrongCode),
                Err(CodeRefused::Used) => return refused(Why::UsedCode),
                Err(CodeRefused::Sealed) => return refused(Why::KeySealed),
            }
        }
    };
    let mut changes =
        vec![Change::SignedIn { assurance, address: Some(address.to_owned()), code, passkey: None }];
    if door.passwords.is_outdated(stored)
        && let Ok(phc) = door.passwords.hash(password, random)
    {
        changes.push(Change::PasswordRehashed { phc });
    }
    let events = match fitting(account, changes, now) {
        Ok(events) => events,
        Err(why) => return refused(why),
    };
    if door.requirement.is_met_by(assurance) {
        SignInOutcome::SignedIn { assurance, events }
    } else {
        SignInOutcome::EnrolFirst { enrol: door.requirement, assurance, events }
    }
}

fn by_passkey(account: Option<&Account>, address: &str, proof: PasskeyProof, now: Moment) -> SignInOutcome {
    let Some(account) = account else {
        return SignInOutcome::Refused { why: Why::UnknownName, events: Vec::new() };
    };
    let fresh = (0..=FRESH).contains(&now.saturating_sub(proof.at));
    if proof.account != account.id || !fresh {
        return refused(account, Why::WrongPasskey, address, now);
    }
    if account.standing != Standing::Active {
        return refused(account, Why::NotActive, address, now);
    }
    let assurance = Assurance::Passkey;
    let change = Change::SignedIn {
        assurance,
        address: Some(address.to_owned()),
        code: None,
        passkey: Some(proof.used),
    };
    match fitting(account, vec![change], now) {
        Ok(events) => SignInOutcome::SignedIn { assurance, events },
        Err(why) => refused(account, why, address, now),
    }
}

/// The changes as events, if the account takes them.
fn fitting(account: &Account, changes: Vec<Change>, now: Moment) -> Result<Vec<AccountEvent>, Why> {
    let mut tried = account.clone();
    changes
        .into_iter()
        .map(|change| {
            let event = AccountEvent { account: account.id.clone(), at: now, change };
            tried.apply(&event).map_err(|_| Why::UsedProof)?;
            Ok(event)
        })
        .collect()
}

fn refused(account: &Account, why: Why, address: &str, now: Moment) -> SignInOutcome {
    let change = Change::SignInFailed { why, address: Some(address.to_owned()) };
    let event = AccountEvent { account: account.id.clone(), at: now, change };
    SignInOutcome::Refused { why, events: vec![event] }
}
