//! How much of an objective each parameter explains, as bars.

use super::figure::{Drawn, Figure, Table};
use super::values::Values;
use crate::chart::{Chart, Mark, Panel, Ruler, SMALL, drawable};
use crate::format::number;

/// Bars, the most important on top.
pub(super) fn importance(values: &Values) -> Drawn {
    let mut given: Vec<_> = values.objective.importances.iter().collect();
    if given.is_empty() {
        return Err("Importances of the parameters were not computed for this study.".into());
    }
    // What is not a number comes last; equals keep their order.
    let rank = |importance: f64| if importance.is_nan() { f64::NEG_INFINITY } else { importance };
    given.sort_by(|one, other| rank(other.importance).total_cmp(&rank(one.importance)));
    let id = format!("{}-importance", values.id);
    let bars: Vec<(&str, f64)> = given
        .iter()
        .filter(|given| drawable(given.importance))
        .map(|given| (given.parameter.as_str(), given.importance))
        .collect();
    let panel = chart(&bars).map(|chart| Panel {
        id: id.clone(),
        title: format!("Importance for {}", values.objective.name),
        description: bars
            .iter()
            .map(|(name, importance)| format!("{name} {}", number(*importance)))
            .collect::<Vec<_>>()
            .join("; "),
        charts: vec![("multiple", chart)],
    });
    Ok(Figure {
        legend: vec![],
        panels: panel.into_iter().collect(),
        caption: "A longer bar: the parameter explains more of the variance between trials.".into(),
        tables: vec![Table {
            id: format!("{id}-table"),
            caption: "Importance of each parameter".into(),
            head: vec!["Parameter".into(), "Importance".into()],
            rows: given.iter().map(|given| vec![given.parameter.clone(), number(given.importance)]).collect(),
        }],
    })
}

/// `None` without bars.
fn chart(bars: &[(&str, f64)]) -> Option<Chart> {
    let x = Ruler::numbers(bars.iter().map(|bar| bar.1).chain([0.0]), false)?;
    // Places are counted from below.
    let names: Vec<String> = bars.iter().rev().map(|bar| bar.0.to_owned()).collect();
    let longest = names.iter().map(|name| name.chars().count()).max()?;
    let frame = SMALL.with_names(longest).with_rows(names.len(), 22.0);
    let mut chart = Chart::new(frame, ("Importance", x), ("", Ruler::Places(names)));
    let bar = |(above, &(name, importance)): (usize, &(&str, f64))| {
        let row = (bars.len() - 1 - above) as f64;
        let ((zero, y), (end, _)) = (chart.at(0.0, row)?, chart.at(importance, row)?);
        Some(Mark::bar(zero.min(end), zero.max(end), y, format!("{name}: {}", number(importance))))
    };
    let marks = bars.iter().enumerate().filter_map(bar).collect();
    chart.add("bars complete", marks);
    Some(chart)
}
