//! The description of the interface for programs, held against the server: for every operation, requests that are right,
//! nearly right and hostile. Every answer has a status and a body that the description declares; none is a mistake of ours.

use crate::http::{Answer, escaped};
use crate::place::Place;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Requests for each operation and each of the two scopes, and as many without a token. A token bears a hundred at once.
const ROUNDS: u64 = 90;

/// Seeded numbers (SplitMix64), and whether all that they choose is right for once.
struct Dice(u64, bool);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// Whether something wrong is to be sent now, which is so once in `end` times.
    fn is_wrong(&mut self, end: usize) -> bool {
        self.below(end) == 0 && !self.1
    }

    fn hostile(&mut self) -> String {
        let all = [
            "",
            " ",
            "\0",
            "'",
            "\"; DROP TABLE event; --",
            "<script>alert(1)</script>",
            "../../../etc/passwd",
            "%s%n",
            "{{7*7}}",
            "\u{202e}x",
            "\u{1f480}\u{fe0f}",
            "null",
            "true",
            "NaN",
            "-1",
            "0",
            "1e999",
            "18446744073709551616",
            "9999-99-99",
            "-9999-01-01",
            "2018-02-30",
            "\u{661}\u{662}",
            "a=b=c",
            "=",
            ",,,",
            "\r\nset-cookie: a=b",
            "\u{ffff}",
        ];
        match self.below(20) {
            0 => "A".repeat(5_000),
            1 => "\u{301}".repeat(500),
            2 => format!("p-{}", "0".repeat(26)),
            _ => self.of(&all).to_owned(),
        }
    }
}

fn document(place: &Place) -> Value {
    let answer = place.get("/api/v1/openapi.json");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    serde_json::from_slice(&answer.body).unwrap()
}

/// Whether a value is of a schema's type, with everything that must be there.
fn fits(schema: &Value, value: &Value) -> bool {
    let right = match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    };
    let needed = schema["required"].as_array().into_iter().flatten();
    let there = needed.into_iter().all(|name| value.get(name.as_str().unwrap()).is_some());
    let inner = schema["properties"].as_object().into_iter().flatten();
    right && there && inner.into_iter().all(|(name, of)| value.get(name).is_none_or(|value| fits(of, value)))
}

#[test]
fn the_description_is_whole() {
    let place = Place::new();
    let document = document(&place);
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    assert!(document["servers"][0]["url"].as_str().is_some_and(|url| url.starts_with("http://localhost:")));
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    let mut described = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(["get", "post"].contains(&method.as_str()), "{what}");
            assert!(operation["summary"].as_str().is_some_and(|words| words.len() > 10), "{what}");
            let parameters = operation["parameters"].as_array().unwrap();
            for parameter in parameters {
                assert!(parameter["name"].is_string() && parameter["required"].is_boolean(), "{what}");
                assert!(["path", "query", "header"].contains(&parameter["in"].as_str().unwrap()), "{what}");
                assert!(
                    ["string", "integer"].contains(&parameter["schema"]["type"].as_str().unwrap()),
                    "{what}"
                );
            }
            let named = |name: &str| {
                parameters
                    .iter()
                    .any(|one| one["name"] == name && one["in"] == "path" && one["required"] == true)
            };
            for part in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                assert!(named(part), "{what}: {part}");
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(status.parse::<u16>().is_ok_and(|status| (200..500).contains(&status)), "{what}");
                assert!(response["description"].is_string(), "{what}");
                let schema = &response["content"]["application/json"]["schema"];
                assert_eq!(schema["type"], "object", "{what} {status}");
                for name in schema["required"].as_array().unwrap() {
                    assert!(
                        schema["properties"][name.as_str().unwrap()].is_object(),
                        "{what} {status} {name}"
                    );
                }
            }
            for needed in operation["security"].as_array().unwrap() {
                assert!(
                    needed.as_object().unwrap().keys().all(|scheme| schemes.contains_key(scheme)),
                    "{what}"
                );
            }
            let open = operation["security"].as_array().unwrap().is_empty();
            assert_eq!(open, path == "/api/v1/openapi.json", "{what}");
            described.insert((path.clone(), method.clone()), ());
        }
    }
    // The router has no operation that is not described, and the description none that is not there.
    let routed: BTreeMap<(String, String), ()> = crate::walk::routes()
        .into_iter()
        .filter(|route| route.path.starts_with("/api/"))
        .flat_map(|route| {
            let methods = [route.get.then_some("get"), route.post.then_some("post")];
            methods.into_iter().flatten().map(move |method| ((route.path.clone(), method.to_owned()), ()))
        })
        .collect();
    assert_eq!(described, routed);
}

/// A value for a parameter: right, mostly, or not.
fn value(name: &str, of: &str, place: &Place, dice: &mut Dice) -> String {
    if dice.is_wrong(3) {
        return dice.hostile();
    }
    let (child, adult, alone) = (place.child.to_string(), place.adult.to_string(), place.alone.to_string());
    match name {
        "id" | "code" => dice.of(&[&child, &adult, &alone, &place.card]).to_owned(),
        "child" => dice.of(&[&child, &child, &adult, &alone]).to_owned(),
        "other" => dice.of(&[&adult, &adult, &child, &alone]).to_owned(),
        "name" if of == "path" => {
            rejoin_inquiry::MEASURES[dice.below(rejoin_inquiry::MEASURES.len())].name.to_owned()
        }
        "name" | "given" | "surnames" => {
            dice.of(&["luis", "LUIS MATEO CRUZ SOTO", "sotto", "tzul", "M"]).to_owned()
        }
        "birth_date" | "on" | "from" | "to" => dice.of(&["2018-06-26", "2015", "2015-03", "7"]).to_owned(),
        "whose" => dice.of(&["all", "mine", "teams", "nobody", "any"]).to_owned(),
        "state" => dice.of(&["open", "all", "accepted", "rejected", "needs-evidence", "any"]).to_owned(),
        "sex" => dice.of(&["F", "M", "X"]).to_owned(),
        "country" => dice.of(&["HN", "Honduras", "Nowhere"]).to_owned(),
        "number" => dice.of(&["A200000002", "200000002", "2"]).to_owned(),
        "by" => dice.of(&["month", "place", "sex", "age", "month,sex", "nothing"]).to_owned(),
        "where" => dice.of(&["sex=F", "month=2018-05", "sex", "x=y"]).to_owned(),
        "rejoin-purpose" => dice
            .of(&["child-care", "statistics", "oversight", "family-tracing", "enforcement", "own-file"])
            .to_owned(),
        _ if of == "integer" => dice.of(&["0", "1", "200", "7", "1000000"]).to_owned(),
        _ => "words".to_owned(),
    }
}

/// A body: right, mostly, or not.
fn body(schema: &Value, dice: &mut Dice) -> Vec<u8> {
    let odd: [&[u8]; 8] = [
        b"",
        b"null",
        b"[]",
        b"\"text\"",
        b"{",
        b"\xff\xfe",
        b"{\"kind\":\"note-added\",\"kind\":1}",
        b"1e999",
    ];
    if dice.is_wrong(8) {
        return odd[dice.below(odd.len())].to_vec();
    }
    if dice.is_wrong(8) {
        let deep = dice.below(100_000);
        return [b"{\"fields\":".to_vec(), "[".repeat(deep).into_bytes()].concat();
    }
    let mut object = serde_json::Map::new();
    for (name, of) in schema["properties"].as_object().unwrap() {
        let needed = schema["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
        let left_out = match needed {
            true => dice.is_wrong(6),
            false => dice.below(2) == 0,
        };
        if left_out {
            continue;
        }
        let wrong = [
            json!(null),
            json!(-1),
            json!(1.5),
            json!(true),
            json!([[]]),
            json!({"a": {}}),
            json!(dice.hostile()),
        ];
        let right = match (name.as_str(), of["type"].as_str().unwrap()) {
            ("kind", _) => {
                json!(dice.of(&["note-added", "contact-tried", "assigned", "verification-signed", "nothing"]))
            }
            ("verdict", _) => json!(dice.of(&["accepted", "rejected", "needs-evidence", "perhaps"])),
            ("relation", _) => json!(dice.of(&["mother", "father", "parent", "friend"])),
            ("fields", _) => json!({
                "text": dice.hostile(), "when": "1530000000000000", "channel": "telephone", "reached": "yes", "outcome": "spoke",
                "to": "team:children-services", "from": dice.of(&["1530000000000000", "x", "99999999999999999999"]),
            }),
            (_, "integer") => json!(dice.below(30)),
            _ => json!("called the shelter"),
        };
        let value = if dice.is_wrong(4) { wrong[dice.below(wrong.len())].clone() } else { right };
        object.insert(name.clone(), value);
    }
    serde_json::to_vec(&object).unwrap()
}

fn check(answer: &Answer, operation: &Value, told: &str) {
    assert!(answer.status < 500, "{told}: {}", answer.text());
    let status = answer.status.to_string();
    let declared =
        operation["responses"].get(&status).unwrap_or_else(|| panic!("{told}: {status} is not declared"));
    assert_eq!(answer.header("content-type"), Some("application/json"), "{told} {status}: {}", answer.text());
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{told}: {error}"));
    let schema = &declared["content"]["application/json"]["schema"];
    assert!(fits(schema, &body), "{told} {status}: {body} is no {schema}");
    crate::walk::assert_guarded(answer, told);
}

#[test]
fn every_answer_is_as_described() {
    let place = Place::patient();
    let document = document(&place);
    let scopes: [(&str, &[&str]); 3] = [
        ("lucia", &["child-care", "family-tracing", "note", "record-contact", "decide-match"]),
        ("ines", &["statistics", "oversight", "count", "read-audit"]),
        ("", &[]),
    ];
    let mut answered: BTreeMap<String, BTreeMap<u16, u64>> = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            for (account, allows) in scopes {
                let token = if account.is_empty() { String::new() } else { place.token(account, allows) };
                // Each operation has numbers of its own: another one more or less changes nothing for the rest.
                let mut dice = Dice(
                    path.bytes()
                        .fold(2018, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))),
                    false,
                );
                for round in 0..ROUNDS {
                    // What is asked for must be right now and then, or nothing behind the door is ever looked at.
                    dice.1 = round % 3 == 0;
                    let (mut asked, mut query) = (path.clone(), Vec::new());
                    let mut heads = vec![format!("host: {}", place.host())];
                    if !account.is_empty() {
                        heads.push(format!("authorization: Bearer {token}"));
                    }
                    let mut purpose = None;
                    for parameter in operation["parameters"].as_array().unwrap() {
                        let name = parameter["name"].as_str().unwrap();
                        let inside = parameter["in"].as_str().unwrap();
                        let of = if inside == "path" {
                            inside
                        } else {
                            parameter["schema"]["type"].as_str().unwrap()
                        };
                        let value = value(name, of, &place, &mut dice);
                        match inside {
                            "path" => {
                                // An empty name is another address.
                                let value = if value.is_empty() { "x".to_owned() } else { value };
                                asked = asked.replace(&format!("{{{name}}}"), &escaped(&value));
                            }
                            "query" if dice.below(3) > 0 => query.push(format!("{name}={}", escaped(&value))),
                            "header" => purpose = Some(value.replace(['\r', '\n', '\0'], "")),
                            _ => {}
                        }
                    }
                    let usual = match account {
                        "ines" => "oversight",
                        _ => dice.of(&["child-care", "family-tracing"]),
                    };
                    match dice.is_wrong(4) {
                        true => heads.extend(purpose.map(|purpose| format!("rejoin-purpose: {purpose}"))),
                        false => heads.push(format!("rejoin-purpose: {usual}")),
                    }
                    // So many fields seldom go together: now and then only the address is asked.
                    if dice.below(4) == 0 {
                        query.clear();
                    }
                    if !query.is_empty() {
                        asked = format!("{asked}?{}", query.join("&"));
                    }
                    let body = match operation.get("requestBody") {
                        Some(described) => {
                            let schema = &described["content"]["application/json"]["schema"];
                            heads.push("content-type: application/json".to_owned());
                            body(schema, &mut dice)
                        }
                        None => Vec::new(),
                    };
                    let told = format!(
                        "{account} {method} {asked:.300} {:?} {:.300}",
                        heads.last(),
                        String::from_utf8_lossy(&body)
                    );
                    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
                    let answer = place.send(&format!("{} {asked}", method.to_uppercase()), &heads, &body);
                    check(&answer, operation, &told);
                    let open = operation["security"].as_array().unwrap().is_empty();
                    assert!(open || !account.is_empty() || answer.status == 401, "{told}: {}", answer.status);
                    *answered
                        .entry(format!("{method} {path}"))
                        .or_default()
                        .entry(answer.status)
                        .or_default() += 1;
                }
            }
        }
    }
    for (operation, statuses) in &answered {
        // A fuzz that never gets past the door finds nothing behind it.
        let done: u64 = statuses.iter().filter(|(status, _)| **status < 300).map(|(_, count)| count).sum();
        assert!(done > 0, "{operation} never worked: {statuses:?}");
    }
    assert_eq!(place.get("/healthz").status, 200);
}

#[test]
fn programs_are_told_the_same_form_of_problem_everywhere() {
    let place = Place::new();
    let token = place.token("lucia", &["child-care"]);
    let heads = [format!("host: {}", place.host()), format!("authorization: Bearer {token}")];
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    for first in [
        "GET /api/v1/nothing",
        "GET /api/",
        "PUT /api/v1/work",
        "DELETE /api/v1/people/x",
        "GET /api/v1/people/%ff",
    ] {
        let answer = place.send(first, &heads, b"");
        assert!((400..500).contains(&answer.status), "{first}: {}", answer.status);
        let body: Value =
            serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{first}: {}", answer.text()));
        assert!(["error", "words", "hint"].iter().all(|name| body[*name].is_string()), "{first}: {body}");
    }
}

#[test]
fn callers_of_one_token_are_slowed() {
    let place = Place::new();
    let token = place.token("ines", &["statistics", "count"]);
    let heads = [format!("host: {}", place.host()), format!("authorization: Bearer {token}")];
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut statuses = (0..2000).map(|_| place.send("GET /api/v1/measures", &heads, b"").status);
    assert!(statuses.any(|status| status == 429), "two thousand calls in a row were let through");
}
