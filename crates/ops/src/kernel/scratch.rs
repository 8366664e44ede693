//! Work space of the kernels: each thread keeps what it has had, so that steps after the first ask for no memory.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

thread_local! {
    static KEPT: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Numbers of a cache line: work space begins with one, so that vectors which lie side by side from there on do not lie across two.
const LINE: usize = 16;

/// Numbers to work on; the thread that lets go of them keeps their memory.
pub(super) struct Scratch {
    memory: Vec<f32>,
    first: usize,
    count: usize,
}

impl Scratch {
    /// `count` numbers of any value: to be written before they are read.
    pub(super) fn any(count: usize) -> Self {
        // The last one kept comes first: kernels take and return in one order, and so find the sizes that they left.
        let mut memory = KEPT.with_borrow_mut(Vec::pop).unwrap_or_default();
        if memory.len() < count + LINE {
            // Given back first: to grow it would copy what nobody reads.
            drop(memory);
            memory = vec![0.0; count + LINE];
        }
        let first = memory.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        Self { memory, first, count }
    }

    /// `count` zeros.
    pub(super) fn zeros(count: usize) -> Self {
        let mut scratch = Self::any(count);
        scratch.fill(0.0);
        scratch
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        // A thread that ends has no use for it any more.
        _ = KEPT.try_with(|kept| kept.borrow_mut().push(memory));
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.memory[self.first..][..self.count]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.memory[self.first..][..self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_and_zeros_are_zeros() {
        let first = {
            let mut scratch = Scratch::any(100);
            scratch.fill(7.0);
            scratch.as_ptr()
        };
        let again = Scratch::zeros(60);
        assert_eq!(again.as_ptr(), first);
        assert!(again.as_ptr().addr().is_multiple_of(64));
        assert!(again.len() == 60 && again.iter().all(|&number| number.to_bits() == 0));
        // What is held is not given to another.
        assert_ne!(Scratch::any(60).as_ptr(), first);
    }
}
