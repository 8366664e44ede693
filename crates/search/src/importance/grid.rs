//! A grid over a distribution: how often values near each of its points were chosen.

use serde_json::Value;

use crate::parameter::{Distribution, Parameter};

/// Points of the grid over a range.
const POINTS: usize = 50;

/// How many of the values, all chosen from `distribution`, are nearest to each point; halfway counts for the lower one.
///
/// Points are choices, or numbers from the least to the greatest at equal distances, over the logarithm if the
/// distribution is logarithmic. `distribution` has two values at least.
pub(super) fn counts(distribution: &Distribution, parameters: &[&Parameter]) -> Vec<usize> {
    let values = parameters.iter().map(|parameter| parameter.value());
    match *distribution {
        Distribution::Categorical { ref choices } => {
            let place = |value| choices.iter().position(|choice| choice == value).unwrap_or(0);
            tally(choices.len(), values.map(place))
        }
        Distribution::Float { low, high, log, .. } => {
            let high = distribution.count().map_or(high, |_| greatest(distribution));
            nearest(low, high, log, fewer(distribution.count()), values.filter_map(Value::as_f64))
        }
        Distribution::Int { low, high, log, .. } => {
            let points = if log {
                // A point for each doubling.
                let span = (high - low + 1) as f64;
                ((libm::log(span) / libm::log(2.0)).ceil() as usize + 1).min(POINTS)
            } else {
                fewer(distribution.count())
            };
            let values = values.filter_map(Value::as_f64);
            nearest(low as f64, greatest(distribution), log, points, values)
        }
    }
}

/// No more points than values.
fn fewer(count: Option<u64>) -> usize {
    count.map_or(POINTS, |count| count.min(POINTS as u64) as usize)
}

/// The last number that a whole number of steps leads to.
fn greatest(distribution: &Distribution) -> f64 {
    let last = distribution.count().map(|count| distribution.value(count - 1));
    last.and_then(|last| last.as_f64()).unwrap_or(f64::NAN)
}

fn nearest(low: f64, high: f64, log: bool, points: usize, values: impl Iterator<Item = f64>) -> Vec<usize> {
    let scale = |number| if log { libm::log(number) } else { number };
    let low = scale(low);
    let distance = (scale(high) - low) / (points - 1) as f64;
    let place =
        |value| ((scale(value) - low) / distance - 0.5).ceil().clamp(0.0, (points - 1) as f64) as usize;
    tally(points, values.map(place))
}

fn tally(points: usize, places: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut counts = vec![0; points];
    for place in places {
        counts[place] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_counts<V: Into<Value>>(
        distribution: &Distribution,
        values: impl IntoIterator<Item = V>,
        expected: &[usize],
    ) {
        let parameter = |value: V| Parameter::new(distribution.clone(), value.into()).unwrap();
        let parameters: Vec<_> = values.into_iter().map(parameter).collect();
        assert_eq!(counts(distribution, &parameters.iter().collect::<Vec<_>>()), expected);
    }

    #[test]
    fn values_count_for_the_nearest_point() {
        assert_counts(&Distribution::choice(["relu", "gelu", "tanh"]), ["tanh", "relu", "tanh"], &[1, 0, 2]);
        assert_counts(&Distribution::Int { low: 2, high: 9, log: false, step: 3 }, [2, 5, 8, 8], &[1, 1, 2]);
        let doublings = Distribution::Int { low: 1, high: 16, log: true, step: 1 };
        assert_counts(&doublings, [1, 2, 3, 5, 6, 11, 12, 16], &[1, 1, 2, 2, 2]);
        // The points of 0 to 98 are the even numbers.
        let mut expected = [0; 50];
        expected[10] = 2;
        assert_counts(&Distribution::int(0, 98), [20, 21], &expected);
    }
}
