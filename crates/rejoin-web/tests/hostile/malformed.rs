//! What no browser sends: too much, too little, of the wrong type, in no encoding. Each is told to be wrong, none is a
//! mistake of ours or makes the server hang, and it goes on answering.

use crate::http::{Line, form};
use crate::place::{Place, Session};
use std::io::Write;

/// It answers still.
fn alive(place: &Place) {
    assert_eq!(place.get("/healthz").status, 200);
}

fn refused(answer: &crate::http::Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.text());
}

fn urlencoded(session: &Session<'_>, path: &str, body: &[u8]) -> crate::http::Answer {
    session.post_as(path, "application/x-www-form-urlencoded", body)
}

#[test]
fn too_much_is_refused_as_too_much() {
    let place = Place::new();
    let (lucia, ana) =
        (place.enter("lucia").looking("child-care"), place.enter("ana").looking("data-quality"));
    let token = place.token("lucia", &["child-care", "note"]);
    let before = place.events();
    let long = "A".repeat(300 * 1024);
    for path in ["/sign-in", "/receipt", "/receipt/message", "/invitation", "/language"] {
        assert_eq!(place.post(path, &[("name", &long)]).status, 413, "{path}");
    }
    let record = format!("/person/{}/record", place.child);
    for path in [record.as_str(), "/register/child", "/register/child/draft", "/sign-out", "/purpose"] {
        let status = lucia.post(path, &[("kind", "note-added"), ("text", &long)]).status;
        assert_eq!(status, 413, "{path}");
    }
    // A draft has a measure of its own.
    assert_eq!(lucia.post("/register/child/draft", &[("given", &long[..100 * 1024])]).status, 422);
    let heads = [
        format!("host: {}", place.host()),
        format!("authorization: Bearer {token}"),
        "rejoin-purpose: child-care".into(),
    ];
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let body = format!("{{\"kind\":\"note-added\",\"fields\":{{\"text\":\"{long}\"}}}}");
    let path = format!("POST /api/v1/people/{}/facts", place.child);
    assert_eq!(place.send(&path, &heads, body.as_bytes()).status, 413);
    let file = vec![b'a'; 64 * 1024 * 1024 + 128 * 1024];
    assert_eq!(ana.upload("list.csv", &file).status, 413);
    assert_eq!(place.events(), before + 1, "that the token was used, and nothing else");
    // An address, a header and a number of headers have their measure, too.
    for heads in [
        vec![format!("host: {}", place.host()), format!("cookie: rejoin={}", "a".repeat(1024 * 1024))],
        (0..500).map(|number| format!("x-{number}: 1")).collect(),
    ] {
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        refused(&place.send("GET /work", &heads, b""), "heads");
    }
    refused(&place.get(&format!("/search?name={}", "a".repeat(1024 * 1024))), "an address");
    alive(&place);
}

#[test]
fn a_small_file_that_unpacks_to_a_huge_one_is_refused() {
    let place = Place::new();
    let ana = place.enter("ana").looking("data-quality");
    // Zeros, two hundred and fifty-eight to every four bits: a hundred megabytes in a hundred kilobytes.
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bomb.extend(zeros(128 * 1024 * 1024));
    let sent = ana.upload("list.csv.gz", &bomb);
    assert_eq!(sent.status, 303);
    refused(&ana.get(sent.header("location").unwrap()), "a bomb");
    alive(&place);
}

/// Deflated zeros, by the fixed codes: one literal, and then matches of 258 at a distance of one.
fn zeros(count: usize) -> Vec<u8> {
    let (mut out, mut held, mut bits) = (Vec::new(), 0_u64, 0);
    let mut put = |value: u64, count: u32, out: &mut Vec<u8>| {
        held |= value << bits;
        bits += count;
        while bits >= 8 {
            out.push(held as u8);
            held >>= 8;
            bits -= 8;
        }
    };
    // The last block, fixed codes; a literal 0 is 00110000, length 258 is 11000101, distance one is 00000: codes go
    // in from their highest bit.
    put(0b011, 3, &mut out);
    put(0b0000_1100, 8, &mut out);
    for _ in 0..count / 258 {
        put(0b1010_0011, 8, &mut out);
        put(0, 5, &mut out);
    }
    put(0, 7, &mut out);
    put(0, 7, &mut out);
    out
}

#[test]
fn forms_of_no_form_are_refused() {
    let place = Place::new();
    let (lucia, ana) =
        (place.enter("lucia").looking("child-care"), place.enter("ana").looking("data-quality"));
    let before = place.events();
    let record = format!("/person/{}/record", place.child);
    let right = form(&[("csrf", &lucia.csrf), ("kind", "note-added"), ("text", "x")]);
    for kind in [
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "",
        "application/x-www-form",
        "\u{fe}",
    ] {
        refused(&lucia.post_as(&record, kind, right.as_bytes()), kind);
    }
    let host = format!("host: {}", place.host());
    let origin = format!("origin: {}", place.origin());
    refused(
        &place.send(&format!("POST {record}"), &[&host, &origin, &lucia.cookies()], right.as_bytes()),
        "no type",
    );
    for body in [
        "",
        "&&&&",
        "=",
        "%",
        "csrf",
        "csrf=%",
        "csrf=%zz",
        "csrf=\u{0}",
        "a[b]=c",
        "{\"csrf\":1}",
        "\u{ff}=\u{ff}",
    ] {
        refused(&urlencoded(&lucia, &record, body.as_bytes()), body);
    }
    let csrf = format!("csrf={}", lucia.csrf);
    let many = format!("{csrf}{}", "&a".repeat(100_000));
    refused(&urlencoded(&lucia, &record, many.as_bytes()), "many fields");
    let mut invalid = format!("{csrf}&kind=").into_bytes();
    invalid.extend([0xff, 0xfe, 0xc0, 0xaf, b'&', 0x80, b'=']);
    refused(&urlencoded(&lucia, &record, &invalid), "invalid UTF-8");
    for (kind, value) in [
        ("note-added", ""),
        ("note-added", "   "),
        ("no-such-kind", "x"),
        ("contact-tried", "x"),
        ("interview-recorded", "x"),
        ("verification-signed", "x"),
        ("reunification-planned", "x"),
    ] {
        let names =
            ["text", "when", "match", "number", "from", "until", "day", "held", "review", "follow_up_days"];
        for odd in [
            value,
            "-1",
            "99999999999999999999",
            "2018-13-45T99:99",
            "9999-12-31T23:59",
            "-9999-01-01",
            "NaN",
        ] {
            let mut fields = vec![("kind", kind)];
            if kind != "note-added" || value.trim() == odd.trim() {
                fields.extend(names.iter().map(|name| (*name, odd)));
                refused(&lucia.post(&record, &fields), &format!("{kind} {odd}"));
            }
        }
    }
    // Files.
    let csrf = format!("--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n", ana.csrf);
    let file =
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\n1,2\n\r\n";
    let bodies: Vec<(&str, String)> = vec![
        (
            "no end",
            format!(
                "{csrf}--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\n"
            ),
        ),
        ("no token", format!("{file}--x--\r\n")),
        ("the token after the file", format!("{file}{csrf}--x--\r\n")),
        (
            "a wrong token",
            format!("--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n0\r\n{file}--x--\r\n"),
        ),
        ("no file", format!("{csrf}--x--\r\n")),
        (
            "an empty file",
            format!(
                "{csrf}--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--x--\r\n"
            ),
        ),
        ("no name", format!("{csrf}--x\r\ncontent-disposition: form-data\r\n\r\na\r\n--x--\r\n")),
        ("no head", format!("{csrf}--x\r\n\r\na\r\n--x--\r\n")),
        ("another boundary", format!("{csrf}{file}--x--\r\n").replace("--x", "--y")),
        ("nothing", String::new()),
        ("noise", "\u{0}\u{1}\u{ff}".repeat(1000)),
        (
            "many parts",
            format!(
                "{}--x--\r\n",
                "--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n\r\n".repeat(2000)
            ),
        ),
    ];
    for (what, body) in &bodies {
        refused(&ana.post_as("/lists/new", "multipart/form-data; boundary=x", body.as_bytes()), what);
    }
    for kind in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "application/x-www-form-urlencoded",
        "text/csv",
        "",
    ] {
        let whole = format!("{csrf}{file}--x--\r\n");
        refused(&ana.post_as("/lists/new", kind, whole.as_bytes()), kind);
    }
    assert_eq!(place.events(), before, "nothing of it is kept");
    alive(&place);
}

#[test]
fn files_that_are_none_are_told_when_they_are_looked_at() {
    let names = [
        "a.xlsx",
        "a.parquet",
        "a.arrow",
        "a.jsonl",
        "a.json",
        "a.csv.gz",
        "a",
        "a.csv",
        ".",
        "\u{202e}vsc.exe",
    ];
    let nested = "[".repeat(100_000);
    let bytes: [&[u8]; 7] = [
        b"\0\x01\x02\xff\xfe not a file",
        b"PK\x03\x04",
        b"PAR1PAR1",
        b"\x1f\x8b\x08",
        b"\n\n\n",
        b"\"",
        nested.as_bytes(),
    ];
    let pairs: Vec<(&str, &[u8])> = names.iter().flat_map(|name| bytes.map(|bytes| (*name, bytes))).collect();
    // Only a few files wait at a time.
    for few in pairs.chunks(16) {
        let place = Place::new();
        let ana = place.enter("ana").looking("data-quality");
        for (name, bytes) in few {
            let sent = ana.upload(name, bytes);
            assert_eq!(sent.status, 303, "{name}: {}", sent.text());
            let to = sent.header("location").unwrap().to_owned();
            let looked = ana.get(&to);
            assert!(looked.status < 500, "{name} {bytes:.20?}: {}", looked.text());
            let import = [("mapping", "kind = \"shelter-stay\""), ("then", "import")];
            let begun = ana.post(&to, &import);
            assert!(begun.status < 500, "{name}: {}", begun.text());
        }
        if few.len() == 16 {
            assert_eq!(ana.upload("one too many.csv", b"a,b\n1,2\n").status, 429);
        }
        alive(&place);
    }
}

#[test]
fn addresses_and_heads_of_no_browser() {
    let place = Place::new();
    let (lucia, ana) =
        (place.enter("lucia").looking("child-care"), place.enter("ana").looking("data-quality"));
    let paths = [
        "/person/%",
        "/person/%zz",
        "/person/%ff",
        "/person/%00",
        "/person/%c0%af",
        "/person/\u{1f480}",
        "/person/%0d%0aset-cookie:%20a=1",
        "/matches/%ff/%fe",
        "/figures/%ff",
        "/jobs/99999999999999999999",
        "/jobs/-1",
        "/jobs/1e3",
        "/jobs/%ff",
        "/lists/new/abc",
        "/lists/new/18446744073709551615",
        "/lists/new/18446744073709551616",
        "/register/%00",
        "/register/..",
        "/requests/%f0%28%8c%bc",
        "/api/v1/people/%ff",
        "/api/v1/measures/%00",
        "//",
        "/%2f",
        "/person/",
        "/person//readers",
        "/static/%ff",
    ];
    for path in paths {
        for session in [&lucia, &ana] {
            refused(&session.get(path), path);
        }
    }
    let record = [
        "/decisions/abc/undo",
        "/decisions/-1/undo",
        "/decisions/18446744073709551616/undo",
        "/jobs/abc/stop",
        "/jobs/18446744073709551615/stop",
        "/lists/new/abc",
        "/emergencies/%ff",
        "/accounts/%ff",
        "/matches/%ff/%ff",
        "/matches/a/b",
        "/person/%ff/record",
    ];
    for path in record {
        for session in [&lucia, &ana] {
            refused(
                &session.post(
                    path,
                    &[("reason", "x"), ("kind", "note-added"), ("text", "x"), ("verdict", "accept")],
                ),
                path,
            );
        }
    }
    let numbers = [
        "18446744073709551615",
        "9223372036854775807",
        "-1",
        "1e999",
        "%ff",
        "0x10",
        "\u{0661}",
        "999999999999999999999",
        "NaN",
        "%00",
    ];
    for number in numbers {
        let number = if number.is_ascii() { number.to_owned() } else { crate::http::escaped(number) };
        for path in [
            format!("/work?from={number}"),
            format!("/work?whose={number}&list={number}"),
            format!("/matches?from={number}&state={number}"),
            format!("/search?name=luis&from={number}&age={number}&within={number}&birth={number}"),
            format!("/search?name=luis&age=7&within={number}"),
            format!("/figures/separated?on={number}&since={number}&until={number}"),
            format!("/?{number}"),
        ] {
            for session in [&lucia, &ana] {
                let answer = session.get(&path);
                assert!(answer.status < 500, "{path}: {}", answer.text());
            }
        }
    }
    for method in ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT", "BREW", "get"] {
        for path in ["/work", "/static/app.js", "/api/v1/work", "/sign-in", "/nothing"] {
            let heads =
                [format!("host: {}", place.host()), format!("origin: {}", place.origin()), lucia.cookies()];
            let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
            refused(&place.send(&format!("{method} {path}"), &heads, b""), &format!("{method} {path}"));
        }
    }
    // No HTTP at all: refused, or hung up on.
    let host = place.host();
    let noise: Vec<Vec<u8>> = vec![
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n".to_vec(),
        format!("GET /work HTTP/1.1\r\nhost: {host}\r\nhost: evil.example\r\nconnection: close\r\n\r\n").into_bytes(),
        format!("GET http://evil.example/account HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{}\r\n\r\n", lucia.cookies()).into_bytes(),
        format!("POST /sign-in HTTP/1.1\r\nhost: {host}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n").into_bytes(),
        format!("POST /sign-in HTTP/1.1\r\nhost: {host}\r\ncontent-length: -5\r\n\r\n").into_bytes(),
        format!("POST /sign-in HTTP/1.1\r\nhost: {host}\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde").into_bytes(),
        format!("GET /work HTTP/1.1\r\nhost: {host}\r\ncookie: a=b\r\n folded: c\r\n\r\n").into_bytes(),
    ];
    for bytes in noise {
        let mut line = Line::open(place.at).unwrap();
        if let Ok(answer) = line.ask(&bytes) {
            let said = String::from_utf8_lossy(&bytes).into_owned();
            assert!(answer.status < 500 && answer.status != 200, "{said}: {}", answer.status);
        }
    }
    // Two names, of which one is not ours: whoever stands before us may have looked at the other one.
    let (own, signed) = (format!("host: {host}"), lucia.cookies());
    let foreign = "host: evil.example";
    for (first, heads) in [
        ("GET /account", vec![own.as_str(), foreign]),
        ("GET /account", vec![foreign, &own]),
        ("GET http://evil.example/account", vec![&own]),
        ("GET http://evil.example/account", vec![foreign]),
    ] {
        let heads: Vec<&str> = heads.into_iter().chain([signed.as_str()]).collect();
        assert_eq!(place.send(first, &heads, b"").status, 403, "{first} {heads:?}");
    }
    assert_eq!(place.send(&format!("GET http://{host}/account"), &[&own, &signed], b"").status, 200);
    // Connections that stop in the middle of a head or a body hold nothing up.
    let mut held = Vec::new();
    for _ in 0..50 {
        let mut stream = std::net::TcpStream::connect(place.at).unwrap();
        stream
            .write_all(
                format!("POST /sign-in HTTP/1.1\r\nhost: {host}\r\ncontent-length: 1000\r\n\r\nname=")
                    .as_bytes(),
            )
            .unwrap();
        held.push(stream);
    }
    alive(&place);
    assert_eq!(lucia.get("/account").status, 200);
    drop(held);
    alive(&place);
}

/// A case that is given to a name that nobody has would be on nobody's list.
#[test]
fn a_case_is_given_to_who_is_there() {
    let place = Place::new();
    let sofia = place.enter("sofia").looking("child-care");
    let path = format!("/person/{}/record", place.child);
    let give = |to: &str| {
        sofia.post(&path, &[("kind", "assigned"), ("to", to), ("from", "2018-06-26T10:00")]).status
    };
    let before = place.events();
    for nobody in ["nobodyhere", "team:nobody", "a00000000000", "team:", "Lucia Paz"] {
        assert_eq!(give(nobody), 422, "{nobody}");
    }
    assert_eq!(place.events(), before);
    // By the name with which they sign in, or by what the page offers.
    assert_eq!((give("lucia"), give("team:border")), (303, 303));
    let page = sofia.get(&format!("/person/{}", place.child)).text();
    assert!(page.contains("<dd>lucia</dd>") && page.contains("<dd>Border</dd>"), "{page}");
    let mine = place.enter("lucia").looking("child-care").get("/work?whose=mine").text();
    assert!(mine.contains(&format!("/person/{}", place.child)), "{mine}");
}
