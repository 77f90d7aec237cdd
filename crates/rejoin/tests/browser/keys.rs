//! By keyboard alone, without scripts, and with a passkey.

use crate::browser::Browser;
use crate::people::to_a_review;
use crate::server::PASSWORD;
use serde_json::json;
use thirtyfour::Key;

/// Tab until something has the focus.
async fn tab_to(browser: &Browser, id: &str) {
    for _ in 0..30 {
        browser.press(Key::Tab).await;
        if browser.focus().await == id {
            return;
        }
    }
    panic!("Tab does not reach {id}");
}

/// Signs in, walks the work-list, and decides, without a mouse.
pub async fn only_keys(browser: &Browser) {
    browser.leave().await;
    browser.go("/sign-in").await;
    tab_to(browser, "name").await;
    browser.press("lucia").await;
    tab_to(browser, "password").await;
    browser.press(PASSWORD).await;
    browser.press(Key::Enter).await;
    browser.wait_for("table[data-keys]").await;

    let at = "return [...document.querySelectorAll('tbody tr')].findIndex((row) => row.contains(document.activeElement))";
    for (key, row) in [("j", 0), ("j", 1), ("j", 2), ("k", 1)] {
        browser.press(key).await;
        assert_eq!(browser.run(at, vec![]).await, json!(row), "{key}");
    }
    browser.press(Key::Enter).await;
    browser.wait_for("h1 ~ .lead, #family").await;
    assert!(browser.path().await.starts_with("/person/"), "{}", browser.path().await);

    browser.enter("lucia", "family-tracing").await;
    to_a_review(browser).await;
    browser.press("a").await;
    assert_eq!(browser.focus().await, "reason", "a decision begins with its reason");
    browser.press("the same scar is described by both").await;
    browser.press(Key::Escape).await;
    browser.press("a").await;
    assert_eq!(browser.focus().await, "a", "the key puts the focus on the button");
    browser.press(Key::Enter).await;
    browser.wait_for(".done").await;
    assert!(browser.text(".past").await.contains("the same scar"));
}

/// The work can be done where scripts are blocked.
pub async fn no_scripts(browser: &Browser) {
    browser.tell("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    browser.sign_in("lucia", PASSWORD).await;
    // The list's own button is there for whoever has no scripts.
    browser.choose("#purpose", "family-tracing").await;
    browser.send(".purpose button").await;
    browser.go("/work").await;
    browser.choose("#whose", "teams").await;
    browser.send("form[action=\"/work\"] button").await;
    assert!(browser.path().await.contains("whose=teams"));
    to_a_review(browser).await;
    browser.fill("#reason", "the birthplace is still to be asked").await;
    browser.send("[value=needs-evidence]").await;
    assert!(browser.has(".done").await);
    assert!(browser.text(".past").await.contains("the birthplace"));
    browser.tell("Emulation.setScriptExecutionDisabled", json!({"value": false})).await;
}

/// A passkey is made, and opens the door.
pub async fn a_passkey(browser: &Browser) {
    browser.tell("WebAuthn.enable", json!({})).await;
    let key = json!({"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
        "isUserVerified": true, "automaticPresenceSimulation": true,
    }});
    browser.tell("WebAuthn.addVirtualAuthenticator", key).await;
    browser.sign_in("marta", PASSWORD).await;
    browser.go("/account/second-proof").await;
    browser.click("#new-passkey").await;
    browser.wait_for(".done, #passkey-says:not(:empty)").await;
    assert_eq!(browser.text("#passkey-says").await, "", "the passkey is taken");
    browser.send(".leave button").await;
    browser.click("#passkey").await;
    browser.wait_for(".me, #passkey-says:not(:empty)").await;
    assert_eq!(browser.text(".me").await, "Marta Gil", "{}", browser.text("main").await);
    browser.tell("WebAuthn.disable", json!({})).await;
}
