//! What is odd about a feed: a stable code, where, what it said, and how it was understood.

use crate::Language;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look; the specification is silent.
    Advice,
    /// Allowed, or beyond what the specification's form can tell, and most likely wrong.
    Warning,
    /// Against the specification.
    Error,
}

impl Severity {
    /// Its word.
    pub fn word(self, language: Language) -> &'static str {
        match self {
            Severity::Advice => language.of("advice", "consejo"),
            Severity::Warning => language.of("warning", "aviso"),
            Severity::Error => language.of("error", "error"),
        }
    }
}

macro_rules! codes {
    ($($name:ident $code:literal $severity:ident $english:literal $spanish:literal;)*) => {
        /// What can be odd about a feed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $english] $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The stable word, for files and programs.
            pub fn code(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// How grave it is.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// What a person reads.
            pub fn words(self, language: Language) -> &'static str {
                match self { $(Code::$name => language.of($english, $spanish),)* }
            }
        }
    };
}

codes! {
    NotUtf8 "not-utf8" Error "Bytes that are no UTF-8 were replaced." "Bytes que no son UTF-8 se sustituyeron.";
    TooLarge "too-large" Error "The feed is larger than any that is read." "El archivo es mayor que los que se leen.";
    TooDeep "too-deep" Error "Elements are nested too deeply; reading ended here." "Elementos anidados en exceso; la lectura terminó aquí.";
    DoctypeRefused "doctype-refused" Error "A document type is declared; it could bring in entities, so reading ended here." "Se declara un tipo de documento, que podría traer entidades; la lectura terminó aquí.";
    NotWellFormed "not-well-formed" Error "This is not well-formed XML." "El XML no está bien formado.";
    EntityUnknown "entity-unknown" Error "An unknown entity was left as it stood." "Una entidad desconocida se dejó como estaba.";
    TextTooLong "text-too-long" Warning "The text was cut." "El texto se recortó.";
    TextOutside "text-outside" Warning "Text stands outside any field." "Hay texto fuera de todo campo.";
    RootNotPfif "root-not-pfif" Error "The outermost element is not `pfif`." "El elemento exterior no es `pfif`.";
    NamespaceMissing "namespace-missing" Error "No namespace is given." "Falta el espacio de nombres.";
    NamespaceUnknown "namespace-unknown" Error "The namespace is none of the format's." "El espacio de nombres no es del formato.";
    RootEmpty "root-empty" Error "The feed holds nothing." "El archivo está vacío.";
    NoRecord "no-record" Error "The feed holds no person (nor, from 1.2 on, a note)." "No hay ninguna persona (ni, desde 1.2, nota).";
    FieldMissing "field-missing" Error "A mandatory field is missing." "Falta un campo obligatorio.";
    FieldEmpty "field-empty" Warning "The field is empty." "El campo está vacío.";
    FieldRepeated "field-repeated" Error "The field stands there twice." "El campo aparece dos veces.";
    FieldUnknown "field-unknown" Error "The field is not in this version of the format." "El campo no existe en esta versión del formato.";
    FieldOrder "field-order" Error "The field is out of order." "El campo está fuera de orden.";
    FieldNested "field-nested" Advice "Elements stand inside a field." "Hay elementos dentro de un campo.";
    IdMissing "id-missing" Error "The record has no id." "El registro no tiene identificador.";
    IdForm "id-form" Error "The id is not a domain, a slash and a name." "El identificador no es dominio, barra y nombre.";
    IdRepeated "id-repeated" Error "The id was used before." "El identificador ya se usó.";
    DateForm "date-form" Error "The date is not yyyy-mm-ddThh:mm:ssZ." "La fecha no es aaaa-mm-ddThh:mm:ssZ.";
    DateImpossible "date-impossible" Advice "There is no such date." "Esa fecha no existe.";
    EmailForm "email-form" Error "Not an e-mail address." "No es una dirección de correo.";
    PhoneForm "phone-form" Error "Not a telephone number." "No es un número de teléfono.";
    UrlForm "url-form" Error "Not an HTTP address." "No es una dirección HTTP.";
    CapitalsForm "capitals-form" Error "Version 1.1 has capitals without accents here." "La versión 1.1 pide aquí mayúsculas sin acentos.";
    StateForm "state-form" Error "Not a state's code." "No es un código de estado o departamento.";
    CountryForm "country-form" Error "Not a country's code." "No es un código de país.";
    NumberForm "number-form" Error "Not a number." "No es un número.";
    BooleanForm "boolean-form" Error "Neither true nor false." "No es ni true ni false.";
    StatusUnknown "status-unknown" Error "Not one of the five statuses." "No es uno de los cinco estados.";
    SexUnknown "sex-unknown" Error "Not female, male or other." "No es female, male ni other.";
    BirthForm "birth-form" Error "Not a year, a month or a day of birth." "No es año, mes ni día de nacimiento.";
    AgeForm "age-form" Error "Not an age or a range of ages." "No es una edad ni un intervalo de edades.";
    AgeReversed "age-reversed" Advice "The range of ages begins with the higher." "El intervalo de edades empieza por la mayor.";
    NoteWithoutPerson "note-without-person" Error "The note does not say whom it is about." "La nota no dice de quién trata.";
    NoteOfOtherPerson "note-of-other-person" Error "The note names another person than the one it stands in." "La nota nombra a otra persona que aquella en la que está.";
    LinkOneSided "link-one-sided" Warning "The linked person does not link back." "La persona enlazada no enlaza de vuelta.";
    ExpiredWithData "expired-with-data" Error "An expired record still holds data." "Un registro vencido aún contiene datos.";
    ExpiredDatesDiffer "expired-dates-differ" Error "The source and entry dates of an expired record differ." "Las fechas de origen y de entrada de un registro vencido difieren.";
    ExpiredLate "expired-late" Error "The record was emptied more than a day after it expired." "El registro se vació más de un día después de vencer.";
    EntryBeforeSource "entry-before-source" Advice "The record was entered before it was created." "El registro se ingresó antes de crearse.";
    MarkupInText "markup-in-text" Advice "The text has HTML in it; it is shown as it stands." "El texto contiene HTML; se muestra tal cual.";
    FieldOfOtherVersion "field-of-other-version" Warning "The field belongs to another version; it was understood." "El campo es de otra versión; se entendió.";
    NameJoined "name-joined" Advice "The whole name was joined from its parts." "El nombre completo se unió de sus partes.";
    DescriptionFromOther "description-from-other" Advice "The description was taken out of `other`." "La descripción se tomó de `other`.";
}

impl Code {
    /// Whether nothing after it was read.
    pub fn ends_reading(self) -> bool {
        matches!(self, Code::TooLarge | Code::TooDeep | Code::DoctypeRefused | Code::NotWellFormed)
    }
}

/// Characters of a cell that a finding repeats.
const SAID: usize = 200;

/// One oddity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PfifFinding {
    /// What is odd.
    pub code: Code,
    /// The line, from 1.
    pub line: u32,
    /// The `person_record_id`, or empty.
    pub person: String,
    /// The `note_record_id`, or empty.
    pub note: String,
    /// The element's name as written, or empty.
    pub field: String,
    /// What stood there, cut after 200 characters.
    pub said: String,
    /// How it was understood; empty if as it stands.
    pub understood: String,
}

impl PfifFinding {
    pub(crate) fn new(code: Code, line: u32) -> PfifFinding {
        PfifFinding {
            code,
            line,
            person: String::new(),
            note: String::new(),
            field: String::new(),
            said: String::new(),
            understood: String::new(),
        }
    }

    pub(crate) fn of(mut self, person: &str, note: &str) -> PfifFinding {
        self.person = person.to_owned();
        self.note = note.to_owned();
        self
    }

    pub(crate) fn field(mut self, field: &str) -> PfifFinding {
        self.field = field.to_owned();
        self
    }

    pub(crate) fn said(mut self, said: &str) -> PfifFinding {
        self.said = said.chars().take(SAID).collect();
        self
    }

    pub(crate) fn understood(mut self, understood: &str) -> PfifFinding {
        self.understood = understood.chars().take(SAID).collect();
        self
    }

    /// How grave it is.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}
