//! Which points are tried, and how many.

use tinderbox_search::Parameter;

use super::*;

fn texts(space: &Space) -> BTreeSet<String> {
    let text = |point: &Point| {
        let part = |(name, parameter): (&str, &Parameter)| format!("{name}={}", parameter.value());
        point.iter().map(part).collect::<Vec<_>>().join(" ")
    };
    let of = |sample: &Sample| {
        let all =
            [&sample.base, &sample.last].into_iter().chain(sample.variants.iter().map(|(_, point)| point));
        all.map(text).collect::<Vec<_>>()
    };
    samples(space).iter().flat_map(of).collect()
}

#[test]
fn every_combination_that_changes_what_is_active_is_tried_with_the_ends_of_the_rest() {
    let space = Space::new([
        ("o.kind", Distribution::choice(["adam", "sgd"])),
        ("momentum", Distribution::uniform(0.0, 0.9)),
        ("n", Distribution::int(1, 9)),
        ("late", Distribution::choice([7])),
    ])
    .and_then(|space| space.when("momentum", Condition::is("o.kind", "sgd")))
    .and_then(|space| space.when("late", Condition::at_least("n", 4)))
    .unwrap();
    let found = texts(&space);
    let mut expected = BTreeSet::new();
    for n in [1, 3, 4, 9] {
        let late = if n >= 4 { "late=7 " } else { "" };
        expected.insert(format!("{late}n={n} o.kind=\"adam\""));
        for momentum in ["0.0", "0.9"] {
            expected.insert(format!("{late}momentum={momentum} n={n} o.kind=\"sgd\""));
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn the_largest_choices_are_tried_together_wherever_they_stand() {
    let widths = || Distribution::choice([64, 40_000, 128]);
    let space = Space::new([("a", widths()), ("b", widths()), ("c", widths())]).unwrap();
    assert!(texts(&space).contains("a=40000 b=40000 c=40000"));
}

#[test]
fn more_choices_than_points_are_all_tried() {
    let space = Space::new([("a", Distribution::choice(0..=10_000))]).unwrap();
    assert_eq!(texts(&space).len(), MOST + 1);
}

/// The values of the dimensions that are called `kind`, of which there are `count`, each with four.
fn kinds(count: usize) -> Vec<(String, Distribution)> {
    (0..count).map(|place| (format!("{place}.kind"), Distribution::choice(0..4))).collect()
}

/// How many points there are, of which no pair of two kinds may be missing.
#[track_caller]
fn count_with_each_pair(samples: &[Sample], kinds: usize) -> usize {
    for (first, second) in (0..kinds).flat_map(|first| (0..first).map(move |second| (first, second))) {
        let values = samples.iter().map(|it| {
            [first, second].map(|place| it.base[format!("{place}.kind").as_str()].value().to_string())
        });
        assert_eq!(values.collect::<BTreeSet<_>>().len(), 16, "{first} and {second}");
    }
    samples.iter().map(|sample| 2 + sample.variants.len()).sum()
}

#[test]
fn of_too_many_combinations_each_pair_is_tried_in_bounded_time() {
    let mut dimensions = kinds(20);
    dimensions.extend((0..20).map(|place| (format!("e{place}"), Distribution::int(0, 1))));
    let mut space = Space::new(dimensions).unwrap();
    for place in 0..20 {
        space = space.when(&format!("e{place}"), Condition::is(format!("{place}.kind"), 3)).unwrap();
    }
    let points = samples(&space);
    let count = count_with_each_pair(&points, 20);
    assert!(count <= MOST, "{count}");
    for place in 0..20 {
        let name = format!("e{place}");
        assert!(points.iter().any(|sample| sample.base.contains_key(&name)), "{place}");
        assert!(
            points.iter().any(|sample| sample.variants.iter().any(|(varied, _)| *varied == name)),
            "{place}"
        );
    }
}

/// A list of choices leaves the other dimensions their turn.
#[test]
fn each_pair_is_tried_beside_thousands_of_choices() {
    let mut dimensions = kinds(5);
    dimensions.push(("many".to_string(), Distribution::choice(0..3000)));
    let space = Space::new(dimensions).unwrap();
    let points = samples(&space);
    let count = count_with_each_pair(&points, 5);
    assert!(count <= MOST, "{count}");
    let many =
        points.iter().flat_map(|sample| &sample.variants).map(|(_, point)| point["many"].value().to_string());
    assert_eq!(many.collect::<BTreeSet<_>>().len(), 2999);
}

/// More values than points: each of the first is tried by itself, and no list of them takes long.
#[test]
fn thousands_of_values_that_decide_are_tried_one_by_one() {
    let mut dimensions = kinds(5);
    dimensions.push(("much.kind".to_string(), Distribution::choice(0..4000)));
    let points = samples(&Space::new(dimensions).unwrap());
    assert_eq!(points.len(), MOST / 2);
    let much = points.iter().map(|sample| sample.base["much.kind"].value().to_string());
    assert_eq!(much.collect::<BTreeSet<_>>().len(), 4000);
}
