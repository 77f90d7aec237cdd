//! Progress on stderr, for work of more than a second on a terminal; nothing otherwise.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shows how far a command is.
pub struct Progress {
    started: Instant,
    bar: Mutex<Option<ProgressBar>>,
    shown: bool,
}

impl Progress {
    /// Starts the clock.
    #[allow(clippy::disallowed_methods, reason = "the shell measures how long people wait")]
    pub fn new() -> Self {
        Self { started: Instant::now(), bar: Mutex::new(None), shown: std::io::stderr().is_terminal() }
    }

    /// Says what is being done, and how much of how much.
    pub fn say(&self, what: &str, done: u64, total: u64) {
        if !self.shown || self.started.elapsed() < Duration::from_secs(1) {
            return;
        }
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(total);
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos}/{len} [{elapsed}]") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        bar.set_length(total);
        bar.set_position(done);
        bar.set_message(what.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            bar.finish_and_clear();
        }
    }
}
