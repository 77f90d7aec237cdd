//! The closed lists of words: states, outcomes, wishes. Each has a stable word, which is also its English, and a
//! Spanish one.

use crate::cell::Cell;

macro_rules! words {
    ($(#[doc = $about:literal] $name:ident { $(#[doc = $doc:literal] $variant:ident = $word:literal, $spanish:literal;)* })*) => {$(
        #[doc = $about]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $doc] $variant,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// The stable word; with spaces for hyphens it is English.
            pub fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }

            /// In Spanish.
            pub fn spanish(self) -> &'static str {
                match self {
                    $($name::$variant => $spanish,)*
                }
            }

            /// The one of a word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }

        impl Cell for $name {
            fn write(&self) -> Option<String> {
                Some(self.word().to_owned())
            }
            fn read(text: Option<String>) -> Option<Self> {
                Self::from_word(&text?)
            }
        }
    )*};
}

words! {
    /// Where a tracing request stands.
    TracingStatus {
        /// Somebody asked.
        Received = "received", "recibida";
        /// It was read, and can be worked on.
        Screened = "screened", "examinada";
        /// It is worked on.
        Open = "open", "abierta";
        /// Contact with the inquirer is lost.
        Dormant = "dormant", "inactiva";
        /// It ended.
        Closed = "closed", "cerrada";
    }
    /// How a tracing request ended.
    TracingOutcome {
        /// The sought were found.
        Found = "found", "hallado";
        /// The inquirer no longer wants it.
        Withdrawn = "withdrawn", "retirada";
        /// The inquirer or the sought has died.
        Deceased = "deceased", "fallecido";
        /// Another request asks the same.
        Duplicate = "duplicate", "duplicada";
    }
    /// How soon a request must be worked on.
    Priority {
        /// Now.
        Urgent = "urgent", "urgente";
        /// Before others.
        High = "high", "alta";
        /// In its turn.
        Normal = "normal", "normal";
        /// After others.
        Low = "low", "baja";
    }
    /// Where a match stands.
    MatchStatus {
        /// Somebody, or the engine by somebody's hand, suspects it.
        Proposed = "proposed", "propuesta";
        /// A person looks at it.
        UnderReview = "under-review", "en revisión";
        /// A person wants more before deciding.
        NeedsEvidence = "needs-evidence", "faltan pruebas";
        /// It goes to verification.
        Accepted = "accepted", "aceptada para verificación";
        /// It is not so. Remembered for ever.
        Rejected = "rejected", "rechazada";
    }
    /// Why two claims no longer compete.
    Resolution {
        /// Both may be true: a person said why.
        BothMayBeTrue = "both-may-be-true", "ambas pueden ser ciertas";
        /// One of them was rejected.
        OneRejected = "one-rejected", "una fue rechazada";
    }
    /// Who is interviewed.
    Side {
        /// The child.
        Child = "child", "niño o niña";
        /// The adult.
        Adult = "adult", "persona adulta";
    }
    /// What a verification came to.
    Outcome {
        /// They belong together as claimed.
        Passed = "passed", "confirmada";
        /// They do not.
        Failed = "failed", "no confirmada";
        /// Nobody can say.
        Inconclusive = "inconclusive", "no concluyente";
    }
    /// What else a verification rests on.
    ProofKind {
        /// A document.
        Document = "document", "documento";
        /// Somebody who knows them.
        ThirdParty = "third-party", "tercera persona";
    }
    /// What the child wishes.
    Wish {
        /// To be with the adult.
        Wants = "wants", "quiere";
        /// Not to be.
        DoesNotWant = "does-not-want", "no quiere";
        /// It does not know yet.
        Undecided = "undecided", "no ha decidido";
        /// Too young, or cannot say.
        CannotSay = "cannot-say", "no puede decirlo";
    }
    /// What the parent chooses.
    Choice {
        /// To be reunified.
        Reunify = "reunify", "reunificarse";
        /// Not to be.
        Decline = "decline", "no reunificarse";
    }
    /// Where consent and best interests stand.
    GateStatus {
        /// Not decided.
        Undecided = "undecided", "sin decidir";
        /// The way is free.
        Cleared = "cleared", "autorizada";
        /// It is not, and is to be looked at again.
        Blocked = "blocked", "bloqueada";
    }
    /// Where a reunification stands.
    ReunificationStatus {
        /// Where, when and who escorts is settled.
        Planned = "planned", "planificada";
        /// One side says that the child was handed over; the other has not spoken.
        AwaitingReceipt = "awaiting-receipt", "falta el acuse";
        /// Both sides say so.
        HandedOver = "handed-over", "entregado";
        /// The follow-ups are done and it holds.
        Stable = "stable", "estable";
        /// It did not hold.
        BrokenDown = "broken-down", "interrumpida";
        /// It was called off before any hand-over.
        Cancelled = "cancelled", "cancelada";
    }
    /// Where a child's case stands.
    ClosureStatus {
        /// It is worked on.
        Open = "open", "abierto";
        /// Somebody wants to close it.
        Proposed = "proposed", "cierre propuesto";
        /// It is closed. That says nothing about a reunification.
        Closed = "closed", "cerrado";
    }
    /// Where a report of a separation stands.
    SeparationStatus {
        /// Somebody told of it.
        Reported = "reported", "comunicada";
        /// Who ordered it, and on what, is written down, or that nobody can say.
        Documented = "documented", "documentada";
        /// Somebody says that it was otherwise.
        Disputed = "disputed", "disputada";
        /// It stands.
        Confirmed = "confirmed", "confirmada";
    }
}
