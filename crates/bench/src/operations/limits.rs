//! What the machine can do at best: a product of large matrices, and a copy of much memory.

use super::{Amount, LIMIT, Operation};
use crate::products;

/// Values of the copied memory: 4 MiB, the size of the weights of `LocalNet`.
const COPIED: usize = 1 << 20;

/// What the copy is, in words.
pub(crate) const MEMORY: &str = "a copy of 4 MiB";

/// A product of large matrices on each thread.
pub(super) fn arithmetic() -> Operation {
    // The pool of a contestant has the threads that the benchmark was asked for.
    let work = Amount::Arithmetic(products::square_operations(rayon::current_num_threads()));
    Operation { name: products::limit(), work, ways: vec![(LIMIT, Box::new(products::squares(1)))] }
}

/// A copy, which reads and writes each byte once.
pub(super) fn memory() -> Operation {
    let (source, mut target) = (vec![1.0_f32; COPIED], vec![0.0_f32; COPIED]);
    let copy = move || {
        target.copy_from_slice(std::hint::black_box(&source));
        std::hint::black_box(&target);
    };
    let work = Amount::Memory((2 * COPIED * size_of::<f32>()) as f64);
    Operation { name: MEMORY.into(), work, ways: vec![(LIMIT, Box::new(copy))] }
}
