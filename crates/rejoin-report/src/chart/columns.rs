//! Columns over ordered spans, and the scale that a timeline's bars share with them.

use super::canvas::{Anchor, Canvas, LINE, Look, SIZE, SMALL, WIDTH, empty};
use super::metrics::{fitted, steps, width};
use super::total;
use crate::Language;

/// A scale of counts, drawn at the left of a plot.
pub(crate) struct Scale {
    pub top: f64,
    pub bottom: f64,
    largest: f64,
}

impl Scale {
    /// Room that the numbers of the scale need at the left.
    pub fn room(largest: u64, language: Language) -> f64 {
        steps(largest, 5).iter().map(|step| width(&language.count(*step), SMALL)).fold(16.0, f64::max) + 10.0
    }

    /// Draws the scale and its grid.
    pub fn draw(
        canvas: &mut Canvas,
        largest: u64,
        [left, right]: [f64; 2],
        [top, bottom]: [f64; 2],
        language: Language,
    ) -> Scale {
        let steps = steps(largest, 5);
        let scale = Scale { top, bottom, largest: steps.last().copied().unwrap_or(1).max(1) as f64 };
        for step in &steps {
            let y = scale.y(*step);
            canvas.grid([left, y, right, y]);
            canvas.text(left - 6.0, y + 4.0, Look::pale(Anchor::End), &language.count(*step));
        }
        scale
    }

    pub fn y(&self, count: u64) -> f64 {
        self.bottom - count as f64 / self.largest * (self.bottom - self.top)
    }

    /// A stacked bar between two places.
    pub fn bar(&self, canvas: &mut Canvas, sizes: &[u64], [from, to]: [f64; 2]) {
        let mut below: u64 = 0;
        for (part, size) in sizes.iter().enumerate().filter(|(_, size)| **size > 0) {
            let above = below.saturating_add(*size);
            canvas.part(part, [from, self.y(above), to - from, self.y(below) - self.y(above)]);
            below = above;
        }
    }
}

pub(crate) fn draw(
    parts: &[String],
    bars: &[(String, Vec<u64>)],
    axis: &str,
    language: Language,
    prefix: &str,
) -> String {
    if bars.is_empty() {
        return empty(language.words().no_data, prefix);
    }
    let mut canvas = Canvas::new(prefix);
    let used = bars.iter().map(|(_, sizes)| sizes.len()).max().unwrap_or(0);
    let mut top = 4.0;
    if used > 1 || parts.len() > 1 {
        top += canvas.legend(parts, used.max(parts.len()), 0.0, top);
    }
    let largest = bars.iter().map(|(_, sizes)| total(sizes)).max().unwrap_or(0);
    let (left, right) = (Scale::room(largest, language), WIDTH - 4.0);
    let (top, bottom) = (top + 16.0, top + 216.0);
    let scale = Scale::draw(&mut canvas, largest, [left, right], [top, bottom], language);
    let step = (right - left) / bars.len() as f64;
    let gap = (step * 0.18).min(12.0);
    let counts = bars.iter().all(|(_, sizes)| width(&language.count(total(sizes)), SMALL) + 2.0 < step);
    let widest = bars.iter().map(|(label, _)| width(label, SMALL)).fold(1.0, f64::max);
    // Where labels would run into each other, every second, third … is printed; the table has them all.
    let every = ((widest.min(110.0) + 8.0) / step).ceil().max(1.0) as usize;
    for (index, (label, sizes)) in bars.iter().enumerate() {
        let (from, middle) = (left + step * index as f64, left + step * (index as f64 + 0.5));
        scale.bar(&mut canvas, sizes, [from + gap / 2.0, from + step - gap / 2.0]);
        if counts {
            let y = scale.y(total(sizes)) - 4.0;
            canvas.text(
                middle,
                y,
                Look { size: SMALL, ..Look::plain(Anchor::Middle) },
                &language.count(total(sizes)),
            );
        }
        if index.is_multiple_of(every) {
            // The first and last labels must not leave the sheet.
            let room = (step * every as f64 - 6.0).min((middle.min(WIDTH - middle)) * 2.0);
            canvas.text(middle, bottom + 16.0, Look::pale(Anchor::Middle), &fitted(label, SMALL, room));
        }
    }
    canvas.axis([left, bottom, right, bottom]);
    let mut end = bottom + 24.0;
    if !axis.is_empty() {
        canvas.text(
            (left + right) / 2.0,
            end + 14.0,
            Look::plain(Anchor::Middle),
            &fitted(axis, SIZE, right - left),
        );
        end += LINE + 4.0;
    }
    canvas.finish(end + 4.0)
}
