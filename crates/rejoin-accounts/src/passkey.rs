//! Why: passkeys (WebAuthn level 2, sections 7.1 and 7.2), with `webauthn-rs` doing the verifying and nobody else seeing it.
//!
//! A ceremony is started and finished within five minutes, for one account, once: [`Ceremony`] is kept by the registry,
//! never sent to the client, and used up by finishing. Its challenge is the one random thing that is drawn by
//! `webauthn-rs` itself. User verification is always required.

use crate::account::{Account, Change, PasskeyUse, Standing, StoredPasskey};
use crate::secret::Digest;
use crate::sign_in::PasskeyProof;
use crate::stored::Stored;
use crate::{MINUTE, Moment};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder,
};

const CEREMONY: Moment = 5 * MINUTE;
const MOST_PASSKEYS: usize = 16;

/// Why a passkey was refused. For the log: a person is told that it did not work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyRefused {
    /// The site's id or origins do not fit together.
    #[error("the site's id is not a domain of its origins")]
    Configuration,
    /// The account has no passkey, or too many, or may not have one now.
    #[error("the account cannot do this")]
    Account,
    /// The ceremony is another one, another account's, or over.
    #[error("this ceremony is over or is another one")]
    Ceremony,
    /// The response is not of the form that browsers send.
    #[error("the response is malformed")]
    Malformed,
    /// The verification failed.
    #[error("the response was not accepted: {0}")]
    NotAccepted(String),
    /// The signature counter did not grow: there may be a copy of the key.
    #[error("the signature counter went back")]
    Counter,
}

/// A ceremony under way.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ceremony {
    account: Option<String>,
    until: Moment,
    state: State,
}

impl Stored for Ceremony {
    const KIND: &'static str = "passkey-ceremony";
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Registration(PasskeyRegistration),
    Authentication(PasskeyAuthentication),
    Discoverable(DiscoverableAuthentication),
}

/// The site that passkeys are for.
#[derive(Debug)]
pub struct RelyingParty {
    webauthn: Webauthn,
}

fn not_accepted(error: impl std::fmt::Debug) -> PasskeyRefused {
    PasskeyRefused::NotAccepted(format!("{error:?}"))
}

impl RelyingParty {
    /// `id` is a domain (`registry.example.org`), `origins` where pages come from (`https://registry.example.org`).
    pub fn new(id: &str, name: &str, origins: &[&str]) -> Result<Self, PasskeyRefused> {
        let origins: Vec<Url> = origins
            .iter()
            .map(|origin| Url::parse(origin).map_err(|_| PasskeyRefused::Configuration))
            .collect::<Result<_, _>>()?;
        let first = origins.first().ok_or(PasskeyRefused::Configuration)?;
        let builder = WebauthnBuilder::new(id, first).map_err(|_| PasskeyRefused::Configuration)?;
        let builder = origins[1..].iter().fold(builder.rp_name(name), |builder, origin| {
            builder.allow_subdomains(false).append_allowed_origin(origin)
        });
        Ok(Self { webauthn: builder.build().map_err(|_| PasskeyRefused::Configuration)? })
    }

    /// Options for `navigator.credentials.create`, and what is kept.
    pub fn start_registration(
        &self,
        account: &Account,
        now: Moment,
    ) -> Result<(Value, Ceremony), PasskeyRefused> {
        if account.standing != Standing::Active || account.passkeys.len() >= MOST_PASSKEYS {
            return Err(PasskeyRefused::Account);
        }
        let known = credentials(account)?.iter().map(|passkey| passkey.cred_id().clone()).collect();
        let (options, state) = self
            .webauthn
            .start_passkey_registration(
                handle(&account.id),
                &account.name,
                &account.display_name,
                Some(known),
            )
            .map_err(not_accepted)?;
        let mut options = serde_json::to_value(options).map_err(not_accepted)?;
        // A key that names its account itself lets its owner in without a name; one that cannot still works after a password.
        options["publicKey"]["authenticatorSelection"]["residentKey"] = "preferred".into();
        Ok((options, ceremony(Some(account), State::Registration(state), now)))
    }

    /// Verifies what the browser gave back; gives the change to be stored.
    pub fn finish_registration(
        &self,
        ceremony: Ceremony,
        account: &Account,
        response: &str,
        label: &str,
        now: Moment,
    ) -> Result<Change, PasskeyRefused> {
        check_open(&ceremony, account, now)?;
        let State::Registration(state) = &ceremony.state else { return Err(PasskeyRefused::Ceremony) };
        if account.standing != Standing::Active {
            return Err(PasskeyRefused::Account);
        }
        let response: RegisterPublicKeyCredential =
            serde_json::from_str(response).map_err(|_| PasskeyRefused::Malformed)?;
        let passkey = self.webauthn.finish_passkey_registration(&response, state).map_err(not_accepted)?;
        let credential = serde_json::to_value(&passkey).map_err(not_accepted)?;
        let counter =
            credential.pointer("/cred/counter").and_then(Value::as_u64).ok_or(PasskeyRefused::Malformed)?;
        let id =
            credential.pointer("/cred/cred_id").and_then(Value::as_str).ok_or(PasskeyRefused::Malformed)?;
        let passkey = StoredPasskey {
            id: id.to_owned(),
            label: label.chars().take(80).collect(),
            counter: u32::try_from(counter).map_err(not_accepted)?,
            credential: credential.clone(),
            added: now,
            last_used: None,
        };
        if account.passkeys.iter().any(|known| known.id == passkey.id) {
            return Err(PasskeyRefused::Account);
        }
        Ok(Change::PasskeyAdded { passkey })
    }

    /// Options for `navigator.credentials.get` with the passkeys of an account that is known already, by its password or
    /// its session. Not for an unknown visitor who types a name: the list of keys would tell who has an account.
    pub fn start_authentication(
        &self,
        account: &Account,
        now: Moment,
    ) -> Result<(Value, Ceremony), PasskeyRefused> {
        let known = credentials(account)?;
        if known.is_empty() {
            return Err(PasskeyRefused::Account);
        }
        let (options, state) = self.webauthn.start_passkey_authentication(&known).map_err(not_accepted)?;
        let options = serde_json::to_value(options).map_err(not_accepted)?;
        Ok((options, ceremony(Some(account), State::Authentication(state), now)))
    }

    /// Options for a visitor who gives no name: the passkey names its account. A page that wants the browser's own dialogue
    /// leaves `mediation` out.
    pub fn start_sign_in(&self, now: Moment) -> Result<(Value, Ceremony), PasskeyRefused> {
        let (options, state) = self.webauthn.start_discoverable_authentication().map_err(not_accepted)?;
        let options = serde_json::to_value(options).map_err(not_accepted)?;
        Ok((options, ceremony(None, State::Discoverable(state), now)))
    }

    /// Verifies a signature; what comes out goes to [`crate::sign_in()`].
    pub fn finish_authentication(
        &self,
        ceremony: Ceremony,
        account: &Account,
        response: &str,
        now: Moment,
    ) -> Result<PasskeyProof, PasskeyRefused> {
        check_open(&ceremony, account, now)?;
        let response: PublicKeyCredential =
            serde_json::from_str(response).map_err(|_| PasskeyRefused::Malformed)?;
        let result = match ceremony.state {
            State::Registration(_) => return Err(PasskeyRefused::Ceremony),
            State::Authentication(state) => {
                // Section 7.2, step 6, which webauthn-rs leaves to us: a user handle, if there is one, is this account's.
                if response.get_user_unique_id().is_some_and(|user| user != handle(&account.id).as_bytes()) {
                    return Err(PasskeyRefused::NotAccepted("another account's passkey".into()));
                }
                self.webauthn.finish_passkey_authentication(&response, &state)
            }
            State::Discoverable(state) => {
                let (user, _) =
                    self.webauthn.identify_discoverable_authentication(&response).map_err(not_accepted)?;
                if user != handle(&account.id) {
                    return Err(PasskeyRefused::NotAccepted("another account's passkey".into()));
                }
                let known = credentials(account)?;
                let key = known
                    .iter()
                    .find(|passkey| passkey.cred_id().as_slice() == response.get_credential_id())
                    .ok_or(PasskeyRefused::Account)?;
                self.webauthn.finish_discoverable_authentication_v2(
                    &response,
                    state,
                    DiscoverableKey::from(key),
                )
            }
        }
        .map_err(not_accepted)?;
        if !result.user_verified() {
            return Err(PasskeyRefused::NotAccepted("the user was not verified".into()));
        }
        // Against the account as it is now, not as it was when the ceremony began: the key may have been used, or taken
        // away, in between.
        for held in &account.passkeys {
            let mut passkey = credential(held)?;
            let Some(changed) = passkey.update_credential(&result) else { continue };
            let counter = result.counter();
            if (counter > 0 || held.counter > 0) && counter <= held.counter {
                return Err(PasskeyRefused::Counter);
            }
            let credential =
                if changed { Some(serde_json::to_value(&passkey).map_err(not_accepted)?) } else { None };
            let used = PasskeyUse { id: held.id.clone(), counter, credential };
            return Ok(PasskeyProof::new(account.id.clone(), used, now));
        }
        Err(PasskeyRefused::Account)
    }
}

/// The id of the passkey that a response claims to be of, under which the registry finds the account. Nothing is verified.
pub fn claimed_credential(response: &str) -> Result<String, PasskeyRefused> {
    let response: Value = serde_json::from_str(response).map_err(|_| PasskeyRefused::Malformed)?;
    response.get("rawId").and_then(Value::as_str).map(str::to_owned).ok_or(PasskeyRefused::Malformed)
}

fn ceremony(account: Option<&Account>, state: State, now: Moment) -> Ceremony {
    Ceremony {
        account: account.map(|account| account.id.clone()),
        until: now.saturating_add(CEREMONY),
        state,
    }
}

fn check_open(ceremony: &Ceremony, account: &Account, now: Moment) -> Result<(), PasskeyRefused> {
    let its_own = ceremony.account.as_ref().is_none_or(|id| *id == account.id);
    if its_own && now < ceremony.until { Ok(()) } else { Err(PasskeyRefused::Ceremony) }
}

/// What a passkey knows its account by; says nothing about it.
fn handle(account: &str) -> Uuid {
    let digest = Digest::of("rejoin passkey user", &[account]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.bytes()[..16]);
    Uuid::from_bytes(bytes)
}

fn credential(held: &StoredPasskey) -> Result<Passkey, PasskeyRefused> {
    serde_json::from_value(held.credential.clone()).map_err(not_accepted)
}

fn credentials(account: &Account) -> Result<Vec<Passkey>, PasskeyRefused> {
    account.passkeys.iter().map(credential).collect()
}
