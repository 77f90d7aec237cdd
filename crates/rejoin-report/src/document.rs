//! What a report is made of: plain values, so that whoever computes results needs to know nothing of typesetting.

use crate::Chart;

/// A report, ready to be set: every sentence that claims something carries its references.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The title, for the title page and the file's metadata; cut for running headers.
    pub title: String,
    /// What the title leaves open, in one sentence; may be empty.
    pub subtitle: String,
    /// The language of the fixed words, of hyphenation and of numbers in charts.
    pub language: Language,
    /// Final, or a draft for somebody.
    pub status: Status,
    /// The day of issue. An ISO date (`2026-11-24`) is printed in words and dates the PDF; anything else is printed as
    /// it is, and the PDF then has no date.
    pub issued: String,
    /// Names and values for the title page: as of, ledger checkpoint, version, template.
    pub facts: Vec<(String, String)>,
    /// The body.
    pub sections: Vec<Section>,
    /// The appendix, numbered from 1 in this order.
    pub references: Vec<Reference>,
    /// JSON that the file carries inside, opaque to this crate.
    pub data: String,
}

/// The language of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
}

/// How far a report has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// As issued.
    Final,
    /// For comment by one recipient, whose name stands across every page.
    Draft {
        /// Who got this copy.
        recipient: String,
    },
}

/// A heading and what stands under it.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The heading, without its number.
    pub heading: String,
    /// 1, 2 or 3. A level that skips one is set one below the section before it, as screen readers need.
    pub level: u8,
    /// What stands under it.
    pub blocks: Vec<Block>,
}

/// An entry of the appendix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What it is, in a few words.
    pub label: String,
    /// Names and values: definition, query, hash of the records, checkpoint; or document, SHA-256, page, status.
    pub lines: Vec<(String, String)>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its title.
    pub title: String,
    /// Whether it is set flush right, and written to a workbook as numbers where its cells are numbers.
    pub numeric: bool,
}

/// One of two accounts that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Whose account it is.
    pub title: String,
    /// Its words.
    pub words: String,
    /// Numbers of references, from 1.
    pub references: Vec<usize>,
}

/// A piece of a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A sentence or paragraph that claims something.
    Claim {
        /// A short id, printed in the margin, by which the claim can be cited.
        id: String,
        /// Its words.
        text: String,
        /// Numbers of references, from 1.
        references: Vec<usize>,
    },
    /// Prose that claims nothing: method, reading aid.
    Text(String),
    /// A table.
    Table {
        /// What it shows.
        caption: String,
        /// Its columns; rows may have fewer or more cells.
        columns: Vec<Column>,
        /// Its rows.
        rows: Vec<Vec<String>>,
        /// A last row that sums up.
        total: Option<Vec<String>>,
        /// A note under it.
        note: Option<String>,
        /// Numbers of references, from 1.
        references: Vec<usize>,
    },
    /// A chart.
    Figure {
        /// What it shows.
        caption: String,
        /// A whole sentence for those who cannot see it.
        description: String,
        /// The chart.
        chart: Chart,
        /// Numbers of references, from 1.
        references: Vec<usize>,
    },
    /// Somebody's words.
    Quotation {
        /// The words.
        words: String,
        /// Who said them.
        speaker: String,
        /// When, as printed.
        when: String,
        /// Where they were said.
        channel: String,
        /// According to whom, outermost first; empty when we have the words at first hand.
        chain: Vec<String>,
        /// How they compare with the records.
        judgement: String,
        /// Numbers of references, from 1.
        references: Vec<usize>,
    },
    /// A party's answer, printed directly under the finding that it answers.
    Response {
        /// Who answers.
        party: String,
        /// Their words, uncut.
        words: String,
        /// When, as printed.
        when: String,
        /// Numbers of references, from 1.
        references: Vec<usize>,
    },
    /// A contradiction, side by side.
    Sides {
        /// One account.
        left: Side,
        /// The other.
        right: Side,
        /// What may explain it, or that nothing does.
        explanation: String,
    },
    /// A list.
    Items(Vec<String>),
}

/// Something in a document that a reader could not follow to its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A claim has no reference.
    Unreferenced {
        /// The claim's id.
        claim: String,
    },
    /// A number has no entry in the appendix. It is printed with a question mark, and links nowhere.
    Dangling {
        /// The number.
        number: usize,
    },
}

impl Document {
    /// What whoever issues the document should mend first. A document with faults can still be set.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for block in self.sections.iter().flat_map(|section| &section.blocks) {
            if let Block::Claim { id, references, .. } = block
                && references.is_empty()
            {
                faults.push(Fault::Unreferenced { claim: id.clone() });
            }
            let dangling = block.references().into_iter().filter(|number| !self.has_reference(*number));
            faults.extend(dangling.map(|number| Fault::Dangling { number }));
        }
        faults
    }

    pub(crate) fn has_reference(&self, number: usize) -> bool {
        (1..=self.references.len()).contains(&number)
    }

    /// The sections with their levels, no level skipped, and their numbers (`2.1`).
    pub(crate) fn numbered(&self) -> Vec<(u8, String, &Section)> {
        let mut counts = [0usize; 3];
        let mut before = 0;
        let mut numbered = Vec::new();
        for section in &self.sections {
            let level = section.level.clamp(1, 3).min(before + 1);
            before = level;
            counts[usize::from(level) - 1] += 1;
            counts[usize::from(level)..].fill(0);
            let number: Vec<String> = counts[..usize::from(level)].iter().map(usize::to_string).collect();
            numbered.push((level, number.join("."), section));
        }
        numbered
    }
}

impl Block {
    /// Every reference that the block carries.
    pub fn references(&self) -> Vec<usize> {
        match self {
            Block::Claim { references, .. }
            | Block::Table { references, .. }
            | Block::Figure { references, .. }
            | Block::Quotation { references, .. }
            | Block::Response { references, .. } => references.clone(),
            Block::Sides { left, right, .. } => {
                left.references.iter().chain(&right.references).copied().collect()
            }
            Block::Text(_) | Block::Items(_) => Vec::new(),
        }
    }
}
