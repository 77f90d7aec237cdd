//! The sheet a report is written on: it asks measures once, numbers the references, and keeps the data behind every
//! sentence.

use super::{Material, Request};
use crate::Lang;
use crate::commands::check::shelf_of;
use crate::failure::Failure;
use crate::render::{decimal, thousands};
use rejoin_inquiry::measure::{How, Line};
use rejoin_inquiry::text::check::check_quotation;
use rejoin_inquiry::text::{Language, Shelf};
use rejoin_inquiry::{Answer, Parameters, Scene, ask, named};
use rejoin_ledger::{Checkpoint, Hash};
use rejoin_registry::{Evidence, Response, Source, Statement, Told};
use rejoin_report::{Block, Chart, Column, Reference, Section};
use serde_json::{Value, json};
use std::collections::HashMap;

/// A report while it is written.
pub struct Sheet<'a> {
    pub material: &'a Material<'a>,
    pub request: &'a Request,
    pub lang: Lang,
    sections: Vec<Section>,
    references: Vec<Reference>,
    known: HashMap<String, usize>,
    /// What was asked, so that no measure counts twice.
    answers: HashMap<String, Answer>,
    measures: Vec<Value>,
    claims: Vec<Value>,
    quotations: Vec<Value>,
}

/// A count that is not shown: no count is as large, and sums that saturate keep it.
pub const HIDDEN: u64 = u64::MAX;

/// An answer with the number of its reference.
pub struct Asked {
    /// As it may be shown: what is suppressed is [`HIDDEN`] in it, or not there.
    pub answer: Answer,
    /// As it was computed; none when all of it may be shown.
    whole: Option<Answer>,
    pub reference: usize,
}

/// Adds counts, of which one that is hidden hides the sum.
pub fn sum(counts: impl IntoIterator<Item = u64>) -> u64 {
    counts.into_iter().fold(0, u64::saturating_add)
}

/// An answer as it may be shown when counts below a threshold are not.
fn suppressed(answer: &Answer, threshold: u64) -> Answer {
    let told = Told::suppressed(answer.clone(), Checkpoint::default(), threshold);
    let hide = |columns: [Option<u64>; 4]| columns.map(|count| count.unwrap_or(HIDDEN));
    let mut answer = told.answer;
    answer.columns = hide(told.columns);
    for (line, told) in answer.breakdown.iter_mut().zip(told.lines) {
        line.columns = hide(told.columns);
    }
    answer
}

impl Asked {
    /// A column.
    pub fn of(&self, how: How) -> u64 {
        self.answer.columns[how as usize]
    }

    /// The value of the lines of which a key has a value.
    pub fn part(&self, name: &str, value: &str) -> u64 {
        self.part_of(|line| has(line, name, |found| found == value), value_of)
    }

    /// What some lines come to: hidden when one of them is, or when there is none of which that may be said.
    pub fn part_of(&self, is: impl Fn(&Line) -> bool, count: impl Fn(&Line) -> u64) -> u64 {
        let Some(whole) = &self.whole else {
            return sum(self.answer.breakdown.iter().filter(|line| is(line)).map(count));
        };
        let shown = |line: &&Line| self.answer.breakdown.iter().find(|shown| shown.key == line.key);
        let lines: Vec<&Line> = whole.breakdown.iter().filter(|line| is(line)).collect();
        match lines.is_empty() {
            true => HIDDEN,
            false => sum(lines.iter().map(|line| shown(line).map_or(HIDDEN, &count))),
        }
    }
}

fn has(line: &Line, name: &str, is: impl Fn(&str) -> bool) -> bool {
    line.key.iter().any(|(key, value)| key == name && is(value))
}

fn value_of(line: &Line) -> u64 {
    if line.value.is_nan() { HIDDEN } else { line.value.max(0.0) as u64 }
}

impl<'a> Sheet<'a> {
    pub fn new(material: &'a Material<'a>, request: &'a Request) -> Self {
        Self {
            material,
            request,
            lang: request.lang,
            sections: Vec::new(),
            references: Vec::new(),
            known: HashMap::new(),
            answers: HashMap::new(),
            measures: Vec::new(),
            claims: Vec::new(),
            quotations: Vec::new(),
        }
    }

    pub fn scene(&self) -> &'a Scene<'a> {
        self.material.scene
    }

    /// Sections, references and data.
    pub fn finish(self) -> (Vec<Section>, Vec<Reference>, Value) {
        let data = json!({"measures": self.measures, "claims": self.claims, "quotations": self.quotations});
        (self.sections, self.references, data)
    }

    /// Begins a section.
    pub fn section(&mut self, level: u8, english: &str, spanish: &str) {
        let heading = self.lang.of(english, spanish).to_owned();
        self.sections.push(Section { heading, level, blocks: Vec::new() });
    }

    pub fn push(&mut self, block: Block) {
        if let Some(section) = self.sections.last_mut() {
            section.blocks.push(block);
        }
    }

    /// Prose that claims nothing.
    pub fn text(&mut self, english: &str, spanish: &str) {
        let text = self.lang.of(english, spanish).to_owned();
        self.push(Block::Text(text));
    }

    /// A sentence that claims something.
    ///
    /// Its id says what it is about, and stays when other findings come or go: answers name it.
    pub fn claim(&mut self, id: &str, english: String, spanish: String, references: Vec<usize>) {
        let text = if self.lang == Lang::En { english } else { spanish };
        let id = id.to_owned();
        self.claims.push(json!({"id": id, "text": text, "references": references}));
        self.push(Block::Claim { id: id.clone(), text, references });
        let answers: Vec<Response> =
            self.material.evidence.responses.iter().filter(|response| response.to == id).cloned().collect();
        for response in answers {
            self.response(&response);
        }
    }

    /// Whether a finding of this id was written.
    pub fn has_claim(&self, id: &str) -> bool {
        self.claims.iter().any(|claim| claim["id"] == id)
    }

    /// What a party answers, under what it answers.
    pub fn response(&mut self, response: &Response) {
        let references = response
            .source
            .as_ref()
            .and_then(|source| self.material.evidence.source(source))
            .map(|source| self.source(&source.clone()))
            .into_iter()
            .collect();
        self.push(Block::Response {
            party: response.party.clone(),
            words: response.words.clone(),
            when: response.on.clone().unwrap_or_default(),
            references,
        });
    }

    /// Asks a measure; the same question is asked and referenced once.
    pub fn ask(&mut self, name: &str, parameters: &Parameters) -> Result<Asked, Failure> {
        let measure = named(name).ok_or_else(|| Failure::unexpected(format!("no measure {name}")))?;
        let question = format!("{name} {parameters:?}");
        let answer = match self.answers.get(&question) {
            Some(known) => known.clone(),
            None => ask(measure, self.scene(), parameters)?,
        };
        self.answers.insert(question, answer.clone());
        let threshold = self.request.suppress;
        let (answer, whole) = match threshold {
            0 => (answer, None),
            _ => (suppressed(&answer, threshold), Some(answer)),
        };
        let value =
            if answer.value.is_nan() && whole.is_some() { self.hidden() } else { decimal(answer.value) };
        let counted = match &whole {
            None => {
                format!("{}, SHA-256 {}", thousands(answer.records.len() as u64), Hash(answer.records_hash))
            }
            Some(_) => self.hidden(),
        };
        let mut query = format!("rejoin measure {name}");
        for (parameter, value) in &answer.parameters {
            query.push_str(&format!(" --{parameter} {value}"));
        }
        let lang = self.lang;
        let reference = match self.known.get(&query) {
            Some(known) => *known,
            None => {
                self.measures.push(json!({
                    "query": query,
                    "measure": answer.measure,
                    "version": answer.version,
                    "value": answer.value,
                    "columns": answer.columns.map(|count| (count != HIDDEN).then_some(count)),
                    "records": whole.is_none().then_some(answer.records.len()),
                    "records_hash": whole.is_none().then(|| Hash(answer.records_hash).to_string()),
                }));
                let columns: Vec<String> = How::ALL
                    .into_iter()
                    .map(|how| format!("{} {}", how.word(), self.said(answer.columns[how as usize])))
                    .collect();
                self.reference(
                    &query,
                    format!("{name}, version {}", answer.version),
                    vec![
                        (
                            lang.of("Definition", "Definición"),
                            lang.of(answer.definition.0, answer.definition.1).to_owned(),
                        ),
                        (lang.of("Query", "Consulta"), query.clone()),
                        (
                            lang.of("Value", "Valor"),
                            format!("{value} {} ({})", answer.unit, columns.join(", ")),
                        ),
                        (lang.of("Records counted", "Registros contados"), counted),
                        (lang.of("As of", "A fecha de"), answer.as_of.to_string()),
                        (lang.of("Checkpoint", "Punto de control"), self.request.checkpoint.clone()),
                    ],
                )
            }
        };
        Ok(Asked { answer, whole, reference })
    }

    /// Adds a reference once.
    pub fn reference(&mut self, key: &str, label: String, lines: Vec<(&str, String)>) -> usize {
        if let Some(known) = self.known.get(key) {
            return *known;
        }
        let lines = lines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.references.push(Reference { label, lines });
        self.known.insert(key.to_owned(), self.references.len());
        self.references.len()
    }

    /// The reference of a source.
    pub fn source(&mut self, source: &Source) -> usize {
        let lang = self.lang;
        let mut lines = vec![
            (lang.of("By", "De"), source.by.clone()),
            (lang.of("Status", "Estado"), source.status.clone()),
            (lang.of("File", "Archivo"), source.file.clone()),
            ("SHA-256", source.hash.clone()),
        ];
        if let Some(published) = &source.published {
            lines.insert(1, (lang.of("Published", "Publicado"), published.clone()));
        }
        self.reference(&format!("source {}", source.id), source.title.clone(), lines)
    }

    /// Somebody's words, looked up in their source, with the answers to them.
    pub fn quotation(&mut self, statement: &Statement) -> Result<(), Failure> {
        let Some(source) = self.material.evidence.source(&statement.source).cloned() else { return Ok(()) };
        let lang = self.lang;
        let judgement = if statement.paraphrase {
            lang.of("a paraphrase", "una paráfrasis").to_owned()
        } else {
            let one = Evidence { sources: vec![source.clone()], ..Evidence::default() };
            let mut shelf = Shelf::default();
            shelf_of(self.material.case, &one, &mut shelf)?;
            let verdict = check_quotation(&statement.words, Language::of(&statement.words), &shelf);
            self.quotations.push(json!({
                "id": statement.id,
                "words": statement.words,
                "source": source.id,
                "hash": source.hash,
                "judgement": verdict.judgement.word(),
            }));
            let title = verdict.judgement.title();
            // The page, where the source has pages.
            let bytes = self.material.case.document(&source.hash)?.unwrap_or_default();
            let page = verdict
                .found
                .and_then(|found| rejoin_sources::read(&source.file, &bytes).ok()?.page(found.span.start));
            let place = match page {
                Some(page) => format!(
                    "{}, {} {page}",
                    lang.of("against the source", "frente a la fuente"),
                    lang.of("page", "página")
                ),
                None => lang.of("against the source", "frente a la fuente").to_owned(),
            };
            format!("{place}: {}", lang.of(title.0, title.1))
        };
        let reference = self.source(&source);
        self.push(Block::Quotation {
            words: statement.words.clone(),
            speaker: statement.speaker.clone(),
            when: statement.on.clone().unwrap_or_default(),
            channel: statement.channel.clone().unwrap_or_default(),
            chain: statement.according_to.iter().rev().cloned().collect(),
            judgement,
            references: vec![reference],
        });
        let answers: Vec<Response> = self
            .material
            .evidence
            .responses
            .iter()
            .filter(|response| response.to == statement.id)
            .cloned()
            .collect();
        answers.iter().for_each(|response| self.response(response));
        Ok(())
    }

    /// A count as a table shows it: nothing small is shown when that was asked, nor what would give it away.
    pub fn cell(&self, count: u64) -> String {
        match self.is_hidden(count) {
            true => "*".to_owned(),
            false => thousands(count),
        }
    }

    /// Whether a count is not shown.
    pub fn is_hidden(&self, count: u64) -> bool {
        self.request.suppress > 0 && (count == HIDDEN || count < self.request.suppress)
    }

    /// A count as a sentence says it.
    pub fn said(&self, count: u64) -> String {
        if self.is_hidden(count) { self.hidden() } else { thousands(count) }
    }

    fn hidden(&self) -> String {
        self.lang.of("(a number not shown)", "(un número que no se muestra)").to_owned()
    }

    /// A table of an answer's breakdown: the groups, then the value in its columns that hold anything.
    pub fn breakdown(&mut self, asked: &Asked, titles: &[(&str, &str)], caption: (&str, &str)) {
        let lang = self.lang;
        let shown: Vec<How> = How::ALL.into_iter().filter(|how| asked.of(*how) > 0).collect();
        let mut columns: Vec<Column> = titles
            .iter()
            .map(|(en, es)| Column { title: lang.of(en, es).to_owned(), numeric: false })
            .collect();
        columns.extend(
            shown.iter().map(|how| Column { title: how_title(*how, lang).to_owned(), numeric: true }),
        );
        let rows: Vec<Vec<String>> = asked
            .answer
            .breakdown
            .iter()
            .map(|line| {
                let mut row: Vec<String> = line.key.iter().map(|(_, value)| in_words(value, lang)).collect();
                row.extend(shown.iter().map(|how| self.cell(line.columns[*how as usize])));
                row
            })
            .collect();
        let mut total = vec![String::new(); titles.len()];
        total[0] = lang.of("Total", "Total").to_owned();
        total.extend(shown.iter().map(|how| self.cell(asked.of(*how))));
        let note = (self.request.suppress > 0).then(|| {
            lang.of(
                "Small counts are not shown, nor those by which they could be worked out; lines without any other are left out.",
                "No se muestran los recuentos pequeños ni aquellos de los que podrían deducirse; se omiten las líneas sin otros.",
            )
            .to_owned()
        });
        let caption = lang.of(caption.0, caption.1).to_owned();
        self.push(Block::Table {
            caption,
            columns,
            rows,
            total: Some(total),
            note,
            references: vec![asked.reference],
        });
    }

    /// A chart.
    pub fn figure(
        &mut self,
        chart: Chart,
        caption: (&str, &str),
        description: String,
        references: Vec<usize>,
    ) {
        let caption = self.lang.of(caption.0, caption.1).to_owned();
        self.push(Block::Figure { caption, description, chart, references });
    }
}

/// Stable words in the language of the report; what lists wrote stays as it was written.
pub fn in_words(value: &str, lang: Lang) -> String {
    const WORDS: &[(&str, &str)] = &[
        ("(not recorded)", "(no consta)"),
        ("(another ground)", "(otro motivo)"),
        ("(none on record)", "(ninguna consta)"),
        ("recorded", "consta"),
        ("named-not-in-force", "nombrada, no vigente"),
        ("inferred", "inferida"),
        ("suspected", "sospechada"),
        ("other-ground", "otro motivo"),
        ("none-on-record", "ninguna consta"),
        ("reunited-with-parent", "reunido con su progenitor"),
        ("left-otherwise", "salió de otro modo"),
        ("still-in-care", "sigue en custodia"),
        ("transferred", "trasladado"),
        ("other", "otro"),
        ("met by reunification", "cumplido por reunificación"),
        ("met otherwise", "cumplido de otro modo"),
        ("met", "cumplido"),
        ("missed: reason not documented", "incumplido: sin razón documentada"),
        ("still running", "en curso"),
        ("the records cannot tell", "los registros no permiten saberlo"),
        ("no list records it", "ninguna lista lo registra"),
        ("reunited", "reunificado"),
        ("left care otherwise", "salió de otro modo"),
        ("still apart on the day", "aún separado ese día"),
        ("dates not recorded", "sin fechas"),
        ("accepted", "aceptada"),
        ("no decision on record", "sin decisión registrada"),
        ("hole", "hueco"),
        ("overlap", "solapamiento"),
        ("impossible-order", "orden imposible"),
        ("end-not-recorded", "fin no registrado"),
        ("beginning-not-recorded", "comienzo no registrado"),
        ("no-place", "sin lugar"),
        ("hand-over-unconfirmed", "entrega sin confirmar"),
        ("double-listing", "doble inscripción"),
    ];
    if lang == Lang::En {
        return value.to_owned();
    }
    if let Some((_, spanish)) = WORDS.iter().find(|(english, _)| *english == value) {
        return (*spanish).to_owned();
    }
    for (english, spanish) in [("missed: ", "incumplido: "), ("declined: ", "rechazada: ")] {
        if let Some(reason) = value.strip_prefix(english) {
            return format!("{spanish}{reason}");
        }
    }
    value.replace("(named, not in force)", "(nombrada, no vigente)")
}

/// The title of a column.
pub fn how_title(how: How, lang: Lang) -> &'static str {
    match how {
        How::Known => lang.of("known", "conocido"),
        How::Inferred => lang.of("inferred", "inferido"),
        How::Suspected => lang.of("suspected", "sospechado"),
        How::Undocumented => lang.of("undocumented", "sin documentar"),
    }
}
