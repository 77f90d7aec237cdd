//! Supervisors, data managers, inspectors, journalists, administrators.

use crate::browser::Browser;
use crate::server::{PASSWORD, Server};

/// What waits for two people, and a case given to somebody.
pub async fn a_supervisor_assigns(browser: &Browser, _: &Server) {
    browser.enter("sofia", "child-care").await;
    browser.go("/supervise").await;
    assert!(browser.has("a[href=\"/work?list=unassigned\"]").await);
    browser.go("/work?whose=nobody").await;
    let person = browser.links("tbody th a[href^=\"/person/\"]").await.swap_remove(0);
    let child = person.trim_start_matches("/person/").to_owned();
    browser.record(&child, "assigned", &[("to", "team:children-services")]).await;
    assert!(browser.text("#history").await.contains("Children's services"), "the team by its name");
}

/// A document is attached to a child's file, and is there to be kept.
pub async fn a_document_is_attached(browser: &Browser, server: &Server) {
    browser.enter("sofia", "child-care").await;
    let directory = tempfile::tempdir().unwrap();
    let deed = directory.path().join("acta.pdf");
    std::fs::write(&deed, b"%PDF-1.7 an invented deed").unwrap();
    browser.go(&format!("/person/{}", server.waiting)).await;
    browser.attach("#document", &deed).await;
    browser.send("#documents form button").await;
    assert!(browser.has(".done").await, "{}", browser.text("main").await);
    assert!(browser.text("#documents").await.contains("acta.pdf"));
    assert_eq!(browser.links("#documents a[download]").await.len(), 1);
}

/// Invented people, in a form of list that the program knows.
const LIST: &str = "A-Number,Last Name,First Name,Date of Birth,Gender,Country of Birth\n\
    900000001,Inventada Prueba,Luz,2013-05-17,F,Honduras\n\
    900000002,Inventado Prueba,Sol,2011-02-28,M,Guatemala\n";

/// Sends the list; gives the address of what the program makes of it.
pub async fn send_a_list(browser: &Browser) -> String {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("invented.csv");
    std::fs::write(&file, LIST).unwrap();
    browser.go("/lists").await;
    browser.attach("#file", &file).await;
    browser.send("form[action=\"/lists/new\"] button").await;
    let path = browser.path().await;
    assert!(path.starts_with("/lists/new/"), "{path}: {}", browser.text("main").await);
    path
}

/// A list is sent, looked at, imported, and records are linked, all in the background.
pub async fn a_list_is_brought_in(browser: &Browser) {
    browser.enter("ana", "data-quality").await;
    send_a_list(browser).await;
    let proposed = browser.text("main").await;
    for seen in ["invented.csv", "First Name", "Inventada Prueba"] {
        assert!(proposed.contains(seen), "{seen}: {proposed}");
    }
    assert!(
        browser
            .run("return document.querySelector('#mapping').value", vec![])
            .await
            .as_str()
            .unwrap()
            .contains("First Name")
    );
    // An office of its own has no list yet: the mapping is corrected, and looked at again.
    let renamed = "const mapping = document.querySelector('#mapping');
        mapping.value = mapping.value.replace('list = \"shelter-portal\"', 'list = \"invented\"');";
    browser.run(renamed, vec![]).await;
    browser.send("[value=look]").await;
    assert!(browser.has("#beside-title").await, "{}", browser.text("main").await);
    browser.send("[value=import]").await;
    browser.wait_for(".done[role=status]").await;
    assert!(browser.text("main dl").await.contains('2'), "{}", browser.text("main").await);
    browser.go("/lists").await;
    browser.send("form[action=\"/lists/link\"] button").await;
    browser.wait_for(".done[role=status]").await;
    browser.go("/lists").await;
    assert_eq!(browser.count("a[href^=\"/jobs/\"]").await, 2, "both jobs are listed");
}

/// Invented figures: one that a measure of ours counts, and one that none does.
const PUBLISHED: &str =
    "id,metric,value,period\na,children still in ORR custody,100,2018-06-20\nb,families moved,5,2018\n";

/// A figure with its breakdown, a map, published figures beside ours, the timeline under its policies, and the ledger verified.
pub async fn figures_and_ledger(browser: &Browser) {
    browser.enter("ines", "oversight").await;
    browser.go("/figures/separated").await;
    browser.click("[name=by][value=month]").await;
    browser.send("form.search button").await;
    assert!(browser.path().await.contains("by=month"));
    assert!(browser.count("table.rows tbody tr").await > 2);
    assert!(browser.has(".chart svg").await);
    browser.go("/figures/timeline").await;
    assert!(browser.has(".chart svg").await);
    assert!(browser.count("#policies-title ~ .scroll tbody tr").await > 0);
    browser.go("/figures/separated?by=sector").await;
    assert!(browser.count(".chart circle.spot").await > 2, "a circle for each sector");
    // From the number to whom it counts, as far as an inspector may see them.
    let counted = browser.links("main a[href*=\"/people?\"]").await.swap_remove(0);
    browser.go(&counted).await;
    assert!(browser.count("tbody th a[href^=\"/person/\"]").await > 2, "{}", browser.text("main").await);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("published.csv");
    std::fs::write(&file, PUBLISHED).unwrap();
    browser.go("/figures/published").await;
    browser.attach("#file", &file).await;
    browser.send("form[action=\"/figures/published\"] button").await;
    assert_eq!(browser.count("#beside-title ~ .scroll tbody tr").await, 2);
    assert_eq!(
        browser.links("#beside-title ~ .scroll tbody a").await.len(),
        1,
        "{}",
        browser.text("main").await
    );
    browser.go("/ledger").await;
    browser.send("form[action=\"/ledger/verify\"] button").await;
    browser.wait_for(".done[role=status]").await;
}

/// Figures, and nobody's file.
pub async fn a_journalist_sees_figures_only(browser: &Browser, server: &Server) {
    browser.enter("omar", "statistics").await;
    assert_eq!(browser.path().await, "/figures", "that is where a journalist begins");
    browser.go("/figures/separated?by=month").await;
    assert!(browser.has("#value-title").await);
    for way in ["/work", "/lists", "/accounts", "/ledger"] {
        assert!(!browser.has(&format!(".top nav a[href=\"{way}\"]")).await, "{way} is not offered");
    }
    assert!(!browser.has("main a[href*=\"/people?\"]").await);
    browser.go("/figures/separated/people").await;
    assert_eq!(browser.count("tbody th a").await, 0, "behind a figure nobody is shown, either");
    browser.go(&format!("/person/{}", server.waiting)).await;
    assert!(browser.has(".problem").await, "for statistics nobody is shown, not even that they are there");
    for elsewhere in ["/ledger", "/accounts"] {
        browser.go(elsewhere).await;
        assert!(browser.has(".problem").await, "{elsewhere} is refused: {}", browser.text("main").await);
    }
}

/// An account is made, its code shown once, and the invited person comes in with a password of their own.
pub async fn somebody_is_invited(browser: &Browser) {
    browser.enter("admin", "administration").await;
    browser.go("/accounts").await;
    browser.fill("form.card #name", "rosa").await;
    browser.fill("#called", "Rosa Vela").await;
    browser.choose("form.card #role", "journalist").await;
    browser.send("form.card button").await;
    let code = browser.text("code.key").await;
    assert!(!code.is_empty(), "{}", browser.text("main").await);
    let secret = "a river has two banks";
    assert_ne!(secret, PASSWORD);
    browser.leave().await;
    browser.go("/invitation").await;
    for (field, words) in
        [("#name", "rosa"), ("#code", code.as_str()), ("#password", secret), ("#again", secret)]
    {
        browser.fill(field, words).await;
    }
    browser.send("form[action=\"/invitation\"] button").await;
    assert!(browser.has(".done").await, "{}", browser.text("main").await);
    browser.sign_in("rosa", secret).await;
    assert_eq!(browser.text(".me").await, "Rosa Vela");
}
