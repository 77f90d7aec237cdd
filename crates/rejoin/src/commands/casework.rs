//! `rejoin casework`: the files of children and of tracing requests. A command names what happened, by its kind and fields;
//! the rules of casework say whether it may, and what is missing when not.

use super::Context;
use crate::failure::Failure;
use crate::render::{Rows, print, print_json};
use crate::{Format, Lang, Output};
use rejoin_casework::word::Side;
use rejoin_casework::worklist::{List, Settings};
use rejoin_casework::{Fact, KINDS, StreamId, TracingId};
use rejoin_model::{RecordId, Relation};
use rejoin_normalize::{DateOrder, moment};
use rejoin_registry::{CaseFile, Desk, Done, Given, NewAttachment};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `rejoin casework`.
#[derive(clap::Args)]
pub struct Casework {
    #[command(subcommand)]
    command: CaseworkCommand,
}

#[derive(clap::Subcommand)]
enum CaseworkCommand {
    /// Show a file: where it stands and what happened.
    Show {
        /// The child's id, or a tracing request's.
        file: String,
        #[command(flatten)]
        output: Output,
    },
    /// Put something on record in a child's file or a tracing request.
    Record(Record),
    /// Attach a document: a birth certificate, a photograph, an order. It is sealed for whom the file is about.
    Attach {
        /// The child's id, or a tracing request's.
        file: String,
        /// The document.
        document: PathBuf,
        /// The record of whom it is about, if not the child.
        #[arg(long)]
        about: Option<RecordId>,
        /// A key of your own: given again with it, it is attached once.
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Write a document that was attached to a file. The reading is on record.
    Document {
        /// The child's id, or a tracing request's.
        file: String,
        /// The document's hash, as `rejoin casework show` has it.
        hash: String,
        /// Where to write it; a file that is there is not overwritten.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Open a tracing request; gives its id.
    Open(Open),
    /// Tracing requests on file.
    Requests {
        #[command(flatten)]
        output: Output,
    },
    /// Read what child or adult answered. The reading is on record, and decides who may still ask the other side.
    Interviews {
        /// The child's id.
        child: String,
        /// The adult's record.
        adult: RecordId,
        /// What the adult would be to the child.
        relation: String,
        /// child or adult.
        side: String,
        #[command(flatten)]
        output: Output,
    },
    /// What is to be done, most urgent first.
    Worklist(Worklist),
    /// Kinds of what can be put on record, with their fields.
    Kinds {
        #[command(flatten)]
        output: Output,
    },
}

#[derive(clap::Args)]
struct Record {
    /// The child's id, or a tracing request's.
    file: String,
    /// What happened: see `rejoin casework kinds`.
    kind: String,
    /// Its fields. Dates as 2018-06-26 or 2018-06-26T14:30 (UTC), people by their ids, lists by repeating the field.
    #[arg(value_name = "FIELD=VALUE")]
    fields: Vec<String>,
    /// The file's version that this was decided on: refused if it has changed since.
    #[arg(long, value_name = "N")]
    expected: Option<u64>,
    /// A key of your own: given again with it, the command is carried out once.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Args)]
struct Open {
    /// Fields of `tracing-received`.
    #[arg(value_name = "FIELD=VALUE", required = true)]
    fields: Vec<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Args)]
struct Worklist {
    /// Only these lists, as `overdue`, `due-today`, `no-contact` (comma-separated).
    #[arg(long, value_name = "LIST,...", value_delimiter = ',')]
    list: Vec<String>,
    /// Days without contact, after which somebody is to try again.
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    contact_days: u32,
    /// Days without a candidate.
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    candidate_days: u32,
    #[command(flatten)]
    output: Output,
}

impl Casework {
    /// Carries it out.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        if let CaseworkCommand::Kinds { output } = &self.command {
            let mut rows = Rows::new(&["kind", "fields"]);
            for (kind, fields) in KINDS {
                rows.push(vec![json!(kind), json!(fields)]);
            }
            return rows.print(output.format);
        }
        let case = context.open()?;
        let desk = context.desk(&case)?;
        match &self.command {
            CaseworkCommand::Show { file, output } => show(&find(&desk, file)?, output, context.lang),
            CaseworkCommand::Record(record) => record.run(&desk),
            CaseworkCommand::Attach { file, document, about, key, output } => {
                let bytes = std::fs::read(document).map_err(|error| {
                    Failure::input(format!("cannot read {}: {error}", document.display()), "is it there?")
                })?;
                let name = document.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let new = NewAttachment { about: *about, ..NewAttachment::named(&name, bytes) };
                let given = Given { expected: None, key: key.clone() };
                told(&desk.attach(&child_of(file), new, &given)?, output)
            }
            CaseworkCommand::Document { file, hash, out } => {
                let found = desk.attachment(&child_of(file), hash)?.ok_or_else(|| {
                    Failure::missing(
                        format!("there is no document {hash} in this file"),
                        "`rejoin casework show` has the hashes; of who was erased nothing can be read",
                    )
                })?;
                let mut new = std::fs::OpenOptions::new();
                let written = new.write(true).create_new(true).open(out);
                let written = written.and_then(|mut file| std::io::Write::write_all(&mut file, &found.bytes));
                written.map_err(|error| {
                    Failure::input(format!("cannot write {}: {error}", out.display()), "name another file")
                })?;
                print(&format!("{}: {}, {} bytes", out.display(), found.name, found.bytes.len()))
            }
            CaseworkCommand::Open(open) => open.run(&desk, context),
            CaseworkCommand::Requests { output } => {
                let mut rows = Rows::new(&["request", "status", "version", "opened"]);
                for file in desk.tracings()? {
                    let opened = file.entries.first().map(|entry| at(entry.at_micros));
                    rows.push(vec![
                        json!(file.stream.to_string()),
                        json!(file.status),
                        json!(file.version),
                        json!(opened),
                    ]);
                }
                rows.print(output.format)
            }
            CaseworkCommand::Interviews { child, adult, relation, side, output } => {
                let unknown =
                    |word: &str| Failure::usage(format!("{word:?} is none"), "as in `mother child`");
                let of = Relation::from_word(relation).ok_or_else(|| unknown(relation))?;
                let asked = Side::from_word(side).ok_or_else(|| unknown(side))?;
                let mut rows = Rows::new(&["interview", "answer"]);
                for (at, answers) in (1..).zip(desk.interviews(&child_of(child), *adult, of, asked)?) {
                    answers.iter().for_each(|answer| rows.push(vec![json!(at), json!(answer)]));
                }
                rows.print(output.format)
            }
            CaseworkCommand::Worklist(worklist) => worklist.run(&desk, context.lang),
            CaseworkCommand::Kinds { .. } => Ok(()),
        }
    }
}

/// A moment of the ledger, as people and programs read it.
pub fn at(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).map(|at| at.to_string()).unwrap_or_default()
}

fn find(desk: &Desk<'_>, file: &str) -> Result<CaseFile, Failure> {
    let missing =
        || Failure::missing(format!("there is no file of {file:?}"), "`rejoin list children` shows ids");
    if let Ok(request @ StreamId::Tracing(_)) = file.parse() {
        return desk.tracing(request)?.ok_or_else(missing);
    }
    let person = desk.person(&child_of(file))?.ok_or_else(missing)?;
    Ok(person.casework.ok_or_else(missing)?.into_inner())
}

/// A child's id, also when the file's own id was said.
fn child_of(file: &str) -> String {
    match file.parse() {
        Ok(StreamId::Child(record)) => record.to_string(),
        _ => file.to_owned(),
    }
}

fn show(file: &CaseFile, output: &Output, lang: Lang) -> Result<(), Failure> {
    if output.format == Format::Json {
        let entry = |entry: &rejoin_registry::CaseEntry| {
            let fields: serde_json::Map<String, serde_json::Value> =
                entry.fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            json!({"event": entry.sequence, "at": at(entry.at_micros), "by": entry.actor, "kind": entry.kind, "fields": fields})
        };
        return print_json(&json!({
            "file": file.stream.to_string(), "version": file.version, "status": file.status,
            "entries": file.entries.iter().map(entry).collect::<Vec<_>>(),
        }));
    }
    if output.format == Format::Table {
        let (version, status) = (lang.of("version", "versión"), lang.of("status", "estado"));
        print(&format!("{}  {version} {}  {status} {}", file.stream, file.version, file.status))?;
    }
    let mut rows = Rows::new(&["event", "at", "by", "kind", "fields"]);
    for entry in &file.entries {
        let fields: Vec<String> =
            entry.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        rows.push(vec![
            json!(entry.sequence),
            json!(at(entry.at_micros)),
            json!(entry.actor),
            json!(entry.kind),
            json!(fields.join("; ")),
        ]);
    }
    rows.print(output.format)
}

/// The fact of a kind and what was said of its fields.
fn fact(desk: &Desk<'_>, kind: &str, said: &[String]) -> Result<Fact, Failure> {
    let Some((kind, known)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        let kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
        return Err(Failure::missing(
            format!("there is no kind {kind:?}"),
            format!("there are: {}", kinds.join(", ")),
        ));
    };
    let mut fields: Vec<(&str, String)> = Vec::new();
    for pair in said {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            Failure::usage(format!("{pair:?} is no field and value"), "write it as FIELD=VALUE")
        })?;
        if !known.contains(&name) {
            return Err(Failure::usage(
                format!("{kind} has no field {name:?}"),
                format!("its fields are: {}", known.join(", ")),
            ));
        }
        let value = understood(desk, name, value)?;
        match fields.iter_mut().find(|(field, _)| *field == name) {
            // Items of a list stand one a line; a line break within one is escaped.
            Some((_, before)) => {
                *before = format!("{before}\n{}", value.replace('\\', "\\\\").replace('\n', "\\n"))
            }
            None => fields.push((name, value)),
        }
    }
    let said = |field: &str| fields.iter().find(|(name, _)| *name == field).map(|(_, value)| value.clone());
    Fact::from_parts(kind, &said).ok_or_else(|| {
        Failure::usage(
            format!("{kind} is not complete, or a field says what it cannot"),
            format!(
                "its fields are: {}; words are those of `rejoin casework kinds` and docs/casework.md",
                known.join(", ")
            ),
        )
    })
}

/// A value as facts keep it: people by their smallest record, dates as microseconds.
fn understood(desk: &Desk<'_>, name: &str, value: &str) -> Result<String, Failure> {
    if ["when", "held", "asked", "from", "until", "review"].contains(&name) && value.parse::<i64>().is_err() {
        let read = moment::read(&value.replace('T', " "), DateOrder::YearMonthDay).value;
        let read = read.ok_or_else(|| {
            Failure::usage(
                format!("{name}: {value:?} is no date"),
                "write it as 2018-06-26 or 2018-06-26T14:30",
            )
        })?;
        return Ok((read.earliest() * 60_000_000).to_string());
    }
    if value.parse::<rejoin_model::PersonId>().is_ok() {
        let file = desk.person(value)?.ok_or_else(|| {
            Failure::missing(format!("nobody here has the id {value:?}"), "`rejoin list adults` shows ids")
        })?;
        let smallest = file.records.iter().map(|record| record.id).min();
        return Ok(smallest.map_or_else(|| value.to_owned(), |record: RecordId| record.to_string()));
    }
    Ok(value.to_owned())
}

impl Record {
    fn run(&self, desk: &Desk<'_>) -> Result<(), Failure> {
        let fact = fact(desk, &self.kind, &self.fields)?;
        let given = Given { expected: self.expected, key: self.key.clone() };
        let done = match self.file.parse() {
            Ok(request @ StreamId::Tracing(_)) => desk.trace(request, &[fact], &given)?,
            _ => desk.command(&child_of(&self.file), &[fact], &given)?,
        };
        told(&done, &self.output)
    }
}

/// What a command came to.
fn told(done: &Done, output: &Output) -> Result<(), Failure> {
    match output.format {
        Format::Json => print_json(&json!({"first": done.first, "last": done.last, "before": done.before})),
        _ if done.before => print(&format!("carried out before, in event {}", done.first)),
        _ => print(&format!("on record: event {}", done.first)),
    }
}

impl Open {
    fn run(&self, desk: &Desk<'_>, context: &Context) -> Result<(), Failure> {
        let fact = fact(desk, "tracing-received", &self.fields)?;
        // A request's own 80 bits: of when it came, from whom and what it says. Two are told apart by the time.
        let digest =
            rejoin_ledger::merkle::leaf_hash(format!("{:?} {:?}", context.stamp(), fact.parts()).as_bytes());
        let mut bytes = [0u8; 10];
        bytes.copy_from_slice(&digest.0[..10]);
        let request = StreamId::Tracing(TracingId::from_bytes(bytes));
        let done = desk.trace(request, &[fact], &Given::default())?;
        match self.output.format {
            Format::Json => print_json(&json!({"request": request.to_string(), "event": done.first})),
            _ => print(&format!("{request}: received, in event {}; screen it next", done.first)),
        }
    }
}

impl Worklist {
    fn run(&self, desk: &Desk<'_>, lang: Lang) -> Result<(), Failure> {
        let known: Vec<&str> = List::ALL.iter().map(|list| list.word()).collect();
        if let Some(odd) = self.list.iter().find(|list| !known.contains(&list.as_str())) {
            return Err(Failure::missing(
                format!("there is no list {odd:?}"),
                format!("there are: {}", known.join(", ")),
            ));
        }
        let settings = Settings {
            contact_days: self.contact_days,
            candidate_days: self.candidate_days,
            ..Settings::default()
        };
        let mut rows = Rows::new(&["list", "what", "who", "file", "due", "since", "clock", "assigned to"]);
        for item in desk.worklist(&settings)? {
            if !self.list.is_empty() && !self.list.iter().any(|list| list == item.list.word()) {
                continue;
            }
            rows.push(vec![
                json!(item.list.word()),
                json!(lang.of(&item.words.0, &item.words.1)),
                json!(item.subject.map(|subject| subject.to_string())),
                json!(item.stream.to_string()),
                json!(item.due_micros.map(at)),
                json!(item.since_micros.map(at)),
                json!(item.clock),
                json!(item.assigned_to.join(", ")),
            ]);
        }
        rows.print(self.output.format)
    }
}
