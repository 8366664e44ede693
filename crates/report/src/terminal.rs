//! The numbers as plain text, for a terminal.

use std::fmt::Write;

use crate::claim::Verdict;
use crate::format::{ABSENT, counted, estimate};
use crate::numbers::{ArmNumbers, ExperimentNumbers, Numbers, Verdicts};

/// A line of the summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryLine {
    /// The line, without a line feed.
    pub text: String,
    /// The verdict that its first column names, if it does.
    pub verdict: Option<Verdict>,
}

/// How many claims got which verdict and a line for each claim, then a short table an experiment: arm, test accuracy in
/// percent, what the paper reports, trials. Each line ends with a line feed.
///
/// Control characters of names are left out, so that no name can steer the terminal.
pub fn summary(numbers: &Numbers) -> String {
    summary_lines(numbers).into_iter().map(|line| line.text + "\n").collect()
}

/// As [`summary`], with what a terminal paints. Columns are two spaces or more apart.
pub fn summary_lines(numbers: &Numbers) -> Vec<SummaryLine> {
    let mut text = Vec::new();
    if let Some(notice) = &numbers.notice {
        line(&mut text, &printable(notice));
    }
    if numbers.verdicts.total() > 0 {
        claims(&mut text, numbers);
    }
    for experiment in &numbers.experiments {
        if !text.is_empty() {
            line(&mut text, "");
        }
        table(&mut text, experiment);
    }
    text
}

fn claims(text: &mut Vec<SummaryLine>, numbers: &Numbers) {
    if !text.is_empty() {
        line(text, "");
    }
    let Verdicts { holds, does_not_hold, undecided, not_judged } = numbers.verdicts;
    let total = counted(numbers.verdicts.total(), "claim", "claims");
    let counts =
        format!("{holds} HOLD, {does_not_hold} DO NOT HOLD, {undecided} undecided, {not_judged} not judged");
    line(text, &format!("{total}: {counts}"));
    for claim in numbers.experiments.iter().flat_map(|experiment| &experiment.claims) {
        let word = match claim.verdict {
            // Capitals stand out where there is no colour.
            Verdict::Holds | Verdict::DoesNotHold => claim.verdict.to_string().to_uppercase(),
            Verdict::Undecided | Verdict::NotJudged => claim.verdict.to_string(),
        };
        text.push(SummaryLine {
            text: format!("  {word:<13}  {}", printable(&claim.sentence)),
            verdict: Some(claim.verdict),
        });
        line(text, &format!("  {:13}  {}", "", printable(&claim.reason)));
    }
}

fn table(text: &mut Vec<SummaryLine>, experiment: &ExperimentNumbers) {
    line(text, &format!("{} ({})", printable(&experiment.title), printable(&experiment.name)));
    let mut rows = vec![["arm", "test accuracy, %", "reported, %", "trials"].map(String::from)];
    rows.extend(experiment.arms.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2].map(width);
    for [arm, accuracy, reported, trials] in &rows {
        let [first, second, third] = widths;
        line(text, &format!("  {arm:first$}  {accuracy:>second$}  {reported:>third$}  {trials}"));
    }
    if experiment.waiting > 0 {
        line(text, &format!("  {} waiting", counted(experiment.waiting, "trial", "trials")));
    }
}

fn row(arm: &ArmNumbers) -> [String; 4] {
    let mut trials = arm.trials.to_string();
    for (number, what) in [(arm.diverged, "diverged"), (arm.failed, "failed")] {
        if number > 0 {
            // Writing to a `String` does not fail.
            let _ = write!(trials, ", {number} {what}");
        }
    }
    let reported = arm.facts.reported.as_ref().map_or(ABSENT.into(), |reported| reported.percent.to_string());
    [printable(&arm.facts.name), estimate(arm.test_accuracy), reported, trials]
}

fn line(text: &mut Vec<SummaryLine>, line: &str) {
    text.push(SummaryLine { text: line.to_string(), verdict: None });
}

fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::numbers::numbers;
    use crate::report::Failure;

    #[test]
    fn the_table_fits_its_columns() {
        let mut report = fixture::report();
        report.notice = Some("stand-in digits, not USPS".into());
        let arms = &mut report.experiments[0].arms;
        arms[1].records.clear();
        arms[2].records.truncate(1);
        arms[2].waiting = 1;
        arms[2].failures = vec![Failure { seed: 1, reason: "killed".into() }];
        let records = arms.iter_mut().flat_map(|arm| &mut arm.records);
        for (record, accuracy) in records.zip([0.94, 0.95, 0.96, 0.97]) {
            record.results.test = None;
            record.results.history.last_mut().unwrap().test_accuracy = accuracy;
        }
        assert_eq!(
            summary(&numbers(&report)),
            "stand-in digits, not USPS\n\
             \n\
             Three models (task1_models)\n\
             \u{20} arm        test accuracy, %  reported, %  trials\n\
             \u{20} fcn            95.00 ± 2.48            –  3\n\
             \u{20} local_net                 –            –  0\n\
             \u{20} cnn                   97.00            –  1, 1 failed\n\
             \u{20} 1 trial waiting\n"
        );
    }

    #[test]
    fn claims_stand_above_the_tables() {
        let mut report = fixture::report();
        report.experiments[0].facts.claims = serde_json::from_value(serde_json::json!([{
            "id": "fewer",
            "sentence": "The CNN has fewer\u{7} parameters.",
            "test": {"count": {"fewer": "cnn", "more": "fcn", "of": "parameters"}},
        }]))
        .unwrap();
        let text = summary(&numbers(&report));
        assert!(
            text.starts_with(
                "1 claim: 1 HOLD, 0 DO NOT HOLD, 0 undecided, 0 not judged\n\
                 \u{20} HOLDS          The CNN has fewer parameters.\n\
                 \u{20}                cnn has 115,904 fewer parameters than fcn\n\
                 \n\
                 Three models (task1_models)\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn no_name_can_steer_the_terminal() {
        let mut report = fixture::report();
        report.experiments[0].arms[0].facts.name = "\u{1b}[2Jfcn\n".into();
        report.experiments[0].arms[0].records.clear();
        assert!(summary(&numbers(&report)).contains("  [2Jfcn  "));
    }
}
