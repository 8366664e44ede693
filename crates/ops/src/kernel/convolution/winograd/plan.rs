//! How a convolution is cut into tiles and groups, and the changes of basis for one group.

use super::layout::{Layout, pitch};
use super::transform::{Filter, Square, change};
use super::{LANES, PRODUCTS};
use crate::kernel::product::Matrix;
use crate::kernel::scratch::Scratch;
use crate::kernel::transpose::transpose;
use crate::kernel::window::Geometry;

/// Tiles of a group: enough rows for a matrix product, few enough that its factors and its result stay in the cache. An image is
/// never cut, so one of more tiles is a group on its own.
const TILES: usize = 48;

/// How images are cut, and the sizes of what is computed.
pub(super) struct Plan {
    pub(super) pixels: Layout,
    pub(super) positions: Layout,
    /// Images of a group.
    pub(super) group: usize,
}

impl Plan {
    pub(super) fn new(geometry: &Geometry, filters: usize) -> Self {
        let tiles = geometry.output.map(|size| size.div_ceil(2));
        let layout = |channels: usize, border, held, corner| Layout {
            tiles,
            size: tiles.map(|tiles| 2 * tiles + border),
            width: channels.next_multiple_of(LANES),
            channels,
            held,
            corner,
        };
        Self {
            pixels: layout(geometry.channels, 2, geometry.image, geometry.padding),
            positions: layout(filters, 0, geometry.output, [0, 0]),
            group: (TILES / (tiles[0] * tiles[1])).max(1),
        }
    }

    /// Numbers of an image and of its maps.
    pub(super) fn sizes(&self) -> [usize; 2] {
        [self.pixels.held_count(), self.positions.held_count()]
    }

    /// Channels and filters, filled up.
    pub(super) fn widths(&self) -> [usize; 2] {
        [self.pixels.width, self.positions.width]
    }

    /// Tiles of a group.
    fn rows(&self) -> usize {
        self.group * self.pixels.tiles()
    }

    /// Products and sums of a group.
    pub(super) fn work(&self) -> usize {
        let [channels, filters] = self.widths();
        PRODUCTS * self.rows() * channels * filters
    }

    /// Room for the matrices of a group: left factors, and scores.
    pub(super) fn room(&self) -> [Scratch; 2] {
        self.widths().map(|width| Scratch::any(PRODUCTS * pitch(self.rows() * width)))
    }

    /// The right factors, `[channels, filters]` each, from weights `[filters, window]`.
    pub(super) fn factors(&self, weight: &[f32]) -> Scratch {
        let [channels, width] = self.widths();
        let (filters, window) = (self.positions.channels, 9 * self.pixels.channels);
        let mut turned = Scratch::zeros(window * width);
        transpose((weight, window), [filters, window], (&mut turned, width));
        let mut factors = Scratch::zeros(PRODUCTS * pitch(channels * width));
        change(Filter, &turned, &mut factors, width, self.filter_squares());
        factors
    }

    /// The nine vectors of each channel's filters, and their sixteen.
    pub(super) fn filter_squares(&self) -> impl Iterator<Item = [Square; 2]> + use<> {
        let [channels, width] = self.widths();
        (0..self.pixels.channels).map(move |channel| {
            let filter = Square { first: 9 * channel * width, steps: [3 * width, width] };
            let pitch = pitch(channels * width);
            [filter, Square { first: channel * width, steps: [4 * pitch, pitch] }]
        })
    }
}

/// One of sixteen matrices that lie one after the other.
pub(super) fn nth(values: &[f32], number: usize, size: [usize; 2]) -> Matrix<'_> {
    let count = size[0] * size[1];
    Matrix::new(&values[number * pitch(count)..][..count], size)
}

/// All sixteen, of `count` numbers each.
pub(super) fn matrices(values: &mut [f32], count: usize) -> impl Iterator<Item = &mut [f32]> {
    values.chunks_exact_mut(pitch(count)).take(PRODUCTS).map(move |matrix| &mut matrix[..count])
}
