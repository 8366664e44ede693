//! The contract of a family as tests over all of its built-in kinds: one function a promise.

use serde_json::{Map, Value, json};

use super::{Choice, Family, KindProblem, Kinds, Role, Spelling};

/// Runs the suite on the family in `$field` of [`Kinds`].
macro_rules! contract {
    ($field:ident) => {
        mod $field {
            $crate::family::contract::contract!(@ $field;
                usual_settings_pass_their_check
                what_is_written_reads_back_equal
                different_settings_look_different
                an_unknown_key_is_refused_and_named
                a_value_of_the_wrong_type_is_refused_and_named
                an_unknown_kind_is_refused_with_those_that_are_known
                names_are_words
            );
        }
    };
    (@ $field:ident; $($promise:ident)+) => {$(
        #[test]
        fn $promise() {
            $crate::family::contract::$promise(&$crate::Kinds::default().$field);
        }
    )+};
}
pub(super) use contract;

/// Every kind of a family, with its defaults and a strength of 0.1.
pub(crate) fn built_in<T: ?Sized + Role>(family: &Family<T>) -> Vec<Choice<T>> {
    let read = |(name, choice): (_, Result<_, super::KindError>)| {
        choice.unwrap_or_else(|error| {
            panic!("{name}: {error}; each setting has a default, except the one that STRENGTH names")
        })
    };
    family.names().zip(of_strength(family, 0.1)).map(read).collect()
}

/// Every kind of a family, with one number of its settings at a time set to those of these values that are accepted.
pub(crate) fn accepted<T: ?Sized + Role>(family: &Family<T>) -> Vec<Choice<T>> {
    let mut accepted = built_in(family);
    for choice in built_in(family) {
        for (key, _) in choice.settings().iter().filter(|(_, value)| value.is_number()) {
            for value in [json!(-1), json!(-0.5), json!(0), json!(0.5), json!(1), json!(2), json!(100)] {
                let mut settings = choice.settings().clone();
                settings.insert(key.clone(), value);
                accepted.extend(family.read(&spelt::<T>(choice.name(), settings), &Kinds::default()));
            }
        }
    }
    accepted
}

/// Every kind of a family, with its defaults and this strength.
pub(crate) fn of_strength<T: ?Sized + Role>(
    family: &Family<T>,
    strength: f64,
) -> Vec<Result<Choice<T>, super::KindError>> {
    let settings = |name| {
        family.strength(name).map(|known| (known.setting.to_string(), json!(strength))).into_iter().collect()
    };
    let read = |name| family.read(&spelt::<T>(name, settings(name)), &Kinds::default());
    family.names().map(read).collect()
}

/// A kind and all of these settings, as in a file.
fn spelt<T: ?Sized + Role>(name: &str, mut settings: Map<String, Value>) -> Value {
    match T::SPELLING {
        Spelling::Entry => json!({ name: settings }),
        Spelling::Table { .. } | Spelling::Word => {
            settings.insert("kind".to_string(), json!(name));
            Value::Object(settings)
        }
    }
}

pub(super) fn usual_settings_pass_their_check<T: ?Sized + Role>(family: &Family<T>) {
    for choice in built_in(family) {
        assert_eq!(choice.check(), Ok(()), "{choice:?}");
    }
}

pub(super) fn what_is_written_reads_back_equal<T: ?Sized + Role>(family: &Family<T>) {
    for choice in built_in(family) {
        let short = serde_json::to_value(&choice).expect("written");
        for written in [short, spelt::<T>(choice.name(), choice.settings().clone())] {
            let read = family.read(&written, &Kinds::default());
            assert_eq!(read.as_ref(), Ok(&choice), "{written}");
        }
    }
}

/// A checkpoint is recognised by what `Debug` shows.
pub(super) fn different_settings_look_different<T: ?Sized + Role>(family: &Family<T>) {
    let accepted = accepted(family);
    for (place, one) in accepted.iter().enumerate() {
        for other in accepted[..place].iter().filter(|other| *other != one) {
            assert_ne!(
                format!("{one:?}"),
                format!("{other:?}"),
                "{:?}, {:?}",
                one.settings(),
                other.settings()
            );
        }
    }
}

pub(super) fn an_unknown_key_is_refused_and_named<T: ?Sized + Role>(family: &Family<T>) {
    for choice in built_in(family) {
        let mut settings = choice.settings().clone();
        settings.insert("no_such_key".to_string(), json!(1));
        let error =
            family.read(&spelt::<T>(choice.name(), settings), &Kinds::default()).expect_err("refused");
        assert_eq!(error.keys.last().map(String::as_str), Some("no_such_key"), "{choice:?}");
        let KindProblem::UnknownKey { allowed } = error.problem else { panic!("{error}") };
        assert!(choice.settings().keys().all(|key| allowed.contains(key)), "{allowed:?}");
    }
}

pub(super) fn a_value_of_the_wrong_type_is_refused_and_named<T: ?Sized + Role>(family: &Family<T>) {
    for choice in built_in(family) {
        for key in choice.settings().keys() {
            let mut settings = choice.settings().clone();
            settings.insert(key.clone(), json!([["neither"]]));
            let error =
                family.read(&spelt::<T>(choice.name(), settings), &Kinds::default()).expect_err("refused");
            assert_eq!(error.keys.last(), Some(key), "{error}");
            assert!(matches!(error.problem, KindProblem::Value(_)), "{error}");
        }
    }
}

pub(super) fn an_unknown_kind_is_refused_with_those_that_are_known<T: ?Sized + Role>(family: &Family<T>) {
    let error = family.read(&spelt::<T>("no-such-kind", Map::new()), &Kinds::default()).expect_err("refused");
    assert_eq!(error.keys.len(), 1, "{error}");
    let KindProblem::UnknownKind { family: word, name, known } = error.problem else { panic!("{error}") };
    assert_eq!((word, name.as_str()), (T::WORD, "no-such-kind"));
    assert_eq!(known, family.names().collect::<Vec<_>>());
}

pub(super) fn names_are_words<T: ?Sized + Role>(family: &Family<T>) {
    for name in family.names() {
        let is_word =
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        assert!(is_word && !name.is_empty(), "{name}");
    }
}
