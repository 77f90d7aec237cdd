//! The command line: every command, and the wiring. Results go to stdout, everything else to stderr.

mod commands;
mod failure;
mod progress;
mod render;

use clap::{Args, Parser, Subcommand, ValueEnum};
use failure::Failure;
use std::path::PathBuf;
use std::process::ExitCode;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  something failed that should not
  2  the command line was not understood
  3  a file or mapping could not be read; nothing was changed
  4  there is no case, or it could not be used
  5  verification failed: the ledger or what is derived from it is not what was written; or a feed is not as its
     specification asks
  6  what was asked for does not exist (person, outward id, measure, clock, group, preset)

Rejoin serves reunification. It must not be used to find people for arrest or removal; see ETHICS.md.";

/// The registry and reunification engine for families separated at a border.
#[derive(Parser)]
#[command(name = "rejoin", version, after_help = EXIT_CODES, propagate_version = true)]
struct Cli {
    /// The case's directory.
    #[arg(short = 'C', long = "case", global = true, default_value = ".", value_name = "DIR")]
    case: PathBuf,

    /// Who gives the command, for the ledger.
    #[arg(long, global = true, env = "REJOIN_ACTOR", value_name = "NAME", default_value = "operator")]
    actor: String,

    /// For what people's data is looked at: reading a file and being refused are on record. Arrest, removal and immigration
    /// control are refused always.
    #[arg(
        long,
        global = true,
        env = "REJOIN_PURPOSE",
        value_name = "PURPOSE",
        default_value = "data-quality"
    )]
    purpose: String,

    /// Address of the PostgreSQL database that keeps the case; without it a file in the case's directory.
    #[arg(long, global = true, env = "REJOIN_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,

    /// Directory of the case's keys; by default the case's directory with `.keys` behind its name.
    #[arg(long, global = true, env = "REJOIN_KEYS", value_name = "DIR")]
    keys: Option<PathBuf>,

    /// Language of definitions and headings.
    #[arg(long, global = true, env = "REJOIN_LANG", default_value = "en")]
    lang: Lang,

    #[command(subcommand)]
    command: Command,
}

/// Languages.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lang {
    /// English.
    En,
    /// Spanish.
    Es,
}

impl Lang {
    /// The text of the language.
    fn of<'a>(self, english: &'a str, spanish: &'a str) -> &'a str {
        match self {
            Lang::En => english,
            Lang::Es => spanish,
        }
    }
}

/// Forms of output.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For machines: one JSON value.
    Json,
    /// For spreadsheets.
    Csv,
}

#[derive(Args)]
struct Output {
    /// Form of the output.
    #[arg(long, default_value = "table")]
    format: Format,
}

#[derive(Subcommand)]
enum Command {
    /// Make a new case in an empty directory.
    #[command(after_help = "Example:\n  rejoin init case/")]
    Init {
        /// The directory.
        directory: PathBuf,
    },
    /// Import agencies' lists: CSV, XLSX, Parquet, Arrow, JSON lines; also in gzip; and feeds of PFIF.
    #[command(after_help = "\
Examples:
  rejoin -C case import border.csv shelters.xlsx --dry-run     what would be understood, and a mapping to review
  rejoin -C case import border.csv --as border-apprehensions   with a preset (`rejoin list presets`)
  rejoin -C case import hotline.csv --mapping hotline.toml     with a mapping that a person reviewed
  rejoin -C case import feed.xml                               People Finder Interchange Format, 1.1 to 1.4

Importing a file twice changes nothing. A second delivery of a list is compared with the last one: rows and above all
family links that vanished raise an alarm. Nothing is deleted.")]
    Import(commands::import::Import),
    /// Link records to people: those of a case, or the rows of any files.
    #[command(after_help = "\
Examples:
  rejoin -C case link                                      the records of a case
  rejoin -C case list links --unlinked                     pairs that a person should look at
  rejoin link people.csv --id rec_id --out links.parquet --clusters people.parquet    duplicates within a file
  rejoin link a.parquet b.csv --id id --one-to-one --out links.parquet                across two files
  rejoin link people.csv --id rec_id --print-spec > model.toml     a proposal, to review and use with --spec
  rejoin link evaluate --links links.parquet --truth truth.csv
  rejoin link explain --spec model.toml --id rec_id people.csv people.csv rec-1-org rec-1-dup-0")]
    Link(Box<commands::link::LinkArgs>),
    /// Propose families: children and parents, siblings. People decide.
    #[command(after_help = "\
Examples:
  rejoin -C case families                           what is new since the last run; all in the first
  rejoin -C case list children --unlinked           children without a candidate, and for how many days
  rejoin -C case families --without surnames --truth world/    what a kind of evidence adds, by a synthetic truth")]
    Families(commands::derive::Families),
    /// Decide on a proposed family: accept for verification, reject, ask for more evidence, take back.
    #[command(after_help = "\
Examples:
  rejoin -C case decide accept CHILD ADULT --reason 'names, village and journey agree'
  rejoin -C case decide reject CHILD ADULT --reason 'the adult has no child of that age'
  rejoin -C case list decisions
  rejoin -C case decide undo 1234 --reason 'wrong row clicked'")]
    Decide(commands::decide::Decide),
    /// DNA as a last resort: likelihood ratios of pedigrees; results as evidence, profiles destroyed.
    #[command(after_help = "\
Examples:
  rejoin dna lr case.json
  rejoin -C case dna record case.json CHILD ADULT --reason 'the papers burnt' --consent 'mother, in writing'")]
    Dna(commands::dna::Dna),
    /// Rebuild custody: chains, holes, overlaps, separations, clocks.
    #[command(after_help = "Example:\n  rejoin -C case custody --on 2018-06-26")]
    Custody {
        /// The day as of which is asked; by default the last day any record speaks of.
        #[arg(long, value_name = "DATE")]
        on: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Ask a measure: how many, when, where, by a definition that somebody else can check.
    #[command(after_help = "\
Examples:
  rejoin list measures                                              what can be asked
  rejoin -C case measure in-shelter-care --on 2018-06-26
  rejoin -C case measure separated --from 2018-05-05 --to 2018-06-20 --by sector,age-group --format csv
  rejoin -C case measure clock --id ms-l-under-5 --format json
  rejoin -C case measure reconcile --published published_numbers.csv")]
    Measure(commands::measure::MeasureArgs),
    /// Check a text: every quotation, figure and name against sources, and against a case.
    #[command(after_help = "\
Examples:
  rejoin check article.txt --sources papers/
  rejoin check article.html --sources papers/ --format html > checked.html
  rejoin -C case check article.txt --format json              against the case's own evidence file and measures
  rejoin check article.txt --sources archive/ --index index/  thousands of documents: the index is kept

A quotation is judged verbatim, trivially different, altered, meaning possibly changed, or not found; what turned the
judgement is listed word by word. (?) marks what is near a border: look yourself.")]
    Check(commands::check::Check),
    /// The evidence file: sources, statements, claims, responses; timeline and contradictions.
    #[command(after_help = "\
Examples:
  rejoin -C case evidence add evidence.toml      sources are kept by their hash; quotations are checked at once
  rejoin -C case evidence list statements
  rejoin -C case evidence timeline --format csv
  rejoin -C case evidence contradictions")]
    Evidence(commands::evidence::EvidenceArgs),
    /// Make a referenced report: PDF, HTML, XLSX or JSON; or check one.
    #[command(after_help = "\
Examples:
  rejoin -C case report --out report.pdf                                   the account, final
  rejoin -C case report --draft-for 'The Department' --out draft.pdf       a draft with a watermark
  rejoin -C case --lang es report --format html --out informe.html
  rejoin -C case report --published published_numbers.csv --out report.pdf
  rejoin -C case report --template monthly --format xlsx --out monthly.xlsx
  rejoin -C case report --template court-list --audience court --out court.pdf
  rejoin -C case report verify report.pdf                                  every number and quotation again")]
    Report(commands::report::ReportArgs),
    /// Replay the records under a changed policy: children not separated, days not apart.
    #[command(after_help = "\
Examples:
  rejoin -C case replay --minimum-age 5
  rejoin -C case replay --no-family-referral --policy zero-tolerance --by age-group
  rejoin -C case replay --ended-on 2018-06-06 --format json

The assumptions are printed with the figures. What is inferred or suspected stands beside what is known.")]
    Replay(commands::replay::Replay),
    /// Estimate how many separated children no list has, from how the lists overlap.
    #[command(after_help = "\
Examples:
  rejoin -C case estimate
  rejoin -C case estimate --lists legal-intakes,hotline-children,shelter-portal --format json")]
    Estimate(commands::replay::Estimate),
    /// Show what is on file of one person.
    #[command(after_help = "Example:\n  rejoin -C case person p-0123456789abcdef")]
    Person {
        /// The person's id, or the id of one of its records.
        id: String,
        #[command(flatten)]
        output: Output,
    },
    /// Casework: files of children and tracing requests, and what is to be done next.
    #[command(after_help = "\
Examples:
  rejoin -C case casework worklist
  rejoin -C case casework open inquirer_words='a mother' sought_words='a girl of six' relation=mother priority=high organisation=hotline
  rejoin -C case casework record t-144gj289144gj289 tracing-screened note='complete'
  rejoin -C case casework show CHILD
  rejoin -C case casework record CHILD contact-tried when=2018-07-02T15:00 channel=telephone reached=yes outcome='spoke with the mother' --key call-17
  rejoin casework kinds

Nothing here decides that two people are a family: people do, two of them sign, and it is on record who and why. Before a
verification has passed, nobody who looks for a child learns where it is. Rules: docs/casework.md.")]
    Casework(commands::casework::Casework),
    /// Protect: withhold from somebody, emergency access and its review.
    #[command(after_help = "\
Examples:
  rejoin -C case protect withhold PERSON --fields whereabouts,contact --from person:p-0123456789abcdef --reason 'a threat'
  rejoin -C case protect withhold PERSON --fields all --from organisation:border --reason 'by order' --until 2027-01-01
  rejoin -C case --purpose child-care protect emergency PERSON --reason 'taken to hospital, allergies unknown'
  rejoin -C case protect emergencies")]
    Protect(commands::protect::Protect),
    /// Legal holds: keep data from being erased.
    #[command(
        after_help = "Example:\n  rejoin -C case hold place PERSON --reason 'litigation hold, order of 2018-06-26'"
    )]
    Hold(commands::protect::HoldArgs),
    /// Erase a person: the keys of the data are destroyed, a tombstone stays, the chain stays whole.
    #[command(after_help = "\
Examples:
  rejoin -C case erase PERSON --reason 'the person asked' --authority 'data protection law'
  rejoin -C case erase --again      after a crash, or after keys were restored from a backup")]
    Erase(commands::protect::Erase),
    /// Retention: what has been kept longer than the case's rules (retention.toml) allow, and its erasure.
    #[command(after_help = "\
Examples:
  rejoin -C case retention due
  rejoin -C case retention apply            what would be erased
  rejoin -C case retention apply --erase

A legal hold wins over every rule. The form of the rules stands in retention/example.toml of the source tree.")]
    Retention(commands::retention::RetentionArgs),
    /// Who read, exported, was refused or worked on a person's file.
    #[command(after_help = "Example:\n  rejoin -C case --purpose oversight readers p-0123456789abcdef")]
    Readers {
        /// The person's id.
        person: String,
        #[command(flatten)]
        output: Output,
    },
    /// Give lists to a recipient who is named: children, adults, links, those without; for a court, all of them.
    #[command(after_help = "\
Examples:
  rejoin -C case export court --on 2018-06-26 --recipient 'District court' --out court.xlsx
  rejoin -C case export unlinked --on 2018-06-26 --recipient 'Steering committee' --out unlinked.csv
  rejoin -C case export who x-0123456789abcdef01234567

That something goes out is on record before it does: what, to whom, for which purpose (--purpose), of how many people.
Ids in exports are not the registry's own: the same person has the same one in every export of a case, and only the
case's keys lead back (`export who`).")]
    Export(commands::export::ExportArgs),
    /// Feeds in the People Finder Interchange Format: check one, write one. `rejoin import` reads them.
    #[command(after_help = "\
Examples:
  rejoin pfif check feed.xml
  rejoin -C case import feed.xml
  rejoin -C case pfif export --domain reunite.example.org --recipient 'Tracing service' --out feed.xml")]
    Pfif(commands::pfif::PfifArgs),
    /// List what a case holds, or what Rejoin knows.
    #[command(after_help = "\
Examples:
  rejoin -C case list children --on 2018-06-26 --format csv
  rejoin -C case list adults --unlinked
  rejoin -C case list places             spellings of facilities, and what they were folded into
  rejoin -C case list findings --code exact-copy
  rejoin list presets")]
    List(commands::list::List),
    /// Check the ledger's chain, and that everything derived is what its events give.
    #[command(
        after_help = "Examples:\n  rejoin -C case verify\n  rejoin -C case verify --checkpoint SIZE:HASH    also that the ledger continues one you noted earlier\n  rejoin -C case verify --checkpoint june.note    or one that it signed earlier: `rejoin ledger checkpoint`"
    )]
    Verify {
        /// A checkpoint kept from earlier, as answers and `verify` print it, or a file with a signed one: a ledger cut short
        /// or written anew is found.
        #[arg(long, value_name = "SIZE:HASH|FILE")]
        checkpoint: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Accounts: who may sign in, with which roles; tokens of programs.
    #[command(after_help = "\
Examples:
  rejoin -C case account create lucia@example.org --called 'Lucía Paz' --organisation orr --role case-worker
  rejoin -C case account accept lucia@example.org --code CODE     the first password, asked at the terminal
  rejoin -C case account totp lucia@example.org                   an authenticator for codes
  rejoin -C case account role give lucia@example.org verifier
  rejoin -C case account token issue feed --label nightly --allow import --days 90
  rejoin -C case account suspend lucia@example.org --reason 'telephone stolen'

Everything is an event in the ledger, refusals too. Passwords are asked at the terminal or read from the standard input
(--password-stdin); they are never an argument.")]
    Account(commands::accounts::Accounts),
    /// What others hold the case to: signed checkpoints, its public key, an export for inspectors, proofs.
    #[command(after_help = "\
Examples:
  rejoin -C case ledger checkpoint > june.note       give it to somebody who keeps it
  rejoin -C case ledger key > border.vkey
  rejoin -C case ledger export border.export
  rejoin -C case ledger proof 1234
  rejoin -C case ledger consistency 1200 > growth.proof

All of it is checked without the case and without this program: `rejoin-ledger`, which builds alone (cargo build --release
-p rejoin-ledger), or any program written from docs/formats/ledger.md.")]
    Ledger(commands::ledger::LedgerArgs),
    /// The family's receipt: a wallet card whose code finds the record and whose QR code proves it.
    #[command(after_help = "\
Examples:
  rejoin -C case receipt issue p-0123456789abcdef --family --out cards.pdf --phone '+1 956 555 0100'
  rejoin -C case receipt find KM7-4QXR-9CT
  rejoin -C case receipt verify --file scanned.txt
  rejoin receipt verify --file scanned.txt --key border.vkey     with the public key alone")]
    Receipt(commands::receipt::ReceiptArgs),
    /// Derive everything again from the ledger.
    #[command(after_help = "Example:\n  rejoin -C case rebuild")]
    Rebuild,
    /// Make a synthetic world: agencies' dirty lists, and the truth. Nobody in it exists.
    #[command(after_help = "Example:\n  rejoin synth --seed 7 --children 12000 --adults 40000 --out world/")]
    Synth(commands::synth::Synth),
    /// The whole walk on a synthetic world of the size of the summer of 2018, with an account of it.
    #[command(
        after_help = "Examples:\n  rejoin demo\n  rejoin demo --dir demo/    keeps the lists and the case, to look around in"
    )]
    Demo(commands::demo::Demo),
    /// Serve the web application over the case.
    #[command(after_help = "\
Examples:
  rejoin -C case serve                                       on this machine: http://localhost:7878
  rejoin -C case serve --at 127.0.0.1:0                      at a free port
  rejoin -C case serve --at 0.0.0.0:7878 --public https://rejoin.example.org     behind a proxy that speaks HTTPS

Accounts are made with `rejoin account create`, or in the application by an administrator.")]
    Serve(commands::serve::Serve),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    let context = commands::Context::new(cli);
    match &cli.command {
        Command::Init { directory } => commands::init(&context, directory),
        Command::Import(import) => import.run(&context),
        Command::Link(link) => link.run(&context),
        Command::Families(families) => families.run(&context),
        Command::Decide(decide) => decide.run(&context),
        Command::Dna(dna) => dna.run(&context),
        Command::Custody { on, output } => commands::derive::custody(&context, on.as_deref(), output),
        Command::Measure(measure) => measure.run(&context),
        Command::Check(check) => check.run(&context),
        Command::Report(report) => report.run(&context),
        Command::Evidence(evidence) => evidence.run(&context),
        Command::Replay(replay) => replay.run(&context),
        Command::Estimate(estimate) => estimate.run(&context),
        Command::Person { id, output } => commands::person::run(&context, id, output),
        Command::Casework(casework) => casework.run(&context),
        Command::Protect(protect) => protect.run(&context),
        Command::Hold(hold) => hold.run(&context),
        Command::Erase(erase) => erase.run(&context),
        Command::Retention(retention) => retention.run(&context),
        Command::Readers { person, output } => commands::protect::readers(&context, person, output),
        Command::Export(export) => export.run(&context),
        Command::Pfif(pfif) => pfif.run(&context),
        Command::List(list) => list.run(&context),
        Command::Verify { checkpoint, output } => commands::verify(&context, checkpoint.as_deref(), output),
        Command::Account(accounts) => accounts.run(&context),
        Command::Ledger(ledger) => ledger.run(&context),
        Command::Receipt(receipt) => receipt.run(&context),
        Command::Rebuild => commands::rebuild(&context),
        Command::Synth(synth) => synth.run(),
        Command::Demo(demo) => demo.run(&context),
        Command::Serve(serve) => serve.run(&context),
    }
}
