//! The learning curves of an experiment: test and validation accuracy and training loss by epoch.

use crate::chart::{Against, At, BANDS, Key, Line, Look, Measure, Panel, curves, looks};
use crate::numbers::{ArmNumbers, Curves, Point};

pub(super) struct CurvesFigure {
    pub(super) legend: Vec<Key>,
    /// Number of lines in colour, where others are grey.
    pub(super) bright: Option<usize>,
    /// Whether bands are drawn.
    pub(super) bands: bool,
    /// Whether a trial diverged.
    pub(super) diverged: bool,
    pub(super) panels: Vec<Panel>,
}

impl CurvesFigure {
    /// `None` where no arm has a curve.
    pub(super) fn new(id: &str, arms: &[ArmNumbers]) -> Option<Self> {
        let drawn: Vec<&ArmNumbers> =
            arms.iter().filter(|arm| !arm.curves.test_accuracy.is_empty()).collect();
        let looks = looks(&merits(&drawn));
        let panel = |name, title: &str, measure, of: fn(&Curves) -> &[Point]| {
            let lines = lines(&drawn, &looks, |arm| of(&arm.curves).iter().map(At::from).collect());
            panel(format!("{id}-{name}"), title.into(), &lines, Against::Epochs, measure, name == "test")
        };
        let panels = [
            panel("test", "Test accuracy per epoch", Measure::Accuracy("Test accuracy, %"), |curves| {
                &curves.test_accuracy
            }),
            panel(
                "validation",
                "Validation accuracy per epoch",
                Measure::Accuracy("Validation accuracy, %"),
                |curves| &curves.validation_accuracy,
            ),
            panel("loss", "Training loss per epoch", Measure::Loss("Training loss, nats"), |curves| {
                &curves.training_loss
            }),
        ];
        let panels: Vec<Panel> = panels.into_iter().flatten().collect();
        let bright = looks.iter().filter(|look| !look.faint).count();
        (!panels.is_empty()).then(|| Self {
            legend: legend(&drawn, &looks),
            bright: (bright < looks.len()).then_some(bright),
            bands: drawn.len() <= BANDS,
            diverged: drawn.iter().any(|arm| arm.diverged > 0),
            panels,
        })
    }
}

impl From<&Point> for At {
    fn from(point: &Point) -> Self {
        Self { x: point.epoch as f64, mean: point.mean, low: point.low, high: point.high }
    }
}

/// By which lines are in colour where there are many: never by the test images.
pub(super) fn merits(arms: &[&ArmNumbers]) -> Vec<Option<f64>> {
    arms.iter().map(|arm| arm.validation_accuracy.map(|estimate| estimate.mean)).collect()
}

/// A line an arm.
pub(super) fn lines<'a>(
    arms: &[&'a ArmNumbers],
    looks: &[Look],
    points: impl Fn(&ArmNumbers) -> Vec<At>,
) -> Vec<Line<'a>> {
    let line = |(arm, look): (&&'a ArmNumbers, &Look)| Line {
        name: &arm.facts.name,
        look: look.clone(),
        points: points(arm),
    };
    arms.iter().zip(looks).map(line).collect()
}

/// A key for each line in colour, and one for all the others.
pub(super) fn legend(arms: &[&ArmNumbers], looks: &[Look]) -> Vec<Key> {
    let bright = arms.iter().zip(looks).filter(|(_, look)| !look.faint);
    let mut keys: Vec<Key> =
        bright.map(|(arm, look)| Key::line(format!("line {}", look.class), arm.facts.name.clone())).collect();
    if let Some(faint) = looks.iter().find(|look| look.faint) {
        let others = looks.len() - keys.len();
        keys.push(Key::line(format!("line {}", faint.class), format!("the {others} others")));
    }
    keys
}

/// `None` where no line has a point; a panel for the `whole` width, or for a part of it.
pub(super) fn panel(
    id: String,
    title: String,
    lines: &[Line],
    against: Against<'_>,
    measure: Measure,
    whole: bool,
) -> Option<Panel> {
    let charts = curves(lines, against, measure, whole);
    let description = describe(lines, against, measure);
    (!charts.is_empty()).then_some(Panel { id, title, description, charts })
}

/// What a figure shows, for those who cannot see it: where each line ends.
fn describe(lines: &[Line], against: Against<'_>, measure: Measure) -> String {
    let value = |value: f64| match measure {
        Measure::Accuracy(_) => format!("{} %", measure.written(value)),
        Measure::Loss(_) => measure.written(value),
    };
    let end = |line: &Line| {
        let At { x, mean, low, high } = *line.points.last()?;
        let (mean, low, high) = (value(mean), value(low), value(high));
        Some(match against {
            Against::Epochs => format!("{}: {mean} in epoch {x}, seeds {low} to {high}", line.name),
            Against::Strength { symbol, .. } => {
                format!("{}: {mean} at {symbol} = {x}, {low} to {high}", line.name)
            }
        })
    };
    lines.iter().filter_map(end).collect::<Vec<_>>().join("; ")
}
