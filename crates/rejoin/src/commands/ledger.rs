//! `rejoin ledger`: what others hold a case to. Signed checkpoints, the public key, the export for an inspector, proofs.
//! All of it is checked without a case, with the program `rejoin-ledger`.

use super::Context;
use crate::failure::Failure;
use crate::render::{print, print_json, thousands};
use crate::{Format, Output};
use rejoin_ledger::note::{Advance, TreeHead};
use rejoin_ledger::{Checkpoint, Hash};
use rejoin_registry::{Case, Error, Known};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `rejoin ledger`.
#[derive(clap::Args)]
pub struct LedgerArgs {
    #[command(subcommand)]
    command: LedgerCommand,
}

#[derive(clap::Subcommand)]
enum LedgerCommand {
    /// Sign the ledger as it stands, and print the note: give it to somebody who will keep it.
    #[command(after_help = "\
Examples:
  rejoin -C case ledger checkpoint > june.note
  rejoin -C case verify --checkpoint june.note     later: that the ledger still has everything it had then")]
    Checkpoint {
        #[command(flatten)]
        output: Output,
    },
    /// Print the public key: who has it can check checkpoints, exports and receipts without the case.
    #[command(after_help = "Example:\n  rejoin -C case ledger key > border.vkey")]
    Key {
        #[command(flatten)]
        output: Output,
    },
    /// Write the file that an inspector checks offline: the key, the signed checkpoints, every event.
    #[command(after_help = "\
Examples:
  rejoin -C case ledger export border.export
  rejoin-ledger verify border.export --key border.vkey       on any machine, with that program alone

Personal payloads stay sealed in it. That it was made is the last event in it.")]
    Export {
        /// The file to write; it must not be there yet.
        file: PathBuf,
        #[command(flatten)]
        output: Output,
    },
    /// Prove that an event is in the ledger.
    #[command(after_help = "Example:\n  rejoin -C case ledger proof 1234 --format json")]
    Proof {
        /// The event's position.
        event: u64,
        /// In the ledger of so many events; by default as it stands.
        #[arg(long, value_name = "SIZE")]
        size: Option<u64>,
        #[command(flatten)]
        output: Output,
    },
    /// Prove that the ledger only grew between two sizes.
    #[command(after_help = "\
Examples:
  rejoin -C case ledger consistency 1200 > growth.proof
  rejoin-ledger consistency june.note growth.proof --key border.vkey     june.note being over 1200 events")]
    Consistency {
        /// The earlier size.
        old: u64,
        /// The later one, which a checkpoint was signed over; by default the ledger is signed as it stands.
        new: Option<u64>,
        #[command(flatten)]
        output: Output,
    },
}

/// A checkpoint on the command line: as answers print it, or a file with a signed note.
pub fn known(said: &str) -> Result<Known, Failure> {
    if let Ok(checkpoint) = said.parse::<Checkpoint>() {
        return Ok(Known::Checkpoint(checkpoint));
    }
    let hint =
        "SIZE:HASH as `rejoin verify` prints it, or a file with what `rejoin ledger checkpoint` printed";
    match std::fs::read_to_string(said) {
        Ok(note) => Ok(Known::Note(note.replace("\r\n", "\n"))),
        Err(error) if Path::new(said).exists() => Err(Failure::input(format!("{said}: {error}"), hint)),
        Err(_) => Err(Failure::usage(format!("{said:?} is not a checkpoint"), hint)),
    }
}

fn hashes(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_string).collect()
}

impl LedgerArgs {
    /// Carries it out.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let mut case = context.open()?;
        match &self.command {
            LedgerCommand::Checkpoint { output } => {
                let note = case.sign_checkpoint()?;
                match output.format {
                    Format::Json => {
                        let head = signed(&case, &note)?;
                        print_json(&json!({
                            "origin": head.origin, "size": head.size, "root": head.root.to_string(),
                            "head": head.head.to_string(), "checkpoint": head.checkpoint().to_string(), "note": note,
                        }))
                    }
                    _ => print(note.trim_end_matches('\n')),
                }
            }
            LedgerCommand::Key { output } => {
                let key = case.vkey()?;
                match output.format {
                    Format::Json => print_json(&json!({ "key": key })),
                    _ => print(&key),
                }
            }
            LedgerCommand::Export { file, output } => export(&mut case, context, file, output),
            LedgerCommand::Proof { event, size, output } => proof(&case, *event, *size, output),
            LedgerCommand::Consistency { old, new, output } => consistency(&mut case, *old, *new, output),
        }
    }
}

fn signed(case: &Case, note: &str) -> Result<TreeHead, Failure> {
    let key = case.vkey()?.parse().map_err(|_| Error::OtherKey)?;
    Ok(TreeHead::open(note, &[key]).map_err(Error::UnknownNote)?)
}

fn export(case: &mut Case, context: &Context, file: &Path, output: &Output) -> Result<(), Failure> {
    let unwritten = |error: std::io::Error| {
        Failure::input(
            format!("{}: {error}", file.display()),
            "name a new file in a directory that can be written",
        )
    };
    let out = std::fs::OpenOptions::new().write(true).create_new(true).open(file).map_err(unwritten)?;
    let made = case.export_ledger(std::io::BufWriter::new(&out), &context.stamp());
    let events = match made {
        Ok(events) => events,
        Err(error) => {
            // Half an export would look like one that was cut.
            let _ = std::fs::remove_file(file);
            return Err(error.into());
        }
    };
    out.sync_all().map_err(unwritten)?;
    let key = case.vkey()?;
    match output.format {
        Format::Json => {
            print_json(&json!({ "file": file.display().to_string(), "events": events, "key": key }))
        }
        _ => print(&format!(
            "{}: {} events\nkey {key}\nto check it anywhere: rejoin-ledger verify {} --key '{key}'",
            file.display(),
            thousands(events),
            file.display()
        )),
    }
}

fn proof(case: &Case, event: u64, size: Option<u64>, output: &Output) -> Result<(), Failure> {
    let size = match size {
        Some(size) => size,
        None => case.checkpoint()?.size,
    };
    let path = hashes(&case.inclusion(event, size)?);
    let head = case.tree_head(size)?;
    let chain = case.chain_after(event)?;
    match output.format {
        Format::Json => print_json(&json!({
            "event": event, "size": size, "chain": chain.to_string(), "root": head.root.to_string(), "path": path,
        })),
        _ => print(&format!(
            "event {event} of {size}\nchain {chain}\nroot  {}\npath, from the leaf upwards:\n  {}",
            head.root,
            path.join("\n  ")
        )),
    }
}

fn consistency(case: &mut Case, old: u64, new: Option<u64>, output: &Output) -> Result<(), Failure> {
    let note = match new {
        None => Some(case.sign_checkpoint()?),
        Some(new) => {
            let found = case.notes()?.into_iter().map(|note| Ok((signed(case, &note)?.size, note)));
            let found = found.collect::<Result<Vec<_>, Failure>>()?;
            found.into_iter().find(|(size, _)| *size == new).map(|(_, note)| note)
        }
    };
    let new = match (new, &note) {
        (Some(new), _) => new,
        (None, Some(note)) => signed(case, note)?.size,
        (None, None) => case.checkpoint()?.size,
    };
    let proof = case.consistency(old, new)?;
    match (output.format, note) {
        (Format::Json, note) => print_json(&json!({
            "old": old, "new": new, "old_root": case.tree_head(old)?.root.to_string(),
            "new_root": case.tree_head(new)?.root.to_string(), "proof": hashes(&proof), "note": note,
        })),
        (_, Some(note)) => print(Advance { old, proof, note }.to_text().trim_end_matches('\n')),
        (_, None) => Err(Failure::missing(
            format!("no checkpoint was signed over {new} events"),
            "leave the later size out, and the ledger is signed as it stands; or ask with --format json",
        )),
    }
}
