//! Wallet cards: everything is on them, the QR code holds what it was given, and a sheet is made the same again.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use rejoin_report::{Card, Error, Sheet, cards, modules, text_of};

/// A text of the letters of base 45, as long as the receipt of a ledger of millions.
fn receipt(letters: usize) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let drawn = (0..letters).map(|at| char::from(ALPHABET[(at * at * 7 + at * 13) % 45]));
    format!("RJ1:{}", drawn.collect::<String>())
}

fn card(at: usize) -> Card {
    Card {
        code: format!("KM7-4Q{at}R-9CT"),
        statement: [
            "Recorded / Registrado: 2018-06-01",
            "Where / Dónde: border station / puesto fronterizo",
            "Who / Quién: child / niña o niño",
            "Family together / Familia junta: 3",
            "Ask for / Pregunte por: Línea de familias separadas de la frontera",
            "Call / Llame: +1 956 555 0100",
            "Write / Escriba: familias.separadas.rio.grande@example.org",
        ]
        .map(str::to_owned)
        .to_vec(),
        qr: receipt(1560),
        key: "rejoin/0123456789abcdef+1933d928+ARl/ayPhbIUyxqvIOPrNXqeJvgx2spIDNAOb+os9No1h".into(),
        event: 123_456,
        issued: "2026-02-03".into(),
    }
}

fn plain(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && *letter != '\u{200b}').collect()
}

/// Reads modules as a telephone does: as grey dots of a picture.
fn scanned(text: &str) -> String {
    let (width, dark) = modules(text).unwrap();
    let (dot, white) = (3, 4);
    let side = (width + 2 * white) * dot;
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
        let (x, y) = (x / dot, y / dot);
        let within = (white..width + white).contains(&x) && (white..width + white).contains(&y);
        if within && dark[(y - white) * width + (x - white)] { 0 } else { 255 }
    });
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

#[test]
fn the_code_is_read_back_to_the_letter_a_last_space_too() {
    for letters in [100, 546, 1000, 1500, 1600] {
        let text = format!("{} ", receipt(letters));
        assert_eq!(scanned(&text), text);
    }
    // A telephone reads no module below a quarter of a millimetre.
    let (width, _) = modules(&receipt(1650)).unwrap();
    assert!(48.0 / (width as f64 + 8.0) > 0.35, "{width} modules");
    assert!(matches!(modules(&receipt(5000)), Err(Error::QrCode { letters: 5004 })));
}

#[test]
fn everything_is_on_the_cards_and_sheets_are_made_the_same_again() {
    let mut all: Vec<Card> = (0..6).map(card).collect();
    // As full as a card can be.
    let long = "W".repeat(48);
    all[1].statement.insert(3, "Initials / Iniciales: E. P. L. M. N. O.".into());
    all[1].statement.truncate(5);
    all[1].statement.extend(
        ["Ask for / Pregunte por", "Call / Llame", "Write / Escriba"].map(|name| format!("{name}: {long}")),
    );
    all[2].statement.truncate(4);
    all[2].statement.push("Call / Llame: +1 956 555 0100".into());
    for (sheet, pages) in [(Sheet::A4, 2), (Sheet::Letter, 2)] {
        let pdf = cards(&all, sheet).unwrap();
        assert!(pdf == cards(&all, sheet).unwrap());
        let text = text_of(&pdf).unwrap();
        let whole: String = text.iter().map(|line| plain(line)).collect();
        for card in &all {
            for piece in card.statement.iter().chain([&card.code, &card.key, &card.issued]) {
                assert!(whole.contains(&plain(piece)), "{piece:?} is not in {text:?}");
            }
        }
        assert!(whole.contains("Guardeestatarjeta") && whole.contains("Keepthiscard"));
        assert_eq!(lopdf::Document::load_mem(&pdf).unwrap().get_pages().len(), pages);
        if let Ok(out) = std::env::var("REJOIN_CARDS_OUT") {
            std::fs::write(format!("{out}/cards-{sheet:?}.pdf"), &pdf).unwrap();
        }
    }
}
