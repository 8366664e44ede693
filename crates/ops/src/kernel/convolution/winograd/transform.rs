//! Squares of vectors from one basis to another: filters, pixels and gradients to the sixteen products of a tile, and back.
//!
//! Each change is that of a line, done along both axes. `F(2x2, 3x3)` of Lavin and Gray (2016), §4.1, equation 8; the ways back are
//! the transposes of its matrices.

#![expect(
    clippy::inline_always,
    reason = "they are compiled for an instruction set only inside their caller"
)]

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};

/// Where the vectors of a square lie in a slice: that of row `r` and column `c` begins at `first + r * steps[0] + c * steps[1]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Square {
    pub(super) first: usize,
    pub(super) steps: [usize; 2],
}

impl Square {
    fn at(&self, row: usize, column: usize) -> usize {
        self.first + row * self.steps[0] + column * self.steps[1]
    }
}

/// The backward pass of a change: it reads where the change writes, and writes where it reads.
pub(super) fn swapped([from, to]: [Square; 2]) -> [Square; 2] {
    [to, from]
}

/// A change of a line of `N` vectors to one of `M`.
pub(super) trait Change<const N: usize, const M: usize> {
    /// Whether the result is added to what is there.
    const ADDS: bool = false;

    fn line<S: Simd>(simd: S, line: [S::f32s; N]) -> [S::f32s; M];
}

/// Pixels to the left factors of the products.
pub(super) struct Pixels;

impl Change<4, 4> for Pixels {
    #[inline(always)]
    fn line<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 4] {
        [simd.sub_f32s(a, c), simd.add_f32s(b, c), simd.sub_f32s(c, b), simd.sub_f32s(b, d)]
    }
}

/// Gradients of the left factors, added to those of the pixels.
pub(super) struct PixelsBack;

impl Change<4, 4> for PixelsBack {
    const ADDS: bool = true;

    #[inline(always)]
    fn line<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 4] {
        let zero = simd.splat_f32s(0.0);
        let [sum, difference] = [simd.add_f32s(b, c), simd.sub_f32s(b, c)];
        [a, simd.add_f32s(difference, d), simd.sub_f32s(sum, a), simd.sub_f32s(zero, d)]
    }
}

/// A filter to the right factors of the products.
pub(super) struct Filter;

impl Change<3, 4> for Filter {
    #[inline(always)]
    fn line<S: Simd>(simd: S, [a, b, c]: [S::f32s; 3]) -> [S::f32s; 4] {
        let half = simd.splat_f32s(0.5);
        let (ends, middle) = (simd.mul_f32s(simd.add_f32s(a, c), half), simd.mul_f32s(b, half));
        [a, simd.add_f32s(ends, middle), simd.sub_f32s(ends, middle), c]
    }
}

/// Gradients of the right factors to that of the filter.
pub(super) struct FilterBack;

impl Change<4, 3> for FilterBack {
    #[inline(always)]
    fn line<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 3] {
        let half = simd.splat_f32s(0.5);
        let ends = simd.mul_f32s(simd.add_f32s(b, c), half);
        [simd.add_f32s(a, ends), simd.mul_f32s(simd.sub_f32s(b, c), half), simd.add_f32s(ends, d)]
    }
}

/// Products to positions.
pub(super) struct Positions;

impl Change<4, 2> for Positions {
    #[inline(always)]
    fn line<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 2] {
        [simd.add_f32s(a, simd.add_f32s(b, c)), simd.sub_f32s(simd.sub_f32s(b, c), d)]
    }
}

/// Gradients of positions to those of the products.
pub(super) struct PositionsBack;

impl Change<2, 4> for PositionsBack {
    #[inline(always)]
    fn line<S: Simd>(simd: S, [a, b]: [S::f32s; 2]) -> [S::f32s; 4] {
        [a, simd.add_f32s(a, b), simd.sub_f32s(a, b), simd.sub_f32s(simd.splat_f32s(0.0), b)]
    }
}

/// Changes each square of `from` into one of `to`; their vectors have `width` numbers, a multiple of [`LANES`](super::LANES).
pub(super) fn change<C: Change<N, M>, const N: usize, const M: usize>(
    _: C,
    from: &[f32],
    to: &mut [f32],
    width: usize,
    squares: impl Iterator<Item = [Square; 2]>,
) {
    struct Changing<'a, C, I, const N: usize, const M: usize> {
        change: PhantomData<C>,
        from: &'a [f32],
        to: &'a mut [f32],
        width: usize,
        squares: I,
    }

    impl<C: Change<N, M>, I: Iterator<Item = [Square; 2]>, const N: usize, const M: usize> WithSimd
        for Changing<'_, C, I, N, M>
    {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            const { assert!(super::LANES.is_multiple_of(S::F32_LANES), "whole vectors") };
            for [source, target] in self.squares {
                for lane in (0..self.width).step_by(S::F32_LANES) {
                    let zero = simd.splat_f32s(0.0);
                    let mut columns = [[zero; M]; N];
                    for (column, changed) in columns.iter_mut().enumerate() {
                        let mut line = [zero; N];
                        for (row, vector) in line.iter_mut().enumerate() {
                            *vector = load(simd, &self.from[source.at(row, column) + lane..]);
                        }
                        *changed = C::line(simd, line);
                    }
                    for row in 0..M {
                        let mut line = [zero; N];
                        for (vector, column) in line.iter_mut().zip(&columns) {
                            *vector = column[row];
                        }
                        let changed = C::line(simd, line);
                        for (column, changed) in changed.into_iter().enumerate() {
                            let to = &mut self.to[target.at(row, column) + lane..];
                            store(simd, changed, to, C::ADDS);
                        }
                    }
                }
            }
        }
    }

    Arch::new().dispatch(Changing { change: PhantomData::<C>, from, to, width, squares });
}

#[inline(always)]
fn load<S: Simd>(_: S, from: &[f32]) -> S::f32s {
    S::as_simd_f32s(&from[..S::F32_LANES]).0[0]
}

#[inline(always)]
fn store<S: Simd>(simd: S, vector: S::f32s, to: &mut [f32], add: bool) {
    let to = &mut S::as_mut_simd_f32s(&mut to[..S::F32_LANES]).0[0];
    *to = if add { simd.add_f32s(*to, vector) } else { vector };
}
