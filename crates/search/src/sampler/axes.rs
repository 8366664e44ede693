//! The axes of a space: points as rows of numbers in the unit cube, for samplers that reckon with distances.

use serde_json::Value;

use crate::parameter::Distribution;
use crate::space::{Point, Space};

/// Where an axis stands that is not active.
pub(super) const MIDDLE: f64 = 0.5;

/// The dimensions of a space that a sampler moves along, those with a single value left out.
pub(super) struct Axes<'a> {
    space: &'a Space,
    list: Vec<Axis<'a>>,
    /// The axis of each dimension.
    of_dimension: Vec<Option<usize>>,
}

/// A dimension with several values.
pub(super) struct Axis<'a> {
    name: &'a str,
    /// What its values are.
    pub(super) distribution: &'a Distribution,
}

impl<'a> Axes<'a> {
    /// The dimensions of `space` that have several values and that the sampler wants.
    pub(super) fn new(space: &'a Space, wants: impl Fn(&Distribution) -> bool) -> Self {
        let mut list = Vec::new();
        let of_dimension = space.dimensions().map(|(name, distribution)| {
            (has_several(distribution) && wants(distribution)).then(|| {
                list.push(Axis { name, distribution });
                list.len() - 1
            })
        });
        let of_dimension = of_dimension.collect();
        Self { space, list, of_dimension }
    }

    /// The axes, in the order of a row.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Axis<'a>> {
        self.list.iter()
    }

    /// How many axes there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Where `point` lies on each axis, from 0 to 1; `None` on one that is not active. All of it is `None` if it is
    /// no point of the space.
    pub(super) fn row(&self, point: &Point) -> Option<Vec<Option<f64>>> {
        self.space.check(point).ok()?;
        Some(self.list.iter().map(|axis| axis.place(point)).collect())
    }

    /// Which axes are active in the point at `row`.
    pub(super) fn active(&self, row: &[f64]) -> Vec<bool> {
        if !self.space.has_conditions() {
            return vec![true; self.list.len()];
        }
        let point = self.point(row, only);
        self.list.iter().map(|axis| point.contains_key(axis.name)).collect()
    }

    /// The row of the point at `row`: values that can be counted stand at the middle of their cells, and what is not
    /// active at the middle of all.
    pub(super) fn snap(&self, row: &[f64]) -> Vec<f64> {
        if !self.space.has_conditions() {
            // The same without a point: most rows of a search are looked at and dropped.
            let each = self.list.iter().zip(row);
            return each.map(|(axis, x)| axis.snap(*x)).collect();
        }
        let point = self.point(row, only);
        self.list.iter().map(|axis| axis.place(&point).unwrap_or(MIDDLE)).collect()
    }

    /// The point at `row`, which `draw` completes where a dimension has no axis.
    pub(super) fn point(&self, row: &[f64], mut draw: impl FnMut(&Distribution) -> Value) -> Point {
        self.space.fill_places(|dimension, distribution| match self.of_dimension[dimension] {
            Some(axis) => distribution.from_unit(row[axis]),
            None => draw(distribution),
        })
    }
}

impl Axis<'_> {
    fn snap(&self, x: f64) -> f64 {
        self.distribution.count().map_or(x, |_| self.distribution.to_unit(&self.distribution.from_unit(x)))
    }

    fn place(&self, point: &Point) -> Option<f64> {
        Some(self.distribution.to_unit(point.get(self.name)?.value()))
    }

    /// Whether its values have no order.
    pub(super) fn is_choice(&self) -> bool {
        matches!(self.distribution, Distribution::Categorical { .. })
    }
}

/// The value of a dimension that has only one.
pub(super) fn only(distribution: &Distribution) -> Value {
    distribution.from_unit(MIDDLE)
}

fn has_several(distribution: &Distribution) -> bool {
    match (distribution, distribution.count()) {
        (Distribution::Float { low, high, .. }, None) => low < high,
        (_, count) => count != Some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Condition;

    #[test]
    fn a_point_and_its_row_are_each_others_inverse() {
        let space = Space::new([
            ("layers", Distribution::int(1, 4)),
            ("seed", Distribution::int(7, 7)),
            ("width", Distribution::uniform(2.0, 2.0)),
            ("units", Distribution::uniform(0.0, 8.0)),
            ("activation", Distribution::choice(["relu", "tanh"])),
        ]);
        let space = space.unwrap().when("units", Condition::at_least("layers", 2)).unwrap();
        let axes = Axes::new(&space, |_| true);
        assert_eq!(axes.len(), 3, "a dimension with one value is not an axis");

        let one = |distribution: &Distribution| distribution.from_unit(0.0);
        let deep = axes.point(&[0.625, 0.25, 0.75], one);
        assert_eq!(deep["units"].value(), 2.0);
        assert_eq!(axes.row(&deep), Some(vec![Some(0.625), Some(0.25), Some(0.75)]));
        let flat = axes.point(&[0.125, 0.25, 0.75], one);
        assert_eq!(axes.row(&flat), Some(vec![Some(0.125), None, Some(0.75)]));
        assert_eq!(axes.row(&Point::default()), None);

        let numbers =
            Axes::new(&space, |distribution| !matches!(distribution, Distribution::Categorical { .. }));
        assert_eq!(numbers.row(&flat), Some(vec![Some(0.125), None]));
    }
}
