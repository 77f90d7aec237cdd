//! Checks an export from its bytes and the keys that the inspector holds, and names the first thing that is wrong with
//! its line, its bytes and its event.

use crate::merkle::{empty_root, event_leaf, node_hash};
use crate::note::{NotAKey, NoteError, Parts, TreeHead, VerifyingKey};
use crate::{Breach, Checkpoint, Envelope, Hash, text};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::fmt;
use std::io::{self, BufRead, Read};
use std::ops::Range;

/// No line is longer: a file that is one endless line must not fill the memory.
const MAX_LINE: u64 = 1 << 28;

/// Nor is a checkpoint, in bytes, before its last line.
const MAX_NOTE: usize = 1 << 16;

/// What an export was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many events.
    pub events: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// The chain's hash after the last.
    pub head: Hash,
    /// When the first was accepted, and the last; in the order of the ledger.
    pub span: Option<(i64, i64)>,
    /// The checkpoints of the file, each of which was found to be true.
    pub checkpoints: Vec<TreeHead>,
    /// The keys that the file names.
    pub keys: Vec<VerifyingKey>,
    /// How many bytes the file has.
    pub bytes: u64,
}

/// What is wrong first, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The line, from 1; of a checkpoint, its first.
    pub line: u64,
    /// The bytes of the file that are wrong or contradict what is before them: a line, or all lines of a checkpoint.
    pub bytes: Range<u64>,
    /// The event that stands, or should stand, there.
    pub event: Option<u64>,
    /// What it is.
    pub fault: Fault,
}

/// What can be wrong with an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The file does not begin as an export of version 1.
    Format,
    /// The line is not in the form it should have; what is wrong.
    Line(&'static str),
    /// The line should hold a key.
    Key(NotAKey),
    /// The file names a key that the inspector does not hold.
    UnknownKey(String),
    /// A checkpoint is not believed.
    Note(NoteError),
    /// An event is not the one that was written, or not in its place.
    Event(Breach),
    /// Chain and tree are whole in themselves and not what the checkpoint over this many events signs: somewhere
    /// after the checkpoint before (over so many events), the ledger was written anew.
    Rewritten {
        /// Events that the last checkpoint before vouches for.
        after: u64,
        /// Events that the checkpoint vouches for.
        size: u64,
    },
    /// A checkpoint that the inspector has kept, over this many events, is not of this ledger.
    Held {
        /// Its size.
        size: u64,
    },
    /// The file has fewer events than a checkpoint vouches for.
    Missing {
        /// Events that the checkpoint vouches for.
        size: u64,
    },
    /// The file ends before its last line.
    Truncated,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Format => f.write_str("the file does not begin with: rejoin ledger export 1"),
            Fault::Line(what) => f.write_str(what),
            Fault::Key(error) => error.fmt(f),
            Fault::UnknownKey(key) => write!(f, "the file names a key that was not given: {key}"),
            Fault::Note(error) => error.fmt(f),
            Fault::Event(breach) => breach.fmt(f),
            Fault::Rewritten { after, size } => write!(
                f,
                "the events {} to {size} are not those that the checkpoint over {size} events signs; they agree \
                 among themselves, so the ledger was written anew or is another",
                after + 1
            ),
            Fault::Held { size } => {
                write!(f, "the checkpoint that was kept, over {size} events, is not of this ledger")
            }
            Fault::Missing { size } => {
                write!(f, "the file has fewer events than the {size} that a checkpoint vouches for")
            }
            Fault::Truncated => f.write_str("the file ends before its last line"),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, bytes {} to {}", self.line, self.bytes.start, self.bytes.end)?;
        if let Some(event) = self.event {
            write!(f, ", event {event}")?;
        }
        write!(f, ": {}", self.fault)
    }
}

/// Why an export is not vouched for.
#[derive(Debug)]
pub enum VerifyError {
    /// The file could not be read.
    Io(io::Error),
    /// The file is not what was written.
    Broken(Broken),
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyError::Io(error) => error.fmt(f),
            VerifyError::Broken(broken) => broken.fmt(f),
        }
    }
}

impl std::error::Error for VerifyError {}

/// The file, a line at a time, and where we are in it.
struct Lines<R> {
    reader: R,
    /// The present line without its end.
    line: Vec<u8>,
    number: u64,
    bytes: Range<u64>,
    /// The event that should stand at the next line, once the header is over.
    due: Option<u64>,
}

impl<R: BufRead> Lines<R> {
    fn broken(&self, fault: Fault) -> VerifyError {
        let Self { number: line, bytes, due: event, .. } = self;
        VerifyError::Broken(Broken { line: *line, bytes: bytes.clone(), event: *event, fault })
    }

    /// The first byte of the next line, if there is one: what kind of line it means to be.
    fn peek(&mut self) -> Result<Option<u8>, VerifyError> {
        loop {
            match self.reader.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(VerifyError::Io(error)),
            }
        }
    }

    /// The next line, which there must be.
    fn next(&mut self) -> Result<&str, VerifyError> {
        self.line.clear();
        let read = self.reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.line);
        let read = read.map_err(VerifyError::Io)? as u64;
        self.number += 1;
        self.bytes = self.bytes.end..self.bytes.end + read;
        if self.line.pop_if(|byte| *byte == b'\n').is_none() {
            let fault = if read == MAX_LINE { Fault::Line("the line is too long") } else { Fault::Truncated };
            return Err(self.broken(fault));
        }
        let wrong = self.broken(Fault::Line("the line is not UTF-8"));
        std::str::from_utf8(&self.line).map_err(|_| wrong)
    }

    fn keys(&mut self, held: &[VerifyingKey]) -> Result<Vec<VerifyingKey>, VerifyError> {
        let mut keys: Vec<VerifyingKey> = Vec::new();
        while keys.is_empty() || self.peek()? == Some(b'k') {
            let Some(text) = self.next()?.strip_prefix("key ") else {
                return Err(self.broken(Fault::Line("the line should hold a key")));
            };
            let key = match text.parse::<VerifyingKey>() {
                Ok(key) => key,
                Err(error) => return Err(self.broken(Fault::Key(error))),
            };
            if !held.contains(&key) {
                return Err(self.broken(Fault::UnknownKey(key.to_string())));
            }
            if keys.contains(&key) {
                return Err(self.broken(Fault::Line("the file names a key twice")));
            }
            keys.push(key);
        }
        Ok(keys)
    }

    fn checkpoints(&mut self, keys: &[VerifyingKey]) -> Result<Vec<TreeHead>, VerifyError> {
        let mut heads: Vec<TreeHead> = Vec::new();
        while heads.is_empty() || self.peek()? == Some(b'c') {
            if self.next()? != "checkpoint" {
                return Err(self.broken(Fault::Line("the line should be: checkpoint")));
            }
            let (number, start) = (self.number, self.bytes.start);
            let mut note = String::new();
            // The text is four lines, the fifth is empty, a sixth is there; what they hold the note's reader judges.
            // A signature begins with a long dash, whose first byte is 0xE2.
            for line in 0.. {
                if line >= 6 && (self.peek()? != Some(0xe2) || note.len() > MAX_NOTE) {
                    break;
                }
                note.push_str(self.next()?);
                note.push('\n');
            }
            let bytes = start..self.bytes.end;
            let place = |fault| VerifyError::Broken(Broken { line: number, bytes, event: None, fault });
            let head = match checkpoint(&note, keys) {
                Ok(head) => head,
                Err(fault) => return Err(place(fault)),
            };
            if heads.last().is_some_and(|last| last.size >= head.size || last.origin != head.origin) {
                return Err(place(Fault::Line("the checkpoints are not of one ledger and of growing size")));
            }
            heads.push(head);
        }
        Ok(heads)
    }
}

/// A checkpoint of which every signature is by another of the file's keys. An unknown signature is ignored in a note;
/// here it would be bytes that nothing vouches for.
fn checkpoint(note: &str, keys: &[VerifyingKey]) -> Result<TreeHead, Fault> {
    let head = TreeHead::open(note, keys).map_err(Fault::Note)?;
    let parts = Parts::of(note).map_err(Fault::Note)?;
    let claims = || parts.signatures.iter().map(|signature| (signature.name, &signature.bytes[..4]));
    for claim in claims() {
        if !keys.iter().any(|known| (known.name(), &known.id()[..]) == claim) {
            return Err(Fault::Line("a signature is by a key that the file does not name"));
        }
        if claims().filter(|other| *other == claim).count() > 1 {
            return Err(Fault::Line("a key signs a checkpoint twice"));
        }
    }
    Ok(head)
}

/// The tree as it is derived again: the roots of full subtrees, each with the number of its leaves.
#[derive(Default)]
struct Tree(Vec<(u64, Hash)>);

impl Tree {
    fn add(&mut self, leaf: Hash) {
        let (mut leaves, mut hash) = (1, leaf);
        while let Some((_, left)) = self.0.pop_if(|(before, _)| *before == leaves) {
            hash = node_hash(left, hash);
            leaves *= 2;
        }
        self.0.push((leaves, hash));
    }

    fn root(&self) -> Hash {
        let whole = self.0.iter().rev().fold(None, |right: Option<Hash>, (_, left)| {
            Some(right.map_or(*left, |right| node_hash(*left, right)))
        });
        whole.unwrap_or_else(empty_root)
    }
}

/// An event's line, with buffers that are used again.
#[derive(Default)]
struct Decoded {
    sequence: u64,
    at_micros: i64,
    version: u16,
    actor: Vec<u8>,
    kind: String,
    payload: Vec<u8>,
    chain: Hash,
}

impl Decoded {
    /// Reads what follows `event `.
    fn read(&mut self, fields: &str) -> Result<(), &'static str> {
        let mut fields = fields.split(' ');
        let mut field = || fields.next().ok_or("the event has fewer than seven fields");
        self.sequence = text::decimal(field()?).ok_or("the sequence is not a number in its one spelling")?;
        self.at_micros = text::decimal(field()?).ok_or("the time is not a number in its one spelling")?;
        self.version = text::decimal(field()?).ok_or("the version is not a number in its one spelling")?;
        self.actor.clear();
        BASE64_STANDARD.decode_vec(field()?, &mut self.actor).map_err(|_| "the actor is not base64")?;
        let kind = field()?;
        if kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the kind is empty or not of visible ASCII");
        }
        self.kind.clear();
        self.kind.push_str(kind);
        self.payload.clear();
        BASE64_STANDARD.decode_vec(field()?, &mut self.payload).map_err(|_| "the payload is not base64")?;
        self.chain = text::hash(field()?).ok_or("the hash is not 64 lower-case hexadecimal digits")?;
        if fields.next().is_some() {
            return Err("the event has more than seven fields");
        }
        Ok(())
    }

    fn envelope(&self) -> Result<Envelope<'_>, &'static str> {
        let actor = std::str::from_utf8(&self.actor).map_err(|_| "the actor is not UTF-8")?;
        Ok(Envelope {
            sequence: self.sequence,
            at_micros: self.at_micros,
            actor,
            kind: &self.kind,
            version: self.version,
            payload: &self.payload,
        })
    }
}

/// Checks a whole export under the keys that the inspector holds. `each` sees every event, with the chain's hash after
/// it, as soon as the chain has led to it; believe none of them before the function has returned without an error,
/// since only then a signature vouches for them.
///
/// # Errors
/// The first thing that is wrong, with its place; or that the file cannot be read.
pub fn verify<R: BufRead>(
    reader: R,
    keys: &[VerifyingKey],
    each: &mut dyn FnMut(&Envelope<'_>, Hash),
) -> Result<Summary, VerifyError> {
    verify_holding(reader, keys, &[], each)
}

/// As [`verify`], and the ledger must also contain the earlier heads that the inspector has kept (and opened).
///
/// # Errors
/// As [`verify`].
pub fn verify_holding<R: BufRead>(
    reader: R,
    keys: &[VerifyingKey],
    held: &[TreeHead],
    each: &mut dyn FnMut(&Envelope<'_>, Hash),
) -> Result<Summary, VerifyError> {
    let mut lines = Lines { reader, line: Vec::new(), number: 0, bytes: 0..0, due: None };
    if lines.next()? != "rejoin ledger export 1" {
        return Err(lines.broken(Fault::Format));
    }
    let keys = lines.keys(keys)?;
    let checkpoints = lines.checkpoints(&keys)?;
    let mut state = State { held: held.to_vec(), ..State::default() };
    state.held.sort_by_key(|head| head.size);
    state.signed.clone_from(&checkpoints);
    state.compare().map_err(|fault| lines.broken(fault))?;
    lines.due = state.due();
    let mut decoded = Decoded::default();
    let mut span: Option<(i64, i64)> = None;
    loop {
        let line = lines.next()?;
        let Some(fields) = line.strip_prefix("event ") else { break };
        let result = decoded.read(fields).map_err(Fault::Line).and_then(|()| {
            let envelope = decoded.envelope().map_err(Fault::Line)?;
            state.take(&envelope, decoded.chain)?;
            span = Some((span.map_or(envelope.at_micros, |(first, _)| first), envelope.at_micros));
            each(&envelope, decoded.chain);
            Ok(())
        });
        result.map_err(|fault| lines.broken(fault))?;
        lines.due = state.due();
    }
    let size = state.so_far.size;
    let end = std::str::from_utf8(&lines.line).ok().and_then(|line| line.strip_prefix("end "));
    let fault = match end {
        None => Some(Fault::Line("the line should hold an event, or be the last: end <count>")),
        Some(count) if text::decimal(count) != Some(size) => {
            Some(Fault::Line("the last line does not say how many events there are"))
        }
        Some(_) => state.left(),
    };
    if let Some(fault) = fault {
        return Err(lines.broken(fault));
    }
    let bytes = lines.bytes.end;
    if lines.peek()?.is_some() {
        // Well-formed or not, a line too many is what it is.
        if let Err(error @ VerifyError::Io(_)) = lines.next() {
            return Err(error);
        }
        return Err(lines.broken(Fault::Line("the file goes on after its last line")));
    }
    Ok(Summary {
        events: size,
        root: state.tree.root(),
        head: state.so_far.head,
        span,
        checkpoints,
        keys,
        bytes,
    })
}

/// How far the ledger has been derived, and what is still to be held against it, by size.
#[derive(Default)]
struct State {
    so_far: Checkpoint,
    tree: Tree,
    signed: Vec<TreeHead>,
    held: Vec<TreeHead>,
    /// How many of `signed` and `held` were compared.
    compared: (usize, usize),
}

impl State {
    fn take(&mut self, envelope: &Envelope<'_>, stored: Hash) -> Result<(), Fault> {
        let expected = self.so_far.size + 1;
        if envelope.sequence != expected {
            return Err(Fault::Event(Breach::Sequence { expected, found: envelope.sequence }));
        }
        let head = envelope.chain(self.so_far.head);
        if head != stored {
            return Err(Fault::Event(Breach::Content { sequence: expected }));
        }
        if self.compared.0 == self.signed.len() {
            return Err(Fault::Line("the event comes after the last checkpoint: nothing vouches for it"));
        }
        self.tree.add(event_leaf(head));
        self.so_far = Checkpoint { size: expected, head };
        self.compare()
    }

    /// Holds the signed and the kept heads of the present size against what was derived.
    fn compare(&mut self) -> Result<(), Fault> {
        let Checkpoint { size, head } = self.so_far;
        let same = |tree: &Tree, other: &TreeHead| other.root == tree.root() && other.head == head;
        if let Some(signed) = self.signed.get(self.compared.0).filter(|signed| signed.size == size) {
            if !same(&self.tree, signed) {
                let before = self.compared.0.checked_sub(1).and_then(|at| self.signed.get(at));
                return Err(Fault::Rewritten { after: before.map_or(0, |before| before.size), size });
            }
            self.compared.0 += 1;
        }
        while let Some(held) = self.held.get(self.compared.1).filter(|held| held.size == size) {
            let origin = self.signed.first().is_some_and(|signed| signed.origin == held.origin);
            if !origin || !same(&self.tree, held) {
                return Err(Fault::Held { size });
            }
            self.compared.1 += 1;
        }
        Ok(())
    }

    /// The event that the checkpoints say comes next.
    fn due(&self) -> Option<u64> {
        let last = self.signed.last().map_or(0, |last| last.size);
        (self.so_far.size < last).then_some(self.so_far.size + 1)
    }

    /// What was to be compared and was not reached.
    fn left(&self) -> Option<Fault> {
        let left = self.signed.get(self.compared.0).or(self.held.get(self.compared.1));
        left.map(|head| Fault::Missing { size: head.size })
    }
}
