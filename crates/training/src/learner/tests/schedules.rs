//! Schedules as the learner follows them.

use super::*;

fn with(schedule: impl Into<crate::Choice<dyn Schedule>>, epochs: usize) -> LearnerConfig {
    LearnerConfig { schedule: Some(schedule.into()), ..config(epochs) }
}

#[test]
fn a_rate_that_stays_is_no_schedule_to_the_bit() {
    let plain = fit(&config(3), 1, &Device::flex(), None, &mut ()).expect("trained");
    let constant = fit(&with(StepDecay { every: 1, gamma: 1.0 }, 3), 1, &Device::flex(), None, &mut ());
    assert_eq!(bits(&constant.expect("trained").model), bits(&plain.model));
}

#[test]
fn each_step_has_the_rate_of_its_schedule() {
    let fit = |config: &LearnerConfig| fit(config, 1, &Device::flex(), None, &mut ()).expect("trained");
    // The rate of the third epoch is next to nothing: it changes the weights of the second by no more.
    let stopped = fit(&with(StepDecay { every: 2, gamma: 1e-30 }, 3));
    assert_eq!(bits(&stopped.model), bits(&fit(&config(2)).model));
    let cosine = fit(&with(Cosine::default(), 3));
    assert_ne!(bits(&cosine.model), bits(&fit(&config(3)).model));
}

/// Every built-in schedule, and one that holds another.
fn schedules() -> Vec<crate::Choice<dyn Schedule>> {
    let mut schedules = crate::family::contract::built_in(&crate::Kinds::default().schedules);
    schedules.push(WarmUp { epochs: 1.5, then: Some(Cosine::default().into()), ..WarmUp::default() }.into());
    schedules
}

#[test]
fn a_training_that_is_killed_goes_on_bit_for_bit_with_every_schedule() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("training.checkpoint");
    let device = Device::flex();
    for schedule in schedules() {
        let config = with(schedule.clone(), 4);
        let whole = fit(&config, 5, &device, None, &mut ()).expect("trained");
        // Seven steps an epoch: at the first step of the second one, and in the middle of the third.
        for remaining in [8, 18] {
            let killed = fit(&config, 5, &device, Some(&path), &mut Killer { remaining });
            assert!(matches!(killed, Err(LearnerError::Interrupted { .. })));
            let mut first = FirstEpoch(None);
            let resumed = fit(&config, 5, &device, Some(&path), &mut first).expect("trained");
            assert_eq!(first.0, Some((remaining - 1) / 7 + 1), "it resumed, it did not start anew");
            assert_eq!(resumed.history, whole.history, "{schedule:?}");
            assert_eq!(bits(&resumed.model), bits(&whole.model), "{schedule:?}");
            fs::remove_file(&path).expect("a checkpoint");
        }
    }
}

#[test]
fn more_epochs_continue_a_schedule_that_does_not_ask_for_their_number() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("training.checkpoint");
    let fit = |config: &LearnerConfig, path| fit(config, 3, &Device::flex(), path, &mut ());
    let quick: [crate::Choice<dyn Schedule>; 3] = [
        StepDecay { every: 2, gamma: 0.5 }.into(),
        WarmRestarts { period: 1, ..WarmRestarts::default() }.into(),
        WarmUp { epochs: 1.5, then: Some(Exponential::default().into()), ..WarmUp::default() }.into(),
    ];
    for schedule in schedules().into_iter().chain(quick).filter(|schedule| !schedule.depends_on_epochs()) {
        let config = |epochs| with(schedule.clone(), epochs);
        fit(&config(3), Some(&path)).expect("trained");
        let longer = fit(&config(5), Some(&path)).expect("continued");
        let whole = fit(&config(5), None).expect("trained");
        assert_eq!(bits(&longer.model), bits(&whole.model), "{schedule:?}");
        assert_eq!(longer.history, whole.history, "{schedule:?}");
        fs::remove_file(&path).expect("a checkpoint");
    }
}

#[test]
fn a_checkpoint_of_a_schedule_over_other_epochs_is_refused() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("training.checkpoint");
    let fit = |config: &LearnerConfig| fit(config, 3, &Device::flex(), Some(&path), &mut ());
    fit(&with(Cosine::default(), 2)).expect("trained");
    fit(&with(Cosine::default(), 2)).expect("loaded");
    for other in [with(Cosine::default(), 3), with(Cosine { floor: 0.1 }, 2), config(2)] {
        let message = fit(&other).expect_err("refused").to_string();
        assert!(message.contains("belongs to another training"), "{message}");
    }
}
