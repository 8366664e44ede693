//! One claim on the page: the sentence, the verdict and why, and every number behind it.

use crate::chart::{Interval, Scale};
use crate::claim::{Judgement, Measure, Part, Side, Test, Unit};
use crate::format::{ABSENT, amount, count, interval, p_value, unit};
use crate::report::{ArmView, ExperimentView};

use super::verdict::Mark;

pub(super) struct ClaimPage<'a> {
    pub(super) address: String,
    pub(super) claim: &'a Judgement,
    pub(super) mark: Mark,
    /// What the paper reports of it, such as `Ensemble 95.57 %`.
    pub(super) reported: Vec<String>,
    /// The part with the weakest support, in words and drawn.
    pub(super) figure: Option<Figure>,
    pub(super) rows: Vec<Row<'a>>,
    /// Names and values.
    pub(super) facts: Vec<(&'static str, String)>,
}

/// A part, drawn.
pub(super) struct Figure {
    /// Effect and interval.
    pub(super) words: String,
    /// Where there is no effect.
    pub(super) null: String,
    /// From where on the claim is true.
    pub(super) threshold: String,
    pub(super) interval: Interval,
}

/// A part, in the words of the page.
pub(super) struct Row<'a> {
    pub(super) part: &'a Part,
    pub(super) effect: String,
    pub(super) interval: String,
    pub(super) threshold: String,
    pub(super) p_sign_flip: String,
    pub(super) p_two_variance: String,
    /// Of seeds, of images, and of the rest.
    pub(super) deviations: [String; 3],
    pub(super) seeds: String,
}

impl<'a> ClaimPage<'a> {
    pub(super) fn new(view: &ExperimentView, claim: &'a Judgement) -> Self {
        let asked = view.facts.claims.iter().find(|asked| asked.id == claim.id);
        let binding = claim.parts.iter().find(|part| part.binding);
        Self {
            address: address(&view.facts.name, &claim.id),
            claim,
            mark: claim.verdict.into(),
            reported: asked.map_or_else(Vec::new, |asked| reported(&asked.test, &view.arms)),
            figure: binding.and_then(figure),
            rows: claim.parts.iter().map(row).collect(),
            facts: facts(claim),
        }
    }
}

/// Where a claim stands on the page: nothing but letters, digits, `_` and `-`.
pub(super) fn address(experiment: &str, id: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '-' };
    format!("claim-{experiment}-{id}").chars().map(plain).collect()
}

/// The number of a claim about a value, or those of the arms that a claim about accuracies compares.
fn reported(test: &Test, arms: &[ArmView]) -> Vec<String> {
    let of = |sides: Option<&[Side]>| {
        let named = arms
            .iter()
            .filter(|arm| sides.is_none_or(|sides| sides.iter().any(|side| side.takes(&arm.facts))));
        let number =
            |arm: &ArmView| Some(format!("{} {} %", arm.facts.name, arm.facts.reported.as_ref()?.percent));
        named.filter_map(number).collect::<Vec<_>>()
    };
    match test {
        Test::Value(value) => vec![format!("{} {} %", value.arm, value.percent)],
        Test::Best(best) if best.measure == Measure::Accuracy => of(None),
        Test::Order(order) if order.measure == Measure::Accuracy => of(Some(&order.arms)),
        Test::Trend(trend) if trend.measure == Measure::Accuracy => of(Some(&trend.arms)),
        Test::All(parts) => {
            let mut numbers: Vec<String> = parts.iter().flat_map(|part| reported(part, arms)).collect();
            numbers.dedup();
            numbers
        }
        _ => Vec::new(),
    }
}

/// `None` for exact counts, which have no interval.
fn figure(part: &Part) -> Option<Figure> {
    // Ratios are even about 1 on a logarithmic scale.
    let place = |value: f64| if part.unit == Unit::Times { value.ln() } else { value };
    let limits = (place(part.low?), place(part.high?));
    let [effect, null, threshold] = [part.effect, part.null, part.threshold].map(place);
    let scale = Scale::from_values([limits.0, limits.1, effect, null, threshold]);
    Some(Figure {
        words: interval(part),
        null: part.null.to_string(),
        threshold: amount(part.unit, part.threshold),
        interval: scale.interval(effect, limits, null, threshold),
    })
}

fn row(part: &Part) -> Row<'_> {
    let amount = |value: f64| amount(part.unit, value);
    let p = |p: Option<f64>| p.map_or(ABSENT.into(), p_value);
    let deviation = |deviation: Option<f64>| deviation.map_or(ABSENT.into(), |value| format!("{value:.2}"));
    Row {
        part,
        effect: amount(part.effect) + unit(part.unit),
        interval: part
            .low
            .zip(part.high)
            .map_or(ABSENT.into(), |(low, high)| format!("{} to {}", amount(low), amount(high))),
        threshold: amount(part.threshold),
        p_sign_flip: p(part.p_sign_flip),
        p_two_variance: p(part.p_two_variance),
        deviations: [part.seed_deviation, part.image_deviation, part.residual_deviation].map(deviation),
        seeds: if part.p_sign_flip.is_some() { count(part.paired as u64) } else { ABSENT.into() },
    }
}

fn facts(claim: &Judgement) -> Vec<(&'static str, String)> {
    let p = |name, p: Option<f64>| Some((name, p_value(p?)));
    let family = format!("{} of this experiment", count(claim.family as u64));
    [
        p("p of the claim, the largest of its parts", claim.p),
        p("Corrected p (Holm)", claim.corrected_p),
        p("Corrected p of the claim being true", claim.corrected_refuting_p),
        p("Smallest p that these seeds can give", claim.attainable_p),
        claim.p.map(|_| ("Claims in the correction", family)),
        Some(("Seeds paired", format!("{} of {} planned", claim.paired, claim.planned))),
        claim.images.map(|images| ("Test images", count(images as u64))),
        claim.power.map(|power| {
            ("Chance of “holds” if the effect is the margin", format!("{:.0} %", 100.0 * power))
        }),
        claim.need.map(|need| ("What would decide it", need.to_string())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_letter_that_a_link_would_have_to_escape() {
        assert_eq!(address("task1_models", "cnn-best"), "claim-task1_models-cnn-best");
        assert_eq!(address("a b\"<é>", "c/d"), "claim-a-b-----c-d");
    }
}
