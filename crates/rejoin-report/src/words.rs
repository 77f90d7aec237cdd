//! The fixed words of a report, and how each language writes dates and numbers.

use crate::Language;
use crate::document::{Document, Status};
use jiff::civil::Date;

/// The words that this crate adds to a document.
pub(crate) struct Words {
    pub code: &'static str,
    pub report: &'static str,
    pub contents: &'static str,
    pub draft_for: &'static str,
    pub draft_note: &'static str,
    pub is_final: &'static str,
    pub issued: &'static str,
    pub references: &'static str,
    pub reference: &'static str,
    pub references_note: &'static str,
    pub cited_in: &'static str,
    pub figure: &'static str,
    pub table: &'static str,
    pub note: &'static str,
    pub total: &'static str,
    pub response_of: &'static str,
    pub according_to: &'static str,
    pub judgement: &'static str,
    pub differ: &'static str,
    pub page: &'static str,
    pub of: &'static str,
    pub skip: &'static str,
    pub figure_data: &'static str,
    pub no_data: &'static str,
    pub no_rows: &'static str,
    pub from: &'static str,
    pub until: &'static str,
    pub open: &'static str,
    pub kind: &'static str,
    pub policy: &'static str,
    pub event: &'static str,
    pub number: &'static str,
    pub category: &'static str,
    pub to: &'static str,
    pub attachment: &'static str,
    pub summary: &'static str,
    pub claims: &'static str,
    pub claim: &'static str,
    pub text: &'static str,
    pub section: &'static str,
    pub quotation: &'static str,
    pub response: &'static str,
    pub account: &'static str,
    pub field: &'static str,
    pub value: &'static str,
    months: [&'static str; 12],
    short_months: [&'static str; 12],
}

static ENGLISH: Words = Words {
    code: "en",
    report: "Report",
    contents: "Contents",
    draft_for: "Draft for",
    draft_note: "This is a draft for comment. It is not final and is not to be quoted or passed on.",
    is_final: "Final",
    issued: "Issued",
    references: "References",
    reference: "Reference",
    references_note: "Each raised number in the text leads to an entry here: the definition and the records behind a \
                      number, or the document behind a statement.",
    cited_in: "Cited in",
    figure: "Figure",
    table: "Table",
    note: "Note",
    total: "Total",
    response_of: "Response of",
    according_to: "according to",
    judgement: "Assessment",
    differ: "Two accounts that differ",
    page: "Page",
    of: "of",
    skip: "Skip to the report",
    figure_data: "The numbers behind this figure",
    no_data: "Nothing to show",
    no_rows: "No rows",
    from: "From",
    until: "Until",
    open: "open",
    kind: "Kind",
    policy: "In force",
    event: "Event",
    number: "Number",
    category: "Category",
    to: "To",
    attachment: "The report as data, for verification by machine",
    summary: "Report",
    claims: "What the report says",
    claim: "Claim",
    text: "Text",
    section: "Section",
    quotation: "Quotation",
    response: "Response",
    account: "Account",
    field: "Field",
    value: "Value",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    short_months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
};

static SPANISH: Words = Words {
    code: "es",
    report: "Informe",
    contents: "Índice",
    draft_for: "Borrador para",
    draft_note: "Este es un borrador para comentarios. No es definitivo y no debe citarse ni difundirse.",
    is_final: "Definitivo",
    issued: "Fecha",
    references: "Referencias",
    reference: "Referencia",
    references_note: "Cada número volado del texto lleva a una entrada de esta lista: la definición y los registros que \
                      sustentan una cifra, o el documento que sustenta una afirmación.",
    cited_in: "Citada en",
    figure: "Figura",
    table: "Cuadro",
    note: "Nota",
    total: "Total",
    response_of: "Respuesta de",
    according_to: "según",
    judgement: "Valoración",
    differ: "Dos versiones que difieren",
    page: "Página",
    of: "de",
    skip: "Ir al informe",
    figure_data: "Las cifras de esta figura",
    no_data: "Sin datos",
    no_rows: "Sin filas",
    from: "Desde",
    until: "Hasta",
    open: "abierto",
    kind: "Tipo",
    policy: "En vigor",
    event: "Hecho",
    number: "Número",
    category: "Categoría",
    to: "A",
    attachment: "El informe como datos, para su verificación automática",
    summary: "Informe",
    claims: "Lo que dice el informe",
    claim: "Afirmación",
    text: "Texto",
    section: "Sección",
    quotation: "Cita",
    response: "Respuesta",
    account: "Versión",
    field: "Campo",
    value: "Valor",
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    short_months: ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"],
};

impl Language {
    /// The fixed words.
    pub(crate) fn words(self) -> &'static Words {
        match self {
            Language::English => &ENGLISH,
            Language::Spanish => &SPANISH,
        }
    }

    /// A day in words.
    pub(crate) fn day(self, date: Date) -> String {
        let month = self.words().months[usize::from(date.month().unsigned_abs()) - 1];
        match self {
            Language::English => format!("{} {month} {}", date.day(), date.year()),
            Language::Spanish => format!("{} de {month} de {}", date.day(), date.year()),
        }
    }

    /// A month's name, short enough for an axis.
    pub(crate) fn short_month(self, date: Date) -> &'static str {
        self.words().short_months[usize::from(date.month().unsigned_abs()) - 1]
    }

    /// A day as short as it can be said.
    pub(crate) fn short_day(self, date: Date) -> String {
        format!("{} {} {}", date.day(), self.short_month(date), date.year())
    }

    /// An ISO date in words; any other text as it is.
    pub(crate) fn dated(self, text: &str) -> String {
        day(text).map_or_else(|| text.to_owned(), |date| self.day(date))
    }

    /// A count with its thousands set apart: by a comma, or in Spanish by a space from five digits on.
    pub(crate) fn count(self, number: u64) -> String {
        let digits = number.to_string();
        let mark = match self {
            Language::English if digits.len() > 3 => ",",
            Language::Spanish if digits.len() > 4 => "\u{a0}",
            _ => return digits,
        };
        let mut out = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push_str(mark);
            }
            out.push(digit);
        }
        out
    }
}

impl Document {
    /// The status in words: `Final`, `Draft for …`.
    pub(crate) fn status_words(&self) -> String {
        let words = self.language.words();
        match &self.status {
            Status::Final => words.is_final.to_owned(),
            Status::Draft { recipient } => format!("{} {recipient}", words.draft_for),
        }
    }
}

/// The day that an ISO date names.
pub(crate) fn day(text: &str) -> Option<Date> {
    // The parser also takes a time after the day, which would then be lost.
    if text.len() == 10 { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_counts_are_written_as_each_language_does() {
        assert_eq!(Language::English.dated("2018-05-07"), "7 May 2018");
        assert_eq!(Language::Spanish.dated("2018-05-07"), "7 de mayo de 2018");
        for kept in ["May 2018", "2018-13-01", "2018-05-07T10:00", ""] {
            assert_eq!(Language::English.dated(kept), kept);
        }
        let counts = |language: Language| [0, 999, 2737, 12345, 1_000_000].map(|count| language.count(count));
        assert_eq!(counts(Language::English), ["0", "999", "2,737", "12,345", "1,000,000"]);
        assert_eq!(counts(Language::Spanish), ["0", "999", "2737", "12\u{a0}345", "1\u{a0}000\u{a0}000"]);
    }
}
