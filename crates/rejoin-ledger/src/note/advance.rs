//! A signed checkpoint with the proof that it only adds to an earlier one: the body of the C2SP tlog-witness request
//! `add-checkpoint`, so that any witness can be given what an inspector is given.

use super::{NoteError, TreeHead, VerifyingKey};
use crate::{Hash, merkle, text};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::fmt;

/// From an earlier size to a signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The size of the earlier checkpoint.
    pub old: u64,
    /// The consistency proof.
    pub proof: Vec<Hash>,
    /// The later checkpoint, signed.
    pub note: String,
}

/// Why a ledger is not shown to have only grown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdvanceError {
    /// The text is not in the form of a proof; what is wrong.
    Form(&'static str),
    /// The later checkpoint is not believed.
    Note(NoteError),
    /// The two checkpoints are of different ledgers: the earlier one's origin, the later one's.
    Origin(String, String),
    /// The proof starts from another size than the earlier checkpoint's: the proof's, the checkpoint's.
    Size(u64, u64),
    /// The later tree does not begin with the earlier one, or the proof is not one.
    Inconsistent,
}

impl fmt::Display for AdvanceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AdvanceError::Form(what) => write!(f, "not a consistency proof: {what}"),
            AdvanceError::Note(error) => error.fmt(f),
            AdvanceError::Origin(old, new) => write!(f, "checkpoints of two ledgers: {old} and {new}"),
            AdvanceError::Size(proof, checkpoint) => {
                write!(f, "the proof starts at size {proof}, the earlier checkpoint has {checkpoint}")
            }
            AdvanceError::Inconsistent => {
                f.write_str("the later ledger is not shown to begin with the earlier one")
            }
        }
    }
}

impl std::error::Error for AdvanceError {}

impl Advance {
    /// `old <size>`, a line of base64 for each hash, an empty line, the checkpoint.
    pub fn to_text(&self) -> String {
        let hashes: String =
            self.proof.iter().map(|hash| format!("{}\n", BASE64_STANDARD.encode(hash.0))).collect();
        format!("old {}\n{hashes}\n{}", self.old, self.note)
    }

    /// Reads what [`Advance::to_text`] writes, or any writer of that request.
    ///
    /// # Errors
    /// When the form is another.
    pub fn from_text(text: &str) -> Result<Self, AdvanceError> {
        let wrong = AdvanceError::Form;
        let (lines, note) = text.split_once("\n\n").ok_or(wrong("no empty line before the checkpoint"))?;
        let mut lines = lines.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(text::decimal);
        let old = old.ok_or(wrong("the first line is not: old <size>"))?;
        let hash = |line: &str| BASE64_STANDARD.decode(line).ok()?.try_into().ok().map(Hash);
        let proof: Option<Vec<Hash>> = lines.map(hash).collect();
        let proof = proof.ok_or(wrong("a line of the proof is not a hash in base64"))?;
        if proof.len() > 63 {
            return Err(wrong("more than 63 hashes"));
        }
        Ok(Self { old, proof, note: note.to_owned() })
    }

    /// Checks the later checkpoint's signature and that its tree begins with that of `earlier`, which the caller has
    /// opened. Gives the later head.
    ///
    /// # Errors
    /// What is not so.
    pub fn prove(&self, earlier: &TreeHead, keys: &[VerifyingKey]) -> Result<TreeHead, AdvanceError> {
        let later = TreeHead::open(&self.note, keys).map_err(AdvanceError::Note)?;
        if later.origin != earlier.origin {
            return Err(AdvanceError::Origin(earlier.origin.clone(), later.origin));
        }
        if self.old != earlier.size {
            return Err(AdvanceError::Size(self.old, earlier.size));
        }
        // The tree says nothing of the chain's head; at the same size the two must agree in that too.
        let same_chain = earlier.size != later.size || earlier.head == later.head;
        if same_chain
            && merkle::verify_consistency(earlier.size, later.size, earlier.root, later.root, &self.proof)
        {
            Ok(later)
        } else {
            Err(AdvanceError::Inconsistent)
        }
    }
}
