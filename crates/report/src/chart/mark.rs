//! Marks: stroked paths, a dot being one without length, and areas.

use std::collections::HashSet;
use std::fmt::Write;

use super::frame::round;

/// A path, and what it says under the pointer.
pub(crate) struct Mark {
    pub(crate) path: String,
    pub(crate) title: Option<String>,
}

impl Mark {
    pub(crate) fn plain(path: String) -> Self {
        Self { path, title: None }
    }

    pub(crate) fn dot((x, y): (f64, f64), title: String) -> Self {
        Self { path: format!("M{x} {y}h0"), title: Some(title) }
    }

    /// From the left to the right end of a bar around `y`.
    pub(crate) fn bar(from: f64, to: f64, y: f64, title: String) -> Self {
        // What took no time is still to be seen, and the next bar is another.
        Self { path: format!("M{from} {y}h{}", round((to - from - 0.6).max(0.8))), title: Some(title) }
    }

    /// What lies between `low` and `high`, both from left to right; `None` of less than two places.
    pub(crate) fn area(low: &[(f64, f64)], high: &[(f64, f64)]) -> Option<Self> {
        let around: Vec<String> =
            low.iter().chain(high.iter().rev()).map(|(x, y)| format!("{x} {y}")).collect();
        (around.len() > 2).then(|| Self::plain(format!("M{}Z", around.join("L"))))
    }

    /// Through `places`, interrupted where there is none; a lone place is a dot.
    pub(crate) fn line(places: impl IntoIterator<Item = Option<(f64, f64)>>, title: Option<String>) -> Self {
        let (mut path, mut on, mut lone) = (String::new(), false, false);
        for place in places {
            if let Some((x, y)) = place {
                // Writing to a string does not fail.
                let _ = write!(path, "{}{x} {y}", if on { 'L' } else { 'M' });
                lone = !on;
            } else if lone {
                path.push_str("h0");
                lone = false;
            }
            on = place.is_some();
        }
        if lone {
            path.push_str("h0");
        }
        Self { path, title }
    }
}

/// All of `marks`, equal ones once.
pub(super) fn joined(marks: &[Mark]) -> Mark {
    let mut seen = HashSet::new();
    Mark {
        path: marks.iter().map(|mark| mark.path.as_str()).filter(|path| seen.insert(*path)).collect(),
        title: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_interrupted_where_it_has_no_place() {
        let places = [Some((1.0, 2.0)), Some((2.0, 3.0)), None, Some((4.0, 5.0)), None, None];
        assert_eq!(Mark::line(places, None).path, "M1 2L2 3M4 5h0");
        assert_eq!(Mark::line([Some((1.0, 2.0))], None).path, "M1 2h0");
    }
}
