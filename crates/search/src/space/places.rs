//! The places of points: a finite space as a list, in the order of a grid.

use super::{Dimension, Point, Space, SpaceError};
use crate::parameter::Parameter;

/// Values of a dimension that another depends on: each is tried when points are counted.
const MOST_BRANCHES: u64 = 4096;

impl Space {
    /// How many points there are.
    ///
    /// # Errors
    /// [`SpaceError::Endless`] if a dimension is a real number without a step, [`SpaceError::Countless`] from 2⁶⁴
    /// points on, or where a dimension of more than 4,096 values decides over another.
    pub fn size(&self) -> Result<u64, SpaceError> {
        self.size_from(0, &mut Point::default())
    }

    /// The point at `place`, from 0, in the order of a grid: the last dimension changes fastest. `None` past the end.
    ///
    /// # Errors
    /// As [`size`](Space::size).
    pub fn point(&self, place: u64) -> Result<Option<Point>, SpaceError> {
        if place >= self.size()? {
            return Ok(None);
        }
        let mut rest = place;
        let mut point = Point::default();
        for (start, dimension) in self.dimensions.iter().enumerate() {
            if !dimension.is_active(&point) {
                continue;
            }
            let mut value = 0;
            if self.decides(start) {
                loop {
                    dimension.choose(value, &mut point);
                    // Points that share the values up to this dimension lie side by side, in a block.
                    let block = self.size_from(start + 1, &mut point)?;
                    if rest < block {
                        break;
                    }
                    rest -= block;
                    value += 1;
                }
            } else {
                let block = self.size_from(start + 1, &mut point)?;
                value = rest / block;
                rest %= block;
                dimension.choose(value, &mut point);
            }
        }
        Ok(Some(point))
    }

    /// The place of `point`, the inverse of [`point`](Space::point); `None` if it is none of the points.
    ///
    /// # Errors
    /// As [`size`](Space::size).
    pub fn place(&self, point: &Point) -> Result<Option<u64>, SpaceError> {
        let size = self.size()?;
        if self.check(point).is_err() {
            return Ok(None);
        }
        let mut place = 0;
        let mut known = Point::default();
        for (start, dimension) in self.dimensions.iter().enumerate() {
            if !dimension.is_active(&known) {
                continue;
            }
            let parameter = &point[&dimension.name];
            let Some(value) = dimension.distribution.place(parameter.value()) else { return Ok(None) };
            if self.decides(start) {
                for before in 0..value {
                    dimension.choose(before, &mut known);
                    place += self.size_from(start + 1, &mut known)?;
                }
            } else {
                place += value * self.size_from(start + 1, &mut known)?;
            }
            known.insert(dimension.name.clone(), parameter.clone());
        }
        Ok(Some(place).filter(|place| *place < size))
    }

    /// Whether the condition of another dimension looks at this one.
    fn decides(&self, place: usize) -> bool {
        let name = &self.dimensions[place].name;
        self.dimensions.iter().any(|other| other.condition.as_ref().is_some_and(|it| it.parent() == &**name))
    }

    /// How many points share the values that `known` gives to the dimensions before `start`.
    fn size_from(&self, start: usize, known: &mut Point) -> Result<u64, SpaceError> {
        let mut size = 1_u64;
        for (place, dimension) in self.dimensions.iter().enumerate().skip(start) {
            if !dimension.is_active(known) {
                continue;
            }
            let count = dimension.distribution.count();
            let count = count.ok_or_else(|| SpaceError::Endless(dimension.name.to_string()))?;
            if self.decides(place) {
                if count > MOST_BRANCHES {
                    return Err(SpaceError::Countless);
                }
                let mut rest = 0_u64;
                for value in 0..count {
                    dimension.choose(value, known);
                    rest =
                        rest.checked_add(self.size_from(place + 1, known)?).ok_or(SpaceError::Countless)?;
                }
                known.remove(&dimension.name);
                return size.checked_mul(rest).ok_or(SpaceError::Countless);
            }
            size = size.checked_mul(count).ok_or(SpaceError::Countless)?;
        }
        Ok(size)
    }
}

impl Dimension {
    pub(super) fn is_active(&self, point: &Point) -> bool {
        self.condition.as_ref().is_none_or(|condition| condition.holds(point))
    }

    fn choose(&self, value: u64, point: &mut Point) {
        let parameter = Parameter::drawn(&self.distribution, self.distribution.value(value));
        point.insert(self.name.clone(), parameter);
    }
}
