//! The sample of a contrast: what the trials of its arms say, paired by seed and, where they can be, by image.

use super::contrast::{Contrast, Scale, Term};
use super::evidence::Evidence;
use super::measure::{combine, mean};
use crate::format::counted;
use crate::record::Record;
use crate::report::{ArmView, ExperimentView};
use crate::statistics::{Crossed, Share};

/// What the trials say of `contrast`.
///
/// A seed without a record on one side, or without the measure, is left out. Where trials judged different images the
/// seeds are paired by their means alone.
///
/// # Errors
/// In words, why there is nothing to judge by.
pub(super) fn sample(contrast: &Contrast, view: &ExperimentView) -> Result<Evidence, String> {
    let arms: Vec<&ArmView> = contrast.terms.iter().map(|term| &view.arms[term.arm]).collect();
    if let Some(arm) = arms.iter().find(|arm| arm.waiting > 0 && !contrast.is_exact()) {
        let are = if arm.waiting == 1 { "is" } else { "are" };
        return Err(format!(
            "{} of {} {are} not finished",
            counted(arm.waiting, "trial", "trials"),
            arm.facts.name
        ));
    }
    if let Some(arm) = arms.iter().find(|arm| arm.records.is_empty()) {
        return Err(format!("no trial of {} has finished", arm.facts.name));
    }
    if contrast.is_exact() {
        let of_first = |term: &Term| {
            let record = view.arms[term.arm].records.first();
            record.and_then(|record| term.quantity.measure(record)).map(|row| (term.weight, row))
        };
        let terms: Option<Vec<_>> = contrast.terms.iter().map(of_first).collect();
        let sum = terms.and_then(|terms| combine(&terms)).map(|row| mean(&row));
        return sum.map(Evidence::Exact).ok_or_else(|| "the models do not record this number".into());
    }
    let paired: Vec<Vec<&Record>> =
        view.facts.seeds.iter().filter_map(|seed| records(contrast, view, *seed)).collect();
    let rows = rows(contrast, &paired);
    if rows.len() < 2 {
        return Err(format!("needs at least 2 seeds, has {}", rows.len()));
    }
    if contrast.scale == Scale::Share {
        let yes = rows.iter().filter(|row| mean(row) > 0.0).count();
        return Ok(Evidence::Share(Share { yes, of: rows.len() }));
    }
    Crossed::from_rows(&rows).map(Evidence::Paired).ok_or_else(|| "the measures are not finite".into())
}

/// One record a term; `None` unless every arm has one with this seed.
fn records<'a>(contrast: &Contrast, view: &'a ExperimentView, seed: u64) -> Option<Vec<&'a Record>> {
    let of_arm = |term: &Term| view.arms[term.arm].records.iter().find(|record| record.seed == seed);
    contrast.terms.iter().map(of_arm).collect()
}

/// One row a seed, all of the same length.
fn rows(contrast: &Contrast, paired: &[Vec<&Record>]) -> Vec<Vec<f64>> {
    let terms = || paired.iter().flat_map(|records| contrast.terms.iter().zip(records));
    let mut judged = terms().filter_map(|(term, record)| term.quantity.images(record));
    let first = judged.next();
    let same = judged.all(|images| Some(images) == first);
    let row = |records: &Vec<&Record>| {
        let measured = contrast.terms.iter().zip(records).map(|(term, record)| {
            let row = term.quantity.measure(record)?;
            Some((term.weight, if same { row } else { vec![mean(&row)] }))
        });
        let mut row = combine(&measured.collect::<Option<Vec<_>>>()?)?;
        for value in &mut row {
            *value += contrast.constant;
        }
        Some(row)
    };
    let rows: Vec<Vec<f64>> = paired.iter().filter_map(row).collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    // Where every arm diverged and left no answers, one value stands for every image.
    rows.into_iter().map(|row| if row.len() == 1 { vec![row[0]; width] } else { row }).collect()
}
