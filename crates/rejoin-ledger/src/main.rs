//! The inspector's program: checks an export, a receipt, a consistency proof with nothing but the files and a public
//! key. It opens no network, no database and none of the registry's code.
//!
//! Exit codes: 0 it is what was written; 1 it is not; 2 the program was not asked rightly, or a file cannot be read.

use rejoin_ledger::export::{Summary, VerifyError, verify, verify_holding};
use rejoin_ledger::note::{Advance, TreeHead, VerifyingKey};
use rejoin_ledger::receipt::{PREFIX, Receipt};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::ExitCode;

mod arguments;
mod moment;

use arguments::Arguments;
use moment::Moment;

const HELP: &str = "\
rejoin-ledger: checks what a Rejoin ledger gave out, offline

Usage
  rejoin-ledger verify EXPORT --key KEY [--checkpoint NOTE]...
      Derives chain and tree again from the export's bytes and checks every signed checkpoint. With --checkpoint:
      a signed checkpoint kept from earlier, which the ledger must still contain.
  rejoin-ledger receipt RECEIPT --key KEY [--statement TEXT] [--export EXPORT]
      RECEIPT is the text of the QR code (RJ1:...) or a file with it. With --statement: a file with the text
      printed on the card. With --export: the event must be in this export too.
  rejoin-ledger consistency OLD-NOTE PROOF --key KEY
      Whether the later checkpoint in PROOF only adds to the earlier one in OLD-NOTE.
  rejoin-ledger show EXPORT [--key KEY] [--kind KIND] [--payload]
      Lists the events: sequence, time, who, kind, version, bytes of payload, chain's hash. Believe the list only
      when the program ends with exit code 0; without --key nothing says whose ledger it is.

  KEY is a verifier key (name+id+key) or a file with one a line; get it from the ledger's keeper by another way than
  the export. It may be given several times. EXPORT may be - for standard input.

Exit codes
  0 it is what was written   1 it is not   2 wrong usage, or a file cannot be read

Examples
  rejoin-ledger verify border.export --key border.vkey
  rejoin-ledger verify border.export --key border.vkey --checkpoint kept-in-june.note
  rejoin-ledger receipt card.txt --key border.vkey --statement card-text.txt --export border.export
  rejoin-ledger show border.export --key border.vkey --kind receipt-issued
";

/// Why the program stops without saying yes.
enum Stop {
    /// Something is not what was written.
    Broken(String),
    /// The program was not asked rightly, or cannot read.
    Usage(String),
    /// Nobody reads the output any more.
    Output(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Output(error)
    }
}

fn broken(what: impl fmt::Display) -> Stop {
    Stop::Broken(what.to_string())
}

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into()).collect();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = run(&arguments, &mut out).and_then(|()| Ok(out.flush()?));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Broken(what)) => {
            eprintln!("not what was written: {what}");
            ExitCode::from(1)
        }
        Err(Stop::Usage(what)) => {
            eprintln!("{what}\nrejoin-ledger --help shows how it is used");
            ExitCode::from(2)
        }
        // Whoever closes the pipe (as head does) has seen enough, but has not been told that all is well.
        Err(Stop::Output(error)) => {
            if error.kind() != io::ErrorKind::BrokenPipe {
                eprintln!("the output: {error}");
            }
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String], out: &mut dyn Write) -> Result<(), Stop> {
    let Some((command, rest)) = arguments.split_first() else { return Err(Stop::Usage("no command".into())) };
    let asked = |names: &[&str]| arguments.iter().any(|argument| names.contains(&argument.as_str()));
    if asked(&["--help", "-h"]) || command == "help" {
        return Ok(out.write_all(HELP.as_bytes())?);
    }
    if asked(&["--version", "-V"]) {
        return Ok(writeln!(out, "rejoin-ledger {}", env!("CARGO_PKG_VERSION"))?);
    }
    let parse = |places: usize, options: &[&str], switches: &[&str]| {
        Arguments::of(rest, places, options, switches).map_err(Stop::Usage)
    };
    match command.as_str() {
        "verify" => verify_export(&parse(1, &["--key", "--checkpoint"], &[])?, out),
        "receipt" => prove_receipt(&parse(1, &["--key", "--statement", "--export"], &[])?, out),
        "consistency" => prove_consistency(&parse(2, &["--key"], &[])?, out),
        "show" => show(&parse(1, &["--key", "--kind"], &["--payload"])?, out),
        other => Err(Stop::Usage(format!("there is no command {other}"))),
    }
}

fn read(path: &str) -> Result<String, Stop> {
    std::fs::read_to_string(path).map_err(|error| Stop::Usage(format!("{path}: {error}")))
}

fn open(path: &str) -> Result<Box<dyn BufRead>, Stop> {
    if path == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).map_err(|error| Stop::Usage(format!("{path}: {error}")))?;
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

/// The keys given, each as text or as a file with one a line.
fn keys(arguments: &Arguments<'_>) -> Result<Vec<VerifyingKey>, Stop> {
    let mut keys = Vec::new();
    for given in arguments.all("--key") {
        if let Ok(key) = given.parse() {
            keys.push(key);
            continue;
        }
        let text = std::fs::read_to_string(given)
            .map_err(|error| Stop::Usage(format!("{given} is neither a verifier key nor a file: {error}")))?;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            keys.push(line.parse().map_err(|error| Stop::Usage(format!("{given}: {error}")))?);
        }
    }
    if keys.is_empty() { Err(Stop::Usage("no --key is given".into())) } else { Ok(keys) }
}

fn stop(path: &str, error: VerifyError) -> Stop {
    match error {
        VerifyError::Io(error) => Stop::Usage(format!("{path}: {error}")),
        VerifyError::Broken(broken) => Stop::Broken(format!("{path}: {broken}")),
    }
}

fn head_of(path: &str, keys: &[VerifyingKey]) -> Result<TreeHead, Stop> {
    TreeHead::open(&read(path)?, keys).map_err(|error| broken(format_args!("{path}: {error}")))
}

fn verify_export(arguments: &Arguments<'_>, out: &mut dyn Write) -> Result<(), Stop> {
    let (path, keys) = (arguments.place(0), keys(arguments)?);
    let held: Vec<TreeHead> =
        arguments.all("--checkpoint").map(|note| head_of(note, &keys)).collect::<Result<_, _>>()?;
    let summary =
        verify_holding(open(path)?, &keys, &held, &mut |_, _| ()).map_err(|error| stop(path, error))?;
    let Summary { events, root, head, span, checkpoints, bytes, .. } = &summary;
    let origin = checkpoints.last().map_or("", |last| &last.origin);
    writeln!(out, "{path} is what was written: {events} events in {bytes} bytes, {origin}")?;
    if let Some((first, last)) = span {
        writeln!(out, "first {}, last {}", Moment(*first), Moment(*last))?;
    }
    for checkpoint in checkpoints {
        writeln!(out, "signed checkpoint over {} events: agrees", checkpoint.size)?;
    }
    for kept in &held {
        writeln!(out, "kept checkpoint over {} events: is contained", kept.size)?;
    }
    Ok(writeln!(out, "root {root}\nhead {head}")?)
}

/// The texts that a file with the card's text may stand for: editors add and change line ends.
fn spellings(text: &str) -> Vec<String> {
    let plain = text.replace("\r\n", "\n");
    let bare = plain.trim_end_matches('\n').to_owned();
    vec![text.to_owned(), format!("{bare}\n"), bare, plain]
}

fn prove_receipt(arguments: &Arguments<'_>, out: &mut dyn Write) -> Result<(), Stop> {
    let (given, keys) = (arguments.place(0), keys(arguments)?);
    let text = if given.starts_with(PREFIX) { given.to_owned() } else { read(given)? };
    let untrue = |error| broken(format_args!("{error} / el recibo no prueba lo que dice"));
    let receipt = Receipt::decode(text.trim_end_matches(['\r', '\n'])).map_err(untrue)?;
    let proven = receipt.prove(&keys).map_err(untrue)?;
    if let Some(path) = arguments.one("--statement").map_err(Stop::Usage)? {
        if !spellings(&read(path)?).iter().any(|text| receipt.states(text)) {
            return Err(broken(format_args!(
                "{path}: this is not the text that was recorded / este no es el texto que se registró"
            )));
        }
        writeln!(out, "The text is the one that was recorded. / El texto es el que se registró.")?;
    }
    if let Some(path) = arguments.one("--export").map_err(Stop::Usage)? {
        let head = TreeHead::open(&receipt.note, &keys).map_err(broken)?;
        let mut found = None;
        verify_holding(open(path)?, &keys, &[head], &mut |envelope, chain| {
            if envelope.sequence == proven.sequence {
                found = Some(chain);
            }
        })
        .map_err(|error| stop(path, error))?;
        if found != Some(proven.chain) {
            return Err(broken(format_args!(
                "{path}: event {} is another than the receipt's",
                proven.sequence
            )));
        }
        writeln!(out, "The export has the event. / La exportación contiene el evento.")?;
    }
    let (origin, sequence, size) = (&proven.origin, proven.sequence, proven.size);
    let (at, actor) = (Moment(proven.at_micros), proven.actor.escape_debug());
    writeln!(
        out,
        "The receipt is true: event {sequence} of {size} in the ledger {origin}, {at}, by {actor}."
    )?;
    writeln!(
        out,
        "El recibo es auténtico: evento {sequence} de {size} del registro {origin}, {at}, por {actor}."
    )?;
    writeln!(out, "code / código: {}", receipt.code.escape_debug())?;
    if arguments.one("--statement").is_ok_and(|given| given.is_none()) {
        writeln!(
            out,
            "The printed text was not checked (--statement); its SHA-256 must be {}.",
            receipt.statement
        )?;
        writeln!(out, "El texto impreso no se comprobó (--statement).")?;
    }
    Ok(())
}

fn prove_consistency(arguments: &Arguments<'_>, out: &mut dyn Write) -> Result<(), Stop> {
    let keys = keys(arguments)?;
    let earlier = head_of(arguments.place(0), &keys)?;
    let path = arguments.place(1);
    let fault = |error: &dyn fmt::Display| broken(format_args!("{path}: {error}"));
    let advance = Advance::from_text(&read(path)?).map_err(|error| fault(&error))?;
    let later = advance.prove(&earlier, &keys).map_err(|error| fault(&error))?;
    let TreeHead { origin, size, .. } = &later;
    Ok(writeln!(out, "{origin}: the ledger of {size} events begins with that of {}", earlier.size)?)
}

/// The keys that the file itself names, and the file from its beginning.
fn own_keys(path: &str) -> Result<(Vec<VerifyingKey>, Box<dyn BufRead>), Stop> {
    let mut reader = open(path)?;
    let (mut start, mut keys) = (Vec::new(), Vec::new());
    // The header's first lines are short; of anything else the verifier says what it is.
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.by_ref().take(1 << 12).read_until(b'\n', &mut line);
        read.map_err(|error| Stop::Usage(format!("{path}: {error}")))?;
        start.extend_from_slice(&line);
        let key = std::str::from_utf8(&line).ok().and_then(|line| line.strip_prefix("key "));
        match key.and_then(|key| key.trim_end().parse().ok()) {
            Some(key) if keys.len() < 64 => keys.push(key),
            _ if keys.is_empty() && line.starts_with(b"rejoin ledger export") => {}
            _ => break,
        }
    }
    Ok((keys, Box::new(io::Cursor::new(start).chain(reader))))
}

fn show(arguments: &Arguments<'_>, out: &mut dyn Write) -> Result<(), Stop> {
    let path = arguments.place(0);
    let kind = arguments.one("--kind").map_err(Stop::Usage)?;
    let (keys, reader) = if arguments.all("--key").next().is_some() {
        (keys(arguments)?, open(path)?)
    } else {
        own_keys(path)?
    };
    let mut output = Ok(());
    let result = verify(reader, &keys, &mut |envelope, chain| {
        if output.is_err() || kind.is_some_and(|kind| kind != envelope.kind) {
            return;
        }
        let (at, actor, size) =
            (Moment(envelope.at_micros), envelope.actor.escape_debug(), envelope.payload.len());
        let (sequence, kind, version) = (envelope.sequence, envelope.kind, envelope.version);
        output = write!(out, "{sequence}\t{at}\t{actor}\t{kind}\t{version}\t{size}\t{chain}");
        if output.is_ok() && arguments.has("--payload") {
            // As text where it is text; no byte of it steers the terminal.
            output = match std::str::from_utf8(envelope.payload) {
                Ok(text) => write!(out, "\t{}", text.escape_debug()),
                Err(_) => write!(out, "\t{}", envelope.payload.escape_ascii()),
            };
        }
        output = std::mem::replace(&mut output, Ok(())).and_then(|()| writeln!(out));
    });
    output?;
    result.map_err(|error| stop(path, error))?;
    if arguments.all("--key").next().is_none() {
        out.flush()?;
        eprintln!("no --key was given: the file is whole in itself, but nothing says whose ledger it is");
    }
    Ok(())
}
