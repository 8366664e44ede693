//! What is shown on a terminal fits its width, what is piped is left alone, and colours are where they are wanted.

use serde_json::Value;

use crate::desk::{Desk, Ended};
use crate::pseudo_terminal::Terminal;

const REPRODUCE: &str = "reproduce small.toml --dataset stand-in --workers 2";
const SEARCH: &str = "search run s.toml --dataset stand-in --workers 2";
const TRAIN: &str = "train --model fcn --dataset stand-in --set model.hidden=[8]";

fn desk() -> Desk {
    let desk = crate::small_study::desk(200, 4);
    // Names of the length that the paper's have.
    let text = crate::desk::SMALL.replace("name = \"small\"", "name = \"regularisation\"");
    desk.write("small.toml", text.replace("\"Fcn\"", "\"fully-connected\""));
    desk
}

#[test]
fn no_line_is_wrapped_by_a_terminal_of_60_80_or_120_columns() {
    for columns in [60, 80, 120] {
        for (words, row) in [
            (format!("{REPRODUCE} --epochs 150"), "worker 1 "),
            (SEARCH.to_string(), "worker 1 "),
            (format!("{TRAIN} --epochs 300"), "epoch "),
        ] {
            let desk = desk();
            let Some(mut terminal) = Terminal::start(&desk, &words, columns, &[]) else { return };
            let drawn = |line: &str| line.starts_with(row) && !line.contains(':');
            let mut epochs = false;
            terminal.until(|contents| {
                let rows = contents.lines().filter(|line| drawn(line));
                epochs |= rows.clone().any(|line| line.contains("epoch "));
                epochs
            });
            assert!(epochs, "{words}: no row of progress with an epoch was seen");
            let (code, contents) = terminal.end();
            assert_eq!(code, Some(0), "{contents}");
            assert!(!contents.lines().any(drawn), "a row is left:\n{contents}");
            assert!(contents.contains("accuracy"), "{contents}");
        }
    }
}

#[test]
fn rows_follow_the_width_and_an_interrupt_leaves_neither_rows_nor_verdicts() {
    let desk = desk();
    let words = format!("{REPRODUCE} --epochs 3000");
    let Some(mut terminal) = Terminal::start(&desk, &words, 120, &[]) else { return };
    let mut widest = [0; 4];
    for (place, columns) in [120, 60, 80, 60].into_iter().enumerate() {
        if place > 0 {
            terminal.resize(columns);
        }
        let width = |line: &str| line.chars().count();
        let drawn = terminal.until(|contents| {
            let row = contents.lines().find(|line| line.starts_with("worker 0 "));
            widest[place] = row.map_or(0, width);
            row.is_some_and(|row| row.contains("epoch "))
        });
        assert!(drawn && widest[place] < columns.into(), "{columns}: {}", terminal.contents());
    }
    assert!(widest[0] > widest[1] && widest[2] > widest[3], "{widest:?}");
    terminal.interrupt();
    let (code, contents) = terminal.end();
    assert_eq!(code, Some(130), "{contents}");
    for absent in ["all trials", "worker 0", "not judged", "test accuracy, %"] {
        assert!(!contents.contains(absent), "`{absent}` is left:\n{contents}");
    }
    assert!(contents.contains("run the same command to resume"), "{contents}");
}

#[test]
fn an_interrupted_training_says_how_to_resume_and_leaves_no_row() {
    for (more, then) in [("", "no weights are saved"), ("--checkpoint c", "run the same command to resume")] {
        let desk = desk();
        let words = format!("{TRAIN} --epochs 100000 {more}");
        let Some(mut terminal) = Terminal::start(&desk, &words, 80, &[]) else { return };
        assert!(terminal.until(|contents| contents.contains("epoch      3/100000:")));
        terminal.interrupt();
        let (code, contents) = terminal.end();
        assert_eq!(code, Some(130), "{contents}");
        assert!(contents.contains("stopped in epoch") && contents.contains(then), "{contents}");
        assert!(!contents.contains('['), "a row is left:\n{contents}");
    }
}

#[test]
fn the_plan_and_the_ledger_break_between_words_only() {
    let desk = Desk::new();
    desk.write("paper.toml", crate::experiments::PAPER);
    desk.run("reproduce paper.toml --dataset stand-in --epochs 1").done();
    let report = format!("report {}", desk.run_folder("runs").display());
    let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    for command in [report.as_str(), "reproduce --dry-run --dataset stand-in"] {
        let piped = desk.run(command).done();
        for columns in [60, 80] {
            let Some(terminal) = Terminal::start(&desk, command, columns, &[]) else { return };
            let (code, contents) = terminal.end();
            assert_eq!(code, Some(0), "{contents}");
            // The terminal shows both streams in one.
            assert_eq!(words(&contents), words(&(piped.err.clone() + &piped.out)), "{command}, {columns}");
            assert!(contents.lines().all(|line| line.chars().count() < columns.into()), "{contents}");
        }
    }
}

#[test]
fn a_row_of_the_list_is_one_line_at_any_width() {
    let desk = Desk::new();
    let piped = desk.run("reproduce --list --dataset stand-in").done().out;
    let numbers = |text: &str| -> Vec<Vec<String>> {
        let rows = text.lines().take_while(|line| !line.starts_with("all"));
        let words = |line: &str| line.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        // The name, and behind the part of the paper, which narrow terminals do not show, the numbers.
        let kept = |words: Vec<String>| [&words[..1], &words[words.len().saturating_sub(6)..]].concat();
        rows.map(|line| kept(words(line))).skip(1).collect()
    };
    for columns in [60, 80, 120] {
        let command = "reproduce --list --dataset stand-in";
        let Some(terminal) = Terminal::start(&desk, command, columns, &[]) else { return };
        let (code, contents) = terminal.end();
        assert_eq!(code, Some(0), "{contents}");
        let contents: Vec<&str> =
            contents.lines().skip_while(|line| !line.starts_with("experiment")).collect();
        assert_eq!(contents[0].contains("part"), columns > 60, "{}", contents[0]);
        let (shown, expected) = (numbers(&contents.join("\n")), numbers(&piped));
        assert_eq!(shown.len(), 8, "{contents:?}");
        for (shown, expected) in shown.iter().zip(&expected) {
            // Times may have been learnt meanwhile.
            assert_eq!(shown[..5], expected[..5], "{columns}");
        }
    }
}

#[test]
fn what_is_piped_is_neither_wrapped_nor_coloured() {
    let desk = Desk::new();
    let plan = desk.run("reproduce --dry-run --dataset stand-in").done();
    assert!(plan.out.lines().any(|line| line.chars().count() > 120), "{}", plan.out);
    let run = desk.run("reproduce small.toml --dataset stand-in --epochs 1 --seeds 1").done();
    for text in [&plan.out, &plan.err, &run.out, &run.err] {
        assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text:?}");
    }
    // Plan and progress on standard error, results on standard output.
    assert!(run.err.contains("plan ") && run.err.contains("[1/2] "), "{}", run.err);
    assert!(!run.out.contains("plan ") && !run.out.contains("[1/2] "), "{}", run.out);
    assert!(run.out.contains("report: ") && !run.err.contains("report: "), "{}\n{}", run.out, run.err);
    let train = desk.run(&format!("{TRAIN} --epochs 1")).done();
    assert!(train.err.contains("epoch 1/1: test accuracy"), "{}", train.err);
    assert_eq!(train.out, "weights: model.safetensors\n");
}

const RED: &str = "\u{1b}[31m";

#[test]
fn colours_obey_the_usual_variables() {
    let desk = Desk::new();
    let missing = "evaluate missing.safetensors";
    let piped = |name: &str, value: &str| {
        let mut command = desk.command(missing);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env(name, value);
        Ended::from(command.output().expect("the program starts")).refused(&[]).err
    };
    assert!(piped("CLICOLOR_FORCE", "1").contains(RED));
    assert!(!piped("CLICOLOR", "1").contains('\u{1b}'));
    let cases: [(&[(&str, &str)], bool); 5] = [
        (&[], true),
        (&[("NO_COLOR", "1")], false),
        (&[("CLICOLOR", "0")], false),
        (&[("TERM", "dumb")], false),
        (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
    ];
    for (variables, coloured) in cases {
        let Some(mut terminal) = Terminal::start(&desk, missing, 80, variables) else { return };
        terminal.until(|_| false);
        let sent = String::from_utf8_lossy(&terminal.sent).into_owned();
        assert!(sent.contains("missing.safetensors"), "{sent:?}");
        assert_eq!(sent.contains(RED), coloured, "{variables:?}: {sent:?}");
        assert_eq!(terminal.end().0, Some(2));
    }
}

/// The events on standard error; each line is one.
fn events(err: &str) -> Vec<Value> {
    err.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().expect("a name")).collect()
}

#[test]
fn progress_as_json_is_a_stream_of_events_and_nothing_else() {
    let desk = desk();
    let run = desk.run(&format!("{REPRODUCE} --epochs 2 --progress json")).done();
    let heard = events(&run.err);
    let names_heard = names(&heard);
    assert_eq!(names_heard[..3], ["note", "plan", "started"], "{}", run.err);
    // What is told behind it is no trial's.
    let ended = names_heard.iter().position(|name| *name == "ended").expect("an end");
    assert!(names_heard[ended + 1..].iter().all(|name| *name == "note"), "{}", run.err);
    let of = |name: &'static str| heard.iter().filter(move |event| event["event"] == name);
    assert_eq!((of("trial_started").count(), of("trial_finished").count()), (4, 4));
    assert!(of("trial_progress").all(|event| event["epochs"] == 2 && event["share"].is_f64()), "{}", run.err);
    let counted: Vec<_> = of("trial_finished").map(|event| event["done"].as_u64()).collect();
    assert_eq!(counted, [Some(1), Some(2), Some(3), Some(4)]);
    let numbers = desk.numbers("runs");
    for event in of("trial_finished") {
        let trials = numbers["experiments"][0]["trials"].as_array().expect("trials");
        let same = |trial: &&Value| trial["arm"] == event["arm"] && trial["seed"] == event["seed"];
        assert!(trials.iter().any(|trial| same(&trial)) && event["test_accuracy"].is_f64(), "{event}");
    }
    assert!(run.out.contains("report: "), "{}", run.out);

    let search = desk.run(&format!("{SEARCH} --progress json")).done();
    let heard = events(&search.err);
    let finished = heard.iter().filter(|event| event["event"] == "trial_finished");
    let ranked = |event: &Value| event["objectives"]["validation-accuracy"].is_f64();
    assert!(finished.clone().all(ranked), "{}", search.err);
    assert!(!search.err.contains("test_accuracy"), "test images choose nothing: {}", search.err);
    assert_eq!(finished.count(), 4);

    let train = desk.run(&format!("{TRAIN} --epochs 2 --progress json")).done();
    let heard = events(&train.err);
    let epochs: Vec<_> = heard.iter().filter(|event| event["event"] == "epoch").collect();
    assert_eq!(epochs.len(), 2);
    assert!(epochs[1]["test_accuracy"].is_f64() && epochs[1]["epochs"] == 2, "{}", train.err);

    let refused = desk.run("train --model fcn --data-dir nowhere --progress json").refused(&[]);
    assert_eq!(names(&events(&refused.err)), ["error"]);
}
