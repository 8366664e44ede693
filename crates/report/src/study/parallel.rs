//! Parallel coordinates: an axis a parameter, a line a trial.
//!
//! Axes lie one above the other rather than side by side, so that a narrow window has room for any number of them.

use super::figure::{Drawn, Figure, ruler, shades};
use super::rows::{Row, Rows};
use super::values::{FIFTHS, TrialValue, Values};
use super::{StudyParameter, StudyView};
use crate::chart::{Chart, Frame, Key, Mark, Panel, Ruler, SMALL, WIDE};
use crate::format::count;

/// More lines cannot be complete apart: the best are drawn.
const LINES: usize = 500;

/// The objective on top, then a row a parameter that complete trials have.
pub(super) fn parallel(study: &StudyView, values: &Values) -> Drawn {
    values.none("Parallel coordinates need")?;
    let mut best_first = values.complete.clone();
    best_first.sort_by(|one, other| values.rank(one.value).total_cmp(&values.rank(other.value)));
    best_first.truncate(LINES);
    let drawn = best_first.len();
    let charts: Vec<(&str, Chart)> = [("wide", WIDE), ("narrow", SMALL)]
        .into_iter()
        .filter_map(|(class, frame)| Some((class, chart(study, values, &best_first, frame)?)))
        .collect();
    if charts.is_empty() {
        return Err("Parallel coordinates need a parameter with values in complete trials.".into());
    }
    let which = if drawn < values.complete.len() {
        format!(
            "The best {} of {} complete trials, one line each",
            drawn,
            count(values.complete.len() as u64)
        )
    } else {
        "One line per complete trial".into()
    };
    let is_optional = |parameter: &StudyParameter| {
        let having = best_first.iter().filter(|complete| complete.trial.place(parameter).is_some()).count();
        having > 0 && having < best_first.len()
    };
    let unused = if study.parameters.iter().any(is_optional) {
        " A line passes “not used” where its trial does not have the parameter."
    } else {
        ""
    };
    Ok(Figure {
        legend: shades(values, |class, text| Key::line(format!("line {class}"), text)),
        panels: vec![Panel {
            id: format!("{}-parallel", values.id),
            title: format!("Parameters of each trial, by {}", values.objective.name),
            description: format!("{which}; darker is better"),
            charts,
        }],
        caption: format!(
            "{which}, shaded by its rank.{unused}{} The numbers are in the table of all trials.",
            values.note()
        ),
        tables: vec![],
    })
}

/// `None` without a parameter to draw.
fn chart(study: &StudyView, values: &Values, complete: &[TrialValue], frame: Frame) -> Option<Chart> {
    let loss = Ruler::values(complete.iter().map(|complete| complete.value))?;
    let mut rows = vec![Row { name: values.objective.name.clone(), ruler: loss, optional: false }];
    let mut held = vec![];
    for parameter in &study.parameters {
        let places = || complete.iter().filter_map(|complete| complete.trial.place(parameter));
        if let Some(ruler) = ruler(parameter, places()) {
            let optional = places().count() < complete.len();
            rows.push(Row { name: parameter.name.clone(), ruler, optional });
            held.push(parameter);
        }
    }
    if held.is_empty() {
        return None;
    }
    let mut rows = Rows::new(rows, frame);
    let line = |complete: &TrialValue| {
        let tried = held.iter().map(|held| complete.trial.place(held));
        let places = std::iter::once(Some(complete.value)).chain(tried).enumerate();
        Mark::line(places.map(|(row, value)| rows.place(row, value)), Some(complete.title()))
    };
    let mut fifths: Vec<Vec<Mark>> = (0..FIFTHS).map(|_| vec![]).collect();
    for complete in complete {
        fifths[values.fifth(complete.value)].push(line(complete));
    }
    // The best lie on top.
    for (fifth, lines) in fifths.into_iter().enumerate().rev() {
        rows.chart.add(format!("line thin q{fifth}"), lines);
    }
    Some(rows.finish())
}
