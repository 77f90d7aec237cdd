//! Case workers, verifiers and shelter staff: work-list, person, review, and one child who goes home.

use crate::browser::Browser;
use crate::server::Server;
use serde_json::json;

/// The language buttons change what is said, and what is said is all in the language.
pub async fn both_languages(browser: &Browser) {
    browser.leave().await;
    browser.go("/sign-in").await;
    let english = browser.text("main").await;
    browser.send(".language [value=es]").await;
    assert_eq!(browser.attribute("html", "lang").await, "es");
    assert_ne!(browser.text("main").await, english);
    browser.enter("lucia", "child-care").await;
    browser.go("/work?list=missed-no-reason").await;
    let before = (browser.text("h1").await, browser.text(".top nav").await, browser.text("thead").await);
    browser.send(".language [value=es]").await;
    assert_eq!(browser.path().await, "/work?list=missed-no-reason", "the same page, in the other language");
    let after = (browser.text("h1").await, browser.text(".top nav").await, browser.text("thead").await);
    assert_ne!(before.0, after.0);
    assert_ne!(before.1, after.1);
    assert_ne!(before.2, after.2);
    browser.send(".language [value=en]").await;
    assert_eq!(browser.text("h1").await, before.0);
}

/// How many rows of a work-list are about somebody.
async fn rows_about(browser: &Browser, list: &str, person: &str) -> usize {
    browser.go(&format!("/work?list={list}")).await;
    let mut rows = 0;
    loop {
        rows += browser.count(&format!("tbody a[href=\"/person/{person}\"]")).await;
        let Some(next) = browser.links("a[rel=next]").await.pop() else { return rows };
        browser.go(&next).await;
    }
}

async fn events(browser: &Browser) -> u64 {
    browser.enter("ines", "oversight").await;
    browser.go("/ledger").await;
    let said = browser.text("#ledger-size").await;
    said.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

/// A second person signs, the gate is cleared, a reunification planned, and both sides state the hand-over: the missed
/// clock is off the work-list, and all of it in the ledger.
pub async fn a_child_goes_home(browser: &Browser, server: &Server) {
    let child = server.waiting.as_str();
    let before = events(browser).await;
    browser.enter("lucia", "child-care").await;
    assert!(rows_about(browser, "missed-no-reason", child).await > 0, "the child's clock was missed");

    browser.enter("noe", "verification").await;
    assert_eq!(rows_about(browser, "needs-signature", child).await, 1, "it waits for a second signature");
    let signed = [("outcome", "passed"), ("statement", "I asked anew: both accounts agree")];
    browser.record(child, "verification-signed", &signed).await;
    assert_eq!(rows_about(browser, "needs-signature", child).await, 0);

    browser.enter("lucia", "reunification").await;
    browser
        .record(
            child,
            "gate-cleared",
            &[("reason", "verified by two; wish, choice and safety are on record")],
        )
        .await;
    let plan = [("place", "the shelter's family room"), ("escort", "Lucía Paz")];
    browser.record(child, "reunification-planned", &plan).await;

    // Shelter staff see no match: they type the adult's record from the plan on paper.
    let adult = browser.attribute("#hand-over-sent-to option", "value").await;
    browser.enter("diego", "child-care").await;
    let sent = [
        ("to", adult.as_str()),
        ("place", "the shelter's family room"),
        ("statement", "handed over; both are calm"),
    ];
    browser.record(child, "hand-over-sent", &sent).await;
    browser.enter("lucia", "reunification").await;
    assert_eq!(rows_about(browser, "awaiting-receipt", child).await, 1, "one side has spoken");
    let received =
        [("place", "the shelter's family room"), ("statement", "the child is in the adult's arms")];
    browser.record(child, "hand-over-received", &received).await;

    browser.enter("lucia", "child-care").await;
    for list in ["missed-no-reason", "awaiting-receipt"] {
        assert_eq!(rows_about(browser, list, child).await, 0, "{list}");
    }
    assert!(events(browser).await >= before + 5, "what five people's hands did is in the ledger");
}

/// From a person's page to one of the proposed relatives nobody has decided on.
pub async fn to_a_review(browser: &Browser) {
    browser.go("/work?whose=teams").await;
    for person in browser.links("tbody th a[href^=\"/person/\"]").await {
        browser.go(&person).await;
        if browser.has("#family a[href^=\"/matches/\"]").await {
            browser.send("#family a[href^=\"/matches/\"]").await;
            if browser.count(".past > li").await == 0 {
                return;
            }
        }
    }
    panic!("nobody on the work-list has a proposed relative");
}

/// Work-list, person, review: accepted with a reason, and taken back with another.
pub async fn a_match_is_decided_and_taken_back(browser: &Browser) {
    browser.enter("lucia", "family-tracing").await;
    to_a_review(browser).await;
    let page = browser.path().await;
    assert!(browser.has("svg.weights rect").await, "the evidence is drawn");
    assert!(browser.count(".evidence tr").await > 1, "and told in words");
    // Without a reason nothing is decided: the browser itself holds the form back.
    browser.click("[value=accept]").await;
    assert_eq!(browser.path().await, page);
    browser.fill("#reason", "names and ages agree, and the aunt knows the nickname").await;
    browser.send("[value=accept]").await;
    assert!(browser.has(".done").await);
    assert!(browser.text(".past").await.contains("the aunt knows the nickname"));

    browser.click(".past summary").await;
    browser.fill(".past [name=reason]", "the aunt spoke of another child").await;
    browser.send(".past details button").await;
    assert!(browser.has(".done").await);
    browser.go(&page).await;
    assert!(browser.has(".past s").await, "the decision is struck through, not gone");
    assert!(!browser.has(".past details").await);
}

/// A request by a parent, kept as it is typed, opened, and found again.
pub async fn a_request_is_opened(browser: &Browser) {
    browser.enter("lucia", "family-tracing").await;
    browser.go("/register/request").await;
    for (field, words) in
        [("#given", "María Elena"), ("#first-surname", "Prueba"), ("#child-name", "Tomás Prueba")]
    {
        browser.fill(field, words).await;
    }
    browser.wait_for("[data-draft-says]:not(:empty)").await;
    // Whoever comes back finds what was typed.
    browser.go("/work").await;
    browser.go("/register/request").await;
    let kept = browser.run("return document.querySelector('#child-name').value", vec![]).await;
    assert_eq!(kept, json!("Tomás Prueba"));
    browser.run("document.querySelector('#relation').selectedIndex = 1", vec![]).await;
    browser.send("form[data-draft] button").await;
    assert_eq!(browser.text(".problem").await, "");
    browser.go("/requests").await;
    assert!(browser.text("main table").await.contains("Prueba"), "{}", browser.text("main").await);
}
