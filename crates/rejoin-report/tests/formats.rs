//! What holds for every report in every format: it is made the same again, nothing of it is lost, it carries its data,
//! its references lead somewhere.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod sample;

use rejoin_report::{
    Block, Chart, Document, Fault, Language, Status, data_of, html, pdf, svg, text_of, xlsx,
};
use std::collections::HashSet;

const LANGUAGES: [Language; 2] = [Language::English, Language::Spanish];

/// A text without the white space and the signs by which formats differ: spaces between letters are not compared.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '\u{200b}' | '\u{ad}'))
        .collect()
}

/// Everything that a document says in its body and appendix, piece by piece.
fn said(document: &Document) -> Vec<String> {
    let mut said = vec![document.title.clone(), document.subtitle.clone()];
    let mut say = |text: &str| said.push(text.to_owned());
    document.facts.iter().for_each(|(name, value)| [name, value].into_iter().for_each(|text| say(text)));
    for section in &document.sections {
        say(&section.heading);
        for block in &section.blocks {
            match block {
                Block::Claim { text, .. } | Block::Text(text) => say(text),
                Block::Table { caption, columns, rows, total, note, .. } => {
                    say(caption);
                    columns.iter().for_each(|column| say(&column.title));
                    rows.iter().chain(total).flatten().chain(note).for_each(|cell| say(cell));
                }
                Block::Figure { caption, .. } => say(caption),
                Block::Quotation { words, speaker, when, channel, chain, judgement, .. } => {
                    [words, speaker, when, channel, judgement]
                        .into_iter()
                        .chain(chain)
                        .for_each(|text| say(text));
                }
                Block::Response { party, words, when, .. } => {
                    words.lines().chain([party.as_str(), when]).for_each(&mut say);
                }
                Block::Sides { left, right, explanation } => {
                    [left, right]
                        .into_iter()
                        .for_each(|side| [&side.title, &side.words].into_iter().for_each(|text| say(text)));
                    say(explanation);
                }
                Block::Items(items) => items.iter().for_each(|item| say(item)),
            }
        }
    }
    for reference in &document.references {
        say(&reference.label);
        reference.lines.iter().for_each(|(name, value)| [name, value].into_iter().for_each(|text| say(text)));
    }
    said
}

fn assert_says(format: &str, text: &[String], document: &Document) {
    let whole: String = text.iter().map(|line| plain(line)).collect::<Vec<_>>().join("\n");
    for piece in said(document) {
        assert!(whole.contains(&plain(&piece)), "{format} lacks {piece:?} in\n{}", text.join("\n"));
    }
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    for language in LANGUAGES {
        let document = sample::document(language);
        assert!(pdf(&document).unwrap() == pdf(&document.clone()).unwrap(), "PDF, {language:?}");
        assert!(xlsx(&document).unwrap() == xlsx(&document.clone()).unwrap(), "XLSX, {language:?}");
        assert_eq!(html(&document), html(&document.clone()));
    }
    // Runs at the same time, in threads of any order, do not disturb each other.
    let document = sample::document(Language::English);
    let once = pdf(&document).unwrap();
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let document = document.clone();
            std::thread::spawn(move || pdf(&document).unwrap())
        })
        .collect();
    threads.into_iter().for_each(|thread| assert!(thread.join().unwrap() == once));
}

#[test]
fn another_document_gives_another_identifier() {
    let document = sample::document(Language::English);
    let mut other = document.clone();
    other.data.push(' ');
    let identifier = |document: &Document| {
        let bytes = pdf(document).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.split("xmpMM:DocumentID>").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    assert_eq!(identifier(&document), identifier(&document));
    assert_ne!(identifier(&document), identifier(&other));
}

#[test]
fn every_word_comes_back_from_every_format() {
    for language in LANGUAGES {
        let document = sample::document(language);
        assert_says("PDF", &text_of(&pdf(&document).unwrap()).unwrap(), &document);
        assert_says("HTML", &text_of(html(&document).as_bytes()).unwrap(), &document);
        assert_says("XLSX", &text_of(&xlsx(&document).unwrap()).unwrap(), &document);
    }
}

#[test]
fn a_pdf_is_read_by_paragraphs_and_cells_without_what_repeats() {
    let document = sample::document(Language::English);
    let lines = text_of(&pdf(&document).unwrap()).unwrap();
    for line in [
        "1 Findings in short",
        "Between 5 May 2031 and 30 June 2032 the agencies recorded 4,368 separations of a child from a parent; in 2,816 of \
         them the family was never registered under one number. 1, 2",
        "Las Cruces del Norte",
        "4368",
        "Figure 1 Separations by week, and the rules in force 3, 4",
        "Response of the Office of Frontier Affairs, 3 October 2032",
    ] {
        assert!(lines.iter().any(|found| found == line), "{line:?} is no line of\n{}", lines.join("\n"));
    }
    // The status stands on the title page, twice; headers and watermarks of ten pages are left out.
    let status = lines.iter().filter(|line| line.contains("Draft for Office of Frontier Affairs")).count();
    assert_eq!(status, 2, "{}", lines.join("\n"));
    assert!(!lines.iter().any(|line| line.contains("Page 3 of")));
    // Every name in a figure is there as well.
    assert!(lines.iter().any(|line| line == "Pilot at the Rionegro crossing"), "{}", lines.join("\n"));
}

#[test]
fn data_comes_back_byte_by_byte() {
    let long = format!("{{\"text\":\"{}\"}}", "á\u{1f600}".repeat(40_000));
    for data in [
        "",
        "{}",
        "{\"a\":\"</script><script>alert(1)</script>\"}",
        "{\"a\":\"<\\u003c<\\\\u003c\\u003C<!--\"}",
        "{\"a\":\"_x000D_ \\t\", \"b\":\n1}\n  ",
        "  leading, and = + - @ at the start",
        &long,
    ] {
        let mut document = sample::document(Language::English);
        document.data = data.to_owned();
        document.sections.truncate(1);
        assert_eq!(data_of(html(&document).as_bytes()).unwrap(), data);
        assert_eq!(data_of(&pdf(&document).unwrap()).unwrap(), data);
        assert_eq!(data_of(&xlsx(&document).unwrap()).unwrap(), data);
    }
}

#[test]
fn every_reference_leads_somewhere_and_no_id_is_used_twice() {
    for language in LANGUAGES {
        let page = html(&sample::document(language));
        let ids: Vec<&str> =
            page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let distinct: HashSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len(), "an id is used twice: {ids:?}");
        let within = |mark: &str, end: char| -> Vec<String> {
            page.split(mark).skip(1).map(|rest| rest.split(end).next().unwrap().to_owned()).collect()
        };
        let mut targets = within("href=\"#", '"');
        targets.extend(within("url(#", ')'));
        targets.extend(within("aria-labelledby=\"", '"'));
        assert!(targets.len() > 60);
        for target in targets {
            assert!(distinct.contains(target.as_str()), "nothing has the id {target}");
        }
        assert_eq!(
            page.matches("href=\"").count(),
            page.matches("href=\"#").count(),
            "a link leaves the file"
        );
        for asks in ["http://", "https://", "src=", "@import", "<link"] {
            assert!(
                !page.replace("http://www.w3.org/2000/svg", "").contains(asks),
                "the page asks for {asks}"
            );
        }
    }
}

#[test]
fn a_page_is_well_formed() {
    for language in LANGUAGES {
        let page = html(&sample::document(language));
        assert_nested(&page, &["meta"]);
        assert_eq!(page.matches("<h1").count(), 1);
        for landmark in ["<header>", "<nav ", "<main id=\"report\">", "<footer>"] {
            assert_eq!(page.matches(landmark).count(), 1, "{landmark}");
        }
        for (open, times) in [("<th scope=\"col\"", 10), ("role=\"img\" aria-label=\"", 4), ("<caption", 8)] {
            assert!(page.matches(open).count() >= times, "{open}");
        }
    }
}

#[test]
fn charts_are_drawings_in_their_frame() {
    for language in LANGUAGES {
        for chart in charts(&sample::document(language)) {
            assert_drawn(&svg(&chart, language));
        }
    }
}

#[test]
fn faults_are_named_and_printed() {
    let mut document = sample::document(Language::English);
    assert_eq!(document.faults(), []);
    document.sections[0].blocks[0] =
        Block::Claim { id: "F1".into(), text: "Twelve.".into(), references: vec![0, 3, 99] };
    document.sections[0].blocks[1] =
        Block::Claim { id: "F2".into(), text: "None.".into(), references: vec![] };
    let faults = document.faults();
    assert!(
        faults.contains(&Fault::Dangling { number: 99 }) && faults.contains(&Fault::Dangling { number: 0 })
    );
    assert!(faults.contains(&Fault::Unreferenced { claim: "F2".into() }) && faults.len() == 3);
    assert!(html(&document).contains("0?, <a href=\"#reference-3\""));
    let text = text_of(&pdf(&document).unwrap()).unwrap();
    assert!(text.iter().any(|line| line == "Twelve. 0?, 3, 99?"), "{text:?}");
}

#[test]
fn a_final_report_has_no_watermark() {
    let mut document = sample::document(Language::Spanish);
    document.status = Status::Final;
    let page = html(&document);
    assert!(!page.contains("class=\"watermark\"") && page.contains("<p class=\"status\">Definitivo</p>"));
    let text = text_of(&pdf(&document).unwrap()).unwrap();
    assert!(
        text.iter().any(|line| line == "Definitivo") && !text.iter().any(|line| line.contains("borrador"))
    );
}

#[test]
fn the_standards_are_claimed() {
    let mut document = sample::document(Language::English);
    let claims = |document: &Document| {
        let bytes = pdf(document).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (text.contains("<pdfaid:part>3</pdfaid:part>"), text.contains("<pdfuaid:part>1</pdfuaid:part>"))
    };
    assert_eq!(claims(&document), (true, true));
    document.issued = "in autumn".into();
    assert_eq!(claims(&document), (false, true));
}

#[test]
fn pages_look_as_they_did() {
    insta::assert_snapshot!("page-en", html(&sample::document(Language::English)));
    insta::assert_snapshot!("page-es", html(&sample::document(Language::Spanish)));
    for (name, chart) in
        ["timeline", "columns", "flow", "bars"].iter().zip(charts(&sample::document(Language::English)))
    {
        insta::assert_snapshot!(*name, svg(&chart, Language::English));
    }
}

fn charts(document: &Document) -> Vec<Chart> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    blocks
        .filter_map(|block| if let Block::Figure { chart, .. } = block { Some(chart.clone()) } else { None })
        .collect()
}

/// Asserts that tags are closed in the order in which they were opened, but for those that have no end.
fn assert_nested(text: &str, void: &[&str]) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text.strip_prefix("<!doctype html>").unwrap_or(text);
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        let raw = matches!(open.last(), Some(&("script" | "style")));
        assert!(raw || !before.contains('>'), "a bare `>` before {:?}", &tag[..tag.len().min(60)]);
        let end = tag.find('>').expect("a tag ends");
        let inside = &tag[1..end];
        rest = &tag[end + 1..];
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in another order");
        } else if !inside.ends_with('/') {
            let name = inside.split([' ', '\n']).next().unwrap();
            assert!(inside.matches('"').count().is_multiple_of(2), "an open quote in <{inside}>");
            let names: String = inside.split('"').step_by(2).collect();
            assert!(
                !names.contains(" on") && !names.contains(" style"),
                "a script or a style of its own in <{inside}>"
            );
            if !void.contains(&name) {
                open.push(name);
            }
        }
    }
    assert_eq!(open, [""; 0], "left open");
}

/// How many letters escaped text shows.
fn shown(escaped: &str) -> f64 {
    let entities = escaped.matches('&').count();
    let longer: usize = escaped.split('&').skip(1).filter_map(|rest| rest.find(';')).map(|end| end + 2).sum();
    (escaped.chars().count() + entities - longer) as f64
}

/// Asserts that a drawing is XML, that every number in it is one, and that texts begin and end within the frame.
fn assert_drawn(svg: &str) {
    assert_nested(svg, &[]);
    assert!(!svg.contains("NaN") && !svg.contains("\"inf") && !svg.contains("\"-inf"), "{svg}");
    let attribute = |tag: &str, name: &str| -> Option<f64> {
        let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
        Some(value.parse().unwrap_or_else(|_| panic!("{name} is no number in {tag}")))
    };
    let frame: Vec<f64> = svg
        .split("viewBox=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .map(|numbers| numbers.split(' ').map(|number| number.parse().unwrap()).collect())
        .unwrap();
    let (width, height) = (frame[2], frame[3]);
    for tag in svg.split('<').filter(|tag| tag.starts_with("text ") || tag.starts_with("rect ")) {
        let (Some(x), Some(y)) = (attribute(tag, "x"), attribute(tag, "y")) else { continue };
        let (wide, high) = if tag.starts_with("rect ") {
            (attribute(tag, "width").unwrap(), attribute(tag, "height").unwrap())
        } else {
            let letters = shown(tag.split('>').nth(1).unwrap_or_default());
            // Half of an em is less than any face needs on average.
            (letters * attribute(tag, "font-size").unwrap() * 0.45, 0.0)
        };
        let left = if tag.contains("text-anchor=\"middle\"") {
            x - wide / 2.0
        } else if tag.contains("text-anchor=\"end\"") {
            x - wide
        } else {
            x
        };
        let inside = left > -1.0 && left + wide < width + 1.0 && y > -0.1 && y + high < height + 0.1;
        assert!(inside, "<{tag} is not within {width} by {height}");
    }
}

mod hostile {
    //! Texts that try to be something else, and documents that have nothing.

    use super::*;
    use rejoin_report::{Band, Bar, Column, Error, FlowNode, Mark, Reference, Section, Side, Spot};

    fn texts() -> Vec<String> {
        vec![
            "<script>alert(1)</script>".into(),
            "</style></title><img src=x onerror=alert(1)>\" onload=\"alert(1)' x='".into(),
            "#eval(\"1+1\") #panic() #read(\"/etc/passwd\") $x^2$ *b* _i_ `raw` @label <label> = Heading"
                .into(),
            "=cmd|' /C calc'!A0".into(),
            "+1+1".into(),
            "@SUM(1)".into(),
            "\\ \\\\ \\n \\u{41} C:\\temp".into(),
            "שלום עולם and العربية mixed with ١٢٣".into(),
            "override \u{202e}txet desrever\u{202c} end".into(),
            "family 👨‍👩‍👧‍👦 flag 🇬🇹 李明 မြန်မာ".into(),
            "x".repeat(5000),
            "e\u{301}\u{301}\u{301}\u{323} zalgo \u{0}\u{1}\u{7f}\u{fffe} controls".into(),
            "&amp; &lt; &#x41; ]]> <!-- -->".into(),
            "\u{e000} private \u{10fffd}".into(),
            " ".into(),
            String::new(),
            "line\nbreaks\r\nand\ttabs\n\n\nfour".into(),
            "_x0041_ _x000D_".into(),
        ]
    }

    fn document(text: &str) -> Document {
        let t = || text.to_owned();
        let column = |numeric| Column { title: t(), numeric };
        let side = || Side { title: t(), words: t(), references: vec![1] };
        let figure = |chart| Block::Figure { caption: t(), description: t(), chart, references: vec![1, 9] };
        let bars = vec![(t(), vec![3, 0, u64::MAX]), (t(), vec![])];
        let blocks = vec![
            Block::Claim { id: t(), text: t(), references: vec![1, 1, 7] },
            Block::Text(t()),
            Block::Table {
                caption: t(),
                columns: vec![column(false), column(true)],
                rows: vec![vec![t(), t(), t()], vec![t()], vec![]],
                total: Some(vec![t()]),
                note: Some(t()),
                references: vec![1],
            },
            figure(Chart::Bars { parts: vec![t(), t(), t()], bars: bars.clone() }),
            figure(Chart::Columns { parts: vec![t()], bars, axis: t() }),
            figure(Chart::Map {
                spots: vec![
                    Spot { label: t(), longitude: -98.0, latitude: 26.0, count: 3 },
                    Spot { label: t(), longitude: f64::NAN, latitude: f64::INFINITY, count: u64::MAX },
                ],
            }),
            figure(Chart::Flow {
                nodes: vec![FlowNode { label: t(), stage: 0 }, FlowNode { label: t(), stage: 200 }],
                edges: vec![(0, 1, 5), (1, 0, 5), (0, 0, 1), (7, 9, 1), (0, 1, u64::MAX)],
            }),
            figure(Chart::Timeline {
                bars: vec![
                    Bar { start: "2031-01-06".into(), parts: vec![1] },
                    Bar { start: t(), parts: vec![2] },
                ],
                days_a_bar: 0,
                parts: vec![t()],
                bands: vec![
                    Band { label: t(), from: "2031-01-07".into(), to: Some("2030-01-01".into()) },
                    Band { label: t(), from: t(), to: None },
                    Band { label: t(), from: "0001-01-01".into(), to: Some("9999-12-31".into()) },
                ],
                marks: vec![Mark { on: "2031-01-08".into(), label: t() }, Mark { on: t(), label: t() }],
            }),
            Block::Quotation {
                words: t(),
                speaker: t(),
                when: t(),
                channel: t(),
                chain: vec![t(), t()],
                judgement: t(),
                references: vec![1],
            },
            Block::Response { party: t(), words: t(), when: t(), references: vec![1] },
            Block::Sides { left: side(), right: side(), explanation: t() },
            Block::Items(vec![t(), t()]),
        ];
        Document {
            title: t(),
            subtitle: t(),
            language: Language::English,
            status: Status::Draft { recipient: t() },
            issued: t(),
            facts: vec![(t(), t())],
            sections: vec![
                Section { heading: t(), level: 3, blocks },
                Section { heading: t(), level: 0, blocks: vec![] },
            ],
            references: vec![Reference { label: t(), lines: vec![(t(), t())] }],
            data: t(),
        }
    }

    #[test]
    fn no_text_breaks_or_becomes_markup() {
        for text in texts() {
            let document = document(&text);
            let page = html(&document);
            assert_nested(&page, &["meta"]);
            assert_eq!(page.matches("<script").count(), 1, "{text:?}");
            assert!(!page.contains("<img"), "{text:?}");
            assert!(!page.contains('\u{202e}') || document.data.contains('\u{202e}'));
            let shown = text_of(page.as_bytes()).unwrap();
            let pdf = pdf(&document).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            let printed = text_of(&pdf).unwrap();
            if text.is_ascii() && !text.contains(char::is_control) && !text.trim().is_empty() {
                for lines in [&shown, &printed] {
                    assert!(
                        lines.iter().any(|line| plain(line).contains(&plain(&text))),
                        "{text:?} in {lines:?}"
                    );
                }
            }
            let workbook = xlsx(&document).unwrap();
            let cells = text_of(&workbook).unwrap();
            assert!(text.trim().is_empty() || cells.len() > 20, "{text:?}");
            // HTML parsers do not pass on a null, and XML none of the controls that are no white space.
            if !text.contains(['\0', '\u{fffe}']) {
                assert_eq!(data_of(page.as_bytes()).unwrap(), text);
                assert_eq!(data_of(&workbook).unwrap(), text);
            }
            assert_eq!(data_of(&pdf).unwrap(), text);
            for chart in charts(&document) {
                assert_drawn(&svg(&chart, Language::Spanish));
            }
        }
    }

    #[test]
    fn a_page_is_told_from_a_pdf_whatever_it_speaks_of() {
        let mut document = sample::document(Language::English);
        document.title = "%PDF-1.7 hidden=\"\" and hidden".into();
        let Block::Figure { description, .. } = &mut document.sections[1].blocks[1] else {
            panic!("a figure")
        };
        *description = "What was hidden is shown.".into();
        let page = html(&document);
        assert_says("HTML", &text_of(page.as_bytes()).unwrap(), &document);
        assert!(
            text_of(page.as_bytes()).unwrap().iter().any(|line| line == "Pilot at the Rionegro crossing")
        );
        assert_eq!(data_of(page.as_bytes()).unwrap(), document.data);
    }

    #[test]
    fn formulas_are_texts() {
        let workbook = xlsx(&document("=1+1")).unwrap();
        let cells = text_of(&workbook).unwrap();
        assert!(cells.iter().filter(|cell| *cell == "=1+1").count() > 20, "{cells:?}");
    }

    #[test]
    fn what_no_font_has_is_printed_by_its_code_point() {
        let printed = text_of(&pdf(&document("family 👧 李")).unwrap()).unwrap();
        assert!(printed.iter().any(|line| line.contains("family [U+1F467] [U+674E]")), "{printed:?}");
    }

    #[test]
    fn nothing_at_all_is_still_a_report() {
        let mut empty = document("");
        empty.sections = vec![];
        empty.references = vec![];
        empty.facts = vec![];
        let charts = [
            Chart::Bars { parts: vec![], bars: vec![] },
            Chart::Columns { parts: vec![], bars: vec![("a".into(), vec![0])], axis: String::new() },
            Chart::Flow { nodes: vec![], edges: vec![] },
            Chart::Map { spots: vec![] },
            Chart::Timeline { bars: vec![], days_a_bar: 7, parts: vec![], bands: vec![], marks: vec![] },
        ];
        for chart in charts.clone() {
            assert_drawn(&svg(&chart, Language::English));
        }
        let figure = |chart| Block::Figure {
            caption: "a".into(),
            description: String::new(),
            chart,
            references: vec![],
        };
        let blank = Block::Table {
            caption: String::new(),
            columns: vec![],
            rows: vec![],
            total: None,
            note: None,
            references: vec![],
        };
        for blocks in [vec![], vec![blank], charts.map(figure).into()] {
            empty.sections = vec![Section { heading: String::new(), level: 9, blocks }];
            assert_nested(&html(&empty), &["meta"]);
            pdf(&empty).unwrap();
            xlsx(&empty).unwrap();
        }
    }

    #[test]
    fn damaged_files_are_errors() {
        assert!(matches!(text_of(b"hello"), Err(Error::UnknownFormat)));
        assert!(matches!(data_of(b"<!doctype html><p>hello"), Err(Error::NoData)));
        let document = sample::document(Language::English);
        for bytes in [pdf(&document).unwrap(), xlsx(&document).unwrap(), html(&document).into_bytes()] {
            for cut in [8, 100, bytes.len() / 3, bytes.len() - 40] {
                let _ = text_of(&bytes[..cut]);
                let _ = data_of(&bytes[..cut]);
            }
            let mut state = 7u32;
            for _ in 0..12 {
                let mut spoiled = bytes.clone();
                for _ in 0..20 {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let at = state as usize % spoiled.len();
                    spoiled[at] = (state >> 24) as u8;
                }
                let _ = text_of(&spoiled);
                let _ = data_of(&spoiled);
            }
        }
    }
}
