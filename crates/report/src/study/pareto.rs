//! The Pareto front: the trials that no other is at least as good as in every objective and better in one.

use super::figure::{Drawn, Figure, Table};
use super::slice::written;
use super::{Direction, Objective, StudyTrial, StudyView, TrialState};
use crate::chart::{Chart, Frame, Key, Mark, Panel, Ruler, SMALL, WIDE, drawable};
use crate::format::{counted, number};

/// A scatter of two objectives; of more, the front as a table alone.
pub(super) fn pareto(study: &StudyView) -> Drawn {
    if study.objectives.len() < 2 {
        return Err("A Pareto front needs two objectives; this study has one.".into());
    }
    let complete = study.trials.iter().filter(|trial| trial.state == TrialState::Complete);
    let trials: Vec<&StudyTrial> =
        complete.filter(|trial| trial.values.iter().all(|&value| drawable(value))).collect();
    if trials.is_empty() {
        return Err("A Pareto front needs a complete trial with finite values; there is none.".into());
    }
    let on_front = front(&study.objectives, &trials);
    let (front, dominated): (Vec<(&&StudyTrial, bool)>, Vec<_>) =
        trials.iter().zip(on_front).partition(|(_, on_front)| *on_front);
    let mut front: Vec<&StudyTrial> = front.into_iter().map(|(trial, _)| *trial).collect();
    front.sort_by(|one, other| one.values[0].total_cmp(&other.values[0]));
    let dominated: Vec<&StudyTrial> = dominated.into_iter().map(|(trial, _)| *trial).collect();
    let members = counted(front.len(), "trial is", "trials are");
    let description = format!("{members} on the front, {} dominated", dominated.len());
    let panel = match &study.objectives[..] {
        [one, other] => Some(Panel {
            id: "pareto".into(),
            title: format!("{} against {}", other.name, one.name),
            description: description.clone(),
            charts: [("wide", Frame { height: 360.0, ..WIDE }), ("narrow", SMALL)]
                .into_iter()
                .filter_map(|(class, frame)| {
                    Some((class, chart(&study.objectives[0], &front, &dominated, frame)?))
                })
                .collect(),
        }),
        _ => None,
    };
    let drawing = if panel.is_some() { "" } else { " It is drawn for two objectives only." };
    let legend = [Key::dot("q0", "on the front"), Key::dot("faint", "dominated")];
    Ok(Figure {
        legend: if panel.is_some() { legend.into() } else { vec![] },
        panels: panel.into_iter().collect(),
        caption: format!(
            "{description}: another trial is at least as good in every objective and better in one.{drawing} Trials with a \
             value that is not finite do not count."
        ),
        tables: vec![table(study, &front)],
    })
}

/// Which of `trials` no other dominates, in their order.
fn front(objectives: &[Objective], trials: &[&StudyTrial]) -> Vec<bool> {
    // The smaller the better; adding 0 leaves no −0, which sorts before the 0 that it equals.
    let cost = |trial: &StudyTrial| -> Vec<f64> {
        let sign =
            |objective: &Objective| if objective.direction == Direction::Minimize { 1.0 } else { -1.0 };
        trial.values.iter().zip(objectives).map(|(value, objective)| sign(objective) * value + 0.0).collect()
    };
    let costs: Vec<Vec<f64>> = trials.iter().map(|trial| cost(trial)).collect();
    let mut order: Vec<usize> = (0..trials.len()).collect();
    order.sort_by(|&one, &other| {
        let pairs = costs[one].iter().zip(&costs[other]);
        pairs.map(|(one, other)| one.total_cmp(other)).find(|order| order.is_ne()).unwrap_or(one.cmp(&other))
    });
    // In this order a trial can only be dominated by one before it, and then by one of the front.
    let mut members: Vec<usize> = vec![];
    for place in order {
        let dominates = |&member: &usize| {
            costs[member] != costs[place]
                && costs[member].iter().zip(&costs[place]).all(|(one, other)| one <= other)
        };
        if !members.iter().any(dominates) {
            members.push(place);
        }
    }
    let mut on_front = vec![false; trials.len()];
    for member in members {
        on_front[member] = true;
    }
    on_front
}

fn chart(first: &Objective, front: &[&StudyTrial], dominated: &[&StudyTrial], frame: Frame) -> Option<Chart> {
    let all = || front.iter().chain(dominated);
    let x = Ruler::values(all().map(|trial| trial.values[0]))?;
    let y = Ruler::values(all().map(|trial| trial.values[1]))?;
    let mut chart = Chart::new(frame, (&first.name, x), ("", y));
    let at = |trial: &StudyTrial| chart.at(trial.values[0], trial.values[1]);
    let dot = |trial: &&StudyTrial| {
        let values = format!("{}, {}", number(trial.values[0]), number(trial.values[1]));
        Some(Mark::dot(at(trial)?, format!("Trial {}: {values}", trial.number)))
    };
    let dots = |trials: &[&StudyTrial]| trials.iter().filter_map(dot).collect();
    let mut edge = vec![];
    for pair in front.windows(2) {
        // The edge of what the front dominates: where little is good, one keeps its second value until the next begins.
        let corner = match first.direction {
            Direction::Minimize => chart.at(pair[1].values[0], pair[0].values[1]),
            Direction::Maximize => chart.at(pair[0].values[0], pair[1].values[1]),
        };
        edge.extend([at(pair[0]), corner, at(pair[1])]);
    }
    let (dominated, front) = (dots(dominated), dots(front));
    chart.add("dots faint", dominated);
    if !edge.is_empty() {
        chart.add("line thin q0", vec![Mark::line(edge, None)]);
    }
    chart.add("dots q0", front);
    Some(chart)
}

fn table(study: &StudyView, front: &[&StudyTrial]) -> Table {
    let objectives = study.objectives.iter().map(|objective| objective.name.clone());
    let parameters = study.parameters.iter().map(|parameter| parameter.name.clone());
    let row = |trial: &&StudyTrial| {
        let values = trial.values.iter().map(|&value| number(value));
        let tried = study.parameters.iter().map(|parameter| written(parameter, trial.place(parameter)));
        std::iter::once(trial.number.to_string()).chain(values).chain(tried).collect()
    };
    Table {
        id: "pareto-table".into(),
        caption: "Trials on the front".into(),
        head: std::iter::once("Trial".into()).chain(objectives).chain(parameters).collect(),
        rows: front.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::study::tests::{complete, objective};

    fn on_front(directions: [Direction; 2], values: &[[f64; 2]]) -> Vec<bool> {
        let trials: Vec<StudyTrial> =
            values.iter().enumerate().map(|(at, values)| complete(at as u64, values)).collect();
        front(&directions.map(|direction| objective("", direction)), &trials.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_trial_is_on_the_front_unless_another_is_as_good_and_better_in_one() {
        use Direction::{Maximize, Minimize};
        let values = [[1.0, 5.0], [2.0, 3.0], [2.0, 4.0], [3.0, 3.0], [4.0, 1.0], [2.0, 3.0]];
        assert_eq!(on_front([Minimize, Minimize], &values), [true, true, false, false, true, true]);
        assert_eq!(on_front([Maximize, Maximize], &values), [true, false, true, true, true, false]);
        assert_eq!(on_front([Minimize, Maximize], &values), [true, false, false, false, false, false]);
        assert_eq!(on_front([Maximize, Minimize], &values), [false, false, false, false, true, false]);
        assert_eq!(on_front([Minimize, Minimize], &[[0.0, 1.0], [-0.0, 0.0]]), [false, true]);
    }

    #[test]
    fn its_edge_runs_along_what_is_dominated() {
        let trials = [complete(0, &[1.0, 5.0]), complete(1, &[3.0, 2.0])];
        let edge = |direction| {
            let chart = chart(&objective("a", direction), &[&trials[0], &trials[1]], &[], SMALL).unwrap();
            let path = chart.layers[2].marks[0].path.clone();
            let corner = |x, y| chart.at(x, y).map(|(x, y)| format!("L{x} {y}L")).unwrap();
            [corner(3.0, 5.0), corner(1.0, 2.0)].map(|corner| path.contains(&corner))
        };
        assert_eq!(edge(Direction::Minimize), [true, false]);
        assert_eq!(edge(Direction::Maximize), [false, true]);
    }

    proptest! {
        #[test]
        fn the_front_is_what_its_definition_says(
            values in prop::collection::vec(prop::array::uniform2(-3..4_i8), 1..40), first: bool, second: bool
        ) {
            let directions =
                [first, second].map(|small| if small { Direction::Minimize } else { Direction::Maximize });
            let values: Vec<[f64; 2]> = values.into_iter().map(|pair| pair.map(f64::from)).collect();
            let dominates = |one: &[f64; 2], other: &[f64; 2]| {
                let better = |at: usize| directions[at].better(one[at], other[at]);
                let worse = |at: usize| directions[at].better(other[at], one[at]);
                (better(0) || better(1)) && !worse(0) && !worse(1)
            };
            let expected: Vec<bool> =
                values.iter().map(|value| !values.iter().any(|other| dominates(other, value))).collect();
            prop_assert_eq!(on_front(directions, &values), expected);
        }
    }
}
