//! Promises about studies, and about what is put into them.

use serde_json::json;

use super::{TERMS, at, lease, new, only, queue};
use crate::parameter::{Distribution, Parameter};
use crate::storage::{Direction, Storage, StorageError, StudyId};
use crate::trial::{NewTrial, TrialResult};

pub(crate) fn a_study_is_found_by_its_name(storage: &mut dyn Storage) {
    let first = storage.open_study("first", &[Direction::Maximize]).unwrap();
    let second = storage.open_study("second", &[Direction::Minimize]).unwrap();
    assert_ne!(first, second);
    assert_eq!(storage.open_study("first", &[Direction::Maximize]).unwrap(), first);
    let expected = [("first".to_owned(), first), ("second".to_owned(), second)].into();
    assert_eq!(storage.studies().unwrap(), expected);
}

pub(crate) fn a_study_keeps_its_direction(storage: &mut dyn Storage) {
    storage.open_study("loss", &[Direction::Minimize]).unwrap();
    let error = storage.open_study("loss", &[Direction::Maximize]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "study `loss` already exists to minimize, not to maximize; choose another name for this one"
    );
}

pub(crate) fn a_study_keeps_attributes_and_files(storage: &mut dyn Storage) {
    let study = queue(storage, &[]);
    let other = storage.open_study("other", &[Direction::Maximize]).unwrap();
    storage.set_study_attribute(study, "lag", &json!(4)).unwrap();
    storage.set_study_attribute(study, "lag", &json!({"trials": 8})).unwrap();
    storage.set_study_attribute(study, "seed", &json!(0.1)).unwrap();
    let expected = [("lag".to_owned(), json!({"trials": 8})), ("seed".to_owned(), json!(0.1))].into();
    assert_eq!(storage.study_attributes(study).unwrap(), expected);
    assert!(storage.study_attributes(other).unwrap().is_empty());

    storage.set_study_attachment(study, "labels", b"old").unwrap();
    storage.set_study_attachment(study, "labels", &[0, 255]).unwrap();
    assert_eq!(storage.study_attachment(study, "labels").unwrap(), Some(vec![0, 255]));
    assert_eq!(storage.study_attachment(other, "labels").unwrap(), None);
}

pub(crate) fn the_first_to_settle_an_attribute_decides_it(storage: &mut dyn Storage) {
    let study = queue(storage, &[]);
    let other = storage.open_study("other", &[Direction::Maximize]).unwrap();
    assert_eq!(storage.settle_study_attribute(study, "id", &json!("first")).unwrap(), json!("first"));
    let mut again = storage.reopen().unwrap();
    assert_eq!(again.settle_study_attribute(study, "id", &json!("second")).unwrap(), json!("first"));
    assert_eq!(storage.settle_study_attribute(other, "id", &json!({"a": 1})).unwrap(), json!({"a": 1}));
    assert_eq!(storage.study_attributes(study).unwrap()["id"], json!("first"));
    let unknown = storage.settle_study_attribute(StudyId(99), "id", &json!(1));
    assert!(matches!(unknown, Err(StorageError::UnknownStudy(_))));
}

pub(crate) fn names_that_some_storage_cannot_hold_are_refused(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    let (long, longest) = ("é".repeat(513), "é".repeat(512));
    let refused = |answer: Result<(), StorageError>, expected: &str| {
        let error = answer.unwrap_err();
        assert!(matches!(error, StorageError::Name { .. }), "{error}");
        assert!(error.to_string().starts_with(expected), "{error}");
    };
    let directions = [Direction::Maximize];
    let shown = "é".repeat(40);
    let expected = format!("study `{shown}...` has 513 characters; use at most 512");
    refused(storage.open_study(&long, &directions).map(drop), &expected);
    refused(storage.open_study("a\0b", &directions).map(drop), "study `a\\0b` contains a NUL character");
    let added = storage.open_study(&longest, &directions).unwrap();
    assert_eq!(storage.studies().unwrap(), [("study".to_owned(), study), (longest.clone(), added)].into());

    refused(storage.set_study_attribute(study, &long, &json!(1)), "attribute `é");
    refused(storage.settle_study_attribute(study, "\0", &json!(1)).map(drop), "attribute `\\0`");
    refused(storage.set_study_attachment(study, "\0", b""), "file `\\0`");
    let value = || Parameter::categorical(vec![json!(1)], json!(1)).unwrap();
    let wrong = [
        (new(&long), "key `é"),
        (NewTrial { parameters: [("\0".to_owned(), value())].into(), ..new("b") }, "parameter `\\0`"),
        (NewTrial { attributes: [(long.clone(), json!(1))].into(), ..new("b") }, "attribute `é"),
    ];
    for (trial, expected) in &wrong {
        refused(storage.enqueue(study, trial).map(drop), expected);
        refused(storage.start(study, 1, trial, "one", at(0), TERMS).map(drop), expected);
    }
    refused(storage.start(study, 1, &new("b"), "o\0e", at(0), TERMS).map(drop), "worker `o\\0e`");
    refused(storage.lease(study, "o\0e", at(0), TERMS).map(drop), "worker `o\\0e`");
    assert_eq!(storage.trials(study).unwrap().len(), 1, "nothing was stored");

    let parameters = [(longest.clone(), value())].into();
    let attributes = [(longest.clone(), json!("\0"))].into();
    let trial = NewTrial { key: longest.clone(), parameters, attributes };
    let lease = storage.start(study, 1, &trial, &longest, at(0), TERMS).unwrap().unwrap();
    let told = |name: &str| TrialResult {
        attributes: [(name.to_owned(), json!(1))].into(),
        attachments: [(name.to_owned(), vec![])].into(),
        ..TrialResult::complete(1.0)
    };
    refused(storage.tell(&lease, &told("\0"), at(1)), "attribute `\\0`");
    storage.tell(&lease, &told(&longest), at(1)).unwrap();
}

pub(crate) fn an_unknown_study_or_trial_is_named(storage: &mut dyn Storage) {
    let study = queue(storage, &[]);
    let error = storage.attempts(study, 7).unwrap_err();
    assert!(error.to_string().starts_with("trial 7 is not in study"), "{error}");
    assert!(matches!(storage.attachment(study, 7, "x"), Err(StorageError::UnknownTrial { number: 7, .. })));

    let nowhere = StudyId(99);
    let error = storage.trials(nowhere).unwrap_err();
    assert_eq!(error.to_string(), "study 99 is not in this storage; open it by its name first");
    assert!(matches!(storage.enqueue(nowhere, &new("key")), Err(StorageError::UnknownStudy(_))));
    assert!(matches!(storage.counts(nowhere), Err(StorageError::UnknownStudy(_))));
    assert!(matches!(
        storage.set_study_attribute(nowhere, "a", &json!(1)),
        Err(StorageError::UnknownStudy(_))
    ));
}

pub(crate) fn a_key_is_enqueued_once_and_numbers_count_up(storage: &mut dyn Storage) {
    let study = queue(storage, &["a", "b"]);
    let other = storage.open_study("other", &[Direction::Maximize]).unwrap();
    assert_eq!(storage.enqueue(other, &new("b")).unwrap(), 0, "each study counts from 0");
    assert_eq!(storage.enqueue(study, &new("b")).unwrap(), 1);
    let changed = NewTrial { attributes: [("seed".to_owned(), json!(1))].into(), ..new("a") };
    assert_eq!(storage.enqueue(study, &changed).unwrap(), 0);
    assert_eq!((storage.next_number(study).unwrap(), storage.next_number(other).unwrap()), (2, 1));
    assert_eq!(storage.enqueue(study, &new("c")).unwrap(), 2);
    let trials = storage.trials(study).unwrap();
    assert_eq!(
        trials.iter().map(|trial| trial.key.as_deref()).collect::<Vec<_>>(),
        [Some("a"), Some("b"), Some("c")]
    );
    assert!(trials[0].attributes.is_empty(), "what was enqueued first stays");
}

pub(crate) fn parameters_and_attributes_come_back(storage: &mut dyn Storage) {
    let study = queue(storage, &[]);
    let choices = vec![json!("relu"), json!(null), json!(true), json!(2.5), json!(1)];
    let rate = Distribution::Float { low: 1e-4, high: 0.1, log: true, step: None };
    let units = Distribution::Int { low: 1, high: 512, log: false, step: 1 };
    let trial = NewTrial {
        key: "key".to_owned(),
        parameters: [
            ("activation".to_owned(), Parameter::categorical(choices, json!(2.5)).unwrap()),
            ("rate".to_owned(), Parameter::new(rate, json!(0.1 / 3.0)).unwrap()),
            ("units".to_owned(), Parameter::new(units, json!(128)).unwrap()),
        ]
        .into(),
        attributes: [("config".to_owned(), json!({"é": [1, 0.1, null, "x"]}))].into(),
    };
    storage.enqueue(study, &trial).unwrap();
    let stored = only(storage, study);
    assert_eq!((&stored.parameters, &stored.attributes), (&trial.parameters, &trial.attributes));
    let lease = lease(storage, study, "worker", 0);
    assert_eq!(
        (lease.parameters, lease.attributes, lease.key),
        (trial.parameters, trial.attributes, trial.key)
    );
}
