//! Parallel coordinates: an axis a parameter, a line a trial.
//!
//! Axes lie one above the other rather than side by side, so that a narrow window has room for any number of them.

use super::StudyView;
use super::figure::{Drawn, Figure, ruler, shades};
use super::values::{FIFTHS, TrialValue, Values};
use crate::chart::{Chart, Frame, Key, Mark, Panel, Ruler, SMALL, WIDE};
use crate::format::count;

/// More lines cannot be complete apart: the best are drawn.
const LINES: usize = 500;
/// Pixels between two axes.
const ROW: f64 = 46.0;

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
    Ok(Figure {
        legend: shades(values, |class, text| Key::line(format!("line {class}"), text)),
        panels: vec![Panel {
            id: format!("{}-parallel", values.id),
            title: format!("Parameters of each trial, by {}", values.objective.name),
            description: format!("{which}; darker is better"),
            charts,
        }],
        caption: format!(
            "{which}, shaded by its rank; it is interrupted where a trial does not have a parameter.{} The numbers are \
             in the table of all trials.",
            values.note()
        ),
        tables: vec![],
    })
}

/// `None` without a parameter to draw.
fn chart(study: &StudyView, values: &Values, complete: &[TrialValue], frame: Frame) -> Option<Chart> {
    let mut names = vec![values.objective.name.clone()];
    let mut rulers = vec![Ruler::values(complete.iter().map(|complete| complete.value))?];
    let mut held = vec![];
    for parameter in &study.parameters {
        let places = complete.iter().filter_map(|complete| complete.trial.place(parameter));
        if let Some(ruler) = ruler(parameter, places) {
            names.push(parameter.name.clone());
            rulers.push(ruler);
            held.push(parameter);
        }
    }
    if held.is_empty() {
        return None;
    }
    let rows = rulers.len();
    let longest = names.iter().map(|name| name.chars().count()).max()?;
    // Places are counted from below.
    names.reverse();
    let frame = Frame { top: 0.0, bottom: 12.0, ..frame.with_names(longest) }.with_rows(rows, ROW);
    let mut chart = Chart::new(frame, ("", Ruler::Shares), ("", Ruler::Places(names)));
    let line = |complete: &TrialValue| {
        let places =
            std::iter::once(Some(complete.value)).chain(held.iter().map(|held| complete.trial.place(held)));
        let at = |(row, (ruler, value)): (usize, (&Ruler, Option<f64>))| {
            chart.at(ruler.share(value?)?, (rows - 1 - row) as f64)
        };
        Mark::line(rulers.iter().zip(places).enumerate().map(at), Some(complete.title()))
    };
    let mut fifths: Vec<Vec<Mark>> = (0..FIFTHS).map(|_| vec![]).collect();
    for complete in complete {
        fifths[values.fifth(complete.value)].push(line(complete));
    }
    // The best lie on top.
    for (fifth, lines) in fifths.into_iter().enumerate().rev() {
        chart.add(format!("line thin q{fifth}"), lines);
    }
    for (row, ruler) in rulers.iter().enumerate() {
        let y = chart.frame.y(((rows - 1 - row) as f64 + 0.5) / rows as f64);
        chart.rule(ruler, y);
    }
    Some(chart)
}
