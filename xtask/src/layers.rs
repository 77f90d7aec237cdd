//! The walls as code: which room may use which, and which heavy crate lives in which room. The table is that of
//! ARCHITECTURE.md; the graph is cargo's own.

use serde_json::Value;
use std::process::Command;

/// Room → rooms it may use.
const ROOMS: &[(&str, &[&str])] = &[
    ("rejoin-model", &[]),
    ("rejoin-normalize", &["rejoin-model"]),
    ("rejoin-linkage", &["rejoin-model"]),
    ("rejoin-custody", &["rejoin-model"]),
    ("rejoin-casework", &["rejoin-model", "rejoin-custody"]),
    ("rejoin-inquiry", &["rejoin-model", "rejoin-custody"]),
    ("rejoin-ledger", &[]),
    ("rejoin-access", &["rejoin-model"]),
    ("rejoin-ingest", &["rejoin-model", "rejoin-normalize"]),
    ("rejoin-synth", &["rejoin-model"]),
    ("rejoin-report", &[]),
    ("rejoin-accounts", &[]),
    ("rejoin-exchange", &[]),
    ("rejoin-sources", &["rejoin-model", "rejoin-inquiry"]),
    ("rejoin-linker", &["rejoin-model", "rejoin-normalize", "rejoin-linkage", "rejoin-ingest"]),
    (
        "rejoin-registry",
        &[
            "rejoin-model",
            "rejoin-normalize",
            "rejoin-linkage",
            "rejoin-custody",
            "rejoin-casework",
            "rejoin-inquiry",
            "rejoin-ledger",
            "rejoin-access",
            "rejoin-accounts",
            "rejoin-ingest",
        ],
    ),
    (
        "rejoin-web",
        &[
            "rejoin-model",
            "rejoin-normalize",
            "rejoin-linkage",
            "rejoin-custody",
            "rejoin-casework",
            "rejoin-inquiry",
            "rejoin-ledger",
            "rejoin-access",
            "rejoin-accounts",
            "rejoin-ingest",
            "rejoin-registry",
            "rejoin-report",
        ],
    ),
    (
        "rejoin",
        &[
            "rejoin-model",
            "rejoin-normalize",
            "rejoin-linkage",
            "rejoin-custody",
            "rejoin-casework",
            "rejoin-inquiry",
            "rejoin-ledger",
            "rejoin-access",
            "rejoin-accounts",
            "rejoin-exchange",
            "rejoin-ingest",
            "rejoin-synth",
            "rejoin-registry",
            "rejoin-linker",
            "rejoin-report",
            "rejoin-sources",
            "rejoin-web",
        ],
    ),
    ("xtask", &[]),
];

/// Crate → the only rooms that may use it (for tests, too, unless it is listed as a test's tool).
const CONFINED: &[(&str, &[&str])] = &[
    ("rusqlite", &["rejoin-registry"]),
    ("tokio-postgres", &["rejoin-registry"]),
    ("chacha20poly1305", &["rejoin-registry"]),
    ("parquet", &["rejoin-ingest", "rejoin-exchange"]),
    ("arrow-ipc", &["rejoin-ingest"]),
    ("arrow-cast", &["rejoin-ingest"]),
    ("calamine", &["rejoin-ingest", "rejoin-report", "rejoin-exchange"]),
    ("typst", &["rejoin-report"]),
    ("typst-assets", &["rejoin-report"]),
    ("typst-layout", &["rejoin-report"]),
    ("typst-pdf", &["rejoin-report"]),
    ("lopdf", &["rejoin-report"]),
    ("qrcode", &["rejoin-report"]),
    ("rqrr", &["rejoin-report"]),
    ("rust_xlsxwriter", &["rejoin-ingest", "rejoin-report", "rejoin-exchange"]),
    ("quick-xml", &["rejoin-exchange"]),
    ("tantivy", &["rejoin-sources"]),
    ("pdf-extract", &["rejoin-sources"]),
    ("scraper", &["rejoin-sources"]),
    ("mail-parser", &["rejoin-sources"]),
    ("frostem", &["rejoin-inquiry"]),
    // `rejoin-access` reads `roles/default.toml` in its tests only.
    ("toml", &["rejoin-ingest", "rejoin-registry", "rejoin-linker", "rejoin-access"]),
    ("clap", &["rejoin"]),
    ("ed25519-dalek", &["rejoin-ledger"]),
    ("ct-merkle", &["rejoin-ledger"]),
    ("serde", &["rejoin-ingest", "rejoin-registry", "rejoin-linker", "rejoin-access", "rejoin-accounts"]),
    ("axum", &["rejoin-web"]),
    ("askama", &["rejoin-web"]),
    ("fluent-bundle", &["rejoin-web"]),
    ("argon2", &["rejoin-accounts"]),
    ("totp-rs", &["rejoin-accounts"]),
    ("webauthn-rs", &["rejoin-accounts"]),
    ("rapidfuzz", &["rejoin-linkage"]),
    // In its browser tests only.
    ("thirtyfour", &["rejoin"]),
    ("phonenumber", &["rejoin-normalize"]),
];

/// Complaints about the graph.
pub fn check() -> Result<Vec<String>, String> {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .output()
        .map_err(|error| format!("cargo metadata cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let mut complaints = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == name) else {
            complaints
                .push(format!("the crate {name} has no line in the table of rooms (xtask/src/layers.rs)"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            if used.starts_with("rejoin") && !allowed.contains(&used) {
                complaints.push(format!("{name} uses {used}, across a wall"));
            }
            if let Some((_, rooms)) = CONFINED.iter().find(|(confined, _)| *confined == used)
                && !rooms.contains(&name)
            {
                complaints.push(format!("{name} uses {used}, which belongs in {}", rooms.join(", ")));
            }
        }
    }
    Ok(complaints)
}
