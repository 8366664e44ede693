//! Grid search: every point, one after the other.

use super::left::next_left;
use super::{History, SampleError, Sampler};
use crate::space::{Point, Space};

/// Every point once, in the order of [`Space::point`]: the last dimension changes fastest. Points that were enqueued
/// are not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid;

impl Sampler for Grid {
    fn sample(
        &self,
        space: &Space,
        history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        Ok(space.point(next_left(history, number, |point| space.place(point))?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::Distribution;
    use crate::sampler::contract::contract;

    contract!(Grid, countable);

    #[test]
    fn a_grid_of_48_points_is_walked_from_corner_to_corner() {
        let space = Space::new([
            ("layers", Distribution::int(2, 4)),
            ("units", Distribution::choice([64, 128, 256, 512])),
            ("activation", Distribution::choice(["relu", "sigmoid"])),
            ("dropout", Distribution::Float { low: 0.0, high: 0.5, log: false, step: Some(0.5) }),
        ])
        .unwrap();
        let point = |number| {
            let point = Grid.sample(&space, &History::default(), number).unwrap()?;
            let value = |(name, _): (&str, _)| point[name].value().to_string();
            Some(space.dimensions().map(value).collect::<Vec<_>>().join(" "))
        };
        let points: Vec<_> = (0..).map_while(point).collect();
        assert_eq!(points.len(), 48);
        assert_eq!(points[..3], [r#"2 64 "relu" 0.0"#, r#"2 64 "relu" 0.5"#, r#"2 64 "sigmoid" 0.0"#]);
        assert_eq!(points[16], r#"3 64 "relu" 0.0"#);
        assert_eq!(points[47], r#"4 512 "sigmoid" 0.5"#);
        assert_eq!(point(u64::MAX), None);
    }

    #[test]
    fn what_was_enqueued_is_passed_over() {
        let space = Space::new([("x", Distribution::int(0, 7))]).unwrap();
        let (mut pending, mut enqueued) = (Vec::new(), Vec::new());
        let mut turn = |place: Option<u64>| {
            let number = pending.len() as u64;
            let history = History { pending: &pending, enqueued: &enqueued, ..History::default() };
            let sampled = Grid.sample(&space, &history, number).unwrap();
            let point = place.map_or(sampled, |place| space.point(place).unwrap());
            let shown = point.as_ref().and_then(|point| point["x"].value().as_u64());
            pending.extend(point);
            enqueued.extend(place.map(|_| number as usize));
            shown
        };
        // Point 0 is enqueued after the grid has had it: nothing is passed over for that.
        let turns = [Some(1), Some(3), None, None, Some(0), None, Some(6), None, None, None];
        let expected = [1, 3, 0, 2, 0, 4, 6, 5, 7].map(Some);
        assert_eq!(turns.map(&mut turn)[..9], expected);
        assert_eq!(turn(None), None);
    }

    #[test]
    fn after_a_trial_was_deleted_each_point_is_still_tried_once() {
        let space = Space::new([("x", Distribution::int(0, 7))]).unwrap();
        // Of trials 0 to 4 trial 2 is gone, and another program has tried the last point.
        let pending: Vec<_> = [0, 1, 3, 4, 7].map(|place| space.point(place).unwrap().unwrap()).into();
        let history = History { pending: &pending, enqueued: &[4], moved: true, ..History::default() };
        let next = Grid.sample(&space, &history, 6).unwrap().unwrap();
        assert_eq!(next["x"].value().as_u64(), Some(2));
        let numbers: Vec<_> = (0..8).map(|place| space.point(place).unwrap().unwrap()).collect();
        let history = History { pending: &numbers, moved: true, ..History::default() };
        assert_eq!(Grid.sample(&space, &history, 900).unwrap(), None);
    }

    #[test]
    fn a_space_without_end_is_refused() {
        let space = Space::new([("rate", Distribution::uniform(0.0, 1.0))]).unwrap();
        let error = Grid.sample(&space, &History::default(), 0).unwrap_err();
        assert!(error.to_string().starts_with("dimension `rate` takes any number of its range"), "{error}");
    }
}
