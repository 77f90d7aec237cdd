//! Benches are programs: they print a table and assert nothing about time.

use std::path::Path;
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
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into());
    let environment = Path::new(&target).join("bench/python");
    let python = environment.join("bin/python");
    if !python.exists() {
        let path = environment.display().to_string();
        start(Command::new("python3").args(["-m", "venv", &path]))?;
    }
    start(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PEERS))?;
    start(
        Command::new(&python)
            .arg("xtask/bench/linkage.py")
            .arg(Path::new(&target).join("release/rejoin"))
            .arg(Path::new(&target).join("release/examples/kernel"))
            .arg(Path::new(&target).join("bench/linkage"))
            .args([&sets, &thousands]),
    )
}

fn start(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name}: {status}")),
        Err(error) => Err(format!("{name} cannot be started: {error}")),
    }
}
