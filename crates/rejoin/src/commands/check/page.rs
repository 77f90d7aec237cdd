//! A checked text as one page: the text with its quotations, figures and names marked, and what was found beside it. No
//! script, no request to anywhere; what a mark means is said in words, not by colour alone.

use super::{Findings, factor, one_line};
use crate::Lang;
use rejoin_inquiry::text::figures::Agreement;
use rejoin_inquiry::text::names::NameJudgement;
use rejoin_inquiry::text::{Difference, Judgement};
use std::fmt::Write;

const STYLE: &str = "
:root{color-scheme:light dark;--good:#00664a;--warn:#8a4b00;--bad:#a3003a;--line:#8888}
@media(prefers-color-scheme:dark){:root{--good:#5fd3ae;--warn:#f0b35e;--bad:#ff8fa8}}
body{font:1rem/1.55 system-ui,sans-serif;max-width:72rem;margin:auto;padding:1rem}
main{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:2rem}
@media(max-width:60rem){main{display:block}}
.text{white-space:pre-wrap;font-family:Georgia,serif}
a.m{text-decoration:none;color:inherit;border-bottom:.15em solid}
.verbatim,.agrees,.known{border-color:var(--good)}.trivial{border-color:var(--good)}
.altered,.not-found,.unknown,.too-short{border-color:var(--warn)}.meaning,.disagrees,.misspelt{border-color:var(--bad)}
.meaning,.disagrees,.misspelt,.not-found{font-weight:600}
article{border-left:.3rem solid;padding:.1rem .8rem;margin:.8rem 0}article p{margin:.3rem 0}
blockquote{margin:.3rem 0;padding-left:.8rem;border-left:1px solid var(--line)}
ins,del{padding:0 .15em}table{border-collapse:collapse}td,th{text-align:left;padding:.15rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
@media print{main{display:block}}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The page.
pub fn page(result: &Findings<'_>, lang: Lang) -> String {
    let mut out = String::new();
    let title = lang.of("Checked text", "Texto verificado");
    let _ = write!(
        out,
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{title}: {name}</title><style>{STYLE}</style></head><body><header><h1>{title}: {name}</h1><p>{}</p>",
        lang.of("en", "es"),
        escape(&result.summary(lang)).replace('\n', "<br>"),
        name = escape(&result.name),
    );
    if let Some(copy) = &result.checked.copy {
        let _ = write!(
            out,
            "<p><strong>{} {}: {} {} {}.</strong></p>",
            lang.of("This text follows, sentence by sentence,", "Este texto sigue, frase por frase, a"),
            escape(&result.library.name(copy.source)),
            copy.followed,
            lang.of(
                "sentences correspond, in order; the same words:",
                "frases corresponden, en orden; idénticas:"
            ),
            copy.same,
        );
    }
    let _ =
        write!(out, "</header><main><section aria-label=\"{}\" class=\"text\">", lang.of("Text", "Texto"));
    out.push_str(&marked(result));
    let _ = write!(out, "</section><section aria-label=\"{}\">", lang.of("Findings", "Hallazgos"));
    let _ = write!(out, "<h2>{}</h2>", lang.of("Quotations", "Citas"));
    for (at, one) in result.checked.quotations.iter().enumerate() {
        if one.judgement == Judgement::TooShort {
            continue;
        }
        let words = lang.of(one.judgement.title().0, one.judgement.title().1);
        let about: Vec<&str> =
            one.matters.iter().map(|matter| lang.of(matter.title().0, matter.title().1)).collect();
        let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
        let unsure = if one.unsure {
            lang.of(" — near a border, look yourself", " — dudoso, compruébelo")
        } else {
            ""
        };
        let _ = write!(
            out,
            "<article id=\"q{at}\" class=\"{}\"><h3>{words}{about}{unsure}</h3><p>«{}»</p>",
            one.judgement.word(),
            escape(&one_line(&result.text.text[one.span.clone()])),
        );
        if let Some(found) = &one.found {
            let _ = write!(
                out,
                "<blockquote>{}<footer>— {}</footer></blockquote>",
                escape(&one_line(&found.words)),
                escape(&result.library.name(found.source)),
            );
        }
        if !one.differences.is_empty() {
            out.push_str(&differences(&one.differences, lang));
        }
        for note in &one.notes {
            let _ = write!(out, "<p>{}</p>", escape(note_words(note, lang)));
        }
        out.push_str("</article>");
    }
    let _ = write!(out, "<h2>{}</h2>", lang.of("Figures", "Cifras"));
    for (at, one) in result.checked.figures.iter().enumerate() {
        let judgement = match one.agreement {
            Agreement::Agrees => lang.of("agrees", "coincide"),
            Agreement::Disagrees => lang.of("disagrees", "discrepa"),
            Agreement::NotFound => lang.of("not in the sources", "no está en las fuentes"),
        };
        let _ = write!(
            out,
            "<article id=\"f{at}\" class=\"{}\"><p><strong>{}</strong>: {judgement}",
            one.agreement.word(),
            escape(&one_line(&result.text.text[one.span.clone()])),
        );
        if let Some((source, words)) = &one.found {
            let _ =
                write!(out, ": «{}», {}", escape(&one_line(words)), escape(&result.library.name(*source)));
        }
        if let Some(by) = one.factor().filter(|_| one.agreement == Agreement::Disagrees) {
            let _ = write!(out, " ({})", factor(by));
        }
        for near in &result.ours[at] {
            let _ = write!(out, "; {} = {}", escape(&near.what), near.value);
        }
        out.push_str("</p></article>");
    }
    let _ = write!(out, "<h2>{}</h2>", lang.of("Names", "Nombres"));
    for (at, one) in result.checked.names.iter().enumerate() {
        let judgement = match one.judgement {
            NameJudgement::Known => lang.of("known", "conocido"),
            NameJudgement::Misspelt => lang.of("likely meant for", "probablemente por"),
            NameJudgement::Unknown => lang.of("not in the sources", "no está en las fuentes"),
        };
        let _ = write!(
            out,
            "<article id=\"n{at}\" class=\"{}\"><p><strong>{}</strong>: {judgement}",
            one.judgement.word(),
            escape(&one_line(&result.text.text[one.span.clone()])),
        );
        if let Some((source, words)) = &one.found {
            let _ = write!(out, " «{}», {}", escape(words), escape(&result.library.name(*source)));
        }
        out.push_str("</p></article>");
    }
    out.push_str("</section></main></body></html>");
    out
}

fn note_words(note: &str, lang: Lang) -> &'static str {
    match note {
        "joined" => {
            lang.of("Joined from two passages of the source.", "Unida a partir de dos pasajes de la fuente.")
        }
        "denied-before" => lang.of(
            "The source denies just before what is quoted.",
            "La fuente niega justo antes lo que se cita.",
        ),
        "condition-after" => lang.of(
            "The source goes on with a condition right after what is quoted.",
            "La fuente sigue, justo después de lo citado, con una condición.",
        ),
        "by-place" => lang.of(
            "Found by its place in the source that the text follows.",
            "Hallada por su lugar en la fuente que el texto sigue.",
        ),
        _ => "",
    }
}

fn differences(list: &[Difference], lang: Lang) -> String {
    let mut out = format!(
        "<table><thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>",
        lang.of("about", "sobre"),
        lang.of("text", "texto"),
        lang.of("source", "fuente"),
    );
    for one in list {
        let _ = write!(
            out,
            "<tr><td>{}</td><td><ins>{}</ins></td><td><del>{}</del></td></tr>",
            lang.of(one.matter.title().0, one.matter.title().1),
            escape(&one.quoted),
            escape(&one.source)
        );
    }
    out + "</tbody></table>"
}

/// The text with links to what was found; where marks overlap, the first stands.
fn marked(result: &Findings<'_>) -> String {
    let checked = result.checked;
    let mut marks: Vec<(std::ops::Range<usize>, String, &str)> = Vec::new();
    for (at, one) in
        checked.quotations.iter().enumerate().filter(|(_, one)| one.judgement != Judgement::TooShort)
    {
        marks.push((one.span.clone(), format!("q{at}"), one.judgement.word()));
    }
    let figures = checked.figures.iter().enumerate();
    marks.extend(figures.map(|(at, one)| (one.span.clone(), format!("f{at}"), one.agreement.word())));
    let names = checked.names.iter().enumerate();
    marks.extend(names.map(|(at, one)| (one.span.clone(), format!("n{at}"), one.judgement.word())));
    marks.sort_by_key(|(span, ..)| (span.start, std::cmp::Reverse(span.end)));
    let text = &result.text.text;
    let mut out = String::new();
    let mut at = 0;
    for (span, id, class) in marks {
        if span.start < at {
            continue;
        }
        out.push_str(&escape(&text[at..span.start]));
        let _ = write!(out, "<a class=\"m {class}\" href=\"#{id}\">{}</a>", escape(&text[span.clone()]));
        at = span.end;
    }
    out.push_str(&escape(&text[at..]));
    out
}
