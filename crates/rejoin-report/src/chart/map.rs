//! A map: coasts and borders from embedded data, and for each place a circle whose area is its count. An equidistant
//! projection that is true at 30° north; the sheet shows the part where the places are.

use super::canvas::{Anchor, Canvas, Look, SMALL, WIDTH, at, empty};
use super::metrics::width;
use crate::{Language, Spot};
use std::fmt::Write;
use std::sync::OnceLock;

/// West, south, east and north of what is embedded, in degrees.
const EMBEDDED: [f64; 4] = [-125.5, 6.5, -66.0, 50.0];
/// Degrees around the outermost places.
const MARGIN: f64 = 2.5;
/// The least that is shown, in degrees: a map of one town says nothing of where that is.
const LEAST: f64 = 14.0;
/// The radius of the largest circle.
const LARGEST: f64 = 26.0;
/// At most so many places are named: those with the largest counts.
const NAMED: usize = 15;

/// A line of the embedded data: whether it parts countries (or land and sea), its points as longitude and latitude.
type Outline = (bool, Vec<(f64, f64)>);

fn outlines() -> &'static [Outline] {
    static READ: OnceLock<Vec<Outline>> = OnceLock::new();
    READ.get_or_init(|| {
        let lines = include_str!("outline.txt").lines().filter(|line| !line.starts_with('#'));
        let point = |pair: &str| {
            let (longitude, latitude) = pair.split_once(',')?;
            Some((longitude.parse::<f64>().ok()? / 100.0, latitude.parse::<f64>().ok()? / 100.0))
        };
        lines
            .filter_map(|line| line.split_once(' '))
            .map(|(kind, points)| (kind == "c", in_steps(points.split(' ').filter_map(point))))
            .collect()
    })
}

/// The same line with a point at every degree at least, so that a piece of a long border is drawn where its ends are not.
fn in_steps(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        if let Some((from_x, from_y)) = out.last().copied() {
            let steps = (x - from_x).abs().max((y - from_y).abs()).ceil();
            for step in 1..steps as u32 {
                let part = f64::from(step) / steps;
                out.push((from_x + (x - from_x) * part, from_y + (y - from_y) * part));
            }
        }
        out.push((x, y));
    }
    out
}

/// Whether a place is on the map at all.
fn is_on(spot: &Spot) -> bool {
    let [west, south, east, north] = EMBEDDED;
    (west..=east).contains(&spot.longitude) && (south..=north).contains(&spot.latitude)
}

pub(crate) fn draw(spots: &[Spot], language: Language, prefix: &str) -> String {
    let mut spots: Vec<&Spot> = spots.iter().filter(|spot| spot.count > 0 && is_on(spot)).collect();
    if spots.is_empty() {
        return empty(language.words().no_data, prefix);
    }
    // Small circles are drawn over large ones, so that none is hidden; places of one count keep the order given.
    spots.sort_by_key(|spot| std::cmp::Reverse(spot.count));
    let [west, south, east, north] = frame(&spots);
    let narrowed = 30.0_f64.to_radians().cos();
    let scale = WIDTH / ((east - west) * narrowed);
    let place =
        |longitude: f64, latitude: f64| ((longitude - west) * narrowed * scale, (north - latitude) * scale);
    let height = (north - south) * scale;
    let mut canvas = Canvas::new(prefix);
    canvas.block("sheet", "none", "#d4d4d4", [0.0, 0.0, WIDTH, height]);
    for (country, points) in outlines() {
        // Only the pieces that touch the sheet: a map of one valley needs no coast of another ocean.
        let near = |(longitude, latitude): &(f64, f64)| {
            (west - 1.0..east + 1.0).contains(longitude) && (south - 1.0..north + 1.0).contains(latitude)
        };
        let mut path = String::new();
        let mut pen_down = false;
        for pair in points.windows(2) {
            if !pair.iter().any(near) {
                pen_down = false;
                continue;
            }
            let kept = if pen_down { &pair[1..] } else { pair };
            for (index, (longitude, latitude)) in kept.iter().enumerate() {
                let (x, y) = place(*longitude, *latitude);
                let letter = if !pen_down && index == 0 { 'M' } else { 'L' };
                // Writing to a string cannot fail.
                let _ = write!(
                    path,
                    "{letter}{},{}",
                    at(x.clamp(-40.0, WIDTH + 40.0)),
                    at(y.clamp(-40.0, height + 40.0))
                );
            }
            pen_down = true;
        }
        if !path.is_empty() {
            let (class, wide, colour) =
                if *country { ("coast", 1.0, "#7d7d7d") } else { ("border", 0.6, "#bdbdbd") };
            canvas.stroke(class, colour, wide, "", &path);
        }
    }
    let most = spots.first().map_or(1, |spot| spot.count) as f64;
    let mut taken: Vec<[f64; 4]> = Vec::new();
    let mut names = Vec::new();
    for (index, spot) in spots.iter().enumerate() {
        let (x, y) = place(spot.longitude, spot.latitude);
        let radius = ((spot.count as f64 / most).sqrt() * LARGEST).max(2.5);
        canvas.spot(x, y, radius);
        if index >= NAMED {
            continue;
        }
        let name = format!("{} {}", spot.label, language.count(spot.count));
        let wide = width(&name, SMALL);
        // Beside its circle, on a side where nothing else is written; nowhere when there is none: the table has it.
        let sides = [
            (x + radius + 4.0, y + 4.0),
            (x - radius - 4.0 - wide, y + 4.0),
            (x - wide / 2.0, y - radius - 5.0),
            (x - wide / 2.0, y + radius + 13.0),
        ];
        let free = sides.into_iter().find(|(left, base)| {
            let room = [*left, base - 11.0, left + wide, base + 3.0];
            let inside =
                room[0] >= 2.0 && room[1] >= 2.0 && room[2] <= WIDTH - 2.0 && room[3] <= height - 2.0;
            inside
                && !taken.iter().any(|other| {
                    room[0] < other[2] && other[0] < room[2] && room[1] < other[3] && other[1] < room[3]
                })
        });
        if let Some((left, base)) = free {
            taken.push([left, base - 11.0, left + wide, base + 3.0]);
            names.push((left, base, name));
        }
    }
    for (left, base, name) in names {
        canvas.text(left, base, Look { size: SMALL, rim: true, ..Look::plain(Anchor::Start) }, &name);
    }
    canvas.finish(height)
}

/// What is shown: around the places, at least [`LEAST`] degrees, within what is embedded.
fn frame(spots: &[&Spot]) -> [f64; 4] {
    let [least_west, least_south, most_east, most_north] = EMBEDDED;
    let span = |of: fn(&Spot) -> f64| {
        let (mut from, mut to) = (f64::MAX, f64::MIN);
        for spot in spots {
            (from, to) = (from.min(of(spot)), to.max(of(spot)));
        }
        let wider = ((LEAST - (to - from)) / 2.0).max(MARGIN);
        (from - wider, to + wider)
    };
    let ((west, east), (south, north)) = (span(|spot| spot.longitude), span(|spot| spot.latitude));
    [west.max(least_west), south.max(least_south), east.min(most_east), north.min(most_north)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(label: &str, longitude: f64, latitude: f64, count: u64) -> Spot {
        Spot { label: label.into(), longitude, latitude, count }
    }

    #[test]
    fn the_embedded_lines_are_whole() {
        let lines = outlines();
        assert!(lines.len() > 150 && lines.iter().any(|(country, _)| !country));
        let [west, south, east, north] = EMBEDDED;
        assert!(lines.iter().flat_map(|(_, points)| points).all(|(longitude, latitude)| {
            (west..=east).contains(longitude) && (south..=north).contains(latitude)
        }));
        assert!(lines.iter().all(|(_, points)| points.len() > 1));
    }

    #[test]
    fn a_circle_has_the_area_of_its_count_and_stands_where_it_is() {
        let spots = [
            spot("West", -115.0, 30.0, 400),
            spot("East", -100.0, 30.0, 100),
            spot("Nowhere", 20.0, 50.0, 9),
        ];
        let svg = draw(&spots, Language::English, "m");
        let circles: Vec<(f64, f64, f64)> = svg
            .lines()
            .filter(|line| line.starts_with("<circle class=\"spot"))
            .map(|line| {
                let number = |name: &str| {
                    let rest = line.split(&format!(" {name}=\"")).nth(1)?;
                    rest.split('"').next()?.parse::<f64>().ok()
                };
                (number("cx").unwrap_or(0.0), number("cy").unwrap_or(0.0), number("r").unwrap_or(0.0))
            })
            .collect();
        // The one that is not on the map is not drawn anywhere else.
        assert_eq!(circles.len(), 2);
        assert!((circles[0].2 - 2.0 * circles[1].2).abs() < 0.2, "{circles:?}");
        assert!(circles[0].0 < circles[1].0 && (circles[0].1 - circles[1].1).abs() < 0.2, "{circles:?}");
        assert!(svg.contains("West 400") && svg.contains("East 100") && !svg.contains("Nowhere"));
    }

    #[test]
    fn a_long_border_is_there_where_its_ends_are_not() {
        let svg = draw(&[spot("Havre", -109.7, 48.5, 3)], Language::English, "m");
        assert!(svg.contains("class=\"coast\""), "the border with Canada");
    }

    #[test]
    fn nothing_to_show_is_said() {
        let nothing = draw(&[spot("a", -100.0, 30.0, 0)], Language::Spanish, "m");
        assert!(!nothing.contains("circle") && nothing.contains(Language::Spanish.words().no_data));
    }
}
