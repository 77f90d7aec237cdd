//! Accounts from the invitation to the end: what they may, what nobody may, and that what was said once holds after a
//! restart, a rebuild, and beside another program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod door;

use door::{HOME, MINUTE, NOW, PASSWORD, Place, SECOND, code_of, entered, sign_in, stamp};
use rejoin_access::Action;
use rejoin_accounts::account::Standing;
use rejoin_accounts::session::{Assurance, SessionRefused};
use rejoin_accounts::token::TokenRefused;
use rejoin_accounts::{Language, Password, Requirement, Wanted};
use rejoin_registry::{Case, Error, NewAccount, SignIn, TokenDenied, TokenRequest};
use std::collections::BTreeSet;

fn denied<T: std::fmt::Debug>(result: Result<T, Error>, says: &str) {
    match result {
        Err(Error::Denied(words)) => assert!(words.contains(says), "{words}"),
        other => panic!("{other:?} is no refusal that says {says:?}"),
    }
}

#[test]
fn the_whole_life_of_an_account() {
    let mut place = Place::new();
    let operator = place.operator();
    let roles = ["verifier".to_owned()];
    let new = NewAccount {
        name: "Lucia@Example.org ",
        display_name: "Lucía Paz",
        organisation: "orr",
        language: Some(Language::Spanish),
        roles: &roles,
    };
    let (account, code) = place.case.create_account(&operator, &new, &stamp(NOW)).unwrap();
    assert_eq!((account.name.as_str(), account.standing), ("lucia@example.org", Standing::Invited));
    assert!(account.id.len() == 11 && account.id.chars().all(|sign| sign.is_ascii_alphanumeric()));
    assert!(matches!(place.case.create_account(&operator, &new, &stamp(NOW)), Err(Error::Account(_))));

    // The first password: not a weak one, not with a wrong code, and only once.
    let accept = |case: &Case, code: &str, password: &str| {
        case.accept_invitation("lucia@example.org", code, &Password::new(password), HOME, NOW)
    };
    assert!(matches!(accept(&place.case, code.reveal(), "short"), Err(Error::Weak(_))));
    assert!(matches!(accept(&place.case, "0000-0000-0000-0000-0000", PASSWORD), Err(Error::Invitation)));
    accept(&place.case, code.reveal(), PASSWORD).unwrap();
    assert!(matches!(accept(&place.case, code.reveal(), PASSWORD), Err(Error::Invitation)));

    // A verifier needs a second proof: until it is enrolled, the session has no role.
    let here = place.enter("lucia@example.org", None, NOW);
    assert_eq!(here.enrol, Some(Requirement::SecondFactor));
    assert!(here.actor.roles.is_empty());
    denied(place.case.renew_recovery_codes(&here, &stamp(NOW)), "second proof");
    let telephone = place.case.enrol_totp(&here, &stamp(NOW)).unwrap();
    denied(place.case.confirm_totp(&here, "000000", &stamp(NOW)), "wrong");
    let paper = place.case.confirm_totp(&here, &code_of(&telephone, NOW), &stamp(NOW)).unwrap();
    assert_eq!(paper.len(), 10);

    place.reopen();
    let later = NOW + MINUTE;
    let asked = place.sign_in("lucia@example.org", PASSWORD, None, later);
    assert!(matches!(asked, SignIn::MoreNeeded { wanted: Wanted::Code, .. }));
    let here = place.enter("lucia@example.org", Some(&code_of(&telephone, later)), later);
    assert_eq!((here.assurance, here.enrol), (Assurance::PasswordAndCode, None));
    assert_eq!(here.actor.organisation.path(), ["registry", "hhs", "orr"]);
    assert!(here.actor.has(Action::Sign));
    let here = place.enter("lucia@example.org", Some(paper[0].reveal()), later);
    let used = place.sign_in("lucia@example.org", PASSWORD, Some(paper[0].reveal()), later);
    assert!(matches!(used, SignIn::Refused));

    // A new password ends the sessions that began before.
    let renewed = "four rivers and a mule named Paz";
    let old = Password::new("not the old one");
    denied(place.case.set_password(&here, &old, &Password::new(renewed), HOME, &stamp(later)), "old");
    let old = Password::new(PASSWORD);
    place.case.set_password(&here, &old, &Password::new(renewed), HOME, &stamp(later)).unwrap();
    assert!(matches!(place.sign_in("lucia@example.org", PASSWORD, None, later), SignIn::Refused));

    // Roles, suspension, and back.
    place.case.give_role(&operator, &account.id, "lawyer", &stamp(later)).unwrap();
    let twice = place.case.give_role(&operator, &account.id, "lawyer", &stamp(later));
    assert!(matches!(twice, Err(Error::Account(_))));
    let unknown = place.case.give_role(&operator, &account.id, "spy", &stamp(later)).unwrap_err();
    assert!(matches!(&unknown, Error::Roles(words) if words.contains("administrator, case-worker")));
    let after = place.case.take_role(&operator, &account.id, "verifier", &stamp(later)).unwrap();
    assert_eq!(after.roles, ["lawyer"]);
    place.case.suspend(&operator, &account.id, "left the telephone on a bus", &stamp(later)).unwrap();
    assert!(matches!(place.sign_in("lucia@example.org", renewed, None, later), SignIn::Refused));
    place.case.resume(&operator, &account.id, &stamp(later)).unwrap();

    // Everything lost: a new invitation is a new beginning.
    let (_, code) = place.case.invite(&operator, "lucia@example.org", &stamp(later)).unwrap();
    let account = accept(&place.case, code.reveal(), PASSWORD).unwrap();
    assert!(account.authenticator.is_none());
    let closed = place.case.close_account(&operator, &account.id, "left", &stamp(later)).unwrap();
    assert_eq!(closed.standing, Standing::Closed);
    assert!(matches!(place.case.create_account(&operator, &new, &stamp(later)), Err(Error::Account(_))));
    assert!(matches!(place.case.resume(&operator, &account.id, &stamp(later)), Err(Error::Account(_))));

    let before = place.case.accounts().unwrap();
    place.verify();
    place.case.rebuild(&stamp(later), &|_, _, _| {}).unwrap();
    place.verify();
    assert_eq!(place.case.accounts().unwrap(), before);
    place.reopen();
    assert_eq!(place.case.accounts().unwrap(), before, "and from the ledger alone");
}

#[test]
fn no_secret_is_in_the_files_and_no_code_is_good_twice() {
    let mut place = Place::new();
    let id = place.account("mateo", "orr", &["verifier"], NOW);
    let telephone = place.enrol("mateo", NOW);
    let first = code_of(&telephone, NOW);
    let outcome = place.sign_in("mateo", PASSWORD, Some(&first), NOW);
    assert!(matches!(outcome, SignIn::Refused), "the code that confirmed the key is used up: {outcome:?}");
    let at = NOW + 5 * MINUTE;
    let code = code_of(&telephone, at);
    let here = place.enter("mateo", Some(&code), at);
    let key = telephone.secret.reveal().unwrap();
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let account = place.case.account(&id).unwrap().unwrap();
    assert!(account.authenticator.as_ref().unwrap().secret.is_sealed());
    assert!(here.account.authenticator.as_ref().unwrap().secret.is_sealed());
    let phc = account.password.clone().unwrap();
    for secret in [key, hex.as_bytes(), PASSWORD.as_bytes(), phc.as_bytes(), b"mateo"] {
        assert!(!place.is_on_disk(secret));
    }
    assert!(place.is_on_disk(b"account-changed"), "the files were looked through");

    let replayed = |case: &Case| sign_in(case, "mateo", PASSWORD, Some(&code), HOME, at);
    assert!(matches!(replayed(&place.case), SignIn::Refused));
    place.reopen();
    assert!(matches!(replayed(&place.case), SignIn::Refused));
    place.case.rebuild(&stamp(at), &|_, _, _| {}).unwrap();
    assert!(matches!(replayed(&place.case), SignIn::Refused));
    place.verify();
}

#[test]
fn a_lock_outlives_a_restart_and_an_unlock_ends_it() {
    let mut place = Place::new();
    place.account("mateo", "orr", &["journalist"], NOW);
    let stranger = "198.51.100.9";
    for _ in 0..5 {
        let guess = sign_in(&place.case, "mateo", "a wrong guess", None, stranger, NOW);
        assert!(matches!(guess, SignIn::Refused));
    }
    place.reopen();
    let SignIn::TryLater(later) = sign_in(&place.case, "MATEO", PASSWORD, None, stranger, NOW) else {
        panic!("let in, or refused after looking");
    };
    assert_eq!(later.from, NOW + 30 * SECOND);
    assert_eq!(place.case.locked_until("mateo", NOW).unwrap(), Some(later.from));
    assert!(!place.is_on_disk(stranger.as_bytes()) && !place.is_on_disk(b"mateo"));
    place.case.unlock(&place.operator(), "mateo", &stamp(NOW)).unwrap();
    place.reopen();
    assert_eq!(place.case.locked_until("mateo", NOW).unwrap(), None);
    assert!(matches!(sign_in(&place.case, "mateo", PASSWORD, None, stranger, NOW), SignIn::SignedIn { .. }));
    place.verify();
}

#[test]
fn whoever_asks_for_a_name_learns_nothing() {
    let place = Place::new();
    place.account("mateo", "orr", &["verifier"], NOW);
    let operator = place.operator();
    let none = NewAccount {
        name: "invited",
        display_name: "Invited",
        organisation: "orr",
        language: None,
        roles: &[],
    };
    place.case.create_account(&operator, &none, &stamp(NOW)).unwrap();
    let size = || place.case.checkpoint().unwrap().size;
    for (at, (name, password)) in
        [("nobody", PASSWORD), ("mateo", "a wrong guess"), ("invited", PASSWORD), ("", PASSWORD)]
            .into_iter()
            .enumerate()
    {
        let before = size();
        let refused = sign_in(&place.case, name, password, Some("123456"), HOME, NOW + at as i64);
        assert!(matches!(refused, SignIn::Refused), "{name}: {refused:?}");
        assert_eq!(refused.words(Language::English), SignIn::Refused.words(Language::English));
        assert_eq!(size(), before + 1, "as much is written for every name");
    }
    assert!(!place.is_on_disk(b"nobody"));
    let asked = |name: &str, code: &str| {
        place.case.accept_invitation(name, code, &Password::new(PASSWORD), HOME, NOW).unwrap_err()
    };
    for name in ["nobody", "mateo", "invited"] {
        assert!(matches!(asked(name, "AAAA-AAAA-AAAA-AAAA-AAAA"), Error::Invitation));
    }
    // Guesses at codes from one address come to an end.
    (0..9).for_each(|_| drop(asked("nobody", "x")));
    let last = asked("nobody", "x");
    assert!(matches!(last, Error::TryLater(from) if from > NOW));
}

#[test]
fn a_session_ends_when_it_must() {
    let mut place = Place::new();
    let id = place.account("mateo", "orr", &["journalist"], NOW);
    let start = |place: &Place, at| match place.sign_in("mateo", PASSWORD, None, at) {
        SignIn::SignedIn { session, .. } => session,
        other => panic!("{other:?}"),
    };
    let why = |place: &Place, session: &rejoin_accounts::ShownOnce, at| {
        place.case.by_session(session.reveal(), BTreeSet::new(), at).unwrap().map(|_| ()).unwrap_err()
    };
    let session = start(&place, NOW);
    assert!(!place.is_on_disk(session.reveal().as_bytes()));
    assert_eq!(why(&place, &session, NOW + 30 * MINUTE), SessionRefused::Idle);
    place.reopen();
    // A request every 20 minutes keeps it, up to twelve hours.
    for step in 1..36 {
        entered(&place.case, &session, NOW + step * 20 * MINUTE);
    }
    assert_eq!(why(&place, &session, NOW + 12 * 60 * MINUTE), SessionRefused::Expired);

    let at = NOW + 13 * 60 * MINUTE;
    let (one, other) = (start(&place, at), start(&place, at));
    place.case.sign_out(one.reveal()).unwrap();
    assert_eq!(why(&place, &one, at), SessionRefused::WrongToken);
    entered(&place.case, &other, at);
    place.case.end_sessions_of(&place.operator(), &id, &stamp(at)).unwrap();
    assert_eq!(why(&place, &other, at), SessionRefused::WrongToken);
    let third = start(&place, at);
    // A role that asks for more takes effect at once.
    place.case.give_role(&place.operator(), &id, "verifier", &stamp(at)).unwrap();
    let here = entered(&place.case, &third, at);
    assert!(here.enrol == Some(Requirement::SecondFactor) && here.actor.roles.is_empty());
    place.case.suspend(&place.operator(), &id, "on leave", &stamp(at)).unwrap();
    assert_eq!(why(&place, &third, at), SessionRefused::WrongToken);
    assert_eq!(
        why(&place, &third, at),
        place.case.by_session("made up", BTreeSet::new(), at).unwrap().unwrap_err()
    );
}

#[test]
fn nobody_gives_themselves_or_others_more_than_they_may() {
    let mut place = Place::new();
    place.account("root-admin", "registry", &["administrator"], NOW);
    place.account("hhs-admin", "hhs", &["administrator"], NOW);
    place.account("worker", "orr", &["case-worker"], NOW);
    place.account("guard", "dhs", &["data-contributor"], NOW);
    place.account("keeper", "registry", &["custodian"], NOW);
    let (root, hhs, worker) = (place.actor("root-admin"), place.actor("hhs-admin"), place.actor("worker"));
    let case = &place.case;
    let at = stamp(NOW);
    let before = place.refusals().len();
    let give = |by, who: &str, role: &str| case.give_role(by, who, role, &at);
    denied(give(&worker, "worker", "supervisor"), "manages accounts");
    denied(give(&worker, "nobody", "supervisor"), "manages accounts");
    denied(give(&root, "root-admin", "case-worker"), "their own");
    denied(give(&root, "worker", "custodian"), "custodian only");
    denied(give(&hhs, "worker", "inspector"), "root");
    denied(give(&hhs, "worker", "custodian"), "custodian only");
    denied(case.take_role(&root, "keeper", "custodian", &at), "custodian only");
    denied(case.invite(&root, "keeper", &at).map(|_| ()), "custodian only");
    denied(case.suspend(&root, "keeper", "because", &at), "custodian only");
    // Another organisation's account is not told from one that is not there.
    let [hidden, absent] = ["guard", "nobody"].map(|who| give(&hhs, who, "case-worker").unwrap_err());
    assert!(matches!(hidden, Error::NoAccount(_)) && matches!(absent, Error::NoAccount(_)));
    let create = |organisation, role: &str| {
        let roles = [role.to_owned()];
        let new = NewAccount {
            name: "friend",
            display_name: "Friend",
            organisation,
            language: None,
            roles: &roles,
        };
        case.create_account(&hhs, &new, &at).map(|_| ())
    };
    denied(create("dhs", "data-contributor"), "not yours");
    denied(create("orr", "inspector"), "root");
    let everything = ["manage-accounts".to_owned()];
    let token = TokenRequest { label: "x", allows: &everything, organisation: None, lifetime: MINUTE };
    denied(case.issue_token(&root, "worker", &token, &at).map(|_| ()), "custodian");
    assert!(case.account("friend").unwrap().is_none());
    let refusals = place.refusals();
    assert_eq!(refusals.len(), before + 14, "every one is on record: {refusals:?}");
    assert!(refusals.iter().all(|(_, _, note)| !note.contains("worker of")));

    // The last one who manages accounts stays.
    give(&hhs, "worker", "tracing-officer").unwrap();
    case.suspend(&root, "hhs-admin", "on leave", &at).unwrap();
    denied(
        case.suspend(&place.operator(), "keeper", "x", &at)
            .and_then(|_| case.suspend(&place.operator(), "root-admin", "x", &at)),
        "last active",
    );
    let operator = place.operator();
    denied(case.take_role(&operator, "root-admin", "administrator", &at), "last active");
    denied(case.close_account(&operator, "root-admin", "x", &at), "last active");
    place.verify();
    place.reopen();
    assert_eq!(place.case.account("worker").unwrap().unwrap().roles, ["case-worker", "tracing-officer"]);
}

#[test]
fn a_token_never_does_more_than_its_account_and_itself() {
    let mut place = Place::new();
    let id = place.account("feed", "hhs", &["shelter-staff"], NOW);
    let operator = place.operator();
    let at = stamp(NOW);
    let issue = |allows: &[&str], organisation, lifetime| {
        let allows: Vec<String> = allows.iter().map(|word| (*word).to_owned()).collect();
        let request = TokenRequest { label: "nightly", allows: &allows, organisation, lifetime };
        place.case.issue_token(&operator, "feed", &request, &at)
    };
    denied(issue(&["erase"], None, MINUTE).map(|_| ()), "may not erase");
    denied(issue(&["oversight"], None, MINUTE).map(|_| ()), "may not oversight");
    denied(issue(&["import", "sign"], None, MINUTE).map(|_| ()), "in person");
    denied(issue(&["enforcement"], None, MINUTE).map(|_| ()), "may not enforcement");
    denied(issue(&["import"], Some("dhs"), MINUTE).map(|_| ()), "may not import");
    denied(issue(&["import"], Some("registry"), MINUTE).map(|_| ()), "may not import");
    denied(issue(&[], None, MINUTE).map(|_| ()), "empty");
    denied(issue(&["import"], None, 400 * 24 * 60 * MINUTE).map(|_| ()), "a year");
    assert!(matches!(issue(&["fly"], None, MINUTE), Err(Error::Account(_))));
    assert!(matches!(issue(&["import"], Some("nowhere"), MINUTE), Err(Error::Organisations(_))));
    let (text, token) = issue(&["import", "child-care"], Some("orr"), 60 * MINUTE).unwrap();
    assert!(!place.is_on_disk(text.reveal().as_bytes()));
    place.reopen();

    let by = |place: &Place, text: &str, word: &str, organisation, at| {
        place.case.by_token(text, HOME, word, organisation, at).unwrap()
    };
    let here = by(&place, text.reveal(), "import", None, NOW).unwrap();
    assert_eq!((here.account.id.as_str(), here.assurance), (id.as_str(), Assurance::Token));
    assert_eq!(here.actor.organisation.path(), ["registry", "hhs", "orr"]);
    assert!(here.actor.has(Action::Import) && !here.actor.has(Action::HandOver));
    assert_eq!(here.actor.roles.len(), 1);
    let written = place.case.checkpoint().unwrap().size;
    by(&place, text.reveal(), "child-care", Some("orr"), NOW + 59 * MINUTE).unwrap();
    assert_eq!(place.case.checkpoint().unwrap().size, written, "a use is written once an hour");
    // Buckets are in memory; time goes on only forwards in them.
    place.reopen();
    let why = |denied: TokenDenied| match denied {
        TokenDenied::Refused(why) => why,
        TokenDenied::TryLater(later) => panic!("{later:?}"),
    };
    let refused = |place: &Place, text: &str, word: &str, organisation, at| {
        why(by(place, text, word, organisation, at).unwrap_err())
    };
    let before = place.refusals().len();
    let text = text.reveal();
    assert_eq!(refused(&place, text, "hand-over", None, NOW), TokenRefused::OutOfScope);
    assert_eq!(refused(&place, text, "import", Some("hhs"), NOW), TokenRefused::OutOfScope);
    assert_eq!(refused(&place, text, "import", Some("dhs"), NOW), TokenRefused::OutOfScope);
    assert_eq!(refused(&place, "rejoin_made-up", "import", None, NOW), TokenRefused::Malformed);
    assert_eq!(refused(&place, text, "import", None, NOW + 60 * MINUTE), TokenRefused::Expired);
    assert_eq!(place.refusals().len(), before + 5);
    place.reopen();

    // A program does not change how its account is entered, nor gives itself more.
    let stamp = stamp(NOW);
    denied(place.case.enrol_totp(&here, &stamp).map(|_| ()), "program");
    let allows = ["import".to_owned()];
    let more = TokenRequest { label: "more", allows: &allows, organisation: None, lifetime: MINUTE };
    denied(place.case.issue_own_token(&here, &more, &stamp).map(|_| ()), "program");

    // What the account may not any more, its token does not either.
    place.case.take_role(&operator, &id, "shelter-staff", &stamp).unwrap();
    assert_eq!(refused(&place, text, "import", None, NOW), TokenRefused::BeyondAccount);
    place.case.give_role(&operator, &id, "shelter-staff", &stamp).unwrap();
    by(&place, text, "import", None, NOW).unwrap();
    place.case.revoke_token(&operator, &id, &token.id, &stamp).unwrap();
    assert_eq!(refused(&place, text, "import", None, NOW), TokenRefused::Revoked);
    place.reopen();
    assert_eq!(refused(&place, text, "import", None, NOW), TokenRefused::Revoked);
    let flood = (0..12).map(|_| by(&place, text, "import", None, NOW).unwrap_err()).last().unwrap();
    assert!(matches!(flood, TokenDenied::TryLater(_)), "and the record is not flooded");
    place.verify();
}

#[test]
fn owners_issue_tokens_for_what_they_may() {
    let place = Place::new();
    place.account("ana", "hhs", &["journalist"], NOW);
    let here = place.enter("ana", None, NOW);
    let issue = |allows: &[&str]| {
        let allows: Vec<String> = allows.iter().map(|word| (*word).to_owned()).collect();
        let request = TokenRequest { label: "sheet", allows: &allows, organisation: None, lifetime: MINUTE };
        place.case.issue_own_token(&here, &request, &stamp(NOW))
    };
    denied(issue(&["export"]).map(|_| ()), "may not export");
    let (text, token) = issue(&["count", "statistics"]).unwrap();
    let by = || place.case.by_token(text.reveal(), HOME, "count", None, NOW).unwrap();
    let through = by().unwrap();
    denied(place.case.revoke_own_token(&through, &token.id, &stamp(NOW)), "program");
    place.case.revoke_own_token(&here, &token.id, &stamp(NOW)).unwrap();
    assert_eq!(by().unwrap_err(), TokenDenied::Refused(TokenRefused::Revoked));
}

#[test]
fn of_two_at_the_door_with_one_code_one_is_let_in() {
    let place = Place::new();
    place.account("mateo", "orr", &["verifier"], NOW);
    let telephone = place.enrol("mateo", NOW);
    for round in 1..4 {
        let at = NOW + round * 5 * MINUTE;
        let code = code_of(&telephone, at);
        let cases: Vec<Case> = (0..4).map(|_| place.again()).collect();
        let barrier = std::sync::Barrier::new(cases.len());
        let outcomes: Vec<SignIn> = std::thread::scope(|scope| {
            let running: Vec<_> = cases
                .into_iter()
                .map(|case| {
                    let (barrier, code) = (&barrier, &code);
                    scope.spawn(move || {
                        barrier.wait();
                        sign_in(&case, "mateo", PASSWORD, Some(code), HOME, at)
                    })
                })
                .collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let let_in = outcomes.iter().filter(|outcome| matches!(outcome, SignIn::SignedIn { .. })).count();
        assert_eq!(let_in, 1, "{outcomes:?}");
    }
    place.verify();
}

#[test]
fn files_of_roles_and_organisations_are_read_and_their_faults_named() {
    let place = Place::new();
    let directory = place.directory.path().join("case");
    let id = place.account("mateo", "orr", &["verifier"], NOW);
    let account = place.case.account(&id).unwrap().unwrap();
    assert_eq!(place.case.organisation_of_list("shelter-portal").unwrap().path(), ["registry", "hhs", "orr"]);
    std::fs::write(
        directory.join("organisations.toml"),
        door::TREE.replace("within = \"hhs\"", "within = \"orr\""),
    )
    .unwrap();
    let cycle = place.case.actor_of(&account, BTreeSet::new()).unwrap_err();
    assert!(matches!(&cycle, Error::Organisations(words) if words.contains("within each other")), "{cycle}");
    std::fs::remove_file(directory.join("organisations.toml")).unwrap();
    let gone = place.case.actor_of(&account, BTreeSet::new()).unwrap_err();
    assert!(matches!(&gone, Error::Organisations(words) if words.contains("\"orr\"")), "{gone}");
    assert_eq!(place.case.organisation_of_list("border").unwrap().path(), ["registry", "border"]);
    std::fs::write(directory.join("organisations.toml"), door::TREE).unwrap();
    std::fs::write(
        directory.join("roles.toml"),
        "[[role]]\nid = \"custodian\"\nname = \"C\"\nname_es = \"C\"\nactions = [\"operate\", \"manage-accounts\"]\n",
    )
    .unwrap();
    let unknown = place.case.actor_of(&account, BTreeSet::new()).unwrap_err();
    assert!(matches!(&unknown, Error::Roles(words) if words.contains("\"verifier\"")), "{unknown}");
    // Such a role can still be taken away.
    place.case.take_role(&place.operator(), &id, "verifier", &stamp(NOW)).unwrap();
    std::fs::write(directory.join("roles.toml"), "[[role]]\n").unwrap();
    assert!(matches!(place.case.operator("operator"), Err(Error::Roles(_))));
}

#[test]
fn an_erased_account_is_nobody_and_the_ledger_holds() {
    let mut place = Place::new();
    let id = place.account("mateo", "orr", &["verifier"], NOW);
    let other = place.account("ana", "orr", &["verifier"], NOW);
    place.enrol("mateo", NOW);
    let operator = place.operator();
    let erase =
        |place: &Place| place.case.erase_account(&operator, "mateo", "left", "letter of 3 May", &stamp(NOW));
    assert!(matches!(erase(&place), Err(Error::Account(_))), "not before it is closed");
    denied(place.case.erase_account(&place.actor("ana"), "mateo", "x", "y", &stamp(NOW)), "manages accounts");
    place.case.close_account(&operator, "mateo", "left", &stamp(NOW)).unwrap();
    erase(&place).unwrap();
    for round in 0..3 {
        assert!(place.case.account(&id).unwrap().is_none() && place.case.account("mateo").unwrap().is_none());
        assert_eq!(place.case.accounts().unwrap().len(), 1);
        place.verify();
        match round {
            0 => place.reopen(),
            _ => place.case.rebuild(&stamp(NOW), &|_, _, _| {}).unwrap(),
        }
    }
    assert!(place.case.account(&other).unwrap().is_some());
    assert!(matches!(place.sign_in("mateo", PASSWORD, None, NOW), SignIn::Refused));
    place.account("mateo", "orr", &[], NOW);
    place.verify();
}
