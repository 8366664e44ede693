//! Short runs: which verdicts are withheld until there are more epochs.

use super::*;
use crate::record::Epoch;

/// Two arms whose test accuracies at half of the epochs were `before`, of 200 images; at the end `after`.
fn moving(before: [f64; 2], after: [usize; 2]) -> ExperimentView {
    let arms = [("a", 0), ("b", 1)].map(|(name, place)| {
        let mut arm = arm(name, 8, |seed| after[place] + (seed * 7 % 3) as usize);
        for record in &mut arm.records {
            let last = record.results.test.as_ref().and_then(Predictions::accuracy).expect("answers");
            let epochs = record.results.history.len();
            for (place_in_time, epoch) in record.results.history.iter_mut().enumerate() {
                epoch.test_accuracy = if place_in_time + 1 == epochs { last } else { before[place] };
            }
        }
        arm
    });
    view(arms.to_vec(), 8, &[json!({ "order": { "arms": ["a", "b"], "margin": 1.0 } })])
}

#[test]
fn a_verdict_that_more_epochs_would_undo_is_withheld() {
    // 5 points apart at the end, 20 at half of the epochs: another doubling or two, and nothing is left.
    let mut view = moving([0.95, 0.75], [10, 20]);
    let verdict = |view: &ExperimentView| judge(view, false).remove(0);
    assert_eq!(verdict(&view).verdict, Verdict::Holds, "nothing is known of a longer run");
    let epochs = view.arms[0].records[0].results.history.len();
    view.facts.epochs = Some(4 * epochs);
    let withheld = verdict(&view);
    assert_eq!(withheld.verdict, Verdict::Undecided);
    assert!(withheld.reason.contains("the networks still learn"), "{}", withheld.reason);
    assert!(withheld.reason.contains(&format!("by epoch {}", 4 * epochs)), "{}", withheld.reason);
    view.facts.epochs = Some(epochs);
    assert_eq!(verdict(&view).verdict, Verdict::Holds, "the run is as long as the long profile");
}

#[test]
fn a_verdict_that_more_epochs_would_confirm_stands() {
    let mut view = moving([0.90, 0.88], [10, 20]);
    view.facts.epochs = Some(1000);
    assert_eq!(judge(&view, false)[0].verdict, Verdict::Holds);
    // It ended by itself: more epochs would change nothing.
    let mut view = moving([0.95, 0.75], [10, 20]);
    for record in view.arms.iter_mut().flat_map(|arm| &mut arm.records) {
        let epoch = record.results.history.len();
        record.results.outcome = Outcome::StoppedEarly { epoch, best: epoch };
    }
    view.facts.epochs = Some(1000);
    assert_eq!(judge(&view, false)[0].verdict, Verdict::Holds);
    // Patience had not run out when the last epoch came.
    for record in view.arms.iter_mut().flat_map(|arm| &mut arm.records) {
        record.results.configuration = json!({ "training": { "patience": 1 } });
    }
    assert_eq!(judge(&view, false)[0].verdict, Verdict::Undecided);
}

#[test]
fn one_epoch_decides_nothing_where_more_are_planned() {
    let mut view = moving([0.9, 0.8], [10, 20]);
    view.facts.epochs = Some(20);
    for record in view.arms.iter_mut().flat_map(|arm| &mut arm.records) {
        record.results.history.truncate(1);
    }
    let withheld = judge(&view, false).remove(0);
    assert_eq!(withheld.verdict, Verdict::Undecided);
    assert!(withheld.reason.ends_with("more epochs decide it"), "{}", withheld.reason);
}

#[test]
fn a_refutation_that_more_epochs_would_undo_is_withheld() {
    // `a` catches up: 40 points behind at half of the epochs, level at the end.
    let mut view = moving([0.55, 0.95], [15, 15]);
    view.facts.claims[0].test =
        serde_json::from_value(json!({ "order": { "arms": ["a", "b"], "margin": 5.0 } })).unwrap();
    assert_eq!(judge(&view, false)[0].verdict, Verdict::DoesNotHold);
    view.facts.epochs = Some(4 * view.arms[0].records[0].results.history.len());
    assert_eq!(judge(&view, false)[0].verdict, Verdict::Undecided);
}

#[test]
fn a_verdict_becomes_undecided_or_stays_and_its_p_stay() {
    for before in [[0.5, 0.9], [0.9, 0.5], [0.9, 0.9], [0.95, 0.93]] {
        for after in [[10, 20], [20, 10], [15, 15], [0, 100]] {
            let mut view = moving(before, after);
            let long = judge(&view, false).remove(0);
            view.facts.epochs = Some(50);
            let short = judge(&view, false).remove(0);
            assert!(short.verdict == long.verdict || short.verdict == Verdict::Undecided, "{}", short.reason);
            assert_eq!(
                (short.corrected_p, short.corrected_refuting_p),
                (long.corrected_p, long.corrected_refuting_p)
            );
        }
    }
}

/// `change` done to every epoch of every record, of a run that has a tenth of the epochs of a long one.
fn changed(mut view: ExperimentView, change: impl Fn(&Record, &mut Epoch)) -> Judgement {
    view.facts.epochs = Some(10 * view.arms[0].records[0].results.history.len());
    for record in view.arms.iter_mut().flat_map(|arm| &mut arm.records) {
        let unchanged = record.clone();
        record.results.history.iter_mut().for_each(|epoch| change(&unchanged, epoch));
    }
    judge(&view, false).remove(0)
}

#[test]
fn epochs_that_are_not_numbers_decide_nothing() {
    let judgement = changed(moving([0.95, 0.90], [10, 20]), |record, epoch| {
        if record.seed == 3 {
            epoch.test_accuracy = f64::NAN;
        }
    });
    assert_eq!(judgement.verdict, Verdict::Undecided);
    assert!(judgement.reason.contains("do not show how the effect moves"), "{}", judgement.reason);
}

#[test]
fn what_is_measured_at_the_end_alone_stands_and_says_how_long_was_trained() {
    let noise: Perturbation = serde_json::from_value(json!({ "noise": 0.2 })).unwrap();
    let mut view = moving([0.5, 0.9], [10, 20]);
    for record in view.arms.iter_mut().flat_map(|arm| &mut arm.records) {
        let test = record.results.test.clone();
        record.results.perturbed = vec![Perturbed { perturbation: noise.clone(), test }];
    }
    view.facts.claims[0].test = serde_json::from_value(
        json!({ "order": { "arms": ["a", "b"], "measure": { "under": { "noise": 0.2 } }, "margin": 1.0 } }),
    )
    .unwrap();
    let epochs = view.arms[0].records[0].results.history.len();
    let note = format!("trained for {epochs} of {} epochs", 10 * epochs);
    let judgement = changed(view.clone(), |_, _| ());
    assert_eq!(judgement.verdict, Verdict::Holds);
    assert!(judgement.reason.contains(&note), "{}", judgement.reason);
    // An ensemble has no epochs.
    let mut view = moving([0.5, 0.9], [10, 20]);
    view.arms[0].records.iter_mut().for_each(|record| record.results.history.clear());
    view.facts.epochs = Some(10 * epochs);
    let judgement = judge(&view, false).remove(0);
    assert_eq!(judgement.verdict, Verdict::Holds);
    assert!(judgement.reason.contains(&note), "{}", judgement.reason);
    view.facts.epochs = Some(epochs);
    assert!(!judge(&view, false)[0].reason.contains("trained for"));
}

#[test]
fn claims_about_the_first_epochs_are_decided_by_them() {
    let mut view = moving([0.5, 0.9], [10, 20]);
    view.facts.claims[0].test = serde_json::from_value(
        json!({ "order": { "arms": ["a", "b"], "measure": { "validation-after": 1 }, "margin": 1.0 } }),
    )
    .unwrap();
    let judgement = changed(view, |record, epoch| {
        epoch.validation_accuracy = if record.arm == "a" { 0.9 } else { 0.5 } + 0.001 * record.seed as f64;
    });
    assert_eq!(judgement.verdict, Verdict::Holds, "{}", judgement.reason);
}

#[test]
fn trainings_that_begin_to_diverge_withhold_that_they_do_not() {
    let lost = |seed: u64, late: bool| {
        let mut view = moving([0.9, 0.9], [10, 20]);
        view.facts.claims[0].test =
            serde_json::from_value(json!({ "diverges": { "arm": "a", "margin": 0.25 } })).unwrap();
        for record in view.arms[0].records.iter_mut().filter(|record| record.seed <= seed) {
            record.results.test = Some(answers(0, IMAGES));
        }
        changed(view, move |record, epoch| {
            let last = epoch.epoch == record.results.history.len();
            let low = record.arm == "a" && record.seed <= seed && (last || !late);
            epoch.test_accuracy = if low { 0.0 } else { 0.9 };
        })
    };
    assert_eq!(lost(2, false).verdict, Verdict::DoesNotHold);
    let judgement = lost(2, true);
    assert_eq!(judgement.verdict, Verdict::Undecided);
    assert!(judgement.reason.contains("of the seeds if it went on as it does"), "{}", judgement.reason);
}
