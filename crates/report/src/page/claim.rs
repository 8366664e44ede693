//! One claim on the page: the sentence, the verdict and why, and every number behind it.

use crate::chart::{Shown, Strip};
use crate::claim::{Judgement, Measure, Part, Side, Test};
use crate::format::{ABSENT, amount, count, counted, interval, p_value, unit};
use crate::report::{ArmView, ExperimentView};

use super::verdict::Mark;

pub(super) struct ClaimPage<'a> {
    pub(super) address: String,
    pub(super) claim: &'a Judgement,
    pub(super) mark: Mark,
    /// What the paper reports of it, such as `Ensemble 95.57 %`.
    pub(super) reported: Vec<String>,
    /// That no smaller p was possible, without a full stop.
    pub(super) floor: Option<String>,
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
    pub(super) strip: Strip,
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
            floor: floor(claim),
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
            let mut numbers: Vec<String> = Vec::new();
            for number in parts.iter().flat_map(|part| reported(part, arms)) {
                // An arm that several parts compare is reported once.
                if !numbers.contains(&number) {
                    numbers.push(number);
                }
            }
            numbers
        }
        _ => Vec::new(),
    }
}

/// `None` for exact counts, which have no interval.
fn figure(part: &Part) -> Option<Figure> {
    let Part { unit, effect, null, threshold, .. } = *part;
    let shown =
        Shown { unit, effect, low: part.low?, high: part.high.unwrap_or(f64::INFINITY), null, threshold };
    Some(Figure { words: interval(part), strip: Strip::new(shown, &amount(unit, threshold))? })
}

/// That the seeds allow no smaller p, where the verdict rests on such a one.
fn floor(claim: &Judgement) -> Option<String> {
    let (alone, corrected) = (claim.attainable_p?, claim.attainable_corrected_p?);
    let seeds = counted(claim.paired, "seed", "seeds");
    let alone = p_value(alone);
    claim.is_at_the_floor().then(|| {
        if claim.family < 2 || alone == p_value(corrected) {
            return format!("{seeds} allow no smaller p than {alone}");
        }
        format!(
            "{seeds} allow no smaller p: it is {alone} at the least, and {} after the correction for the {} claims of \
             this experiment",
            p_value(corrected),
            count(claim.family as u64)
        )
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
        p("Smallest corrected p that they can give", claim.attainable_corrected_p),
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
    use serde_json::json;

    use super::*;
    use crate::claim::{Claim, Verdict, judge};
    use crate::fixture;
    use crate::report::Reported;

    #[test]
    fn an_arm_that_several_parts_compare_is_reported_once() {
        let mut view = fixture::report().experiments.remove(0);
        view.arms[2].facts.reported = Some(Reported { percent: 93.2, what: "table 3".into() });
        view.arms[0].facts.reported = Some(Reported { percent: 96.3, what: "table 3".into() });
        let order = |first: &str, second: &str| json!({"order": {"arms": [first, second], "margin": 0.3}});
        let both = json!({"all": [order("cnn", "fcn"), order("local_net", "cnn"), order("cnn", "fcn")]});
        let test: Test = serde_json::from_value(both).unwrap();
        assert_eq!(reported(&test, &view.arms), ["fcn 96.3 %", "cnn 93.2 %"]);
    }

    /// Arms of eight seeds, of which `cnn` is best with each, and so many claims that it is.
    fn eight_seeds(claims: usize) -> Vec<Judgement> {
        let mut view = fixture::report().experiments.remove(0);
        view.facts.seeds = (0..8).collect();
        for arm in &mut view.arms {
            arm.records = (0..8).map(|seed| fixture::record(&arm.facts.name, seed)).collect();
            for (record, seed) in arm.records.iter_mut().zip(0_u8..) {
                let far = if arm.facts.name == "cnn" { 0.9 } else { 0.5 };
                record.results.history[0].validation_accuracy = far + 0.001 * f64::from(seed % 3);
            }
        }
        let best = json!({"best": {"arm": "cnn", "measure": {"validation-after": 1}, "margin": 1.0}});
        let claim = |number: usize| Claim {
            id: format!("c{number}"),
            sentence: "It is the best.".into(),
            reading: None,
            caution: None,
            test: serde_json::from_value(best.clone()).unwrap(),
        };
        view.facts.claims = (0..claims).map(claim).collect();
        judge(&view, false)
    }

    #[test]
    fn a_p_that_cannot_be_smaller_says_so() {
        let six = eight_seeds(6);
        assert_eq!(six[0].verdict, Verdict::Holds);
        assert_eq!(
            floor(&six[0]).unwrap(),
            "8 seeds allow no smaller p: it is 0.008 at the least, and 0.047 after the correction for the 6 claims of \
             this experiment"
        );
        assert_eq!(floor(&eight_seeds(1)[0]).unwrap(), "8 seeds allow no smaller p than 0.008");
        let mut larger = six[0].clone();
        larger.corrected_p = Some(0.048);
        assert_eq!(floor(&larger), None);
        larger.corrected_p = six[0].corrected_p;
        larger.verdict = Verdict::DoesNotHold;
        assert_eq!(floor(&larger), None, "that verdict rests on another p");
    }

    #[test]
    fn an_address_has_no_letter_that_a_link_would_have_to_escape() {
        assert_eq!(address("task1_models", "cnn-best"), "claim-task1_models-cnn-best");
        assert_eq!(address("a b\"<é>", "c/d"), "claim-a-b-----c-d");
    }
}
