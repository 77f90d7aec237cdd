//! How files look: each says why it exists, none is a heap, none names a machine.

use std::path::Path;
use std::process::Command;

/// Lines above which a file has more than one room in it.
const LONGEST: usize = 800;

/// Names that say nothing.
const EMPTY_NAMES: [&str; 6] = ["utils", "util", "helpers", "helper", "common", "misc"];

/// Words that have no place in the repository: paths of machines. Written apart, so that this file has none.
const PATHS: [(&str, &str); 3] = [("/ro", "ot/"), ("/wo", "rk/"), ("/ho", "me/")];

/// Complaints about tracked files.
pub fn check() -> Result<Vec<String>, String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let files: Vec<&str> = listed.lines().filter(|file| Path::new(file).is_file()).collect();
    let mut complaints = Vec::new();
    let presets = std::fs::read_to_string("crates/rejoin-ingest/src/presets.rs").unwrap_or_default();
    for file in files {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        for (one, other) in PATHS {
            if let Some(line) = text.lines().position(|line| line.contains(&format!("{one}{other}"))) {
                complaints.push(format!("{file}:{}: names a path of a machine", line + 1));
            }
        }
        if let Some(name) = file.strip_prefix("presets/")
            && name.ends_with(".toml")
            && !presets.contains(name)
        {
            complaints.push(format!("{file}: no line in crates/rejoin-ingest/src/presets.rs ships it"));
        }
        if file.ends_with(".rs") {
            complaints.extend(source(file, &text));
        }
    }
    Ok(complaints)
}

fn source(file: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if !text.starts_with("//!") {
        complaints.push(format!("{file}: does not begin by saying why it exists (`//!`)"));
    }
    let lines = text.lines().count();
    if lines > LONGEST {
        complaints.push(format!("{file}: {lines} lines; is there more than one room in it?"));
    }
    if let Some(part) = Path::new(file)
        .iter()
        .map(|part| part.to_string_lossy())
        .find(|part| EMPTY_NAMES.contains(&part.trim_end_matches(".rs")))
    {
        complaints.push(format!("{file}: {part:?} is a name that says nothing"));
    }
    complaints
}
