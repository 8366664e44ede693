//! The page of benchmarks: a table for each piece of work, ratios drawn around the line of equal speed.

use askama::Template;

use super::{Benchmark, Entry, Group};
use crate::chart::{Interval, Scale};
use crate::format::{ABSENT, seconds};
use crate::page::policy::{STYLE, policy};

/// Writes one page of `benchmarks`, in their order: no network, no other file, no script.
///
/// # Errors
/// If the template cannot be filled in.
pub fn page(benchmarks: &[Benchmark]) -> Result<String, askama::Error> {
    let page = Page {
        policy: policy(None),
        style: STYLE,
        benchmarks: benchmarks.iter().enumerate().map(|(number, one)| Section::new(number, one)).collect(),
    };
    page.render()
}

#[derive(Template)]
#[template(path = "benchmarks.html")]
struct Page<'a> {
    policy: String,
    style: &'static str,
    benchmarks: Vec<Section<'a>>,
}

/// One benchmark.
struct Section<'a> {
    id: String,
    benchmark: &'a Benchmark,
    tables: Vec<Table<'a>>,
}

/// One piece of work.
struct Table<'a> {
    id: String,
    group: &'a Group,
    /// What a rate is compared with.
    limit: Option<String>,
    rows: Vec<Row<'a>>,
}

/// One contestant, in the words of the page.
struct Row<'a> {
    entry: &'a Entry,
    median: String,
    ratio: String,
    figure: Option<Interval>,
    rate: String,
    share: String,
    cores: String,
}

impl<'a> Section<'a> {
    fn new(number: usize, benchmark: &'a Benchmark) -> Self {
        let id = format!("b{}", number + 1);
        let table = |(place, group)| Table::new(format!("{id}-{}", place + 1), group);
        Self { tables: benchmark.groups.iter().enumerate().map(table).collect(), id, benchmark }
    }
}

impl<'a> Table<'a> {
    fn new(id: String, group: &'a Group) -> Self {
        // Ratios are even about 1 on a logarithmic scale, and all of a table share it.
        let ratios = group.entries.iter().filter_map(|entry| entry.ratio.as_ref());
        let scale =
            Scale::from_values(ratios.flat_map(|ratio| [ratio.low.ln(), ratio.high.ln()]).chain([0.0]));
        let limit =
            group.work.as_ref().map(|work| format!("{}: {:.1} {}", work.limit, work.ceiling, work.unit));
        let rows = group.entries.iter().map(|entry| Row::new(group, entry, scale)).collect();
        Self { id, group, limit, rows }
    }
}

impl<'a> Row<'a> {
    fn new(group: &Group, entry: &'a Entry, scale: Scale) -> Self {
        let number = |value: Option<f64>, digits: usize| {
            value.map_or_else(|| ABSENT.into(), |value| format!("{value:.digits$}"))
        };
        let share = group.work.as_ref().zip(entry.rate).map(|(work, rate)| work.share(rate));
        let ratio = entry.ratio.as_ref();
        Self {
            entry,
            median: seconds(entry.median),
            ratio: ratio.map_or_else(
                || ABSENT.into(),
                |ratio| format!("{:.2} [{:.2}, {:.2}]", ratio.median, ratio.low, ratio.high),
            ),
            figure: ratio
                .map(|ratio| scale.interval(ratio.median.ln(), (ratio.low.ln(), ratio.high.ln()), 0.0)),
            rate: number(entry.rate, 1),
            share: share.map_or_else(|| ABSENT.into(), |share| format!("{:.0} %", 100.0 * share)),
            cores: number(entry.cores, 2),
        }
    }
}
