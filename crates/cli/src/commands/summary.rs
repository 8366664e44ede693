//! The summary of a report, with verdicts in colour.

use std::io;

use tinderbox_report::{Numbers, SummaryLine, Verdict, summary_lines};

use super::terminal::{Tone, say_painted};

/// Prints what became of the claims, and a table for each experiment; `false` if the other end is closed.
pub(super) fn say_summary(numbers: &Numbers) -> io::Result<bool> {
    let lines = summary_lines(numbers);
    say_painted(lines.iter().map(|line| (line.text.as_str(), painted(line))))
}

/// How much of the line is painted, and how.
fn painted(line: &SummaryLine) -> Option<(usize, Tone)> {
    let tone = match line.verdict? {
        Verdict::Holds => Tone::Good,
        Verdict::DoesNotHold => Tone::Bad,
        Verdict::Undecided => Tone::Open,
        Verdict::NotJudged => return None,
    };
    let indent = line.text.len() - line.text.trim_start().len();
    let column = line.text[indent..].find("  ").unwrap_or(line.text.len() - indent);
    Some((indent + column, tone))
}
