//! Published figures beside ours: which measure, asked how, comes nearest to what a published sentence counts, and by
//! how much the two differ. Where nothing of ours counts the same, that is said instead.

use crate::measure::{Answer, Parameters, Scene, ask, named};
use rejoin_model::{Moment, Precision};

/// A published figure, as in its file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Published {
    /// Its id in the file.
    pub id: String,
    /// Who published it.
    pub body: String,
    /// In which document.
    pub document: String,
    /// What period it covers, as written.
    pub period: String,
    /// What it counts, as written.
    pub metric: String,
    /// The figure, as written.
    pub value: String,
    /// Its definition or note.
    pub note: String,
    /// How it was seen.
    pub seen: String,
}

/// A published figure beside ours.
pub struct Comparison {
    /// The published figure.
    pub published: Published,
    /// The published number, if one can be read from the figure.
    pub number: Option<f64>,
    /// Our answer, or why there is none.
    pub ours: Result<Answer, &'static str>,
}

impl Comparison {
    /// Ours less theirs.
    pub fn difference(&self) -> Option<f64> {
        Some(self.ours.as_ref().ok()?.value - self.number?)
    }
}

/// Compares every figure. `scope` is the first and last day of apprehension that our records cover.
pub fn reconcile(scene: &Scene<'_>, published: Vec<Published>) -> Vec<Comparison> {
    let dates = scene
        .people
        .iter()
        .filter(|person| person.separation.is_some())
        .filter_map(|person| person.apprehended());
    let scope = dates.fold(None, |scope: Option<(Moment, Moment)>, day| {
        Some(scope.map_or((day, day), |(first, last)| (first.min(day), last.max(day))))
    });
    published
        .into_iter()
        .map(|published| Comparison {
            number: number(&published.value),
            ours: ours(scene, scope, &published),
            published,
        })
        .collect()
}

const NO_SEPARATION: &str = "no separation is on record here";
const NOT_THE_PERIOD: &str = "our lists do not cover the whole period";
const NOT_THE_DAY: &str = "our lists do not cover the day";
/// Reasons that tell from when to when our lists go.
pub const OF_SCOPE: [&str; 3] = [NO_SEPARATION, NOT_THE_PERIOD, NOT_THE_DAY];
/// What is said in place of those, and of a suppressed figure, to whom small counts are not told.
pub const NOT_TOLD: &str = "too few to be told, or our lists do not cover the period";

/// Words of a metric → the measure and how it takes the period. The first line all of whose words occur is taken.
const RULES: &[(&[&str], Option<Ask>)] = &[
    (&["potential family relationship"], None),
    (&["sampled"], None),
    (&["expected to separate"], None),
    (&["families"], None),
    (&["parents"], None),
    (&["more than 72 h"], None),
    (&["custody >72"], None),
    (&["added to certified"], None),
    (&["removed from certified"], None),
    (&["excluded from"], None),
    (&["additional files"], None),
    (&["moved through"], None),
    (&["younger than"], None),
    (&["separated", "days"], None),
    (&["no confirmed"], None),
    (&["not reunified"], None),
    (&["still in orr custody"], Some(Ask::InCareOn)),
    (&["sum of children over"], Some(Ask::InCareOn)),
    (&["certified"], Some(Ask::InCareOn)),
    (&["reunified"], Some(Ask::Reunited)),
    (&["separated"], Some(Ask::Separated)),
];

#[derive(Clone, Copy)]
enum Ask {
    InCareOn,
    Reunited,
    Separated,
}

fn ours(
    scene: &Scene<'_>,
    scope: Option<(Moment, Moment)>,
    published: &Published,
) -> Result<Answer, &'static str> {
    let (first, last) = scope.ok_or(NO_SEPARATION)?;
    let metric = published.metric.to_lowercase();
    let period = period(&published.period);
    if period.is_some_and(|(from, _)| from.latest() < first.earliest()) || published.period.contains("before")
    {
        return Err(NOT_THE_PERIOD);
    }
    let rule = RULES.iter().find(|(words, _)| words.iter().all(|word| metric.contains(word)));
    let ask_for = rule.and_then(|(_, ask)| *ask).ok_or("no measure of ours counts this")?;
    let parameters = match (ask_for, period) {
        (Ask::InCareOn, Some((day, until))) => {
            if day != until || day.precision() < Precision::Day {
                return Err("its period is not one day");
            }
            if scene.as_of.surely_before(day) {
                return Err(NOT_THE_DAY);
            }
            Parameters { on: Some(day), ..Parameters::default() }
        }
        (_, Some((from, to))) => {
            if to.earliest() > last.latest() {
                return Err(NOT_THE_PERIOD);
            }
            Parameters { from: Some(from), to: Some(to), ..Parameters::default() }
        }
        (_, None) => return Err("its period could not be read"),
    };
    let measure = match ask_for {
        Ask::InCareOn => "in-shelter-care",
        Ask::Reunited => "reunited",
        Ask::Separated => "separated",
    };
    let measure = named(measure).ok_or("no such measure")?;
    ask(measure, scene, &parameters).map_err(|_| "our measure does not take this period")
}

/// The same in Spanish of why nothing of ours stands beside a figure; as it is when there is no other.
pub fn in_spanish(why: &'static str) -> &'static str {
    match why {
        NO_SEPARATION => "aquí no consta ninguna separación",
        NOT_THE_PERIOD => "nuestras listas no cubren todo el período",
        NOT_THE_DAY => "nuestras listas no cubren ese día",
        "no measure of ours counts this" => "ninguna medida nuestra cuenta esto",
        "its period is not one day" => "su período no es un solo día",
        "its period could not be read" => "no se pudo leer su período",
        "our measure does not take this period" => "nuestra medida no admite este período",
        NOT_TOLD => "demasiado pocos para decirlo, o nuestras listas no cubren el período",
        _ => why,
    }
}

/// `2018-05-05..2018-06-20`, `2018-04..2018-06`, `as of 2018-09-10`, `2018`.
fn period(text: &str) -> Option<(Moment, Moment)> {
    let dates: Vec<Moment> = text
        .split(|character: char| !(character.is_ascii_digit() || character == '-'))
        .filter_map(|word| moment(word.trim_matches('-')))
        .collect();
    match dates.as_slice() {
        [one] => Some((*one, *one)),
        [from, to, ..] => Some((*from, *to)),
        [] => None,
    }
}

fn moment(word: &str) -> Option<Moment> {
    let parts: Vec<&str> = word.split('-').collect();
    let number = |text: &&str| text.parse::<i16>().ok();
    let year = parts.first().and_then(number).filter(|year| (1990..=2100).contains(year))?;
    match parts.as_slice() {
        [_] => Moment::year(year),
        [_, month] => Moment::month(year, i8::try_from(number(month)?).ok()?),
        [_, month, day] => {
            Moment::day(year, i8::try_from(number(month)?).ok()?, i8::try_from(number(day)?).ok()?)
        }
        _ => None,
    }
}

/// The first number in a figure: `>1,000` is 1000, `~5,500` is 5500.
fn number(text: &str) -> Option<f64> {
    let start = text.find(|character: char| character.is_ascii_digit())?;
    let digits: String = text[start..]
        .chars()
        .take_while(|character| character.is_ascii_digit() || matches!(character, ',' | '.'))
        .filter(|character| *character != ',')
        .collect();
    digits.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_and_figures_are_read() {
        let day = |year, month, day| Moment::day(year, month, day).unwrap();
        assert_eq!(period("2018-05-05..2018-06-20"), Some((day(2018, 5, 5), day(2018, 6, 20))));
        assert_eq!(period("as of 2018-09-10"), Some((day(2018, 9, 10), day(2018, 9, 10))));
        assert_eq!(period("2018-04..2018-06").unwrap().1, Moment::month(2018, 6).unwrap());
        assert_eq!(period("sample"), None);
        assert_eq!(
            [number(">1,000"), number("~4,656 (Apr 2024)"), number("thousands")],
            [Some(1000.0), Some(4656.0), None]
        );
    }
}
