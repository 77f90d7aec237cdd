//! Runs the program as a user does, in a directory of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A case in a temporary directory.
pub struct Case {
    directory: tempfile::TempDir,
}

impl Case {
    /// An empty case.
    pub fn new() -> Self {
        let case = Self { directory: tempfile::tempdir().unwrap() };
        assert!(rejoin(&["init", case.path().to_str().unwrap()]).status.success());
        case
    }

    /// A case with a synthetic world imported; gives the lists' directory too.
    pub fn of_world(children: usize, adults: usize) -> (Self, tempfile::TempDir) {
        let lists = world(children, adults);
        let case = Self::new();
        case.ok(&[
            "import",
            &file(&lists, "border-apprehensions.csv"),
            &file(&lists, "prosecution-referrals.csv"),
            &file(&lists, "adult-detention.csv"),
            &file(&lists, "shelter-portal.csv"),
            &file(&lists, "tracing-requests.csv"),
        ]);
        (case, lists)
    }

    /// A copy of the case and its keys, file by file, elsewhere.
    pub fn copy(&self) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for part in ["case", "case.keys"] {
            std::fs::create_dir(directory.path().join(part)).unwrap();
            for entry in std::fs::read_dir(self.directory.path().join(part)).unwrap() {
                let entry = entry.unwrap();
                std::fs::copy(entry.path(), directory.path().join(part).join(entry.file_name())).unwrap();
            }
        }
        Self { directory }
    }

    /// Where the case is.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("case")
    }

    /// Runs a command on the case.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let path = self.path();
        let mut all = vec!["-C", path.to_str().unwrap()];
        all.extend(arguments);
        rejoin(&all)
    }

    /// Runs a command that must succeed; gives its output.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must succeed and prints JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        serde_json::from_str(&self.ok(&all)).unwrap()
    }

    /// Writes a file beside the case and gives its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// Runs the program.
pub fn rejoin(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rejoin"));
    command
        .args(arguments)
        .env_remove("COLUMNS")
        .env_remove("REJOIN_LANG")
        .env_remove("REJOIN_ACTOR")
        .output()
        .unwrap()
}

/// A synthetic world on disk.
pub fn world(children: usize, adults: usize) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let (children, adults) = (children.to_string(), adults.to_string());
    let out = directory.path().to_str().unwrap();
    let output =
        rejoin(&["synth", "--children", &children, "--adults", &adults, "--tracing", "60", "--out", out]);
    assert!(output.status.success());
    directory
}

/// The path of a file in a directory.
pub fn file(directory: &tempfile::TempDir, name: &str) -> String {
    directory.path().join(name).to_str().unwrap().to_owned()
}

/// A file of the real data, or `None` with a visible line when the data is not there.
pub fn data(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let directory = std::env::var_os("REJOIN_DATA").map_or(beside, PathBuf::from);
    let path = directory.join(name);
    if path.is_file() {
        return Some(path);
    }
    // Not through the test harness's capture: a skipped test must be seen.
    let _ = writeln!(std::io::stderr(), "skipped: no data ({name}); set REJOIN_DATA to run this test");
    None
}
