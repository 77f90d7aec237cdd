//! Pictures of the main pages for the documentation: taken at every run, kept when they are asked for.

use crate::browser::{Browser, DESK, PHONE};
use crate::office::send_a_list;
use crate::server::Server;
use std::path::Path;

/// What a picture in the repository may weigh.
const HEAVIEST: usize = 250_000;

async fn keep(browser: &Browser, name: &str) {
    let picture = browser.picture().await;
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 5000, "{name}: there is something on it");
    assert!(picture.len() < HEAVIEST, "{name} weighs {} bytes", picture.len());
    if std::env::var_os("REJOIN_SCREENSHOTS").is_some_and(|asked| asked == "1") {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screenshots");
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(format!("{name}.png")), picture).unwrap();
    }
}

/// Takes them all. Nobody on them exists.
pub async fn taken(browser: &Browser, server: &Server) {
    browser.size(DESK).await;
    browser.ground("light").await;
    browser.leave().await;
    browser.go("/sign-in").await;
    keep(browser, "sign-in").await;
    browser.size(PHONE).await;
    browser.go("/receipt").await;
    browser.fill("#code", &server.code).await;
    browser.send("form[action=\"/receipt\"] button").await;
    keep(browser, "receipt").await;
    browser.size(DESK).await;

    let child = format!("/person/{}", server.waiting);
    let review = format!("/matches/{}/{}", server.waiting, server.adult);
    browser.enter("lucia", "reunification").await;
    for (name, path) in [
        ("work-list", "/work"),
        ("person", child.as_str()),
        ("review", review.as_str()),
        ("register", "/register/child"),
    ] {
        browser.go(path).await;
        keep(browser, name).await;
    }
    browser.enter("ana", "data-quality").await;
    send_a_list(browser).await;
    keep(browser, "look").await;
    browser.enter("ines", "oversight").await;
    for (name, path) in [
        ("figures", "/figures/separated?by=month"),
        ("map", "/figures/separated?by=sector"),
        ("timeline", "/figures/timeline"),
    ] {
        browser.go(path).await;
        keep(browser, name).await;
    }
}
