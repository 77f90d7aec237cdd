//! The web application as people meet it: a real Chromium on a demonstration, each role on its main path, in English and
//! Spanish, by keyboard, without scripts, on a phone; every page judged by axe-core (WCAG 2.2 AA) on light and dark
//! grounds.
//!
//! One server and one browser serve all of it: starting them takes longer than most of what is asked of them. So it is one
//! test, told in the order in which the work is done. `REJOIN_SCREENSHOTS=1` writes the pictures of `docs/screenshots`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audit;
mod browser;
mod family;
mod keys;
mod office;
mod people;
mod pictures;
mod server;
mod snapshots;

use browser::Browser;
use server::Server;
use std::io::Write;

#[test]
fn in_a_browser() {
    let Some(driver) = browser::Driver::start() else {
        // Not held back with what passing tests print: `.ci/run` looks for it.
        let _ =
            writeln!(std::io::stderr(), "skipped: no browser (chromedriver); scripts/test.sh installs one");
        return;
    };
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let told = runtime.block_on(async {
        let session = driver.session().await;
        let origin = server.origin.clone();
        session
            .run_and_quit(|session| async {
                let browser = Browser::new(session, origin);
                all(&browser, &server).await;
                Ok::<(), thirtyfour::error::WebDriverError>(())
            })
            .await
    });
    told.unwrap();
}

async fn all(browser: &Browser, server: &Server) {
    // Before anybody has changed anything.
    step("snapshots");
    snapshots::of_pages(browser, server).await;
    step("pictures");
    pictures::taken(browser, server).await;
    // What people do.
    step("languages");
    people::both_languages(browser).await;
    step("a child goes home");
    people::a_child_goes_home(browser, server).await;
    step("a match is decided and taken back");
    people::a_match_is_decided_and_taken_back(browser).await;
    step("a request is opened");
    people::a_request_is_opened(browser).await;
    step("a family leaves word");
    family::leaves_word(browser, server).await;
    step("a supervisor assigns");
    office::a_supervisor_assigns(browser, server).await;
    step("a document is attached");
    office::a_document_is_attached(browser, server).await;
    step("a list is brought in");
    office::a_list_is_brought_in(browser).await;
    step("figures");
    office::figures_and_ledger(browser).await;
    step("a journalist");
    office::a_journalist_sees_figures_only(browser, server).await;
    step("an account");
    office::somebody_is_invited(browser).await;
    step("keys");
    keys::only_keys(browser).await;
    step("no scripts");
    keys::no_scripts(browser).await;
    step("a passkey");
    keys::a_passkey(browser).await;
    // Every page as it is after all that.
    step("audit");
    audit::every_page(browser, server).await;
}

fn step(name: &str) {
    eprintln!("browser: {name}");
}
