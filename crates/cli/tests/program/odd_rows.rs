//! Studies into which other programs wrote: each is shown, exported and resumed, and what is odd is said.

use std::fs;
use std::sync::OnceLock;

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::desk::Desk;

const STUDY: &str = r#"
name = "s"
model = "fcn"
epochs = 1
settings = { "model.hidden" = [8] }

[study]
trials = 6
sampler = { kind = "random", seed = 7 }
space = [{ name = "training.learning_rate", float = [1e-4, 0.03], log = true }]
"#;

/// A desk with a study of six trials in `studies.sqlite`, into which these statements were written.
fn desk(statements: &str) -> Desk {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let desk = Desk::new();
        desk.write("s.toml", STUDY);
        desk.run("search run s.toml --dataset stand-in --workers 1").done();
        fs::read(desk.path().join("studies.sqlite")).expect("a file")
    });
    let desk = Desk::new();
    desk.write("studies.sqlite", made);
    plain(&desk).execute_batch(statements).expect("statements");
    desk
}

/// A connection that knows nothing of Tinderbox.
fn plain(desk: &Desk) -> Connection {
    let connection = Connection::open(desk.path().join("studies.sqlite")).expect("a file");
    connection.execute_batch("PRAGMA foreign_keys = OFF").expect("a setting");
    connection
}

/// What a study looks like: `show`, and the formats of `export`.
struct Looks {
    shown: String,
    csv: String,
    html: String,
}

#[track_caller]
fn looks(desk: &Desk) -> Looks {
    let out = |words: &str| {
        let ended = desk.run(words).done();
        assert!(!ended.err.contains("panicked"), "{}", ended.err);
        ended.out
    };
    let json = |text: String| serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
    json(out("search show s --json"));
    json(out("search export s"));
    let looks = Looks {
        shown: out("search show s"),
        csv: out("search export s --format csv"),
        html: out("search export s --format html"),
    };
    assert!(looks.html.ends_with("</html>\n"), "{}", &looks.html[looks.html.len() - 60..]);
    looks
}

#[track_caller]
fn resumed(desk: &Desk, trials: u32) {
    let ended = desk.run(&format!("search resume s --trials {trials} --dataset stand-in --workers 1"));
    assert!(ended.code == Some(0) || ended.code == Some(1), "{:?}\n{}\n{}", ended.code, ended.out, ended.err);
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
    let complete = "SELECT count(*) FROM trials WHERE state = 'COMPLETE'";
    let complete: i64 = plain(desk).query_row(complete, [], |row| row.get(0)).expect("a count");
    assert!(complete >= 6, "{complete} of {trials}");
}

#[test]
fn parameters_of_other_programs_are_read_or_named() {
    let distribution = |trial: u32, name: &str, json: &str| {
        format!(
            "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
             SELECT trial_id, '{name}', 0.0, '{json}' FROM trials WHERE number = {trial};"
        )
    };
    let statements = [
        distribution(0, "clip", r#"{"name": "CategoricalDistribution", "attributes": {"choices": [Infinity, 1.0]}}"#),
        distribution(0, "bound", r#"{"name": "FloatDistribution", "attributes": {"low": -Infinity, "high": 1.0}}"#),
        distribution(1, "old", r#"{"name": "LogUniformDistribution", "attributes": {"low": 0.0, "high": 1.0}}"#),
        distribution(2, "large", r#"{"name": "IntDistribution", "attributes": {"low": 0, "high": 1e30}}"#),
        distribution(3, "unknown", r#"{"name": "PoissonDistribution", "attributes": {}}"#),
        distribution(4, "broken", "{"),
        distribution(5, "null", "null"),
        "UPDATE trial_params SET param_value = 'seven' WHERE trial_id = (SELECT trial_id FROM trials WHERE number = 2)
         AND param_name = 'training.learning_rate';"
            .to_string(),
    ];
    let desk = desk(&statements.concat());
    let Looks { shown, csv, .. } = looks(&desk);
    for (trial, words) in [
        (0, "parameter `clip`: a choice that is not finite is read as a text"),
        (0, "parameter `bound` is left out: its low is \"-Infinity\", expected a finite number"),
        (2, "parameter `training.learning_rate` is left out: its value is `seven`, expected a number"),
        (3, "parameter `unknown` is left out: its distribution `PoissonDistribution` is unknown"),
        (4, "parameter `broken` is left out: its distribution is not JSON"),
        (5, "parameter `null` is left out: its distribution has no name"),
    ] {
        assert!(shown.contains(&format!("trial {trial}: {words}")), "{words}\n{shown}");
        assert!(csv.contains(&words.replace('"', "\"\"")), "{words}\n{csv}");
    }
    assert_eq!(csv.lines().count(), 7);
    assert!(shown.contains("parameter `old` = 0.0 is not from the space of the study"), "{shown}");
    resumed(&desk, 7);
}

#[test]
fn a_trial_that_ended_before_it_began_has_no_duration() {
    let desk = desk(
        "UPDATE trials SET datetime_complete = strftime('%Y-%m-%d %H:%M:%f', datetime_start, '-8 hours') WHERE number = 2;
         UPDATE trials SET datetime_start = 'yesterday' WHERE number = 3;
         UPDATE trials SET datetime_complete = 1700000000 WHERE number = 4;",
    );
    let Looks { shown, html, csv } = looks(&desk);
    let ended = "it ended at ";
    assert!(csv.contains(ended), "{csv}");
    for format in ["json", "csv"] {
        let timeless = desk.run(&format!("search export s --format {format} --without-times")).done().out;
        assert!(!timeless.contains(ended), "{timeless}");
    }
    assert!(html.contains("Trial 2, complete, duration unknown"));
    assert!(html.contains("<h2 id=\"notes-title\">Could not be read</h2>"));
    for note in
        ["trial 2: it ended at ", "trial 3: its start is `yesterday`", "trial 4: its end is 1700000000"]
    {
        assert!(shown.contains(note), "{note}\n{shown}");
    }
}

#[test]
fn steps_values_and_states_that_are_none_are_named() {
    let desk = desk(
        "UPDATE trial_intermediate_values SET step = 5000000000 WHERE trial_intermediate_value_id = 1;
         UPDATE trial_intermediate_values SET step = -1 WHERE trial_intermediate_value_id = 2;
         UPDATE trial_intermediate_values SET step = 1e30 WHERE trial_intermediate_value_id = 3;
         UPDATE trials SET state = 'PAUSED' WHERE number = 1;
         DELETE FROM trial_values WHERE trial_id = (SELECT trial_id FROM trials WHERE number = 2);
         UPDATE trial_values SET value = NULL, value_type = 'NAN'
         WHERE trial_id = (SELECT trial_id FROM trials WHERE number = 3);
         INSERT INTO trial_values (trial_id, objective, value, value_type)
         SELECT trial_id, 1, 9.0, 'FINITE' FROM trials WHERE number = 4;
         UPDATE tinderbox_attempts SET worker = x'ff', outcome = 'BOGUS', claimed = 7
         WHERE trial_id = (SELECT trial_id FROM trials WHERE number = 5);",
    );
    let Looks { shown, csv, .. } = looks(&desk);
    assert!(shown.starts_with("s: 3 complete, 3 failed"), "{shown}");
    for note in [
        "trial 0: an intermediate value is left out: its step is 5000000000",
        "trial 1: its state is `PAUSED`",
        "trial 2: complete, but without a value of objective 1: counted as failed",
        "trial 3: objective 1 is NaN: counted as failed",
        "trial 4: a value of objective 2 is left out: the study has 1 objective",
        "trial 5: its worker is 1 byte that is not text",
    ] {
        assert!(shown.contains(note), "{note}\n{shown}");
    }
    assert!(csv.contains("\n4,complete,0."), "a value of another objective is none of this one's: {csv}");
    resumed_whatever(&desk);
}

/// The table was damaged so far that fewer than six trials are complete.
#[track_caller]
fn resumed_whatever(desk: &Desk) {
    let ended = desk.run("search resume s --trials 7 --dataset stand-in --workers 1");
    assert!(ended.code == Some(0) || ended.code == Some(1), "{:?}\n{}\n{}", ended.code, ended.out, ended.err);
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}

/// The rows of a CSV text.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let mut reader = csv_core::Reader::new();
    let (mut field, mut row, mut rows, mut input) = (Vec::new(), Vec::new(), Vec::new(), csv.as_bytes());
    loop {
        let mut part = [0; 64];
        let (result, read, written) = reader.read_field(input, &mut part);
        input = &input[read..];
        field.extend_from_slice(&part[..written]);
        match result {
            csv_core::ReadFieldResult::InputEmpty | csv_core::ReadFieldResult::OutputFull => {}
            csv_core::ReadFieldResult::Field { record_end } => {
                row.push(String::from_utf8(std::mem::take(&mut field)).expect("UTF-8"));
                if record_end {
                    rows.push(std::mem::take(&mut row));
                }
            }
            csv_core::ReadFieldResult::End => return rows,
        }
    }
}

#[test]
fn csv_is_read_by_another_program_whatever_a_failure_says() {
    let reasons = ["a\rb", "a\nb", "a\r\nb", "a \"quoted\", b", "=cmd|' /C calc'!A0", "\u{2028}a\u{85}b"];
    let desk = desk("");
    for (number, reason) in reasons.iter().enumerate() {
        let fail = "UPDATE tinderbox_attempts SET outcome = 'FAIL', reason = ?2
                    WHERE trial_id = (SELECT trial_id FROM trials WHERE number = ?1)";
        plain(&desk).execute(fail, rusqlite::params![number, reason]).expect("an update");
    }
    plain(&desk).execute_batch("UPDATE trials SET state = 'FAIL'").expect("an update");
    let csv = looks(&desk).csv;
    let expected =
        reasons.map(|reason| if reason.starts_with('=') { format!("'{reason}") } else { reason.to_string() });
    let rows = rows(&csv);
    assert_eq!(rows.len(), 7);
    let column = rows[0].iter().position(|name| name == "failure").expect("a column");
    let failures: Vec<_> = rows[1..].iter().map(|row| row[column].clone()).collect();
    assert_eq!(failures, expected);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
}

#[test]
fn a_look_makes_no_storage() {
    let desk = desk("");
    let storages =
        ["sqlite:stduies.sqlite", "sqlite:///stduies.sqlite?timeout=60", "sqlite:stduies.sqlite?mode=rw"];
    for storage in storages {
        for command in
            ["search show s", "search show", "search export s", "search resume s", "worker --study s"]
        {
            let ended = desk.run(&format!("{command} --storage {storage}"));
            ended.refused(&[
                "stduies.sqlite: no such file; nothing was created; its folder has studies.sqlite",
            ]);
        }
    }
    let refused = |storage: &str, words: &[&str]| {
        desk.run(&format!("search show s --storage {storage}")).refused(words);
    };
    refused("sqlite:studies.sqlite?check_same_thread=0", &["`check_same_thread`", "is not supported"]);
    refused("sqlite:.", &["a folder, expected a file"]);
    refused("sqlite:/dev/zero", &["a device, expected a file"]);
    desk.write("empty.db", "");
    refused("sqlite:empty.db", &["an empty file, without studies"]);
    let names = fs::read_dir(desk.path()).expect("a folder");
    let names: Vec<_> = names.map(|entry| entry.expect("an entry").file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("stduies")), "{names:?}");

    plain(&desk).execute_batch("DELETE FROM studies").expect("a statement");
    desk.run("search show s").refused(&["no study `s` in this storage; it has no study"]);
    assert_eq!(desk.run("search show").done().out, "this storage has no studies\n");
}

#[test]
fn whatever_stands_in_the_cells_a_study_is_shown_and_gone_on_with() {
    const COLUMNS: [(&str, &str); 16] = [
        ("trials", "state"),
        ("trials", "number"),
        ("trials", "datetime_start"),
        ("trials", "datetime_complete"),
        ("trial_params", "param_value"),
        ("trial_params", "distribution_json"),
        ("trial_values", "value"),
        ("trial_values", "value_type"),
        ("trial_values", "objective"),
        ("trial_intermediate_values", "step"),
        ("trial_intermediate_values", "intermediate_value"),
        ("trial_user_attributes", "value_json"),
        ("tinderbox_trials", "attempt"),
        ("tinderbox_attempts", "outcome"),
        ("tinderbox_attempts", "expires"),
        ("tinderbox_attempts", "worker"),
    ];
    let values = [
        Value::Null,
        Value::Integer(-1),
        Value::Integer(5_000_000_000),
        Value::Real(f64::INFINITY),
        Value::Real(0.5),
        Value::Text("RUNNING".to_string()),
        Value::Text("PAUSED\u{1b}[31m\u{202e}".to_string()),
        Value::Text("2031-01-01 00:00:00".to_string()),
        Value::Blob(vec![0xff, 0]),
    ];
    // A sequence that fills the unit interval: the same on every machine.
    let mut turn = 0.0_f64;
    let mut draw = |length: usize| {
        turn += 0.618_033_988_749_894_9;
        (turn.fract() * length as f64) as usize
    };
    for round in 0..5 {
        let desk = desk("");
        let db = plain(&desk);
        for _ in 0..8 {
            let (table, column) = COLUMNS[draw(COLUMNS.len())];
            let sql = format!(
                "UPDATE OR IGNORE {table} SET {column} = ?2
                 WHERE rowid = (SELECT rowid FROM {table} ORDER BY rowid LIMIT 1 OFFSET ?1)"
            );
            // What the table refuses by itself is not done.
            _ = db.execute(&sql, rusqlite::params![draw(6), values[draw(values.len())]]);
        }
        drop(db);
        looks(&desk);
        if round < 2 {
            resumed_whatever(&desk);
        }
    }
}
