//! Chromium by chromedriver: what a person does at a page, in a few words.

use crate::server::{PASSWORD, PATIENCE, await_line, lines};
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thirtyfour::prelude::*;

/// A chromedriver, and a profile of the browser that nobody else has.
pub struct Driver {
    child: Child,
    address: String,
    profile: tempfile::TempDir,
}

impl Driver {
    /// Starts it; none when the machine has none.
    pub fn start() -> Option<Self> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let said = lines(child.stdout.take().unwrap());
        let port = await_line(&said, "started successfully on port ").expect("chromedriver starts");
        let address = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
        Some(Self { child, address, profile: tempfile::tempdir().unwrap() })
    }

    /// A window. It reaches for nothing but the pages: no updates, no accounts, no first-run page.
    pub async fn session(&self) -> WebDriver {
        let mut chrome = DesiredCapabilities::chrome();
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let flags = [
            "--headless",
            // Tests run as root in containers, where its sandbox cannot be set up; it sees only pages of ours.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            // Scrolling that glides would be caught half-way.
            "--force-prefers-reduced-motion",
            "--lang=en-US",
            &profile,
        ];
        for flag in flags {
            chrome.add_arg(flag).unwrap();
        }
        let driver =
            WebDriver::builder(&self.address, chrome).request_timeout(PATIENCE).connect().await.unwrap();
        // A slow machine takes its time over long pages.
        driver.set_script_timeout(PATIENCE).await.unwrap();
        driver
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A window on the application.
pub struct Browser {
    driver: WebDriver,
    origin: String,
}

/// How wide a window is, and how high: a desk's, and a small phone's.
pub const DESK: (u32, u32) = (1280, 900);
/// A small phone.
pub const PHONE: (u32, u32) = (360, 740);

impl Browser {
    pub fn new(driver: WebDriver, origin: String) -> Self {
        Self { driver, origin }
    }

    /// Tells the browser something by its own protocol.
    pub async fn tell(&self, command: &str, arguments: Value) -> Value {
        let told = self.driver.cdp().send_raw(command, arguments).await;
        told.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Runs a script in the page; gives what it returns.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        let ran = self.driver.execute(script, arguments).await;
        ran.unwrap_or_else(|error| panic!("{script:.80}: {error}")).json().clone()
    }

    /// The same of a script that gives a promise.
    pub async fn run_through(&self, script: &str) -> Value {
        let script = format!(
            "const told = arguments[0]; (async () => {{ {script} }})().then(told, (e) => told({{failed: String(e)}}));"
        );
        let ran = self.driver.execute_async(&script, Vec::new()).await.unwrap();
        let value = ran.json().clone();
        assert!(value.get("failed").is_none(), "{value}");
        value
    }

    /// Opens a page.
    pub async fn go(&self, path: &str) {
        self.driver
            .goto(format!("{}{path}", self.origin))
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Where it is now: path and query.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        url.as_str().trim_start_matches(&self.origin).to_owned()
    }

    async fn find(&self, css: &str) -> WebElement {
        match self.driver.find(By::Css(css)).await {
            Ok(element) => element,
            Err(_) => panic!("{css} is not on {}: {}", self.path().await, self.text("body").await),
        }
    }

    /// How many of them the page has.
    pub async fn count(&self, css: &str) -> usize {
        self.driver.find_all(By::Css(css)).await.unwrap().len()
    }

    /// Whether the page has one.
    pub async fn has(&self, css: &str) -> bool {
        self.count(css).await > 0
    }

    /// The visible words of an element.
    pub async fn text(&self, css: &str) -> String {
        let found =
            self.run("return document.querySelector(arguments[0])?.innerText", vec![json!(css)]).await;
        found.as_str().unwrap_or_default().to_owned()
    }

    /// An attribute of an element.
    pub async fn attribute(&self, css: &str, name: &str) -> String {
        self.find(css).await.attr(name).await.unwrap().unwrap_or_default()
    }

    /// Where every link goes that is found so.
    pub async fn links(&self, css: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map((a) => a.getAttribute('href'))";
        serde_json::from_value(self.run(script, vec![json!(css)]).await).unwrap()
    }

    /// Waits until the page has it: what scripts do takes its time.
    pub async fn wait_for(&self, css: &str) {
        let waited = tokio::time::timeout(PATIENCE, async {
            // While a page is left there is no page to ask.
            while self.driver.find(By::Css(css)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        if waited.await.is_err() {
            panic!("{css} does not come on {}: {}", self.path().await, self.text("main").await);
        }
    }

    /// Clicks.
    pub async fn click(&self, css: &str) {
        let found = self.find(css).await;
        found.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Clicks on what leads to another page, and waits until that is there.
    pub async fn send(&self, css: &str) {
        let mark = "document.documentElement.setAttribute('data-left', '')";
        self.run(mark, vec![]).await;
        self.click(css).await;
        self.wait_for("html:not([data-left]) main").await;
    }

    /// Types into a field, in place of what is there.
    pub async fn fill(&self, css: &str, words: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(words).await.unwrap();
    }

    /// Hands a file to a field.
    pub async fn attach(&self, css: &str, path: &std::path::Path) {
        self.find(css).await.send_keys(path.to_str().unwrap()).await.unwrap();
    }

    /// Chooses from a list.
    pub async fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value=\"{value}\"]")).await;
    }

    /// Presses keys, wherever the focus is.
    pub async fn press(&self, keys: impl Into<thirtyfour::TypingData>) {
        let active = self.driver.active_element().await.unwrap();
        active.send_keys(keys).await.unwrap();
    }

    /// The id of what has the focus.
    pub async fn focus(&self) -> String {
        let id =
            self.run("return document.activeElement.id || document.activeElement.dataset.key", vec![]).await;
        id.as_str().unwrap_or_default().to_owned()
    }

    /// How wide and high the window is.
    pub async fn size(&self, (wide, high): (u32, u32)) {
        let size = json!({"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": wide < 500});
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// On a dark or a light ground.
    pub async fn ground(&self, ground: &str) {
        let feature = json!({"features": [{"name": "prefers-color-scheme", "value": ground}]});
        self.tell("Emulation.setEmulatedMedia", feature).await;
    }

    /// The language of the pages from now on, as the buttons set it.
    pub async fn language(&self, code: &str) {
        let cookie = json!({"name": "language", "value": code, "url": self.origin, "httpOnly": true});
        self.tell("Network.setCookie", cookie).await;
    }

    /// Whoever was here is gone, with what their browser kept.
    pub async fn leave(&self) {
        self.tell("Network.clearBrowserCookies", json!({})).await;
        self.language("en").await;
    }

    /// Signs in as somebody, with the first purpose of theirs.
    pub async fn sign_in(&self, name: &str, password: &str) {
        self.leave().await;
        self.go("/sign-in").await;
        self.fill("#name", name).await;
        self.fill("#password", password).await;
        self.send("form[action=\"/sign-in\"] button:not([type])").await;
        assert_eq!(self.text("#problem").await, "", "{name} signs in");
        assert!(self.has(".leave").await, "{name} is in");
    }

    /// Signs in as one of the demonstration's people, to look for a purpose.
    pub async fn enter(&self, name: &str, purpose: &str) {
        self.sign_in(name, PASSWORD).await;
        let chosen = format!("#purpose option[value=\"{purpose}\"][selected]");
        if !self.has(&chosen).await {
            self.choose("#purpose", purpose).await;
            self.wait_for(&chosen).await;
        }
    }

    /// Puts something on record on a child's page, by its form.
    pub async fn record(&self, child: &str, kind: &str, fields: &[(&str, &str)]) {
        self.go(&format!("/person/{child}#do-{kind}")).await;
        for (name, value) in fields {
            let css = format!("#{kind}-{name}");
            match self.find(&css).await.tag_name().await.unwrap().as_str() {
                "select" => self.choose(&css, value).await,
                _ => self.fill(&css, value).await,
            }
        }
        self.send(&format!("#do-{kind} form button")).await;
        assert_eq!(self.text(".problem").await, "", "{kind} is put on record");
        assert!(self.has(".done").await, "{kind}: the page says that it was done");
    }

    /// A picture of what the window shows.
    pub async fn picture(&self) -> Vec<u8> {
        self.driver.screenshot_as_png().await.unwrap()
    }
}
