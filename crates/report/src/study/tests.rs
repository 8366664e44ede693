//! Studies made by hand, their JSON form and their page.

use super::*;

const HOSTILE: &str = "<img src=x onerror=alert(1)> & \"quoted\" 'name' {{ 7 * 7 }}";

pub(super) fn objective(name: &str, direction: Direction) -> Objective {
    Objective { name: name.into(), direction, importances: vec![], no_importances: None }
}

pub(super) fn complete(number: u64, values: &[f64]) -> StudyTrial {
    StudyTrial { state: TrialState::Complete, values: values.to_vec(), ..StudyTrial::waiting(number) }
}

/// A complete trial for each of `values`.
pub(super) fn with_values(direction: Direction, values: &[f64]) -> StudyView {
    let trials =
        values.iter().enumerate().map(|(number, &value)| complete(number as u64, &[value])).collect();
    StudyView { objectives: vec![objective("loss", direction)], trials, ..empty() }
}

fn empty() -> StudyView {
    StudyView {
        name: "digits".into(),
        objectives: vec![objective("loss", Direction::Minimize)],
        parameters: vec![],
        trials: vec![],
        sampler: None,
        pruner: None,
        lag: None,
        notes: vec![],
    }
}

/// Two objectives, three parameters of which `momentum` is conditional, and a trial in every state.
pub(super) fn mixed() -> StudyView {
    let parameter = |name: &str, kind| StudyParameter { name: name.into(), kind };
    let choices = vec!["adam".to_owned(), "sgd".to_owned()];
    let trial = |number: u64, state, values: &[f64], rate: f64, optimiser| StudyTrial {
        state,
        parameters: [
            ("rate".to_owned(), ParameterValue::Number(rate)),
            ("optimiser".to_owned(), ParameterValue::Choice(optimiser)),
        ]
        .into(),
        intermediate: vec![
            Intermediate { step: 1, value: rate },
            Intermediate { step: 2, value: f64::NAN },
            Intermediate { step: 3, value: rate / 2.0 },
        ],
        worker: Some(format!("worker {}", number % 2)),
        started: Some(number as f64),
        finished: Some(number as f64 + 1.5),
        sampled_by: Some("tpe".into()),
        ..complete(number, values)
    };
    let mut trials = vec![
        trial(0, TrialState::Complete, &[0.5, 10.0], 0.001, 0),
        trial(1, TrialState::Complete, &[0.25, 20.0], 0.01, 1),
        trial(2, TrialState::Complete, &[0.75, 30.0], 0.1, 0),
        trial(3, TrialState::Pruned, &[], 1.0, 0),
        StudyTrial { failure: Some("out of memory".into()), ..trial(4, TrialState::Fail, &[], 1.0, 0) },
        StudyTrial { finished: None, ..trial(5, TrialState::Running, &[], 1.0, 1) },
        StudyTrial::waiting(6),
    ];
    trials[1].parameters.insert("momentum".into(), ParameterValue::Number(0.9));
    let mut objectives =
        vec![objective("loss", Direction::Minimize), objective("seconds", Direction::Minimize)];
    objectives[0].importances = vec![
        Importance { parameter: "optimiser".into(), importance: 0.125, low: None, high: None },
        Importance { parameter: "rate".into(), importance: 0.875, low: None, high: None },
    ];
    StudyView {
        objectives,
        parameters: vec![
            parameter("rate", ParameterKind::Numeric { log: true, whole: false }),
            parameter("optimiser", ParameterKind::Categorical { choices }),
            parameter("momentum", ParameterKind::Numeric { log: false, whole: false }),
        ],
        trials,
        sampler: Some("tpe, seed 7".into()),
        pruner: Some("median".into()),
        lag: Some("at most 2 trials".into()),
        ..empty()
    }
}

#[track_caller]
fn drawn(study: &StudyView) -> String {
    page(study).unwrap()
}

/// What stands between the heading of a figure and the next heading or the end.
#[track_caller]
fn under<'a>(page: &'a str, heading: &str) -> &'a str {
    let rest = page.split_once(&format!("<h3>{heading}</h3>")).unwrap_or_else(|| panic!("no {heading}")).1;
    rest.split("<h3>").next().unwrap().split("</section>").next().unwrap()
}

#[test]
fn its_json_has_these_keys_and_comes_back() {
    let mut study = mixed();
    study.trials[0].values[0] = f64::INFINITY;
    study.trials[0].intermediate[1].value = f64::NEG_INFINITY;
    study.trials.iter_mut().for_each(|trial| trial.intermediate.retain(|at| !at.value.is_nan()));
    let written = serde_json::to_value(&study).unwrap();
    let keys =
        |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&written), "lag name objectives parameters pruner sampler trials");
    assert_eq!(
        keys(&written["trials"][0]),
        "failure finished intermediate number parameters sampled_by started state values worker"
    );
    assert_eq!(written["trials"][0]["values"], serde_json::json!(["inf", 10.0]));
    assert_eq!(
        written["trials"][1]["parameters"],
        serde_json::json!({"rate": {"number": 0.01}, "optimiser": {"choice": 1}, "momentum": {"number": 0.9}})
    );
    assert_eq!(written["parameters"][0]["kind"], serde_json::json!({"numeric": {"log": true}}));
    assert_eq!(serde_json::from_value::<StudyView>(written).unwrap(), study);
}

#[test]
fn every_figure_of_a_study_with_everything_is_drawn() {
    let page = drawn(&mixed());
    for heading in ["History", "Importance", "Slices", "Contours", "Parallel coordinates", "Distribution"] {
        assert!(under(&page, heading).contains("<svg"), "{heading}");
    }
    for heading in ["Pareto front", "Intermediate values", "Timeline"] {
        assert!(under(&page, heading).contains("<svg"), "{heading}");
    }
    assert!(page.contains("7 trials: 3 complete, 1 pruned, 1 failed, 1 running, 1 waiting."));
    assert!(page.contains("<dd>0.25 in trial 1</dd>"));
    assert!(page.contains("<span>Trial 1, the best by loss (minimize)</span>"));
    for text in ["tpe, seed 7", "median", "at most 2 trials"] {
        assert!(page.contains(&format!("<dd>{text}</dd>")), "{text}");
    }
}

#[test]
fn tables_hold_the_numbers_of_the_figures() {
    let page = drawn(&mixed());
    let rows = |heading| -> Vec<&str> {
        under(&page, heading).split("<tr>").skip(2).map(|row| row.split("</tr>").next().unwrap()).collect()
    };
    assert_eq!(
        rows("History"),
        ["<th scope=\"row\">0</th><td>0.5</td>", "<th scope=\"row\">1</th><td>0.25</td>"]
    );
    assert_eq!(
        rows("Importance"),
        ["<th scope=\"row\">rate</th><td>0.875</td>", "<th scope=\"row\">optimiser</th><td>0.125</td>"]
    );
    assert_eq!(
        rows("Slices"),
        [
            "<th scope=\"row\">rate</th><td>3</td><td>0.001 to 0.1</td><td>0.01</td>",
            "<th scope=\"row\">optimiser</th><td>3</td><td>adam 2 times, sgd 1 time</td><td>sgd</td>",
            "<th scope=\"row\">momentum</th><td>1</td><td>0.9 to 0.9</td><td>0.9</td>",
        ]
    );
    assert_eq!(
        rows("Pareto front"),
        [
            "<th scope=\"row\">1</th><td>0.25</td><td>20</td><td>0.01</td><td>sgd</td><td>0.9</td>",
            "<th scope=\"row\">0</th><td>0.5</td><td>10</td><td>0.001</td><td>adam</td><td>–</td>",
        ]
    );
    assert_eq!(rows("Distribution")[0], "<th scope=\"row\">the best</th><td>0.25</td>");
    assert_eq!(rows("Distribution")[3], "<th scope=\"row\">50 %</th><td>0.5</td>");
    // The trial that runs reaches to 5.5 s, when trial 4 ended.
    assert_eq!(
        rows("Timeline"),
        [
            "<th scope=\"row\">worker 0</th><td>3</td><td>4.50</td><td>82 %</td>",
            "<th scope=\"row\">worker 1</th><td>3</td><td>3.50</td><td>64 %</td>",
        ]
    );
    let all = page.split_once("id=\"trials-table\"").unwrap().1;
    assert!(all.contains(
        "<th scope=\"row\">1</th><td>complete</td><td>0.25</td><td>20</td><td>0.01</td><td>sgd</td><td>0.9</td>\
         <td>0.005 at step 3</td><td>tpe</td><td>worker 1</td><td>1.00</td><td>1.50</td><td>–</td>"
    ));
    assert!(
        all.contains("<td>out of memory</td>") && all.contains("<th scope=\"row\">6</th><td>waiting</td>")
    );
}

#[test]
fn a_figure_that_does_not_apply_is_a_sentence() {
    let page = drawn(&empty());
    for (heading, sentence) in [
        ("History", "A history needs a complete trial; there is none yet."),
        ("Importance", "Importances of the parameters were not computed for this study."),
        ("Slices", "A slice needs a complete trial; there is none yet."),
        ("Contours", "A contour needs a complete trial; there is none yet."),
        ("Parallel coordinates", "Parallel coordinates need a complete trial; there is none yet."),
        ("Distribution", "A distribution needs a complete trial; there is none yet."),
        ("Pareto front", "A Pareto front needs two objectives; this study has one."),
        ("Intermediate values", "There are no intermediate values: no trial reported any."),
        ("Timeline", "A timeline needs a trial that has begun; there is none yet."),
    ] {
        let text = under(&page, heading);
        assert!(text.contains(sentence) && !text.contains("<svg"), "{text}");
    }
    let none = drawn(&with_values(Direction::Maximize, &[f64::NAN]));
    assert!(under(&none, "History").contains("A history needs a finite value; no complete trial has one."));
    assert!(under(&none, "History").matches("<table").count() == 0);
}

#[test]
fn every_string_of_the_study_is_text() {
    let mut study = mixed();
    let hostile = |text: &mut String| *text = format!("{HOSTILE}{text}");
    hostile(&mut study.name);
    study.objectives.iter_mut().for_each(|objective| hostile(&mut objective.name));
    for importance in &mut study.objectives[0].importances {
        hostile(&mut importance.parameter);
    }
    for parameter in &mut study.parameters {
        hostile(&mut parameter.name);
        if let ParameterKind::Categorical { choices } = &mut parameter.kind {
            choices.iter_mut().for_each(hostile);
        }
    }
    for text in [&mut study.sampler, &mut study.pruner, &mut study.lag] {
        text.iter_mut().for_each(hostile);
    }
    for trial in &mut study.trials {
        trial.parameters =
            trial.parameters.iter().map(|(name, value)| (format!("{HOSTILE}{name}"), *value)).collect();
        for text in [&mut trial.worker, &mut trial.sampled_by, &mut trial.failure] {
            text.iter_mut().for_each(hostile);
        }
    }
    let page = drawn(&study);
    assert!(!page.contains("<img") && !page.contains("onerror=alert(1)>"));
    assert!(page.contains("&#60;img src=x onerror=alert(1)&#62;"));
    for wanted in ["{{ 7 * 7 }}rate", "{{ 7 * 7 }}adam", "{{ 7 * 7 }}worker 1", "{{ 7 * 7 }}tpe, seed 7"] {
        assert!(page.contains(wanted), "{wanted}");
    }
}

#[test]
fn values_that_are_not_finite_are_counted_and_not_drawn() {
    let values = [f64::INFINITY, 1.0, f64::NAN, f64::NEG_INFINITY, 2.0, f64::MAX];
    let page = drawn(&with_values(Direction::Minimize, &values));
    assert!(under(&page, "History").contains(" 4 complete trials have no finite value and are left out."));
    assert!(page.contains("<dd>1 in trial 1</dd>"));
    assert!(page.contains("<td>NaN</td>") && page.contains("<td>∞</td>") && page.contains("<td>−∞</td>"));
    for drawing in page.split("<path d=\"").skip(1) {
        let path = drawing.split('"').next().unwrap();
        assert!(!path.contains("NaN") && !path.contains("inf"), "{path}");
    }
}

#[test]
fn one_trial_and_trials_that_are_all_equal_are_drawn() {
    for values in [&[0.5][..], &[0.0; 30], &[-3.0; 12], &[1e300, -1e300]] {
        let mut study = with_values(Direction::Maximize, values);
        let parameter = |name: &str| StudyParameter {
            name: name.into(),
            kind: ParameterKind::Numeric { log: name == "a", whole: false },
        };
        study.parameters = vec![parameter("a"), parameter("b")];
        for trial in &mut study.trials {
            let one = |name: &str| (name.to_owned(), ParameterValue::Number(1.0));
            trial.parameters = [one("a"), one("b")].into();
        }
        let page = drawn(&study);
        for heading in ["History", "Slices", "Contours", "Parallel coordinates", "Distribution"] {
            assert!(under(&page, heading).contains("<svg"), "{heading}");
        }
        let paths = page.split("<path d=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        assert!(paths.clone().count() > 10);
        paths.for_each(|path| assert!(!path.contains("NaN") && !path.contains("inf"), "{path}"));
    }
}

#[test]
fn five_thousand_trials_stay_under_four_megabytes() {
    let mut study = mixed();
    let models: Vec<StudyTrial> = study.trials[..6].to_vec();
    study.trials = (0..5000_u64)
        .map(|number| {
            let mut trial = models[number as usize % 6].clone();
            trial.number = number;
            trial.started = Some(number as f64);
            trial.finished = trial.finished.map(|_| number as f64 + 1.5);
            let wave = (number as f64 * 0.7).sin();
            trial.values.iter_mut().for_each(|value| *value *= 2.0 + wave);
            trial.parameters.insert("rate".into(), ParameterValue::Number(10_f64.powf(wave - 2.0)));
            trial
        })
        .collect();
    let page = drawn(&study);
    assert!(page.len() < 4_000_000, "{} bytes", page.len());
    assert!(page.contains("5,000 trials: 2,501 complete"));
    assert!(page.contains("The best 500 of 2,501 complete trials, one line each"));
    let table = page.split_once("id=\"trials-table\"").unwrap().1;
    assert_eq!(table.matches("<tr>").count(), 5001);
}

#[test]
fn two_trials_of_one_number_are_both_shown() {
    let mut study = mixed();
    study.trials[2].number = 1;
    let page = drawn(&study);
    let all = page.split_once("id=\"trials-table\"").unwrap().1;
    assert_eq!(all.matches("<th scope=\"row\">1</th>").count(), 2);
    assert!(page.contains("7 trials: 3 complete"));
}

#[test]
fn what_could_not_be_read_is_said_below_the_trials() {
    assert!(!drawn(&mixed()).contains("Could not be read"));
    let mut study = mixed();
    study.notes = vec!["a trial is left out: its number is NULL".into()];
    study.trials[3].notes = vec![format!("its state is `{HOSTILE}`"); 2];
    study.trials[1].notes = vec!["parameter `clip` is left out".into()];
    let page = drawn(&study);
    let notes = page.split_once("<h2 id=\"notes-title\">Could not be read</h2>").unwrap().1;
    let notes: Vec<_> = notes.split("<li>").skip(1).map(|note| note.split("</li>").next().unwrap()).collect();
    assert_eq!(notes.len(), 4);
    assert_eq!(
        notes[..2],
        ["a trial is left out: its number is NULL", "trial 1: parameter `clip` is left out"]
    );
    assert!(notes[2].starts_with("trial 3: its state is `&#60;img"), "{}", notes[2]);
    study.trials[0].notes = vec!["odd".into(); 1000];
    let page = drawn(&study);
    assert!(page.contains("<li>and 904 more</li>") && page.matches("<li>trial 0: odd</li>").count() == 99);
}

#[test]
fn a_trial_whose_end_is_unknown_has_no_duration() {
    let mut study = mixed();
    study.trials[1].finished = None;
    let page = drawn(&study);
    let timeline = under(&page, "Timeline");
    assert!(timeline.contains("Trial 1, complete, duration unknown"), "{timeline}");
    assert!(timeline.contains(" The duration of 1 trial is unknown; a stroke marks the start."));
    let all = page.split_once("id=\"trials-table\"").unwrap().1;
    assert!(all.contains("<td>worker 1</td><td>1.00</td><td>–</td>"), "{all}");
}

#[test]
fn parts_that_do_not_belong_together_are_named() {
    let message = |change: fn(&mut StudyView)| {
        let mut study = mixed();
        change(&mut study);
        page(&study).unwrap_err().to_string()
    };
    assert_eq!(
        message(|study| study.objectives.clear()),
        "the study has no objectives, expected at least one"
    );
    assert_eq!(
        message(|study| study.parameters[1].name = "rate".into()),
        "two parameters are named `rate`, expected unique names"
    );
    assert_eq!(
        message(|study| study.trials[0].values.truncate(1)),
        "trial 0: 1 values, expected 2, one for each objective"
    );
    assert_eq!(
        message(|study| study.trials[0].values.clear()),
        "trial 0: 0 values, expected 2, one for each objective"
    );
    let tried = |name: &str, value| {
        let mut study = mixed();
        study.trials[0].parameters.insert(name.into(), value);
        study.check().unwrap_err().to_string()
    };
    assert_eq!(
        tried("depth", ParameterValue::Choice(0)),
        "trial 0: parameter `depth` is not one of the study"
    );
    assert_eq!(
        tried("rate", ParameterValue::Choice(0)),
        "trial 0: parameter `rate` is a choice, expected a number"
    );
    assert_eq!(
        tried("optimiser", ParameterValue::Number(0.0)),
        "trial 0: parameter `optimiser` is a number, expected a choice"
    );
    assert_eq!(
        tried("optimiser", ParameterValue::Choice(2)),
        "trial 0: parameter `optimiser` is choice 2, expected a position below 2"
    );
    assert_eq!(
        message(|study| study.trials[0].finished = Some(-1.0)),
        "trial 0: started at 0 s and finished at -1 s, expected finite times in order"
    );
}
