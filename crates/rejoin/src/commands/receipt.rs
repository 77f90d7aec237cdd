//! `rejoin receipt`: the card that a family keeps. It finds the record, and proves it whatever a database says later.

use super::Context;
use crate::failure::Failure;
use crate::render::{Rows, print, print_json};
use crate::{Format, Output};
use clap::ValueEnum;
use rejoin_access::Action;
use rejoin_ledger::note::VerifyingKey;
use rejoin_ledger::receipt::{Proven, Receipt};
use rejoin_registry::{Case, Contact, Desk, FoundReceipt, IssuedReceipt, ReceiptRequest, Standing};
use rejoin_report::{Card, Sheet, cards};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Arguments of `rejoin receipt`.
#[derive(clap::Args)]
pub struct ReceiptArgs {
    #[command(subcommand)]
    command: ReceiptCommand,
}

#[derive(clap::Subcommand)]
enum ReceiptCommand {
    /// Issue cards: a sheet to print, cut and fold, in English and Spanish, one card for each person.
    #[command(after_help = "\
Examples:
  rejoin -C case receipt issue p-0123456789abcdef --family --out cards.pdf --phone '+1 956 555 0100'
  rejoin -C case receipt issue p-0123456789abcdef p-fedcba9876543210 --paper letter --out cards.pdf

Whom to call can stand in receipt.toml of the case's directory instead:
  organisation = 'Family line'
  phone = '+1 956 555 0100'
  email = 'families@example.org'

A card has no name on it. It is nowhere else: for a lost one, issue another.")]
    Issue(Issue),
    /// Find the record that a card's code leads to.
    #[command(after_help = "Example:\n  rejoin -C case receipt find 'km7 4qxr 9ct'")]
    Find {
        /// The code, as it is printed or typed.
        code: String,
        #[command(flatten)]
        output: Output,
    },
    /// Prove a card by its QR code: with the case, or with its public key alone.
    #[command(after_help = "\
Examples:
  rejoin -C case receipt verify --file scanned.txt                    and whether the ledger still has it
  rejoin receipt verify --file scanned.txt --key border.vkey --statement printed.txt     without a case
  rejoin-ledger receipt scanned.txt --key border.vkey                 without this program

The text of the code begins with RJ1: and must be kept to the letter, a last space too. The printed text is what stands on
the card from `Recorded` to the last line of whom to call, line by line.")]
    Verify(Verify),
}

#[derive(clap::Args)]
struct Issue {
    /// For whom: ids of people or records.
    #[arg(required = true, value_name = "PERSON")]
    people: Vec<String>,
    /// For everybody too who was recorded under the same family-unit number.
    #[arg(long)]
    family: bool,
    /// The sheet to write, PDF.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The paper.
    #[arg(long, default_value = "a4")]
    paper: Paper,
    /// The family chose to have initials on the cards.
    #[arg(long)]
    initials: bool,
    /// Who answers when a family calls.
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    /// The number to call.
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// The address to write to.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// Sizes of paper.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Paper {
    /// 210 × 297 mm.
    A4,
    /// 8.5 × 11 inches.
    Letter,
}

#[derive(clap::Args)]
struct Verify {
    /// The text of the QR code.
    #[arg(required_unless_present = "file", conflicts_with = "file", value_name = "TEXT")]
    text: Option<String>,
    /// A file with it.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A file with the text printed on the card.
    #[arg(long, value_name = "FILE")]
    statement: Option<PathBuf>,
    /// The public key, or a file with it: no case is needed then.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    output: Output,
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::input(format!("{}: {error}", path.display()), "name a file of text in UTF-8")
    })
}

fn moment(at_micros: i64) -> String {
    jiff::Timestamp::from_microsecond(at_micros).map(|at| at.to_string()).unwrap_or_default()
}

impl ReceiptArgs {
    /// Carries it out.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        match &self.command {
            ReceiptCommand::Issue(issue) => issue.run(context),
            ReceiptCommand::Find { code, output } => find(context, code, output),
            ReceiptCommand::Verify(verify) => verify.run(context),
        }
    }
}

impl Issue {
    fn run(&self, context: &Context) -> Result<(), Failure> {
        let case = context.open()?;
        let contact = Contact {
            organisation: self.organisation.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
        };
        let contact = contact.or(case.receipt_contact()?);
        let ids = self.ids(&case, &context.desk(&case)?)?;
        // A sheet that cannot be written is noticed before anything is on record.
        let unwritten = |error: std::io::Error| {
            Failure::input(
                format!("{}: {error}", self.out.display()),
                "name a new file in a directory that can be written",
            )
        };
        let mut out =
            std::fs::OpenOptions::new().write(true).create_new(true).open(&self.out).map_err(unwritten)?;
        let requests: Vec<ReceiptRequest> = ids
            .into_iter()
            .map(|id| ReceiptRequest { id, contact: contact.clone(), initials: self.initials })
            .collect();
        let stamp = context.stamp();
        let made = case.issue_receipts(&requests, &stamp).map_err(Failure::from).and_then(|issued| {
            let pdf = self.sheet(&case.vkey()?, &issued, stamp.at_micros)?;
            Ok((issued, pdf))
        });
        let (issued, pdf) = match made {
            Ok(made) => made,
            Err(failure) => {
                let _ = std::fs::remove_file(&self.out);
                return Err(failure);
            }
        };
        std::io::Write::write_all(&mut out, &pdf).map_err(unwritten)?;
        out.sync_all().map_err(unwritten)?;
        eprintln!(
            "{}: {} to print without scaling, cut and fold",
            self.out.display(),
            cards_in(issued.len())
        );
        self.said(&issued)
    }

    /// Everybody asked for, each once, and each with leave to have a receipt issued.
    fn ids(&self, case: &Case, desk: &Desk<'_>) -> Result<Vec<String>, Failure> {
        let mut seen = BTreeSet::new();
        for id in &self.people {
            let permit = desk.may(Action::IssueReceipt, Some(id)).map_err(|_| {
                Failure::missing(
                    format!("nobody here has the id {id:?}"),
                    "`rejoin list children` and `rejoin list adults` show ids",
                )
            })?;
            seen.extend(permit.subject());
        }
        if self.family {
            for person in seen.clone() {
                for member in case.family_of(person)? {
                    seen.extend(desk.may(Action::IssueReceipt, Some(&member.to_string()))?.subject());
                }
            }
        }
        Ok(seen.iter().map(ToString::to_string).collect())
    }

    fn sheet(&self, key: &str, issued: &[IssuedReceipt], at_micros: i64) -> Result<Vec<u8>, Failure> {
        let day = moment(at_micros).chars().take(10).collect::<String>();
        let made: Vec<Card> = issued
            .iter()
            .map(|receipt| Card {
                code: receipt.code.clone(),
                statement: receipt.statement.lines().map(str::to_owned).collect(),
                qr: receipt.text.clone(),
                key: key.to_owned(),
                event: receipt.sequence,
                issued: day.clone(),
            })
            .collect();
        let sheet = match self.paper {
            Paper::A4 => Sheet::A4,
            Paper::Letter => Sheet::Letter,
        };
        cards(&made, sheet).map_err(|error| Failure::input(error.to_string(), error.hint()))
    }

    fn said(&self, issued: &[IssuedReceipt]) -> Result<(), Failure> {
        if self.output.format == Format::Json {
            let each: Vec<Value> = issued
                .iter()
                .map(|receipt| {
                    json!({
                        "person": receipt.person.to_string(), "record": receipt.record.to_string(),
                        "code": receipt.code, "event": receipt.sequence, "statement": receipt.statement,
                        "text": receipt.text,
                    })
                })
                .collect();
            return print_json(&Value::Array(each));
        }
        let mut rows = Rows::new(&["person", "record", "code", "event"]);
        for receipt in issued {
            rows.push(vec![
                json!(receipt.person.to_string()),
                json!(receipt.record.to_string()),
                json!(receipt.code),
                json!(receipt.sequence),
            ]);
        }
        rows.print(self.output.format)
    }
}

fn cards_in(count: usize) -> String {
    if count == 1 { "one card".into() } else { format!("{count} cards") }
}

fn find(context: &Context, code: &str, output: &Output) -> Result<(), Failure> {
    let case = context.open()?;
    let missing = || {
        Failure::missing(
            format!("no card of this case has the code {code:?}"),
            "it may be of another case, or the person was erased; `rejoin receipt verify` still proves the card",
        )
    };
    let found = case.find_receipt(code)?.ok_or_else(missing)?;
    // Who may not know of the person finds no card; whoever may has opened the file, and that is on record.
    if context.desk(&case)?.person(&found.record.to_string())?.is_none() {
        return Err(missing());
    }
    match output.format {
        Format::Json => print_json(&found_json(&found)),
        _ => {
            print(&found_words(&found, context))?;
            print(&found.statement)
        }
    }
}

fn found_words(found: &FoundReceipt, context: &Context) -> String {
    let FoundReceipt { code, person, record, sequence, actor, .. } = found;
    let at = moment(found.at_micros);
    context
        .lang
        .of(
            &format!("{code}: person {person}, record {record}; event {sequence}, {at}, by {actor}"),
            &format!("{code}: persona {person}, registro {record}; evento {sequence}, {at}, por {actor}"),
        )
        .to_owned()
}

fn found_json(found: &FoundReceipt) -> Value {
    json!({
        "code": found.code, "person": found.person.to_string(), "record": found.record.to_string(),
        "event": found.sequence, "at": moment(found.at_micros), "by": found.actor, "statement": found.statement,
    })
}

impl Verify {
    fn run(&self, context: &Context) -> Result<(), Failure> {
        let text = match (&self.text, &self.file) {
            (Some(text), _) => text.clone(),
            // A last space belongs to the code, a line end does not.
            (None, Some(file)) => read(file)?.trim_end_matches(['\r', '\n']).to_owned(),
            (None, None) => String::new(),
        };
        let untrue = |error: rejoin_ledger::receipt::ReceiptError| {
            Failure::verification(context.lang.of(
                &format!("the receipt is not true: {error}"),
                &format!("el recibo no es verdadero: {error}"),
            ))
        };
        let receipt = Receipt::decode(&text).map_err(untrue)?;
        if let Some(path) = &self.statement {
            let printed = read(path)?.replace("\r\n", "\n");
            let bare = printed.trim_end_matches('\n');
            if !receipt.states(bare) && !receipt.states(&printed) {
                return Err(Failure::verification(context.lang.of(
                    "the text is not the one that the receipt was issued for",
                    "el texto no es aquel para el que se emitió el recibo",
                )));
            }
        }
        let (proven, shown) = match &self.key {
            Some(key) => (receipt.prove(&[verifying_key(key)?]).map_err(untrue)?, None),
            None => {
                let shown = context.open()?.prove_receipt(&text)?;
                (shown.proven.clone(), Some(shown))
            }
        };
        let standing = shown.as_ref().map(|shown| shown.standing);
        let found = shown.and_then(|shown| shown.found);
        if self.output.format == Format::Json {
            print_json(&json!({
                "true": true, "code": receipt.code, "ledger": proven.origin, "event": proven.sequence,
                "size": proven.size, "at": moment(proven.at_micros), "by": proven.actor,
                "statement": self.statement.is_some(), "standing": standing.map(word),
                "found": found.as_ref().map(found_json),
            }))?;
        } else {
            self.say(context, &receipt, &proven, standing, found.as_ref())?;
        }
        match standing {
            None | Some(Standing::Stands) => Ok(()),
            Some(_) => Err(Failure::verification(context.lang.of(
                "the receipt is true, and the case's ledger no longer has what it proves: the ledger was changed",
                "el recibo es verdadero, y el libro del caso ya no tiene lo que prueba: el libro fue cambiado",
            ))),
        }
    }

    fn say(
        &self,
        context: &Context,
        receipt: &Receipt,
        proven: &Proven,
        standing: Option<Standing>,
        found: Option<&FoundReceipt>,
    ) -> Result<(), Failure> {
        let Proven { sequence, size, origin, actor, .. } = proven;
        let at = moment(proven.at_micros);
        let code = receipt.code.escape_debug();
        print(context.lang.of(
            &format!("The receipt {code} is true: event {sequence} of {size} in the ledger {origin}, {at}, by {actor}."),
            &format!("El recibo {code} es verdadero: evento {sequence} de {size} del libro {origin}, {at}, por {actor}."),
        ))?;
        if self.statement.is_some() {
            print(context.lang.of(
                "The printed text is the one it was issued for.",
                "El texto impreso es aquel para el que se emitió.",
            ))?;
        }
        match (standing, found) {
            (Some(Standing::Stands), Some(found)) => {
                print(context.lang.of("The case's ledger still has it.", "El libro del caso aún lo tiene."))?;
                print(&found_words(found, context))
            }
            (Some(Standing::Stands), None) => print(context.lang.of(
                "The case's ledger still has it. Its code leads to nobody: the person was erased, or `rejoin verify` says why.",
                "El libro del caso aún lo tiene. Su código no lleva a nadie: la persona fue borrada, o `rejoin verify` dice por qué.",
            )),
            _ => Ok(()),
        }
    }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Stands => "stands",
        Standing::CutShort => "cut-short",
        Standing::Rewritten => "rewritten",
    }
}

fn verifying_key(said: &str) -> Result<VerifyingKey, Failure> {
    let text = if Path::new(said).is_file() { read(Path::new(said))? } else { said.to_owned() };
    text.trim().parse().map_err(|error| {
        Failure::usage(format!("{said}: {error}"), "give what `rejoin ledger key` prints, or a file with it")
    })
}
