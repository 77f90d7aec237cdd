//! Why: passkeys against an authenticator in software: what it does right is taken, everything that it, a browser or somebody
//! in between does wrong is not.
#![cfg(feature = "passkeys")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod authenticator;

use authenticator::*;
use p256::ecdsa::SigningKey;
use rejoin_accounts::account::{Account, AccountEvent, Change, Standing};
use rejoin_accounts::attempts::Attempts;
use rejoin_accounts::passkey::{Ceremony, PasskeyRefused, RelyingParty, claimed_credential};
use rejoin_accounts::password::{Cost, Passwords};
use rejoin_accounts::session::Assurance;
use rejoin_accounts::{
    Attempt, Door, MINUTE, Moment, PasskeyProof, Password, Proof, Requirement, Secret, SignInOutcome, Wanted,
    Why, sign_in, stored, totp,
};
use serde_json::json;

const NOW: Moment = 1_800_000_000_000_000;

fn site() -> RelyingParty {
    RelyingParty::new(SITE, "Rejoin", &[ORIGIN]).unwrap()
}

fn event(account: &Account, change: Change) -> AccountEvent {
    AccountEvent { account: account.id.clone(), at: NOW, change }
}

fn account(id: &str) -> Account {
    let change = Change::Created {
        name: "lucia".into(),
        display_name: "Lucía".into(),
        organisation: "hhs".into(),
        language: None,
    };
    let mut account = Account::created(&AccountEvent { account: id.into(), at: NOW, change }).unwrap();
    account.standing = Standing::Active;
    account
}

fn registered(counter: u32) -> (RelyingParty, Account, Authenticator) {
    let (site, mut account, mut authenticator) = (site(), account("account-1"), Authenticator::new(7));
    authenticator.counter = counter;
    let (options, ceremony) = site.start_registration(&account, NOW).unwrap();
    let response = authenticator.create(&options);
    let change = site.finish_registration(ceremony, &account, &response, "blue key", NOW).unwrap();
    account.apply(&event(&account, change)).unwrap();
    (site, account, authenticator)
}

/// As the registry does it: the ceremony is written and read in between.
fn kept(ceremony: Ceremony) -> Ceremony {
    stored::read(&stored::write(&ceremony).unwrap()).unwrap()
}

fn authenticate(
    site: &RelyingParty,
    account: &Account,
    authenticator: &mut Authenticator,
) -> Result<PasskeyProof, PasskeyRefused> {
    let (options, ceremony) = site.start_authentication(account, NOW).unwrap();
    let response = authenticator.get(&options);
    site.finish_authentication(kept(ceremony), account, &response, NOW)
}

fn random(bytes: &mut [u8]) {
    bytes.fill(9);
}

fn enter(account: &Account, proof: PasskeyProof, now: Moment) -> SignInOutcome {
    let passwords = Passwords::new(Cost { memory_kib: 8, passes: 1, lanes: 1 }, &mut random).unwrap();
    let door = Door { passwords: &passwords, requirement: Requirement::Passkey };
    let attempt = Attempt { name: "", address: "192.0.2.1", proof: Proof::Passkey(proof) };
    sign_in(door, Some(account), attempt, &mut Attempts::default(), now, &mut random)
}

#[test]
fn a_passkey_is_added_and_lets_its_owner_in() {
    let (site, mut account, mut authenticator) = registered(3);
    assert_eq!(account.passkeys[0].counter, 3);
    assert_eq!(account.passkeys[0].label, "blue key");
    for counter in [4, 9] {
        authenticator.counter = counter;
        let proof = authenticate(&site, &account, &mut authenticator).unwrap();
        let SignInOutcome::SignedIn { assurance, events } = enter(&account, proof, NOW) else {
            panic!("not signed in")
        };
        assert_eq!(assurance, Assurance::Passkey);
        for event in &events {
            let text = stored::write(event).unwrap();
            account.apply(&stored::read(&text).unwrap()).unwrap();
        }
        assert_eq!(account.passkeys[0].counter, counter);
    }
    let text = stored::write(&account).unwrap();
    assert_eq!(stored::read::<Account>(&text).unwrap(), account);
}

#[test]
fn a_passkey_names_its_account_itself() {
    let (site, account, mut authenticator) = registered(0);
    let (options, ceremony) = site.start_sign_in(NOW).unwrap();
    assert_eq!(options["publicKey"]["allowCredentials"], json!([]));
    assert_eq!(options["publicKey"]["userVerification"], "required");
    let response = authenticator.get(&options);
    assert_eq!(claimed_credential(&response).unwrap(), account.passkeys[0].id);
    let proof = site.finish_authentication(kept(ceremony), &account, &response, NOW).unwrap();
    assert!(matches!(enter(&account, proof, NOW), SignInOutcome::SignedIn { .. }));

    // Another account that holds the same key in the registry's tables is not entered with the first one's handle.
    let (_, ceremony) = site.start_sign_in(NOW).unwrap();
    let other = Account { id: "account-2".into(), ..account };
    assert!(site.finish_authentication(ceremony, &other, &response, NOW).is_err());
}

#[test]
fn the_options_ask_for_what_we_need() {
    let (site, account, _) = registered(0);
    let (options, _) = site.start_registration(&account, NOW).unwrap();
    let options = &options["publicKey"];
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "preferred");
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["excludeCredentials"][0]["id"], account.passkeys[0].id);
    assert!(!options["user"]["id"].as_str().unwrap().contains("account"));
}

type Tampering = (&'static str, fn(&mut Authenticator));

/// Every tampering, with what it does; each is tried at registration and at authentication.
fn tamperings() -> Vec<Tampering> {
    vec![
        ("another origin", |it| it.origin = "https://registry.example.net".into()),
        ("an origin below ours", |it| it.origin = "https://evil.registry.example.org".into()),
        ("no encryption", |it| it.origin = "http://registry.example.org".into()),
        ("another port", |it| it.origin = "https://registry.example.org:8443".into()),
        ("another site's hash", |it| it.site = "registry.example.net".into()),
        ("another challenge", |it| it.challenge = Some(base64url(&[1; 32]))),
        ("another ceremony's type", |it| it.kind = Some("payment.get")),
        ("no user verification", |it| it.flags = PRESENT),
        ("nobody there", |it| it.flags = 0),
    ]
}

#[test]
fn tampered_registrations_are_refused() {
    let (site, account) = (site(), account("account-1"));
    for (what, tamper) in tamperings() {
        let mut authenticator = Authenticator::new(7);
        tamper(&mut authenticator);
        let (options, ceremony) = site.start_registration(&account, NOW).unwrap();
        let response = authenticator.create(&options);
        let refused = site.finish_registration(ceremony, &account, &response, "", NOW);
        assert!(matches!(refused, Err(PasskeyRefused::NotAccepted(_))), "{what}: {refused:?}");
    }
}

#[test]
fn tampered_signatures_are_refused() {
    let (site, account, authenticator) = registered(0);
    let mut all = tamperings();
    all.push(("a flipped signature", |it| it.flip = Some(Part::Signature)));
    all.push(("flipped data", |it| it.flip = Some(Part::SignedData)));
    all.push(("other client data", |it| it.flip = Some(Part::ClientData)));
    all.push(("another key", |it| it.key = SigningKey::from_slice(&[8; 32]).unwrap()));
    all.push(("another user", |it| it.user = base64url(&[1; 16]).into()));
    all.push(("another credential", |it| it.id = vec![8; 24]));
    for (what, tamper) in all {
        let mut tampered = authenticator.clone();
        tamper(&mut tampered);
        let refused = authenticate(&site, &account, &mut tampered);
        assert!(matches!(refused, Err(PasskeyRefused::NotAccepted(_))), "{what}: {refused:?}");
        let (options, ceremony) = site.start_sign_in(NOW).unwrap();
        let refused = site.finish_authentication(ceremony, &account, &tampered.get(&options), NOW);
        assert!(refused.is_err(), "{what}: {refused:?}");
    }
    assert!(authenticate(&site, &account, &mut authenticator.clone()).is_ok(), "untampered");
}

#[test]
fn a_counter_that_does_not_grow_is_refused() {
    let (site, account, mut authenticator) = registered(5);
    for counter in [0, 4, 5] {
        authenticator.counter = counter;
        assert!(authenticate(&site, &account, &mut authenticator).is_err(), "{counter}");
    }
    authenticator.counter = 6;
    assert!(authenticate(&site, &account, &mut authenticator).is_ok());
}

#[test]
fn a_counter_that_grew_during_the_ceremony_counts() {
    let (site, mut account, mut authenticator) = registered(5);
    let (options, ceremony) = site.start_authentication(&account, NOW).unwrap();
    authenticator.counter = 6;
    let response = authenticator.get(&options);
    account.passkeys[0].counter = 8;
    let refused = site.finish_authentication(ceremony, &account, &response, NOW);
    assert_eq!(refused.unwrap_err(), PasskeyRefused::Counter);
}

#[test]
fn two_sign_ins_with_one_counter_are_one() {
    let (site, mut account, mut authenticator) = registered(5);
    authenticator.counter = 6;
    let first = authenticate(&site, &account, &mut authenticator).unwrap();
    let second = authenticate(&site, &account, &mut authenticator).unwrap();
    let SignInOutcome::SignedIn { events, .. } = enter(&account, first, NOW) else { panic!("not signed in") };
    account.apply(&events[0]).unwrap();
    let SignInOutcome::Refused { why, .. } = enter(&account, second, NOW) else { panic!("signed in twice") };
    assert_eq!(why, Why::UsedProof);
    assert!(account.apply(&events[0]).is_err());
}

#[test]
fn a_ceremony_is_for_its_account_its_time_and_its_kind() {
    let (site, account, mut authenticator) = registered(0);
    let (options, ceremony) = site.start_authentication(&account, NOW).unwrap();
    let response = authenticator.get(&options);
    let late = site.finish_authentication(ceremony, &account, &response, NOW + 5 * MINUTE);
    assert_eq!(late.unwrap_err(), PasskeyRefused::Ceremony);

    let (_, ceremony) = site.start_authentication(&account, NOW).unwrap();
    let other = Account { id: "account-2".into(), ..account.clone() };
    let others = site.finish_authentication(ceremony, &other, &response, NOW);
    assert_eq!(others.unwrap_err(), PasskeyRefused::Ceremony);

    let (_, ceremony) = site.start_registration(&account, NOW).unwrap();
    let kind = site.finish_authentication(ceremony, &account, &response, NOW);
    assert_eq!(kind.unwrap_err(), PasskeyRefused::Ceremony);

    // The response of an earlier ceremony in a later one.
    let (_, ceremony) = site.start_authentication(&account, NOW).unwrap();
    assert!(site.finish_authentication(ceremony, &account, &response, NOW).is_err());

    let (options, ceremony) = site.start_authentication(&account, NOW).unwrap();
    let response = authenticator.get(&options);
    let without = Account { passkeys: Vec::new(), ..account };
    assert!(site.finish_authentication(ceremony, &without, &response, NOW).is_err(), "taken away in between");
}

#[test]
fn the_same_key_is_not_added_twice_and_suspended_accounts_add_none() {
    let (site, account, mut authenticator) = registered(0);
    let (options, ceremony) = site.start_registration(&account, NOW).unwrap();
    let response = authenticator.create(&options);
    assert!(site.finish_registration(ceremony, &account, &response, "", NOW).is_err());
    let suspended = Account { standing: Standing::Suspended, ..account };
    assert_eq!(site.start_registration(&suspended, NOW).unwrap_err(), PasskeyRefused::Account);
}

#[test]
fn a_proof_is_for_its_account_soon_and_while_it_is_active() {
    let (site, account, mut authenticator) = registered(0);
    let mut why = |account: &Account, now| {
        let proof = authenticate(&site, &self::account_with_keys(account), &mut authenticator).unwrap();
        match enter(account, proof, now) {
            SignInOutcome::Refused { why, .. } => Some(why),
            _ => None,
        }
    };
    assert_eq!(why(&account, NOW + 5 * MINUTE), None);
    assert_eq!(why(&account, NOW + 5 * MINUTE + 1), Some(Why::WrongPasskey));
    assert_eq!(why(&account, NOW - 1), Some(Why::WrongPasskey));
    let suspended = Account { standing: Standing::Suspended, ..account.clone() };
    assert_eq!(why(&suspended, NOW), Some(Why::NotActive));
    let other = Account { id: "account-2".into(), ..account };
    assert_eq!(why(&other, NOW), Some(Why::WrongPasskey));
}

/// The account under which the key is held, whatever has become of it.
fn account_with_keys(account: &Account) -> Account {
    Account { id: "account-1".into(), standing: Standing::Active, ..account.clone() }
}

#[test]
fn a_password_does_not_do_where_there_is_a_passkey() {
    let (_, mut account, _) = registered(0);
    let passwords = Passwords::new(Cost { memory_kib: 8, passes: 1, lanes: 1 }, &mut random).unwrap();
    let password = Password::new("four words for you");
    account.password = Some(passwords.hash(&password, &mut random).unwrap());
    for requirement in [Requirement::Password, Requirement::SecondFactor, Requirement::Passkey] {
        for code in [None, Some("123456")] {
            let attempt = Attempt {
                name: "lucia",
                address: "192.0.2.1",
                proof: Proof::Password { password: &password, code },
            };
            let door = Door { passwords: &passwords, requirement };
            let outcome = sign_in(door, Some(&account), attempt, &mut Attempts::default(), NOW, &mut random);
            assert_eq!(outcome, SignInOutcome::MoreNeeded(Wanted::Passkey));
        }
    }
}

#[test]
fn a_code_does_not_do_where_roles_ask_for_the_passkey() {
    let (_, mut account, _) = registered(0);
    let passwords = Passwords::new(Cost { memory_kib: 8, passes: 1, lanes: 1 }, &mut random).unwrap();
    let password = Password::new("four words for you");
    account.password = Some(passwords.hash(&password, &mut random).unwrap());
    let secret = Secret::in_clear(vec![1; 20]);
    account.authenticator = Some(totp::Authenticator { secret, last_step: None, recovery: Vec::new() });
    for (requirement, wanted) in [
        (Requirement::Password, Wanted::Code),
        (Requirement::SecondFactor, Wanted::Code),
        (Requirement::Passkey, Wanted::Passkey),
    ] {
        let proof = Proof::Password { password: &password, code: None };
        let attempt = Attempt { name: "lucia", address: "192.0.2.1", proof };
        let door = Door { passwords: &passwords, requirement };
        let outcome = sign_in(door, Some(&account), attempt, &mut Attempts::default(), NOW, &mut random);
        assert_eq!(outcome, SignInOutcome::MoreNeeded(wanted));
    }
}

#[test]
fn responses_that_are_none() {
    let (site, account, _) = registered(0);
    for text in ["", "{}", "[]", "null", "{\"rawId\": 1}", "{\"id\":\"\",\"rawId\":\"!\"}"] {
        let (_, ceremony) = site.start_authentication(&account, NOW).unwrap();
        let refused = site.finish_authentication(ceremony, &account, text, NOW);
        assert_eq!(refused.unwrap_err(), PasskeyRefused::Malformed);
        assert!(claimed_credential(text).is_err() || text.contains("!"));
    }
    assert!(RelyingParty::new("example.net", "x", &[ORIGIN]).is_err());
    assert!(RelyingParty::new(SITE, "x", &[]).is_err());
}

/// A passkey that was stored by the first version, with a signature of its key: read for ever.
#[test]
fn a_passkey_stored_by_version_1_still_lets_its_owner_in() {
    let account: Account = stored::read(include_str!("golden/account_with_passkey.json")).unwrap();
    let (_, reference, mut authenticator) = registered(5);
    assert_eq!(account.passkeys[0].id, reference.passkeys[0].id);
    authenticator.counter = 6;
    assert!(authenticate(&site(), &account, &mut authenticator).is_ok());
}
