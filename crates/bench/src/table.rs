//! A benchmark as lines of text in columns, for terminals and pipes.

use std::fmt::Write;

use tinderbox_report::benchmark::{Benchmark, Entry, Group};

/// Cells of a row; columns without any are left out.
type Row = [String; 7];

/// The table, its heading first; each line ends with a newline.
pub(crate) fn table(benchmark: &Benchmark) -> String {
    let unit = benchmark.groups.first().map_or("time", |group| group.unit.as_str());
    let head = ["work", "contestant", unit, "ratio [range]", "rate", "of limit", "cores"].map(String::from);
    let rows: Vec<Row> = benchmark
        .groups
        .iter()
        .flat_map(|group| group.entries.iter().map(move |entry| row(group, entry)))
        .collect();
    let width = |column: usize| {
        let widest = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        if widest > 0 { widest.max(head[column].chars().count()) } else { 0 }
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = line(&head, &widths);
    for (place, row) in rows.iter().enumerate() {
        if place > 0 && rows[place - 1][0] != row[0] {
            text.push('\n');
        }
        text.push_str(&line(row, &widths));
    }
    text
}

/// What stands below the table: what ratios and limits refer to, and the notes.
pub(crate) fn legend(benchmark: &Benchmark) -> String {
    let mut text = String::new();
    let mut references: Vec<&str> = Vec::new();
    for ratio in
        benchmark.groups.iter().flat_map(|group| &group.entries).filter_map(|entry| entry.ratio.as_ref())
    {
        if !references.contains(&ratio.reference.as_str()) {
            references.push(&ratio.reference);
        }
    }
    if !references.is_empty() {
        _ = writeln!(
            text,
            "ratio: median over {} rounds of the time by that of {} in the same round; below 1 is faster",
            benchmark.rounds,
            references.join(" or ")
        );
    }
    for limit in limits(benchmark) {
        _ = writeln!(text, "limit: {limit}");
    }
    for note in &benchmark.notes {
        _ = writeln!(text, "note: {note}");
    }
    text
}

/// What rates are compared with, and how high it was over the groups.
fn limits(benchmark: &Benchmark) -> Vec<String> {
    let mut names: Vec<(&str, &str)> = Vec::new();
    let works = || benchmark.groups.iter().filter_map(|group| group.work.as_ref());
    for work in works() {
        if !names.contains(&(&work.limit, &work.unit)) {
            names.push((&work.limit, &work.unit));
        }
    }
    let line = |(limit, unit): (&str, &str)| {
        let rates: Vec<f64> = works().filter(|work| work.limit == limit).map(|work| work.ceiling).collect();
        let low = rates.iter().copied().fold(f64::INFINITY, f64::min);
        let high = rates.iter().copied().fold(0.0, f64::max);
        let [low, high] = [low, high].map(|rate| format!("{rate:.1}"));
        let range = if low == high { low } else { format!("{low} to {high}") };
        format!("{limit}, here {range} {unit}")
    };
    names.into_iter().map(line).collect()
}

fn row(group: &Group, entry: &Entry) -> Row {
    let number = |value: Option<f64>, digits: usize| {
        value.map_or_else(String::new, |value| format!("{value:.digits$}"))
    };
    let ratio = entry.ratio.as_ref().map_or_else(String::new, |ratio| {
        // Where somebody is ten times faster, two decimals say little.
        let digits = if ratio.median < 0.1 { 4 } else { 2 };
        format!("{:.digits$} [{:.digits$}, {:.digits$}]", ratio.median, ratio.low, ratio.high)
    });
    let rate = group.work.as_ref().zip(entry.rate);
    let rate = rate.map_or_else(String::new, |(work, rate)| format!("{rate:.1} {}", work.unit));
    let share = group
        .work
        .as_ref()
        .zip(entry.rate)
        .map_or_else(String::new, |(work, rate)| format!("{:.0} %", 100.0 * work.share(rate)));
    [
        group.name.clone(),
        entry.name.clone(),
        figures(entry.median),
        ratio,
        rate,
        share,
        number(entry.cores, 2),
    ]
}

/// Three figures or so: `0.284`, `12.5`, `312`.
fn figures(value: f64) -> String {
    let digits = match value {
        ..1.0 => 3,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

fn line(row: &Row, widths: &[usize]) -> String {
    let mut text = String::new();
    let filled = row.iter().zip(widths).enumerate().filter(|(_, (_, width))| **width > 0);
    for (column, (cell, width)) in filled {
        let pad = " ".repeat(width - cell.chars().count());
        text.push_str(if column == 0 { "" } else { "  " });
        let [first, second] = if column < 2 { [cell, &pad] } else { [&pad, cell] };
        text.push_str(first);
        text.push_str(second);
    }
    format!("{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tinderbox_report::benchmark::{Machine, Work};

    use super::*;

    #[test]
    fn columns_are_aligned_and_say_what_they_refer_to() {
        let ours = Entry { cores: Some(0.996), ..Entry::new("tinderbox flex", vec![0.5, 0.5]) };
        let entries = vec![ours, Entry::new("pytorch", vec![1.0, 2.0])];
        let work = Work {
            amount: 10.0,
            unit: "GFLOP/s".into(),
            ceiling: 40.0,
            limit: "a product".into(),
            seconds: 1.0,
        };
        let group =
            Group::new("fcn, batch 32", "s an epoch", Some(work), entries, |entry| entry.name == "pytorch");
        let benchmark = Benchmark {
            name: "models".into(),
            title: "Epochs".into(),
            command: String::new(),
            started: String::new(),
            machine: Machine { cpu: String::new(), cores: 2, os: String::new() },
            versions: BTreeMap::new(),
            threads: 1,
            rounds: 2,
            notes: vec!["jax is missing".into()],
            groups: vec![group],
        };
        let expected = "\
            work           contestant      s an epoch      ratio [range]          rate  of limit  cores\n\
            fcn, batch 32  tinderbox flex       0.500  0.38 [0.25, 0.50]  20.0 GFLOP/s      50 %   1.00\n\
            fcn, batch 32  pytorch               1.50                      6.7 GFLOP/s      17 %\n";
        assert_eq!(table(&benchmark), expected);
        let legend = legend(&benchmark);
        assert_eq!(
            legend,
            "ratio: median over 2 rounds of the time by that of pytorch in the same round; below 1 is faster\n\
             limit: a product, here 40.0 GFLOP/s\nnote: jax is missing\n"
        );
    }
}
