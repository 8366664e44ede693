//! How much of an objective each parameter explains, as bars with their intervals.

use super::Importance;
use super::figure::{Drawn, Figure, Table};
use super::rows::lines;
use super::values::Values;
use crate::chart::{Chart, Frame, LETTER, Label, Mark, Panel, Ruler, SMALL, drawable, round};
use crate::format::number;

/// Pixels between two lines of a name.
const LINE: f64 = 13.0;
/// Pixels of a bar and the room around it.
const BAR: f64 = 22.0;

/// Bars, the most important on top.
pub(super) fn importance(values: &Values) -> Drawn {
    let mut given: Vec<_> = values.objective.importances.iter().collect();
    if given.is_empty() {
        return Err(match &values.objective.no_importances {
            Some(why) => format!("{why}."),
            None => "Importances of the parameters were not computed for this study.".into(),
        });
    }
    // What is not a number comes last; equals keep their order.
    let rank = |importance: f64| if importance.is_nan() { f64::NEG_INFINITY } else { importance };
    given.sort_by(|one, other| rank(other.importance).total_cmp(&rank(one.importance)));
    let id = format!("{}-importance", values.id);
    let bars: Vec<&Importance> = given.iter().filter(|given| drawable(given.importance)).copied().collect();
    let panel = chart(&bars).map(|chart| Panel {
        id: id.clone(),
        title: format!("Importance for {}", values.objective.name),
        description: bars.iter().map(|bar| written(bar)).collect::<Vec<_>>().join("; "),
        charts: vec![("multiple", chart)],
    });
    let has_intervals = given.iter().any(|given| interval(given).is_some());
    let intervals = if has_intervals {
        " The line through the end of a bar is its 95 % interval, from trials drawn again and again with replacement: \
             parameters whose intervals overlap cannot be ranked."
    } else {
        ""
    };
    let row = |given: &&Importance| {
        let mut row = vec![given.parameter.clone(), amount(given)];
        row.extend(has_intervals.then(|| interval(given).unwrap_or_else(|| crate::format::ABSENT.into())));
        row
    };
    let head =
        ["Parameter", "Importance", "95 % interval"].into_iter().take(if has_intervals { 3 } else { 2 });
    Ok(Figure {
        legend: vec![],
        panels: panel.into_iter().collect(),
        caption: format!(
            "A longer bar: the parameter explains more of the variance between trials.{intervals}"
        ),
        tables: vec![Table {
            id: format!("{id}-table"),
            caption: "Importance of each parameter".into(),
            head: head.map(Into::into).collect(),
            rows: given.iter().map(row).collect(),
        }],
    })
}

/// Two decimals where there is an interval: what it leaves open needs no more.
fn amount(given: &Importance) -> String {
    if given.low.is_some() { format!("{:.2}", given.importance) } else { number(given.importance) }
}

/// `0.38 to 0.80`, if it is known.
fn interval(given: &Importance) -> Option<String> {
    Some(format!("{:.2} to {:.2}", given.low?, given.high?))
}

fn written(given: &Importance) -> String {
    let interval = interval(given).map_or_else(String::new, |interval| format!(", 95 % interval {interval}"));
    format!("{} {}{interval}", given.parameter, amount(given))
}

/// Bars under their names, which are whole; `None` without bars.
fn chart(bars: &[&Importance]) -> Option<Chart> {
    let ends = bars.iter().flat_map(|bar| [Some(bar.importance), bar.low, bar.high]).flatten();
    let x = Ruler::numbers(ends.chain([0.0]).filter(|&end| drawable(end)), false)?;
    let names: Vec<Vec<String>> =
        bars.iter().map(|bar| lines(&bar.parameter, ((SMALL.width - 28.0) / LETTER) as usize)).collect();
    let height = names.iter().map(|name| LINE * name.len() as f64 + BAR).sum::<f64>() + SMALL.bottom + 4.0;
    let frame = Frame { left: 14.0, top: 0.0, height: round(height), ..SMALL };
    let mut chart = Chart::new(frame, ("Importance", x), ("", Ruler::Shares));
    let (mut marks, mut intervals, mut texts, mut y) = (vec![], vec![], vec![], 0.0);
    for (bar, name) in bars.iter().zip(names) {
        for text in name {
            y += LINE;
            texts.push(Label { x: frame.left, y: round(y), class: "row".into(), anchor: "start", text });
        }
        let middle = round(y + 10.0);
        y += BAR;
        let across = |value: f64| Some(chart.at(value, 0.0)?.0);
        if let (Some(zero), Some(end)) = (across(0.0), across(bar.importance)) {
            marks.push(Mark::bar(zero.min(end), zero.max(end), middle, written(bar)));
        }
        if let (Some(low), Some(high)) = (bar.low.and_then(across), bar.high.and_then(across)) {
            let whiskers =
                format!("M{low} {middle}H{high}M{low} {}v8M{high} {}v8", middle - 4.0, middle - 4.0);
            intervals.push(Mark::plain(whiskers));
        }
    }
    chart.texts.extend(texts);
    chart.add("bars complete", marks);
    chart.add("whiskers", intervals);
    Some(chart)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(parameter: &str, importance: f64, interval: Option<(f64, f64)>) -> Importance {
        let (low, high) = (interval.map(|ends| ends.0), interval.map(|ends| ends.1));
        Importance { parameter: parameter.into(), importance, low, high }
    }

    #[test]
    fn an_interval_lies_around_the_end_of_its_bar_within_the_chart() {
        let long = "training.optimizer.".repeat(5);
        let bars = [bar(&long, 0.6, Some((0.3, 0.9))), bar("b", 0.1, None)];
        let chart = chart(&bars.iter().collect::<Vec<_>>()).unwrap();
        let whiskers = &chart.layers.iter().find(|layer| layer.class == "whiskers").unwrap().marks;
        let [low, high] = [0.3, 0.9].map(|value| chart.at(value, 0.0).unwrap().0);
        assert!(whiskers.len() == 1 && whiskers[0].path.starts_with(&format!("M{low} ")));
        assert!(whiskers[0].path.contains(&format!("H{high}M")) && high <= chart.frame.edge());
        let names: String =
            chart.texts.iter().filter(|text| text.class == "row").map(|text| &text.text[..]).collect();
        assert_eq!(names, format!("{long}b"));
        assert_eq!(written(&bars[0]), format!("{long} 0.60, 95 % interval 0.30 to 0.90"));
        assert_eq!(written(&bars[1]), "b 0.1");
    }
}
