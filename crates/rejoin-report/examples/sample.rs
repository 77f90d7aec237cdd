//! Writes the sample report as PDF, HTML and XLSX into a folder, in both languages: to be looked at.
//!
//! `cargo run -p rejoin-report --example sample -- DIR`

#[path = "../tests/sample/mod.rs"]
mod sample;

use rejoin_report::Language;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    std::fs::create_dir_all(&folder)?;
    for (language, name) in [(Language::English, "sample"), (Language::Spanish, "sample-es")] {
        let document = sample::document(language);
        std::fs::write(folder.join(format!("{name}.html")), rejoin_report::html(&document))?;
        std::fs::write(folder.join(format!("{name}.xlsx")), rejoin_report::xlsx(&document)?)?;
        std::fs::write(folder.join(format!("{name}.pdf")), rejoin_report::pdf(&document)?)?;
    }
    Ok(())
}
