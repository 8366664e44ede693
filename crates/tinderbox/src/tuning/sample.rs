//! Points that represent a space: an error at any point of it shows at one of these.
//!
//! Which dimensions are active, and which keys a network or an optimiser has, depends on some dimensions alone: those
//! that a condition looks at, those called `kind`, and the number of layers. Every combination of their values is
//! taken, with the values at the edges of conditions among them. In each combination every other dimension takes each
//! choice, or both ends of its range, while the others stay at their first values; and once all take their last
//! together. A range between its ends holds nothing that its ends do not show.
//!
//! Of a space with more combinations than [`MOST`] points allow, each value of these dimensions is taken, and pairs of
//! them as far as half of the points go: all pairs of a hundred values. Every other dimension takes each of its choices
//! in some of these points, so that what is wrong only where three values meet may be found by its trial alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tinderbox_search::{Condition, Distribution, Point, Space};

use crate::experiment::{LAYERS, MOST_LAYERS};
/// The most points that are tried. Only the choices of dimensions that decide nothing may be more: each is tried once.
pub(super) const MOST: usize = 10_000;

/// A combination of the deciding dimensions, all others at their first values, and what differs from it.
pub(super) struct Sample {
    pub(super) base: Point,
    /// The base with another value of one dimension, which is named.
    pub(super) variants: Vec<(String, Point)>,
    /// The base with the last values of all dimensions that decide nothing.
    pub(super) last: Point,
}

/// The values that are tried, by dimension.
struct Candidates<'a> {
    space: &'a Space,
    values: BTreeMap<&'a str, Vec<Value>>,
    deciding: BTreeSet<&'a str>,
}

/// Points that represent all of `space`.
pub(super) fn samples(space: &Space) -> Vec<Sample> {
    let candidates = Candidates::new(space);
    let others = candidates.values.iter().filter(|(name, _)| !candidates.deciding.contains(*name));
    let choices: usize = others.map(|(_, values)| values.len()).sum();
    // One at least, however many choices the other dimensions have.
    if let Some(bases) = candidates.combinations((MOST / (2 + choices)).max(1)) {
        return bases.into_iter().map(|base| candidates.around(base, |_| true)).collect();
    }
    let bases = candidates.pairs(MOST / 2);
    // The first points that have a dimension are those around which it is varied.
    let most = ((MOST - 2 * bases.len()) / choices.max(1)).max(1);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut varies = |name: &str| {
        let count = counts.entry(name.to_string()).or_default();
        *count += 1;
        *count <= most
    };
    bases.into_iter().map(|base| candidates.around(base, &mut varies)).collect()
}

impl<'a> Candidates<'a> {
    fn new(space: &'a Space) -> Self {
        let parents = space.dimensions().filter_map(|(name, _)| Some(space.condition(name)?.parent()));
        let parents: BTreeSet<&str> = parents.collect();
        let decides =
            |name: &str| parents.contains(name) || name == LAYERS || name.rsplit('.').next() == Some("kind");
        let deciding = space.dimensions().map(|(name, _)| name).filter(|name| decides(name)).collect();
        let values = space.dimensions().map(|(name, distribution)| (name, values(space, name, distribution)));
        Self { space, values: values.collect(), deciding }
    }

    /// Every combination of the deciding dimensions, unless there are more than `most`.
    fn combinations(&self, most: usize) -> Option<Vec<Point>> {
        let mut points = Vec::new();
        // For each deciding dimension that is active in turn: which of its values it takes, and of how many.
        let mut digits: Vec<(usize, usize)> = Vec::new();
        loop {
            if points.len() == most {
                return None;
            }
            let mut turn = 0;
            let point = self.space.point_by(|name, _| {
                let values = &self.values[name];
                if !self.deciding.contains(name) {
                    return values[0].clone();
                }
                if turn == digits.len() {
                    digits.push((0, values.len()));
                }
                turn += 1;
                values[digits[turn - 1].0].clone()
            });
            points.extend(point);
            while digits.pop_if(|(value, count)| *value + 1 == *count).is_some() {}
            match digits.last_mut() {
                Some((value, _)) => *value += 1,
                None => return Some(points),
            }
        }
    }

    /// For each value of a deciding dimension, and then for each pair of them, a point that has it; at most `most`.
    fn pairs(&self, most: usize) -> Vec<Point> {
        let single: Vec<(&str, &Value)> = self
            .deciding
            .iter()
            .flat_map(|name| self.values[*name].iter().map(move |value| (*name, value)))
            .collect();
        let mut points = Vec::new();
        // Pairs of a value with itself come first.
        for distance in 0..single.len() {
            for (first, second) in single.iter().zip(&single[distance..]) {
                if distance > 0 && first.0 == second.0 {
                    continue;
                }
                let mut fixed = BTreeMap::new();
                if self.fix(first.0, first.1, &mut fixed) && self.fix(second.0, second.1, &mut fixed) {
                    let chosen = |name: &str| fixed.get(name).unwrap_or(&self.values[name][0]).clone();
                    points.extend(self.space.point_by(|name, _| chosen(name)));
                }
                if points.len() == most {
                    return points;
                }
            }
        }
        points
    }

    /// Fixes `name` at `value`, and the dimensions above it so that it is active; `false` if they are fixed otherwise.
    fn fix(&self, name: &str, value: &Value, fixed: &mut BTreeMap<String, Value>) -> bool {
        if let Some(other) = fixed.insert(name.to_string(), value.clone())
            && other != *value
        {
            return false;
        }
        let Some(condition) = self.space.condition(name) else { return true };
        let parent = condition.parent();
        let active = |value: &&Value| holds(condition, value);
        match fixed.get(parent) {
            Some(value) => active(&value),
            None => {
                self.values[parent].iter().find(active).is_some_and(|value| self.fix(parent, value, fixed))
            }
        }
    }

    /// The base, and the values of each dimension that `varies`.
    fn around(&self, base: Point, mut varies: impl FnMut(&str) -> bool) -> Sample {
        let mut last = base.clone();
        let mut variants = Vec::new();
        for (name, parameter) in base.iter().filter(|(name, _)| !self.deciding.contains(name)) {
            let others = &self.values[name][1..];
            let varies = varies(name);
            for value in if varies { others } else { &others[others.len().saturating_sub(1)..] } {
                let Ok(other) = parameter.with_value(value.clone()) else { continue };
                if varies {
                    let mut point = base.clone();
                    point.insert(name, other.clone());
                    variants.push((name.to_string(), point));
                }
                last.insert(name, other);
            }
        }
        Sample { base, variants, last }
    }
}

/// Values that represent all of a dimension: every choice, numbers from the least on, so that the largest of all
/// dimensions meet in one point; the ends of a range, and where conditions on it begin to hold.
fn values(space: &Space, name: &str, distribution: &Distribution) -> Vec<Value> {
    let (low, high) = match distribution {
        Distribution::Categorical { choices } => {
            let mut choices = choices.clone();
            if choices.iter().all(Value::is_number) {
                let number = |choice: &Value| choice.as_f64().unwrap_or_default();
                choices.sort_by(|a, b| number(a).total_cmp(&number(b)));
            }
            return choices;
        }
        Distribution::Int { low, high, step: 1, .. }
            if name == LAYERS && high.abs_diff(*low) <= MOST_LAYERS =>
        {
            return (*low..=*high).map(Value::from).collect();
        }
        Distribution::Float { low, high, step: None, .. } => ((*low).into(), (*high).into()),
        Distribution::Int { .. } | Distribution::Float { .. } => {
            (distribution.from_unit(0.0), distribution.from_unit(1.0))
        }
    };
    let mut values = vec![low, high];
    for condition in space.dimensions().filter_map(|(other, _)| space.condition(other)) {
        match condition {
            Condition::OneOf { parent, values: named } if parent == name => {
                values.extend(named.iter().cloned());
            }
            Condition::AtLeast { parent, least } if parent == name => {
                values.extend(neighbours(distribution, *least));
            }
            _ => {}
        }
    }
    let mut known = Vec::new();
    for value in values {
        if !known.contains(&value) {
            known.push(value);
        }
    }
    known
}

/// The least value from `least` on, and the greatest below it.
fn neighbours(distribution: &Distribution, least: f64) -> Vec<Value> {
    match *distribution {
        Distribution::Int { low, high, step, .. } => {
            let place = ((least - low as f64) / step as f64).ceil() as i64;
            let values = [place, place - 1].map(|place| low.saturating_add(place.saturating_mul(step)));
            values.into_iter().filter(|value| (low..=high).contains(value)).map(Value::from).collect()
        }
        Distribution::Float { low, high, step: Some(step), .. } => {
            let place = ((least - low) / step).ceil();
            let values = [place, place - 1.0].map(|place| low + place * step);
            values.into_iter().filter(|value| (low..=high).contains(value)).map(Value::from).collect()
        }
        Distribution::Float { low, high, step: None, .. } => {
            [least].into_iter().filter(|value| (low..=high).contains(value)).map(Value::from).collect()
        }
        Distribution::Categorical { .. } => Vec::new(),
    }
}

fn holds(condition: &Condition, value: &Value) -> bool {
    match condition {
        Condition::OneOf { values, .. } => values.contains(value),
        Condition::AtLeast { least, .. } => value.as_f64().is_some_and(|value| value >= *least),
    }
}

#[cfg(test)]
mod tests;
