//! For inspectors, court monitors and journalists: measures with their definitions, broken down and drawn, each with what
//! somebody else needs to make the same number again; and the ledger they rest on.

use super::{Layout, Query};
use crate::answer::{Answer, Problem, file, onward, page};
use crate::app::App;
use crate::door::Here;
use crate::fields::{Fields, Posted, Sent};
use crate::jobs::Work;
use crate::pages::search::escaped;
use crate::shown;
use crate::words::Lang;
use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use rejoin_access::Action;
use rejoin_custody::clock::Rule;
use rejoin_inquiry::group::{GROUPS, NOT_RECORDED};
use rejoin_inquiry::measure::How;
use rejoin_inquiry::replay::Scenario;
use rejoin_inquiry::{MEASURES, Measure, Parameters, named, reconcile};
use rejoin_model::{Moment, Precision};
use rejoin_normalize::gazetteer::{self, Kind};
use rejoin_registry::Told;
use rejoin_report::{Band, Bar, Chart, Spot, svg};
use serde_json::json;
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/figures", get(all))
        .route("/figures/timeline", get(timeline))
        .route("/figures/published", get(ask_published).post(published).layer(DefaultBodyLimit::max(LARGEST)))
        .route("/figures/{name}", get(one))
        .route("/ledger", get(ledger))
        .route("/ledger/verify", post(verify))
        .route("/ledger/sign", post(sign))
}

#[derive(Template)]
#[template(path = "figures.html")]
struct FiguresPage {
    l: Layout,
    measures: Vec<(&'static str, String, String)>,
}

async fn all(State(app): State<Arc<App>>, here: Here) -> Answer {
    if !here.may(Action::Count) {
        app.desk(&here, |desk| Ok(desk.may(Action::Count, None).map(|_| ())?)).await?;
    }
    let lang = here.lang;
    let measures =
        MEASURES.iter().map(|one| (one.name, shown::coded("measure", one.name, lang), in_fields(one, lang)));
    page(&FiguresPage {
        l: Layout::of(&app, &here, lang.of("figures-title"), "/figures"),
        measures: measures.collect(),
    })
}

/// What the field of a parameter is called: deadlines and scenarios are both asked for by an id.
fn asks(measure: &Measure, name: &str, lang: Lang) -> String {
    let word = if name == "id" && measure.name == "clock" { "clock" } else { name };
    shown::coded("asks", word, lang)
}

/// Words about a measure, with the names of the page's fields in place of the command line's flags.
fn with_fields(words: &str, measure: &Measure, lang: Lang) -> String {
    let flags = [("--from", "since"), ("--to", "until"), ("--on", "on"), ("--id", "id")];
    flags.into_iter().fold(words.to_owned(), |words, (flag, name)| {
        words.replace(flag, &lang.with("figure-field", "field", asks(measure, name, lang)))
    })
}

fn in_fields(measure: &Measure, lang: Lang) -> String {
    with_fields(lang.pick(measure.definition), measure, lang)
}

fn date(said: &str, least: Precision, lang: Lang) -> Result<Option<Moment>, Problem> {
    if said.is_empty() {
        return Ok(None);
    }
    let read = shown::date(said).filter(|read| read.precision() >= least);
    read.map(Some).ok_or_else(|| Problem::Typed(lang.with("figure-bad-date", "said", said)))
}

/// What an address asks of a measure.
pub fn parameters(query: &Fields, lang: Lang) -> Result<Parameters, Problem> {
    let only = query.all("where").filter_map(|one| one.split_once('='));
    Ok(Parameters {
        on: date(query.get("on"), Precision::Day, lang)?,
        from: date(query.get("since"), Precision::Year, lang)?,
        to: date(query.get("until"), Precision::Year, lang)?,
        id: query.some("id").map(str::to_owned),
        by: query
            .all("by")
            .flat_map(|by| by.split(','))
            .filter(|by| !by.is_empty())
            .map(str::to_owned)
            .collect(),
        only: only.map(|(group, value)| (group.to_owned(), value.to_owned())).collect(),
    })
}

struct Row {
    key: Vec<String>,
    value: String,
    columns: Vec<String>,
}

struct Field {
    name: &'static str,
    label: String,
    value: String,
    needed: bool,
    /// `date`, `choice` or `words`.
    how: &'static str,
    /// Of a choice: value, words.
    choices: Vec<(String, String)>,
}

/// The fields of a measure, as they were filled in.
fn fields(
    measure: &'static Measure,
    query: &Fields,
    wanted: &Parameters,
    clocks: &[(String, String)],
    lang: Lang,
) -> Vec<Field> {
    // A field for a date takes a whole day: of a month or a year its first or its last.
    let day = |minutes: Option<i64>| minutes.map(|at| shown::day(at * 60_000_000)).unwrap_or_default();
    let fields = measure.takes.iter().filter_map(|take| {
        let (name, how, value) = match *take {
            "on" => ("on", "date", day(wanted.on.map(Moment::earliest))),
            "from" => ("since", "date", day(wanted.from.map(Moment::earliest))),
            "to" => ("until", "date", day(wanted.to.map(Moment::latest))),
            "id" if measure.name == "clock" => ("id", "choice", query.get("id").to_owned()),
            "id" => ("id", "words", query.get("id").to_owned()),
            _ => return None,
        };
        Some(Field {
            name,
            label: asks(measure, name, lang),
            value,
            needed: measure.needs.contains(take),
            how,
            choices: if how == "choice" { clocks.to_vec() } else { Vec::new() },
        })
    });
    fields.collect()
}

/// What is missing or wrong in what was asked, before it is asked.
fn lacking(
    measure: &Measure,
    wanted: &Parameters,
    clocks: &[(String, String)],
    lang: Lang,
) -> Option<String> {
    let needs = |name| measure.needs.contains(&name);
    let id = wanted.id.as_deref();
    let known = |id: &str| clocks.iter().any(|(known, _)| known == id);
    if needs("on") && wanted.on.is_none() {
        return Some(lang.of("choose-day"));
    }
    if needs("id") && measure.name == "clock" && !id.is_some_and(known) {
        return Some(lang.of("choose-deadline"));
    }
    if needs("id") && measure.name != "clock" && id.is_none_or(|id| Scenario::read(id).is_err()) {
        return Some(lang.of("choose-scenario"));
    }
    let backwards = wanted.from.zip(wanted.to).is_some_and(|(from, to)| to.surely_before(from));
    backwards.then(|| lang.of("figure-backwards"))
}

#[derive(Template)]
#[template(path = "figure.html")]
struct FigurePage {
    l: Layout,
    name: &'static str,
    definition: String,
    fields: Vec<Field>,
    groups: Vec<(&'static str, String, bool)>,
    problem: Option<String>,
    asked: Option<Asked>,
}

struct Asked {
    value: String,
    unit: String,
    columns: Vec<(String, String)>,
    heads: Vec<String>,
    rows: Vec<Row>,
    days: Option<String>,
    /// How long; none when nothing is measured in days.
    lasted: Option<Lasted>,
    chart: String,
    map: Option<Map>,
    meta: Vec<(String, String)>,
    link: String,
    suppressed: bool,
}

/// Where, drawn.
struct Map {
    drawn: String,
    /// Places that no doubtless point is known of, with how many.
    elsewhere: Vec<(String, String)>,
}

/// Groups whose values are places, and what kind of place.
const PLACES: [(&str, Kind); 4] =
    [("sector", Kind::Sector), ("country", Kind::Country), ("office", Kind::Town), ("facility", Kind::Town)];

/// A map of a breakdown by one kind of place.
fn map(told: &Told, lang: Lang) -> Option<Map> {
    let [(by, _)] = &told.lines.first()?.key[..] else { return None };
    let (_, kind) = PLACES.into_iter().find(|(name, _)| name == by)?;
    let (mut spots, mut elsewhere) = (Vec::new(), Vec::new());
    for line in &told.lines {
        let ([(_, place)], Some(value)) = (&line.key[..], line.value) else { continue };
        match gazetteer::find(kind, place).filter(|_| value >= 0.0) {
            Some(at) => spots.push(Spot {
                label: place.clone(),
                longitude: at.longitude,
                latitude: at.latitude,
                count: value.round() as u64,
            }),
            None => elsewhere.push((key(told.answer.measure, &line.key[0], lang), number(value))),
        }
    }
    let drawn = svg(&Chart::Map { spots }, language(lang));
    Some(Map { drawn, elsewhere })
}

/// How long it lasted: a histogram, and the same as spans of days with how many.
struct Lasted {
    drawn: String,
    spans: Vec<(String, u64)>,
}

fn lasted(told: &Told, lang: Lang) -> Option<Lasted> {
    let days = told.answer.days.as_ref().filter(|days| days.count > 0)?;
    let label = |from: i32, to: i32| match to {
        to if to == i32::MAX - 1 => format!("{from}+"),
        to => format!("{from}–{to}"),
    };
    let spans: Vec<(String, u64)> =
        days.histogram.iter().map(|(from, to, count)| (label(*from, *to), *count)).collect();
    let bars = spans.iter().map(|(label, count)| (label.clone(), vec![*count])).collect();
    let parts = vec![shown::coded("unit", "children", lang)];
    let chart = Chart::Columns { parts, bars, axis: shown::coded("unit", "days", lang) };
    Some(Lasted { drawn: svg(&chart, language(lang)), spans })
}

/// A value: what is suppressed is not the same as what there is not.
fn value(value: Option<f64>, suppressed: bool, lang: Lang) -> String {
    match value {
        Some(value) => number(value),
        None if suppressed => lang.of("suppressed"),
        None => "–".into(),
    }
}

/// Words as a key of the catalogue has them: `days (median)` is `days-median`.
fn slug(words: &str) -> String {
    let letters = words.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    letters.collect::<Vec<_>>().join("-").to_lowercase()
}

/// Words of a measure or group in the reader's language; words of a list stay as they are.
fn division(words: &str, lang: Lang) -> String {
    let slug = slug(words);
    let said = shown::coded("division", &slug, lang);
    // The catalogue does not have it.
    if said == slug.replace('-', " ") { words.to_owned() } else { said }
}

/// What a line of a breakdown is of, in the reader's language.
fn key(measure: &str, (name, value): &(String, String), lang: Lang) -> String {
    match name.as_str() {
        "part" if measure == "custody-problems" => shown::coded("problem", value, lang),
        "part" => {
            let because = |begins, key| {
                let reason: &str = value.strip_prefix(begins)?;
                // Any other is in the words of a list.
                let ours = matches!(reason, "reason not documented" | "no reason on record");
                let reason = if ours { division(reason, lang) } else { reason.to_owned() };
                Some(lang.with(key, "reason", reason))
            };
            because("missed: ", "division-missed-for")
                .or_else(|| because("declined: ", "division-declined-for"))
                .unwrap_or_else(|| division(value, lang))
        }
        "sex" if value.len() == 1 => shown::coded("sex", value, lang),
        "outcome" | "status" if value != NOT_RECORDED => shown::coded("code", value, lang),
        "policy" | "basis" | "attribution" => division(value, lang),
        _ if value == NOT_RECORDED => lang.of("division-not-recorded"),
        _ => value.clone(),
    }
}

/// A number as people read it; nothing as a dash.
fn number(value: f64) -> String {
    match value {
        value if !value.is_finite() => "–".into(),
        value if value.fract() == 0.0 => format!("{value:.0}"),
        value => format!("{value:.1}"),
    }
}

fn asked(told: &Told, query: &Fields, lang: Lang) -> Asked {
    let answer = &told.answer;
    let how = |how: How| shown::coded("how", how.word(), lang);
    let cell = |count: Option<u64>| count.map_or_else(|| lang.of("suppressed"), |count| count.to_string());
    let keys = |line: &[(String, String)]| -> Vec<String> {
        line.iter().map(|one| key(answer.measure, one, lang)).collect()
    };
    let not_shown = |shown: String| if told.suppressed { lang.of("figure-not-shown") } else { shown };
    let hash = answer.records_hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let heads: Vec<String> = answer
        .breakdown
        .first()
        .map(|line| line.key.iter().map(|(name, _)| shown::coded("by", name, lang)).collect())
        .unwrap_or_default();
    let bars: Vec<(String, Vec<u64>)> = told
        .lines
        .iter()
        .filter(|line| line.value.is_some())
        .take(30)
        .map(|line| {
            (keys(&line.key).join(" · "), line.columns.iter().map(|count| count.unwrap_or(0)).collect())
        })
        .collect();
    let chart = match bars.is_empty() {
        true => String::new(),
        false => svg(&Chart::Bars { parts: How::ALL.map(how).to_vec(), bars }, language(lang)),
    };
    let link: Vec<String> = query
        .0
        .iter()
        .filter(|(name, value)| name != "as" && !value.is_empty())
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    Asked {
        value: value(told.value, told.suppressed, lang),
        unit: shown::coded("unit", &slug(answer.unit), lang),
        columns: How::ALL.into_iter().map(|one| (how(one), cell(told.columns[one as usize]))).collect(),
        heads,
        rows: told
            .lines
            .iter()
            .map(|line| Row {
                key: keys(&line.key),
                value: value(line.value, told.suppressed, lang),
                columns: line.columns.iter().map(|count| cell(*count)).collect(),
            })
            .collect(),
        days: answer.days.as_ref().map(|days| {
            format!("{} · {} – {} · n = {}", number(days.median), days.min, days.max, days.count)
        }),
        lasted: lasted(told, lang),
        chart,
        map: map(told, lang),
        meta: vec![
            (lang.of("figure-version"), answer.version.to_string()),
            (lang.of("figure-as-of"), answer.as_of.to_string()),
            (lang.of("figure-records"), not_shown(cell(told.records))),
            (lang.of("figure-hash"), not_shown(hash)),
            (lang.of("figure-checkpoint"), told.checkpoint.to_string()),
        ],
        link: link.join("&"),
        suppressed: told.suppressed,
    }
}

fn language(lang: Lang) -> rejoin_report::Language {
    match lang {
        Lang::En => rejoin_report::Language::English,
        Lang::Es => rejoin_report::Language::Spanish,
    }
}

async fn one(
    State(app): State<Arc<App>>,
    here: Here,
    Path(name): Path<String>,
    Query(query): Query,
) -> Answer {
    let measure = named(&name).ok_or(Problem::NotFound)?;
    let lang = here.lang;
    let wanted = parameters(&query, lang)?;
    let clocks: Vec<(String, String)> = match measure.name {
        "clock" => {
            let known = app.desk(&here, |desk| Ok(desk.clocks_known()?)).await?;
            let titled = |rule: Rule| {
                let words = format!("{} ({})", lang.pick((&rule.title.0, &rule.title.1)), rule.id);
                (rule.id, words)
            };
            known.into_iter().map(titled).collect()
        }
        _ => Vec::new(),
    };
    let missing = lacking(measure, &wanted, &clocks, lang);
    let fields = fields(measure, &query, &wanted, &clocks, lang);
    let told = match missing {
        Some(_) => Ok(None),
        None => app.desk(&here, move |desk| Ok(desk.ask(measure, &wanted)?)).await.map(Some),
    };
    let (told, problem) = match told {
        Ok(told) => (told, missing),
        Err(Problem::Registry(rejoin_registry::Error::Refused(words))) => {
            (None, Some(with_fields(&words, measure, lang)))
        }
        Err(problem) => return Err(problem),
    };
    match (query.get("as"), &told) {
        ("csv", Some(told)) => return csv(told),
        ("json", Some(told)) => return Ok(axum::Json(told_json(told)).into_response()),
        _ => {}
    }
    let chosen: Vec<&str> = query.all("by").flat_map(|by| by.split(',')).collect();
    let groups = match measure.takes.contains(&"by") {
        true => GROUPS
            .iter()
            .map(|group| (group.name, shown::coded("by", group.name, lang), chosen.contains(&group.name)))
            .collect(),
        false => Vec::new(),
    };
    page(&FigurePage {
        l: Layout::of(&app, &here, shown::coded("measure", measure.name, lang), "/figures"),
        name: measure.name,
        definition: in_fields(measure, lang),
        fields,
        groups,
        problem,
        asked: told.as_ref().map(|told| asked(told, &query, lang)),
    })
}

/// The same for programs.
pub fn told_json(told: &Told) -> serde_json::Value {
    let answer = &told.answer;
    let columns = |columns: &[Option<u64>; 4]| {
        How::ALL
            .into_iter()
            .map(|how| (how.word().to_owned(), json!(columns[how as usize])))
            .collect::<serde_json::Map<_, _>>()
    };
    let key = |key: &[(String, String)]| {
        key.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<serde_json::Map<_, _>>()
    };
    json!({
        "measure": answer.measure,
        "version": answer.version,
        "definition": answer.definition.0,
        "unit": answer.unit,
        "as_of": answer.as_of.to_string(),
        "parameters": key(&answer.parameters),
        "value": told.value.filter(|value| value.is_finite()),
        "columns": columns(&told.columns),
        "suppressed": told.suppressed,
        "breakdown": told.lines.iter().map(|line| json!({
            "key": key(&line.key), "value": line.value.filter(|value| value.is_finite()), "columns": columns(&line.columns),
        })).collect::<Vec<_>>(),
        "records": told.records,
        "records_hash": answer.records_hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        "checkpoint": told.checkpoint.to_string(),
    })
}

/// A cell that a spreadsheet takes as text, whatever it begins with.
fn cell(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn csv(told: &Told) -> Answer {
    let mut heads: Vec<String> = told
        .lines
        .first()
        .map(|line| line.key.iter().map(|(name, _)| cell(name)).collect())
        .unwrap_or_default();
    if heads.is_empty() {
        heads.push(cell("measure"));
    }
    heads.push(cell("value"));
    heads.extend(How::ALL.map(|how| cell(how.word())));
    let mut text = heads.join(",") + "\r\n";
    let count = |count: &Option<u64>| count.map_or_else(String::new, |count| count.to_string());
    for line in &told.lines {
        let mut row: Vec<String> = line.key.iter().map(|(_, value)| cell(value)).collect();
        row.push(line.value.map_or_else(String::new, number));
        row.extend(line.columns.iter().map(count));
        text += &(row.join(",") + "\r\n");
    }
    if told.lines.is_empty() {
        let mut row = vec![cell(told.answer.measure), told.value.map_or_else(String::new, number)];
        row.extend(told.columns.iter().map(count));
        text += &(row.join(",") + "\r\n");
    }
    file("text/csv; charset=utf-8", &format!("{}.csv", told.answer.measure), text.into_bytes())
}

/// A published figure beside ours.
struct Beside {
    id: String,
    by: String,
    what: String,
    period: String,
    value: String,
    ours: String,
    difference: String,
    /// The address at which ours can be looked at.
    link: Option<String>,
    /// Why nothing of ours stands beside it.
    why: Option<String>,
}

#[derive(Template)]
#[template(path = "published.html")]
struct PublishedPage {
    l: Layout,
    largest: usize,
    /// The file's name, and what stands beside each figure in it.
    read: Option<(String, Vec<Beside>)>,
    suppressed: bool,
}

/// As large as a file of published figures may be, in bytes.
const LARGEST: usize = 1024 * 1024;

fn published_page(app: &App, here: &Here, read: Option<(String, Vec<Beside>)>, suppressed: bool) -> Answer {
    let l = Layout::of(app, here, here.lang.of("published-title"), "/figures");
    page(&PublishedPage { l, largest: LARGEST / 1024 / 1024, read, suppressed })
}

async fn ask_published(State(app): State<Arc<App>>, here: Here) -> Answer {
    app.desk(&here, |desk| Ok(desk.may(Action::Count, None).map(|_| ())?)).await?;
    published_page(&app, &here, None, false)
}

/// Published figures beside ours. The file is read and not kept.
async fn published(State(app): State<Arc<App>>, here: Here, parts: Multipart) -> Answer {
    let Sent { here, name, bytes, .. } = Sent::read(here, parts).await?;
    // A table as text: what is packed could be far larger than what was sent.
    if bytes.contains(&0) || bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(Problem::Typed(here.lang.of("published-plain")));
    }
    let file = name.clone();
    let (all, suppressed) = app
        .desk(&here, move |desk| {
            desk.may(Action::Count, None)?;
            let published = rejoin_registry::published(&file, &bytes)?;
            Ok((desk.reconcile(published, None)?.0, desk.suppresses()))
        })
        .await?;
    let lang = here.lang;
    let beside = |one: rejoin_registry::Reconciled| {
        let difference = one.difference().map(|by| format!("{by:+.0}")).unwrap_or_default();
        let theirs = one.published;
        let mut beside = Beside {
            id: theirs.id,
            by: [theirs.body, theirs.document]
                .into_iter()
                .filter(|said| !said.is_empty())
                .collect::<Vec<_>>()
                .join(", "),
            what: theirs.metric,
            period: theirs.period,
            value: theirs.value,
            ours: String::new(),
            difference,
            link: None,
            why: None,
        };
        match one.ours {
            Err(why) => beside.why = Some(lang.pick((why, reconcile::in_spanish(why))).to_owned()),
            Ok(told) => {
                beside.ours = value(told.value, told.suppressed, lang);
                let asked = told.answer.parameters.iter().map(|(name, value)| {
                    let name = match name.as_str() {
                        "from" => "since",
                        "to" => "until",
                        name => name,
                    };
                    format!("{name}={}", escaped(value))
                });
                let asked = asked.collect::<Vec<_>>().join("&");
                beside.link = Some(format!("/figures/{}?{asked}", told.answer.measure));
            }
        }
        beside
    };
    let read = (name, all.into_iter().map(beside).collect());
    published_page(&app, &here, Some(read), suppressed)
}

#[derive(Template)]
#[template(path = "timeline.html")]
struct TimelinePage {
    l: Layout,
    chart: String,
    rows: Vec<(String, String)>,
    policies: Vec<(String, String, String)>,
    suppressed: bool,
}

/// Separations by week, with the policies that were in force drawn above them.
async fn timeline(State(app): State<Arc<App>>, here: Here) -> Answer {
    let lang = here.lang;
    app.desk(&here, |desk| Ok(desk.may(Action::Count, None).map(|_| ())?)).await?;
    let separated = named("separated").ok_or(Problem::Broken)?;
    let by_month = Parameters { by: vec!["month".into()], ..Parameters::default() };
    let (told, policies) =
        app.desk(&here, move |desk| Ok((desk.ask(separated, &by_month)?, desk.policies()?))).await?;
    let months: Vec<(String, Option<f64>, Vec<u64>)> = told
        .lines
        .iter()
        .filter_map(|line| {
            let (_, month) = line.key.iter().find(|(name, _)| name == "month")?;
            let counts = line.columns.iter().map(|count| count.unwrap_or(0)).collect();
            (month.len() == 7).then(|| (month.clone(), line.value, counts))
        })
        .collect();
    let bars =
        months.iter().map(|(month, _, parts)| Bar { start: format!("{month}-01"), parts: parts.clone() });
    let bands: Vec<Band> = policies
        .policies
        .iter()
        .map(|policy| Band {
            label: lang.pick((&policy.title.0, &policy.title.1)).to_owned(),
            from: policy.from.to_day().to_string(),
            to: policy.to.map(|to| to.to_day().to_string()),
        })
        .collect();
    let chart = Chart::Timeline {
        bars: bars.collect(),
        days_a_bar: 30,
        parts: How::ALL.map(|how| shown::coded("how", how.word(), lang)).to_vec(),
        bands: bands.clone(),
        marks: Vec::new(),
    };
    page(&TimelinePage {
        l: Layout::of(&app, &here, lang.of("timeline-title"), "/figures"),
        chart: svg(&chart, language(lang)),
        rows: months
            .iter()
            .map(|(month, count, _)| (month.clone(), value(*count, told.suppressed, lang)))
            .collect(),
        policies: bands
            .into_iter()
            .map(|band| (band.label, band.from, band.to.unwrap_or_else(|| lang.of("bound-open"))))
            .collect(),
        suppressed: told.suppressed,
    })
}

#[derive(Template)]
#[template(path = "ledger.html")]
struct LedgerPage {
    l: Layout,
    size: u64,
    checkpoint: String,
    key: String,
    notes: Vec<String>,
    may_sign: bool,
}

async fn ledger(State(app): State<Arc<App>>, here: Here, Query(query): Query) -> Answer {
    let may_sign = here.may(Action::Operate);
    let seat = here.seat.clone();
    let (checkpoint, key, notes) = app
        .with(move |case| {
            let desk = case.desk(seat)?;
            desk.may(Action::ReadAudit, None)?;
            Ok((case.checkpoint()?, case.vkey()?, case.notes()?))
        })
        .await?;
    let lang = here.lang;
    page(&LedgerPage {
        l: Layout::of(&app, &here, lang.of("ledger-title"), "/ledger").after(&query),
        size: checkpoint.size,
        checkpoint: checkpoint.to_string(),
        key,
        notes: notes.into_iter().rev().take(5).collect(),
        may_sign,
    })
}

async fn verify(State(app): State<Arc<App>>, Posted { here, .. }: Posted) -> Answer {
    app.desk(&here, |desk| Ok(desk.may(Action::ReadAudit, None).map(|_| ())?)).await?;
    let work: Work = Box::new(move |case, tell| {
        let checkpoint = case.verify(None, tell)?;
        let came = [("job-events", checkpoint.size.to_string()), ("job-checkpoint", checkpoint.to_string())];
        Ok(came.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    });
    let case = app.with(|case| Ok(case.another()?)).await?;
    let owner = (here.entered.account.id.clone(), here.seat.at_micros);
    let id = app.jobs.begin(case, ("job-verify", String::new()), owner, work)?;
    onward(&format!("/jobs/{id}"))
}

async fn sign(State(app): State<Arc<App>>, Posted { here, .. }: Posted) -> Answer {
    let seat = here.seat.clone();
    app.with(move |case| {
        case.desk(seat)?.may(Action::Operate, None)?;
        Ok(case.sign_checkpoint()?)
    })
    .await?;
    onward("/ledger?done=done-signed")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every division of a measure that is no word of a list.
    const DIVISIONS: [&str; 30] = [
        "met by reunification",
        "met otherwise",
        "met",
        "no list records it",
        "reason not documented",
        "still running",
        "the records cannot tell",
        "accepted",
        "other",
        "no decision on record",
        "no reason on record",
        "reunited",
        "left care otherwise",
        "still apart on the day",
        "dates not recorded",
        "placed before apprehended",
        "within 72 hours",
        "longer than 72 hours",
        "the dates cannot tell",
        "left the border, and no other list names the child",
        "in a hole between two custodians",
        "the last stay ended without a date or a receiver",
        "no place recorded",
        "handed back earlier",
        "not separated",
        "(another ground)",
        "(none on record)",
        "recorded",
        "named-not-in-force",
        "inferred",
    ];

    #[test]
    fn divisions_and_definitions_are_said_in_the_readers_language() {
        for words in DIVISIONS {
            assert_ne!(division(words, Lang::Es), words);
        }
        let said = |value: &str| key("clock", &("part".into(), value.into()), Lang::Es);
        assert_eq!(said("missed: parent in hospital"), "incumplido: parent in hospital");
        assert_eq!(said("missed: reason not documented"), "incumplido: motivo sin documentar");
        for measure in MEASURES {
            for lang in [Lang::En, Lang::Es] {
                let definition = in_fields(measure, lang);
                assert!(!definition.contains("--"), "{definition}");
            }
        }
    }
}
