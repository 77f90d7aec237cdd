//! A family with a card: no account, the safe words only, and a way to say how they can be reached.

use crate::browser::Browser;
use crate::server::Server;

/// The card is found, word is left, and a worker reads it on the child's page.
pub async fn leaves_word(browser: &Browser, server: &Server) {
    browser.leave().await;
    browser.go("/receipt").await;
    browser.fill("#code", "QQQ-QQQQ-QQQ").await;
    browser.send("form[action=\"/receipt\"] button").await;
    assert!(browser.has(".problem").await, "a code that no card has is refused");
    browser.fill("#code", &server.code).await;
    browser.send("form[action=\"/receipt\"] button").await;
    assert!(browser.text("main").await.contains("+1 555 0100"), "whom to call");
    browser.fill("#reach", "+52 55 0000 0199, after six").await;
    browser.fill("#words", "I am the grandmother").await;
    browser.send("form[action=\"/receipt/message\"] button").await;
    assert!(browser.has(".done").await);

    browser.enter("lucia", "child-care").await;
    browser.go("/work?whose=teams").await;
    let mut read = false;
    for person in browser.links("tbody th a[href^=\"/person/\"]").await {
        browser.go(&person).await;
        read = read || browser.text("#messages").await.contains("+52 55 0000 0199");
        if read {
            break;
        }
    }
    assert!(read, "the message is on the page of a child of the team");
}
