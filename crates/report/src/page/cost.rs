//! Cost against accuracy: a point an arm, over its parameters and over the seconds of a trial.

use crate::chart::{Chart, Key, Look, Mark, Panel, Ruler, SMALL, looks};
use crate::format::{count, percent, seconds};
use crate::numbers::ArmNumbers;
use crate::statistics::Estimate;

use super::curves::merits;

/// A cost that differs less than this from arm to arm is not worth a figure.
const APART: f64 = 1.25;

pub(super) struct CostFigure {
    pub(super) legend: Vec<Key>,
    pub(super) panels: Vec<Panel>,
}

/// What an arm costs.
struct Cost {
    name: &'static str,
    /// What a panel is called after.
    title: &'static str,
    /// At the axis, with its unit.
    label: &'static str,
    of: fn(&ArmNumbers) -> Option<f64>,
    /// A value in words.
    written: fn(f64) -> String,
}

const COSTS: [Cost; 2] = [
    Cost {
        name: "parameters",
        title: "Test accuracy against parameters",
        label: "Trained parameters, count",
        of: |arm| arm.parameters.map(|count| count as f64),
        written: |value| format!("{} parameters", count(value as u64)),
    },
    Cost {
        name: "seconds",
        title: "Test accuracy against time",
        label: "Time of a trial, s",
        of: |arm| arm.trial_seconds,
        written: |value| format!("{} s a trial", seconds(value)),
    },
];

impl CostFigure {
    /// `None` where no two arms differ in cost.
    pub(super) fn new(id: &str, arms: &[ArmNumbers]) -> Option<Self> {
        let measured: Vec<&ArmNumbers> = arms.iter().filter(|arm| arm.test_accuracy.is_some()).collect();
        let looks = looks(&merits(&measured));
        let panels: Vec<Panel> = COSTS.iter().filter_map(|cost| panel(id, cost, &measured, &looks)).collect();
        (!panels.is_empty()).then(|| Self { legend: legend(&measured, &looks), panels })
    }
}

/// An arm with its place.
struct Dot<'a> {
    name: &'a str,
    look: &'a Look,
    cost: f64,
    accuracy: Estimate,
}

impl Dot<'_> {
    /// The ends of its interval in percent; an interval may reach further than an accuracy can.
    fn ends(&self) -> [f64; 2] {
        let half = self.accuracy.half_width.unwrap_or(0.0);
        [self.accuracy.mean - half, self.accuracy.mean + half].map(|end| 100.0 * end.clamp(0.0, 1.0))
    }
}

/// `None` where the cost is about the same for all.
fn panel(id: &str, cost: &Cost, arms: &[&ArmNumbers], looks: &[Look]) -> Option<Panel> {
    let dot = |(arm, look)| {
        let arm: &ArmNumbers = arm;
        let value = (cost.of)(arm).filter(|&value| value > 0.0)?;
        Some(Dot { name: &arm.facts.name, look, cost: value, accuracy: arm.test_accuracy? })
    };
    let mut dots: Vec<Dot> = arms.iter().copied().zip(looks).filter_map(dot).collect();
    let dearest = dots.iter().map(|dot| dot.cost).reduce(f64::max)?;
    let cheapest = dots.iter().map(|dot| dot.cost).reduce(f64::min)?;
    if dearest < APART * cheapest {
        return None;
    }
    // Grey ones lie behind.
    dots.sort_by_key(|dot| !dot.look.faint);
    let x = Ruler::numbers(dots.iter().map(|dot| dot.cost), true)?;
    let y = Ruler::percent(dots.iter().flat_map(Dot::ends))?;
    let mut chart = Chart::new(SMALL, (cost.label, x), ("Test accuracy, %", y));
    for dot in &dots {
        let [low, high] = dot.ends().map(|end| chart.at(dot.cost, end));
        let interval = dot.accuracy.half_width.and(low.zip(high));
        let interval = interval.map(|((x, low), (_, high))| Mark::plain(format!("M{x} {low}V{high}")));
        let title = format!("{}: {}", dot.name, said(dot, cost));
        let place = chart.at(dot.cost, 100.0 * dot.accuracy.mean);
        let mark = place.map(|place| Mark::dot(place, title));
        let class = if dot.look.faint { "faint".into() } else { dot.look.class.replace(" dashed", "") };
        chart.add(format!("tie {class}"), interval.into_iter().collect());
        chart.add(format!("dots {class}"), mark.into_iter().collect());
    }
    let description: Vec<String> =
        dots.iter().map(|dot| format!("{}: {}", dot.name, said(dot, cost))).collect();
    Some(Panel {
        id: format!("{id}-cost-{}", cost.name),
        title: cost.title.into(),
        description: description.join("; "),
        charts: vec![("multiple", chart)],
    })
}

fn said(dot: &Dot, cost: &Cost) -> String {
    let half = dot.accuracy.half_width.map(|half| format!(" ± {}", percent(half))).unwrap_or_default();
    format!("{}{half} % at {}", percent(dot.accuracy.mean), (cost.written)(dot.cost))
}

fn legend(arms: &[&ArmNumbers], looks: &[Look]) -> Vec<Key> {
    let bright = arms.iter().zip(looks).filter(|(_, look)| !look.faint);
    let mut keys: Vec<Key> = bright
        .map(|(arm, look)| Key::dot(look.class.replace(" dashed", ""), arm.facts.name.clone()))
        .collect();
    if keys.len() < looks.len() {
        keys.push(Key::dot("faint", format!("the {} others", looks.len() - keys.len())));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::numbers::numbers;

    #[test]
    fn a_point_an_arm_stands_over_its_cost_with_its_interval() {
        let mut numbers = numbers(&fixture::report()).experiments.remove(0);
        for (arm, seconds) in numbers.arms.iter_mut().zip([1.0, 10.0, 100.0]) {
            arm.trial_seconds = Some(seconds);
        }
        let figure = CostFigure::new("e", &numbers.arms).unwrap();
        let ids: Vec<&str> = figure.panels.iter().map(|panel| panel.id.as_str()).collect();
        assert_eq!((ids, figure.legend.len()), (vec!["e-cost-parameters", "e-cost-seconds"], 3));
        let chart = &figure.panels[1].charts[0].1;
        let labels: Vec<&str> = chart.texts.iter().map(|text| text.text.as_str()).collect();
        assert!(labels.contains(&"Time of a trial, s (log scale)") && labels.contains(&"Test accuracy, %"));
        let classes: Vec<&str> = chart.layers[2..].iter().map(|layer| layer.class.as_str()).collect();
        assert_eq!(classes, ["tie c0", "dots c0", "tie c1", "dots c1", "tie c2", "dots c2"]);
        let place = |arm: usize| {
            let accuracy = numbers.arms[arm].test_accuracy.unwrap();
            let at = |share: f64| chart.at(numbers.arms[arm].trial_seconds.unwrap(), 100.0 * share).unwrap();
            (at(accuracy.mean), at(accuracy.mean - accuracy.half_width.unwrap()).1)
        };
        let ((x, y), low) = place(1);
        assert_eq!(chart.layers[5].marks[0].path, format!("M{x} {y}h0"));
        assert!(chart.layers[4].marks[0].path.starts_with(&format!("M{x} {low}V")));
        let [left, middle, right] = [0, 1, 2].map(|arm| place(arm).0.0);
        assert!(((middle - left) - (right - middle)).abs() < 0.2, "powers of ten are equally far apart");
        assert!(
            figure.panels[1].description.contains(" % at 10.0 s a trial"),
            "{}",
            figure.panels[1].description
        );
    }

    #[test]
    fn arms_that_cost_the_same_have_no_figure() {
        let mut numbers = numbers(&fixture::report()).experiments.remove(0);
        numbers.arms.iter_mut().for_each(|arm| arm.parameters = Some(1000));
        assert!(CostFigure::new("e", &numbers.arms).is_none(), "12.5 s each");
        numbers.arms[0].parameters = Some(1249);
        assert!(CostFigure::new("e", &numbers.arms).is_none());
        numbers.arms[0].parameters = Some(1250);
        assert_eq!(CostFigure::new("e", &numbers.arms).unwrap().panels.len(), 1);
        assert!(CostFigure::new("e", &[]).is_none());
    }
}
