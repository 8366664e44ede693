//! What `predict` reads: nothing, too much, and what is not text.

use std::fs::File;
use std::io::Write;
use std::process::Stdio;

use crate::desk::{Desk, Ended};

fn desk() -> Desk {
    let desk = Desk::new();
    desk.run("train --model fcn --epochs 1 --set model.hidden=[8] --dataset stand-in").done();
    desk
}

#[test]
fn nothing_to_predict_is_refused() {
    let desk = desk();
    let nothing = "no rows, expected 256 numbers a line";
    let ended = desk.command("predict model.safetensors").stdin(Stdio::null()).output();
    Ended::from(ended.expect("started")).refused(&["standard input: no rows, expected 256 numbers a line"]);
    desk.write("empty.txt", "");
    desk.run("predict model.safetensors empty.txt").refused(&["empty.txt: ", nothing]);
    desk.write("blank.txt", "\n \r\n\u{feff}\n");
    desk.run("predict model.safetensors blank.txt").refused(&["blank.txt: ", nothing]);
    desk.run("predict model.safetensors .").refused(&[".: "]);
}

#[test]
fn a_picture_in_place_of_text_is_called_one() {
    let desk = desk();
    desk.write("digit.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    desk.run("predict model.safetensors digit.png")
        .refused(&["digit.png: is a PNG picture, expected rows of 256 numbers"]);
    desk.run("predict model.safetensors model.safetensors")
        .refused(&["model.safetensors: is a safetensors file"]);
    desk.write("latin.txt", b"0 1 \xe9");
    desk.run("predict model.safetensors latin.txt").refused(&["latin.txt, line 1: byte 5 is not UTF-8 text"]);
}

#[test]
fn line_ends_and_marks_of_other_systems_are_read() {
    let desk = desk();
    let row = vec!["0.5"; 256].join(",");
    desk.write("rows.csv", format!("\u{feff}{row}\r\n\r\n{row}"));
    let ended = desk.run("predict model.safetensors rows.csv").done();
    assert_eq!(ended.out.lines().count(), 2, "{}", ended.out);
}

#[test]
fn a_line_without_an_end_is_read_up_to_its_bound() {
    let desk = desk();
    let longest = 64 * 256;
    let row = vec!["1"; 256].join(" ");
    desk.write("rows.txt", format!("{row}{}\n", " ".repeat(longest - row.len() - 1)));
    desk.run("predict model.safetensors rows.txt").done();
    let too_long = ["line 1: longer than 16384 bytes, expected 256 numbers"];
    desk.write("rows.txt", format!("{row}{}\n", " ".repeat(longest - row.len())));
    desk.run("predict model.safetensors rows.txt").refused(&too_long);
    // Half a gigabyte of nothing, without a line feed.
    File::create(desk.path().join("zeros.txt")).and_then(|file| file.set_len(1 << 29)).expect("made");
    desk.run("predict model.safetensors zeros.txt").refused(&too_long);

    let mut child = desk
        .command("predict model.safetensors")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    // Until the program has seen enough and closes its end.
    while input.write_all("1,".repeat(1 << 15).as_bytes()).is_ok() {}
    Ended::from(child.wait_with_output().expect("waited for")).refused(&too_long);
}
