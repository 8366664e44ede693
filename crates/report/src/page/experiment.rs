//! One experiment on the page: figures, the table of arms, layers, trials.

use crate::figure::{BANDS, Drawing, Line, Measure, Size, colour, dashes, draw};
use crate::format::{ABSENT, count, counted, estimate, outcome, percent, seconds, seeds, short};
use crate::numbers::{ArmNumbers, Curves, ExperimentNumbers, Point, TrialNumbers};
use crate::record::LayerSummary;
use crate::report::{ArmView, ExperimentView, Failure};

use super::PageError;
use super::gallery::Gallery;

pub(super) struct ExperimentPage<'a> {
    pub(super) id: String,
    pub(super) view: &'a ExperimentView,
    pub(super) scope: String,
    pub(super) covers: String,
    pub(super) legend: Vec<Key<'a>>,
    pub(super) bands: bool,
    pub(super) diverged: bool,
    pub(super) figures: Vec<Figure>,
    pub(super) has_reported: bool,
    pub(super) rows: Vec<Row<'a>>,
    pub(super) layers: Vec<Layers<'a>>,
    pub(super) trials: Vec<Trial<'a>>,
    /// Each with the name of its arm.
    pub(super) failures: Vec<(&'a str, &'a Failure)>,
    pub(super) gallery: Option<Gallery<'a>>,
}

/// An entry of the legend.
pub(super) struct Key<'a> {
    pub(super) name: &'a str,
    pub(super) colour: String,
    pub(super) dashes: Option<&'static str>,
}

/// The same curves for wide and for narrow windows, of which the style sheet shows one.
pub(super) struct Figure {
    pub(super) id: String,
    pub(super) title: &'static str,
    pub(super) description: String,
    pub(super) drawings: Vec<(&'static str, Drawing)>,
}

/// A row of the table of arms, in the words of the page.
pub(super) struct Row<'a> {
    pub(super) arm: &'a ArmView,
    pub(super) last: String,
    pub(super) chosen: String,
    pub(super) reported: Option<(String, &'a str)>,
    pub(super) parameters: String,
    pub(super) multiply_adds: String,
    pub(super) epoch_seconds: String,
    pub(super) trials: String,
    /// Trials without numbers, such as `8 diverged, 1 failed`; empty where there are none.
    pub(super) lost: String,
}

pub(super) struct Layers<'a> {
    pub(super) arm: &'a str,
    pub(super) total: [String; 2],
    pub(super) rows: Vec<[String; 4]>,
}

pub(super) struct Trial<'a> {
    pub(super) numbers: &'a TrialNumbers,
    pub(super) outcome: String,
    pub(super) last: String,
    pub(super) chosen: String,
    pub(super) short_hash: String,
    pub(super) seconds: String,
}

impl<'a> ExperimentPage<'a> {
    pub(super) fn new(
        number: usize,
        view: &'a ExperimentView,
        numbers: &'a ExperimentNumbers,
    ) -> Result<Self, PageError> {
        let id = format!("experiment-{number}");
        Ok(Self {
            view,
            scope: scope(view),
            covers: covers(view),
            legend: numbers.arms.iter().enumerate().map(key).collect(),
            bands: numbers.arms.len() <= BANDS,
            diverged: numbers.arms.iter().any(|arm| arm.diverged > 0),
            figures: figures(&id, &numbers.arms),
            has_reported: numbers.arms.iter().any(|arm| arm.reported_percent.is_some()),
            rows: view.arms.iter().zip(&numbers.arms).map(|(arm, numbers)| row(arm, numbers)).collect(),
            layers: numbers.arms.iter().filter_map(layers).collect(),
            trials: numbers.trials.iter().map(trial).collect(),
            failures: view
                .arms
                .iter()
                .flat_map(|arm| arm.failures.iter().map(|failure| (arm.name.as_str(), failure)))
                .collect(),
            gallery: numbers
                .mistakes
                .as_ref()
                .map(|m| Gallery::new(m, view.test_images.as_deref()))
                .transpose()?,
            id,
        })
    }
}

/// How much was run, such as `24 trials, up to 8 epochs, 3 waiting`.
fn scope(view: &ExperimentView) -> String {
    let mut parts = vec![seeds(&view.seeds), counted(view.records().count(), "trial", "trials")];
    let epochs = view.records().map(|record| record.results.history.len()).max();
    parts.extend(epochs.map(|epochs| format!("up to {}", counted(epochs, "epoch", "epochs"))));
    let waiting: usize = view.arms.iter().map(|arm| arm.waiting).sum();
    let failed: usize = view.arms.iter().map(|arm| arm.failures.len()).sum();
    for (number, what) in [(waiting, "waiting"), (failed, "failed")] {
        if number > 0 {
            parts.push(format!("{} {what}", count(number as u64)));
        }
    }
    parts.join(", ")
}

/// What an interval over seeds says nothing about.
fn covers(view: &ExperimentView) -> String {
    let mut tests = view.records().filter_map(|record| record.results.test.as_ref());
    match tests.next() {
        None => "not the choice of the test images".into(),
        Some(first) if tests.all(|test| test.indices == first.indices) => {
            format!("all trials are tested on the same {} images", count(first.len() as u64))
        }
        Some(_) => "the test images differ from seed to seed, and overlap".into(),
    }
}

fn key((number, arm): (usize, &ArmNumbers)) -> Key<'_> {
    Key { name: &arm.name, colour: colour(number), dashes: dashes(number) }
}

fn figures(id: &str, arms: &[ArmNumbers]) -> Vec<Figure> {
    let figure = |name: &str, title, measure, of: fn(&Curves) -> &[Point], sizes: &[(&'static str, Size)]| {
        let lines: Vec<Line> =
            arms.iter().map(|arm| Line { name: &arm.name, points: of(&arm.curves) }).collect();
        let id = format!("{id}-{name}");
        let drawing = |(class, size): &(&'static str, Size)| {
            Some((*class, draw(&lines, measure, *size, &format!("{id}-{class}"))?))
        };
        let drawings: Vec<_> = sizes.iter().filter_map(drawing).collect();
        (!drawings.is_empty()).then(|| Figure { id, title, description: describe(&lines, measure), drawings })
    };
    let both = [("wide", Size::Wide), ("narrow", Size::Narrow)];
    let small = [("multiple", Size::Narrow)];
    [
        figure(
            "test",
            "Test accuracy per epoch",
            Measure::Accuracy("Test accuracy, %"),
            |curves| &curves.test_accuracy,
            &both,
        ),
        figure(
            "validation",
            "Validation accuracy per epoch",
            Measure::Accuracy("Validation accuracy, %"),
            |curves| &curves.validation_accuracy,
            &small,
        ),
        figure(
            "loss",
            "Training loss per epoch",
            Measure::Loss("Training loss, nats"),
            |curves| &curves.training_loss,
            &small,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a figure shows, for those who cannot see it: where each line ends.
fn describe(lines: &[Line], measure: Measure) -> String {
    let value = |value: f64| match measure {
        Measure::Accuracy(_) => format!("{} %", percent(value)),
        Measure::Loss(_) => format!("{value:.4}"),
    };
    let end = |line: &Line| {
        let point = line.points.last()?;
        let (low, high) = (value(point.low), value(point.high));
        Some(format!("{}: {} in epoch {}, seeds {low} to {high}", line.name, value(point.mean), point.epoch))
    };
    lines.iter().filter_map(end).collect::<Vec<_>>().join("; ")
}

fn row<'a>(arm: &'a ArmView, numbers: &ArmNumbers) -> Row<'a> {
    let reported = arm.reported.as_ref().zip(numbers.reported_percent);
    let lost = [(numbers.diverged, "diverged"), (numbers.failed, "failed")];
    let lost =
        lost.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number}\u{a0}{what}"));
    Row {
        arm,
        last: estimate(numbers.test_accuracy),
        chosen: estimate(numbers.chosen_test_accuracy),
        reported: reported.map(|(reported, percent)| (percent.to_string(), reported.what.as_str())),
        parameters: numbers.parameters.map_or(ABSENT.into(), count),
        multiply_adds: numbers.multiply_adds.map_or(ABSENT.into(), count),
        epoch_seconds: numbers.epoch_seconds.map_or(ABSENT.into(), seconds),
        trials: count(numbers.trials as u64),
        lost: lost.collect::<Vec<_>>().join(", "),
    }
}

fn layers(arm: &ArmNumbers) -> Option<Layers<'_>> {
    let row = |layer: &LayerSummary| {
        let output = layer.output.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
        [layer.name.clone(), output, count(layer.parameters), count(layer.multiply_adds)]
    };
    let total = [count(arm.parameters?), count(arm.multiply_adds?)];
    (!arm.layers.is_empty()).then(|| Layers {
        arm: &arm.name,
        total,
        rows: arm.layers.iter().map(row).collect(),
    })
}

fn trial(numbers: &TrialNumbers) -> Trial<'_> {
    let accuracy = |accuracy: Option<f64>| accuracy.map_or(ABSENT.into(), percent);
    Trial {
        numbers,
        outcome: outcome(numbers.outcome),
        last: accuracy(numbers.test_accuracy),
        chosen: numbers.chosen_epoch.map_or(ABSENT.into(), |epoch| {
            format!("{} (epoch {epoch})", accuracy(numbers.chosen_test_accuracy))
        }),
        short_hash: short(&numbers.result_sha256),
        seconds: numbers.wall_seconds.map_or(ABSENT.into(), seconds),
    }
}
