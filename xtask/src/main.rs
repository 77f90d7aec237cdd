//! The project's own tools: `cargo xtask test | tidy | fuzz | bench`.

mod bench;
mod layers;
mod tidy;

use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask test    formatting, lints, tidy, tests, documentation: everything that must hold before a change lands
cargo xtask tidy    the walls: which room may use which, and how files look
cargo xtask fuzz N  the readers' fuzz tests with N rounds instead of a few thousand
cargo xtask bench linkage [THOUSANDS [SETS]]
                    Rejoin beside Splink (installed from PyPI) on the same files: a synthetic world of so many thousand
                    rows (1000), and the published sets in the folder SETS
cargo xtask bench check [DOCUMENTS [KILOBYTES]]
                    a text of 5,000 words against an archive of so many documents (10000) of so many kilobytes (100)
cargo xtask bench families [PART...]
                    proposed families against planted and published truths, Primero's rule beside ours; parts: worlds, large,
                    ablation, primero, population
cargo xtask bench registry [--people N --events N --link --rebuild]
                    a case of so many people and events (10000, 100000): appends, imports, opening, a person's page,
                    verifying, deriving again; on PostgreSQL, too, at the address in REJOIN_TEST_DATABASE_URL
cargo xtask bench web [--people N --workers N --seconds N --think MS --in DIR]
                    a served case of so many people (100000), and so many workers (50) at their work for so many seconds
                    (60), with pauses of so many milliseconds on average (2000; 0: none)
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let done = match (arguments.next().as_deref(), arguments.next()) {
        (Some("bench"), Some(what)) if what == "linkage" => bench::linkage(arguments),
        (Some("bench"), Some(what)) if what == "check" => bench::check(arguments),
        (Some("bench"), Some(what)) if what == "families" => bench::families(arguments),
        (Some("bench"), Some(what)) if what == "registry" => bench::registry(arguments),
        (Some("bench"), Some(what)) if what == "web" => bench::web(arguments),
        (Some("test"), None) => test(),
        (Some("tidy"), None) => tidy_up(),
        (Some("fuzz"), Some(rounds)) => fuzz(&rounds),
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a program of the toolchain and passes its output on.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), String> {
    eprintln!("xtask: cargo {}", arguments.join(" "));
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let status = Command::new(cargo)
        .args(arguments)
        .envs(environment.iter().copied())
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo {} failed", arguments.join(" "))) }
}

fn test() -> Result<(), String> {
    run(&["fmt", "--all", "--check"], &[])?;
    tidy_up()?;
    run(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"], &[])?;
    run(&["test", "--workspace", "--locked"], &[])?;
    run(&["doc", "--workspace", "--no-deps", "--locked"], &[("RUSTDOCFLAGS", "-D warnings")])
}

fn tidy_up() -> Result<(), String> {
    let mut complaints = layers::check()?;
    complaints.extend(tidy::check()?);
    complaints.iter().for_each(|complaint| eprintln!("tidy: {complaint}"));
    if complaints.is_empty() { Ok(()) } else { Err(format!("{} things are not tidy", complaints.len())) }
}

fn fuzz(rounds: &str) -> Result<(), String> {
    rounds.parse::<u64>().map_err(|_| format!("{rounds:?} is not a number of rounds"))?;
    run(
        &["test", "--release", "--package", "rejoin-ingest", "--test", "fuzz"],
        &[("REJOIN_FUZZ_ROUNDS", rounds)],
    )
}
