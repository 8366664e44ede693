//! A study as its page shows it: words in place of settings, percent in place of shares.

use tinderbox::tuning::{Objective, TuningRecord};
use tinderbox_report::study::StudyView;
use tinderbox_search::Study;

/// `view` for people: sampler, pruner, lag and objectives in words, accuracies in percent.
pub(super) fn for_readers(view: StudyView, study: &Study, name: &str) -> StudyView {
    let settings = study.settings();
    let mut view = StudyView {
        sampler: Some(settings.sampler.to_string()),
        pruner: Some(settings.pruner.as_ref().map_or_else(|| NO_PRUNER.to_string(), ToString::to_string)),
        lag: settings.lag.map(lag),
        ..view
    };
    // A study that was begun elsewhere says nothing of what its objectives are.
    let objectives = TuningRecord::of(study, name).map(|record| record.tuning.objectives).unwrap_or_default();
    for (place, objective) in objectives.iter().enumerate() {
        let Some(shown) = view.objectives.get_mut(place) else { break };
        shown.name = match objective {
            Objective::ValidationAccuracy => format!("{}, %", objective.words()),
            Objective::Parameters | Objective::MultiplyAdds => objective.words().to_string(),
        };
        if *objective == Objective::ValidationAccuracy {
            percent(&mut view, place, objectives.len() == 1);
        }
    }
    view
}

const NO_PRUNER: &str = "none: no trial is stopped early";

/// The lag in a sentence.
fn lag(lag: u64) -> String {
    let before = match lag {
        0 => return "0: each trial is chosen from the results of all trials before it, so one worker trains at a time".into(),
        1 => "the trial".to_string(),
        _ => format!("the {lag} trials"),
    };
    format!(
        "{lag}: each trial is chosen without the results of {before} just before it, so {} workers can train at a time and \
         the study is the same for any number of workers",
        lag.saturating_add(1)
    )
}

/// The objective at `place` in percent; `reported` if it is what trials report on their way, too.
fn percent(view: &mut StudyView, place: usize, reported: bool) {
    for trial in &mut view.trials {
        if let Some(value) = trial.values.get_mut(place) {
            *value *= 100.0;
        }
        if reported {
            trial.intermediate.iter_mut().for_each(|at| at.value *= 100.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_is_said_in_a_sentence() {
        assert!(lag(0).starts_with("0: each trial is chosen from the results of all trials before it"));
        assert!(lag(1).contains("without the results of the trial just before it, so 2 workers"));
        assert!(lag(7).contains("without the results of the 7 trials just before it, so 8 workers"));
    }
}
