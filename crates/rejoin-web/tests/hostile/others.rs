//! What belongs to somebody else: files, jobs, drafts and people out of reach; and pages without the role for them.

use crate::place::Place;

#[test]
fn another_accounts_file_job_and_draft_are_not_there() {
    let place = Place::new();
    let (ana, berta) =
        (place.enter("ana").looking("data-quality"), place.enter("berta").looking("data-quality"));
    let sent = ana.upload("list.csv", b"uac_program_id,first_name,last_name\nS9,PEDRO,MEJIA\n");
    let upload = sent.header("location").unwrap().to_owned();
    assert_eq!(ana.get(&upload).status, 200);
    let nobodys = berta.get("/lists/new/999");
    let others = berta.get(&upload);
    assert_eq!((others.status, others.text()), (nobodys.status, nobodys.text()));
    assert_eq!(berta.post(&upload, &[("mapping", "x"), ("then", "import")]).status, 404);
    let begun = ana.post("/lists/link", &[]);
    let job = begun.header("location").unwrap().to_owned();
    assert_eq!(ana.get(&job).status, 200);
    let nobodys = berta.get("/jobs/999");
    for path in [job.clone(), format!("{job}/progress")] {
        let others = berta.get(&path);
        assert_eq!((others.status, others.text()), (nobodys.status, nobodys.text()), "{path}");
    }
    assert_eq!(berta.post(&format!("{job}/stop"), &[]).status, 404);
    assert!(!berta.get("/lists").text().contains(&format!("href=\"{job}\"")));
    // A draft is found by who typed it, and there is no address of anybody else's.
    let (lucia, diego) = (place.enter("lucia"), place.enter("diego"));
    assert_eq!(lucia.post("/register/child/draft", &[("given", "XOCHITL")]).status, 204);
    assert!(lucia.get("/register/child").text().contains("XOCHITL"));
    assert!(!diego.get("/register/child").text().contains("XOCHITL"));
    assert_eq!(diego.post("/register/child/draft", &[("given", "NINGUNO")]).status, 204);
    assert!(lucia.get("/register/child").text().contains("XOCHITL"));
}

#[test]
fn somebody_hidden_and_nobody_are_one_answer() {
    let place = Place::patient();
    let nobody = "p-00000000000000000000000000";
    let mut nobodies: Vec<String> = vec!["nobody".into(), nobody.into(), "%20".into()];
    // An id in the right form that is nobody's.
    let mut other = place.alone.to_string();
    let last = other.pop().unwrap();
    other.push(if last == '0' { '1' } else { '0' });
    nobodies.push(other);
    let (bruno, omar) =
        (place.enter("bruno").looking("child-care"), place.enter("omar").looking("statistics"));
    // The shelter's own people see the child.
    let diego = place.enter("diego").looking("child-care");
    assert_eq!(diego.get(&format!("/person/{}", place.alone)).status, 200);
    for session in [&bruno, &omar] {
        for way in ["/person/{}", "/person/{}/readers", "/matches/{}/x", "/matches/x/{}"] {
            let of = |id: &str| {
                let answer = session.get(&way.replace("{}", id));
                (answer.status, answer.text())
            };
            let hidden = of(&place.alone.to_string());
            assert!([403, 404].contains(&hidden.0), "{way}: {hidden:?}");
            for nobody in &nobodies {
                assert_eq!(of(nobody), hidden, "{way} {nobody}");
            }
        }
        for way in ["/person/{}/record", "/matches/{}/{}"] {
            let of = |id: &str| {
                let fields = [("kind", "note-added"), ("text", "x"), ("verdict", "accept"), ("reason", "x")];
                let answer = session.post(&way.replace("{}", id), &fields);
                (answer.status, answer.text())
            };
            let hidden = of(&place.alone.to_string());
            assert!([403, 404].contains(&hidden.0), "{way}: {hidden:?}");
            assert_eq!(of(&nobodies[3]), hidden, "{way}");
        }
        // Search does not tell either: by name, by number, by id.
        let id = place.alone.to_string();
        for asked in ["name=MARISOL+QUIEJ+CHOC", "number=A200000009", &format!("code={id}")] {
            let found = session.get(&format!("/search?{asked}")).text();
            assert!(!found.contains(&format!("/person/{id}\"")), "{asked}: {found}");
        }
    }
    // For programs, too.
    let token = place.token("bruno", &["child-care"]);
    let ask = |id: &str| {
        let heads = [
            format!("host: {}", place.host()),
            format!("authorization: Bearer {token}"),
            "rejoin-purpose: child-care".into(),
        ];
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let answer = place.send(&format!("GET /api/v1/people/{id}"), &heads, b"");
        (answer.status, answer.text())
    };
    assert_eq!(ask(&place.alone.to_string()), ask(&nobodies[3]));
    assert_eq!(ask(&nobodies[3]).0, 404);
}

#[test]
fn who_tries_one_id_after_the_other_is_slowed_and_still_told_nothing() {
    // An hour for one more: on a slow machine none comes back while the test runs.
    let place = Place::missing(3_600, 20);
    let bruno = place.enter("bruno").looking("child-care");
    let of = |id: &str| {
        let answer = bruno.get(&format!("/person/{id}"));
        (answer.status, answer.text())
    };
    let tried: Vec<u16> = (0..40).map(|number| of(&format!("nobody{number}")).0).collect();
    assert!(tried.contains(&429) && tried.iter().all(|status| [404, 429].contains(status)), "{tried:?}");
    let hidden = of(&place.alone.to_string());
    assert_eq!(hidden.0, 429);
    assert_eq!(of("nobody"), hidden);
    // Whoever else is there is not made to wait for it.
    let diego = place.enter("diego").looking("child-care");
    assert_eq!(diego.get(&format!("/person/{}", place.alone)).status, 200);
}

#[test]
fn every_refusal_is_on_record() {
    let place = Place::new();
    let refused = |what: &str, ask: &dyn Fn() -> u16, status: &[u16]| {
        let before = place.refusals();
        let got = ask();
        assert!(status.contains(&got), "{what}: {got}");
        assert_eq!(place.refusals(), before + 1, "{what} is not on record");
    };
    let (bruno, omar) =
        (place.enter("bruno").looking("child-care"), place.enter("omar").looking("statistics"));
    let (lucia, admin) = (place.enter("lucia").looking("child-care"), place.enter("admin"));
    let hidden = format!("/person/{}", place.alone);
    refused("a hidden person", &|| bruno.get(&hidden).status, &[404]);
    refused("nobody", &|| bruno.get("/person/nobody").status, &[404]);
    refused("who read", &|| bruno.get(&format!("{hidden}/readers")).status, &[403]);
    let note = [("kind", "note-added"), ("text", "x")];
    refused("a note", &|| bruno.post(&format!("{hidden}/record"), &note).status, &[403]);
    let decision = [("verdict", "accept"), ("reason", "x"), ("relation", "mother")];
    let pair = format!("/matches/{}/{}", place.child, place.adult);
    refused("a decision", &|| bruno.post(&pair, &decision).status, &[403]);
    refused("the ledger", &|| lucia.get("/ledger").status, &[403]);
    refused("figures", &|| lucia.get("/figures").status, &[403]);
    refused("accounts", &|| omar.get("/accounts").status, &[403]);
    refused("verifying", &|| lucia.post("/ledger/verify", &[]).status, &[403]);
    refused("signing", &|| lucia.post("/ledger/sign", &[]).status, &[403]);
    refused("sending a list", &|| lucia.upload("a.csv", b"a,b\n1,2\n").status, &[403]);
    refused("registering", &|| omar.post("/register/child", &[("given", "x")]).status, &[403]);
    refused(
        "an account",
        &|| omar.post("/accounts", &[("name", "x"), ("called", "x"), ("organisation", "registry")]).status,
        &[403],
    );
    refused(
        "a role",
        &|| omar.post("/accounts/omar", &[("what", "give"), ("role", "custodian")]).status,
        &[403, 404],
    );
    refused(
        "a role of one's own",
        &|| admin.post("/accounts/admin", &[("what", "give"), ("role", "custodian")]).status,
        &[403],
    );
    // Of programs: without a right token, and beyond what it is for.
    let heads = |token: &str, purpose: &str| {
        [
            format!("host: {}", place.host()),
            format!("authorization: Bearer {token}"),
            format!("rejoin-purpose: {purpose}"),
        ]
    };
    let token = place.token("omar", &["statistics"]);
    for (what, token, purpose, path, status) in [
        ("no token of ours", "rj_wrong", "statistics", "/api/v1/measures", 401),
        ("another purpose", token.as_str(), "child-care", "/api/v1/measures", 401),
        ("the ledger, by a program", token.as_str(), "statistics", "/api/v1/ledger", 403),
    ] {
        let heads = heads(token, purpose);
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        refused(what, &|| place.send(&format!("GET {path}"), &heads, b"").status, &[status]);
    }
}

#[test]
fn pages_without_their_role_show_nothing() {
    let place = Place::new();
    for (name, purpose, closed) in [
        ("lucia", "child-care", vec!["/figures", "/figures/timeline", "/ledger", "/accounts"]),
        ("omar", "statistics", vec!["/ledger", "/accounts"]),
        ("admin", "", vec!["/figures", "/ledger"]),
        ("ines", "oversight", vec!["/accounts"]),
        ("bruno", "child-care", vec!["/figures", "/ledger", "/accounts"]),
    ] {
        let session = place.enter(name).looking(purpose);
        for path in closed {
            assert_eq!(session.get(path).status, 403, "{name} {path}");
        }
    }
    // Lists, work, searches and reviews of who sees nobody have nobody in them.
    let told = ["SOTO", "LUIS MATEO", "QUIEJ", "A200000002", "IXCOY", "Casa "];
    for (name, purpose) in [("admin", ""), ("omar", "statistics"), ("admin", "data-quality")] {
        let session = place.enter(name).looking(purpose);
        for (path, answer) in crate::walk::walk(&place, &session) {
            let text = answer.text();
            let found: Vec<&str> = told.iter().filter(|part| text.contains(**part)).copied().collect();
            assert!(found.is_empty(), "{name} {path}: {found:?}");
        }
        for asked in ["name=LUIS+MATEO+CRUZ+SOTO", "number=A200000002", "given=LUIS", "surnames=SOTO&age=3"] {
            let text = session.get(&format!("/search?{asked}")).text();
            assert!(!text.contains("/person/"), "{name} {asked}");
        }
    }
}
