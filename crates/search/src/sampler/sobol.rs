//! Sobol points: random to the eye, and yet evenly spread.

use rand_chacha::rand_core::Rng;
use serde::{Deserialize, Serialize};

use super::stream::stream;
use super::{History, SampleError, Sampler};
use crate::space::{Point, Space};

mod directions;

use directions::DIRECTIONS;

/// A Sobol sequence, scrambled.
///
/// Of `2ᵐ` trials from a multiple of `2ᵐ` on, each `2ᵐ`-th of each dimension gets one; pairs of dimensions are
/// spread evenly too. Best value is had from budgets that are powers of two. Scrambling keeps this and makes every
/// point as likely as another, so that averages over seeds are right. What was tried changes nothing; like
/// [`Random`](super::random::Random) it is a sampler to compare with and to begin with, for real numbers above all: in a
/// small finite space points come again.
///
/// The dimension at place `d` of the space, active or not, takes coordinate `d`, in 32 bits: there are 128
/// coordinates, and 2³² points, after which none is left.
///
/// Own code: the crate `sobol_burley` ends at 2¹⁶ points of 24 bits, and shuffles those of every four dimensions on
/// their own.
///
/// Source: Joe and Kuo, "Constructing Sobol Sequences with Better Two-Dimensional Projections" (2008); in the order of
/// Antonov and Saleev (1979), as in `SciPy`. Scrambled as in Owen, "Randomly Permuted (t,m,s)-Nets and (t,s)-Sequences"
/// (1995), with a hash for the coins as in Burley, "Practical Hash-Based Owen Scrambling" (2020).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sobol {
    /// Chooses the scrambling; another seed gives other points.
    pub seed: u64,
}

impl Sampler for Sobol {
    fn sample(
        &self,
        space: &Space,
        _history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        let dimensions = space.dimensions().len();
        if dimensions > DIRECTIONS.len() {
            return Err(SampleError::Dimensions {
                sampler: "Sobol",
                found: dimensions,
                most: DIRECTIONS.len(),
            });
        }
        let Ok(index) = u32::try_from(number) else { return Ok(None) };
        let units = self.units(dimensions, index);
        Ok(Some(space.fill_places(|place, distribution| distribution.from_unit(units[place]))))
    }
}

impl Sobol {
    /// The first coordinates of point `index`, in `(0, 1)`.
    fn units(self, dimensions: usize, index: u32) -> Vec<f64> {
        let mut keys = stream(self.seed, 0);
        let digits = (0..dimensions).map(|place| scrambled(coordinate(place, index), keys.next_u64()));
        digits.map(|digits| (f64::from(digits) + 0.5) / (1_u64 << 32) as f64).collect()
    }
}

/// Coordinate `place` of point `index`: 32 binary digits after the point.
fn coordinate(place: usize, index: u32) -> u32 {
    // Gray's code: it visits the same points in each block of 2ᵐ, in another order.
    let code = index ^ (index >> 1);
    let directions = (0..).zip(directions(place));
    directions.filter(|(bit, _)| code >> bit & 1 == 1).fold(0, |digits, (_, direction)| digits ^ direction)
}

/// The direction numbers `v` of a dimension: one for each binary digit of an index, lowest first.
fn directions(place: usize) -> [u32; 32] {
    let (polynomial, first) = DIRECTIONS[place];
    let degree = first.len();
    let mut v = [0; 32];
    for j in 0..32 {
        v[j] = match first.get(j) {
            Some(m) => m << (31 - j),
            None if degree == 0 => 1 << (31 - j),
            None => {
                let inner = (1..degree).filter(|k| polynomial >> (degree - k) & 1 == 1);
                inner.fold(v[j - degree] ^ v[j - degree] >> degree, |sum, k| sum ^ v[j - k])
            }
        };
    }
    v
}

/// Flips binary digits by coins: one for each run of leading digits, which says whether the next is flipped.
fn scrambled(digits: u32, key: u64) -> u32 {
    (0..32).fold(digits, |scrambled, level| {
        let leading = 1 << level | u64::from(digits) >> (32 - level);
        scrambled ^ coin(key, leading) << (31 - level)
    })
}

/// The highest bit of output `number` of `SplitMix64` (Steele, Lea, Flood, 2014), begun at `key`.
fn coin(key: u64, number: u64) -> u32 {
    let state = key.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    // The last step, `mixed ^ mixed >> 31`, leaves the highest bit as it is.
    (mixed >> 63) as u32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::parameter::Distribution;
    use crate::sampler::contract::contract;

    contract!(Sobol { seed: 7 }, all);

    #[test]
    fn unscrambled_digits_are_those_of_scipy() {
        // SciPy 1.17.1, `qmc.Sobol(128, scramble=False, bits=32)`, times 2³².
        let expected: [(u32, [u32; 5]); 6] = [
            (0, [0; 5]),
            (1, [1 << 31; 5]),
            (2, [3_221_225_472, 1_073_741_824, 1_073_741_824, 3_221_225_472, 1_073_741_824]),
            (3, [1_073_741_824, 3_221_225_472, 3_221_225_472, 1_073_741_824, 3_221_225_472]),
            (1000, [943_718_400, 415_236_096, 2_227_175_424, 1_916_796_928, 2_336_227_328]),
            (39_999, [72_024_064, 3_508_338_688, 2_954_035_200, 322_502_656, 148_307_968]),
        ];
        for (index, digits) in expected {
            assert_eq!([0, 1, 2, 63, 127].map(|place| coordinate(place, index)), digits, "point {index}");
        }
    }

    /// The interval, of `2^bits` equal ones, that holds `unit`.
    fn interval(unit: f64, bits: u32) -> u64 {
        (unit * (1_u64 << bits) as f64) as u64
    }

    proptest! {
        #[test]
        fn a_block_has_a_point_in_each_elementary_interval(
            seed in any::<u64>(), bits in 0..8_u32, block in 0..1000_u32, split in 0..8_u32,
        ) {
            let points: Vec<_> =
                (0..1 << bits).map(|at| Sobol { seed }.units(128, (block << bits) + at)).collect();
            for place in 0..128 {
                let intervals: BTreeSet<_> = points.iter().map(|point| interval(point[place], bits)).collect();
                prop_assert_eq!(intervals.len(), points.len(), "dimension {}", place);
            }
            // The first two dimensions are a (0, 2)-sequence: so it is with their rectangles.
            let split = split.min(bits);
            let rectangle = |point: &Vec<f64>| (interval(point[0], split), interval(point[1], bits - split));
            prop_assert_eq!(points.iter().map(rectangle).collect::<BTreeSet<_>>().len(), points.len());
        }
    }

    #[test]
    fn every_place_is_as_likely_whatever_the_index() {
        // 0.999 quantile of the chi-squared distribution with 63 degrees of freedom, from a table.
        for (index, places) in [(0, [0, 1]), (5, [3, 100])] {
            let mut counts = [0_u32; 64];
            for seed in 0..6400 {
                let units = Sobol { seed }.units(101, index);
                counts[(interval(units[places[0]], 3) * 8 + interval(units[places[1]], 3)) as usize] += 1;
            }
            let chi_squared: f64 =
                counts.iter().map(|&count| (f64::from(count) - 100.0).powi(2) / 100.0).sum();
            assert!(chi_squared < 103.44, "point {index}: {chi_squared}");
        }
    }

    /// The centred discrepancy, squared, as `SciPy`'s `qmc.discrepancy` has it (Hickernell, 1998).
    fn discrepancy(points: &[Vec<f64>]) -> f64 {
        let count = points.len() as f64;
        let off = |x: f64| (x - 0.5).abs();
        let one =
            |a: &Vec<f64>| a.iter().map(|&x| 1.0 + off(x) / 2.0 - off(x).powi(2) / 2.0).product::<f64>();
        let two = |a: &Vec<f64>, b: &Vec<f64>| {
            let terms = a.iter().zip(b).map(|(&x, &y)| 1.0 + (off(x) + off(y) - (x - y).abs()) / 2.0);
            terms.product::<f64>()
        };
        let pairs = points.iter().flat_map(|a| points.iter().map(move |b| two(a, b))).sum::<f64>();
        let constant = (13.0_f64 / 12.0).powf(points[0].len() as f64);
        constant - 2.0 / count * points.iter().map(one).sum::<f64>() + pairs / count.powi(2)
    }

    #[test]
    fn points_are_as_even_as_those_of_scipy() {
        let of = |seed| discrepancy(&(0..64).map(|index| Sobol { seed }.units(4, index)).collect::<Vec<_>>());
        let mean = (0..100).map(of).sum::<f64>() / 100.0;
        // SciPy 1.17.1, mean over 30 scramblings of 64 points in 4 dimensions; random points have 0.0169.
        assert!((mean / 0.001_036 - 1.0).abs() < 0.05, "{mean}");
    }

    #[test]
    fn points_are_the_same_for_ever() {
        let space = Space::new([("x", Distribution::int(0, 99)), ("y", Distribution::int(0, 99))]).unwrap();
        let point = |number| {
            let point = Sobol { seed: 7 }.sample(&space, &History::default(), number).unwrap()?;
            Some(["x", "y"].map(|name| point[name].value().as_u64().unwrap()))
        };
        assert_eq!((0..4).filter_map(point).collect::<Vec<_>>(), [[69, 74], [10, 8], [36, 98], [80, 26]]);
        assert_eq!(point(1 << 32), None);
    }

    #[test]
    fn more_dimensions_than_the_table_has_are_refused() {
        let space = Space::new((0..129).map(|place| (place.to_string(), Distribution::uniform(0.0, 1.0))));
        let error = Sobol { seed: 7 }.sample(&space.unwrap(), &History::default(), 0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a space of 129 dimensions, and Sobol works on 128 at most; draw points at random"
        );
    }
}
