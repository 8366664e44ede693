//! Smoothed labels and clipped gradients as the learner takes them.

use super::*;

fn trained(config: &LearnerConfig) -> Fitted<Small> {
    fit(config, 1, &Device::flex(), None, &mut ()).expect("trained")
}

#[test]
fn a_bound_that_no_gradient_reaches_changes_no_bit() {
    let plain = trained(&config(2));
    for far in [
        LearnerConfig { clip_norm: Some(1e9), ..config(2) },
        LearnerConfig { clip_value: Some(1e9), ..config(2) },
    ] {
        assert_eq!(bits(&trained(&far).model), bits(&plain.model), "{far:?}");
    }
}

#[test]
fn smoothing_and_clipping_change_what_is_learnt() {
    let plain = bits(&trained(&config(2)).model);
    for other in [
        LearnerConfig { label_smoothing: 0.1, ..config(2) },
        LearnerConfig { clip_norm: Some(0.01), ..config(2) },
        LearnerConfig { clip_value: Some(0.001), ..config(2) },
    ] {
        let fitted = trained(&other);
        assert_eq!(fitted.ending, Ending::Finished);
        assert_ne!(bits(&fitted.model), plain, "{other:?}");
    }
}

#[test]
fn smoothing_reaches_the_loss_of_adversarial_training() {
    let robust = |label_smoothing| LearnerConfig {
        adversarial: Some(AdversarialTraining::new(0.05).into()),
        label_smoothing,
        ..config(1)
    };
    assert_ne!(bits(&trained(&robust(0.1)).model), bits(&trained(&robust(0.0)).model));
}

#[test]
fn a_checkpoint_of_another_recipe_is_refused() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("training.checkpoint");
    let fit = |config: &LearnerConfig| fit(config, 3, &Device::flex(), Some(&path), &mut ());
    fit(&LearnerConfig { label_smoothing: 0.1, clip_norm: Some(1.0), ..config(1) }).expect("trained");
    for other in [
        LearnerConfig { label_smoothing: 0.1, ..config(1) },
        LearnerConfig { clip_norm: Some(1.0), ..config(1) },
        LearnerConfig { label_smoothing: 0.1, clip_value: Some(1.0), ..config(1) },
    ] {
        let message = fit(&other).expect_err("refused").to_string();
        assert!(message.contains("belongs to another training"), "{message}");
    }
}

#[test]
fn settings_outside_their_range_are_named() {
    for (wrong, said) in [
        (LearnerConfig { label_smoothing: 1.0, ..config(1) }, "label_smoothing is 1, expected in [0, 1)"),
        (LearnerConfig { clip_norm: Some(0.0), ..config(1) }, "clip_norm is 0"),
        (LearnerConfig { clip_value: Some(f64::NAN), ..config(1) }, "clip_value is NaN"),
        (
            LearnerConfig { clip_norm: Some(1.0), clip_value: Some(2.0), ..config(1) },
            "clip_value is 2, expected none beside `clip_norm`; remove one of them",
        ),
    ] {
        let message = wrong.check().expect_err("refused").to_string();
        assert!(message.starts_with(said), "{message}");
    }
}
