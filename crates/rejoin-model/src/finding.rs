//! Findings: what was odd in a list. Dirty data is a finding, not an error: the value stays, nothing is dropped,
//! and the finding says where it was, what it said and how it was understood.

use crate::id::RecordId;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Somebody should look at once: a family link vanished.
    Alarm,
    /// A person must judge it.
    Question,
    /// Understood, and said so.
    Note,
}

impl Severity {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Alarm => "alarm",
            Severity::Question => "question",
            Severity::Note => "note",
        }
    }
}

macro_rules! codes {
    ($($name:ident $word:literal $severity:ident $en:literal / $es:literal,)*) => {
        /// What kind of oddity. The words are public and stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingCode {
            $(#[doc = $en] $name,)*
        }

        impl FindingCode {
            /// Every code.
            pub const ALL: &'static [FindingCode] = &[$(FindingCode::$name,)*];

            /// The stable word.
            pub fn word(self) -> &'static str {
                match self { $(FindingCode::$name => $word,)* }
            }

            /// How much it matters.
            pub fn severity(self) -> Severity {
                match self { $(FindingCode::$name => Severity::$severity,)* }
            }

            /// What it means, in English and in Spanish.
            pub fn meaning(self) -> (&'static str, &'static str) {
                match self { $(FindingCode::$name => ($en, $es),)* }
            }
        }
    };
}

codes! {
    FamilyLinkVanished "family-link-vanished" Alarm
        "a family unit on record in an earlier delivery is gone from this one" / "una unidad familiar que constaba en una entrega anterior falta en esta",
    RowVanished "row-vanished" Alarm
        "a row of an earlier delivery is not in this one" / "una fila de una entrega anterior no está en esta",
    RowChanged "row-changed" Question
        "a row differs from the earlier delivery" / "una fila difiere de la entrega anterior",
    ErasedNotTaken "erased-not-taken" Note
        "a row of somebody whose data was erased; not taken in" / "una fila de alguien cuyos datos se borraron; no se admite",
    PageHeaderRow "page-header-row" Note
        "a page header repeated among the rows; left out" / "un encabezado de página repetido entre las filas; se omite",
    TitleLine "title-line" Note
        "a line before the column names; left out" / "una línea anterior a los nombres de columna; se omite",
    StrayTextRow "stray-text-row" Question
        "a row with one filled cell among full rows; left out" / "una fila con una sola celda llena entre filas completas; se omite",
    QuoteNotClosed "quote-not-closed" Question
        "a quotation mark that is not closed; the file was read without quoting" / "una comilla sin cerrar; el archivo se leyó sin comillas",
    FamilyUnitImplausible "family-unit-implausible" Question
        "a family-unit number of more than twenty rows: a placeholder or a group, not a family" / "un número de unidad familiar con más de veinte filas: un comodín o un grupo, no una familia",
    RaggedRow "ragged-row" Question
        "a row with more cells than there are columns; the extra cells are kept" / "una fila con más celdas que columnas; las celdas sobrantes se conservan",
    EncodingGuessed "encoding-guessed" Question
        "not UTF-8; read as Windows-1252" / "no es UTF-8; se leyó como Windows-1252",
    ColumnNotMapped "column-not-mapped" Note
        "a column that no field of the mapping names; kept as sent" / "una columna que ningún campo del mapeo nombra; se conserva tal cual",
    SheetNotRead "sheet-not-read" Question
        "another sheet of the workbook was not read" / "otra hoja del libro no se leyó",
    DateNotUnderstood "date-not-understood" Question
        "not a date" / "no es una fecha",
    DateOrderContradicted "date-order-contradicted" Question
        "a date that only the other order of day and month can read" / "una fecha que solo puede leerse con el otro orden de día y mes",
    DatePartial "date-partial" Note
        "a date without its day or month" / "una fecha sin día o sin mes",
    DateImplausible "date-implausible" Question
        "a date outside what the list can cover" / "una fecha fuera de lo que la lista puede abarcar",
    AgeNotUnderstood "age-not-understood" Question
        "not an age in years" / "no es una edad en años",
    AgeNotAChild "age-not-a-child" Question
        "eighteen or over in a list of children" / "dieciocho años o más en una lista de menores",
    AgeContradictsBirthDate "age-contradicts-birth-date" Question
        "the age and the birth date differ by two years or more" / "la edad y la fecha de nacimiento difieren en dos años o más",
    SexNotUnderstood "sex-not-understood" Question
        "not a sex" / "no es un sexo",
    CountryNotUnderstood "country-not-understood" Question
        "not a country we know" / "no es un país conocido",
    NumberNotUnderstood "number-not-understood" Question
        "not a number of the form its agency gives; kept as words, compared with nothing" / "no es un número de la forma que da su agencia; se conserva como texto y no se compara",
    PhoneNotUnderstood "phone-not-understood" Note
        "not a telephone number we know the form of" / "no es un número de teléfono de forma conocida",
    CodeNotUnderstood "code-not-understood" Question
        "a code that the mapping does not explain" / "un código que el mapeo no explica",
    PlaceFolded "place-folded" Note
        "another spelling of a place" / "otra grafía de un lugar",
    OfficeCodeShared "office-code-shared" Question
        "one office code stands for two offices" / "un mismo código designa dos oficinas",
    PlacedBeforeReferred "placed-before-referred" Question
        "placed in a shelter before being referred to it" / "ingreso en el albergue antes de la remisión",
    EventsOutOfOrder "events-out-of-order" Question
        "an event dated before the one it follows" / "un hecho fechado antes del que lo precede",
    DischargedWithoutDate "discharged-without-date" Question
        "said to have left, without a date" / "consta la salida, sin fecha",
    DateWithoutDischarge "date-without-discharge" Question
        "a date of leaving, but said to be still in care" / "consta fecha de salida, pero sigue bajo cuidado",
    StatusContradictsOutcome "status-contradicts-outcome" Question
        "the status and the outcome exclude each other" / "el estado y el resultado se excluyen",
    ExactCopy "exact-copy" Question
        "an exact copy of another row: twins, or one child listed twice? not merged" / "copia exacta de otra fila: ¿gemelos o un menor listado dos veces? no se fusiona",
    RecordNumberRepeated "record-number-repeated" Question
        "two different rows of one delivery carry one number; both kept" / "dos filas distintas de una entrega llevan el mismo número; se conservan ambas",
    RecordNumberMissing "record-number-missing" Question
        "no number where the list has numbers; known by its content" / "sin número donde la lista los tiene; se identifica por su contenido",
}

/// One oddity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind.
    pub code: FindingCode,
    /// Row in the file, from 1; `None` when it is about the whole file.
    pub row: Option<u32>,
    /// The column's name; empty when it is about the row.
    pub column: String,
    /// What the cell said.
    pub said: String,
    /// How it was understood.
    pub understood: String,
    /// The record it belongs to, if there is one.
    pub record: Option<RecordId>,
}

impl Finding {
    /// A finding about a cell or a row; the record is filled in by whoever knows it.
    pub fn new(code: FindingCode, column: &str, said: &str, understood: impl Into<String>) -> Self {
        Self {
            code,
            row: None,
            column: column.into(),
            said: said.into(),
            understood: understood.into(),
            record: None,
        }
    }

    /// The same, at a row.
    pub fn at_row(mut self, row: u32) -> Self {
        self.row = Some(row);
        self
    }
}

impl FindingCode {
    /// The code of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.word() == word)
    }
}
