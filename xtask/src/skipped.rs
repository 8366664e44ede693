//! What tests left out for want of a program or of data: heard on their standard error, shown at once, and told again at
//! the end, where nobody misses it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, IsTerminal};
use std::process::{Command, Stdio};

use crate::Error;

/// The word with which a test says so.
const WORD: &str = "SKIPPED";

/// Runs `cargo`; whether it succeeded, and each thing that was left out, once.
pub(crate) fn run(mut cargo: Command) -> Result<(bool, BTreeSet<String>), Error> {
    if std::io::stderr().is_terminal() && std::env::var_os("CARGO_TERM_COLOR").is_none() {
        cargo.env("CARGO_TERM_COLOR", "always");
    }
    let mut running = cargo.stderr(Stdio::piped()).spawn().map_err(Error::Start)?;
    let lines = running.stderr.take().into_iter().flat_map(|pipe| BufReader::new(pipe).split(b'\n'));
    let mut skipped = BTreeSet::new();
    for line in lines.map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        eprintln!("{line}");
        skipped.extend(heard(&line));
    }
    Ok((running.wait().map_err(Error::Start)?.success(), skipped))
}

/// The end of the table: how many things were left out, and what each of them wants.
pub(crate) fn told(skipped: &BTreeSet<String>) -> String {
    let head = match skipped.len() {
        0 => return String::new(),
        1 => "\n1 thing was not tested:\n".to_string(),
        count => format!("\n{count} things were not tested:\n"),
    };
    skipped.iter().fold(head, |text, line| text + "  " + line + "\n")
}

fn heard(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(WORD)?;
    // "SKIPPED: what" and "SKIPPED, not tested: what".
    Some(rest.trim_start_matches(", not tested").trim_start_matches(':').trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_counted_once_and_told_with_what_it_wants() {
        let lines = [
            "    Finished `release` profile",
            "SKIPPED: this test reads the USPS files; set TINDERBOX_DATA_DIR",
            "SKIPPED: this test reads the USPS files; set TINDERBOX_DATA_DIR",
            "SKIPPED, not tested: studies in PostgreSQL; `apt-get install postgresql`",
        ];
        let skipped: BTreeSet<String> = lines.iter().filter_map(|line| heard(line)).collect();
        let expected = "\n2 things were not tested:\n  \
            studies in PostgreSQL; `apt-get install postgresql`\n  \
            this test reads the USPS files; set TINDERBOX_DATA_DIR\n";
        assert_eq!(told(&skipped), expected);
        assert_eq!(told(&BTreeSet::new()), "");
    }

    #[test]
    fn a_command_is_heard_and_its_end_is_known() {
        let said = |script: &str| {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(script);
            run(shell).expect("a shell")
        };
        let one = BTreeSet::from(["a browser".to_string()]);
        assert_eq!(said("echo 'SKIPPED: a browser' >&2; exit 3"), (false, one));
        assert_eq!(said("true"), (true, BTreeSet::new()));
    }
}
