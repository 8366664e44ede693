//! The empirical distribution function of an objective: the share of trials up to each value.

use super::figure::{Drawn, Figure, Table};
use super::values::Values;
use crate::chart::{Chart, Frame, Mark, Panel, Ruler, SMALL};
use crate::format::{counted, number};

/// Shares of the table.
const SHARES: [f64; 6] = [0.1, 0.25, 0.5, 0.75, 0.9, 1.0];

/// A staircase from 0 to 1; its table says what the best shares of the trials reached.
pub(super) fn distribution(values: &Values) -> Drawn {
    values.none("A distribution needs")?;
    let id = format!("{}-distribution", values.id);
    let name = &values.objective.name;
    let row = |share: f64| Some(vec![format!("{} %", 100.0 * share), number(values.quantile(share)?)]);
    let best = values.best().map(|best| vec!["the best".into(), number(best.value)]);
    Ok(Figure {
        legend: vec![],
        panels: chart(values, SMALL)
            .map(|chart| Panel {
                id: id.clone(),
                title: format!("Share of trials with at most this {name}"),
                description: format!(
                    "{}, half of which reached {}",
                    counted(values.complete.len(), "complete trial", "complete trials"),
                    values.quantile(0.5).map_or_else(String::new, number)
                ),
                charts: vec![("multiple", chart)],
            })
            .into_iter()
            .collect(),
        caption: format!("The empirical distribution function over complete trials.{}", values.note()),
        tables: vec![Table {
            id: format!("{id}-table"),
            caption: "Worst value among the best trials".into(),
            head: vec!["Of the trials".into(), name.clone()],
            rows: best.into_iter().chain(SHARES.into_iter().filter_map(row)).collect(),
        }],
    })
}

/// Each value once, ascending, with the share of trials that have it or less.
fn steps(values: &Values) -> Vec<(f64, f64)> {
    let mut sorted: Vec<f64> = values.complete.iter().map(|complete| complete.value).collect();
    sorted.sort_by(f64::total_cmp);
    let mut steps: Vec<(f64, f64)> = vec![];
    for (below, &value) in sorted.iter().enumerate() {
        let share = (below + 1) as f64 / sorted.len() as f64;
        match steps.last_mut() {
            Some(last) if last.0 >= value => last.1 = share,
            _ => steps.push((value, share)),
        }
    }
    steps
}

fn chart(values: &Values, frame: Frame) -> Option<Chart> {
    let x = Ruler::values(values.complete.iter().map(|complete| complete.value))?;
    let y = Ruler::numbers([0.0, 1.0], false)?;
    let mut chart = Chart::new(frame, (&values.objective.name, x), ("", y));
    let mut places = vec![Some((chart.frame.left, chart.frame.base()))];
    let mut reached = 0.0;
    for (value, share) in steps(values) {
        places.extend([chart.at(value, reached), chart.at(value, share)]);
        reached = share;
    }
    places.push(Some((chart.frame.edge(), chart.frame.y(1.0))));
    chart.add("line q0", vec![Mark::line(places, None)]);
    Some(chart)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::Direction;
    use crate::study::tests::with_values;

    #[test]
    fn it_steps_up_at_each_value_by_the_trials_that_have_it() {
        let study = with_values(Direction::Minimize, &[3.0, 1.0, 2.0, 1.0, f64::NAN]);
        assert_eq!(steps(&Values::new(&study, 0)), [(1.0, 0.5), (2.0, 0.75), (3.0, 1.0)]);
        let equal = with_values(Direction::Maximize, &[0.0, -0.0]);
        assert_eq!(steps(&Values::new(&equal, 0)), [(0.0, 1.0)]);
    }

    #[test]
    fn the_best_half_is_that_of_the_direction() {
        let of =
            |direction, share| Values::new(&with_values(direction, &[4.0, 3.0, 1.0, 2.0]), 0).quantile(share);
        assert_eq!(of(Direction::Minimize, 0.5), Some(2.0));
        assert_eq!(of(Direction::Maximize, 0.5), Some(3.0));
        assert_eq!([0.1, 0.75, 1.0].map(|share| of(Direction::Minimize, share)), [1.0, 3.0, 4.0].map(Some));
    }
}
