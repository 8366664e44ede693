//! Trials put together from rows of every kind.

use super::*;

const TIMES: [Cell<'_>; 2] = [Cell::Text("2024-01-01 00:00:01"), Cell::Text("2024-01-01 00:00:02.5")];

fn complete(objectives: usize, fill: impl FnOnce(&mut Reading)) -> Trial {
    let mut reading =
        Reading::begin(objectives, Cell::Int(3), Cell::Text("COMPLETE"), TIMES).expect("a number");
    fill(&mut reading);
    reading.end()
}

fn value(reading: &mut Reading, objective: i64, value: f64) {
    reading.value(Cell::Int(objective), Cell::Real(value), Cell::Text("FINITE"));
}

#[test]
fn a_trial_that_is_in_order_has_no_notes() {
    let trial = complete(2, |reading| {
        value(reading, 1, 0.5);
        reading.value(Cell::Int(0), Cell::Null, Cell::Text("INF_POS"));
        reading.own(Cell::Text("key"), Cell::Int(2), Cell::Text("worker"), Cell::Null);
        reading.constraints(Cell::Text("[-1.0, -Infinity]"));
        reading.constraints(Cell::Text("null"));
        reading.constraints(Cell::Text("0.5"));
    });
    assert_eq!((trial.state, &trial.values[..]), (State::Complete, &[f64::INFINITY, 0.5][..]));
    assert_eq!(trial.constraints, [-1.0, f64::NEG_INFINITY, 0.5]);
    assert_eq!((trial.notes, trial.attempt), (Vec::<String>::new(), 2));
}

#[test]
fn a_value_belongs_to_its_objective_and_not_to_its_place_among_the_rows() {
    let trial = complete(2, |reading| value(reading, 1, 0.5));
    assert_eq!((trial.state, trial.values), (State::Fail, vec![]));
    assert_eq!(trial.notes, ["complete, but without a value of objective 1: counted as failed"]);
    assert_eq!(trial.failure.as_ref(), Some(&trial.notes[0]));
    let trial = complete(1, |reading| (0..3).for_each(|place| value(reading, place, place as f64)));
    assert_eq!((trial.state, trial.values), (State::Complete, vec![0.0]));
    assert_eq!(trial.notes, ["a value of objective 2 is left out: the study has 1 objective"]);
}

#[test]
fn nan_is_no_value_of_a_complete_trial() {
    let trial = complete(1, |reading| reading.value(Cell::Int(0), Cell::Null, Cell::Text("NAN")));
    assert_eq!((trial.state, trial.values), (State::Fail, vec![]));
    assert_eq!(trial.notes, ["objective 1 is NaN: counted as failed"]);
}

#[test]
fn an_odd_cell_is_a_note_and_the_others_stay() {
    let trial = complete(1, |reading| {
        value(reading, 0, 0.5);
        reading.parameter(Cell::Text("a"), Cell::Text("{}"), Cell::Real(0.0));
        reading.parameter(Cell::Null, Cell::Null, Cell::Null);
        reading.parameter(Cell::Text("b"), Cell::Text("{}"), Cell::Text("seven"));
        let choices = r#"{"name": "CategoricalDistribution", "attributes": {"choices": ["x"]}}"#;
        reading.parameter(Cell::Text("c"), Cell::Text(choices), Cell::Int(0));
        reading.attribute(Cell::Text("d"), Cell::Null);
        reading.attribute(Cell::Text("e"), Cell::Text("NaN"));
        for step in [Cell::Int(5_000_000_000), Cell::Int(-1), Cell::Text("last"), Cell::Int(4)] {
            reading.report(step, Cell::Real(1.0), Cell::Text("FINITE"));
        }
        reading.report(Cell::Int(5), Cell::Null, Cell::Text("FINITE"));
        reading.own(Cell::Null, Cell::Int(-1), Cell::Real(0.5), Cell::Null);
        reading.constraints(Cell::Text("[NaN]"));
    });
    assert_eq!((trial.state, trial.value()), (State::Complete, Some(0.5)));
    assert_eq!(trial.parameters.keys().collect::<Vec<_>>(), ["c"]);
    assert_eq!(trial.attributes, [("e".to_owned(), Value::from("NaN"))].into());
    assert_eq!(trial.intermediate_values, [(4, 1.0)].into());
    assert_eq!(trial.constraints, [f64::INFINITY]);
    assert_eq!(
        trial.notes,
        [
            "parameter `a` is left out: its distribution has no name",
            "the name of a parameter is NULL, expected a text",
            "parameter `b` is left out: its value is `seven`, expected a number",
            "attribute `d` is NULL, expected a text",
            "an intermediate value is left out: its step is 5000000000, expected a whole number from 0 to 4294967295",
            "an intermediate value is left out: its step is -1, expected a whole number from 0 to 4294967295",
            "an intermediate value is left out: its step is `last`, expected a whole number from 0 to 4294967295",
            "an intermediate value at step 5 is left out: the value type `FINITE` without a value",
            "its attempt is -1, expected a whole number from 0 to 9223372036854775807",
            "its worker is 0.5, expected a text",
            "a constraint is `[NaN]`, expected a list of numbers: counted as broken",
        ]
    );
}

#[test]
fn a_state_or_a_date_that_is_unknown_is_named() {
    let times = [Cell::Text("yesterday"), Cell::Int(3)];
    let reading = Reading::begin(1, Cell::Int(0), Cell::Text("PAUSED"), times).expect("a number");
    let trial = reading.end();
    assert_eq!((trial.state, trial.started, trial.finished), (State::Fail, None, None));
    assert_eq!(
        trial.notes,
        [
            "its state is `PAUSED`, expected one of WAITING, RUNNING, COMPLETE, PRUNED, FAIL: counted as failed",
            "its start is `yesterday`, expected `YYYY-MM-DD HH:MM:SS.ffffff`",
            "its end is 3, expected a date as text",
        ]
    );
    for number in [Cell::Null, Cell::Int(-1), Cell::Int(i64::MAX), Cell::Real(0.5), Cell::Text("first")] {
        assert!(Reading::begin(1, number, Cell::Text("FAIL"), TIMES).is_none(), "{number}");
    }
}
