//! A sheet of SVG: shapes, texts, the colours and their patterns.
//!
//! Colours are those of Okabe and Ito, which colour-blind readers tell apart; each has a lightness or a pattern of its
//! own for those who print in grey, and an edge dark enough to be seen on white where the colour itself is not.

use super::metrics::width;
use crate::text::escaped;
use std::fmt::Write;

/// The width of every chart. Text of 13 is then a little over 9 points across a page of A4.
pub(crate) const WIDTH: f64 = 640.0;
/// The size of texts.
pub(crate) const SIZE: f64 = 13.0;
/// The size of texts that may be smaller.
pub(crate) const SMALL: f64 = 12.0;
/// The distance between lines of text.
pub(crate) const LINE: f64 = 17.0;

const INK: &str = "#1a1a1a";
const PALE: &str = "#4d4d4d";

struct Paint {
    fill: &'static str,
    edge: &'static str,
    pattern: Option<&'static str>,
}

/// In order of use: dark, light, then patterned.
const PAINTS: [Paint; 8] = [
    Paint { fill: "#0072b2", edge: "#005a8d", pattern: None },
    Paint { fill: "#e69f00", edge: "#8a6000", pattern: None },
    Paint { fill: "#009e73", edge: "#00694d", pattern: Some("M-1,1L1,-1M0,6L6,0M5,7L7,5") },
    Paint { fill: "#f0e442", edge: "#7d7500", pattern: None },
    Paint { fill: "#d55e00", edge: "#9c4500", pattern: Some("M-1,5L1,7M0,0L6,6M5,-1L7,1") },
    Paint { fill: "#56b4e9", edge: "#2b6e99", pattern: Some("M0,3L6,3") },
    Paint { fill: "#cc79a7", edge: "#8a4369", pattern: Some("M3,0L3,6") },
    Paint { fill: "#595959", edge: "#333333", pattern: None },
];

/// Where a text stands from its point.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub size: f64,
    pub anchor: Anchor,
    pub bold: bool,
    pub pale: bool,
    /// A rim in the colour of the page, for texts that may stand on shapes.
    pub rim: bool,
}

impl Look {
    pub fn plain(anchor: Anchor) -> Look {
        Look { size: SIZE, anchor, bold: false, pale: false, rim: false }
    }

    pub fn pale(anchor: Anchor) -> Look {
        Look { size: SMALL, anchor, bold: false, pale: true, rim: false }
    }

    pub fn bold(anchor: Anchor) -> Look {
        Look { bold: true, ..Look::plain(anchor) }
    }
}

/// A coordinate with at most one decimal.
pub(crate) fn at(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    // No negative zero: it would be another spelling of the same place.
    let rounded = if rounded == 0.0 { 0.0 } else { rounded };
    format!("{rounded}")
}

pub(crate) struct Canvas {
    body: String,
    prefix: String,
    patterns: [bool; PAINTS.len()],
}

impl Canvas {
    pub fn new(prefix: &str) -> Canvas {
        Canvas { body: String::new(), prefix: prefix.to_owned(), patterns: [false; PAINTS.len()] }
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }

    /// How the part with this position is filled, as attributes.
    fn paint(&mut self, part: usize) -> String {
        let index = part % PAINTS.len();
        let Paint { fill, edge, pattern } = &PAINTS[index];
        let fill = if pattern.is_some() {
            self.patterns[index] = true;
            format!("url(#{}-pattern-{index})", self.prefix)
        } else {
            (*fill).to_owned()
        };
        format!("class=\"part part-{index}\" fill=\"{fill}\" stroke=\"{edge}\"")
    }

    /// A filled rectangle of a part.
    pub fn part(&mut self, part: usize, [x, y, wide, high]: [f64; 4]) {
        let paint = self.paint(part);
        self.add(format_args!(
            "<rect {paint} stroke-width=\"0.6\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            at(x),
            at(y),
            at(wide.max(0.1)),
            at(high.max(0.1))
        ));
    }

    /// A ribbon, as the one with this position is coloured.
    pub fn ribbon(&mut self, position: usize, path: &str) {
        // Without yellow, which would not be seen when ribbons let each other through.
        const COLOURS: [usize; 7] = [0, 1, 2, 4, 5, 6, 7];
        let index = COLOURS[position % COLOURS.len()];
        let fill = PAINTS[index].fill;
        self.add(format_args!(
            "<path class=\"ribbon part-{index}\" fill=\"{fill}\" fill-opacity=\"0.4\" d=\"{path}\"/>"
        ));
    }

    /// A plain rectangle of a class: `node`, `band`.
    pub fn block(&mut self, class: &str, fill: &str, stroke: &str, [x, y, wide, high]: [f64; 4]) {
        self.add(format_args!(
            "<rect class=\"{class}\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"0.8\" x=\"{}\" y=\"{}\" \
             width=\"{}\" height=\"{}\"/>",
            at(x),
            at(y),
            at(wide.max(0.1)),
            at(high.max(0.1))
        ));
    }

    /// A path without filling.
    pub fn stroke(&mut self, class: &str, stroke: &str, wide: f64, dashes: &str, path: &str) {
        let dashes =
            if dashes.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dashes}\"") };
        self.add(format_args!(
            "<path class=\"{class}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{wide}\"{dashes} d=\"{path}\"/>"
        ));
    }

    /// A line of the grid.
    pub fn grid(&mut self, [x, y, to_x, to_y]: [f64; 4]) {
        let path = format!("M{},{}L{},{}", at(x), at(y), at(to_x), at(to_y));
        self.stroke("grid", "#d4d4d4", 0.8, "", &path);
    }

    /// An axis.
    pub fn axis(&mut self, [x, y, to_x, to_y]: [f64; 4]) {
        let path = format!("M{},{}L{},{}", at(x), at(y), at(to_x), at(to_y));
        self.stroke("axis", PALE, 1.0, "", &path);
    }

    /// A text on its base line.
    pub fn text(&mut self, x: f64, y: f64, look: Look, text: &str) {
        if text.is_empty() {
            return;
        }
        let anchor = match look.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = if look.bold { " font-weight=\"600\"" } else { "" };
        let (class, fill) = if look.pale { ("pale", PALE) } else { ("ink", INK) };
        // The rim is painted under the letters themselves, so that no letter is there twice.
        let (rim, stroke) = if look.rim {
            (" rim", " stroke=\"#fff\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\"")
        } else {
            ("", "")
        };
        self.add(format_args!(
            "<text class=\"{class}{rim}\" x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{fill}\"{stroke}{anchor}{weight}>{}</text>",
            at(x),
            at(y),
            at(look.size),
            escaped(text)
        ));
    }

    /// A place on a map, through which what is under it is seen.
    pub fn spot(&mut self, x: f64, y: f64, radius: f64) {
        let Paint { fill, edge, .. } = &PAINTS[0];
        self.add(format_args!(
            "<circle class=\"spot part-0\" fill=\"{fill}\" fill-opacity=\"0.55\" stroke=\"{edge}\" stroke-width=\"0.8\" \
             cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
            at(x),
            at(y),
            at(radius)
        ));
    }

    /// A number in a circle, by which a mark is found in the legend.
    pub fn badge(&mut self, x: f64, y: f64, text: &str) {
        let (center_x, center_y) = (at(x), at(y));
        self.add(format_args!(
            "<circle class=\"badge\" fill=\"#fff\" stroke=\"{INK}\" stroke-width=\"1\" cx=\"{center_x}\" cy=\"{center_y}\" r=\"8\"/>"
        ));
        self.text(x, y + 4.0, Look { size: 11.0, bold: true, ..Look::plain(Anchor::Middle) }, text);
    }

    /// The names of the parts beside their colours, in as many rows as needed; gives the height used.
    pub fn legend(&mut self, parts: &[String], used: usize, left: f64, top: f64) -> f64 {
        let named = parts.iter().any(|part| !part.is_empty());
        if !named || used == 0 {
            return 0.0;
        }
        let (mut x, mut y) = (left, top);
        for (index, part) in parts.iter().enumerate().take(used) {
            let name = super::metrics::fitted(part, SIZE, WIDTH - left - 24.0);
            let wide = 18.0 + width(&name, SIZE);
            if x > left && x + wide > WIDTH {
                x = left;
                y += LINE + 2.0;
            }
            self.part(index, [x, y, 12.0, 12.0]);
            self.text(x + 18.0, y + 10.5, Look::plain(Anchor::Start), &name);
            x += wide + 20.0;
        }
        y - top + LINE + 8.0
    }

    /// The finished sheet.
    pub fn finish(self, height: f64) -> String {
        let height = at(height.ceil());
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
             font-family=\"system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif\">\n"
        );
        if self.patterns.contains(&true) {
            out.push_str("<defs>\n");
            for (index, paint) in PAINTS.iter().enumerate().filter(|(index, _)| self.patterns[*index]) {
                let _ = writeln!(
                    out,
                    "<pattern id=\"{}-pattern-{index}\" patternUnits=\"userSpaceOnUse\" width=\"6\" height=\"6\">\
                     <rect width=\"6\" height=\"6\" fill=\"{}\"/><path d=\"{}\" stroke=\"#fff\" stroke-width=\"1.3\" \
                     fill=\"none\"/></pattern>",
                    self.prefix,
                    paint.fill,
                    paint.pattern.unwrap_or_default()
                );
            }
            out.push_str("</defs>\n");
        }
        out.push_str(&self.body);
        out.push_str("</svg>\n");
        out
    }
}

/// A sheet that says that there is nothing to show.
pub(crate) fn empty(words: &str, prefix: &str) -> String {
    let mut canvas = Canvas::new(prefix);
    canvas.text(WIDTH / 2.0, 30.0, Look::pale(Anchor::Middle), words);
    canvas.finish(50.0)
}
