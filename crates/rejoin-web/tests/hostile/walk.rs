//! Every address there is, as the sources say: none of them tells a stranger anything, and every answer tells browsers to
//! run and load nothing but what is ours.

use crate::http::Answer;
use crate::place::{Place, Session};
use std::path::Path;

/// An address of the router, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    pub path: String,
    pub get: bool,
    pub post: bool,
}

/// The addresses that the sources give to the router: a new page is walked without being told here.
pub fn routes() -> Vec<Route> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![sources.join("pages.rs"), sources.join("api.rs")];
    files.extend(std::fs::read_dir(sources.join("pages")).unwrap().map(|file| file.unwrap().path()));
    let mut routes = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for route in text.split(".route(").skip(1) {
            let (path, rest) = route.trim_start().trim_start_matches('"').split_once('"').unwrap();
            let rest = rest.split("\n}").next().unwrap().split(';').next().unwrap();
            let (get, post) = (rest.contains("get("), rest.contains("post("));
            assert!(get || post, "{path} in {}", file.display());
            routes.push(Route { path: path.to_owned(), get, post });
        }
    }
    routes.sort();
    assert!(routes.len() > 40, "the sources are read wrong: {routes:?}");
    routes
}

/// An address with something for every name in it.
pub fn filled(path: &str, place: &Place) -> String {
    let path = match path {
        "/figures/{name}" | "/figures/{name}/people" | "/api/v1/measures/{name}" => {
            path.replace("{name}", "separated")
        }
        "/register/{kind}" | "/register/{kind}/draft" => path.replace("{kind}", "child"),
        _ => path.to_owned(),
    };
    let path = if path.starts_with("/jobs") { path.replace("{id}", "1") } else { path };
    path.replace("{id}", &place.child.to_string())
        .replace("{child}", &place.child.to_string())
        .replace("{other}", &place.adult.to_string())
        .replace("{number}", "1")
        .replace("{sequence}", "1")
        .replace("{hash}", &"0".repeat(64))
}

/// A tag of a page: its name, and its attributes.
pub type Tag = (String, Vec<(String, String)>);

/// The tags of a page, as a browser that forgives finds them.
pub fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if !rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            continue;
        }
        let name = rest.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '-').unwrap_or(rest.len());
        let (name, mut inner) = (rest[..name].to_ascii_lowercase(), &rest[name..]);
        let mut attributes = Vec::new();
        loop {
            inner = inner.trim_start_matches(|sign: char| sign.is_whitespace() || sign == '/');
            if inner.is_empty() || inner.starts_with('>') {
                break;
            }
            let end = inner
                .find(|sign: char| sign.is_whitespace() || matches!(sign, '=' | '>'))
                .unwrap_or(inner.len())
                .max(1)
                .min(inner.len());
            let end = (end..=inner.len()).find(|end| inner.is_char_boundary(*end)).unwrap();
            let attribute = inner[..end].to_ascii_lowercase();
            inner = inner[end..].trim_start();
            let mut value = String::new();
            if let Some(after) = inner.strip_prefix('=') {
                inner = after.trim_start();
                let quote = inner.chars().next().filter(|sign| matches!(sign, '"' | '\''));
                let (said, after) = match quote {
                    Some(quote) => inner[1..].split_once(quote).unwrap_or((&inner[1..], "")),
                    None => {
                        let end = inner.find(|sign: char| sign.is_whitespace() || sign == '>');
                        inner.split_at(end.unwrap_or(inner.len()))
                    }
                };
                value = said.to_owned();
                inner = after;
            }
            attributes.push((attribute, value));
        }
        tags.push((name, attributes));
        rest = inner;
    }
    tags
}

/// A page in which nothing runs and nothing is loaded but the program's own files.
pub fn assert_inert(page: &str, where_from: &str) {
    for (name, attributes) in tags(page) {
        let bad = [
            "iframe",
            "object",
            "embed",
            "base",
            "style",
            "foreignobject",
            "template",
            "frame",
            "link",
            "img",
        ];
        let ours = |value: &str| value.starts_with("/static/");
        let source =
            |wanted: &str| attributes.iter().find(|(known, _)| known == wanted).map(|(_, value)| value);
        match name.as_str() {
            "script" | "img" => {
                assert!(source("src").is_some_and(|to| ours(to)), "{where_from}: {name} {attributes:?}");
            }
            "link" => assert!(source("href").is_some_and(|to| ours(to)), "{where_from}: {attributes:?}"),
            _ => assert!(!bad.contains(&name.as_str()), "{where_from}: {name} {attributes:?}"),
        }
        for (attribute, value) in &attributes {
            assert!(!attribute.starts_with("on"), "{where_from}: {name} {attribute}={value}");
            assert!(
                !["style", "srcdoc", "http-equiv"].contains(&attribute.as_str()),
                "{where_from}: {name} {attribute}"
            );
            let address = [
                "src",
                "href",
                "action",
                "formaction",
                "data",
                "poster",
                "srcset",
                "xlink:href",
                "data-draft",
            ];
            if address.contains(&attribute.as_str()) {
                let here = value.starts_with('#') || (value.starts_with('/') && !value.starts_with("//"));
                assert!(here, "{where_from}: {name} {attribute}={value}");
            }
        }
    }
}

/// What every answer has, whatever it is.
pub fn assert_guarded(answer: &Answer, where_from: &str) {
    let policy = answer.header("content-security-policy").unwrap_or_default();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.split(';').any(|said| said.trim() == part), "{where_from}: {part} in {policy:?}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{where_from}: {policy}");
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    for (name, value) in fixed {
        assert_eq!(answer.header(name), Some(value), "{where_from}");
    }
    let kept = answer.header("cache-control").unwrap_or_default();
    // What the program brings itself is the same for everybody.
    let brought = ["GET /static/", "GET /robots.txt"].iter().any(|public| where_from.starts_with(public));
    let public = brought && answer.status == 200;
    assert!(public || kept.contains("no-store"), "{where_from}: {kept}");
}

/// Opens every page that there is, and gives those that came.
pub fn walk(place: &Place, session: &Session<'_>) -> Vec<(String, Answer)> {
    let mut came = Vec::new();
    for route in routes().into_iter().filter(|route| route.get && !route.path.contains("/progress")) {
        let path = filled(&route.path, place);
        let answer = session.get(&path);
        let told = format!("GET {path}");
        assert!(answer.status < 500, "{told}: {} {}", answer.status, answer.text());
        assert_guarded(&answer, &told);
        if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            assert_inert(&answer.text(), &told);
        }
        came.push((path, answer));
    }
    came
}

/// Open to anybody, by purpose.
const OPEN: [&str; 9] = [
    "/api/v1/openapi.json",
    "/healthz",
    "/invitation",
    "/receipt",
    "/robots.txt",
    "/sign-in",
    "/static/app.js",
    "/static/mark.svg",
    "/static/style.css",
];

/// Forms of people who have no session.
const FORMS_OF_STRANGERS: [&str; 8] = [
    "/invitation",
    "/language",
    "/receipt",
    "/receipt/message",
    "/sign-in",
    "/sign-in/passkey",
    "/sign-in/passkey/proof",
    "/sign-out",
];

#[test]
fn every_page_needs_a_session() {
    let place = Place::new();
    let before = place.events();
    for route in routes() {
        let path = filled(&route.path, &place);
        for dead in [None, Some("rejoin=no-such-session"), Some("rejoin="), Some("rejoin=\u{e9}\u{1f480}")] {
            if !route.get || OPEN.contains(&route.path.as_str()) {
                continue;
            }
            let host = format!("host: {}", place.host());
            let cookie = dead.map(|dead| format!("cookie: {dead}"));
            let heads: Vec<&str> = [Some(host.as_str()), cookie.as_deref()].into_iter().flatten().collect();
            let answer = place.send(&format!("GET {path}"), &heads, b"");
            assert_guarded(&answer, &format!("GET {path}"));
            if path.starts_with("/api/") {
                assert_eq!(answer.status, 401, "{path}");
            } else {
                assert_eq!((answer.status, answer.header("location")), (303, Some("/sign-in")), "{path}");
                assert!(answer.body.is_empty(), "{path}: {}", answer.text());
            }
        }
        if route.post && !FORMS_OF_STRANGERS.contains(&route.path.as_str()) {
            let answer = match path.starts_with("/api/") {
                true => place.send(&format!("POST {path}"), &[&format!("host: {}", place.host())], b"{}"),
                false => place.post(&path, &[("csrf", "0")]),
            };
            assert_guarded(&answer, &format!("POST {path}"));
            match path.starts_with("/api/") {
                true => assert_eq!(answer.status, 401, "{path}"),
                false => {
                    assert_eq!((answer.status, answer.header("location")), (303, Some("/sign-in")), "{path}")
                }
            }
        }
    }
    for path in OPEN {
        let answer = place.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert_guarded(&answer, &format!("GET {path}"));
        if !path.contains('.') && path != "/healthz" {
            assert_inert(&answer.text(), path);
        }
    }
    assert_eq!(place.events(), before, "nobody did anything");
}

#[test]
fn every_page_is_guarded_and_inert_for_every_role() {
    let place = Place::new();
    let people = [
        ("lucia", "child-care"),
        ("lucia", "family-tracing"),
        ("marta", "verification"),
        ("diego", "child-care"),
        ("sofia", "child-care"),
        ("ana", "data-quality"),
        ("ines", "oversight"),
        ("omar", "statistics"),
        ("admin", ""),
    ];
    let mut opened = std::collections::BTreeSet::new();
    for (name, purpose) in people {
        for (path, answer) in walk(&place, &place.enter(name).looking(purpose)) {
            if answer.status == 200 {
                opened.insert(path);
            }
        }
    }
    // What nobody could open, nobody has looked at: only the background work of nobody, requests, uploads and documents are not there.
    let closed: Vec<String> = routes()
        .into_iter()
        .filter(|route| route.get && !route.path.starts_with("/api/"))
        .map(|route| filled(&route.path, &place))
        .filter(|path| !opened.contains(path))
        .collect();
    let expected = [
        "/".to_owned(),
        "/jobs/1".to_owned(),
        "/jobs/1/progress".to_owned(),
        "/lists/new/1".to_owned(),
        format!("/person/{}/documents/{}", place.child, "0".repeat(64)),
        format!("/requests/{}", place.child),
        format!("/requests/{}/documents/{}", place.child, "0".repeat(64)),
    ];
    assert_eq!(closed, expected);
    // Errors and redirects, too.
    let lucia = place.enter("lucia");
    for path in ["/", "/nothing", "/person/nobody", "/static/nothing.js", "/figures/nothing", "/matches/a/b"]
    {
        assert_guarded(&lucia.get(path), &format!("GET {path}"));
    }
}

#[test]
fn no_address_leads_to_a_file() {
    let place = Place::new();
    let (ana, lucia) =
        (place.enter("ana").looking("data-quality"), place.enter("lucia").looking("child-care"));
    let climbs = [
        "..%2f..%2f..%2f..%2fetc%2fpasswd",
        "../../../../etc/passwd",
        "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "..%5c..%5c..%5cetc%5cpasswd",
        "%252e%252e%252fetc%252fpasswd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "....//....//etc/passwd",
        "..%00/etc/passwd",
        "..%c0%af..%c0%afetc/passwd",
        "file:///etc/passwd",
        "..%2fCargo.toml",
        "rejoin.sqlite",
        "..%2frejoin.sqlite",
        "organisations.toml",
    ];
    let mut prefixes: Vec<String> = routes()
        .into_iter()
        .filter(|route| route.path.contains('{'))
        .map(|route| route.path.split('{').next().unwrap().to_owned())
        .collect();
    prefixes.extend(["/static/", "/", "/static/../", "/static/..;/"].map(str::to_owned));
    prefixes.dedup();
    for prefix in prefixes {
        for climb in climbs {
            for session in [&ana, &lucia] {
                let path = format!("{prefix}{climb}");
                let answer = session.get(&path);
                assert!(
                    (400..500).contains(&answer.status) || answer.status == 303,
                    "{path}: {}",
                    answer.status
                );
                let text = answer.text();
                let told = ["root:", "[package]", "SQLite format", "[[organisation]]"];
                assert!(!told.iter().any(|part| text.contains(part)), "{path}: {text}");
                // Nor does a problem say where the case is.
                let home = place.directory.path().to_string_lossy().into_owned();
                assert!(!text.contains(&home), "{path}: {text}");
            }
        }
    }
}
