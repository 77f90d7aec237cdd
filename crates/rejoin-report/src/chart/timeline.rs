//! A timeline: bars over days, what was in force above them, what happened as marks across both.
//!
//! Names of policies and events are long and their places are narrow. So each band has a letter and each mark a number,
//! a band carries as much of its name as fits, and a legend below has every name whole, with its days.

use super::canvas::{Anchor, Canvas, LINE, Look, SIZE, SMALL, WIDTH, at, empty};
use super::columns::Scale;
use super::metrics::{fitted, width, wrapped};
use super::{Band, Bar, Mark, day_number, total};
use crate::Language;
use crate::words::day;

pub(crate) struct Timeline<'a> {
    pub bars: &'a [Bar],
    pub days_a_bar: u16,
    pub parts: &'a [String],
    pub bands: &'a [Band],
    pub marks: &'a [Mark],
}

/// From days to places.
struct Axis {
    first: f64,
    last: f64,
    left: f64,
    right: f64,
}

impl Axis {
    fn x(&self, day: i32) -> f64 {
        let share = (f64::from(day) - self.first) / (self.last - self.first);
        self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
    }

    fn holds(&self, day: i32) -> bool {
        (self.first..=self.last).contains(&f64::from(day))
    }
}

/// The days shown: those of the bars, and of what begins, ends or happens a little before or after them. What lies far off
/// would make the bars too narrow: a band from long ago just has no left edge.
fn shown(timeline: &Timeline<'_>) -> Option<(i32, i32)> {
    let length = i32::from(timeline.days_a_bar.max(1));
    let starts = || timeline.bars.iter().filter_map(|bar| day_number(&bar.start));
    let around = || {
        let bands = timeline.bands.iter();
        bands
            .flat_map(|band| [day_number(&band.from), band.to.as_deref().and_then(day_number)])
            .flatten()
            .chain(timeline.marks.iter().filter_map(|mark| day_number(&mark.on)))
    };
    match (starts().min(), starts().max()) {
        (Some(first), Some(last)) => {
            let last = last + length;
            let margin = ((last - first) / 8).max(length);
            let near = || around().filter(|day| (first - margin..=last + margin).contains(day));
            Some((near().min().unwrap_or(first).min(first), near().max().unwrap_or(last).max(last)))
        }
        _ => Some((around().min()?, around().max()? + 1)),
    }
}

/// The letters of a band: A to Z, then A1 and so on.
fn letters(index: usize) -> String {
    let letter = char::from(b'A' + (index % 26) as u8);
    if index < 26 { letter.to_string() } else { format!("{letter}{}", index / 26) }
}

pub(crate) fn draw(timeline: &Timeline<'_>, language: Language, prefix: &str) -> String {
    let Some((first, last)) = shown(timeline) else {
        return empty(language.words().no_data, prefix);
    };
    let mut canvas = Canvas::new(prefix);
    let largest = timeline.bars.iter().map(|bar| total(&bar.parts)).max().unwrap_or(0);
    let used = timeline.bars.iter().map(|bar| bar.parts.len()).max().unwrap_or(0);
    let axis = Axis {
        first: f64::from(first),
        last: f64::from(last.max(first + 1)),
        left: Scale::room(largest, language),
        right: WIDTH - 8.0,
    };
    let mut y = 4.0;
    if used > 1 || timeline.parts.len() > 1 {
        y += canvas.legend(timeline.parts, used.max(timeline.parts.len()), 0.0, y);
    }

    let mut marks: Vec<(i32, &Mark)> =
        timeline.marks.iter().filter_map(|mark| Some((day_number(&mark.on)?, mark))).collect();
    marks.sort_by_key(|(day, _)| *day);
    let badges = badge_rows(&marks, &axis);
    let badge_top = y + 9.0;
    y += badges.iter().flatten().max().map_or(0.0, |row| (*row as f64 + 1.0) * 19.0 + 2.0);

    let mut bands: Vec<(i32, Option<i32>, &Band)> = timeline
        .bands
        .iter()
        .filter_map(|band| Some((day_number(&band.from)?, band.to.as_deref().and_then(day_number), band)))
        .collect();
    bands.sort_by_key(|(from, _, _)| *from);
    let lanes_top = y;
    let lanes = lanes(&bands, &axis);
    y += lanes.iter().flatten().max().map_or(0.0, |lane| (*lane as f64 + 1.0) * 23.0 + 8.0);

    let (top, bottom) = (y + 6.0, y + 206.0);
    let mut end = if timeline.bars.is_empty() {
        canvas.axis([axis.left, y, axis.right, y]);
        months(&mut canvas, &axis, first, last, y, language)
    } else {
        let scale = Scale::draw(&mut canvas, largest, [axis.left, axis.right], [top, bottom], language);
        let length = i32::from(timeline.days_a_bar.max(1));
        for bar in timeline.bars {
            let Some(start) = day_number(&bar.start) else { continue };
            let (from, to) = (axis.x(start), axis.x(start + length));
            let gap = ((to - from) * 0.15).min(4.0);
            scale.bar(
                &mut canvas,
                &bar.parts,
                [from + gap / 2.0, (to - gap / 2.0).max(from + gap / 2.0 + 0.5)],
            );
        }
        canvas.axis([axis.left, bottom, axis.right, bottom]);
        months(&mut canvas, &axis, first, last, bottom, language)
    };
    let foot = if timeline.bars.is_empty() { y } else { bottom };

    // Marks before bands: a band's name must not be struck through.
    for (index, (day, _)) in marks.iter().enumerate() {
        if let Some(row) = badges[index] {
            let (x, y) = (axis.x(*day), badge_top + row as f64 * 19.0);
            canvas.stroke(
                "mark",
                "#1a1a1a",
                1.0,
                "3 2.5",
                &format!("M{},{}L{},{}", at(x), at(y), at(x), at(foot)),
            );
        }
    }
    for (index, (from, to, band)) in bands.iter().enumerate() {
        if let Some(lane) = lanes[index] {
            let top = lanes_top + lane as f64 * 23.0;
            draw_band(&mut canvas, &axis, (*from, *to), top, &letters(index), &band.label);
        }
    }
    for (index, (day, _)) in marks.iter().enumerate() {
        if let Some(row) = badges[index] {
            canvas.badge(axis.x(*day), badge_top + row as f64 * 19.0, &(index + 1).to_string());
        }
    }

    end += 6.0;
    let mut entries: Vec<(String, String, &str, bool)> = Vec::new();
    for (index, (_, _, band)) in bands.iter().enumerate() {
        let to = band.to.as_ref().map_or_else(|| language.words().open.to_owned(), |to| short(to, language));
        entries.push((letters(index), format!("{} – {to}", short(&band.from, language)), &band.label, false));
    }
    for (index, (_, mark)) in marks.iter().enumerate() {
        entries.push(((index + 1).to_string(), short(&mark.on, language), &mark.label, true));
    }
    let days = entries.iter().map(|(_, days, _, _)| width(days, SMALL)).fold(0.0, f64::max).min(220.0);
    for (key, said, label, mark) in &entries {
        end = entry(&mut canvas, end, 26.0 + days + 6.0, [key, said, label], *mark);
    }
    canvas.finish(end + 2.0)
}

fn short(text: &str, language: Language) -> String {
    day(text).map_or_else(|| text.to_owned(), |date| language.short_day(date))
}

/// An entry of the legend: its letter or number, its days, its name; gives where the next one begins.
fn entry(canvas: &mut Canvas, top: f64, left: f64, [key, days, label]: [&str; 3], mark: bool) -> f64 {
    let y = top + 13.0;
    if mark {
        canvas.badge(9.0, y - 4.0, key);
    } else {
        canvas.block("band", "#e8edf2", "#4d4d4d", [0.0, y - 13.0, 18.0, 17.0]);
        canvas.text(9.0, y, Look { size: 11.0, ..Look::bold(Anchor::Middle) }, key);
    }
    canvas.text(26.0, y, Look::pale(Anchor::Start), &fitted(days, SMALL, left - 30.0));
    let lines = wrapped(label, SIZE, WIDTH - left, 3);
    for (row, line) in lines.iter().enumerate() {
        canvas.text(left, y + row as f64 * LINE, Look::plain(Anchor::Start), line);
    }
    top + lines.len().max(1) as f64 * LINE + 5.0
}

/// A band with as much of its name as fits. An end that is open, or beyond the days shown, has no edge.
fn draw_band(
    canvas: &mut Canvas,
    axis: &Axis,
    (from, to): (i32, Option<i32>),
    top: f64,
    key: &str,
    label: &str,
) {
    let left = axis.x(from);
    let right = to.map_or(axis.right, |to| axis.x(to)).max(left + 2.0);
    let (open_left, open_right) = (!axis.holds(from), to.is_none_or(|to| !axis.holds(to)));
    canvas.block("band", "#e8edf2", "none", [left, top, right - left, 19.0]);
    let mut path = format!("M{},{}L{},{}", at(left), at(top), at(right), at(top));
    path.push_str(&format!("M{},{}L{},{}", at(left), at(top + 19.0), at(right), at(top + 19.0)));
    if !open_left {
        path.push_str(&format!("M{},{}L{},{}", at(left), at(top), at(left), at(top + 19.0)));
    }
    if !open_right {
        path.push_str(&format!("M{},{}L{},{}", at(right), at(top), at(right), at(top + 19.0)));
    }
    canvas.stroke("edge", "#4d4d4d", 0.9, "", &path);
    let key_wide = width(key, SMALL) + 6.0;
    if right - left < key_wide + 4.0 {
        // Too narrow for its own letter, which then stands beside it.
        let beside =
            if right + key_wide < WIDTH { (Anchor::Start, right + 3.0) } else { (Anchor::End, left - 3.0) };
        let look = Look { size: SMALL, rim: true, ..Look::bold(beside.0) };
        canvas.text(beside.1, top + 14.0, look, key);
        return;
    }
    canvas.text(left + 5.0, top + 14.0, Look { size: SMALL, ..Look::bold(Anchor::Start) }, key);
    let name = fitted(label, SMALL, right - left - key_wide - 12.0);
    canvas.text(left + 5.0 + key_wide, top + 14.0, Look { size: SMALL, ..Look::plain(Anchor::Start) }, &name);
}

/// The lane of each band: the first in which it touches no other. None when it is wholly outside the days shown.
fn lanes(bands: &[(i32, Option<i32>, &Band)], axis: &Axis) -> Vec<Option<usize>> {
    let mut ends: Vec<f64> = Vec::new();
    let mut lanes = Vec::new();
    for (from, to, _) in bands {
        let outside = f64::from(*from) > axis.last || to.is_some_and(|to| f64::from(to) < axis.first);
        if outside {
            lanes.push(None);
            continue;
        }
        let left = axis.x(*from);
        // A letter may stand beside a narrow band, and needs its room.
        let right = to.map_or(axis.right, |to| axis.x(to)).max(left + 26.0);
        let lane = ends.iter().position(|end| *end + 3.0 <= left).unwrap_or(ends.len());
        if lane == ends.len() {
            ends.push(right);
        } else {
            ends[lane] = right;
        }
        lanes.push(Some(lane));
    }
    lanes
}

/// The row of each mark's number, so that none covers another. None when its day is not shown.
fn badge_rows(marks: &[(i32, &Mark)], axis: &Axis) -> Vec<Option<usize>> {
    let mut ends: Vec<f64> = Vec::new();
    let mut rows = Vec::new();
    for (day, _) in marks {
        if !axis.holds(*day) {
            rows.push(None);
            continue;
        }
        let x = axis.x(*day);
        let row = ends.iter().position(|end| *end + 18.0 <= x).unwrap_or(ends.len());
        if row == ends.len() {
            ends.push(x);
        } else {
            ends[row] = x;
        }
        rows.push(Some(row));
    }
    rows
}

/// Months, or years where months would not fit, under the axis; gives where the next thing may begin.
fn months(canvas: &mut Canvas, axis: &Axis, first: i32, last: i32, y: f64, language: Language) -> f64 {
    let origin = jiff::civil::date(1970, 1, 1);
    let date = |day: i32| origin.checked_add(jiff::Span::new().days(i64::from(day))).unwrap_or(origin);
    let a_month = (axis.right - axis.left) / (f64::from(last - first) / 30.44).max(0.1);
    let every = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600]
        .into_iter()
        .find(|every| a_month * f64::from(*every) > 34.0)
        .unwrap_or(1200);
    let start = date(first);
    let mut month = i64::from(start.year()) * 12 + i64::from(start.month()) - 1;
    let mut year = None;
    loop {
        let (this_year, this_month) = (month.div_euclid(12), month.rem_euclid(12));
        let named = |value: i64| i16::try_from(value).ok();
        let Some(day) =
            named(this_year).and_then(|year| jiff::civil::Date::new(year, this_month as i8 + 1, 1).ok())
        else {
            break;
        };
        let number = day_number(&day.to_string()).unwrap_or(last + 1);
        if number > last {
            break;
        }
        // Years are counted from 0 as well, so that a mark of every second year falls on even ones.
        let marked = month.rem_euclid(every.into()) == 0;
        if number >= first && marked {
            let x = axis.x(number);
            if axis.right - x > 10.0 {
                canvas.axis([x, y, x, y + 5.0]);
                let label =
                    if every < 12 { language.short_month(day).to_owned() } else { this_year.to_string() };
                canvas.text(x, y + 18.0, Look::pale(Anchor::Middle), &label);
                if every < 12 && year != Some(this_year) {
                    year = Some(this_year);
                    canvas.text(
                        x,
                        y + 33.0,
                        Look { bold: true, ..Look::pale(Anchor::Middle) },
                        &this_year.to_string(),
                    );
                }
            }
        }
        month += 1;
    }
    y + if every < 12 { 42.0 } else { 26.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_that_overlap_have_lanes_of_their_own() {
        let band = Band { label: String::new(), from: String::new(), to: None };
        let axis = Axis { first: 0.0, last: 100.0, left: 0.0, right: 600.0 };
        let bands = [
            (0, Some(40), &band),
            (10, Some(20), &band),
            (30, Some(60), &band),
            (45, None, &band),
            (200, None, &band),
        ];
        assert_eq!(lanes(&bands, &axis), [Some(0), Some(1), Some(1), Some(0), None]);
    }
}
