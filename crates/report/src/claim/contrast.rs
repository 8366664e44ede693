//! A contrast: one weighted sum of measures of arms, and what a claim says of it.

use super::measure::{Quantity, epochs_to_learn};
use super::test::{Best, Count, Direction, Diverges, Order, Side, Size, Slow, Test, Trend, Value};
use super::{Measure, Unit};
use crate::format::counted;
use crate::report::{ArmView, ExperimentView};

/// What a claim compares; a claim holds if each of its contrasts does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Contrast {
    /// Which comparison, for sentences.
    pub(super) phrase: Phrase,
    /// Measures and their weights.
    pub(super) terms: Vec<Term>,
    /// Added to the weighted sum: then no effect is 0.
    pub(super) constant: f64,
    /// The claim is true where the effect is at least this.
    pub(super) margin: f64,
    /// Where the contrast of the other end of a range is at 0, if a claim fixes both ends.
    pub(super) ceiling: Option<f64>,
    /// How effects are counted.
    pub(super) scale: Scale,
    /// Whether what was measured bounds the effect from above: else it can show the claim, and not refute it.
    pub(super) bounded: bool,
}

/// A measure of one arm and its weight in a contrast.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    /// Position of the arm in the experiment.
    pub(super) arm: usize,
    pub(super) weight: f64,
    pub(super) quantity: Quantity,
}

/// How effects are counted, and how they are shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// Differences of accuracies, shown in percentage points.
    Points,
    /// Logarithms to base 2 of ratios, shown as `null` times their power.
    Times { null: f64 },
    /// Seeds that say yes: the share above one half, shown as the share.
    Share,
    /// Exact numbers.
    Count(Size),
}

/// The comparison in words; see `words.rs`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phrase {
    Above { first: String, second: String, of: Measured, rival: bool },
    Trend { first: String, last: String, of: Measured, direction: Direction },
    Within { arm: String, percent: f64, within: f64, above: bool },
    Diverges { arm: String },
    Slow { arm: String, reference: String },
    Fewer { fewer: String, more: String, of: Size },
}

/// A measure, and its words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measured {
    pub(super) measure: Measure,
    pub(super) words: String,
}

/// The contrasts of a test.
///
/// # Errors
/// In words, if a search has not drawn an arm that the test names.
pub(super) fn contrasts(test: &Test, view: &ExperimentView) -> Result<Vec<Contrast>, String> {
    match test {
        Test::Best(test) => best(test, view),
        Test::Order(test) => order(test, view),
        Test::Trend(test) => trend(test, view),
        Test::Value(test) => value(test, view),
        Test::Diverges(test) => diverges(test, view),
        Test::Slow(test) => slow(test, view),
        Test::Count(test) => count(test, view),
        Test::All(parts) => {
            let parts: Result<Vec<_>, _> = parts.iter().map(|part| contrasts(part, view)).collect();
            Ok(parts?.concat())
        }
    }
}

fn best(test: &Best, view: &ExperimentView) -> Result<Vec<Contrast>, String> {
    let arm = side(&test.arm, view)?;
    let rivals = (0..view.arms.len()).filter(|rival| !arm.contains(rival));
    let contrasts: Vec<_> = rivals
        .map(|rival| {
            let phrase = Phrase::Above {
                first: test.arm.to_string(),
                second: view.arms[rival].facts.name.clone(),
                of: measured(&test.measure, view),
                rival: true,
            };
            compared(phrase, &[(1.0, &arm), (-1.0, &[rival])], &test.measure, test.margin)
        })
        .collect();
    if contrasts.is_empty() { Err("no other arm was drawn".into()) } else { Ok(contrasts) }
}

fn order(test: &Order, view: &ExperimentView) -> Result<Vec<Contrast>, String> {
    let pairs = test.arms.windows(2).map(|pair| {
        let (first, second) = matched(&pair[0], &pair[1], view)?;
        let phrase = Phrase::Above {
            first: pair[0].to_string(),
            second: pair[1].to_string(),
            of: measured(&test.measure, view),
            rival: false,
        };
        Ok(compared(phrase, &[(1.0, &first), (-1.0, &second)], &test.measure, test.margin))
    });
    pairs.collect()
}

/// `(k - 1) · Σ (j - mean) y[j] / Σ (j - mean)²`, j from 0 to k - 1.
fn trend(test: &Trend, view: &ExperimentView) -> Result<Vec<Contrast>, String> {
    let sides: Vec<_> = test.arms.iter().map(|arm| side(arm, view)).collect::<Result<_, _>>()?;
    let last = sides.len().saturating_sub(1) as f64;
    let scores: Vec<f64> = (0..sides.len()).map(|place| place as f64 - last / 2.0).collect();
    let squares: f64 = scores.iter().map(|score| score.powi(2)).sum();
    let sign = if test.direction == Direction::Rises { 1.0 } else { -1.0 };
    let weighted: Vec<(f64, &[usize])> =
        scores.iter().zip(&sides).map(|(score, side)| (sign * last * score / squares, &side[..])).collect();
    let name = |arm: Option<&Side>| arm.map(Side::to_string).unwrap_or_default();
    let phrase = Phrase::Trend {
        first: name(test.arms.first()),
        last: name(test.arms.last()),
        of: measured(&test.measure, view),
        direction: test.direction,
    };
    Ok(vec![compared(phrase, &weighted, &test.measure, test.margin)])
}

fn value(test: &Value, view: &ExperimentView) -> Result<Vec<Contrast>, String> {
    let arm = side(&test.arm, view)?;
    let Value { percent, within, .. } = *test;
    let bounds = [(1.0, percent - within), (-1.0, percent + within)];
    let contrasts = bounds.map(|(sign, bound)| {
        let phrase = Phrase::Within { arm: test.arm.to_string(), percent, within, above: sign > 0.0 };
        let compared = compared(phrase, &[(sign, &arm)], &Measure::Accuracy, 0.0);
        Contrast { constant: -sign * bound / 100.0, ceiling: Some(2.0 * test.within / 100.0), ..compared }
    });
    Ok(contrasts.into())
}

fn diverges(test: &Diverges, view: &ExperimentView) -> Result<Vec<Contrast>, String> {
    let phrase = Phrase::Diverges { arm: test.arm.to_string() };
    Ok(vec![Contrast {
        phrase,
        terms: mean(1.0, &side(&test.arm, view)?, &Quantity::Diverged),
        constant: -0.5,
        margin: test.margin,
        ceiling: None,
        scale: Scale::Share,
        bounded: true,
    }])
}

/// Epochs are whole: who gets there within the first may have needed a tenth of it, and who never does may need any
/// number. Such a trial puts no upper bound on the ratio.
fn slow(test: &Slow, view: &ExperimentView) -> Result<Vec<Contrast>, String> {
    let (arm, reference) = (side(&test.arm, view)?, side(&test.reference, view)?);
    let records = |arms: &[usize]| arms.iter().flat_map(|arm| &view.arms[*arm].records).collect::<Vec<_>>();
    let (of_arm, of_reference) = (records(&arm), records(&reference));
    let histories = of_arm.iter().chain(&of_reference);
    let longest = histories.map(|record| record.results.history.len()).max().unwrap_or(0);
    let quantity = Quantity::Epochs { longest };
    let late = of_reference.iter().all(|record| epochs_to_learn(record) != Some(1));
    let learnt = of_arm.iter().all(|record| epochs_to_learn(record).is_some());
    Ok(vec![Contrast {
        phrase: Phrase::Slow { arm: test.arm.to_string(), reference: test.reference.to_string() },
        terms: [mean(1.0, &arm, &quantity), mean(-1.0, &reference, &quantity)].concat(),
        constant: -1.0,
        margin: test.margin.log2(),
        ceiling: None,
        scale: Scale::Times { null: 2.0 },
        bounded: late && learnt,
    }])
}

fn count(test: &Count, view: &ExperimentView) -> Result<Vec<Contrast>, String> {
    let size = |weight, of: &Side| Ok::<_, String>(mean(weight, &side(of, view)?, &Quantity::Size(test.of)));
    Ok(vec![Contrast {
        phrase: Phrase::Fewer { fewer: test.fewer.to_string(), more: test.more.to_string(), of: test.of },
        terms: [size(-1.0, &test.fewer)?, size(1.0, &test.more)?].concat(),
        constant: 0.0,
        // One fewer is fewer.
        margin: 1.0,
        ceiling: None,
        scale: Scale::Count(test.of),
        bounded: true,
    }])
}

fn measured(measure: &Measure, view: &ExperimentView) -> Measured {
    Measured { measure: measure.clone(), words: measure.words(&view.facts.perturbations) }
}

fn compared(phrase: Phrase, sides: &[(f64, &[usize])], measure: &Measure, margin: f64) -> Contrast {
    let quantity = Quantity::Of(measure.clone());
    let (scale, margin) = match measure {
        Measure::EpochSeconds => (Scale::Times { null: 1.0 }, margin.log2()),
        _ => (Scale::Points, margin / 100.0),
    };
    let terms = sides.iter().flat_map(|(weight, arms)| mean(*weight, arms, &quantity)).collect();
    Contrast { phrase, terms, constant: 0.0, margin, ceiling: None, scale, bounded: true }
}

/// The mean over `arms`, `weight` times.
fn mean(weight: f64, arms: &[usize], quantity: &Quantity) -> Vec<Term> {
    let weight = weight / arms.len() as f64;
    arms.iter().map(|arm| Term { arm: *arm, weight, quantity: quantity.clone() }).collect()
}

/// Positions of the arms of a side, at least one.
fn side(side: &Side, view: &ExperimentView) -> Result<Vec<usize>, String> {
    let takes = |arm: &ArmView| side.takes(&arm.facts);
    let arms: Vec<usize> = (0..view.arms.len()).filter(|arm| takes(&view.arms[*arm])).collect();
    if arms.is_empty() { Err(format!("the search has not drawn {side}")) } else { Ok(arms) }
}

/// Both sides of a comparison. Of two selections of a search only the points that differ in nothing else: what it drew
/// beside them would be taken for the difference.
fn matched(first: &Side, second: &Side, view: &ExperimentView) -> Result<(Vec<usize>, Vec<usize>), String> {
    let (left, right) = (side(first, view)?, side(second, view)?);
    let (Side::Selected(one), Side::Selected(other)) = (first, second) else { return Ok((left, right)) };
    let rest = |arm: &usize| {
        let mut point = view.arms[*arm].facts.point.clone();
        point.retain(|key, _| !one.contains_key(key) && !other.contains_key(key));
        point
    };
    let keep = |arms: &[usize], others: &[usize]| -> Vec<usize> {
        let has_twin = |arm: &&usize| others.iter().any(|other| rest(other) == rest(arm));
        arms.iter().filter(has_twin).copied().collect()
    };
    let (left, right) = (keep(&left, &right), keep(&right, &left));
    if left.is_empty() {
        return Err(format!(
            "the search has drawn no points of {first} and {second} that differ in nothing else"
        ));
    }
    Ok((left, right))
}

impl Contrast {
    /// Whether chance has no part in it.
    pub(super) fn is_exact(&self) -> bool {
        matches!(self.scale, Scale::Count(_))
    }

    /// What the reader must know of how trials were counted.
    pub(super) fn note(&self, view: &ExperimentView) -> Option<String> {
        let Phrase::Slow { arm, reference } = &self.phrase else { return None };
        let trials = |weighs: fn(f64) -> bool, counts: fn(Option<usize>) -> bool| {
            let terms = self.terms.iter().filter(|term| weighs(term.weight));
            let records = terms.flat_map(|term| &view.arms[term.arm].records);
            records.filter(|record| counts(epochs_to_learn(record))).count()
        };
        let never = "did not reach 90 %, counted as one epoch more than was run";
        let first = "reached 90 % within the first epoch";
        let told = [
            (trials(|weight| weight > 0.0, |epochs| epochs.is_none()), arm, never),
            (trials(|weight| weight < 0.0, |epochs| epochs.is_none()), reference, never),
            (trials(|weight| weight < 0.0, |epochs| epochs == Some(1)), reference, first),
        ];
        let told = told.iter().filter(|(count, ..)| *count > 0);
        let mut notes: Vec<String> = told
            .map(|(count, arm, what)| format!("{} of {arm} {what}", counted(*count, "trial", "trials")))
            .collect();
        if !self.bounded {
            notes.push("so the ratio has no upper bound".into());
        }
        (!notes.is_empty()).then(|| notes.join("; "))
    }
}

impl Scale {
    /// An effect as readers see it.
    pub(super) fn shown(self, effect: f64) -> f64 {
        match self {
            Self::Points => 100.0 * effect,
            Self::Times { null } => null * effect.exp2(),
            Self::Share => 0.5 + effect,
            Self::Count(_) => effect,
        }
    }

    /// The unit of what readers see.
    pub(super) fn unit(self) -> Unit {
        match self {
            Self::Points => Unit::Points,
            Self::Times { .. } => Unit::Times,
            Self::Share => Unit::Share,
            Self::Count(_) => Unit::Count,
        }
    }
}
