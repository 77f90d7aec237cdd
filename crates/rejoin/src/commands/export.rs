//! `rejoin export`: the lists that a court asks for, for a recipient who is named, under ids that are not the
//! registry's own. That they went out is written down before a byte does.

pub mod people;

use super::{Context, account, day};
use crate::failure::Failure;
use crate::render::{print, print_json};
use crate::{Format as OutputFormat, Lang, Output};
use clap::ValueEnum;
use people::outgoing;
use rejoin_access::Action;
use rejoin_exchange::lists::{self, People, Unlinked};
use rejoin_exchange::table::{csv, parquet, provenance_text, xlsx};
use rejoin_exchange::{Language, Provenance, Table, TableError};
use rejoin_model::{PersonId, RecordId};
use serde_json::json;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Arguments of `export`.
#[derive(clap::Args)]
pub struct ExportArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The children: who and where each is, and how firm what is known of their family is.
    #[command(after_help = "\
Example:
  rejoin -C case export children --on 2018-06-26 --recipient 'District court' --format csv --out children.csv")]
    Children(Lists),
    /// The adults, likewise.
    #[command(after_help = "\
Example:
  rejoin -C case export adults --on 2018-06-26 --recipient 'District court' --out adults.parquet")]
    Adults(Lists),
    /// Which child belongs to which adult, as far as anybody says so, and on what it rests.
    #[command(after_help = "\
Example:
  rejoin -C case export links --on 2018-06-26 --recipient 'Steering committee' --least 0.9 --out links.xlsx")]
    Links(Lists),
    /// Children and adults for whom nobody is known.
    #[command(after_help = "\
Example:
  rejoin -C case export unlinked --on 2018-06-26 --recipient 'Steering committee' --out unlinked.csv")]
    Unlinked(Lists),
    /// All of them, in one workbook or folder.
    #[command(after_help = "\
Examples:
  rejoin -C case export court --on 2018-06-26 --recipient 'District court' --out court.xlsx
  rejoin -C case --lang es export court --recipient 'District court' --format csv --out lists/")]
    Court(Lists),
    /// Whom an outward id means, for the custodian of the case: an answer came to an export.
    #[command(after_help = "Example:\n  rejoin -C case export who x-0123456789abcdef01234567")]
    Who {
        /// The id, as it stood in an export; of PFIF, with the domain or without.
        id: String,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(clap::Args)]
struct Lists {
    /// As of which day; by default the last day any record speaks of.
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// Who receives it: it is written down, and stands in the export.
    #[arg(long, value_name = "NAME")]
    recipient: String,
    /// The form of the files; by default that of the name of --out, else CSV.
    #[arg(long, value_name = "FORM")]
    format: Option<Form>,
    /// The file; for `court` in CSV or Parquet, the folder. What is there already is not written over.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Proposed links from which probability on.
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.5)]
    least: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Text, with what it is beside it.
    Csv,
    /// A workbook.
    Xlsx,
    /// Parquet.
    Parquet,
}

impl Form {
    fn ending(self) -> &'static str {
        match self {
            Form::Csv => "csv",
            Form::Xlsx => "xlsx",
            Form::Parquet => "parquet",
        }
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        Self::unexpected(error.to_string())
    }
}

pub fn language(lang: Lang) -> Language {
    match lang {
        Lang::En => Language::English,
        Lang::Es => Language::Spanish,
    }
}

/// The records that people who go out are named after: they stand for them in the event.
pub fn anchors(people: impl IntoIterator<Item = PersonId>) -> Vec<RecordId> {
    let mut records: Vec<RecordId> =
        people.into_iter().map(|person| RecordId::from_bytes(*person.as_bytes())).collect();
    records.sort_unstable();
    records
}

/// Refuses to write over something.
pub fn free(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        let hint = "choose another --out: what went out is not written over";
        return Err(Failure::input(format!("{} is there already", path.display()), hint));
    }
    Ok(())
}

/// Writes a new file that only its owner reads.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write;
    let refuse = |error: std::io::Error| {
        Failure::input(format!("cannot write {}: {error}", path.display()), "choose another --out")
    };
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        std::fs::create_dir_all(directory).map_err(refuse)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(refuse)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(refuse)
}

/// What kind of list is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Children,
    Adults,
    Links,
    Unlinked,
    Court,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Children => "children",
            Kind::Adults => "adults",
            Kind::Links => "links",
            Kind::Unlinked => "unlinked",
            Kind::Court => "court",
        }
    }

    /// Its tables, each with the stable name of its file.
    fn tables(self, people: &People, day: i32, language: Language) -> Vec<(&'static str, Table)> {
        let one = |kind: Kind| match kind {
            Kind::Children => (kind.word(), lists::children(people, day, language)),
            Kind::Adults => (kind.word(), lists::adults(people, day, language)),
            Kind::Links => (kind.word(), lists::links(people, day, language)),
            Kind::Unlinked | Kind::Court => ("unlinked", lists::unlinked_table(people, day, language)),
        };
        match self {
            Kind::Court => [Kind::Children, Kind::Adults, Kind::Links, Kind::Unlinked].map(one).into(),
            kind => vec![one(kind)],
        }
    }
}

impl ExportArgs {
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        match &self.what {
            What::Children(lists) => lists.run(Kind::Children, context),
            What::Adults(lists) => lists.run(Kind::Adults, context),
            What::Links(lists) => lists.run(Kind::Links, context),
            What::Unlinked(lists) => lists.run(Kind::Unlinked, context),
            What::Court(lists) => lists.run(Kind::Court, context),
            What::Who { id, output } => who(id, output, context),
        }
    }
}

fn who(id: &str, output: &Output, context: &Context) -> Result<(), Failure> {
    let case = context.open()?;
    let outward = id.rsplit('/').next().unwrap_or(id);
    let person = context.desk(&case)?.who(outward)?.ok_or_else(|| {
        Failure::missing(format!("nobody here went out as {id:?}"), "outward ids begin with x-")
    })?;
    match output.format {
        OutputFormat::Json => print_json(&json!({"outward": outward, "person": person.to_string()})),
        _ => print(&person.to_string()),
    }
}

impl Lists {
    fn form(&self, kind: Kind) -> Result<Form, Failure> {
        let ending = self.out.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
        let named = [Form::Csv, Form::Xlsx, Form::Parquet]
            .into_iter()
            .find(|form| ending.as_deref() == Some(form.ending()));
        match (self.format, named) {
            (Some(form), Some(named)) if form != named && kind != Kind::Court => Err(Failure::usage(
                format!("{} is not a name for {}", self.out.display(), form.ending()),
                "name the file by its form, or leave --format out",
            )),
            (Some(form), _) | (None, Some(form)) => Ok(form),
            (None, None) => Ok(Form::Csv),
        }
    }

    fn run(&self, kind: Kind, context: &Context) -> Result<(), Failure> {
        let form = self.form(kind)?;
        if !(0.0..=1.0).contains(&self.least) {
            return Err(Failure::usage(format!("{} is no probability", self.least), "between 0 and 1"));
        }
        if self.recipient.trim().is_empty() {
            return Err(Failure::usage("the recipient has no name", "say who receives it: --recipient NAME"));
        }
        let case = context.open()?;
        let desk = context.desk(&case)?;
        desk.may(Action::Export, None)?;
        free(&self.out)?;
        let what = format!("export {}", kind.word());
        let view = desk.view(Some(&what))?;
        account::stale(&view, context.lang);
        let everybody = view.people();
        let on = view.scene(&everybody, day(self.on.as_deref())?).as_of;
        let out = outgoing(&case, &desk, &view, &everybody, on, self.least)?;
        let (language, day) = (language(context.lang), on.day_number());
        let tally = lists::unlinked(&out.people, day);
        let provenance = Provenance {
            case: name_of(&context.case),
            as_of: on.to_string(),
            checkpoint: view.checkpoint.to_string(),
            purpose: desk.seat().purpose.word().into(),
            recipient: self.recipient.clone(),
            made_at_micros: desk.seat().at_micros,
            actor: context.actor.clone(),
            definition: self.definition(&tally, context.lang),
        };
        let tables = kind.tables(&out.people, day, language);
        let files = self.files(kind, form, tables, &provenance, language)?;
        for (path, _) in &files {
            free(path)?;
        }
        let gone: HashSet<&str> = match kind {
            Kind::Children => ids(&out.people.children).collect(),
            Kind::Adults => ids(&out.people.adults).collect(),
            Kind::Unlinked => tally.children.iter().chain(&tally.adults).map(String::as_str).collect(),
            Kind::Links => {
                let linked = out.people.links.iter().filter(|link| link.holds_on(day));
                linked.flat_map(|link| [link.child.as_str(), &link.adult]).collect()
            }
            Kind::Court => ids(&out.people.children).chain(ids(&out.people.adults)).collect(),
        };
        let people = out.ids.iter().filter(|(_, id)| gone.contains(id.as_str())).map(|(person, _)| *person);
        desk.exported(&what, &self.recipient, anchors(people), gone.len() as u64)?;
        for (path, bytes) in &files {
            write_new(path, bytes)?;
            print(&path.display().to_string())?;
        }
        say(&tally, out.neither, context.lang);
        Ok(())
    }

    /// What is counted how, in words: it goes with the lists.
    fn definition(&self, tally: &Unlinked, lang: Lang) -> String {
        let (child, adult) = (tally.child_tally, tally.adult_tally);
        match lang {
            Lang::En => format!(
                "Everybody whom the lists call a child or an adult and whom the maker may see; where each was on the \
                 day. Links: verified by people; recorded by an agency (an adult's row names the child's number, or \
                 both were given one family-unit number), whatever was decided since; proposed by the matching with a \
                 probability of at least {}, unless people rejected it. Ids are made for exports. Children {}: \
                 verified {}, recorded {}, proposed {}, none known {}. Adults {}: verified {}, recorded {}, proposed {}, \
                 none known {}.",
                self.least,
                child.all,
                child.verified,
                child.recorded,
                child.proposed,
                child.none_known,
                adult.all,
                adult.verified,
                adult.recorded,
                adult.proposed,
                adult.none_known
            ),
            Lang::Es => format!(
                "Todas las personas que las listas llaman niño, niña o adulto y que quien la hizo puede ver; dónde \
                 estaba cada una ese día. Vínculos: verificados por personas; registrados por una agencia (la fila de \
                 un adulto nombra el número del niño o la niña, o ambos recibieron un mismo número de unidad familiar), \
                 se haya decidido lo que fuera después; propuestos por la comparación con una probabilidad de al menos \
                 {}, salvo que personas los rechazaran. Los identificadores se crean para las entregas. Niños y niñas \
                 {}: verificados {}, registrados {}, propuestos {}, no se conoce ninguno {}. Adultos {}: verificados {}, \
                 registrados {}, propuestos {}, no se conoce ninguno {}.",
                self.least,
                child.all,
                child.verified,
                child.recorded,
                child.proposed,
                child.none_known,
                adult.all,
                adult.verified,
                adult.recorded,
                adult.proposed,
                adult.none_known
            ),
        }
    }

    /// The files and their bytes.
    fn files(
        &self,
        kind: Kind,
        form: Form,
        tables: Vec<(&'static str, Table)>,
        provenance: &Provenance,
        language: Language,
    ) -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
        if form == Form::Xlsx {
            let tables: Vec<Table> = tables.into_iter().map(|(_, table)| table).collect();
            return Ok(vec![(self.out.clone(), xlsx(&tables, provenance, language)?)]);
        }
        let mut files = Vec::new();
        for (name, table) in &tables {
            let path = match kind {
                Kind::Court => self.out.join(format!("{name}.{}", form.ending())),
                _ => self.out.clone(),
            };
            files.push((path, if form == Form::Csv { csv(table)? } else { parquet(table, provenance)? }));
        }
        let beside = match kind {
            Kind::Court => self.out.join("provenance.txt"),
            _ => {
                let mut name = self.out.file_name().unwrap_or_default().to_owned();
                name.push(".provenance.txt");
                self.out.with_file_name(name)
            }
        };
        let names: Vec<String> = files.iter().map(|(path, _)| name_of(path)).collect();
        let named: Vec<(&str, &[u8])> =
            names.iter().zip(&files).map(|(name, (_, bytes))| (name.as_str(), bytes.as_slice())).collect();
        let text = provenance_text(provenance, &named, language).into_bytes();
        files.push((beside, text));
        Ok(files)
    }
}

fn ids(people: &[lists::Person]) -> impl Iterator<Item = &str> {
    people.iter().map(|person| person.id.as_str())
}

/// The last part of a path: that of the directory, not a dot.
fn name_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    whole.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn say(tally: &Unlinked, neither: usize, lang: Lang) {
    for (who, of) in [
        (lang.of("children", "niños y niñas"), tally.child_tally),
        (lang.of("adults", "adultos"), tally.adult_tally),
    ] {
        eprintln!(
            "{who} {}: {} {}, {} {}, {} {}, {} {}",
            of.all,
            lang.of("verified", "verificados"),
            of.verified,
            lang.of("recorded", "registrados"),
            of.recorded,
            lang.of("proposed", "propuestos"),
            of.proposed,
            lang.of("none known", "no se conoce ninguno"),
            of.none_known
        );
    }
    if tally.links_to_unlisted > 0 {
        let words =
            lang.of("links name somebody in neither list", "vínculos nombran a quien no está en las listas");
        eprintln!("{} {words}", tally.links_to_unlisted);
    }
    if neither > 0 {
        let words = lang.of(
            "people whom no record calls a child or an adult are in neither list",
            "personas de las que ningún registro dice si son niños o adultos no están en ninguna lista",
        );
        eprintln!("{neither} {words}");
    }
}
