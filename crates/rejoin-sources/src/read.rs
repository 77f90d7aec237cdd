//! One document: which format it is, and its text.

use scraper::{Html, Node};
use sha2::{Digest, Sha256};
use std::fmt;

/// What a document was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain text.
    Text,
    /// A web page.
    Html,
    /// An e-mail.
    Mail,
    /// A PDF with text in it.
    Pdf,
}

impl Format {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Html => "html",
            Format::Mail => "e-mail",
            Format::Pdf => "pdf",
        }
    }

    /// The format of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Format::Text, Format::Html, Format::Mail, Format::Pdf]
            .into_iter()
            .find(|format| format.word() == word)
    }
}

/// A document's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// SHA-256 of the bytes.
    pub hash: [u8; 32],
    /// What it was read as.
    pub format: Format,
    /// Its text.
    pub text: String,
    /// Where its pages begin, in bytes of the text; one for documents without pages.
    pub pages: Vec<usize>,
}

impl Document {
    /// The page of a place, from 1; `None` for documents without pages.
    pub fn page(&self, at: usize) -> Option<usize> {
        (self.pages.len() > 1).then(|| self.pages.partition_point(|start| *start <= at).max(1))
    }
}

/// Why a document has no text for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It is no text of any kind that is read.
    Binary,
    /// The PDF is damaged or encrypted.
    Pdf(String),
    /// It has no text: a scan without a text layer.
    NoText,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Binary => f.write_str("this is neither text, HTML, e-mail nor PDF"),
            Unreadable::Pdf(why) => write!(f, "the PDF could not be read: {why}"),
            Unreadable::NoText => f.write_str("it has no text; a scan needs character recognition first"),
        }
    }
}

impl std::error::Error for Unreadable {}

/// Reads a document. The format is told from the bytes; the name only helps to tell mail and pages without a head.
///
/// # Errors
/// [`Unreadable`].
pub fn read(name: &str, bytes: &[u8]) -> Result<Document, Unreadable> {
    let extension = name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let hash = Sha256::digest(bytes).into();
    if bytes.starts_with(b"%PDF-") {
        let pages = pdf(bytes)?;
        let mut text = String::new();
        let mut starts = Vec::new();
        for page in pages {
            starts.push(text.len());
            text.push_str(&page);
            text.push('\n');
        }
        if text.trim().is_empty() {
            return Err(Unreadable::NoText);
        }
        return Ok(Document { hash, format: Format::Pdf, text, pages: starts });
    }
    let head = &bytes[..bytes.len().min(8192)];
    if head.contains(&0) && !head.starts_with(&[0xff, 0xfe]) && !head.starts_with(&[0xfe, 0xff]) {
        return Err(Unreadable::Binary);
    }
    let (format, text) = if extension == "eml" || is_mail(head) {
        (Format::Mail, mail(bytes))
    } else {
        let text = decode(bytes);
        let start =
            text.trim_start().get(..512.min(text.trim_start().len())).unwrap_or_default().to_lowercase();
        let page = matches!(extension.as_str(), "html" | "htm" | "xhtml")
            || start.starts_with("<!doctype html")
            || start.starts_with("<html");
        if page { (Format::Html, html(&text)) } else { (Format::Text, text) }
    };
    if text.trim().is_empty() {
        return Err(Unreadable::NoText);
    }
    Ok(Document { hash, format, text, pages: vec![0] })
}

fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
    }
}

fn is_mail(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let headers = text.lines().take_while(|line| !line.is_empty()).take(40);
    let known = ["from:", "to:", "subject:", "date:", "received:", "message-id:"];
    headers.filter(|line| known.iter().any(|name| line.to_lowercase().starts_with(name))).count() >= 3
}

/// Who wrote to whom, when and about what, then the text of every part.
fn mail(bytes: &[u8]) -> String {
    let Some(message) = mail_parser::MessageParser::default().parse(bytes) else { return decode(bytes) };
    let mut text = String::new();
    let people = |text: &mut String, what: &str, list: Option<&mail_parser::Address<'_>>| {
        for one in list.into_iter().flat_map(mail_parser::Address::iter) {
            text.push_str(what);
            text.push_str(one.name().or(one.address()).unwrap_or_default());
            text.push_str(".\n");
        }
    };
    people(&mut text, "From: ", message.from());
    people(&mut text, "To: ", message.to());
    people(&mut text, "Cc: ", message.cc());
    if let Some(date) = message.date() {
        text.push_str(&format!("Date: {}.\n", date.to_rfc822()));
    }
    if let Some(subject) = message.subject() {
        text.push_str(&format!("Subject: {subject}\n"));
    }
    text.push('\n');
    for at in 0..message.text_body_count() {
        if let Some(body) = message.body_text(at) {
            text.push_str(&body);
            text.push('\n');
        }
    }
    text
}

/// What a reader sees of a page: no scripts, styles or menus; a line for each block.
fn html(source: &str) -> String {
    const HIDDEN: &[&str] =
        &["script", "style", "noscript", "template", "nav", "head", "svg", "iframe", "form", "button"];
    const BLOCKS: &[&str] = &[
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "tr",
        "table",
        "blockquote",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "aside",
        "figure",
        "figcaption",
        "dd",
        "dt",
        "dl",
        "pre",
        "hr",
        "title",
    ];
    let page = Html::parse_document(source);
    let mut text = String::new();
    // Depth first, without recursion: pages may be nested as deep as they like.
    let mut stack = vec![(page.tree.root(), false)];
    while let Some((node, leaving)) = stack.pop() {
        match node.value() {
            Node::Text(words) if !leaving => {
                for word in words.split_inclusive(char::is_whitespace) {
                    let blank = word.trim().is_empty();
                    if !(blank && (text.is_empty() || text.ends_with([' ', '\n']))) {
                        text.push_str(word.trim_end());
                        if word.ends_with(char::is_whitespace) {
                            text.push(' ');
                        }
                    }
                }
            }
            Node::Element(element) => {
                let name = element.name();
                if HIDDEN.contains(&name) {
                    continue;
                }
                if BLOCKS.contains(&name) && !text.is_empty() && !text.ends_with("\n\n") {
                    text.push_str("\n\n");
                } else if name == "br" && !leaving {
                    text.push('\n');
                } else if matches!(name, "td" | "th") && leaving {
                    text.push('\t');
                }
                if leaving {
                    continue;
                }
                stack.push((node, true));
                stack.extend(node.children().rev().map(|child| (child, false)));
            }
            _ if !leaving => stack.extend(node.children().rev().map(|child| (child, false))),
            _ => {}
        }
    }
    text
}

/// The pages of a PDF. The parser is foreign, and a damaged file may make it panic: it is fenced.
fn pdf(bytes: &[u8]) -> Result<Vec<String>, Unreadable> {
    let run = || pdf_extract::extract_text_from_mem_by_pages(bytes);
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(Ok(pages)) => Ok(pages),
        Ok(Err(error)) => Err(Unreadable::Pdf(error.to_string())),
        Err(_) => Err(Unreadable::Pdf("its structure is damaged".into())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    #[test]
    fn a_page_is_read_as_a_reader_sees_it() {
        let page = "<html><head><title>T</title><style>p{}</style></head><body><nav>Menu</nav>\
                    <p>We&nbsp;&ldquo;do&rdquo; <b>no</b>t\n know</p><script>x</script><p>Second.</p></body></html>";
        let read = read("a.html", page.as_bytes()).unwrap();
        assert_eq!(read.format, Format::Html);
        assert_eq!(read.text.replace('\u{a0}', " ").trim(), "We \u{201c}do\u{201d} not know\n\nSecond.");
    }

    #[test]
    fn a_mail_is_decoded_and_other_encodings_are_read() {
        let mail = "From: a@example.org\r\nTo: b@example.org\r\nSubject: List\r\nContent-Type: text/plain; charset=utf-8\r\n\
                    Content-Transfer-Encoding: quoted-printable\r\n\r\nNo sab=C3=ADamos =\r\nnada.\r\n";
        let read_mail = read("a.eml", mail.as_bytes()).unwrap();
        assert!(read_mail.text.contains("No sab\u{ed}amos nada."), "{}", read_mail.text);
        assert_eq!(read("a.txt", b"ni\xf1os").unwrap().text, "ni\u{f1}os");
        assert_eq!(read("a.bin", &[0, 1, 2]), Err(Unreadable::Binary));
        assert!(matches!(read("a.pdf", b"%PDF-1.7 broken"), Err(Unreadable::Pdf(_))));
    }
}
