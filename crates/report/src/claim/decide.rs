//! The rules: from what the contrasts of a claim show to its verdict, and to what would decide it.

use super::evidence::{Evidence, Finding};
use super::judgement::{Need, Verdict};
use crate::statistics::holm;

/// A verdict errs at most as often as this, over the family.
pub(super) const ALPHA: f64 = 0.05;
/// Seeds up to which the number that would decide a claim is searched.
const MOST: usize = 1_000;

/// p of a claim, before correction: the largest over its contrasts, since each of them must show an effect.
///
/// Source: Berger, "Multiparameter Hypothesis Testing and Acceptance Sampling" (1982), the intersection-union test.
pub(super) fn p(findings: &[Finding]) -> f64 {
    findings.iter().map(Finding::p).fold(0.0, f64::max)
}

/// p of a claim being true, before correction: the smallest over the contrasts that could refute it, times the number
/// of contrasts that chance has a part in (Bonferroni), since any of them may; 1 if none can.
///
/// A contrast can refute if its interval lies below the margin and does not lie above 0, and if its seeds are enough
/// for any p under 5 %.
pub(super) fn refuting(findings: &[Finding]) -> f64 {
    let refutes = findings.iter().filter(|finding| refutes(finding));
    let smallest = refutes.map(|finding| finding.refuting).fold(1.0, f64::min);
    let random = findings.iter().filter(|finding| finding.attainable > 0.0).count().max(1);
    (random as f64 * smallest).min(1.0)
}

/// p and refuting p of each claim of a family, corrected after Holm; what could not be judged counts as 1.
pub(super) fn corrected(family: &[Option<Vec<Finding>>]) -> Vec<[f64; 2]> {
    let of = |raw: fn(&[Finding]) -> f64| {
        let raw = |findings: &Option<Vec<Finding>>| findings.as_deref().map_or(1.0, raw);
        holm(&family.iter().map(raw).collect::<Vec<_>>())
    };
    of(p).into_iter().zip(of(refuting)).map(|(p, refuting)| [p, refuting]).collect()
}

/// The smallest p that the seeds of a claim can give, before correction.
pub(super) fn attainable(findings: &[Finding]) -> f64 {
    findings.iter().map(|finding| finding.attainable).fold(0.0, f64::max)
}

/// For each claim of a family, the smallest corrected p that its seeds can give, the other claims being as they are.
pub(super) fn floors(family: &[Option<Vec<Finding>>]) -> Vec<f64> {
    let raw: Vec<f64> = family.iter().map(|findings| findings.as_deref().map_or(1.0, p)).collect();
    let floor = |(place, findings): (usize, &Option<Vec<Finding>>)| {
        let mut least = raw.clone();
        least[place] = findings.as_deref().map_or(1.0, attainable);
        holm(&least)[place]
    };
    family.iter().enumerate().map(floor).collect()
}

/// Holds: corrected p under 5 % and every interval above 0. Does not hold: corrected refuting p under 5 %.
pub(super) fn verdict(findings: &[Finding], [corrected, corrected_refuting]: [f64; 2]) -> Verdict {
    if corrected < ALPHA && findings.iter().all(|finding| finding.low > 0.0) {
        Verdict::Holds
    } else if corrected_refuting < ALPHA {
        Verdict::DoesNotHold
    } else {
        Verdict::Undecided
    }
}

/// What would decide a claim in a family of that size, at the level that is sure to be enough: `0.05 / family`.
pub(super) fn need(evidence: &[(&Evidence, f64)], family: usize) -> Need {
    let decided = |findings: Vec<Finding>| {
        let corrected = |p: f64| (family as f64 * p).min(1.0);
        verdict(&findings, [p(&findings), refuting(&findings)].map(corrected)) != Verdict::Undecided
    };
    let seeds = evidence.iter().filter_map(|(evidence, _)| evidence.seeds()).min().unwrap_or(0);
    let expected =
        |seeds| evidence.iter().map(|(evidence, margin)| evidence.expected(*margin, seeds)).collect();
    let limit = || evidence.iter().map(|(evidence, margin)| evidence.limit(*margin)).collect();
    match (seeds + 1..=MOST).find(|seeds| decided(expected(*seeds))) {
        Some(seeds) => Need::Seeds(seeds),
        None if decided(limit()) => Need::MoreSeedsThan(MOST),
        None => Need::MoreImages,
    }
}

/// The contrast that speaks for the claim the least.
pub(super) fn binding(findings: &[Finding]) -> usize {
    // One-sided: an effect the other way is worse than none.
    let against = |finding: &Finding| {
        if finding.effect > 0.0 { finding.p() / 2.0 } else { 1.0 - finding.p() / 2.0 }
    };
    let weakest = |left: &usize, right: &usize| {
        let (left, right) = (&findings[*left], &findings[*right]);
        // Among equals the smaller effect.
        against(left).total_cmp(&against(right)).then((-left.effect).total_cmp(&-right.effect))
    };
    (0..findings.len()).max_by(weakest).unwrap_or(0)
}

/// The contrast that refutes the claim the most, if one can.
pub(super) fn refuted_by(findings: &[Finding]) -> Option<usize> {
    let candidates = (0..findings.len()).filter(|place| refutes(&findings[*place]));
    candidates.min_by(|left, right| findings[*left].refuting.total_cmp(&findings[*right].refuting))
}

fn refutes(finding: &Finding) -> bool {
    finding.high < finding.margin && finding.low <= 0.0 && finding.attainable < ALPHA
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{Crossed, Share};

    /// Of an effect whose interval is `low` to `high`, at a margin of 1.
    fn finding(low: f64, high: f64, p: f64, refuting: f64) -> Finding {
        let effect = f64::midpoint(low, high);
        let two_variance = Some(p);
        Finding {
            margin: 1.0,
            effect,
            low,
            high,
            sign_flip: p / 2.0,
            two_variance,
            refuting,
            attainable: 0.007_812_5,
        }
    }

    #[test]
    fn a_claim_is_as_sure_as_its_weakest_contrast() {
        let findings = [finding(0.1, 2.0, 0.03, 0.9), finding(0.5, 2.0, 0.001, 0.9)];
        assert_eq!((p(&findings), binding(&findings)), (0.03, 0));
        assert_eq!(verdict(&findings, [0.049, 1.0]), Verdict::Holds);
        assert_eq!(verdict(&findings, [0.05, 1.0]), Verdict::Undecided);
        // A sure effect the other way speaks against the claim, however small its p.
        let findings = [finding(0.1, 2.0, 0.03, 0.9), finding(-0.9, -0.1, 0.01, 0.04)];
        assert_eq!((p(&findings), binding(&findings)), (0.03, 1));
        assert_eq!(verdict(&findings, [0.03, 0.2]), Verdict::Undecided);
    }

    #[test]
    fn any_contrast_may_refute_and_each_costs() {
        let refuted = finding(-0.5, 0.4, 0.8, 0.004);
        let clear = finding(0.5, 2.0, 0.001, 1.0);
        assert!((refuting(&[refuted]) - 0.004).abs() < 1e-12);
        assert!((refuting(&[clear, refuted, clear]) - 0.012).abs() < 1e-12);
        assert_eq!(refuted_by(&[clear, refuted]), Some(1));
        assert_eq!(verdict(&[clear, refuted, clear], [0.8, 0.012]), Verdict::DoesNotHold);
    }

    #[test]
    fn what_may_still_be_true_or_lies_above_nothing_refutes_nothing() {
        let near = finding(-0.5, 1.1, 0.4, 0.04);
        let above = finding(0.1, 0.9, 0.01, 0.01);
        let few = Finding { attainable: 0.0625, ..finding(-0.5, 0.4, 0.8, 0.004) };
        assert!(refuting(&[near, above, few]) > 0.999);
        assert_eq!(refuted_by(&[near, above, few]), None);
    }

    #[test]
    fn a_family_is_corrected_both_ways_and_what_was_not_judged_counts() {
        let holding = vec![finding(0.5, 2.0, 0.01, 1.0)];
        let failing = vec![finding(-0.5, 0.4, 0.8, 0.01)];
        assert_eq!(corrected(&[Some(holding), Some(failing), None]), [[0.03, 1.0], [1.0, 0.03], [1.0, 1.0]]);
    }

    #[test]
    fn no_claim_of_a_family_can_have_a_smaller_p_than_its_seeds_give() {
        let at = |p: f64| Some(vec![finding(0.5, 2.0, p, 1.0)]);
        // 8 seeds give 1 in 128 at the least.
        let least = 2.0 / 256.0;
        let six = vec![at(least); 6];
        assert_eq!(floors(&six), [6.0 * least; 6]);
        let found: Vec<f64> = corrected(&six).iter().map(|[p, _]| *p).collect();
        assert_eq!(found, floors(&six));
        // A claim further up the order is held down by those below it, never by itself.
        let mixed = [at(least), at(0.03), None];
        assert_eq!(floors(&mixed), [3.0 * least, 3.0 * least, 1.0]);
        assert!(corrected(&mixed)[1][0] > floors(&mixed)[1]);
        assert_eq!(floors(&[at(least)]), [least]);
    }

    fn paired(rows: &[Vec<f64>]) -> Evidence {
        Evidence::Paired(Crossed::from_rows(rows).unwrap())
    }

    #[test]
    fn the_seeds_that_would_decide_a_claim_follow_from_its_variances() {
        let rows = [0.9, -0.4, 0.6, -0.3, 0.5, 0.8, -0.6, 0.5].map(|value| vec![value]).to_vec();
        // SciPy 1.17.1: the smallest n with 2 * stats.t.sf(0.25 * sqrt(n) / sd, n - 1) < 0.05 / 3.
        assert_eq!(need(&[(&paired(&rows), 0.1)], 3), Need::Seeds(36));
        let faint: Vec<Vec<f64>> = rows.iter().map(|row| vec![row[0] - 0.24]).collect();
        assert_eq!(need(&[(&paired(&faint), 0.001)], 3), Need::MoreSeedsThan(1_000));
        let share = Evidence::Share(Share { yes: 6, of: 8 });
        // SciPy 1.17.1: binomtest(13, 17).pvalue is 0.049; 11 of 14, 11 of 15 and 12 of 16 are above 0.05.
        assert_eq!(need(&[(&share, 0.25)], 1), Need::Seeds(17));
    }

    #[test]
    fn images_that_leave_a_claim_open_need_more_images() {
        let row = |shift: f64| (0..50).map(|image| f64::from(image % 7) - 2.5 + shift).collect::<Vec<_>>();
        assert_eq!(need(&[(&paired(&[row(0.0), row(0.1), row(-0.1), row(0.05)]), 0.5)], 1), Need::MoreImages);
    }
}
