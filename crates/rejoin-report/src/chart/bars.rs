//! Horizontal bars: a label, a bar stacked by parts, its total.

use super::canvas::{Anchor, Canvas, LINE, Look, SIZE, WIDTH, empty};
use super::metrics::{width, wrapped};
use super::total;
use crate::Language;

pub(crate) fn draw(
    parts: &[String],
    bars: &[(String, Vec<u64>)],
    language: Language,
    prefix: &str,
) -> String {
    if bars.is_empty() {
        return empty(language.words().no_data, prefix);
    }
    let mut canvas = Canvas::new(prefix);
    let used = bars.iter().map(|(_, sizes)| sizes.len()).max().unwrap_or(0);
    let mut y = 4.0;
    if used > 1 || parts.len() > 1 {
        y += canvas.legend(parts, used.max(parts.len()), 0.0, y);
    }
    let widest = bars.iter().map(|(label, _)| width(label, SIZE)).fold(0.0, f64::max);
    let labels = widest.clamp(60.0, WIDTH * 0.38);
    let totals = bars.iter().map(|(_, sizes)| width(&language.count(total(sizes)), SIZE)).fold(0.0, f64::max);
    let left = labels + 12.0;
    let room = WIDTH - left - totals - 10.0;
    let largest = bars.iter().map(|(_, sizes)| total(sizes)).max().unwrap_or(0).max(1) as f64;
    let start = y;
    for (label, sizes) in bars {
        let lines = wrapped(label, SIZE, labels, 3);
        let high = (lines.len().max(1) as f64 * LINE).max(20.0);
        let first = y + high / 2.0 - (lines.len() as f64 - 1.0) * LINE / 2.0 + 4.5;
        for (index, line) in lines.iter().enumerate() {
            canvas.text(labels, first + index as f64 * LINE, Look::plain(Anchor::End), line);
        }
        let mut x = left;
        for (part, size) in sizes.iter().enumerate().filter(|(_, size)| **size > 0) {
            let wide = *size as f64 / largest * room;
            canvas.part(part, [x, y + high / 2.0 - 8.0, wide, 16.0]);
            x += wide;
        }
        canvas.text(x + 6.0, y + high / 2.0 + 4.5, Look::plain(Anchor::Start), &language.count(total(sizes)));
        y += high + 6.0;
    }
    canvas.axis([left, start - 2.0, left, y - 4.0]);
    canvas.finish(y + 6.0)
}
