//! Loops compiled for each instruction set; the best that the machine has is chosen when they run.

/// Runs `work` with the widest vectors of this machine.
///
/// A loop gives the same bits with any of them: the compiler never joins a product and a sum, nor reorders sums. Functions
/// that `work` calls gain only if they are inlined into it.
pub(super) fn vectorised<T>(work: impl FnOnce() -> T) -> T {
    pulp::Arch::new().dispatch(work)
}
