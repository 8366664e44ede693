//! The numbers as Markdown, for a pull request.

use std::fmt::Write;

use crate::claim::{Judgement, Verdict};
use crate::format::{ABSENT, count, counted, estimate, interval, p_value, percent, seconds};
use crate::numbers::{ArmNumbers, Confusion, ExperimentNumbers, Numbers, Verdicts};

/// How many claims hold, a table of all claims, and two tables of arms an experiment: accuracy and cost, and accuracy by
/// class.
///
/// Every string of the numbers stands in it as text: none can break a table, begin a tag, make a link or call somebody.
pub fn markdown(numbers: &Numbers) -> String {
    let mut text = format!("## {}\n", escaped(&numbers.title));
    if let Some(notice) = &numbers.notice {
        // Writing to a `String` does not fail.
        let _ = writeln!(text, "\n**{}**", escaped(notice));
    }
    let verdicts = &numbers.verdicts;
    if verdicts.total() > 0 {
        let Verdicts { holds, does_not_hold, undecided, not_judged } = verdicts;
        let _ = writeln!(
            text,
            "\n{}: ✅ **{holds}** hold, ❌ **{does_not_hold}** do not hold, ❔ **{undecided}** undecided, \
             ➖ **{not_judged}** not judged",
            counted(verdicts.total(), "claim", "claims")
        );
        let claims = numbers.experiments.iter().flat_map(|experiment| &experiment.claims);
        table(&mut text, &["Verdict", "Claim", "Effect [95 % interval]", "Corrected p"], claims.map(claim));
    }
    for experiment in &numbers.experiments {
        arms(&mut text, experiment);
    }
    text
}

fn claim(claim: &Judgement) -> Vec<String> {
    let mark = match claim.verdict {
        Verdict::Holds => "✅",
        Verdict::DoesNotHold => "❌",
        Verdict::Undecided => "❔",
        Verdict::NotJudged => "➖",
    };
    let binding = claim.parts.iter().find(|part| part.binding);
    vec![
        format!("{mark} {}", claim.verdict),
        claim.sentence.clone(),
        binding.map_or(ABSENT.into(), interval),
        claim.deciding_p().map_or(ABSENT.into(), p_value),
    ]
}

fn arms(text: &mut String, experiment: &ExperimentNumbers) {
    let _ = write!(text, "\n### {}\n", escaped(&experiment.title));
    let head =
        ["Arm", "Test accuracy, %", "Reported by the paper, %", "Parameters", "Seconds per epoch", "Trials"];
    table(text, &head, experiment.arms.iter().map(arm));
    let confusions =
        experiment.arms.iter().filter_map(|arm| Some((&arm.facts.name, arm.confusion.as_ref()?)));
    let Some(classes) = confusions.clone().map(|(_, confusion)| confusion.accuracy.len()).max() else {
        return;
    };
    let names: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
    let head: Vec<&str> =
        std::iter::once("Test accuracy by class, %").chain(names.iter().map(String::as_str)).collect();
    let row = |(name, confusion): (&String, &Confusion)| {
        let share = |class: usize| {
            let share = confusion.accuracy.get(class).copied().flatten();
            share.map_or(ABSENT.into(), |share| percent(share.mean))
        };
        std::iter::once(name.clone()).chain((0..classes).map(share)).collect()
    };
    table(text, &head, confusions.map(row));
}

fn arm(arm: &ArmNumbers) -> Vec<String> {
    let lost = [(arm.diverged, "diverged"), (arm.failed, "failed")];
    let lost =
        lost.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!(", {number} {what}"));
    vec![
        arm.facts.name.clone(),
        estimate(arm.test_accuracy),
        arm.facts.reported.as_ref().map_or(ABSENT.into(), |reported| reported.percent.to_string()),
        arm.parameters.map_or(ABSENT.into(), count),
        arm.epoch_seconds.map_or(ABSENT.into(), seconds),
        arm.trials.to_string() + &lost.collect::<String>(),
    ]
}

fn table(text: &mut String, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let _ = write!(text, "\n| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
}

/// `text` in one line, with a backslash before everything that Markdown or HTML would read.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '<' | '>' | '#' | '~' | '&' | '!' | '$' => {
                escaped.extend(['\\', letter]);
            }
            // An empty comment keeps a name from being called, and an issue from being linked.
            '@' => escaped.push_str("@<!-- -->"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::numbers::numbers;

    #[test]
    fn claims_come_first_then_arms() {
        let mut numbers = numbers(&fixture::report());
        numbers.verdicts = Verdicts { holds: 1, ..Verdicts::default() };
        let text = markdown(&numbers);
        assert!(
            text.starts_with("## Made-up digits\n\n1 claim: ✅ **1** hold, ❌ **0** do not hold, "),
            "{text}"
        );
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| local\\_net ")).collect();
        assert_eq!(rows.len(), 2, "{text}");
        assert!(rows[1].starts_with("| local\\_net | 75.00 | 100.00 | "), "{}", rows[1]);
        assert!(rows[0].ends_with(" | – | 20,810 | 0.336 | 3 |"), "{}", rows[0]);
    }

    #[test]
    fn no_name_can_break_a_table() {
        let mut numbers = numbers(&fixture::report());
        let arm = &mut numbers.experiments[0].arms[0];
        arm.facts.name = "a|b\nc <img src=x onerror=alert(1)> @everyone \\| [x](y)".into();
        let text = markdown(&numbers);
        let row = text.lines().find(|line| line.contains("everyone")).unwrap();
        assert!(
            row.starts_with(r"| a\|b c \<img src=x onerror=alert(1)\> @<!-- -->everyone \\\| \[x\](y) | "),
            "{row}"
        );
        let bars = row.replace(r"\\", "").replace(r"\|", "").matches('|').count();
        assert_eq!(bars, 7);
    }
}
