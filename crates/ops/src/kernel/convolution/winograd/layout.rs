//! Maps with their channels last, so that a vector holds neighbouring channels.

use super::LANES;
use super::transform::{Change, Square, change, swapped};
use crate::kernel::scratch::Scratch;
use crate::kernel::transpose::transpose;

/// From one of sixteen matrices of `count` numbers to the next. One more vector: at distances that are powers of two they would
/// drive each other out of the cache.
pub(super) fn pitch(count: usize) -> usize {
    count + LANES
}

/// Maps `[images, rows, columns, width]` that hold others, `[images, channels, height, width]`, and zeros around these.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// Tiles over an image, down and across.
    pub(super) tiles: [usize; 2],
    /// Rows and columns.
    pub(super) size: [usize; 2],
    /// Channels, filled up to whole vectors.
    pub(super) width: usize,
    /// Channels that are held.
    pub(super) channels: usize,
    /// Height and width of what is held.
    pub(super) held: [usize; 2],
    /// The row and the column where it begins.
    pub(super) corner: [usize; 2],
}

impl Layout {
    /// Tiles of an image.
    pub(super) fn tiles(&self) -> usize {
        self.tiles[0] * self.tiles[1]
    }

    /// Numbers of an image.
    fn count(&self) -> usize {
        self.size[0] * self.size[1] * self.width
    }

    /// Numbers of an image that is held.
    pub(super) fn held_count(&self) -> usize {
        self.channels * self.held[0] * self.held[1]
    }

    /// Images from channels first; zeros stay where nothing is held.
    fn take(&self, images: &[f32], to: &mut [f32]) {
        let area = self.held[0] * self.held[1];
        for (image, to) in images.chunks_exact(self.held_count()).zip(to.chunks_exact_mut(self.count())) {
            self.runs(|first, place, count| {
                transpose((&image[first..], area), [self.channels, count], (&mut to[place..], self.width));
            });
        }
    }

    /// Images to channels first.
    fn give(&self, from: &[f32], images: &mut [f32]) {
        let area = self.held[0] * self.held[1];
        for (from, image) in from.chunks_exact(self.count()).zip(images.chunks_exact_mut(self.held_count())) {
            self.runs(|first, place, count| {
                transpose((&from[place..], self.width), [count, self.channels], (&mut image[first..], area));
            });
        }
    }

    /// Calls `run` with each run of positions that lie one after the other in both: the first of what is held, where its channels
    /// begin here, and how many.
    fn runs(&self, mut run: impl FnMut(usize, usize, usize)) {
        let ([height, width], [top, left]) = (self.held, self.corner);
        let place = |row: usize| ((top + row) * self.size[1] + left) * self.width;
        if width == self.size[1] {
            return run(0, place(0), height * width);
        }
        for row in 0..height {
            run(row * width, place(row), width);
        }
    }

    /// Work space for some images, of any value.
    pub(super) fn any(&self, images: usize) -> Scratch {
        Scratch::any(images * self.count())
    }

    /// Work space for some images, of zeros.
    pub(super) fn zeros(&self, images: usize) -> Scratch {
        Scratch::zeros(images * self.count())
    }

    /// Changes some images to matrices with a row for each tile, by way of `laid`, and counts these.
    pub(super) fn cut<const N: usize>(
        &self,
        by: impl Change<N, 4>,
        images: &[f32],
        laid: &mut [f32],
        matrices: &mut [f32],
    ) -> usize {
        let rows = self.rows(images);
        self.take(images, laid);
        change(by, laid, matrices, self.width, self.squares(rows));
        rows
    }

    /// Changes matrices to images, by way of `laid`.
    pub(super) fn join<const N: usize>(
        &self,
        by: impl Change<4, N>,
        matrices: &[f32],
        laid: &mut [f32],
        images: &mut [f32],
    ) {
        change(by, matrices, laid, self.width, self.squares(self.rows(images)).map(swapped));
        self.give(laid, images);
    }

    /// Tiles of some images that are held.
    fn rows(&self, images: &[f32]) -> usize {
        images.len() / self.held_count() * self.tiles()
    }

    /// The square of each of `count` tiles, two rows and columns from the next, and its row in sixteen matrices.
    fn squares(&self, count: usize) -> impl Iterator<Item = [Square; 2]> + use<> {
        let Self { tiles, size: [_, columns], width, .. } = *self;
        let image = self.count();
        (0..count).map(move |tile| {
            let (number, row, column) =
                (tile / (tiles[0] * tiles[1]), tile / tiles[1] % tiles[0], tile % tiles[1]);
            let first = number * image + (row * columns + column) * 2 * width;
            let (square, pitch) = (Square { first, steps: [columns * width, width] }, pitch(count * width));
            [square, Square { first: tile * width, steps: [4 * pitch, pitch] }]
        })
    }
}
