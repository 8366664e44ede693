//! The page of any study is drawn, with any numbers and texts.

use proptest::prelude::*;
use tinderbox_report::study::{
    Direction, Importance, Intermediate, Objective, ParameterKind, ParameterValue, StudyParameter,
    StudyTrial, StudyView, TrialState, page,
};

/// Numbers at the ends of everything, and a few in between.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -3.0..3.0_f64,
        2 => (-2..3_i32).prop_map(f64::from),
        1 => prop::num::f64::ANY,
        1 => prop::sample::select(vec![
            f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, -0.0, 1e300, -1e300,
        ]),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("<b>&\"'</b>".to_owned()),
        Just(String::new()),
        Just("\u{1b}[31m\u{202e}\0\r\n".to_owned()),
        Just("x".repeat(700)),
        "[a-z]{1,9}",
    ]
}

fn study() -> impl Strategy<Value = StudyView> {
    let kind = prop_oneof![
        any::<(bool, bool)>().prop_map(|(log, whole)| ParameterKind::Numeric { log, whole }),
        prop::collection::vec(text(), 1..4).prop_map(|choices| ParameterKind::Categorical { choices }),
    ];
    let parameters = prop::collection::vec((text(), kind), 0..4);
    (1..4_usize, parameters).prop_flat_map(|(objectives, parameters)| {
        let parameters: Vec<_> = parameters
            .into_iter()
            .enumerate()
            .map(|(place, (name, kind))| StudyParameter { name: format!("{place}{name}"), kind })
            .collect();
        let maybe = || prop::option::of(number());
        let importances = prop::collection::vec((text(), number(), maybe(), maybe()), 0..3);
        let objective =
            (text(), any::<bool>(), importances).prop_map(|(name, small, importances)| Objective {
                name,
                direction: if small { Direction::Minimize } else { Direction::Maximize },
                importances: importances
                    .into_iter()
                    .map(|(parameter, importance, low, high)| Importance { parameter, importance, low, high })
                    .collect(),
                no_importances: small.then(|| "<none>".to_owned()),
            });
        let trials = prop::collection::vec(trial(objectives, parameters.clone()), 0..30);
        let notes = prop::collection::vec(text(), 0..3);
        let objectives = prop::collection::vec(objective, objectives);
        (text(), objectives, trials, notes).prop_map(move |(name, objectives, trials, notes)| StudyView {
            name,
            objectives,
            parameters: parameters.clone(),
            trials,
            sampler: None,
            pruner: Some("<none>".to_owned()),
            lag: None,
            notes,
        })
    })
}

fn trial(objectives: usize, parameters: Vec<StudyParameter>) -> impl Strategy<Value = StudyTrial> {
    let states = [
        TrialState::Waiting,
        TrialState::Running,
        TrialState::Complete,
        TrialState::Complete,
        TrialState::Pruned,
        TrialState::Fail,
    ];
    let has =
        prop::collection::vec((any::<bool>(), number(), any::<prop::sample::Index>()), parameters.len());
    let time = || prop::option::of(prop_oneof![0.0..100.0_f64, Just(0.0), Just(3e11)]);
    (
        prop_oneof![0..9_u64, any::<u64>()],
        prop::sample::select(states.to_vec()),
        prop::collection::vec(number(), objectives),
        has,
        prop::collection::vec((any::<u32>(), number()), 0..4),
        (time(), time(), prop::option::of(text()), prop::collection::vec(text(), 0..2)),
    )
        .prop_map(move |(number, state, values, has, reports, (started, length, worker, notes))| {
            let tried = parameters.iter().zip(has).filter(|(_, (has, ..))| *has);
            let tried = tried.map(|(parameter, (_, number, place))| {
                let value = match &parameter.kind {
                    ParameterKind::Numeric { .. } => ParameterValue::Number(number),
                    ParameterKind::Categorical { choices } => {
                        ParameterValue::Choice(place.index(choices.len()))
                    }
                };
                (parameter.name.clone(), value)
            });
            StudyTrial {
                state,
                values: if state == TrialState::Complete { values } else { vec![] },
                parameters: tried.collect(),
                intermediate: reports.into_iter().map(|(step, value)| Intermediate { step, value }).collect(),
                failure: worker.clone(),
                worker,
                started,
                finished: length.map(|length| started.unwrap_or(0.0) + length),
                notes,
                ..StudyTrial::waiting(number)
            }
        })
}

/// Whether each tag that opens is closed in turn. What scripts and styles hold is not text.
fn balanced(page: &str) -> Result<(), String> {
    const VOID: [&str; 5] = ["meta", "link", "br", "col", "input"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some((_, tag)) = rest.split_once('<') {
        let (tag, after) = tag.split_once('>').ok_or("a tag without an end")?;
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or_default();
        if tag.starts_with('!') || tag.ends_with('/') || VOID.contains(&name) {
            continue;
        }
        if tag.starts_with('/') {
            let last = open.pop();
            if last != Some(name) {
                return Err(format!("</{name}> closes {last:?}"));
            }
        } else if matches!(name, "script" | "style") {
            let end = format!("</{name}>");
            rest = rest.split_once(&end).ok_or_else(|| format!("no {end}"))?.1;
        } else {
            open.push(name);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} stay open")) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn any_study_is_drawn(study in study()) {
        let page = page(&study).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(balanced(&page), Ok(()));
        for drawing in page.split(" d=\"").skip(1) {
            let path = drawing.split('"').next().unwrap_or_default();
            prop_assert!(!path.contains("NaN") && !path.contains("inf"), "{}", path);
        }
    }

    #[test]
    fn a_study_of_one_value_or_none_is_drawn(values in prop::collection::vec(number(), 0..3), same: bool) {
        let first = values.first().copied().unwrap_or(0.0);
        let trial = |(place, value): (usize, &f64)| StudyTrial {
            state: TrialState::Complete,
            values: vec![if same { first } else { *value }],
            parameters: [("x".to_owned(), ParameterValue::Number(if same { first } else { *value }))].into(),
            ..StudyTrial::waiting(place as u64)
        };
        let study = StudyView {
            name: "s".to_owned(),
            objectives: vec![Objective {
                name: "loss".to_owned(), direction: Direction::Minimize, importances: vec![], no_importances: None,
            }],
            parameters: vec![StudyParameter { name: "x".to_owned(), kind: ParameterKind::Numeric { log: true, whole: false } }],
            trials: values.iter().enumerate().map(trial).collect(),
            sampler: None,
            pruner: None,
            lag: None,
            notes: vec![],
        };
        let page = page(&study).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(balanced(&page), Ok(()));
    }
}
