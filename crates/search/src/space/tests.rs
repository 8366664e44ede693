//! What a space counts, lists and refuses.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A dimension of few values, and how many.
fn dimension() -> impl Strategy<Value = (Distribution, u64)> {
    prop_oneof![
        (1..6_u64).prop_map(|count| (Distribution::choice(0..count), count)),
        (-50..50_i64, 1..7_i64, 0..6_i64, 0..7_i64).prop_map(|(low, step, steps, rest)| {
            let high = low + step * steps + rest % step;
            (Distribution::Int { low, high, log: false, step }, steps as u64 + 1)
        }),
        (-50..50_i32, 1..30_i32, 0..6_i32).prop_map(|(low, step, steps)| {
            // Tenths, which a double does not hold: rounding must not win or lose a value.
            let [low, high, step] = [low, low + step * steps, step].map(|tenths| f64::from(tenths) / 10.0);
            (Distribution::Float { low, high, log: false, step: Some(step) }, steps as u64 + 1)
        }),
    ]
}

fn named(dimensions: impl IntoIterator<Item = Distribution>) -> Result<Space, SpaceError> {
    Space::new(
        dimensions.into_iter().enumerate().map(|(place, distribution)| (format!("d{place}"), distribution)),
    )
}

/// The values of a point, as text in the order of names.
fn text(point: &Point) -> String {
    point.values().map(|parameter| parameter.value().to_string()).collect::<Vec<_>>().join(" ")
}

proptest! {
    #[test]
    fn every_place_has_a_point_of_its_own(dimensions in prop::collection::vec(dimension(), 1..4)) {
        let size: u64 = dimensions.iter().map(|(_, count)| count).product();
        let space = named(dimensions.into_iter().map(|(distribution, _)| distribution)).unwrap();
        prop_assert_eq!(space.size(), Ok(size));
        let points: BTreeSet<_> =
            (0..size).map(|place| text(&space.point(place).unwrap().unwrap())).collect();
        prop_assert_eq!(points.len() as u64, size);
        prop_assert_eq!(space.point(size), Ok(None));
    }
}

#[test]
fn the_last_dimension_is_the_fastest() {
    let space = Space::new([
        ("z", Distribution::Int { low: 2, high: 5, log: false, step: 2 }),
        ("a", Distribution::choice(["relu", "tanh"])),
        ("m", Distribution::Float { low: 0.5, high: 1.2, log: false, step: Some(0.5) }),
    ])
    .unwrap();
    let points = (0..8).map(|place| space.point(place).unwrap().unwrap());
    let values = points.map(|point| ["z", "a", "m"].map(|name| point[name].value().to_string()).join(" "));
    let expected =
        [r#"2 "relu" 0.5"#, r#"2 "relu" 1.0"#, r#"2 "tanh" 0.5"#, r#"2 "tanh" 1.0"#, r#"4 "relu" 0.5"#];
    assert_eq!(values.collect::<Vec<_>>()[..5], expected);
    let names: Vec<_> = space.dimensions().map(|(name, _)| name).collect();
    assert_eq!(names, ["z", "a", "m"], "as they were given, not by the alphabet");
}

#[test]
fn steps_that_a_double_rounds_are_counted_right() {
    let size = |low, high, step| {
        named([Distribution::Float { low, high, log: false, step: Some(step) }]).unwrap().size()
    };
    assert_eq!(size(0.1, 0.3, 0.1), Ok(3), "the quotient is 1.9999999999999998");
    assert_eq!(size(0.0, 0.29, 0.1), Ok(3));
    assert_eq!(size(-1.0, -1.0, 0.5), Ok(1));
}

#[test]
fn the_finest_step_still_parts_neighbours() {
    let (low, largest) = (-1.9, 1.9);
    let step = Some(4.0 * f64::EPSILON * largest);
    let space = named([Distribution::Float { low, high: largest, log: false, step }]).unwrap();
    let value = |place| space.point(place).unwrap().unwrap()["d0"].value().as_f64().unwrap();
    let last = space.size().unwrap() - 1;
    for place in (0..200).chain(last / 2..last / 2 + 200).chain(last - 200..last) {
        assert!(value(place) < value(place + 1), "places {place} and the next");
    }
}

#[test]
fn points_without_end_and_beyond_counting_are_told_apart() {
    let rate = ("rate", Distribution::log_uniform(1e-4, 0.1));
    let endless = Space::new([("layers", Distribution::int(1, 3)), rate]).unwrap().size().unwrap_err();
    assert_eq!(
        endless.to_string(),
        "dimension `rate` takes any number of its range, so points cannot be counted; give it a step or choices, or \
         draw points at random"
    );
    let wide = || Distribution::int(1, 1 << 32);
    assert_eq!(
        named([wide(), Distribution::int(1, (1 << 32) - 1)]).unwrap().size(),
        Ok(u64::MAX - ((1 << 32) - 1))
    );
    let countless = named([wide(), wide()]).unwrap();
    assert_eq!(
        countless.point(0).unwrap_err().to_string(),
        "2⁶⁴ points or more, too many to count; take fewer choices, or draw points at random"
    );
}

#[test]
fn a_space_needs_dimensions_with_names_of_their_own() {
    assert_eq!(named([]).unwrap_err().to_string(), "a space without dimensions, expected at least one");
    for name in ["", "a\0b", "a\u{1b}[31m", &"x".repeat(513)] {
        let error = Space::new([(name, Distribution::int(1, 3))]).unwrap_err().to_string();
        assert!(error.ends_with("expected 1 to 512 characters, no control characters among them"), "{error}");
    }
    assert!(Space::new([("x".repeat(512), Distribution::int(1, 3))]).is_ok());
    let layers = || ("layers", Distribution::int(1, 3));
    assert_eq!(
        Space::new([layers(), ("units", Distribution::int(1, 3)), layers()]).unwrap_err().to_string(),
        "two dimensions are called `layers`; give each a name of its own"
    );
}

#[test]
fn what_is_wrong_with_a_dimension_is_said() {
    let refused = |distribution, expected: &str| {
        let error = Space::new([("x", distribution)]).unwrap_err().to_string();
        assert_eq!(error, format!("dimension `x`: {expected}"));
    };
    let float = |low, high, log, step| Distribution::Float { low, high, log, step };
    let int = |low, high, log, step| Distribution::Int { low, high, log, step };

    refused(Distribution::choice([0; 0]), "no choices, expected at least one");
    refused(Distribution::choice(["a", "b", "a"]), r#"the choice "a" is a duplicate; name it once"#);
    refused(
        Distribution::choice([json!(1), json!([2])]),
        "the choice [2] is a list or an object, expected null, a boolean, a number or a string",
    );

    let infinite = "expected finite numbers at a finite distance";
    refused(Distribution::uniform(0.0, f64::INFINITY), &format!("from 0 to inf, {infinite}"));
    refused(Distribution::uniform(f64::NAN, 1.0), &format!("from NaN to 1, {infinite}"));
    let error = named([Distribution::uniform(f64::MIN, f64::MAX)]).unwrap_err().to_string();
    assert!(error.ends_with(infinite), "{error}");
    let exact = 1_i64 << 53;
    refused(
        Distribution::int(0, exact + 1),
        "from 0 to 9007199254740993, expected whole numbers from -2⁵³ to 2⁵³",
    );
    assert!(named([Distribution::int(-exact, exact)]).is_ok());

    refused(Distribution::uniform(0.5, 0.25), "low is 0.5 and high is 0.25; swap them");
    refused(Distribution::int(3, 2), "low is 3 and high is 2; swap them");
    refused(
        Distribution::log_uniform(0.0, 1.0),
        "a logarithmic range from 0, expected one that starts above 0",
    );
    refused(int(-1, 8, true, 1), "a logarithmic range from -1, expected one that starts above 0");

    for step in [0.0, -0.5, f64::NAN, f64::INFINITY] {
        let expected = format!("the step is {step}, expected a number above 0");
        refused(float(0.0, 1.0, false, Some(step)), &expected);
    }
    refused(int(0, 9, false, 0), "the step is 0, expected a number above 0");
    refused(
        float(0.5, 1.0, true, Some(0.1)),
        "a logarithmic range with the step 0.1, expected one of the two",
    );
    refused(int(1, 9, true, 2), "a logarithmic range with the step 2, expected one of the two");
    let fine =
        "the step 0.0000001 is lost in the rounding of numbers as large as 1000000000; take a larger one";
    refused(float(-1e9, 0.0, false, Some(1e-7)), fine);
}

#[test]
fn a_point_that_was_read_shares_what_is_alike_and_keeps_the_rest() {
    let space = Space::new([("b", Distribution::int(1, 3)), ("a", Distribution::uniform(0.0, 1.0))]).unwrap();
    let read =
        |name: &str, distribution, value| (name.to_owned(), Parameter::new(distribution, value).unwrap());
    let point = Point::from([
        read("a", Distribution::uniform(0.0, 1.0), json!(0.5)),
        read("b", Distribution::int(0, 3), json!(2)),
        read("c", Distribution::int(0, 3), json!(2)),
    ]);
    let mut adopted = point.clone();
    space.adopt(&mut adopted);
    assert_eq!(adopted, point);
    let shares = |name: &str| space.dimensions.iter().any(|own| adopted[name].shares(&own.distribution));
    assert_eq!(["a", "b", "c"].map(shares), [true, false, false]);
}

#[test]
fn many_choices_are_read_at_once_and_one_that_comes_twice_is_found() {
    let many: Vec<Value> =
        (0..50_000_u64).map(|n| if n % 2 == 0 { n.into() } else { (n as f64).into() }).collect();
    let start = std::time::Instant::now();
    Space::new([("x", Distribution::choice(many.clone()))]).unwrap();
    let mut twice = many;
    twice.push(0.0.into());
    let error = Space::new([("x", Distribution::choice(twice))]).unwrap_err().to_string();
    assert_eq!(error, "dimension `x`: the choice 0.0 is a duplicate; name it once");
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());

    let large = 9_007_199_254_740_993_u64;
    let is_space = |choices: Value| {
        let choices = choices.as_array().unwrap().clone();
        Space::new([("x", Distribution::choice(choices))]).is_ok()
    };
    assert!(
        is_space(json!([large, large - 1, "1", 1, true, "true", null, "null"])),
        "a double cannot tell the first two apart"
    );
    for twice in [
        json!([large, large - 1, large]),
        json!([large, 9_007_199_254_740_992.0]),
        json!([9_007_199_254_740_992.0, large]),
        json!([0, -0.0]),
        json!([-0.0, 0.0]),
        json!([1.5, 1.5]),
        json!(["a", "a"]),
        json!([null, null]),
    ] {
        assert!(!is_space(twice.clone()), "{twice}");
    }
}
