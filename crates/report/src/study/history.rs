//! The objective by trial number, and the best so far.

use super::figure::{Drawn, Figure, Table};
use super::values::{TrialValue, Values};
use crate::chart::{Chart, Frame, Key, Mark, Panel, Ruler, SMALL, WIDE};
use crate::format::{counted, number};

/// Dots, and the staircase of the best; its table holds the trials that were better than all before them.
pub(super) fn history(values: &Values) -> Drawn {
    values.none("A history needs")?;
    let improvements = improvements(values);
    let name = &values.objective.name;
    let charts = [("wide", WIDE), ("narrow", SMALL)]
        .into_iter()
        .filter_map(|(class, frame)| Some((class, chart(values, &improvements, frame)?)))
        .collect();
    let id = format!("{}-history", values.id);
    Ok(Figure {
        legend: vec![Key::dot("plain", "a trial"), Key::line("best", "the best so far")],
        panels: vec![Panel {
            title: format!("{name} by trial number"),
            description: description(values, &improvements),
            charts,
            id: id.clone(),
        }],
        caption: format!(
            "One dot per complete trial. Trials that run at the same time need not end in the order of their \
             numbers.{}",
            values.note()
        ),
        tables: vec![Table {
            id: format!("{id}-table"),
            caption: "Trials that improved on all with lower numbers".into(),
            head: vec!["Trial".into(), name.clone()],
            rows: improvements
                .iter()
                .map(|complete| vec![complete.trial.number.to_string(), number(complete.value)])
                .collect(),
        }],
    })
}

/// The trials that were better than all before them, by number.
fn improvements<'a>(values: &Values<'a>) -> Vec<TrialValue<'a>> {
    let mut found: Vec<TrialValue> = vec![];
    for complete in &values.complete {
        if found.last().is_none_or(|best| values.objective.direction.better(complete.value, best.value)) {
            found.push(*complete);
        }
    }
    found
}

fn chart(values: &Values, improvements: &[TrialValue], frame: Frame) -> Option<Chart> {
    let place = |complete: &TrialValue| complete.trial.number as f64;
    let x = Ruler::whole(values.complete.iter().map(place))?;
    let y = Ruler::values(values.complete.iter().map(|complete| complete.value))?;
    let mut chart = Chart::new(frame, ("Trial", x), ("", y));
    let dot =
        |complete: &TrialValue| Some(Mark::dot(chart.at(place(complete), complete.value)?, complete.title()));
    let dots = values.complete.iter().filter_map(dot).collect();
    let mut steps = vec![];
    for (number, complete) in improvements.iter().enumerate() {
        let next = improvements.get(number + 1).or(values.complete.last()).map_or(place(complete), place);
        steps.extend([chart.at(place(complete), complete.value), chart.at(next, complete.value)]);
    }
    let best = Mark::line(steps, None);
    chart.add("dots plain", dots);
    chart.add("line best", vec![best]);
    Some(chart)
}

fn description(values: &Values, improvements: &[TrialValue]) -> String {
    let trials = counted(values.complete.len(), "complete trial", "complete trials");
    let steps: Vec<String> = improvements
        .iter()
        .map(|complete| format!("{} in trial {}", number(complete.value), complete.trial.number))
        .collect();
    format!("{trials}; the best so far was {}", steps.join(", then "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::Direction;
    use crate::study::tests::with_values;

    fn best(direction: Direction, values: &[f64]) -> Vec<(u64, f64)> {
        let study = with_values(direction, values);
        improvements(&Values::new(&study, 0))
            .iter()
            .map(|complete| (complete.trial.number, complete.value))
            .collect()
    }

    #[test]
    fn the_best_so_far_is_the_least_or_the_largest_of_all_before() {
        let values = [3.0, 4.0, 2.0, 2.0, f64::NAN, 5.0, f64::NEG_INFINITY, 1.0];
        assert_eq!(best(Direction::Minimize, &values), [(0, 3.0), (2, 2.0), (7, 1.0)]);
        assert_eq!(best(Direction::Maximize, &values), [(0, 3.0), (1, 4.0), (5, 5.0)]);
        assert_eq!(best(Direction::Maximize, &[f64::NAN]), []);
    }

    #[test]
    fn its_staircase_goes_down_at_the_trial_that_is_better() {
        let study = with_values(Direction::Minimize, &[4.0, 5.0, 0.0]);
        let values = Values::new(&study, 0);
        let chart = chart(&values, &improvements(&values), WIDE).unwrap();
        let [x0, x2] = [0.0, 2.0].map(|x| chart.at(x, 0.0).unwrap().0);
        let [y4, y0] = [4.0, 0.0].map(|y| chart.at(0.0, y).unwrap().1);
        let steps = &chart.layers.last().unwrap().marks[0].path;
        assert_eq!(*steps, format!("M{x0} {y4}L{x2} {y4}L{x2} {y0}L{x2} {y0}"));
        assert!(y0 > y4, "less is lower");
    }
}
