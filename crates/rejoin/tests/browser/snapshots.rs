//! What assistive technology is told of a page: roles, names, levels. People, ids and dates are left out.

use crate::browser::Browser;
use crate::server::Server;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Leaves one row of each table and one item of each list of data, with dots for what is of a person.
const BARE: &str = "
    for (const all of ['tbody', 'main ul', 'main ol']) {
        for (const list of document.querySelectorAll(all)) while (list.children.length > 1) list.lastElementChild.remove();
    }
    const dots = (css) => { for (const one of document.querySelectorAll(css)) one.textContent = '…'; };
    dots('tbody td:not(:has(form)), tbody th, main li a, main li strong, main li .minor, .lead strong, a[href^=\"/person/\"], option + option');
    for (const list of document.querySelectorAll('.bar select')) while (list.children.length > 1) list.lastElementChild.remove();";

/// Roles that say nothing of their own.
const PLAIN: [&str; 9] = [
    "StaticText",
    "InlineTextBox",
    "none",
    "generic",
    "LineBreak",
    "ListMarker",
    "paragraph",
    "LabelText",
    "strong",
];

fn told(nodes: &[Value]) -> String {
    let by_id: BTreeMap<&str, &Value> =
        nodes.iter().filter_map(|node| Some((node["nodeId"].as_str()?, node))).collect();
    let mut text = String::new();
    let mut open: Vec<(&str, usize)> = vec![(nodes[0]["nodeId"].as_str().unwrap(), 0)];
    while let Some((id, deep)) = open.pop() {
        let Some(node) = by_id.get(id) else { continue };
        let role = node["role"]["value"].as_str().unwrap_or_default();
        let shown = node["ignored"] != json!(true) && !PLAIN.contains(&role);
        if shown {
            let name = node["name"]["value"].as_str().unwrap_or_default();
            let _ = write!(text, "{:1$}{role}", "", deep * 2);
            if !name.is_empty() {
                let _ = write!(text, " “{}”", without_numbers(name));
            }
            let level =
                node["properties"].as_array().into_iter().flatten().find(|one| one["name"] == "level");
            if let Some(level) = level {
                let _ = write!(text, " {}", level["value"]["value"]);
            }
            text.push('\n');
        }
        let children = node["childIds"].as_array().into_iter().flatten().rev();
        open.extend(children.filter_map(|child| Some((child.as_str()?, deep + usize::from(shown)))));
    }
    text
}

/// Numbers change with the world that is made up; a run of digits is a #.
fn without_numbers(name: &str) -> String {
    let mut bare = String::new();
    for letter in name.chars() {
        match letter {
            letter if letter.is_ascii_digit() && bare.ends_with('#') => {}
            letter if letter.is_ascii_digit() => bare.push('#'),
            letter => bare.push(letter),
        }
    }
    bare
}

/// Sign-in, work-list, review and receipt, in both languages.
pub async fn of_pages(browser: &Browser, server: &Server) {
    let review = format!("/matches/{}/{}", server.waiting, server.adult);
    browser.leave().await;
    for (name, path) in [("sign-in", "/sign-in"), ("receipt", "/receipt")] {
        of_page(browser, name, path).await;
    }
    browser.enter("lucia", "family-tracing").await;
    for (name, path) in [("work-list", "/work"), ("review", review.as_str())] {
        of_page(browser, name, path).await;
    }
}

async fn of_page(browser: &Browser, name: &str, path: &str) {
    for lang in ["en", "es"] {
        browser.language(lang).await;
        browser.go(path).await;
        browser.run(BARE, vec![]).await;
        let tree = browser.tell("Accessibility.getFullAXTree", json!({})).await;
        insta::assert_snapshot!(format!("{name}-{lang}"), told(tree["nodes"].as_array().unwrap()));
    }
    browser.language("en").await;
}
