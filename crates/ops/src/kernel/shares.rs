//! Work on parts of a slice, by the threads of the pool in use.

use rayon::prelude::*;

/// Products and sums below which threads cost more than they bring: one does them in 0.1 to 0.3 ms, and a pool that sleeps takes tens
/// of microseconds to wake and to hand back, more on a busy machine.
const WORTHWHILE: usize = 1 << 23;

/// Cuts `output` into items of `size` numbers, the last of which may have fewer, and hands them to `work`, as many in a row as
/// each thread is to do, with the number of the first. `each` counts the products and sums for an item: with few in all, or on one
/// thread, there is one call.
///
/// The bits of an item must not depend on those beside it in a call.
pub(super) fn in_shares(
    output: &mut [f32],
    size: usize,
    each: usize,
    work: impl Fn(usize, &mut [f32]) + Sync,
) {
    let items = output.len().div_ceil(size);
    let threads = threads_for(items.saturating_mul(each)).min(items);
    if threads <= 1 {
        return work(0, output);
    }
    let share = items.div_ceil(threads);
    output.par_chunks_mut(share * size).enumerate().for_each(|(number, output)| work(number * share, output));
}

/// Threads of the pool in use that so many products and sums are worth.
pub(super) fn threads_for(work: usize) -> usize {
    if work < WORTHWHILE { 1 } else { rayon::current_num_threads() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_handed_out_once_with_its_number_and_the_last_may_be_short() {
        for threads in [1, 2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for items in [1_usize, 2, 5, 7, 16] {
                let mut output = vec![0.0_f32; items * 3 - 1];
                pool.install(|| {
                    in_shares(&mut output, 3, WORTHWHILE, |first, output| {
                        for (index, item) in output.chunks_mut(3).enumerate() {
                            item.fill(item[0] + (first + index + 1) as f32);
                        }
                    });
                });
                let mut expected: Vec<f32> = (1..=items).flat_map(|item| [item as f32; 3]).collect();
                expected.pop();
                assert_eq!(output, expected, "{threads} threads");
            }
        }
    }
}
