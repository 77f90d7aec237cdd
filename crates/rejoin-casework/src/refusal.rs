//! Refusals: why a fact is not taken, in a stable code and in words that say what is missing and who can do it. No
//! refusal names a person or tells what a sealed interview says.

use std::fmt;

macro_rules! refusals {
    ($($variant:ident = $code:literal, $english:literal, $spanish:literal;)*) => {
        /// Why a fact is not taken.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the English words beside each are its meaning")]
        pub enum Refusal {
            /// From this state one does not get there.
            NotNow {
                /// What has the state.
                what: (&'static str, &'static str),
                /// Its state, in English and Spanish.
                status: (&'static str, &'static str),
                /// The kind of fact that was asked for.
                asked: &'static str,
            },
            /// The case has moved on since the command was made.
            StaleVersion {
                /// The version that the command was made against.
                expected: u64,
                /// The case's.
                actual: u64,
            },
            /// A field that may not be empty.
            Missing(&'static str),
            /// What is still open when somebody wants to close.
            ObligationsOpen(Vec<Obligation>),
            $($variant,)*
        }

        impl Refusal {
            /// Every stable code.
            pub const CODES: &[&str] =
                &["not-now", "stale-version", "missing", "obligations-open", $($code),*];

            /// The stable code.
            pub fn code(&self) -> &'static str {
                match self {
                    Refusal::NotNow { .. } => "not-now",
                    Refusal::StaleVersion { .. } => "stale-version",
                    Refusal::Missing(_) => "missing",
                    Refusal::ObligationsOpen(_) => "obligations-open",
                    $(Refusal::$variant => $code,)*
                }
            }

            /// In English.
            pub fn english(&self) -> String {
                match self {
                    Refusal::NotNow { what, status, asked } => {
                        format!("{} is {}: {asked} cannot be recorded from there", what.0, status.0)
                    }
                    Refusal::StaleVersion { expected, actual } => format!(
                        "the case has moved on (version {actual}, yours was {expected}): read it again, then decide"
                    ),
                    Refusal::Missing(field) => {
                        format!("{} is missing: whoever records this must say it", field.replace('_', " "))
                    }
                    Refusal::ObligationsOpen(open) => format!(
                        "still open: {}; see to it, or the approver says why the case is closed all the same",
                        open.iter().map(|one| one.words().0).collect::<Vec<_>>().join(", ")
                    ),
                    $(Refusal::$variant => $english.to_owned(),)*
                }
            }

            /// In Spanish.
            pub fn spanish(&self) -> String {
                match self {
                    Refusal::NotNow { what, status, asked } => {
                        format!("{}: {}; desde ahí no se puede registrar {asked}", what.1, status.1)
                    }
                    Refusal::StaleVersion { expected, actual } => format!(
                        "el caso ha cambiado (versión {actual}; la suya era {expected}): léalo de nuevo antes de decidir"
                    ),
                    Refusal::Missing(field) => {
                        format!("falta un dato ({field}): debe darlo quien registra")
                    }
                    Refusal::ObligationsOpen(open) => format!(
                        "sigue pendiente: {}; atiéndalo, o quien aprueba dice por qué se cierra de todos modos",
                        open.iter().map(|one| one.words().1).collect::<Vec<_>>().join(", ")
                    ),
                    $(Refusal::$variant => $spanish.to_owned(),)*
                }
            }
        }
    };
}

refusals! {
    WrongCase = "wrong-case",
        "this belongs to another kind of case",
        "esto corresponde a otro tipo de caso";
    NotACommand = "not-a-command",
        "nobody records this: it follows from other facts",
        "nadie registra esto: se sigue de otros hechos";
    InTheFuture = "in-the-future",
        "this cannot have happened yet: give the moment at which it did",
        "esto no puede haber ocurrido todavía: indique el momento en que ocurrió";
    NotInTheFuture = "not-in-the-future",
        "the moment has passed already: give one that is to come",
        "ese momento ya ha pasado: indique uno por venir";
    PeriodBackwards = "period-backwards",
        "the assignment would end before it begins",
        "la asignación terminaría antes de empezar";
    NotAssigned = "not-assigned",
        "that account or team is not assigned to this case",
        "esa cuenta o equipo no está asignado a este caso";
    NotAHash = "not-a-hash",
        "a file is named by the SHA-256 of its content: 64 hexadecimal digits",
        "un archivo se nombra por el SHA-256 de su contenido: 64 cifras hexadecimales";
    NoContactTried = "no-contact-tried",
        "nobody has tried to reach the inquirer since the request was opened: the caseworker tries first",
        "nadie ha intentado contactar con quien busca desde que se abrió la solicitud: primero debe intentarlo quien lleva el caso";
    NoOriginal = "no-original",
        "a duplicate names the request that it repeats",
        "una duplicada nombra la solicitud que repite";
    CaseClosed = "case-closed",
        "the case is closed: a caseworker reopens it with a reason first",
        "el caso está cerrado: primero debe reabrirse con un motivo";
    NoSuchSeparation = "no-such-separation",
        "the case has no report of a separation with this number",
        "el caso no tiene una separación comunicada con este número";
    NumberTaken = "number-taken",
        "a report of a separation gets the next number of the case",
        "la comunicación de una separación lleva el número siguiente del caso";
    NothingDocumented = "nothing-documented",
        "a separation is confirmed on evidence: whoever documents it adds some first",
        "una separación se confirma con pruebas: quien la documenta debe aportarlas antes";
    OwnRelative = "own-relative",
        "a child is not its own relative",
        "nadie es pariente de sí mismo";
    NoSuchMatch = "no-such-match",
        "nobody has proposed this match",
        "nadie ha propuesto esta coincidencia";
    AlreadyLive = "already-live",
        "this match is proposed already: go on with that one",
        "esta coincidencia ya está propuesta: continúe con ella";
    RejectedBefore = "rejected-before",
        "this match was rejected: to propose it again, say which evidence is new",
        "esta coincidencia fue rechazada: para proponerla de nuevo, diga qué prueba es nueva";
    ConflictOpen = "conflict-open",
        "another claim competes with this one: a reviewer resolves the conflict, with a reason, first",
        "otra solicitud compite con esta: primero debe resolverse el conflicto, con un motivo";
    NoSuchConflict = "no-such-conflict",
        "these two claims have no open conflict",
        "estas dos solicitudes no tienen un conflicto abierto";
    NoVerification = "no-verification",
        "no verification is under way: start one, once the match is accepted",
        "no hay una verificación en curso: iníciela cuando la coincidencia esté aceptada";
    CheckedBefore = "checked-before",
        "this match was verified before, with another outcome: whoever starts again says why",
        "esta coincidencia ya se verificó, con otro resultado: quien empieza de nuevo dice por qué";
    SameInterviewer = "same-interviewer",
        "whoever interviewed the other side cannot interview this one: somebody else does",
        "quien entrevistó a la otra parte no puede entrevistar a esta: debe hacerlo otra persona";
    KnowsOtherInterview = "knows-other-interview",
        "interviewer, interpreter or recorder knows the other side's interview: it is done by people who do not",
        "quien entrevista, interpreta o registra conoce la entrevista de la otra parte: deben hacerlo personas que no la conozcan";
    InterviewSealed = "interview-sealed",
        "this interview is sealed until the other side has been interviewed",
        "esta entrevista está sellada hasta que se entreviste a la otra parte";
    NoSuchInterview = "no-such-interview",
        "there is no such interview",
        "no existe tal entrevista";
    InterviewsMissing = "interviews-missing",
        "child and adult must both be interviewed, separately, by different people, before this",
        "antes deben ser entrevistados la niña o el niño y la persona adulta, por separado y por personas distintas";
    SignedAlready = "signed-already",
        "you have signed: the other signature is somebody else's",
        "usted ya ha firmado: la otra firma es de otra persona";
    OutcomesDiffer = "outcomes-differ",
        "the first signature says otherwise: its signer withdraws it, or both agree on an outcome",
        "la primera firma dice otra cosa: quien firmó la retira, o ambas personas acuerdan un resultado";
    NotSigned = "not-signed",
        "you have no signature here to withdraw",
        "usted no tiene aquí una firma que retirar";
    DnaNotLast = "dna-not-last",
        "DNA is the last resort: interview both sides and seek documents or people who know them first",
        "el ADN es el último recurso: antes se entrevista a ambas partes y se buscan documentos o personas que las conozcan";
    DnaNoUse = "dna-no-use",
        "DNA says nothing about a guardian: no sample is taken",
        "el ADN no dice nada de un tutor: no se toma ninguna muestra";
    DnaNotDestroyed = "dna-not-destroyed",
        "sample and profile are not certified as destroyed: the laboratory's certificate is missing",
        "no consta la destrucción de la muestra y del perfil: falta el certificado del laboratorio";
    NoDna = "no-dna",
        "no sample is on record that is not destroyed",
        "no consta ninguna muestra sin destruir";
    NotVerified = "not-verified",
        "this needs a passed verification: two people sign it, after both interviews",
        "se necesita una verificación confirmada: la firman dos personas, tras ambas entrevistas";
    WishMissing = "wish-missing",
        "nobody has asked the child: somebody whom it trusts does",
        "nadie ha preguntado a la niña o al niño: debe hacerlo una persona de su confianza";
    WishAgainst = "wish-against",
        "the child does not want it: block, or say why it is in its interest all the same",
        "la niña o el niño no quiere: bloquee, o diga por qué es en su interés de todos modos";
    ChoiceMissing = "choice-missing",
        "the adult's choice is not on record: somebody records it, in the adult's language, with an adviser",
        "no consta la decisión de la persona adulta: debe registrarse, en su idioma y con asesoramiento";
    ChoiceNotFree = "choice-not-free",
        "the adult's choice was not made knowingly and voluntarily: an adviser explains it and it is asked again",
        "la decisión no fue informada y voluntaria: debe explicarla una persona asesora y preguntarse de nuevo";
    ChoiceDeclined = "choice-declined",
        "the adult has declined",
        "la persona adulta no desea la reunificación";
    NoChoice = "no-choice",
        "there is no choice to withdraw",
        "no hay decisión que retirar";
    SafetyMissing = "safety-missing",
        "safety has not been assessed: an assessor does",
        "no se ha evaluado la seguridad: debe hacerlo una persona evaluadora";
    Unsafe = "unsafe",
        "the assessment says that it would not be safe",
        "la evaluación dice que no sería seguro";
    NotCleared = "not-cleared",
        "consent and best interests are not cleared for this adult",
        "no consta la autorización por consentimiento e interés superior para esta persona adulta";
    ReunificationUnderWay = "reunification-under-way",
        "a reunification is under way: cancel it, or record that it broke down, first",
        "hay una reunificación en curso: primero cancélela o registre que se interrumpió";
    NoReunification = "no-reunification",
        "no reunification is planned",
        "no hay reunificación planificada";
    WrongAdult = "wrong-adult",
        "a child is handed only to the adult for whom the reunification was verified, cleared and planned",
        "una niña o un niño se entrega solo a la persona adulta para quien se verificó, autorizó y planificó la reunificación";
    SameSide = "same-side",
        "sender and receiver are different people, and each side's statement is recorded by another account",
        "quien entrega y quien recibe son personas distintas, y cada declaración la registra otra cuenta";
    SpokeAlready = "spoke-already",
        "this side's statement is on record",
        "la declaración de esta parte ya consta";
    ImpossibleOrder = "impossible-order",
        "the child would be received before it was sent: one of the two moments is wrong",
        "la recepción sería anterior a la entrega: uno de los dos momentos es erróneo";
    NoSuchFollowUp = "no-such-follow-up",
        "no follow-up of that day is open",
        "no hay un seguimiento pendiente de ese día";
    FollowUpsOpen = "follow-ups-open",
        "follow-ups are still to be done",
        "quedan seguimientos por hacer";
    SameApprover = "same-approver",
        "whoever proposed the closure cannot approve it: somebody else does",
        "quien propuso el cierre no puede aprobarlo: debe hacerlo otra persona";
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english())
    }
}

impl std::error::Error for Refusal {}

/// What must be seen to before a case is closed, or explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obligation {
    /// Claims compete.
    Conflict,
    /// One side of a hand-over has not spoken.
    AwaitingReceipt,
    /// A follow-up is overdue.
    FollowUpOverdue,
    /// A reunification is planned and not carried out.
    Planned,
    /// A DNA sample is not certified as destroyed.
    DnaNotDestroyed,
}

impl Obligation {
    /// In English and Spanish.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Obligation::Conflict => ("an unresolved conflict", "un conflicto sin resolver"),
            Obligation::AwaitingReceipt => ("a hand-over awaiting its receipt", "una entrega sin acuse"),
            Obligation::FollowUpOverdue => ("an overdue follow-up", "un seguimiento atrasado"),
            Obligation::Planned => ("a planned reunification", "una reunificación planificada"),
            Obligation::DnaNotDestroyed => {
                ("DNA not certified as destroyed", "ADN sin certificado de destrucción")
            }
        }
    }
}

/// Refuses an empty word.
pub(crate) fn said(field: &'static str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() { Err(Refusal::Missing(field)) } else { Ok(()) }
}
