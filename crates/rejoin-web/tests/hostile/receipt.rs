//! The page for families: no account, and nothing to be learnt by guessing.

use crate::place::Place;
use rejoin_access::Purpose;
use rejoin_registry::{ReceiptRequest, Seat, Stamp};

fn stamp() -> Stamp {
    Stamp { at_micros: crate::place::now(), actor: "operator".into() }
}

/// A page without what the reader typed into it.
fn without(text: &str, code: &str) -> String {
    text.replace(code, "")
}

#[test]
fn a_wrong_an_erased_and_a_never_issued_code_are_one_answer() {
    let place = Place::new();
    let contact = place.case.receipt_contact().unwrap();
    let request = ReceiptRequest { id: place.alone.to_string(), contact, initials: false };
    let erased = place.case.issue_receipt(&request, &stamp()).unwrap().code;
    let look = |code: &str| place.post("/receipt", &[("code", code)]);
    let there = look(&erased);
    assert_eq!(there.status, 200, "{}", there.text());
    assert!(there.text().contains("+1 555 0100"));
    for told in ["MARISOL", "QUIEJ", "Casa", "200000009", &place.alone.to_string()] {
        assert!(!there.text().contains(told), "{told}");
    }
    let actor = place.case.operator("operator").unwrap();
    let seat = Seat { actor, purpose: Purpose::DataQuality, at_micros: crate::place::now() };
    let desk = place.case.desk(seat).unwrap();
    desk.erase(&place.alone.to_string(), "the family asked", "data protection officer").unwrap();
    // Another case's cards: right in their form, never issued here.
    let elsewhere = Place::new();
    let gone = look(&erased);
    let never = look(&elsewhere.card);
    assert_eq!((gone.status, never.status), (404, 404), "{}", gone.text());
    assert_eq!(without(&gone.text(), &erased), without(&never.text(), &elsewhere.card));
    let leave =
        |code: &str| place.post("/receipt/message", &[("code", code), ("reach", "me"), ("words", "x")]);
    let (gone, never) = (leave(&erased), leave(&elsewhere.card));
    assert_eq!((gone.status, never.status), (404, 404));
    assert_eq!(without(&gone.text(), &erased), without(&never.text(), &elsewhere.card));
}

#[test]
fn guessing_is_slowed_and_a_right_code_does_not_reset_the_count() {
    let place = Place::new();
    let elsewhere = Place::new();
    let look = |code: &str| place.post("/receipt", &[("code", code)]).status;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(look(&elsewhere.card));
        // One's own card, between guesses.
        statuses.push(look(&place.card));
    }
    let first = statuses.iter().position(|status| *status == 429);
    let first = first.unwrap_or_else(|| panic!("never slowed: {statuses:?}"));
    // Ten at once, and one more now and then as time goes by.
    assert!(first >= 8, "{statuses:?}");
    let answered = statuses.iter().filter(|status| **status != 429).count();
    assert!(answered < 20, "right codes let go on guessing: {statuses:?}");
    // The right code tells nothing more then, and a message is no way around.
    let slowed = |answer: crate::http::Answer| answer.status == 429 && !answer.text().contains("555");
    let tries: Vec<bool> = (0..5).map(|_| slowed(place.post("/receipt", &[("code", &place.card)]))).collect();
    assert!(tries.contains(&true));
    let left = |_| {
        place
            .post("/receipt/message", &[("code", place.card.as_str()), ("reach", "x"), ("words", "x")])
            .status
    };
    assert!((0..5).map(left).any(|status| status == 429));
    // A header that says to come from elsewhere is not believed without a proxy.
    let host = format!("host: {}", place.host());
    let origin = format!("origin: {}", place.origin());
    let kind = "content-type: application/x-www-form-urlencoded";
    let body = crate::http::form(&[("code", &place.card)]);
    let forged: Vec<u16> = (0..5)
        .map(|number| {
            let from = format!("x-forwarded-for: 198.51.100.{number}");
            place.send("POST /receipt", &[&host, &origin, kind, &from], body.as_bytes()).status
        })
        .collect();
    assert!(forged.contains(&429), "{forged:?}");
}
