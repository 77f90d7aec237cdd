//! Where an export comes from and for whom it was made: on the first sheet, in the file's metadata, or beside it.

use super::moment_text;
use crate::Language;
use sha2::{Digest, Sha256};

/// Where an export comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    /// The case.
    pub case: String,
    /// The day as of which it speaks.
    pub as_of: String,
    /// The ledger's checkpoint at which it was made.
    pub checkpoint: String,
    /// What it is for.
    pub purpose: String,
    /// Who receives it.
    pub recipient: String,
    /// When it was made, in microseconds since 1970.
    pub made_at_micros: i64,
    /// Who made it.
    pub actor: String,
    /// What is in it and what counts, in words.
    pub definition: String,
}

impl Provenance {
    /// Stable keys, words and values, in the order in which they are told.
    pub(crate) fn lines(&self, language: Language) -> Vec<(&'static str, &'static str, String)> {
        vec![
            ("case", language.of("Case", "Caso"), self.case.clone()),
            ("as-of", language.of("As of", "Al día"), self.as_of.clone()),
            ("checkpoint", language.of("Checkpoint", "Punto de control"), self.checkpoint.clone()),
            ("purpose", language.of("Purpose", "Finalidad"), self.purpose.clone()),
            ("recipient", language.of("Recipient", "Destinatario"), self.recipient.clone()),
            ("made-at", language.of("Made at", "Hecho el"), moment_text(self.made_at_micros)),
            ("actor", language.of("Made by", "Hecho por"), self.actor.clone()),
            ("definition", language.of("Definition", "Definición"), self.definition.clone()),
        ]
    }
}

/// The title of the first sheet and of the text.
pub(crate) fn title(language: Language) -> &'static str {
    language.of("Provenance", "Procedencia")
}

/// A line's text: what would begin another line is a blank.
fn line(text: &str) -> String {
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

/// Text that goes with files which cannot hold their provenance. It names each file with its SHA-256, so that the two
/// cannot be told apart unnoticed.
pub fn provenance_text(provenance: &Provenance, files: &[(&str, &[u8])], language: Language) -> String {
    let mut text = format!("{}\n\n", title(language));
    for (_, word, value) in provenance.lines(language) {
        text.push_str(&format!("{word}: {}\n", line(&value)));
    }
    if !files.is_empty() {
        text.push_str(&format!("\n{}\n", language.of("Files (SHA-256)", "Archivos (SHA-256)")));
    }
    for (name, bytes) in files {
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        text.push_str(&format!("{hash}  {}\n", line(name)));
    }
    text
}
