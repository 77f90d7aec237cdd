//! Scripts, and what becomes one, in every field that somebody can fill, and every page that shows it.

use crate::http::Answer;
use crate::place::{Place, import};
use crate::walk::{assert_guarded, assert_inert, walk};

const SCRIPT: &str = "<script>alert(1)</script>";

fn payloads() -> Vec<String> {
    let mut all: Vec<String> = [
        SCRIPT,
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover=alert(1) x='",
        "javascript:alert(1)",
        "</textarea></title></svg><script>alert(1)</script>",
        "<svg/onload=alert(1)>",
        "<style>*{background:url(//evil.example)}</style>",
        "<!--<script>",
        "{{7*7}} ${7*7} {% include \"/etc/passwd\" %}",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "before\0after",
        "\u{202e}drowssap \u{feff}\u{2028}",
        "=HYPERLINK(\"http://evil.example\")",
        "line\r\nset-cookie: planted=1",
    ]
    .map(str::to_owned)
    .to_vec();
    // Long, and yet so short that a form with it in every field is not too much.
    all.push("A".repeat(8_000));
    all
}

/// An answer that is no mistake of ours, and in which nothing runs.
fn fine(answer: &Answer, what: &str) {
    assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.text());
    assert_guarded(answer, what);
    assert!(answer.header("set-cookie").is_none(), "{what}");
    if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
        assert_inert(&answer.text(), what);
    }
}

/// Whether a page shows the script as text: the test would prove nothing on a page without it.
fn shows(page: &str) -> bool {
    page.contains("&#60;script&#62;alert(1)") || page.contains("&lt;script&gt;alert(1)")
}

#[test]
fn what_is_registered_and_noted_is_shown_as_text() {
    let place = Place::patient();
    let lucia = place.enter("lucia").looking("child-care");
    let child = [
        "given",
        "first-surname",
        "second-surname",
        "also-known-as",
        "sex",
        "birth",
        "age",
        "country",
        "birthplace",
        "language",
        "alien-number",
        "mother",
        "father",
        "phone",
        "address",
        "separated-on",
        "separated-place",
        "separation-reason",
        "placed",
        "facility",
        "found-where",
        "found-by",
        "clothes",
        "songs",
        "accent",
        "marks",
        "wishes",
        "withhold",
        "key",
    ];
    let request = [
        "given",
        "first-surname",
        "second-surname",
        "birth",
        "sex",
        "country",
        "birthplace",
        "phone",
        "address",
        "alien-number",
        "child-name",
        "child-birth",
        "child-age",
        "child-sex",
        "separated-on",
        "separated-place",
        "news",
        "message",
        "key",
    ];
    let tracing = place.enter("lucia").looking("family-tracing");
    let mut registered = 0;
    for (number, payload) in payloads().iter().enumerate() {
        let payload = payload.as_str();
        for (kind, names) in [("child", &child[..]), ("request", &request[..])] {
            let mut fields: Vec<(&str, &str)> = names.iter().map(|name| (*name, payload)).collect();
            fields.push(("relation", "mother"));
            let what = format!("{kind} {:.40}", payload);
            let kept = lucia.post(&format!("/register/{kind}/draft"), &fields);
            fine(&kept, &what);
            let form = lucia.get(&format!("/register/{kind}"));
            fine(&form, &what);
            let answer = lucia.post(&format!("/register/{kind}"), &fields);
            fine(&answer, &what);
            if let Some(to) = answer.header("location") {
                registered += 1;
                let page = lucia.get(to);
                fine(&page, &format!("{what} {to}"));
                let text = page.text();
                assert!(!text.contains('\0'));
                if payload.contains(SCRIPT) && page.status == 200 {
                    assert!(shows(&text), "{to} shows nothing of it: {text}");
                }
                fine(&lucia.get(&format!("{}/readers", to.split('?').next().unwrap())), &what);
            } else {
                assert_eq!(answer.status, 422, "{what}: {}", answer.text());
            }
        }
        // A form with something missing is shown again with all that was typed.
        let again = lucia.post("/register/request", &[("given", payload), ("news", payload)]);
        fine(&again, "again");
        assert_eq!(again.status, 422);
        let path = format!("/person/{}", place.child);
        for fields in [
            vec![("kind", "note-added"), ("text", payload)],
            vec![
                ("kind", "contact-tried"),
                ("when", "2018-06-26T14:30"),
                ("channel", payload),
                ("reached", "no"),
                ("outcome", payload),
            ],
            vec![("kind", "separation-reported"), ("number", "1"), ("told_by", payload), ("words", payload)],
            vec![("kind", "unassigned"), ("to", payload), ("reason", payload)],
            vec![("kind", payload), ("text", payload)],
            vec![("kind", "note-added"), ("text", "x"), ("key", payload), ("expected", payload)],
        ] {
            fine(&lucia.post(&format!("{path}/record"), &fields), &format!("{fields:.60?}"));
        }
        let page = lucia.get(&path);
        fine(&page, &path);
        let decided = [("verdict", "needs-evidence"), ("reason", payload)];
        let pair = format!("/matches/{}/{}", place.child, place.adult);
        fine(&tracing.post(&pair, &decided), &pair);
        fine(&tracing.get(&pair), &pair);
        let left = [("code", place.card.as_str()), ("reach", payload), ("words", payload)];
        fine(&place.post("/receipt/message", &left), "message");
        fine(&place.post("/receipt", &[("code", payload)]), "receipt");
        // Every field is searched with some of them, and every one of them in some fields.
        let fields =
            ["name", "given", "number", "code", "place", "birth", "country", "from", "sex", "surnames"];
        for field in fields.iter().cycle().skip(3 * number).take(3) {
            let asked = format!("/search?{}", crate::http::form(&[(field, payload), ("name", payload)]));
            let found = lucia.get(&asked);
            fine(&found, &asked[..asked.len().min(80)]);
        }
        fine(
            &place.post("/sign-in", &[("name", payload), ("password", payload), ("code", payload)]),
            "sign-in",
        );
        let invitation = crate::http::form(&[("name", payload), ("code", payload)]);
        fine(&place.get(&format!("/invitation?{invitation}")), "invitation");
    }
    assert!(registered >= 20, "{registered}");
    let noted = lucia.get(&format!("/person/{}", place.child));
    assert!(shows(&noted.text()), "the note is shown: {} {}", noted.status, noted.text());
    // Whoever opens whichever page now finds nothing that runs.
    for (name, purpose) in [
        ("lucia", "child-care"),
        ("lucia", "family-tracing"),
        ("sofia", "child-care"),
        ("ana", "data-quality"),
        ("ines", "oversight"),
        ("diego", "child-care"),
    ] {
        walk(&place, &place.enter(name).looking(purpose));
    }
}

#[test]
fn names_of_accounts_are_text() {
    let place = Place::new();
    let admin = place.enter("admin");
    for (number, payload) in payloads().iter().enumerate() {
        let payload = payload.as_str();
        let name = format!("new{number}");
        let fields = [
            ("name", name.as_str()),
            ("called", payload),
            ("organisation", "registry"),
            ("role", "journalist"),
        ];
        let made = admin.post("/accounts", &fields);
        fine(&made, &format!("account {payload:.40}"));
        fine(
            &admin.post(
                "/accounts",
                &[("name", payload), ("called", payload), ("organisation", payload), ("role", payload)],
            ),
            "odd",
        );
        fine(
            &admin.post(
                &format!("/accounts/{}", crate::http::escaped(payload)),
                &[("what", "suspend"), ("reason", payload)],
            ),
            "odd id",
        );
        fine(&admin.post("/accounts/lucia", &[("what", "give"), ("role", payload)]), "odd role");
        fine(&admin.get("/accounts"), "accounts");
    }
    let page = admin.get("/accounts").text();
    assert!(shows(&page), "{page}");
    // The one whose name it is sees it at the top of every page.
    let (_, code) = {
        let operator = place.case.operator("operator").unwrap();
        let stamp = rejoin_registry::Stamp { at_micros: crate::place::now(), actor: "operator".into() };
        place.case.invite(&operator, "new0", &stamp).unwrap()
    };
    let password = crate::place::PASSWORD;
    let fields = [("name", "new0"), ("code", code.reveal()), ("password", password), ("again", password)];
    assert_eq!(place.post("/invitation", &fields).status, 303);
    let own = place.enter("new0").looking("statistics");
    assert!(shows(&own.get("/account").text()));
    walk(&place, &own);
}

#[test]
fn files_are_shown_as_text_and_leave_as_text() {
    let place = Place::new();
    let ana = place.enter("ana").looking("data-quality");
    let heads = "uac_program_id,A Number,first_name,last_name,gender,dob,COO,Date Apprehended,Admission Date,program_name";
    for (number, payload) in payloads().iter().enumerate() {
        let payload = payload.as_str();
        let quoted = format!("\"{}\"", payload.replace('"', "\"\""));
        let cells = [quoted.as_str(); 10].join(",");
        let file = format!("{heads},{quoted}\nX{number},{cells}\n{cells},{quoted}\n");
        let name = payload.replace('"', "%22").replace(['\r', '\n', '\0'], " ");
        // Of a path the last part is the name: all of the payload stands in it as well, but for what parts a path.
        let last = name.replace(['/', '\\'], "");
        let sent = ana.upload(&format!("{name}/{last}.csv"), file.as_bytes());
        assert_eq!(sent.status, 303, "{}", sent.text());
        let to = sent.header("location").unwrap().to_owned();
        let page = ana.get(&to);
        fine(&page, &format!("{to} {payload:.40}"));
        if payload == SCRIPT {
            assert!(shows(&page.text()), "{}", page.text());
        }
        fine(&ana.post(&to, &[("mapping", payload)]), "mapping");
        fine(&ana.post(&to, &[("mapping", payload), ("then", "import"), ("extent", payload)]), "mapping");
        let page = page.text();
        let mapping = page.split("name=\"mapping\"").nth(1).and_then(|rest| rest.split_once('>'));
        let mapping =
            mapping.and_then(|(_, rest)| rest.split_once("</textarea>")).map(|(text, _)| unescaped(text));
        if let (Some(mapping), 0) = (mapping, number) {
            let begun = ana.post(&to, &[("mapping", &mapping), ("then", "import"), ("extent", "part")]);
            assert_eq!(begun.status, 303, "{}", begun.text());
            let job = begun.header("location").unwrap().to_owned();
            for _ in 0..600 {
                let page = ana.get(&job);
                fine(&page, &job);
                if !page.text().contains("/stop\"") {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            assert!(shows(&ana.get(&job).text()), "the job tells the file's name: {}", ana.get(&job).text());
            let lists = ana.get("/lists").text();
            assert!(shows(&lists), "{lists}");
        }
        walk(&place, &ana);
    }
}

fn unescaped(text: &str) -> String {
    let text = text.trim_start_matches('\n');
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn figures_draw_no_script_and_a_spreadsheet_evaluates_nothing() {
    let mut place = Place::new();
    let mut shelter = String::from(
        "uac_program_id,A Number,first_name,last_name,gender,dob,COO,Date Apprehended,Admission Date,program_name\n",
    );
    let mut border = String::from(
        "Civ ID,A-Number,Family Unit Group#,First Name,Last Name,Gender,BIRTH_DATE,CITIZENSHIP,Apprehension Date,Station\n",
    );
    let hostile =
        payloads().into_iter().chain(["+1+1", "-1-1", "@SUM(1)", "\t=1", "=1", "'=1"].map(str::to_owned));
    for (number, payload) in hostile.enumerate() {
        let quoted = format!("\"{}\"", payload.replace('"', "\"\""));
        let row = format!(
            "H{number},A2100000{number:02},{quoted},{quoted},Male,3/2/2015,{quoted},5/12/2018,5/20/2018,{quoted}\n"
        );
        shelter += &row;
        border += &format!(
            "{},A2100000{number:02},FMU9,{quoted},{quoted},M,3/2/2015,{quoted},5/12/2018,{quoted}\n",
            100 + number
        );
    }
    import(&mut place.case, "shelter-portal", &shelter);
    import(&mut place.case, "border-apprehensions", &border);
    let stamp = rejoin_registry::Stamp { at_micros: crate::place::now(), actor: "operator".into() };
    place.case.link(&stamp, &|_, _, _| {}).unwrap();
    let ines = place.enter("ines").looking("oversight");
    let groups: Vec<&str> = rejoin_inquiry::group::GROUPS.iter().map(|group| group.name).collect();
    let (mut drawn, mut shown, mut taken) = (0, 0, 0);
    let mut look = |path: &str, way: usize| {
        let what = &path[..path.len().min(120)];
        let answer = ines.get(&format!("{path}{}", ["", "&as=csv", "&as=json"][way % 3]));
        fine(&answer, what);
        let kind = answer.header("content-type").unwrap_or_default();
        if kind == "application/json" {
            serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap();
        } else if kind.starts_with("text/csv") {
            taken += 1;
            let name = answer.header("content-disposition").unwrap();
            assert!(name.starts_with("attachment; filename=\""), "{name}");
            let text = answer.text();
            let cells = text.split(['\n', ',']).map(|cell| cell.trim_start_matches('"'));
            let evaluated = |cell: &str| cell.starts_with(['=', '+', '@', '\t', '\r']) && cell != "\r";
            let bad: Vec<&str> = cells.filter(|cell| evaluated(cell)).collect();
            assert!(bad.is_empty(), "{what}: {bad:?}");
        } else {
            drawn += answer.text().matches("<svg").count();
            shown += usize::from(shows(&answer.text()));
        }
    };
    // Every measure by every group, now as a page, now as a file: all of them in all forms would take minutes.
    for (at, measure) in rejoin_inquiry::MEASURES.iter().enumerate() {
        let id = if measure.needs.contains(&"id") { "&id=ms-l-under-five" } else { "" };
        for (number, group) in groups.iter().enumerate() {
            look(&format!("/figures/{}?by={group}&on=2018-06-01{id}", measure.name), at + number);
        }
    }
    for (number, payload) in payloads().iter().enumerate() {
        let measure = rejoin_inquiry::MEASURES[number % rejoin_inquiry::MEASURES.len()].name;
        let group = groups[number % groups.len()];
        for fields in [
            [("by", payload.as_str()), ("on", "2018-06-01"), ("where", SCRIPT)],
            [("by", group), ("on", payload), ("where", &format!("{group}={SCRIPT}"))],
            [(payload, group), ("id", payload), ("where", &format!("{payload}={payload}"))],
        ] {
            look(&format!("/figures/{measure}?{}", crate::http::form(&fields)), number);
        }
    }
    assert!(drawn > 0 && shown > 0 && taken > 0, "{drawn} pictures, {shown} with a script, {taken} files");
    fine(&ines.get("/figures/timeline"), "timeline");
}
