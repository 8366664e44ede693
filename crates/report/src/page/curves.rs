//! The learning curves of an experiment: test and validation accuracy and training loss by epoch.

use crate::figure::{Against, At, BANDS, Drawing, Line, Look, Measure, Size, draw, looks};
use crate::format::percent;
use crate::numbers::{ArmNumbers, Curves, Point};

pub(super) struct CurvesFigure<'a> {
    pub(super) legend: Legend<'a>,
    /// Whether bands are drawn.
    pub(super) bands: bool,
    /// Whether a trial diverged.
    pub(super) diverged: bool,
    pub(super) panels: Vec<Panel>,
}

/// What the lines of a figure stand for.
pub(super) struct Legend<'a> {
    /// Name and look of each line in colour.
    pub(super) keys: Vec<(&'a str, Look)>,
    /// Number of grey lines.
    pub(super) grey: usize,
}

/// The same lines for wide and for narrow windows, of which the style sheet shows one.
pub(super) struct Panel {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) description: String,
    /// Each with its class.
    pub(super) drawings: Vec<(&'static str, Drawing)>,
}

/// For a panel of its own.
pub(super) const BOTH: [(&str, Size); 2] = [("wide", Size::Wide), ("narrow", Size::Narrow)];
/// For a panel beside another.
const SMALL: [(&str, Size); 1] = [("multiple", Size::Narrow)];

impl<'a> CurvesFigure<'a> {
    /// `None` where no arm has a curve.
    pub(super) fn of(id: &str, arms: &'a [ArmNumbers]) -> Option<Self> {
        let drawn: Vec<&ArmNumbers> =
            arms.iter().filter(|arm| !arm.curves.test_accuracy.is_empty()).collect();
        let looks = looks(&merits(&drawn));
        let panel = |name, title, measure, of: fn(&Curves) -> &[Point], sizes| {
            let line = |(arm, look): (&&'a ArmNumbers, &Look)| Line {
                name: &arm.facts.name,
                look: look.clone(),
                points: of(&arm.curves).iter().map(At::from).collect(),
            };
            let lines: Vec<Line> = drawn.iter().zip(&looks).map(line).collect();
            Panel::of(format!("{id}-{name}"), String::from(title), &lines, Against::Epochs, measure, sizes)
        };
        let panels: Vec<Panel> = [
            panel(
                "test",
                "Test accuracy per epoch",
                Measure::Accuracy("Test accuracy, %"),
                |curves| &curves.test_accuracy,
                &BOTH[..],
            ),
            panel(
                "validation",
                "Validation accuracy per epoch",
                Measure::Accuracy("Validation accuracy, %"),
                |curves| &curves.validation_accuracy,
                &SMALL[..],
            ),
            panel(
                "loss",
                "Training loss per epoch",
                Measure::Loss("Training loss, nats"),
                |curves| &curves.training_loss,
                &SMALL[..],
            ),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!panels.is_empty()).then(|| Self {
            legend: Legend::of(drawn.iter().map(|arm| arm.facts.name.as_str()).zip(looks)),
            bands: drawn.len() <= BANDS,
            diverged: drawn.iter().any(|arm| arm.diverged > 0),
            panels,
        })
    }
}

impl<'a> Legend<'a> {
    pub(super) fn of(lines: impl Iterator<Item = (&'a str, Look)>) -> Self {
        let (grey, keys): (Vec<_>, Vec<_>) = lines.partition(|(_, look)| look.faint);
        Self { keys, grey: grey.len() }
    }
}

impl Panel {
    /// `None` where no line has a point.
    pub(super) fn of(
        id: String,
        title: String,
        lines: &[Line],
        against: Against<'_>,
        measure: Measure,
        sizes: &[(&'static str, Size)],
    ) -> Option<Self> {
        let drawing = |(class, size): &(&'static str, Size)| {
            Some((*class, draw(lines, against, measure, *size, &format!("{id}-{class}"))?))
        };
        let drawings: Vec<_> = sizes.iter().filter_map(drawing).collect();
        let description = describe(lines, against, measure);
        (!drawings.is_empty()).then_some(Self { id, title, description, drawings })
    }
}

/// By which lines are in colour where there are many: never by the test images.
pub(super) fn merits(arms: &[&ArmNumbers]) -> Vec<Option<f64>> {
    arms.iter().map(|arm| arm.validation_accuracy.map(|estimate| estimate.mean)).collect()
}

/// What a figure shows, for those who cannot see it: where each line ends.
fn describe(lines: &[Line], against: Against<'_>, measure: Measure) -> String {
    let value = |value: f64| match measure {
        Measure::Accuracy(_) => format!("{} %", percent(value)),
        Measure::Loss(_) => format!("{value:.4}"),
    };
    let end = |line: &Line| {
        let At { x, mean, low, high } = *line.points.last()?;
        let (low, high) = (value(low), value(high));
        Some(match against {
            Against::Epochs => {
                format!("{}: {} in epoch {x}, seeds {low} to {high}", line.name, value(mean))
            }
            Against::Strength { symbol, .. } => {
                format!("{}: {} at {symbol} = {x}, {low} to {high}", line.name, value(mean))
            }
        })
    };
    lines.iter().filter_map(end).collect::<Vec<_>>().join("; ")
}
