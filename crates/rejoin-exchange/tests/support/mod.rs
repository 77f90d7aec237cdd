//! Where the sample feeds are.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::Write;
use std::path::{Path, PathBuf};

/// The sample feeds by name, or none with a visible line when the data is not there.
pub fn samples() -> Vec<(String, Vec<u8>)> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let directory = std::env::var_os("REJOIN_DATA").map_or(beside, PathBuf::from).join("pfif");
    let Ok(entries) = std::fs::read_dir(&directory) else {
        // Not through the test harness's capture: a skipped test must be seen.
        let _ = writeln!(std::io::stderr(), "skipped: no data (pfif); set REJOIN_DATA to run this test");
        return Vec::new();
    };
    let mut samples: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "xml"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    samples.sort();
    samples
}

/// A feed of a version around some elements.
pub fn feed(version: &str, inner: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\"?>\n<p:pfif xmlns:p=\"http://zesty.ca/pfif/{version}\">{inner}</p:pfif>")
        .into_bytes()
}
