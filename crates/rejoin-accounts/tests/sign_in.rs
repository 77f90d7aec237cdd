//! Why: the one door, tried by those who should get in and by those who should not.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use rejoin_accounts::account::{Account, AccountEvent, Change, DoesNotFit, Standing};
use rejoin_accounts::attempts::Attempts;
use rejoin_accounts::password::{Cost, Passwords};
use rejoin_accounts::session::{Assurance, Session};
use rejoin_accounts::{
    Attempt, Door, Language, Moment, Password, Proof, Requirement, SECOND, Secret, ShownOnce, SignInOutcome,
    Wanted, Why, invitation, sign_in, stored, totp,
};

const NOW: Moment = 1_800_000_000_000_000;
const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
const RIGHT: &str = "four words for you";
/// The key of RFC 6238's vectors.
const KEY: &[u8] = b"12345678901234567890";

fn random(bytes: &mut [u8]) {
    bytes.iter_mut().zip(1..).for_each(|(byte, place)| *byte = place);
}

fn event(at: Moment, change: Change) -> AccountEvent {
    AccountEvent { account: "account-1".into(), at, change }
}

struct House {
    passwords: Passwords,
    attempts: Attempts,
    account: Account,
    requirement: Requirement,
    now: Moment,
}

impl House {
    fn new() -> Self {
        let passwords = Passwords::new(CHEAP, &mut random).unwrap();
        let (code, invitation) =
            invitation::invite("account-1", invitation::USUAL_INVITATION, NOW, &mut random);
        let mut account = Account::created(&event(
            NOW,
            Change::Created {
                name: "Lucia".into(),
                display_name: "Lucía".into(),
                organisation: "hhs".into(),
                language: Some("es".into()),
            },
        ))
        .unwrap();
        account.apply(&event(NOW, Change::Invited { invitation })).unwrap();
        let accepted = invitation::accept(&account, code.reveal(), NOW).unwrap();
        account.apply(&event(NOW, accepted)).unwrap();
        let phc = passwords.hash(&Password::new(RIGHT), &mut random).unwrap();
        account.apply(&event(NOW, Change::PasswordSet { phc })).unwrap();
        Self {
            passwords,
            attempts: Attempts::default(),
            account,
            requirement: Requirement::Password,
            now: NOW,
        }
    }

    fn with_authenticator() -> (Self, Vec<ShownOnce>) {
        let mut house = Self::new();
        let secret = Secret::in_clear(KEY.to_vec());
        house.account.apply(&event(NOW, Change::TotpEnrolled { secret })).unwrap();
        let step = totp::confirm(house.account.unconfirmed.as_ref().unwrap(), &code_at(NOW), NOW).unwrap();
        let (codes, recovery) = totp::recovery_codes("account-1", &mut counting());
        house.account.apply(&event(NOW, Change::TotpConfirmed { step, recovery })).unwrap();
        house.now += 60 * SECOND;
        (house, codes)
    }

    fn try_it(&mut self, name: &str, password: &str, code: Option<&str>) -> SignInOutcome {
        let password = Password::new(password);
        let known = name.trim().eq_ignore_ascii_case("lucia").then(|| self.account.clone());
        let attempt =
            Attempt { name, address: "192.0.2.1", proof: Proof::Password { password: &password, code } };
        let door = Door { passwords: &self.passwords, requirement: self.requirement };
        sign_in(door, known.as_ref(), attempt, &mut self.attempts, self.now, &mut random)
    }

    fn store(&mut self, outcome: &SignInOutcome) {
        let (SignInOutcome::SignedIn { events, .. } | SignInOutcome::EnrolFirst { events, .. }) = outcome
        else {
            panic!("{outcome:?}")
        };
        for event in events {
            self.account.apply(event).unwrap();
        }
    }
}

fn counting() -> impl FnMut(&mut [u8]) {
    let mut counter = 0_u32;
    move |bytes| {
        for byte in bytes {
            counter = counter.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = counter.to_be_bytes()[0];
        }
    }
}

/// A second implementation's code: totp-rs by its own door.
fn code_at(now: Moment) -> String {
    let seconds = u64::try_from(now / SECOND).unwrap();
    totp_rs::Builder::new().with_secret(KEY).build().unwrap().generate(seconds).to_string()
}

fn why(outcome: &SignInOutcome) -> Option<Why> {
    match outcome {
        SignInOutcome::Refused { why, .. } => Some(*why),
        _ => None,
    }
}

fn assurance(outcome: &SignInOutcome) -> Option<Assurance> {
    match outcome {
        SignInOutcome::SignedIn { assurance, .. } => Some(*assurance),
        _ => None,
    }
}

#[test]
fn a_password_lets_in_who_has_nothing_else() {
    let mut house = House::new();
    let outcome = house.try_it(" LUCIA ", RIGHT, None);
    assert_eq!(assurance(&outcome), Some(Assurance::Password));
    house.store(&outcome);
    assert_eq!(house.account.last_sign_in, Some(NOW));
}

#[test]
fn the_same_words_and_the_same_work_for_a_wrong_name_and_a_wrong_password() {
    let mut house = House::new();
    let mut suspended = House::new();
    suspended.account.apply(&event(NOW, Change::Suspended { reason: "leave".into() })).unwrap();
    let mut bare = House::new();
    bare.account.password = None;
    let mut tries = Vec::new();
    let mut attempt = |house: &mut House, name: &str, password: &str| {
        let before = house.passwords.evaluations();
        let outcome = house.try_it(name, password, None);
        tries.push((outcome, house.passwords.evaluations() - before));
    };
    attempt(&mut house, "lucia", "wrong");
    attempt(&mut suspended, "lucia", RIGHT);
    attempt(&mut suspended, "lucia", "wrong");
    attempt(&mut bare, "lucia", RIGHT);
    attempt(&mut house, "nobody", RIGHT);
    let reasons: Vec<_> = tries.iter().map(|(outcome, _)| why(outcome).unwrap()).collect();
    assert_eq!(
        reasons,
        [Why::WrongPassword, Why::NotActive, Why::NotActive, Why::NoPassword, Why::UnknownName]
    );
    for (outcome, evaluations) in &tries {
        assert_eq!(*evaluations, 1, "{outcome:?}");
        for language in [Language::English, Language::Spanish] {
            assert_eq!(outcome.words(language), tries[0].0.words(language));
        }
    }
}

#[test]
fn an_unknown_name_waits_as_a_known_one_does() {
    let mut house = House::new();
    let schedule = |house: &mut House, name: &str| -> Vec<bool> {
        (0..8).map(|_| matches!(house.try_it(name, "wrong", None), SignInOutcome::TryLater(_))).collect()
    };
    let known = schedule(&mut house, "lucia");
    assert_eq!(known, schedule(&mut house, "nobody"));
    assert_eq!(known, [false, false, false, false, false, true, true, true]);
    // A failure is an event of the account it was aimed at, and of none if there is none.
    let refused = |name: &str| House::new().try_it(name, "wrong", None).events().len();
    assert_eq!((refused("lucia"), refused("nobody")), (1, 0));
    // Nothing is looked at while waiting, not even the right password.
    let before = house.passwords.evaluations();
    assert!(matches!(house.try_it("lucia", RIGHT, None), SignInOutcome::TryLater(_)));
    assert_eq!(house.passwords.evaluations(), before);
    house.now += 30 * SECOND;
    assert!(assurance(&house.try_it("lucia", RIGHT, None)).is_some());
}

#[test]
fn an_account_of_another_name_is_not_entered() {
    let house = House::new();
    let password = Password::new(RIGHT);
    let attempt =
        Attempt { name: "mateo", address: "", proof: Proof::Password { password: &password, code: None } };
    let door = Door { passwords: &house.passwords, requirement: Requirement::Password };
    let outcome = sign_in(door, Some(&house.account), attempt, &mut Attempts::default(), NOW, &mut random);
    assert_eq!(why(&outcome), Some(Why::UnknownName));
}

#[test]
fn an_enrolled_second_factor_is_never_skipped() {
    let (mut house, _) = House::with_authenticator();
    for requirement in [Requirement::Password, Requirement::SecondFactor, Requirement::Passkey] {
        house.requirement = requirement;
        for code in [None, Some(""), Some("  ")] {
            assert_eq!(house.try_it("lucia", RIGHT, code), SignInOutcome::MoreNeeded(Wanted::Code));
        }
    }
    assert_eq!(
        why(&house.try_it("lucia", "wrong", None)),
        Some(Why::WrongPassword),
        "the password comes first"
    );
    let code = code_at(house.now);
    assert_eq!(why(&house.try_it("lucia", "wrong", Some(&code))), Some(Why::WrongPassword));
    assert_eq!(why(&house.try_it("lucia", RIGHT, Some("000000"))), Some(Why::WrongCode));
}

#[test]
fn a_code_lets_in_once() {
    let (mut house, codes) = House::with_authenticator();
    house.requirement = Requirement::SecondFactor;
    let code = code_at(house.now);
    let outcome = house.try_it("lucia", RIGHT, Some(&code));
    assert_eq!(assurance(&outcome), Some(Assurance::PasswordAndCode));
    let racing = house.try_it("lucia", RIGHT, Some(&code));
    house.store(&outcome);
    let SignInOutcome::SignedIn { events, .. } = racing else { panic!("judged against the old state") };
    assert_eq!(house.account.apply(&events[0]), Err(DoesNotFit::UsedBefore), "the ledger lets one through");
    assert_eq!(why(&house.try_it("lucia", RIGHT, Some(&code))), Some(Why::UsedCode));

    let outcome = house.try_it("lucia", RIGHT, Some(codes[3].reveal()));
    assert_eq!(assurance(&outcome), Some(Assurance::PasswordAndCode));
    house.store(&outcome);
    assert_eq!(why(&house.try_it("lucia", RIGHT, Some(codes[3].reveal()))), Some(Why::WrongCode));
    assert_eq!(house.account.authenticator.as_ref().unwrap().recovery.len(), 9);
}

#[test]
fn the_code_that_confirmed_an_authenticator_does_not_let_in() {
    let (mut house, _) = House::with_authenticator();
    house.now = NOW;
    assert_eq!(why(&house.try_it("lucia", RIGHT, Some(&code_at(NOW)))), Some(Why::UsedCode));
}

#[test]
fn wrong_codes_wait_as_wrong_passwords_do() {
    let (mut house, _) = House::with_authenticator();
    for _ in 0..5 {
        assert_eq!(why(&house.try_it("lucia", RIGHT, Some("000000"))), Some(Why::WrongCode));
        // Asking for the code again between guesses does not clear the count.
        let _ = house.try_it("lucia", RIGHT, None);
    }
    assert!(matches!(house.try_it("lucia", RIGHT, Some("000000")), SignInOutcome::TryLater(_)));
}

#[test]
fn an_authenticator_that_is_not_confirmed_neither_hinders_nor_helps() {
    let mut house = House::new();
    let secret = Secret::in_clear(KEY.to_vec());
    house.account.apply(&event(NOW, Change::TotpEnrolled { secret })).unwrap();
    assert_eq!(assurance(&house.try_it("lucia", RIGHT, None)), Some(Assurance::Password));
    house.requirement = Requirement::SecondFactor;
    let outcome = house.try_it("lucia", RIGHT, Some(&code_at(NOW)));
    let SignInOutcome::EnrolFirst { enrol, assurance, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((enrol, assurance), (Requirement::SecondFactor, Assurance::Password));
}

#[test]
fn a_new_key_does_not_push_out_the_old_one_before_it_is_confirmed() {
    let (mut house, _) = House::with_authenticator();
    let secret = Secret::in_clear(vec![1; 20]);
    house.account.apply(&event(NOW, Change::TotpEnrolled { secret })).unwrap();
    assert_eq!(house.try_it("lucia", RIGHT, None), SignInOutcome::MoreNeeded(Wanted::Code));
    let code = code_at(house.now);
    assert!(assurance(&house.try_it("lucia", RIGHT, Some(&code))).is_some());
}

#[test]
fn a_passkey_is_enrolled_where_roles_ask_for_one_after_all_that_there_is() {
    let (mut house, _) = House::with_authenticator();
    house.requirement = Requirement::Passkey;
    let code = code_at(house.now);
    let outcome = house.try_it("lucia", RIGHT, Some(&code));
    assert!(matches!(outcome, SignInOutcome::EnrolFirst { enrol: Requirement::Passkey, .. }), "{outcome:?}");
    house.store(&outcome);
    assert_eq!(why(&house.try_it("lucia", RIGHT, Some(&code))), Some(Why::UsedCode));
}

#[test]
fn a_sealed_key_lets_nobody_in() {
    let (mut house, _) = House::with_authenticator();
    for secret in house.account.secrets_mut() {
        secret.seal_with(|clear| Ok::<_, ()>(clear.to_vec())).unwrap();
    }
    let code = code_at(house.now);
    assert_eq!(why(&house.try_it("lucia", RIGHT, Some(&code))), Some(Why::KeySealed));
}

#[test]
fn an_old_hash_is_made_anew_at_the_next_right_password_only() {
    let mut house = House::new();
    house.passwords = Passwords::new(Cost { memory_kib: 16, ..CHEAP }, &mut random).unwrap();
    assert_eq!(why(&house.try_it("lucia", "wrong", None)), Some(Why::WrongPassword));
    let old = house.account.password.clone();
    let outcome = house.try_it("lucia", RIGHT, None);
    house.store(&outcome);
    assert_ne!(house.account.password, old);
    assert!(house.account.password.as_ref().unwrap().contains("m=16,"));
    assert_eq!(house.account.sessions_since, Some(NOW), "sessions go on");
    let SignInOutcome::SignedIn { events, .. } = house.try_it("lucia", RIGHT, None) else { panic!("not in") };
    assert_eq!(events.len(), 1);
}

#[test]
fn a_new_invitation_voids_every_old_proof() {
    let (mut house, codes) = House::with_authenticator();
    let (code, invitation) = invitation::invite("account-1", 1000, house.now, &mut random);
    house.account.apply(&event(house.now, Change::Invited { invitation })).unwrap();
    let code_now = code_at(house.now);
    assert!(
        assurance(&house.try_it("lucia", RIGHT, Some(&code_now))).is_some(),
        "sending one changes nothing"
    );
    let accepted = invitation::accept(&house.account, code.reveal(), house.now).unwrap();
    house.account.apply(&event(house.now, accepted)).unwrap();
    assert_eq!(why(&house.try_it("lucia", RIGHT, Some(codes[0].reveal()))), Some(Why::NoPassword));
    assert!(!house.account.has_second_factor());
    assert_eq!(house.account.sessions_since, Some(house.now));
}

#[test]
fn requirements_and_what_meets_them() {
    use Assurance as A;
    let met = |requirement: Requirement| {
        [A::Token, A::Password, A::PasswordAndCode, A::Passkey]
            .map(|assurance| requirement.is_met_by(assurance))
    };
    assert_eq!(met(Requirement::Password), [false, true, true, true]);
    assert_eq!(met(Requirement::SecondFactor), [false, false, true, true]);
    assert_eq!(met(Requirement::Passkey), [false, false, false, true]);
}

#[test]
fn no_credential_is_set_before_the_invitation_is_accepted() {
    let created = Change::Created {
        name: "lucia".into(),
        display_name: "Lucía".into(),
        organisation: "hhs".into(),
        language: None,
    };
    let mut account = Account::created(&event(NOW, created)).unwrap();
    let (_, invitation) = invitation::invite("account-1", 1000, NOW, &mut random);
    account.apply(&event(NOW, Change::Invited { invitation })).unwrap();
    let before = account.clone();
    for change in [
        Change::PasswordSet { phc: "x".into() },
        Change::TotpEnrolled { secret: Secret::in_clear(vec![1]) },
        Change::SignedIn { assurance: Assurance::Password, address: None, code: None, passkey: None },
    ] {
        assert_eq!(account.apply(&event(NOW, change)), Err(DoesNotFit::Standing));
    }
    assert_eq!(account.apply(&event(NOW + 1000, Change::InvitationAccepted)), Err(DoesNotFit::UsedBefore));
    assert_eq!(account, before, "what is refused changes nothing");
}

#[test]
fn events_that_do_not_fit() {
    let mut house = House::new();
    let mut apply = |change| house.account.apply(&event(NOW, change));
    assert_eq!(apply(Change::TotpConfirmed { step: 1, recovery: Vec::new() }), Err(DoesNotFit::Missing));
    assert_eq!(apply(Change::TotpRemoved), Err(DoesNotFit::Missing));
    assert_eq!(apply(Change::PasskeyRemoved { id: "x".into() }), Err(DoesNotFit::Missing));
    assert_eq!(apply(Change::TokenRevoked { id: "x".into() }), Err(DoesNotFit::Missing));
    assert_eq!(apply(Change::RoleTaken { role: "clerk".into() }), Err(DoesNotFit::Missing));
    assert_eq!(apply(Change::RoleGiven { role: "clerk".into() }), Ok(()));
    assert_eq!(apply(Change::RoleGiven { role: "clerk".into() }), Err(DoesNotFit::Missing));
    assert_eq!(apply(Change::Resumed), Err(DoesNotFit::Standing));
    assert_eq!(apply(Change::InvitationAccepted), Err(DoesNotFit::UsedBefore));
    assert_eq!(apply(Change::Suspended { reason: String::new() }), Ok(()));
    assert_eq!(apply(Change::Resumed), Ok(()));
    assert_eq!(apply(Change::Closed { reason: String::new() }), Ok(()));
    assert_eq!(apply(Change::Resumed), Err(DoesNotFit::Closed));
    assert_eq!(apply(Change::PasswordSet { phc: String::new() }), Err(DoesNotFit::Closed));
    assert_eq!(house.account.standing, Standing::Closed);
    assert!(house.account.password.is_none());
    let other = AccountEvent { account: "account-2".into(), at: NOW, change: Change::Resumed };
    assert_eq!(house.account.apply(&other), Err(DoesNotFit::OtherAccount));
    assert_eq!(Account::replay([&event(NOW, Change::Resumed)]), Err(DoesNotFit::Creation));
    assert_eq!(Account::replay([]), Err(DoesNotFit::Creation));
}

/// What version 1 stored, event by event and as the account they made; never written again.
#[test]
fn what_version_1_stored_is_read() {
    let events: Vec<AccountEvent> = include_str!("golden/events.jsonl")
        .lines()
        .map(|line| {
            let event: AccountEvent = stored::read(line).unwrap();
            assert_eq!(stored::write(&event).unwrap(), line, "and written as it was");
            event
        })
        .collect();
    // The last closes the account, which leaves little to compare.
    let account = Account::replay(&events[..events.len() - 1]).unwrap();
    let golden: Account = stored::read(include_str!("golden/account.json")).unwrap();
    assert_eq!(account, golden);
    let kinds: std::collections::BTreeSet<String> = events
        .iter()
        .map(|event| serde_json::to_value(&event.change).unwrap()["what"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds.len(), 22, "every kind of change is in the file");
}

#[test]
fn sessions_and_attempts_of_version_1_are_read() {
    let text = include_str!("golden/session.json").trim_end();
    let session: Session = stored::read(text).unwrap();
    assert_eq!(stored::write(&session).unwrap(), text);
    let token = "1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEf";
    let account = House::new().account;
    let account = Account { sessions_since: None, ..account };
    assert_eq!(session.check(token, &account, NOW + 1), Ok(Assurance::PasswordAndCode));
    let text = include_str!("golden/attempts.json").trim_end();
    let attempts: Attempts = stored::read(text).unwrap();
    assert_eq!(stored::write(&attempts).unwrap(), text);
    assert_eq!(attempts.locked_until("mateo", NOW), Some(NOW + 30 * SECOND));
}

#[test]
fn stored_texts_of_other_kinds_and_later_versions() {
    use stored::StoredError::*;
    let read = |text: &str| stored::read::<Account>(text).map(|_| ());
    assert_eq!(read("{"), Err(Damaged));
    assert_eq!(read("{}"), Err(OtherKind));
    assert_eq!(read(r#"{"kind":"session","version":1,"body":{}}"#), Err(OtherKind));
    assert_eq!(read(r#"{"kind":"account","version":2,"body":{}}"#), Err(Later));
    assert_eq!(read(r#"{"kind":"account","version":0,"body":{}}"#), Err(Damaged));
    assert_eq!(read(r#"{"kind":"account","version":1,"body":{}}"#), Err(Damaged));
    let (house, _) = House::with_authenticator();
    assert_eq!(stored::write(&house.account), Err(NotSealed));
}
