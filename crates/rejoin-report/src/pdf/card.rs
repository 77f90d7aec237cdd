//! Wallet cards: what a family keeps when every database says something else. A card is the size of a bank card when it is
//! folded: outside the code and what was recorded, in English and Spanish; inside a QR code that proves it.
//!
//! Lines are set as they are given, each in its own paragraph: whoever types them from the card must get the text that
//! was committed to.

use super::world::{CARD, Coverage, World};
use super::{breakable, set};
use crate::Error;
use crate::text::{folded, printable};
use crate::words::day;
use qrcode::{Color, EcLevel, QrCode};
use serde_json::{Value, json};

/// A card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The case code.
    pub code: String,
    /// What was recorded, line by line, whom to call among it.
    pub statement: Vec<String>,
    /// What the QR code holds.
    pub qr: String,
    /// The key that proves it, as text.
    pub key: String,
    /// The event's position in the ledger.
    pub event: u64,
    /// The day of issue.
    pub issued: String,
}

/// The paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// 210 × 297 mm: five cards.
    A4,
    /// 216 × 279 mm: four cards.
    Letter,
}

/// Cards on sheets of paper, with marks where to cut and fold, as archival PDF.
///
/// # Errors
/// [`Error::QrCode`] when a code would hold too much; [`Error::Typesetting`].
pub fn cards(cards: &[Card], sheet: Sheet) -> Result<Vec<u8>, Error> {
    let mut drawn = Vec::with_capacity(cards.len());
    for card in cards {
        let (width, dark) = modules(&card.qr)?;
        drawn.push(svg(width, &dark));
    }
    let attempt = |coverage: Coverage| {
        let date = cards.iter().filter_map(|card| day(&card.issued)).max();
        let identity: Vec<&str> = cards.iter().map(|card| card.qr.as_str()).collect();
        let values = values(cards, &drawn, sheet, coverage, date);
        set(&World::new(CARD, values.to_string()), identity.join("\n"), date.is_some())
    };
    let made = attempt(Coverage::Any).or_else(|_| attempt(Coverage::BookFace));
    // What was set is in the typesetter's memory until it is told to forget.
    typst::comemo::evict(0);
    made
}

fn values(
    cards: &[Card],
    drawn: &[String],
    sheet: Sheet,
    coverage: Coverage,
    date: Option<jiff::civil::Date>,
) -> Value {
    let line = |text: &str| {
        let text = coverage.replaced(&folded(&printable(text)));
        text.split(' ').map(breakable).collect::<Vec<_>>().join(" ")
    };
    let each = cards.iter().zip(drawn).map(|(card, svg)| {
        json!({
            "code": line(&card.code),
            "statement": card.statement.iter().map(|text| line(text)).collect::<Vec<_>>(),
            // Broken by the template, into lines of one length.
            "key": coverage.replaced(&printable(&card.key)),
            "event": card.event.to_string(),
            "issued": line(&card.issued),
            "svg": svg,
        })
    });
    let (paper, rows, margin) = match sheet {
        Sheet::A4 => ("a4", 5, [19.4, 13.5]),
        Sheet::Letter => ("us-letter", 4, [22.3, 31.7]),
    };
    json!({
        "paper": paper,
        "rows": rows,
        "margin": margin,
        "date": date.map(|date| json!([date.year(), date.month(), date.day()])),
        "cards": each.collect::<Vec<_>>(),
    })
}

/// The modules of the QR code of a text, row by row, and how many a row has. Its correction is of level M as long as the
/// modules are large enough for any telephone, then of level L.
///
/// # Errors
/// [`Error::QrCode`] when no QR code holds so much.
pub fn modules(text: &str) -> Result<(usize, Vec<bool>), Error> {
    // 117 modules on 48 mm are 0.38 mm each, with the white around them.
    const LARGE_ENOUGH: usize = 117;
    let coded = |level| QrCode::with_error_correction_level(text, level);
    let code = match coded(EcLevel::M) {
        Ok(code) if code.width() <= LARGE_ENOUGH => Ok(code),
        _ => coded(EcLevel::L),
    };
    let code = code.map_err(|_| Error::QrCode { letters: text.chars().count() })?;
    let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
    Ok((code.width(), dark))
}

/// The modules as one path, so that no seam shows between them, within four modules of white.
fn svg(width: usize, dark: &[bool]) -> String {
    use std::fmt::Write;
    const WHITE: usize = 4;
    let mut path = String::new();
    for (y, row) in dark.chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|dark| **dark).count();
            if run > 0 {
                // Into a String nothing can fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + WHITE, y + WHITE);
            }
            x += run.max(1);
        }
    }
    let side = width + 2 * WHITE;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"{side}\" height=\"{side}\">\
         <path fill=\"#000\" d=\"{path}\"/></svg>"
    )
}
