//! Coded values: the few meanings that measures depend on, out of the many words that agencies use for them.
//!
//! A mapping may name exact words; what it does not name is tried against the phrases here, in order.

use crate::text::fold;
use rejoin_model::{Code, Field};

/// Phrases that, standing anywhere in the folded cell, mean a code; the first that fits is taken.
const PHRASES: &[(Field, &str, Code)] = &[
    (Field::Outcome, "still in care", Code::StillInCare),
    (Field::Outcome, "sigue bajo cuidado", Code::StillInCare),
    (Field::Outcome, "reunited with sep", Code::ReunitedWithParent),
    (Field::Outcome, "reunified with sep", Code::ReunitedWithParent),
    (Field::Outcome, "reunified with parent separated", Code::ReunitedWithParent),
    (Field::Outcome, "reunited with parent separated", Code::ReunitedWithParent),
    (Field::Outcome, "reunificado con el progenitor separado", Code::ReunitedWithParent),
    // A release to a parent is not yet a return to the parent whom the child was taken from.
    (Field::Outcome, "reunified with parent", Code::LeftOtherwise),
    (Field::Outcome, "reunited with parent", Code::LeftOtherwise),
    (Field::Outcome, "reunificado con su padre", Code::LeftOtherwise),
    (Field::Outcome, "reunificado con su madre", Code::LeftOtherwise),
    (Field::Outcome, "transfer", Code::Transferred),
    (Field::Outcome, "traslad", Code::Transferred),
    (Field::Outcome, "approp circumstances", Code::LeftOtherwise),
    (Field::Outcome, "sponsor", Code::LeftOtherwise),
    (Field::Outcome, "patrocinador", Code::LeftOtherwise),
    (Field::Outcome, "age out", Code::LeftOtherwise),
    (Field::Outcome, "aged out", Code::LeftOtherwise),
    (Field::Outcome, "voluntary departure", Code::LeftOtherwise),
    (Field::Outcome, "repatriat", Code::LeftOtherwise),
    (Field::Status, "admitted", Code::StillInCare),
    (Field::Status, "in care", Code::StillInCare),
    (Field::Status, "ingresad", Code::StillInCare),
    (Field::Status, "discharged", Code::Released),
    (Field::Status, "egresad", Code::Released),
    (Field::FamilyStatus, "unaccompanied", Code::Unaccompanied),
    (Field::FamilyStatus, "no acompanad", Code::Unaccompanied),
    (Field::FamilyStatus, "uac", Code::Unaccompanied),
    (Field::FamilyStatus, "uc", Code::Unaccompanied),
    (Field::FamilyStatus, "fmua", Code::FamilyUnit),
    (Field::FamilyStatus, "famu", Code::FamilyUnit),
    (Field::FamilyStatus, "family", Code::FamilyUnit),
    (Field::FamilyStatus, "familia", Code::FamilyUnit),
    (Field::FamilyStatus, "single adult", Code::SingleAdult),
    (Field::FamilyStatus, "single", Code::SingleAdult),
    (Field::FamilyStatus, "adulto", Code::SingleAdult),
    (Field::ReleaseReason, "removed", Code::Removed),
    (Field::ReleaseReason, "removal", Code::Removed),
    (Field::ReleaseReason, "deport", Code::Removed),
    (Field::ReleaseReason, "voluntary departure", Code::Removed),
    (Field::ReleaseReason, "transfer", Code::Transferred),
    (Field::ReleaseReason, "bond", Code::Released),
    (Field::ReleaseReason, "parole", Code::Released),
    (Field::ReleaseReason, "released", Code::Released),
    (Field::ReleaseReason, "recognizance", Code::Released),
    (Field::ReleaseReason, "supervision", Code::Released),
    (Field::ReleaseReason, "liberad", Code::Released),
    (Field::ReleaseReason, "relief", Code::Released),
    (Field::Decision, "declin", Code::Declined),
    (Field::Decision, "rechazad", Code::Declined),
    (Field::Decision, "dismiss", Code::Declined),
    (Field::Decision, "accept", Code::Accepted),
    (Field::Decision, "charged", Code::Accepted),
    (Field::Decision, "filed", Code::Accepted),
    (Field::Decision, "aceptad", Code::Accepted),
    (Field::Decision, "convict", Code::Accepted),
];

/// Words that turn a phrase around: a cell that has one is for a person to explain, in the mapping.
const TURNS: &[&str] =
    &["not", "no", "never", "pending", "without", "sin", "nunca", "pendiente", "denied", "until"];

/// The code of a cell of a coded field; `None` when no phrase explains it.
pub fn read(field: Field, said: &str) -> Option<Code> {
    let folded = fold(said);
    let whole = PHRASES.iter().any(|(of, phrase, _)| *of == field && folded == *phrase);
    if !whole && !folded.starts_with("no acompanad") && folded.split(' ').any(|word| TURNS.contains(&word)) {
        return None;
    }
    PHRASES
        .iter()
        .find(|(of, phrase, _)| {
            *of == field
                && folded.match_indices(phrase).any(|(at, _)| at == 0 || folded.as_bytes()[at - 1] == b' ')
        })
        .map(|(_, _, code)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_an_outcome_mean_the_same() {
        for said in
            ["Reunited with Sep Parent", "Reunited with Sep. Parent", "REUNIFIED WITH PARENT (SEPARATED)"]
        {
            assert_eq!(read(Field::Outcome, said), Some(Code::ReunitedWithParent), "{said}");
        }
        assert_eq!(read(Field::Outcome, "Other approp. Circumstances"), Some(Code::LeftOtherwise));
        assert_eq!(read(Field::FamilyStatus, "UAC"), Some(Code::Unaccompanied));
        for said in ["Not reunified with sep. parent", "Pending - reunited with sep parent", "Sin reunificar"]
        {
            assert_eq!(read(Field::Outcome, said), None, "{said}");
        }
        assert_eq!(read(Field::Outcome, "Reunified with parent"), Some(Code::LeftOtherwise));
        assert_eq!(read(Field::Outcome, "blue"), None);
    }
}
