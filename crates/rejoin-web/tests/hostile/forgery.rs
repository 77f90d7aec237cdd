//! Requests that a page of another site sends in somebody's name.

use crate::http::form;
use crate::place::Place;

#[test]
fn a_form_that_no_page_of_ours_sent_is_refused() {
    let place = Place::new();
    let lucia = place.enter("lucia").looking("child-care");
    let other = place.enter("diego");
    let path = format!("/person/{}/record", place.child);
    let post = format!("POST {path}");
    let note =
        |csrf: &str| form(&[("csrf", csrf), ("kind", "note-added"), ("text", "written by a stranger")]);
    let right = note(&lucia.csrf);
    let (host, cookies) = (format!("host: {}", place.host()), lucia.cookies());
    let (origin, kind) =
        (format!("origin: {}", place.origin()), "content-type: application/x-www-form-urlencoded");
    let before = place.events();
    let port = place.at.port();
    let foreign: Vec<Vec<String>> = vec![
        vec![],
        vec!["origin: null".into()],
        vec!["origin: https://evil.example".into()],
        vec![format!("origin: http://evil.example:{port}")],
        vec![format!("origin: http://127.0.0.1:{port}.evil.example")],
        vec![format!("origin: http://127.0.0.1:{}", port.wrapping_add(1))],
        vec![format!("origin: http://evil.example#127.0.0.1:{port}")],
        vec![format!("origin: http://127.0.0.1:{port}@evil.example")],
        vec![format!("origin: ftp://127.0.0.1:{port}")],
        vec!["sec-fetch-site: cross-site".into()],
        vec!["sec-fetch-site: same-site".into()],
        vec!["sec-fetch-site: none".into()],
        vec!["sec-fetch-site: same-origin".into(), "origin: https://evil.example".into()],
        vec!["sec-fetch-site: cross-site".into(), origin.clone()],
        vec![format!("referer: http://127.0.0.1:{port}/work")],
    ];
    for heads in &foreign {
        let mut all = vec![host.as_str(), cookies.as_str(), kind];
        all.extend(heads.iter().map(String::as_str));
        let answer = place.send(&post, &all, right.as_bytes());
        assert_eq!(answer.status, 403, "{heads:?}");
    }
    for token in ["", "0", &other.csrf, &lucia.csrf[1..], &format!("{}0", lucia.csrf), &lucia.token] {
        let answer = place.send(&post, &[&host, &cookies, &origin, kind], note(token).as_bytes());
        assert_eq!(answer.status, 403, "{token}");
    }
    // Not in the address, and the first of two counts.
    let in_address = format!("{post}?csrf={}", lucia.csrf);
    assert_eq!(place.send(&in_address, &[&host, &cookies, &origin, kind], note("").as_bytes()).status, 403);
    let twice = format!("csrf=0&{right}");
    assert_eq!(place.send(&post, &[&host, &cookies, &origin, kind], twice.as_bytes()).status, 403);
    assert_eq!(place.events(), before, "and nothing is written");
    // The form itself is right: sent by a page of ours it is taken.
    let answer = place.send(&post, &[&host, &cookies, &origin, kind], right.as_bytes());
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(place.events() > before);
}

/// Forms with a file.
const TAKE_FILES: [&str; 3] = ["/figures/published", "/person/{id}/documents", "/requests/{id}/documents"];
const FILE: &[u8] = b"--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n0\r\n--x\r\n\
    content-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nmetric,value\na,1\n\r\n--x--\r\n";

#[test]
fn every_form_wants_the_token_of_its_session() {
    let place = Place::new();
    let strangers = [
        "/sign-in",
        "/sign-in/passkey",
        "/sign-in/passkey/proof",
        "/invitation",
        "/receipt",
        "/receipt/message",
        "/language",
    ];
    for (name, purpose) in [("lucia", "child-care"), ("ana", "data-quality"), ("admin", "")] {
        let session = place.enter(name).looking(purpose);
        let before = place.events();
        for route in crate::walk::routes() {
            let open = strangers.contains(&route.path.as_str()) || route.path.starts_with("/api/");
            if !route.post || open || route.path == "/lists/new" {
                continue;
            }
            let path = crate::walk::filled(&route.path, &place);
            let (kind, body): (&str, &[u8]) = match TAKE_FILES.contains(&route.path.as_str()) {
                true => ("multipart/form-data; boundary=x", FILE),
                false => ("application/x-www-form-urlencoded", b"csrf=0&what=invite&kind=x"),
            };
            let answer = session.post_as(&path, kind, body);
            assert_eq!(answer.status, 403, "{name} {path}");
        }
        assert_eq!(place.events(), before, "{name}");
        assert_eq!(session.get("/account").status, 200, "{name} is still signed in");
    }
}

#[test]
fn a_name_that_is_not_ours_leads_nowhere() {
    let place = Place::new();
    let lucia = place.enter("lucia");
    let port = place.at.port();
    let names = [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        "127.0.0.1".to_owned(),
        "localhost".to_owned(),
        format!("127.0.0.1:{port}@evil.example"),
        format!("0.0.0.0:{port}"),
        format!("[::1]:{port}"),
        String::new(),
    ];
    for name in names {
        for path in ["/account", "/sign-in", "/static/app.js", "/api/v1/openapi.json", "/nothing"] {
            let answer =
                place.send(&format!("GET {path}"), &[&format!("host: {name}"), &lucia.cookies()], b"");
            assert_eq!(answer.status, 403, "{name} {path}");
            assert!(!answer.text().contains("lucia"), "{name}");
        }
    }
    let none = place.send("GET /account", &[&lucia.cookies()], b"");
    assert!((400..500).contains(&none.status), "without a name: {}", none.status);
    // Both names of this machine are ours.
    for name in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        assert_eq!(place.send("GET /sign-in", &[&format!("host: {name}")], b"").status, 200);
    }
}

#[test]
fn no_form_leads_to_another_site() {
    let place = Place::new();
    let kind = "content-type: application/x-www-form-urlencoded";
    let (host, origin) = (format!("host: {}", place.host()), format!("origin: {}", place.origin()));
    let here = place.origin();
    let from = [
        "https://evil.example/work".to_owned(),
        format!("{here}//evil.example/"),
        format!("{here}/\\evil.example/"),
        format!("{here}///evil.example"),
        format!("{here}@evil.example/"),
        "javascript://x/%0aalert(1)".to_owned(),
        format!("{here}/work"),
    ];
    for referer in from {
        let referred = format!("referer: {referer}");
        let heads: [&str; 4] = [&host, &origin, kind, &referred];
        let answer = place.send("POST /language", &heads, b"language=es");
        let to = answer.header("location").unwrap_or_default().to_owned();
        assert_eq!(answer.status, 303, "{referer}");
        let ours = to == "/" || (to.starts_with('/') && !to[1..].starts_with(['/', '\\']));
        assert!(ours, "{referer} leads to {to}");
    }
}
