//! The objective over two parameters: dots in the shade of their rank, and between them what their neighbours suggest.

use super::figure::{Drawn, Figure, ruler, shades};
use super::slice::written;
use super::values::{FIFTHS, TrialValue, Values};
use super::{StudyParameter, StudyView};
use crate::chart::{Chart, Key, Mark, Panel, SMALL, round};
use crate::format::counted;

/// Every pair of so many parameters is drawn.
const PARAMETERS: usize = 3;
/// With fewer trials nothing is drawn between them.
const ENOUGH: usize = 20;
/// Cells of the background, across and up.
const CELLS: (usize, usize) = (42, 28);
/// A cell whose centre is farther than this from every trial stays empty; the edges are 1.
const REACH: f64 = 0.12;

/// A panel for each pair of the most important parameters.
pub(super) fn contour(study: &StudyView, values: &Values) -> Drawn {
    values.none("A contour needs")?;
    let chosen = chosen(study, values);
    if chosen.len() < 2 {
        return Err("A contour needs two parameters with values in complete trials.".into());
    }
    let pairs = chosen
        .iter()
        .enumerate()
        .flat_map(|(at, one)| chosen[at + 1..].iter().map(move |other| (one, other)));
    let panels: Vec<Panel> = pairs
        .enumerate()
        .filter_map(|(at, (x, y))| panel(format!("{}-contour-{}", values.id, at + 1), x, y, values))
        .collect();
    if panels.is_empty() {
        return Err("A contour needs a complete trial that has two of the parameters.".into());
    }
    let which = match (study.parameters.len() > chosen.len(), values.objective.importances.is_empty()) {
        (false, _) => "",
        (true, false) => " The three most important parameters are drawn.",
        (true, true) => " The first three parameters are drawn.",
    };
    Ok(Figure {
        legend: shades(values, Key::dot),
        panels,
        caption: format!(
            "One dot per complete trial, shaded by its rank. Between numbers the background is the mean rank of the trials \
             around, near ones counting more (1 by the fourth power of the distance); far from every trial it is \
             empty.{which}{} The numbers are in the table of all trials.",
            values.note()
        ),
        tables: vec![],
    })
}

/// The most important parameters that complete trials have, or the first where importances are not known.
fn chosen<'a>(study: &'a StudyView, values: &Values) -> Vec<&'a StudyParameter> {
    let importance = |parameter: &StudyParameter| {
        let given = values.objective.importances.iter().find(|given| given.parameter == parameter.name);
        given
            .map(|given| given.importance)
            .filter(|importance| !importance.is_nan())
            .unwrap_or(f64::NEG_INFINITY)
    };
    let has = |parameter: &&StudyParameter| {
        values.complete.iter().any(|complete| complete.trial.place(parameter).is_some())
    };
    let mut parameters: Vec<&StudyParameter> = study.parameters.iter().filter(has).collect();
    parameters.sort_by(|one, other| importance(other).total_cmp(&importance(one)));
    parameters.truncate(PARAMETERS);
    parameters
}

/// `None` where no trial has a place.
fn panel(id: String, x: &StudyParameter, y: &StudyParameter, values: &Values) -> Option<Panel> {
    let both: Vec<(TrialValue, f64, f64)> = values
        .complete
        .iter()
        .filter_map(|complete| Some((*complete, complete.trial.place(x)?, complete.trial.place(y)?)))
        .collect();
    let across = ruler(x, both.iter().map(|at| at.1))?;
    let up = ruler(y, both.iter().map(|at| at.2))?;
    let numbers = !across.is_places() && !up.is_places();
    let mut chart = Chart::new(SMALL, (&x.name, across), (&y.name, up));
    let ranked: Vec<(f64, f64, f64)> = both
        .iter()
        .filter_map(|(complete, x, y)| chart.shares(*x, *y).map(|(x, y)| (x, y, values.rank(complete.value))))
        .collect();
    if ranked.is_empty() {
        return None;
    }
    if numbers && ranked.len() >= ENOUGH {
        for (fifth, cells) in background(&ranked, &chart).into_iter().enumerate() {
            chart.add(format!("cells q{fifth}"), cells);
        }
    }
    // The best lie on top.
    for fifth in (0..FIFTHS).rev() {
        let here = both.iter().filter(|(complete, ..)| values.fifth(complete.value) == fifth);
        let dot = |(complete, at, above): &(TrialValue, f64, f64)| {
            let place = format!("{}, {}", written(x, Some(*at)), written(y, Some(*above)));
            Some(Mark::dot(chart.at(*at, *above)?, format!("{} at {place}", complete.title())))
        };
        let dots = here.filter_map(dot).collect();
        chart.add(format!("dots q{fifth}"), dots);
    }
    let best = values.best().map(|best| best.trial);
    let of_best = |parameter| written(parameter, best.and_then(|trial| trial.place(parameter)));
    Some(Panel {
        id,
        title: format!("{} and {}", x.name, y.name),
        description: format!(
            "{} drawn; the best has {} {} and {} {}",
            counted(ranked.len(), "trial", "trials"),
            x.name,
            of_best(x),
            y.name,
            of_best(y)
        ),
        charts: vec![("multiple", chart)],
    })
}

/// Cells of each fifth, neighbours in a row being one.
fn background(ranked: &[(f64, f64, f64)], chart: &Chart) -> Vec<Vec<Mark>> {
    let (columns, rows) = CELLS;
    let mut cells: Vec<Vec<Mark>> = (0..FIFTHS).map(|_| vec![]).collect();
    let fifth = |column: usize, row: usize| {
        let centre = |at: usize, of: usize| (at as f64 + 0.5) / of as f64;
        interpolated(ranked, centre(column, columns), centre(row, rows))
            .map(|rank| ((rank * FIFTHS as f64) as usize).min(FIFTHS - 1))
    };
    for row in 0..rows {
        let (top, base) =
            (chart.frame.y((row + 1) as f64 / rows as f64), chart.frame.y(row as f64 / rows as f64));
        let fifths: Vec<Option<usize>> = (0..columns).map(|column| fifth(column, row)).collect();
        let mut from = 0;
        for run in fifths.chunk_by(|one, other| one == other) {
            let to = from + run.len();
            let (left, right) =
                (chart.frame.x(from as f64 / columns as f64), chart.frame.x(to as f64 / columns as f64));
            if let Some(fifth) = run[0] {
                cells[fifth]
                    .push(Mark::plain(format!("M{left} {top}H{right}v{}H{left}z", round(base - top))));
            }
            from = to;
        }
    }
    cells
}

/// The mean rank around a place of the unit square, weighted by 1 / distance⁴ (Shepard, "A two-dimensional interpolation
/// function for irregularly-spaced data", 1968); `None` far from every trial.
fn interpolated(ranked: &[(f64, f64, f64)], x: f64, y: f64) -> Option<f64> {
    let (mut sum, mut weights, mut nearest) = (0.0, 0.0, f64::INFINITY);
    for (at, above, rank) in ranked {
        let square = (at - x).powi(2) + (above - y).powi(2);
        // A trial at the very centre does not weigh infinitely.
        let weight = 1.0 / (square + 1e-4).powi(2);
        sum += weight * rank;
        weights += weight;
        nearest = square.min(nearest);
    }
    (nearest <= REACH * REACH).then(|| sum / weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_trials_stands_their_mean_and_far_away_nothing() {
        let ranked = [(0.4, 0.5, 0.0), (0.6, 0.5, 0.8)];
        assert!((interpolated(&ranked, 0.5, 0.5).unwrap() - 0.4).abs() < 1e-9);
        assert!(interpolated(&ranked, 0.4, 0.5).unwrap() < 0.01);
        assert!(interpolated(&ranked, 0.6, 0.61).unwrap() > 0.6);
        assert_eq!(interpolated(&ranked, 0.5, 0.9), None);
    }
}
