//! Why: an account as its events made it. Secrets are in it only as hashes, public keys, or sealed.

use crate::Moment;
use crate::attempts::fold_name;
use crate::invitation::Invitation;
use crate::secret::{Digest, Secret};
use crate::session::Assurance;
use crate::sign_in::Why;
use crate::token::ApiToken;
use crate::totp::{Authenticator, CodeUse};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where an account stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Created, has no credential yet.
    Invited,
    /// May sign in.
    Active,
    /// May not for now.
    Suspended,
    /// Never again; the name stays taken.
    Closed,
}

/// A passkey as it is stored: a public key and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPasskey {
    /// The credential's id, base64url, as browsers send it; the registry finds the account by it.
    pub id: String,
    /// What its owner calls it.
    pub label: String,
    /// The last signature counter; 0 for those that have none.
    pub counter: u32,
    /// The credential in the form of `webauthn-rs`.
    pub credential: Value,
    /// When it was added.
    pub added: Moment,
    /// When it was last used.
    pub last_used: Option<Moment>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id; never changes.
    pub id: String,
    /// What its owner signs in with, folded.
    pub name: String,
    /// What others see.
    pub display_name: String,
    /// Whom it works for.
    pub organisation: String,
    /// `en` or `es`, when its owner chose.
    #[serde(default)]
    pub language: Option<String>,
    /// Roles, in the registry's words.
    pub roles: Vec<String>,
    /// Where it stands.
    pub standing: Standing,
    /// An open invitation.
    pub invitation: Option<Invitation>,
    /// The password as a PHC string.
    pub password: Option<String>,
    /// A confirmed authenticator.
    pub authenticator: Option<Authenticator>,
    /// A key that was shown and whose first code has not come.
    pub unconfirmed: Option<Secret>,
    /// Passkeys.
    pub passkeys: Vec<StoredPasskey>,
    /// Tokens, revoked ones too.
    pub tokens: Vec<ApiToken>,
    /// Sessions that began before this are over.
    pub sessions_since: Option<Moment>,
    /// The last sign-in.
    pub last_sign_in: Option<Moment>,
    /// When it was created.
    pub created: Moment,
}

/// Something that happened to an account. Who did it is in the ledger's envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountEvent {
    /// The account's id.
    pub account: String,
    /// When.
    pub at: Moment,
    /// What.
    pub change: Change,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Change {
    /// The account is there, without a credential.
    Created {
        /// Name to sign in with.
        name: String,
        /// Name for others.
        display_name: String,
        /// Whom it works for.
        organisation: String,
        /// `en` or `es`.
        #[serde(default)]
        language: Option<String>,
    },
    /// A code was sent by which its owner sets a first, or a new, credential.
    Invited {
        /// The code's digest and end.
        invitation: Invitation,
    },
    /// An invitation's code was given; the account is active if it was invited, and old credentials are gone.
    InvitationAccepted,
    /// A password was set; sessions that began before are over.
    PasswordSet {
        /// PHC string.
        phc: String,
    },
    /// The same password, hashed at today's cost.
    PasswordRehashed {
        /// PHC string.
        phc: String,
    },
    /// A key was shown; it counts once confirmed.
    TotpEnrolled {
        /// The key; sealed by the registry.
        secret: Secret,
    },
    /// The first code of the key came.
    TotpConfirmed {
        /// The step of the code.
        step: u64,
        /// Codes on paper.
        recovery: Vec<Digest>,
    },
    /// The authenticator was taken away.
    TotpRemoved,
    /// New codes on paper; the old ones are void.
    RecoveryCodesRenewed {
        /// Their digests.
        recovery: Vec<Digest>,
    },
    /// A passkey was added.
    PasskeyAdded {
        /// The passkey.
        passkey: StoredPasskey,
    },
    /// A passkey was taken away.
    PasskeyRemoved {
        /// Its id.
        id: String,
    },
    /// A role was given.
    RoleGiven {
        /// The role.
        role: String,
    },
    /// A role was taken.
    RoleTaken {
        /// The role.
        role: String,
    },
    /// The account may not sign in for now.
    Suspended {
        /// Why.
        reason: String,
    },
    /// It may again; as before, but with no session.
    Resumed,
    /// It is closed for ever; credentials are dropped.
    Closed {
        /// Why.
        reason: String,
    },
    /// All its sessions were ended.
    SessionsEnded,
    /// Its failed attempts were forgotten by somebody who manages accounts.
    Unlocked,
    /// A token was issued.
    TokenIssued {
        /// The token, as it is stored.
        token: ApiToken,
    },
    /// A token was taken back.
    TokenRevoked {
        /// Its id.
        id: String,
    },
    /// A token was used; written at most once an hour.
    TokenUsed {
        /// Its id.
        id: String,
    },
    /// Its owner signed in.
    SignedIn {
        /// How surely.
        assurance: Assurance,
        /// From where; the registry may drop it.
        address: Option<String>,
        /// The code that was used up.
        #[serde(default)]
        code: Option<CodeUse>,
        /// The passkey, its new counter and its new form.
        #[serde(default)]
        passkey: Option<PasskeyUse>,
    },
    /// Somebody failed to.
    SignInFailed {
        /// Why.
        why: Why,
        /// From where; the registry may drop it.
        address: Option<String>,
    },
}

/// What the use of a passkey changes in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyUse {
    /// Its id.
    pub id: String,
    /// Its counter now.
    pub counter: u32,
    /// Its new form, if it changed.
    #[serde(default)]
    pub credential: Option<Value>,
}

/// Why an event does not fit an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DoesNotFit {
    /// It begins with something else than its creation, or is created twice.
    #[error("an account begins with its creation, once")]
    Creation,
    /// The event is another account's.
    #[error("the event is another account's")]
    OtherAccount,
    /// A closed account does not change.
    #[error("the account is closed")]
    Closed,
    /// Not from this standing.
    #[error("the account does not stand where this can happen")]
    Standing,
    /// A code, a passkey's counter or an invitation that was used before.
    #[error("this proof has been used before")]
    UsedBefore,
    /// A passkey, token, role, key or invitation that is not there, or is there already.
    #[error("what the event names is not there, or is there already")]
    Missing,
}

impl Account {
    /// The account that a first event makes.
    pub fn created(event: &AccountEvent) -> Result<Self, DoesNotFit> {
        let Change::Created { name, display_name, organisation, language } = &event.change else {
            return Err(DoesNotFit::Creation);
        };
        Ok(Self {
            id: event.account.clone(),
            name: fold_name(name),
            display_name: display_name.clone(),
            organisation: organisation.clone(),
            language: language.clone(),
            roles: Vec::new(),
            standing: Standing::Invited,
            invitation: None,
            password: None,
            authenticator: None,
            unconfirmed: None,
            passkeys: Vec::new(),
            tokens: Vec::new(),
            sessions_since: None,
            last_sign_in: None,
            created: event.at,
        })
    }

    /// The account that events make, from the first on.
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a AccountEvent>) -> Result<Self, DoesNotFit> {
        let mut events = events.into_iter();
        let mut account = Self::created(events.next().ok_or(DoesNotFit::Creation)?)?;
        for event in events {
            account.apply(event)?;
        }
        Ok(account)
    }

    /// Applies an event, or refuses it and stays as it was. Proofs that were used before are refused here too: of two
    /// sign-ins at the same time with one code, the ledger's order lets one through.
    pub fn apply(&mut self, event: &AccountEvent) -> Result<(), DoesNotFit> {
        if event.account != self.id {
            return Err(DoesNotFit::OtherAccount);
        }
        if self.standing == Standing::Closed && !matches!(event.change, Change::SignInFailed { .. }) {
            return Err(DoesNotFit::Closed);
        }
        let sets_a_credential = matches!(
            event.change,
            Change::PasswordSet { .. }
                | Change::TotpEnrolled { .. }
                | Change::TotpConfirmed { .. }
                | Change::PasskeyAdded { .. }
                | Change::TokenIssued { .. }
                | Change::SignedIn { .. }
        );
        if sets_a_credential && self.standing != Standing::Active {
            return Err(DoesNotFit::Standing);
        }
        let at = event.at;
        match &event.change {
            Change::Created { .. } => return Err(DoesNotFit::Creation),
            Change::Invited { invitation } => self.invitation = Some(invitation.clone()),
            Change::InvitationAccepted => self.accept(at)?,
            Change::PasswordSet { phc } => {
                self.password = Some(phc.clone());
                self.sessions_since = Some(at);
            }
            Change::PasswordRehashed { phc } => self.password = Some(phc.clone()),
            Change::TotpEnrolled { secret } => self.unconfirmed = Some(secret.clone()),
            Change::TotpConfirmed { step, recovery } => {
                let secret = self.unconfirmed.take().ok_or(DoesNotFit::Missing)?;
                let recovery = recovery.clone();
                self.authenticator = Some(Authenticator { secret, last_step: Some(*step), recovery });
            }
            Change::TotpRemoved => {
                self.authenticator.take().ok_or(DoesNotFit::Missing)?;
                self.sessions_since = Some(at);
            }
            Change::RecoveryCodesRenewed { recovery } => {
                self.authenticator.as_mut().ok_or(DoesNotFit::Missing)?.recovery = recovery.clone();
            }
            Change::PasskeyAdded { passkey } => {
                if self.passkeys.iter().any(|known| known.id == passkey.id) {
                    return Err(DoesNotFit::Missing);
                }
                self.passkeys.push(passkey.clone());
            }
            Change::PasskeyRemoved { id } => {
                let before = self.passkeys.len();
                self.passkeys.retain(|passkey| passkey.id != *id);
                if self.passkeys.len() == before {
                    return Err(DoesNotFit::Missing);
                }
                self.sessions_since = Some(at);
            }
            Change::RoleGiven { role } => {
                if self.roles.contains(role) {
                    return Err(DoesNotFit::Missing);
                }
                self.roles.push(role.clone());
                self.roles.sort();
            }
            Change::RoleTaken { role } => {
                let place = self.roles.iter().position(|held| held == role).ok_or(DoesNotFit::Missing)?;
                self.roles.remove(place);
            }
            Change::Suspended { .. } => {
                self.standing = Standing::Suspended;
                self.sessions_since = Some(at);
            }
            Change::Resumed => {
                if self.standing != Standing::Suspended {
                    return Err(DoesNotFit::Standing);
                }
                let proven = self.password.is_some() || !self.passkeys.is_empty();
                self.standing = if proven { Standing::Active } else { Standing::Invited };
                self.sessions_since = Some(at);
            }
            Change::Closed { .. } => self.close(at),
            Change::SessionsEnded => self.sessions_since = Some(at),
            Change::TokenIssued { token } => {
                if token.account != self.id || self.tokens.iter().any(|known| known.id == token.id) {
                    return Err(DoesNotFit::Missing);
                }
                self.tokens.push(token.clone());
            }
            Change::TokenRevoked { id } => self.token_mut(id)?.revoke(at),
            Change::TokenUsed { id } => self.token_mut(id)?.last_used = Some(at),
            Change::SignedIn { code, passkey, .. } => {
                self.spend(code.as_ref(), passkey.as_ref(), at)?;
                self.last_sign_in = Some(at);
            }
            Change::SignInFailed { .. } | Change::Unlocked => {}
        }
        Ok(())
    }

    /// The secrets that the registry seals before it stores the account and opens after it has read it.
    pub fn secrets_mut(&mut self) -> impl Iterator<Item = &mut Secret> {
        self.unconfirmed.iter_mut().chain(self.authenticator.iter_mut().map(|held| &mut held.secret))
    }

    /// Whether more than a password is asked of its owner.
    pub fn has_second_factor(&self) -> bool {
        self.authenticator.is_some() || !self.passkeys.is_empty()
    }

    fn token_mut(&mut self, id: &str) -> Result<&mut ApiToken, DoesNotFit> {
        self.tokens.iter_mut().find(|token| token.id == id).ok_or(DoesNotFit::Missing)
    }

    /// Whoever has a new code starts anew: an invitation to an existing account is the way back for one who lost
    /// everything, and what was lost must not open the door any more.
    fn accept(&mut self, at: Moment) -> Result<(), DoesNotFit> {
        if self.standing == Standing::Suspended {
            return Err(DoesNotFit::Standing);
        }
        let open = self.invitation.as_ref().is_some_and(|invitation| at < invitation.expires);
        if !open {
            return Err(DoesNotFit::UsedBefore);
        }
        self.invitation = None;
        self.sessions_since = Some(at);
        self.password = None;
        self.authenticator = None;
        self.unconfirmed = None;
        self.passkeys.clear();
        for token in &mut self.tokens {
            token.revoke(at);
        }
        self.standing = Standing::Active;
        Ok(())
    }

    fn close(&mut self, at: Moment) {
        self.standing = Standing::Closed;
        self.sessions_since = Some(at);
        self.invitation = None;
        self.password = None;
        self.authenticator = None;
        self.unconfirmed = None;
        self.passkeys.clear();
        for token in &mut self.tokens {
            token.revoke(at);
        }
    }

    fn spend(
        &mut self,
        code: Option<&CodeUse>,
        passkey: Option<&PasskeyUse>,
        at: Moment,
    ) -> Result<(), DoesNotFit> {
        if let Some(used) = passkey {
            let held = self.passkeys.iter_mut().find(|held| held.id == used.id).ok_or(DoesNotFit::Missing)?;
            if (used.counter > 0 || held.counter > 0) && used.counter <= held.counter {
                return Err(DoesNotFit::UsedBefore);
            }
            held.counter = used.counter;
            held.last_used = Some(at);
            if let Some(credential) = &used.credential {
                held.credential = credential.clone();
            }
        }
        if let Some(code) = code {
            let authenticator = self.authenticator.as_mut().ok_or(DoesNotFit::Missing)?;
            if !authenticator.spend(code) {
                return Err(DoesNotFit::UsedBefore);
            }
        }
        Ok(())
    }
}

impl AccountEvent {
    /// The secret that the registry seals before it stores the event and opens after it has read it.
    pub fn secret_mut(&mut self) -> Option<&mut Secret> {
        match &mut self.change {
            Change::TotpEnrolled { secret } => Some(secret),
            _ => None,
        }
    }
}
