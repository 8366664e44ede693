//! Claims over made-up records, from the file's words to the reader's.

mod contrasts;
mod settled;

use serde_json::{Value, json};

use super::*;
use crate::claim::{Need, Unit};
use crate::fixture::record;
use crate::record::{Outcome, Perturbation, Perturbed, Predictions, Record};
use crate::report::{ArmFacts, ArmView};

/// Test images of these records.
const IMAGES: usize = 200;

/// Answers that miss images `from` to `from + wrong - 1`.
fn answers(from: usize, wrong: usize) -> Predictions {
    let right = |image: usize| image < from || image >= from + wrong;
    Predictions {
        classes: 2,
        indices: (0..IMAGES as u32).collect(),
        labels: vec![0; IMAGES],
        probabilities: (0..IMAGES)
            .flat_map(|image| if right(image) { [1.0, 0.0] } else { [0.0, 1.0] })
            .collect(),
    }
}

/// An arm that misses `wrong(seed)` images.
fn arm(name: &str, seeds: u64, wrong: impl Fn(u64) -> usize) -> ArmView {
    let of_seed = |seed| {
        let mut record = record(name, seed);
        record.results.test = Some(answers((seed as usize * 13).min(IMAGES - wrong(seed)), wrong(seed)));
        record
    };
    ArmView {
        facts: ArmFacts { name: name.into(), ..ArmFacts::default() },
        records: (1..=seeds).map(of_seed).collect(),
        ..ArmView::default()
    }
}

fn view(arms: Vec<ArmView>, seeds: u64, tests: &[Value]) -> ExperimentView {
    let claims = tests.iter().enumerate().map(|(place, test)| Claim {
        id: format!("claim-{place}"),
        sentence: "It is so.".into(),
        reading: None,
        caution: None,
        test: serde_json::from_value(test.clone()).unwrap(),
    });
    let mut view = crate::fixture::report().experiments.remove(0);
    view.arms = arms;
    view.facts.seeds = (1..=seeds).collect();
    view.facts.claims = claims.collect();
    view
}

/// Three arms that miss about 10, 14 and 20 of 200 images.
fn three(seeds: u64) -> Vec<ArmView> {
    let wobble = |seed: u64| (seed * 7 % 3) as usize;
    vec![
        arm("a", seeds, move |seed| 10 + wobble(seed)),
        arm("b", seeds, move |seed| 14 + wobble(seed + 1)),
        arm("c", seeds, move |seed| 20 + wobble(seed * 2)),
    ]
}

fn only(view: &ExperimentView) -> Judgement {
    judge(view, false).remove(0)
}

#[track_caller]
fn says(view: &ExperimentView, verdict: Verdict, reason: &str) {
    let judgement = only(view);
    assert_eq!((judgement.verdict, judgement.reason.as_str()), (verdict, reason));
}

#[test]
fn a_best_arm_is_above_its_closest_rival() {
    let view = view(three(8), 8, &[json!({"best": {"arm": "a", "margin": 0.5}})]);
    let judgement = only(&view);
    assert_eq!(judgement.verdict, Verdict::Holds);
    assert_eq!(
        judgement.reason,
        "a is 1.94 points above b, the closest rival [1.29, 2.59]; corrected p 0.008"
    );
    let [b, c] = &judgement.parts[..] else { panic!("expected two rivals") };
    assert_eq!((b.name.as_str(), b.binding, c.binding), ("a above b, test accuracy", true, false));
    assert_eq!((b.unit, b.null, b.threshold, b.paired, b.images), (Unit::Points, 0.0, 0.5, 8, Some(IMAGES)));
    assert_eq!((judgement.family, judgement.paired, judgement.planned), (1, 8, 8));
    assert_eq!((judgement.attainable_p, judgement.need), (Some(0.007_812_5), None));
    assert!(judgement.p == judgement.corrected_p && judgement.power.is_some());
}

#[test]
fn the_other_way_it_does_not_hold() {
    let view = view(three(8), 8, &[json!({"best": {"arm": "c", "margin": 0.5}})]);
    says(
        &view,
        Verdict::DoesNotHold,
        "c is 5.00 points below a [−5.39, −4.61], below the margin of 0.50 points; corrected p of that margin below 0.001",
    );
}

#[test]
fn five_seeds_that_all_favour_a_claim_decide_nothing() {
    let order = |first, second| json!({"order": {"arms": [first, second], "margin": 0.5}});
    let favourable = view(three(5), 5, &[order("a", "c")]);
    assert!(only(&favourable).parts[0].low.unwrap() > 0.0);
    says(
        &favourable,
        Verdict::Undecided,
        "a is 5.00 points above c [4.38, 5.62]; corrected p 0.062; 5 seeds cannot give a p below 0.0625; about 6 seeds would be enough if these estimates hold",
    );
    let against = view(three(5), 5, &[order("c", "a")]);
    assert!(only(&against).parts[0].high.unwrap() < 0.0);
    assert_eq!(only(&against).verdict, Verdict::Undecided);
}

#[test]
fn a_family_needs_more_seeds_than_a_claim() {
    let order = json!({"order": {"arms": ["a", "c"], "margin": 0.5}});
    let none = json!({"order": {"arms": ["b", "b2"], "margin": 0.5}});
    let mut arms = three(7);
    arms.push(arm("b2", 7, |seed| 14 + (seed * 5 % 3) as usize));
    assert_eq!(only(&view(arms.clone(), 7, std::slice::from_ref(&order))).verdict, Verdict::Holds);
    let judgements = judge(&view(arms, 7, &[order, none.clone(), none.clone(), none]), false);
    assert_eq!(judgements[0].verdict, Verdict::Undecided);
    assert_eq!(judgements[0].family, 4);
    assert!((judgements[0].corrected_p.unwrap() - 4.0 * 0.015_625).abs() < 1e-12);
    assert_eq!(judgements[0].need, Some(Need::Seeds(8)));
    assert_eq!(
        judgements[0].reason,
        "a is 5.07 points above c [4.66, 5.49]; corrected p 0.062; 7 seeds may not be able to give a corrected p below 0.062 among 4 claims; about 8 seeds would be enough if these estimates hold"
    );
}

#[test]
fn what_cannot_be_judged_says_why() {
    let best = [json!({"best": {"arm": "a", "margin": 0.5}})];
    let mut waiting = view(three(8), 8, &best);
    waiting.arms[2].waiting = 3;
    says(&waiting, Verdict::NotJudged, "3 trials of c are not finished");
    let mut empty = view(three(8), 8, &best);
    empty.arms[1].records.clear();
    says(&empty, Verdict::NotJudged, "no trial of b has finished");
    let mut stand_in = view(three(8), 8, &best);
    assert_eq!(judge(&stand_in, true)[0].reason, "stand-in digits, not USPS");
    stand_in.arms[0].records[0].results.dataset.stand_in = true;
    says(&stand_in, Verdict::NotJudged, "stand-in digits, not USPS");
    let mut pooled = view(three(8), 8, &best);
    pooled.facts.protocol = "pooled".into();
    says(&pooled, Verdict::NotJudged, "under the protocol pooled each seed has different test images");
    let undrawn = view(three(8), 8, &[json!({"order": {"arms": [{"layers": 3}, "a"], "margin": 0.5}})]);
    says(&undrawn, Verdict::NotJudged, "the search has not drawn layers 3");
    let one = view(three(1), 8, &best);
    says(&one, Verdict::NotJudged, "needs at least 2 seeds, has 1");
}

#[test]
fn a_claim_that_is_not_judged_still_counts_in_its_family() {
    let order = |first, second| json!({"order": {"arms": [first, second], "margin": 0.5}});
    let mut arms = three(8);
    arms[1].waiting = 1;
    let judgements = judge(&view(arms, 8, &[order("a", "c"), order("a", "b")]), false);
    assert_eq!(judgements[1].verdict, Verdict::NotJudged);
    assert_eq!(judgements[0].corrected_p, judgements[0].p.map(|p| 2.0 * p));
}

#[test]
fn a_failed_trial_drops_its_seed_and_a_diverged_one_gets_every_image_wrong() {
    let mut arms = three(8);
    arms[0].records.remove(3);
    let lost = &mut arms[2].records[0].results;
    (lost.outcome, lost.test) = (Outcome::Diverged { epoch: 2 }, None);
    let judgement = only(&view(arms, 8, &[json!({"order": {"arms": ["a", "c"], "margin": 0.5}})]));
    assert_eq!((judgement.paired, judgement.planned), (7, 8));
    assert!(judgement.reason.contains("7 of 8 seeds"), "{}", judgement.reason);
    // Seed 1: 189 of 200 against none.
    assert!(judgement.parts[0].effect > 94.0 / 7.0);
    assert_eq!(judgement.images, Some(IMAGES));
}

#[test]
fn all_parts_must_hold_with_one_p() {
    let part = |first, second| json!({"order": {"arms": [first, second], "margin": 0.5}});
    let fewer = |fewer, more| json!({"count": {"fewer": fewer, "more": more, "of": "parameters"}});
    let of = |parts: &[Value]| {
        let mut arms = three(8);
        arms[2].records[0].results.model.parameters = 1;
        only(&view(arms, 8, &[json!({"all": parts})]))
    };
    let both = of(&[part("a", "b"), part("b", "c")]);
    let (first, second) = (of(&[part("a", "b")]), of(&[part("b", "c")]));
    assert_eq!(
        (both.verdict, both.p),
        (Verdict::Holds, [first.p, second.p].into_iter().flatten().reduce(f64::max))
    );
    assert_eq!(of(&[part("a", "b"), fewer("c", "a")]).verdict, Verdict::Holds);
    let failing = of(&[part("a", "b"), fewer("a", "c")]);
    assert_eq!(
        (failing.verdict, failing.reason.as_str()),
        (Verdict::DoesNotHold, "a has 20,809 more parameters than c")
    );
    assert_eq!(of(&[part("a", "b"), part("c", "b")]).verdict, Verdict::DoesNotHold);
}

#[test]
fn images_that_disagree_cannot_be_outvoted_by_seeds() {
    // Every seed says the same: a misses 40 images, b 46 others.
    let fixed = |name: &str, from, wrong| {
        let mut arm = arm(name, 8, |_| 0);
        for record in &mut arm.records {
            record.results.test = Some(answers(from + (record.seed % 2) as usize, wrong));
        }
        arm
    };
    let arms = vec![fixed("a", 0, 40), fixed("b", 100, 46)];
    let judgement = only(&view(arms, 8, &[json!({"order": {"arms": ["a", "b"], "margin": 0.5}})]));
    assert_eq!((judgement.parts[0].p_sign_flip, judgement.need), (Some(0.007_812_5), Some(Need::MoreImages)));
    assert_eq!(
        (judgement.verdict, judgement.reason.as_str()),
        (
            Verdict::Undecided,
            "a is 3.00 points above b [−6.10, 12.10]; corrected p 0.516; more seeds cannot decide this: it needs more test images"
        )
    );
}

#[test]
fn a_judgement_is_written_whole_and_the_same_every_time() {
    let tests =
        [json!({"best": {"arm": "a", "margin": 0.5}}), json!({"diverges": {"arm": "a", "margin": 0.25}})];
    let view = view(three(8), 8, &tests);
    let json = serde_json::to_value(judge(&view, false)).unwrap();
    assert_eq!(json, serde_json::to_value(judge(&view, false)).unwrap());
    assert_eq!((&json[0]["verdict"], &json[1]["verdict"]), (&json!("holds"), &json!("does_not_hold")));
    assert_eq!((&json[0]["kind"], &json[0]["parts"][0]["unit"]), (&json!("best"), &json!("points")));
    assert!(json[0]["parts"][0]["p_two_variance"].as_f64().unwrap() < 0.05);
}
