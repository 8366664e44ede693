//! The pixels that each position sees, as a matrix (im2col), and the backward pass.

use std::ops::Range;

/// Sizes of one image and of the windows over it; pairs are `[vertical, horizontal]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Geometry {
    pub(crate) channels: usize,
    pub(crate) image: [usize; 2],
    pub(crate) output: [usize; 2],
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
}

impl Geometry {
    /// Values of one image.
    pub(super) fn pixels(&self) -> usize {
        self.channels * self.image[0] * self.image[1]
    }

    /// Values that one position sees.
    pub(super) fn window(&self) -> usize {
        self.channels * self.kernel[0] * self.kernel[1]
    }

    /// Windows over one image.
    pub(super) fn positions(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// The pixel that `position` sees through `entry` of its window, or `None` if that is padding.
    pub(super) fn pixel(&self, position: usize, entry: usize) -> Option<usize> {
        let [height, width] = self.image;
        let at = |axis: usize, output: usize, offset: usize| {
            let pixel = (output * self.stride[axis] + offset).checked_sub(self.padding[axis])?;
            (pixel < self.image[axis]).then_some(pixel)
        };
        let (area, columns) = (self.kernel[0] * self.kernel[1], self.output[1]);
        let row = at(0, position / columns, entry % area / self.kernel[1])?;
        let column = at(1, position % columns, entry % self.kernel[1])?;
        Some((entry / area * height + row) * width + column)
    }

    /// Output positions along `axis` that see a pixel, not padding, through the entry `offset` of their window, and the first
    /// of these pixels.
    fn inside(&self, axis: usize, offset: usize) -> (Range<usize>, usize) {
        let (stride, padding) = (self.stride[axis], self.padding[axis]);
        let first = padding.saturating_sub(offset).div_ceil(stride);
        let last =
            (self.image[axis] + padding).saturating_sub(offset).div_ceil(stride).min(self.output[axis]);
        (first..last.max(first), first * stride + offset - padding.min(first * stride + offset))
    }

    /// Calls `row` with each run of positions of an output row and the pixels they see: index into the matrix, count of
    /// positions, index into the image.
    fn rows(&self, mut row: impl FnMut(usize, usize, usize)) {
        let [height, width] = self.image;
        for channel in 0..self.channels {
            for vertical in 0..self.kernel[0] {
                let (rows, top) = self.inside(0, vertical);
                for horizontal in 0..self.kernel[1] {
                    let (columns, left) = self.inside(1, horizontal);
                    let entry = (channel * self.kernel[0] + vertical) * self.kernel[1] + horizontal;
                    for (number, output) in rows.clone().enumerate() {
                        let position = output * self.output[1] + columns.start;
                        let pixel = (channel * height + top + number * self.stride[0]) * width + left;
                        row(entry * self.positions() + position, columns.len(), pixel);
                    }
                }
            }
        }
    }

    /// Whether positions lie side by side as the pixels do: then what they see through one entry of their windows is one block.
    fn keeps_width(&self) -> bool {
        self.stride == [1, 1] && self.output[1] == self.image[1]
    }

    /// Calls `block` for each entry of the window that sees any pixel, where the width is kept.
    fn blocks(&self, mut block: impl FnMut(&Block)) {
        let [height, width] = self.image;
        for channel in 0..self.channels {
            for vertical in 0..self.kernel[0] {
                let (rows, top) = self.inside(0, vertical);
                for horizontal in 0..self.kernel[1] {
                    let entry = (channel * self.kernel[0] + vertical) * self.kernel[1] + horizontal;
                    let first = entry * self.positions() + rows.start * width;
                    let pixel = (channel * height + top) * width;
                    // Positions at the left edge see padding through entries to the left, those at the right edge to the right.
                    let left = self.padding[1].saturating_sub(horizontal);
                    let right = horizontal.saturating_sub(self.padding[1]);
                    let count = rows.len() * width;
                    if left.max(right) < width && count > 0 {
                        block(&Block {
                            entries: first + left..first + count - right,
                            pixels: pixel + right..pixel + count - left,
                            rows: first..first + count,
                            width,
                            edges: [left, right],
                        });
                    }
                }
            }
        }
    }

    /// Fills `matrix`, `[window, positions]` and zero where a window reaches into the padding, with the pixels of `image`.
    ///
    /// Only what pixels reach is written: a matrix that starts as zeros serves image after image.
    pub(super) fn gather(&self, image: &[f32], matrix: &mut [f32]) {
        if self.keeps_width() {
            self.blocks(|block| {
                let seen = &mut matrix[block.entries.clone()];
                seen.copy_from_slice(&image[block.pixels.clone()]);
                block.clear_padding(matrix);
            });
            return;
        }
        let step = self.stride[1];
        self.rows(|entry, count, pixel| {
            if count == 0 {
                return;
            }
            let seen = &mut matrix[entry..][..count];
            if step == 1 {
                copy(&image[pixel..][..count], seen);
            } else {
                for (seen, pixel) in seen.iter_mut().zip(image[pixel..].iter().step_by(step)) {
                    *seen = *pixel;
                }
            }
        });
    }

    /// Adds each entry of `matrix` to the pixel of `image` that [`gather`](Self::gather) takes it from.
    ///
    /// What `matrix` holds for padding is lost.
    pub(super) fn scatter(&self, matrix: &mut [f32], image: &mut [f32]) {
        if self.keeps_width() {
            self.blocks(|block| {
                block.clear_padding(matrix);
                add(&matrix[block.entries.clone()], &mut image[block.pixels.clone()]);
            });
            return;
        }
        let step = self.stride[1];
        self.rows(|entry, count, pixel| {
            if count == 0 {
                return;
            }
            let seen = &matrix[entry..][..count];
            if step == 1 {
                add(seen, &mut image[pixel..][..count]);
            } else {
                for (pixel, seen) in image[pixel..].iter_mut().step_by(step).zip(seen) {
                    *pixel += *seen;
                }
            }
        });
    }
}

/// What all positions see through one entry of their windows, where it is one run of pixels.
struct Block {
    /// Of the matrix: from the first to the last position that sees a pixel.
    entries: Range<usize>,
    /// Of the image: what these see, and between two rows what nobody sees.
    pixels: Range<usize>,
    /// Of the matrix: all positions of these rows.
    rows: Range<usize>,
    /// Positions in a row.
    width: usize,
    /// How many of them see padding, at the left and at the right.
    edges: [usize; 2],
}

impl Block {
    /// Writes zeros where a position sees padding.
    fn clear_padding(&self, matrix: &mut [f32]) {
        let [left, right] = self.edges;
        // Column by column: a row has one or two of them, fewer than a call of `memset` is worth.
        for column in (0..left).chain(self.width - right..self.width) {
            for entry in matrix[self.rows.clone()][column..].iter_mut().step_by(self.width) {
                *entry = 0.0;
            }
        }
    }
}

/// Copies a row. One of four to sixteen numbers, as small images have, goes in two vectors that may overlap: a call of
/// `memcpy` takes longer.
#[inline]
fn copy(from: &[f32], to: &mut [f32]) {
    match from.len() {
        8..=16 => copy_ends::<8>(from, to),
        4..8 => copy_ends::<4>(from, to),
        _ => to.copy_from_slice(from),
    }
}

/// Copies the first and the last `COUNT` numbers.
#[inline]
fn copy_ends<const COUNT: usize>(from: &[f32], to: &mut [f32]) {
    if let (Some(from), Some(to)) = (from.first_chunk::<COUNT>(), to.first_chunk_mut::<COUNT>()) {
        *to = *from;
    }
    if let (Some(from), Some(to)) = (from.last_chunk::<COUNT>(), to.last_chunk_mut::<COUNT>()) {
        *to = *from;
    }
}

/// Adds a row to another, eight numbers at a time, then four.
#[inline]
fn add(from: &[f32], to: &mut [f32]) {
    let ((eights, from), (to_eights, to)) = (from.as_chunks::<8>(), to.as_chunks_mut::<8>());
    for (to, from) in to_eights.iter_mut().zip(eights) {
        add_each(from, to);
    }
    let ((fours, from), (to_fours, to)) = (from.as_chunks::<4>(), to.as_chunks_mut::<4>());
    for (to, from) in to_fours.iter_mut().zip(fours) {
        add_each(from, to);
    }
    for (to, from) in to.iter_mut().zip(from) {
        *to += *from;
    }
}

#[inline]
fn add_each<const COUNT: usize>(from: &[f32; COUNT], to: &mut [f32; COUNT]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += *from;
    }
}
