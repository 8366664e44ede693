//! Each kind of test, and what its contrast is made of.

use super::*;

fn diverging(name: &str, seeds: u64, diverged: u64) -> ArmView {
    let mut arm = arm(name, seeds, |seed| if seed <= diverged { 150 } else { 10 });
    arm.records[0].results.outcome = Outcome::Diverged { epoch: 1 };
    arm.records[0].results.test = None;
    arm
}

#[test]
fn trials_of_different_images_are_paired_by_their_means() {
    let order = [json!({"order": {"arms": ["a", "c"], "margin": 0.5}})];
    let same = only(&view(three(8), 8, &order));
    let mut arms = three(8);
    arms[1].records[0].results.test.as_mut().unwrap().indices[0] = 9_999;
    assert_eq!(only(&view(arms.clone(), 8, &order)), same);
    arms[2].records[0].results.test.as_mut().unwrap().indices[0] = 9_999;
    let other = only(&view(arms, 8, &order));
    assert_eq!((same.images, other.images), (Some(IMAGES), None));
    assert!((same.parts[0].effect - other.parts[0].effect).abs() < 1e-9);
    assert_eq!(other.parts[0].image_deviation, None);
}

#[test]
fn an_arm_diverges_if_most_of_its_seeds_do() {
    let claim = [json!({"diverges": {"arm": "d", "margin": 0.25}})];
    let judgement = only(&view(vec![diverging("d", 8, 8)], 8, &claim));
    assert_eq!(judgement.verdict, Verdict::Holds);
    assert!((judgement.p.unwrap() - 0.007_812_5).abs() < 1e-12);
    let part = &judgement.parts[0];
    assert_eq!((part.unit, part.effect, part.null, part.threshold), (Unit::Share, 1.0, 0.5, 0.75));
    assert!((part.low.unwrap() - 0.630_583_352_447_18).abs() < 1e-9);
    assert_eq!((part.p_two_variance, part.seed_deviation), (None, None));
    // 0.75⁸: only eight of eight show it.
    assert!((judgement.power.unwrap() - 0.100_112_915_039).abs() < 1e-9);
    says(
        &view(vec![diverging("d", 8, 1)], 8, &claim),
        Verdict::DoesNotHold,
        "d diverges with 1 of 8 seeds [0.00, 0.53], below the margin of 0.75 of the seeds; corrected p of that margin below 0.001",
    );
}

/// An arm whose validation accuracy is above 90 % from that epoch on, for each of eight seeds.
fn learns_at(name: &str, epoch: impl Fn(u64) -> usize) -> ArmView {
    let mut arm = arm(name, 8, |_| 10);
    for record in &mut arm.records {
        let learnt = epoch(record.seed);
        for measured in &mut record.results.history {
            measured.validation_accuracy = if measured.epoch >= learnt { 0.92 } else { 0.8 };
        }
    }
    arm
}

fn slow(arm: ArmView, reference: ArmView) -> Judgement {
    let claim = [json!({"slow": {"arm": "s", "reference": "r", "margin": 1.1}})];
    only(&view(vec![arm, reference], 8, &claim))
}

#[test]
fn a_slow_arm_needs_more_than_twice_the_epochs() {
    let late = learns_at("s", |seed| if seed < 3 { 99 } else { 6 });
    let judgement = slow(late, learns_at("r", |seed| 1 + seed as usize % 2));
    let part = &judgement.parts[0];
    // Seeds 1 to 8: 9/2, 9/1, 6/2, 6/1, 6/2, 6/1, 6/2, 6/1, where 9 is one more than was run.
    let product: f64 = 4.5 * 9.0 * 3.0 * 6.0 * 3.0 * 6.0 * 3.0 * 6.0;
    assert!((part.effect - product.powf(1.0 / 8.0)).abs() < 1e-9);
    assert_eq!((part.unit, part.null, part.paired, part.images), (Unit::Times, 2.0, 8, None));
    assert!((part.threshold - 2.2).abs() < 1e-12);
    assert_eq!(
        part.note.as_deref(),
        Some(
            "2 trials of s did not reach 90 %, counted as one epoch more than was run; 4 trials of r reached 90 % \
             within the first epoch; so the ratio has no upper bound"
        )
    );
    assert_eq!((judgement.verdict, part.high), (Verdict::Holds, None));
}

#[test]
fn a_slow_arm_is_refuted_only_by_epochs_that_bound_the_ratio() {
    // Within the first epoch can be after a tenth of it: twice as many whole epochs refute nothing.
    let within_the_first = slow(learns_at("s", |_| 2), learns_at("r", |_| 1));
    assert_eq!((within_the_first.verdict, within_the_first.need), (Verdict::Undecided, None));
    assert!(within_the_first.reason.starts_with(
        "s takes 2.00 times the epochs of r to 90 % validation accuracy [2.00, ∞]; corrected p 1.000"
    ));
    // Never, against the third: it may need a hundred.
    let never = slow(learns_at("s", |_| 99), learns_at("r", |_| 5));
    assert_eq!(never.verdict, Verdict::Undecided);
    assert_eq!(slow(learns_at("s", |_| 4), learns_at("r", |_| 3)).verdict, Verdict::DoesNotHold);
}

#[test]
fn a_reference_that_never_learns_speaks_against_a_slow_arm() {
    let reference = || learns_at("r", |seed| if seed == 8 { 99 } else { 2 });
    let judgement = slow(learns_at("s", |_| 6), reference());
    assert_eq!((judgement.paired, judgement.verdict), (8, Verdict::Undecided));
    assert_eq!(
        judgement.parts[0].note.as_deref().map(|note| note.contains("1 trial of r did not reach 90 %")),
        Some(true)
    );
}

#[test]
fn a_trial_that_diverged_has_no_gap_and_nothing_to_lose() {
    let claim = [json!({"order": {"arms": ["a", "b"], "measure": "gap", "margin": 1.0}})];
    let mut lost = arm("b", 8, |_| 10);
    let record = &mut lost.records[0];
    record.results.outcome = crate::record::Outcome::Diverged { epoch: 2 };
    (record.results.test, record.results.final_training_accuracy) = (None, None);
    let judgement = only(&view(vec![arm("a", 8, |_| 10), lost], 8, &claim));
    assert_eq!((judgement.paired, judgement.planned), (7, 8));
}

#[test]
fn selections_are_compared_where_they_differ_in_nothing_else() {
    let at = |name: &str, rate: f64, dropout: f64, wrong: usize| {
        let mut arm = arm(name, 8, |_| wrong);
        arm.facts.point = [("rate".to_string(), json!(rate)), ("dropout".to_string(), json!(dropout))].into();
        arm
    };
    let claim = json!({"order": {"arms": [{"rate": 0.001}, {"rate": 0.01}], "margin": 1.0}});
    // The points that have no twin would make a difference of their own.
    let arms =
        vec![at("a", 0.001, 0.2, 1), at("b", 0.001, 0.5, 10), at("c", 0.01, 0.5, 10), at("d", 0.01, 0.7, 90)];
    let judgement = only(&view(arms.clone(), 8, std::slice::from_ref(&claim)));
    assert!(judgement.parts[0].effect.abs() < 1e-9, "{}", judgement.parts[0].effect);
    let unlike = only(&view(vec![arms[0].clone(), arms[3].clone()], 8, &[claim]));
    assert_eq!(unlike.verdict, Verdict::NotJudged);
    assert!(unlike.reason.ends_with("that differ in nothing else"), "{}", unlike.reason);
}

#[test]
fn the_best_of_a_space_is_not_shown_by_a_part_of_it() {
    let mut view = view(
        vec![arm("a", 8, |_| 2), arm("b", 8, |_| 90)],
        8,
        &[json!({"best": {"arm": "a", "margin": 1.0}})],
    );
    assert_eq!(only(&view).verdict, Verdict::Holds);
    view.facts.search = Some(crate::report::SearchFacts {
        sampler: "random".into(),
        seed: 0,
        points: 27,
        dimensions: vec![],
    });
    let judgement = only(&view);
    assert_eq!((judgement.verdict, judgement.need), (Verdict::Undecided, None));
    assert!(judgement.reason.ends_with("; but only 2 of 27 points were drawn"), "{}", judgement.reason);
}

#[test]
fn counts_are_exact_and_have_no_p() {
    let count = |fewer, more, of| json!({"count": {"fewer": fewer, "more": more, "of": of}});
    let mut arms = vec![arm("cnn", 1, |_| 0), arm("fcn", 1, |_| 0)];
    // Waiting trials change no count.
    arms[0].waiting = 7;
    let tests = [count("cnn", "fcn", "parameters"), count("fcn", "cnn", "multiply-adds")];
    let judgements = judge(&view(arms.clone(), 8, &tests), false);
    assert_eq!(judgements[0].reason, "cnn has 115,904 fewer parameters than fcn");
    assert_eq!(judgements[1].reason, "fcn has 41,984 more multiply-adds than cnn");
    assert_eq!(
        judgements.iter().map(|judged| judged.verdict).collect::<Vec<_>>(),
        [Verdict::Holds, Verdict::DoesNotHold]
    );
    assert_eq!((judgements[0].family, judgements[0].p, judgements[0].power), (0, None, None));
    arms[1].facts.name = "same".into();
    arms[1].records = arms[0].records.clone();
    says(
        &view(arms, 8, &[count("cnn", "same", "parameters")]),
        Verdict::DoesNotHold,
        "cnn has as many parameters as same",
    );
}

#[test]
fn a_value_is_reproduced_within_its_tolerance() {
    let value = |percent| json!({"value": {"arm": "a", "percent": percent, "within": 3.0}});
    let near = only(&view(three(12), 12, &[value(95.0)]));
    assert_eq!(near.verdict, Verdict::Holds);
    assert_eq!(
        near.parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(),
        ["a above 92.00 % (95 − 3), test accuracy", "a below 98.00 % (95 + 3), test accuracy"]
    );
    let far = only(&view(three(12), 12, &[value(80.0)]));
    assert_eq!(
        (far.verdict, far.reason.as_str()),
        (
            Verdict::DoesNotHold,
            "a measures 94.50 %, 11.50 points above 83.00 % [11.23, 11.77], the upper end of 80 ± 3 %; corrected p of the range below 0.001"
        )
    );
}

#[test]
fn every_measure_is_read_from_its_place() {
    let noise = Perturbation::new("noise", 0.2);
    let mut arms = three(8);
    for (place, arm) in arms.iter_mut().enumerate() {
        for record in &mut arm.records {
            let results = &mut record.results;
            results.test = Some(answers(0, 20));
            results.final_training_accuracy = Some([0.98, 0.96, 0.94][place]);
            let test = Some(answers(0, [30, 40, 60][place]));
            results.perturbed = vec![Perturbed { perturbation: noise.clone(), test }];
            results.history[0].validation_accuracy = [0.7, 0.6, 0.5][place];
            record.timing.epoch_seconds = vec![[4.0, 2.0, 1.0][place], 1_000.0, 0.0];
        }
    }
    for (measure, first, second, unit) in [
        (json!("accuracy"), 0.0, 0.0, Unit::Points),
        (json!("training"), 2.0, 2.0, Unit::Points),
        (json!("gap"), 2.0, 2.0, Unit::Points),
        (json!({"under": {"noise": 0.2}}), 5.0, 10.0, Unit::Points),
        (json!({"lost-under": {"noise": 0.2}}), -5.0, -10.0, Unit::Points),
        (json!({"validation-after": 1}), 10.0, 10.0, Unit::Points),
        (json!("epoch-seconds"), 2.0, 2.0, Unit::Times),
    ] {
        let order = json!({"order": {"arms": ["a", "b", "c"], "measure": measure, "margin": 1.1}});
        let trend = json!({"trend": {"arms": ["c", "b", "a"], "measure": measure, "direction": "rises", "margin": 1.1}});
        let judgements = judge(&view(arms.clone(), 8, &[order, trend]), false);
        let effects: Vec<f64> =
            judgements.iter().flat_map(|judgement| &judgement.parts).map(|part| part.effect).collect();
        let whole = if unit == Unit::Times { first * second } else { first + second };
        for (found, expected) in effects.iter().zip([first, second, whole]) {
            assert!((found - expected).abs() < 1e-9, "{measure}: {effects:?}");
        }
        assert_eq!(judgements[0].parts[0].unit, unit);
    }
}

#[test]
fn the_fitted_change_weighs_the_arms_by_their_place() {
    let mut arms = three(8);
    arms.push(arm("d", 8, |seed| 30 + (seed % 2) as usize));
    let accuracy = |arm: &ArmView| {
        let of = |record: &Record| record.results.test.as_ref().unwrap().accuracy().unwrap();
        100.0 * arm.records.iter().map(of).sum::<f64>() / 8.0
    };
    let [a, b, c, d] = [0, 1, 2, 3].map(|place| accuracy(&arms[place]));
    // numpy.polyfit(range(4), y, 1)[0] * 3 = 0.9 (d - a) + 0.3 (c - b).
    let expected = -(0.9 * (d - a) + 0.3 * (c - b));
    let trend = json!({"trend": {"arms": ["a", "b", "c", "d"], "direction": "falls", "margin": 1.0}});
    let judgement = only(&view(arms, 8, &[trend]));
    assert!((judgement.parts[0].effect - expected).abs() < 1e-9);
    assert_eq!(
        (judgement.verdict, judgement.reason.as_str()),
        (Verdict::Holds, "test accuracy falls by 9.64 points from a to d [9.32, 9.95]; corrected p 0.008")
    );
}

#[test]
fn a_trend_may_go_the_other_way() {
    let trend = json!({"trend": {"arms": ["a", "c"], "direction": "rises", "margin": 1.0}});
    says(
        &view(three(8), 8, &[trend]),
        Verdict::DoesNotHold,
        "test accuracy does not rise but falls by 5.00 points from a to c [−5.39, −4.61], below the margin of 1.00 points; corrected p of that margin below 0.001",
    );
}

#[test]
fn a_selection_is_the_mean_of_its_arms() {
    let mut arms = three(8);
    for (arm, layers) in arms.iter_mut().zip([2, 3, 3]) {
        arm.facts.point = [("layers".to_string(), layers.into())].into();
    }
    let order = |arms: Value| json!({"order": {"arms": arms, "margin": 0.5}});
    let judgements = judge(
        &view(
            arms,
            8,
            &[
                order(json!([{"layers": 2}, {"layers": 3}])),
                order(json!(["a", "b"])),
                order(json!(["a", "c"])),
            ],
        ),
        false,
    );
    let [mean, b, c] = [0, 1, 2].map(|place: usize| judgements[place].parts[0].effect);
    assert!((mean - f64::midpoint(b, c)).abs() < 1e-9);
    assert_eq!(judgements[0].parts[0].name, "layers 2 above layers 3, test accuracy");
}
