//! No name, title, path or reason reaches a terminal with characters that it obeys.

use crate::desk::{Desk, Ended, SMALL};

const RED: &str = "\u{1b}[31m";
const TURNED: &str = "\u{202e}";

#[track_caller]
fn harmless(ended: Ended) -> Ended {
    for text in [&ended.out, &ended.err] {
        let raw = text.chars().find(|c| (c.is_control() && !"\n\t".contains(*c)) || *c == '\u{202e}');
        assert_eq!(raw, None, "{text:?}");
    }
    ended
}

#[test]
fn titles_and_names_of_an_experiment_are_shown_written_out() {
    let desk = Desk::new();
    let text = SMALL
        .replace("Two small networks", "two\\u001b]0;owned\\u0007 small\\u202E networks")
        .replace("256-32-10", "256\\u009b31m");
    desk.write("odd.toml", text);
    let ended = harmless(desk.run("reproduce odd.toml --dataset stand-in --dry-run").done());
    assert!(ended.out.contains(r"two\u{1b}]0;owned\u{7} small\u{202e} networks"), "{}", ended.out);
    let run = "reproduce odd.toml --dataset stand-in --epochs 1 --seeds 1";
    harmless(desk.run(run).done());
    let report = format!("report {}", desk.run_folder("runs").display());
    harmless(desk.run(&report).done());
}

#[test]
fn what_was_typed_is_quoted_written_out() {
    let desk = Desk::new();
    let odd = format!("a{RED}b{TURNED}");
    let run = |words: &str, more: &[&str]| {
        let mut command = desk.command(words);
        harmless(Ended::from(command.args(more).output().expect("the program starts")))
    };
    // clap leaves out what it takes for a colour.
    run("train --epochs", &[&odd]).refused(&[r"b\u{202e}"]);
    run("train --set", &[&format!("{odd}=1")]).refused(&[r"\u{1b}[31m"]);
    run("train --output", &[&format!("no/{odd}/w")]).refused(&[r"\u{1b}[31m"]);
    run("evaluate", &[&odd]).refused(&[r"\u{1b}[31m"]);
    run("report", &[&odd]).refused(&[r"\u{1b}[31m"]);
    run("reproduce", &[&odd]).refused(&[r"\u{1b}[31m"]);
    run("reproduce --only", &[&odd]).refused(&[r"\u{1b}[31m"]);
    run("train --data-dir", &[&odd]).refused(&[r"\u{1b}[31m"]);
    run("data verify", &[&odd]).refused(&[]);
    run("search show", &[&odd]);
    run(&odd, &[]).refused(&[r"b\u{202e}"]);
}

#[test]
fn a_reason_of_failure_is_shown_written_out() {
    let desk = Desk::new();
    desk.run("reproduce small.toml --dataset stand-in --epochs 1 --seeds 1").done();
    let folder = desk.run_folder("runs");
    let storage = rusqlite::Connection::open(folder.join("study.sqlite")).expect("a storage");
    storage
        .execute_batch(
            "DELETE FROM tinderbox_trial_attachments;
             UPDATE trials SET state = 'FAIL';
             UPDATE tinderbox_attempts SET outcome = 'FAIL', reason = char(27) || '[31mgone' || char(8238)",
        )
        .expect("changed");
    drop(storage);
    harmless(desk.run(&format!("report {}", folder.display())).done());
}
