//! Holm's correction: a family of tests errs as rarely as one.

/// The corrected p of each, in the same order: the smallest is multiplied by the size of the family, the next by one
/// less, and so on; none is smaller than one before it, none above 1.
///
/// Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (1979).
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|left, right| p[*left].total_cmp(&p[*right]));
    let mut corrected = vec![1.0; p.len()];
    let mut largest = 0.0_f64;
    for (rank, place) in order.into_iter().enumerate() {
        largest = largest.max((p.len() - rank) as f64 * p[place]).min(1.0);
        corrected[place] = largest;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn corrected_values_agree_with_statsmodels() {
        // statsmodels 0.15.0: multipletests(p, method="holm")[1].
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005, 0.55, 0.031]);
        for (ours, theirs) in corrected.iter().zip([0.05, 0.12, 0.12, 0.03, 0.55, 0.12]) {
            assert!((ours - theirs).abs() < 1e-12, "{ours} is not {theirs}");
        }
        assert_eq!(holm(&[]), [0.0; 0]);
    }

    proptest! {
        #[test]
        fn a_correction_keeps_the_order_and_never_helps(p in prop::collection::vec(0.0..1.0_f64, 1..7)) {
            let corrected = holm(&p);
            for (left, before) in corrected.iter().zip(&p) {
                prop_assert!(left >= before && *left <= 1.0 && *left <= before * p.len() as f64);
                for (right, after) in corrected.iter().zip(&p) {
                    prop_assert!(before > after || left <= right);
                }
            }
        }
    }
}
