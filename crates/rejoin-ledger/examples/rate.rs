//! How fast an export is written and verified: `cargo run --release -p rejoin-ledger --example rate -- [EVENTS] [BYTES] [FILE]`.
//! Events are made up from a fixed sequence. The export is a file in the directory for temporary files, or FILE, which is
//! kept.

use rejoin_ledger::export::{Writer, verify};
use rejoin_ledger::note::{SigningKey, TreeHead};
use rejoin_ledger::{Envelope, Hash, merkle};
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;
use std::time::Instant;

type Failure = Box<dyn std::error::Error>;

#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn timed<T>(what: &str, events: u64, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let start = Instant::now();
    let result = work()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{what:<34} {seconds:>8.2} s  {:>10.0} events/s", events as f64 / seconds);
    Ok(result)
}

/// Fills a payload with bytes that no compression of the processor's predictions can foresee.
fn fill(payload: &mut [u8], state: &mut u64) {
    for chunk in payload.chunks_mut(8) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
    }
}

fn each_event(
    events: u64,
    bytes: usize,
    mut take: impl FnMut(&Envelope<'_>, Hash) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (mut payload, mut state, mut head) = (vec![0; bytes], 1, Hash::default());
    for sequence in 1..=events {
        fill(&mut payload, &mut state);
        let at_micros = 1_530_000_000_000_000 + sequence as i64 * 1000;
        let envelope = Envelope {
            sequence,
            at_micros,
            actor: "clerk",
            kind: "list-received",
            version: 1,
            payload: &payload,
        };
        head = envelope.chain(head);
        take(&envelope, head)?;
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let events: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let bytes: usize = arguments.next().map_or(Ok(300), |text| text.parse())?;
    let kept = arguments.next().map(PathBuf::from);
    let passing = std::env::temp_dir().join(format!("rejoin-ledger-rate-{}.export", std::process::id()));
    let path = kept.as_ref().unwrap_or(&passing);
    let key = SigningKey::from_seed("rejoin.example/rate", &[1; 32])?;
    println!("{events} events of {bytes} bytes");

    let mut chain = Vec::with_capacity(usize::try_from(events)?);
    timed("chain", events, || {
        each_event(events, bytes, |_, head| {
            chain.push(head);
            Ok(())
        })
    })?;
    let frontier = timed("tree", events, || {
        let mut frontier = merkle::Frontier::new();
        chain.iter().for_each(|head| frontier.push(merkle::event_leaf(*head)));
        Ok(frontier)
    })?;
    let head = TreeHead {
        origin: key.name().to_owned(),
        size: events,
        root: frontier.root(),
        head: chain.last().copied().unwrap_or_default(),
    };
    let note = head.sign(&key)?;
    timed("export written (with the chain)", events, || {
        let out = BufWriter::with_capacity(1 << 16, File::create(path)?);
        let mut writer = Writer::begin(out, &[key.verifying_key()], &[&note])?;
        each_event(events, bytes, |envelope, head| Ok(writer.event(envelope, head)?))?;
        writer.finish()?;
        Ok(())
    })?;
    let verified = timed("export verified", events, || {
        let reader = BufReader::with_capacity(1 << 16, File::open(path)?);
        Ok(verify(reader, &[key.verifying_key()], &mut |_, _| ())?)
    });
    if kept.is_none() {
        std::fs::remove_file(path)?;
    }
    let summary = verified?;
    println!("{} bytes of export, root {}, key {}", summary.bytes, summary.root, key.vkey());
    Ok(())
}
