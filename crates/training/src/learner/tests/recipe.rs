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

fn averaged(epochs: usize) -> LearnerConfig {
    LearnerConfig { weight_average: Some(0.9), ..config(epochs) }
}

#[test]
fn the_average_is_evaluated_and_kept_and_the_weights_move_as_without_it() {
    let [plain, average] = [trained(&config(3)), trained(&averaged(3))];
    assert_ne!(bits(&average.model), bits(&plain.model));
    for (plain, average) in plain.history.iter().zip(&average.history) {
        assert_eq!(plain.training_loss.to_bits(), average.training_loss.to_bits());
        assert_ne!(plain.validation_loss.to_bits(), average.validation_loss.to_bits());
    }
    let examples = Rows::new(40, 2);
    let evaluation = crate::evaluate(&average.model, &examples.examples(), &Device::flex());
    assert!(evaluation.loss.is_finite());
}

#[test]
fn an_average_that_forgets_at_once_is_the_last_weights() {
    let forgetful = LearnerConfig { weight_average: Some(1e-30), ..config(2) };
    assert_eq!(bits(&trained(&forgetful).model), bits(&trained(&config(2)).model));
}

#[test]
fn a_training_with_an_average_continues_from_its_checkpoint_to_the_bit() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("training.checkpoint");
    for patience in [None, Some(3)] {
        let with = |epochs| LearnerConfig { patience, ..averaged(epochs) };
        let fit = |config: &LearnerConfig, path| fit(config, 3, &Device::flex(), path, &mut ());
        fit(&with(2), Some(&path)).expect("trained");
        let continued = fit(&with(4), Some(&path)).expect("continued");
        let whole = fit(&with(4), None).expect("trained");
        assert_eq!(bits(&continued.model), bits(&whole.model));
        assert_eq!(continued.history, whole.history);
        std::fs::remove_file(&path).expect("there");
    }
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
        LearnerConfig { label_smoothing: 0.1, clip_norm: Some(1.0), ..averaged(1) },
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
        (
            LearnerConfig { weight_average: Some(1.0), ..config(1) },
            "weight_average is 1, expected a number in (0, 1)",
        ),
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
