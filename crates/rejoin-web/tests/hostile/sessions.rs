//! Sessions that are planted, stolen, or kept too long.

use crate::place::{PASSWORD, Place};

#[test]
fn a_planted_session_is_not_adopted_and_an_old_one_dies() {
    let place = Place::new();
    let (host, origin) = (format!("host: {}", place.host()), format!("origin: {}", place.origin()));
    let kind = "content-type: application/x-www-form-urlencoded";
    let form = crate::http::form(&[("name", "lucia"), ("password", PASSWORD)]);
    // Of nobody, and of somebody else who wants to see what is typed.
    let attacker = place.enter("diego");
    for planted in ["planted", attacker.token.as_str()] {
        let cookie = format!("cookie: rejoin={planted}");
        let entered = place.send("POST /sign-in", &[&host, &origin, kind, &cookie], form.as_bytes());
        assert_eq!(entered.status, 303);
        let token = entered.cookie("rejoin").unwrap();
        assert_ne!(token, planted);
        let with = place.send("GET /account", &[&host, &cookie], b"");
        assert_eq!(with.header("location"), Some("/sign-in"), "what was there before is nobody's now");
        assert!(token.len() >= 32, "{token}");
    }
    // Signing in again is another session, and the one of this browser ends.
    let first = place.enter("lucia");
    let again = place.send("POST /sign-in", &[&host, &origin, kind, &first.cookies()], form.as_bytes());
    let second = again.cookie("rejoin").unwrap();
    assert_ne!(second, first.token);
    assert_eq!(first.get("/account").status, 303);
    // A guess that fails ends nobody's session.
    let wrong = crate::http::form(&[("name", "lucia"), ("password", "not this one at all")]);
    let cookie = format!("cookie: rejoin={second}");
    let refused = place.send("POST /sign-in", &[&host, &origin, kind, &cookie], wrong.as_bytes());
    assert_eq!(refused.status, 401);
    assert!(refused.cookies().is_empty(), "and sets no cookie");
    assert_eq!(place.send("GET /account", &[&host, &cookie], b"").status, 200);
}

#[test]
fn signing_out_ends_the_session_and_not_only_the_cookie() {
    let place = Place::new();
    let lucia = place.enter("lucia");
    let beside = place.enter("lucia");
    let gone = lucia.post("/sign-out", &[]);
    assert_eq!(gone.status, 303);
    let cookie = gone.cookies()[0].to_owned();
    assert!(cookie.starts_with("rejoin=;") && cookie.contains("Max-Age=0"), "{cookie}");
    assert_eq!(lucia.get("/account").header("location"), Some("/sign-in"));
    assert_eq!(beside.get("/account").status, 200, "another browser's session goes on");
    // A new password ends all of them.
    let renewed = "four rivers and a mule named Paz";
    let fields = [("old", PASSWORD), ("password", renewed), ("again", renewed)];
    assert_eq!(beside.post("/account/password", &fields).status, 303);
    assert_eq!(beside.get("/account").header("location"), Some("/sign-in"));
}

#[test]
fn cookies_are_for_this_site_and_for_no_script() {
    let place = Place::new();
    let entered = place.post("/sign-in", &[("name", "lucia"), ("password", PASSWORD)]);
    let chosen = place.post("/language", &[("language", "es")]);
    let lucia = place.enter("lucia");
    let purpose = lucia.post("/purpose", &[("purpose", "child-care")]);
    for answer in [&entered, &chosen, &purpose] {
        let cookies = answer.cookies();
        assert_eq!(cookies.len(), 1);
        for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookies[0].split("; ").any(|said| said == part), "{part}: {}", cookies[0]);
        }
        assert!(!cookies[0].contains("Domain"), "{}", cookies[0]);
    }
    // Reached by HTTPS, they are bound to it.
    let place = Place::reached(Some("https://rejoin.example.org"));
    let entered = place.post("/sign-in", &[("name", "lucia"), ("password", PASSWORD)]);
    let cookie = entered.cookies()[0].to_owned();
    assert!(
        cookie.starts_with("__Host-rejoin=") && cookie.split("; ").any(|part| part == "Secure"),
        "{cookie}"
    );
    assert!(entered.header("strict-transport-security").is_some());
    let lucia = place.enter("lucia");
    assert_eq!(lucia.get("/account").status, 200);
    // The name without the prefix, which another site of the domain could have set, is not looked at.
    let bare = format!("cookie: rejoin={}", lucia.token);
    let answer = place.send("GET /account", &["host: rejoin.example.org", &bare], b"");
    assert_eq!(answer.header("location"), Some("/sign-in"));
    // This machine's number is no name of it then.
    let direct = format!("host: {}", place.at);
    assert_eq!(place.send("GET /sign-in", &[&direct], b"").status, 403);
}

#[test]
fn a_purpose_that_was_not_granted_is_not_taken() {
    let place = Place::new();
    let omar = place.enter("omar");
    assert_eq!(omar.post("/purpose", &[("purpose", "child-care")]).status, 400);
    assert_eq!(omar.post("/purpose", &[("purpose", "enforcement")]).status, 400);
    // Nor when the cookie is forged.
    for forged in ["child-care", "enforcement", "data-quality", "own-file"] {
        let omar = place.enter("omar").looking(forged);
        assert_eq!(omar.get(&format!("/person/{}", place.child)).status, 404, "{forged}");
    }
}

#[test]
fn guesses_at_a_password_are_slowed_and_tell_nothing() {
    let place = Place::new();
    let guess = |name: &str| place.post("/sign-in", &[("name", name), ("password", "a guess of mine")]);
    let (known, unknown) = (guess("lucia"), guess("no-such-account"));
    assert_eq!((known.status, unknown.status), (401, 401));
    let said = |answer: &crate::http::Answer| answer.text().replace("no-such-account", "lucia");
    assert_eq!(said(&known), said(&unknown), "whether an account is there is not told");
    let statuses: Vec<u16> = (0..40).map(|_| guess("lucia").status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    assert!(statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
}
