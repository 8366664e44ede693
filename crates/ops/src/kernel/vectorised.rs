//! Loops compiled for each instruction set; the best that the machine has is chosen when they run.

/// Runs `work` with the widest vectors of this machine.
///
/// A loop gives the same bits with any of them: the compiler never joins a product and a sum, nor reorders sums. Functions
/// that `work` calls gain only if they are inlined into it.
pub(super) fn vectorised<T>(work: impl FnOnce() -> T) -> T {
    pulp::Arch::new().dispatch(work)
}

#[cfg(target_arch = "x86_64")]
pub(super) mod avx {
    //! Vectors of eight, from and to slices.

    use std::arch::x86_64::__m256;
    use std::array::from_fn;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is compiled for an instruction set only inside its caller")]
    pub(in crate::kernel) fn load(values: &[f32]) -> __m256 {
        let values: [f32; 8] = from_fn(|index| values[..8][index]);
        pulp::cast(values)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is compiled for an instruction set only inside its caller")]
    pub(in crate::kernel) fn store(vector: __m256, to: &mut [f32]) {
        let values: [f32; 8] = pulp::cast(vector);
        to[..8].copy_from_slice(&values);
    }
}
