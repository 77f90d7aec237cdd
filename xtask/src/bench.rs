//! Benches are programs: they print a table and assert nothing about time.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What is measured against, pinned.
const PEERS: &[&str] = &["splink==5.0.0", "duckdb==2.0.0", "numpy", "pyarrow==26.0.1", "rapidfuzz==3.14.6"];

/// Rejoin beside Splink, in an environment of its own under the target folder.
pub fn linkage(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let thousands = arguments.next().unwrap_or_else(|| "1000".into());
    let sets = arguments.next().unwrap_or_else(|| "../shared/data/linkage".into());
    crate::run(&["build", "--release", "--locked", "--package", "rejoin"], &[])?;
    crate::run(
        &["build", "--release", "--locked", "--package", "rejoin-linkage", "--example", "kernel"],
        &[],
    )?;
    let python = python(PEERS)?;
    let target = target();
    start(
        Command::new(&python)
            .arg("xtask/bench/linkage.py")
            .arg(target.join("release/rejoin"))
            .arg(target.join("release/examples/kernel"))
            .arg(target.join("bench/linkage"))
            .args([&sets, &thousands]),
    )
}

/// Proposed families against planted and published truths, Primero's rule beside ours.
pub fn families(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    crate::run(&["build", "--release", "--locked", "--package", "rejoin"], &[])?;
    let python = python(&["pyarrow==26.0.1"])?;
    let population = std::env::var("REJOIN_DATA").unwrap_or_else(|_| "../shared/data".into());
    start(
        Command::new(python)
            .arg("xtask/bench/families.py")
            .arg(target().join("release/rejoin"))
            .arg(target().join("bench/families"))
            .arg(Path::new(&population).join("family"))
            .args(arguments),
    )
}

/// What a registry's storage does in a second, on a case of a chosen size.
pub fn registry(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let example = ["--package", "rejoin-registry", "--example", "bench"];
    crate::run(&[&["build", "--release", "--locked"][..], &example].concat(), &[])?;
    start(Command::new(target().join("release/examples/bench")).args(arguments))
}

/// The application under many workers at once, on a case of a chosen size.
pub fn web(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let example = ["--package", "rejoin-web", "--example", "load"];
    crate::run(&[&["build", "--release", "--locked"][..], &example].concat(), &[])?;
    start(Command::new(target().join("release/examples/load")).args(arguments))
}

/// A text checked against an archive of so many documents of so many kilobytes.
pub fn check(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    crate::run(&["build", "--release", "--locked", "--package", "rejoin"], &[])?;
    let documents = arguments.next().unwrap_or_else(|| "10000".into());
    let kilobytes = arguments.next().unwrap_or_else(|| "100".into());
    start(
        Command::new("python3")
            .arg("xtask/bench/check.py")
            .arg(target().join("release/rejoin"))
            .arg(target().join("bench/check"))
            .arg("crates/rejoin-inquiry/lexicon/wordnet-synonyms.txt")
            .args([documents, kilobytes]),
    )
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from)
}

/// Python in an environment of its own under the target folder, with these packages.
fn python(packages: &[&str]) -> Result<PathBuf, String> {
    let environment = target().join("bench/python");
    let python = environment.join("bin/python");
    if !python.exists() {
        start(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    }
    start(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    Ok(python)
}

fn start(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name}: {status}")),
        Err(error) => Err(format!("{name} cannot be started: {error}")),
    }
}
