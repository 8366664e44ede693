//! Where `l(x) / g(x)` is large: among points drawn from `l`, or in each dimension on its own.

use rand_chacha::ChaCha12Rng;

use super::Tpe;
use super::expected::expected;
use super::mixture::Mixture;
use super::split::Split;
use crate::sampler::History;
use crate::space::{Point, Space};

/// The densities of a split, and what to draw from them.
pub(super) struct Candidates<'a> {
    space: &'a Space,
    split: &'a Split,
    count: usize,
    good: Mixture,
    others: Mixture,
}

impl<'a> Candidates<'a> {
    pub(super) fn new(tpe: &Tpe, space: &'a Space, split: &'a Split) -> Self {
        let good = Mixture::new(space, &split.good, tpe.prior_weight);
        let others = Mixture::new(space, &split.others, tpe.prior_weight);
        Self { space, split, count: tpe.candidates, good, others }
    }

    /// The best of so many points drawn from the joint density, of those alone that were not tried if there are some.
    pub(super) fn jointly(&self, history: &History<'_>, stream: &mut ChaCha12Rng) -> Option<Point> {
        let (mut merits, mut points) = (Vec::new(), Vec::new());
        for _ in 0..self.count {
            let kernel = self.good.pick(stream);
            let mut row = vec![f64::NAN; self.space.dimensions().len()];
            let point = self.space.fill_places(|place, distribution| {
                let (value, unit) = self.good.draw(kernel, place, distribution, stream);
                row[place] = unit;
                value
            });
            merits.push((self.is_new(&row), self.good.log_density(&row) - self.others.log_density(&row)));
            points.push(point);
        }
        let expected = expected(self.space, history, &points);
        let mut best: Option<((bool, f64), Point)> = None;
        for (((is_new, merit), point), expected) in merits.into_iter().zip(points).zip(expected) {
            let merit = (is_new, merit + expected);
            if best.as_ref().is_none_or(|(most, _)| merit > *most) {
                best = Some((merit, point));
            }
        }
        best.map(|(_, point)| point)
    }

    /// The best of so many values of each dimension, by its own density. If that point was tried, the best of half as
    /// many, and so on down to one: as many points as there are candidates, until one is new.
    pub(super) fn singly(&self, stream: &mut ChaCha12Rng) -> Option<Point> {
        let (mut values, mut last) = (self.count, None);
        for _ in 0..self.count {
            let mut row = vec![f64::NAN; self.space.dimensions().len()];
            let point = self.space.fill_places(|place, distribution| {
                let mut draw = || {
                    let (value, at) = self.good.draw(self.good.pick(stream), place, distribution, stream);
                    let merit = self.good.log_density_in(place, at) - self.others.log_density_in(place, at);
                    (merit, value, at)
                };
                let mut best = draw();
                for _ in 1..values {
                    let next = draw();
                    if next.0 > best.0 {
                        best = next;
                    }
                }
                row[place] = best.2;
                best.1
            });
            if self.is_new(&row) {
                return Some(point);
            }
            last = Some(point);
            values = (values / 2).max(1);
        }
        last
    }

    fn is_new(&self, row: &[f64]) -> bool {
        !self.split.good.holds(row) && !self.split.others.holds(row)
    }
}
