//! A made-up study: two objectives, a conditional parameter, trials in every state, and names that would run as script.

use tinderbox_report::study::{
    Direction, Importance, Intermediate, Objective, ParameterKind, ParameterValue, StudyParameter,
    StudyTrial, StudyView, TrialState,
};

const HOSTILE: &str = "<img src=x onerror=alert(1)>";

pub(crate) fn study() -> StudyView {
    let parameter = |name: &str, kind| StudyParameter { name: name.into(), kind };
    let numeric = |log| ParameterKind::Numeric { log, whole: false };
    let importance = |parameter: &str, importance: f64| Importance {
        parameter: parameter.into(),
        importance,
        low: Some(0.6 * importance),
        high: Some(importance + 0.3 * importance.sqrt()),
    };
    StudyView {
        name: "Made-up digits".into(),
        objectives: vec![
            Objective {
                name: "Validation error, %".into(),
                direction: Direction::Minimize,
                importances: vec![
                    importance("learning rate", 0.61),
                    importance("momentum", 0.17),
                    importance("dropout", 0.12),
                    importance("optimiser", 0.07),
                    importance("units of the hidden layer", 0.03),
                ],
                no_importances: None,
            },
            Objective {
                name: "Images a second".into(),
                direction: Direction::Maximize,
                importances: vec![],
                no_importances: Some(
                    "Importance needs at least 30 complete trials; this study has 12".into(),
                ),
            },
        ],
        parameters: vec![
            parameter("learning rate", numeric(true)),
            parameter("dropout", numeric(false)),
            parameter("units of the hidden layer", ParameterKind::Numeric { log: true, whole: true }),
            parameter("model.hidden.layers", ParameterKind::Numeric { log: false, whole: true }),
            parameter(
                "optimiser",
                ParameterKind::Categorical {
                    choices: ["sgd", "adam", "adam with decoupled weight decay", HOSTILE]
                        .map(Into::into)
                        .into(),
                },
            ),
            parameter("momentum", numeric(false)),
        ],
        trials: (0..140).map(trial).collect(),
        sampler: Some(
            "TPE: 10 random trials first, then the best of 24 candidates each time (seed 7)".into(),
        ),
        pruner: Some(
            "median: stops a trial that is worse than the median, once 5 trials are complete".into(),
        ),
        lag: Some("2: each trial is chosen without the results of the 2 trials before it".into()),
        notes: vec![],
    }
}

/// The same numbers on any machine: a sequence that fills the unit interval.
fn spread(number: u64, seed: f64) -> f64 {
    ((number as f64 + 1.0) * seed).fract()
}

fn trial(number: u64) -> StudyTrial {
    if number >= 138 {
        return StudyTrial::waiting(number);
    }
    // Later trials look closer to the optimum.
    let focus = 1.0 - 0.6 * (number as f64 / 140.0);
    let near = |seed, optimum: f64| optimum + focus * (spread(number, seed) - optimum);
    let rate = 10_f64.powf(-5.0 + 4.5 * near(0.618_034, 0.5));
    let dropout = 0.8 * near(0.754_878, 0.3);
    let units = (2_f64.powf(5.0 + 5.0 * near(0.569_840, 0.7))).round();
    let optimiser = (4.0 * spread(number, 0.324_718)) as usize;
    let mut parameters = [
        ("learning rate".to_owned(), ParameterValue::Number(rate)),
        ("dropout".to_owned(), ParameterValue::Number(dropout)),
        ("units of the hidden layer".to_owned(), ParameterValue::Number(units)),
        (
            "model.hidden.layers".to_owned(),
            ParameterValue::Number(1.0 + (3.0 * spread(number, 0.860_167)).floor()),
        ),
        ("optimiser".to_owned(), ParameterValue::Choice(optimiser)),
    ];
    parameters.sort_by(|one, other| one.0.cmp(&other.0));
    let mut parameters: std::collections::BTreeMap<_, _> = parameters.into();
    if optimiser == 0 {
        parameters.insert("momentum".into(), ParameterValue::Number(spread(number, 0.414_214)));
    }
    let error = 3.0
        + 4.0 * (rate.log10() + 2.75).powi(2)
        + 12.0 * (dropout - 0.25).powi(2)
        + (1024.0 / units).log2() * 0.3
        + 0.8 * spread(number, 0.731_059);
    let speed = 4e6 / (units + 60.0) * (0.9 + 0.2 * spread(number, 0.271_828));
    let state = match number {
        136.. => TrialState::Running,
        _ if number % 23 == 11 => TrialState::Fail,
        _ if number > 8 && error > 8.0 => TrialState::Pruned,
        _ => TrialState::Complete,
    };
    let steps = match state {
        TrialState::Pruned | TrialState::Running => 4,
        TrialState::Fail => 2,
        _ => 12,
    };
    let report = |step: u32| Intermediate {
        step,
        value: if state == TrialState::Fail && step == 2 {
            f64::NAN
        } else {
            error + 60.0 * (-0.6 * f64::from(step)).exp()
        },
    };
    let seconds = f64::from(steps) * (8.0 + units / 60.0);
    let started = (number / 3) as f64 * 170.0 + (number % 3) as f64 * 15.0;
    StudyTrial {
        state,
        values: match (state, number) {
            (TrialState::Complete, 4) => vec![f64::INFINITY, speed],
            (TrialState::Complete, _) => vec![error, speed],
            _ => vec![],
        },
        parameters,
        intermediate: (1..=steps).map(report).collect(),
        worker: Some(["atlas-1", "atlas-2", HOSTILE][number as usize % 3].into()),
        started: Some(started),
        finished: (state != TrialState::Running).then_some(started + seconds),
        sampled_by: Some(if number < 10 { "random" } else { "tpe" }.into()),
        failure: (state == TrialState::Fail).then(|| format!("loss is NaN after step 1 {HOSTILE}")),
        ..StudyTrial::waiting(number)
    }
}
