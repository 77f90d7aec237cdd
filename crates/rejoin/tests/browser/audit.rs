//! Every page before axe-core and before the catalogues: no violation of WCAG 2.2 AA, no word left in the other language,
//! no key in place of words, nothing that scrolls sideways on a phone.

use crate::browser::{Browser, DESK, PHONE};
use crate::office::send_a_list;
use crate::server::Server;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// axe-core, as its makers give it out. It is run by the driver: the pages' own policy would refuse it as a script.
const AXE: &str = include_str!("axe.min.js");

const RUN: &str = "
    const found = await axe.run(document, {
        runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']},
        resultTypes: ['violations'],
    });
    return found.violations.map((one) => ({
        rule: one.id, at: one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200) + ' ' + node.failureSummary),
    }));";

/// Every piece of text on the page, seen or to be unfolded, read out or shown; what is code or a name for machines is left out.
const TEXTS: &str = "
    const texts = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        if (!walk.currentNode.parentElement.closest('code, pre, textarea, script, noscript, [translate=no]')) texts.push(walk.currentNode.data);
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
        for (const name of ['aria-label', 'title', 'placeholder']) texts.push(element.getAttribute(name) || '');
    }
    texts.push(document.title);
    return texts.map((text) => text.trim()).filter((text) => text);";

/// What sticks out at the side.
const WIDE: &str = "
    const wide = document.documentElement.scrollWidth - arguments[0];
    if (wide <= 0) return [];
    return [...document.querySelectorAll('body *')]
        .filter((element) => element.getBoundingClientRect().right > arguments[0] + 1 && !element.parentElement.closest('.scroll, pre'))
        .map((element) => element.outerHTML.slice(0, 120)).concat([`${wide} pixels`]);";

/// The one-line messages of a catalogue that have no value in them.
fn messages(catalogue: &str) -> BTreeMap<&str, &str> {
    let lines = catalogue.lines().filter_map(|line| line.split_once(" = "));
    lines.filter(|(key, _)| !key.starts_with([' ', '#', '-'])).collect()
}

/// What pages are judged by.
struct Judge {
    english: BTreeMap<&'static str, &'static str>,
    spanish: BTreeMap<&'static str, &'static str>,
    complaints: Vec<String>,
    pages: usize,
}

impl Judge {
    fn words(&mut self, page: &str, lang: &str, texts: &[String]) {
        let (own, other) = match lang {
            "es" => (&self.spanish, &self.english),
            _ => (&self.english, &self.spanish),
        };
        for text in texts {
            let mut words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '-');
            if let Some(key) = words.find(|word| word.contains('-') && own.contains_key(word)) {
                self.complaints.push(format!("{page} ({lang}) shows the key {key}: {text}"));
            }
            let foreign = other.iter().find(|(key, words)| {
                *words == text
                    && text.len() > 3
                    && own.get(*key) != Some(*words)
                    && !own.values().any(|known| known == text)
            });
            if let Some((key, _)) = foreign {
                self.complaints.push(format!("{page} ({lang}) says {key} in the other language: {text}"));
            }
        }
    }

    /// The page as it is: at a desk on light ground, on a phone on dark ground. What the one shows does not depend on the
    /// other: colours are the same at every width, places the same on every ground.
    async fn look(&mut self, browser: &Browser, page: &str, lang: &str) {
        let texts: Vec<String> = serde_json::from_value(browser.run(TEXTS, vec![]).await).unwrap();
        assert!(texts.len() > 5, "{page} says something: {texts:?}");
        self.words(page, lang, &texts);
        browser.run(AXE, vec![]).await;
        for (size, ground) in [(DESK, "light"), (PHONE, "dark")] {
            browser.size(size).await;
            browser.ground(ground).await;
            let found = browser.run_through(RUN).await;
            for one in found.as_array().unwrap() {
                self.complaints.push(format!("{page} ({lang}, {ground}, {}): {one:#}", size.0));
            }
            let wide = browser.run(WIDE, vec![json!(size.0)]).await;
            if wide != Value::Array(Vec::new()) {
                self.complaints.push(format!("{page} ({lang}) scrolls sideways at {}: {wide:#}", size.0));
            }
        }
        self.pages += 1;
    }

    async fn at(&mut self, browser: &Browser, path: &str) {
        for lang in ["en", "es"] {
            browser.language(lang).await;
            browser.go(path).await;
            self.look(browser, path, lang).await;
        }
        browser.language("en").await;
    }
}

/// Every page, as those see it who work with it.
pub async fn every_page(browser: &Browser, server: &Server) {
    let mut judge = Judge {
        english: messages(include_str!("../../../rejoin-web/locale/en.ftl")),
        spanish: messages(include_str!("../../../rejoin-web/locale/es.ftl")),
        complaints: Vec::new(),
        pages: 0,
    };
    assert!(judge.english.len() > 300, "the catalogue is read");
    let (child, review) =
        (format!("/person/{}", server.waiting), format!("/matches/{}/{}", server.waiting, server.adult));
    let readers = format!("{child}/readers");
    browser.leave().await;
    for path in ["/sign-in", "/invitation", "/receipt", "/there-is-nothing"] {
        judge.at(browser, path).await;
    }
    for lang in ["en", "es"] {
        browser.language(lang).await;
        browser.go("/receipt").await;
        browser.fill("#code", &server.code).await;
        browser.send("form[action=\"/receipt\"] button").await;
        judge.look(browser, "/receipt of a card", lang).await;
    }
    let people: [(&str, &str, &[&str]); 6] = [
        (
            "lucia",
            "reunification",
            &[
                "/work",
                "/search?name=maria",
                "/matches",
                &review,
                &child,
                "/requests",
                "/register/request",
                "/register/child",
                "/account",
                "/account/second-proof",
            ],
        ),
        ("sofia", "child-care", &["/supervise", "/emergency", &readers, &child]),
        ("ana", "data-quality", &["/lists"]),
        (
            "ines",
            "oversight",
            &[
                "/figures",
                "/figures/separated?by=month",
                "/figures/separated?by=sector",
                "/figures/time-apart",
                "/figures/published",
                "/figures/timeline",
                "/ledger",
            ],
        ),
        ("omar", "statistics", &["/ledger"]),
        ("admin", "administration", &["/accounts"]),
    ];
    for (name, purpose, pages) in people {
        browser.enter(name, purpose).await;
        for page in pages {
            judge.at(browser, page).await;
        }
        if name == "lucia" {
            browser.go("/requests").await;
            let request = browser.links("main table a").await.swap_remove(0);
            judge.at(browser, &request).await;
        }
        if name == "ana" {
            let job = browser.links("main a[href^=\"/jobs/\"]").await.swap_remove(0);
            judge.at(browser, &job).await;
            let look = send_a_list(browser).await;
            judge.at(browser, &look).await;
        }
    }
    browser.size(DESK).await;
    browser.ground("light").await;
    judge.complaints.dedup();
    assert!(
        judge.complaints.is_empty(),
        "{} complaints:\n{}",
        judge.complaints.len(),
        judge.complaints.join("\n")
    );
    eprintln!("browser: {} pages judged", judge.pages);
}
