//! Passkeys at the registry's door: added by a ceremony that is finished once, found by what the browser says, and good
//! after a restart.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../rejoin-accounts/tests/authenticator/mod.rs"]
mod authenticator;
mod door;

use authenticator::{Authenticator, ORIGIN, SITE};
use door::{HOME, MINUTE, NOW, PASSWORD, Place, entered, stamp};
use rejoin_accounts::passkey::RelyingParty;
use rejoin_accounts::session::Assurance;
use rejoin_accounts::{Proof, Wanted};
use rejoin_registry::{Error, SignIn};

#[test]
fn a_passkey_is_added_once_and_lets_its_owner_in_by_itself() {
    let mut place = Place::new();
    let id = place.account("lucia", "orr", &["verifier"], NOW);
    let site = RelyingParty::new(SITE, "Rejoin", &[ORIGIN]).unwrap();
    let here = place.enter("lucia", None, NOW);
    assert!(here.enrol.is_some());
    let mut key = Authenticator::new(7);
    let (options, ceremony) = place.case.start_passkey(&here, &site, &stamp(NOW)).unwrap();
    place.reopen();
    let response = key.create(&options);
    let finish = |place: &Place| {
        place.case.finish_passkey(&here, &site, &ceremony, &response, "blue key", &stamp(NOW))
    };
    assert_eq!(finish(&place).unwrap().passkeys.len(), 1);
    assert!(matches!(finish(&place), Err(Error::Denied(_))), "a ceremony is finished once");

    // Without a name: the passkey names its account.
    for counter in [1, 2] {
        place.reopen();
        key.counter = counter;
        let (options, ceremony) = place.case.start_passkey_proof(&site, None, NOW).unwrap();
        let response = key.get(&options);
        let proof = place.case.passkey_proof(&site, &ceremony, &response, NOW).unwrap().unwrap();
        assert!(place.case.passkey_proof(&site, &ceremony, &response, NOW).unwrap().is_none(), "replayed");
        let signed = place.case.sign_in("", HOME, Proof::Passkey(proof), NOW).unwrap();
        let SignIn::SignedIn { account, session, assurance } = signed else { panic!("{signed:?}") };
        assert_eq!((account.as_str(), assurance), (id.as_str(), Assurance::Passkey));
        assert!(entered(&place.case, &session, NOW).enrol.is_none());
    }
    // A copy of the key, whose counter lags behind, is refused.
    let (options, ceremony) = place.case.start_passkey_proof(&site, None, NOW).unwrap();
    assert!(place.case.passkey_proof(&site, &ceremony, &key.get(&options), NOW).unwrap().is_none());

    // With a name and a password, the passkey is the second proof.
    let asked = place.sign_in("lucia", PASSWORD, None, NOW);
    let SignIn::MoreNeeded { account, wanted: Wanted::Passkey } = asked else { panic!("{asked:?}") };
    key.counter = 3;
    let (options, late) = place.case.start_passkey_proof(&site, Some(&account), NOW).unwrap();
    let response = key.get(&options);
    assert!(place.case.passkey_proof(&site, &late, &response, NOW + 6 * MINUTE).unwrap().is_none());
    let (options, ceremony) = place.case.start_passkey_proof(&site, Some(&account), NOW).unwrap();
    let proof = place.case.passkey_proof(&site, &ceremony, &key.get(&options), NOW).unwrap().unwrap();
    assert!(matches!(
        place.case.sign_in("", HOME, Proof::Passkey(proof), NOW).unwrap(),
        SignIn::SignedIn { .. }
    ));
    let notes: Vec<String> = place.refusals().into_iter().map(|(_, _, note)| note).collect();
    assert_eq!(notes.len(), 5, "{notes:?}");
    place.verify();
}
