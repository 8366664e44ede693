//! Tests as a file has them, and what serde says of mistakes.

use super::*;
use crate::claim::Claim;
use crate::record::Perturbation;

fn parse(test: &str) -> Result<Test, toml::de::Error> {
    #[derive(Deserialize)]
    struct File {
        claims: Vec<Claim>,
    }
    let file = format!("[[claims]]\nid = \"a\"\nsentence = \"It is so.\"\ntest.{test}\n");
    toml::from_str(&file).map(|mut file: File| file.claims.remove(0).test)
}

#[test]
fn a_file_says_what_decides_a_claim() {
    let named = |name: &str| Side::Named(name.into());
    let best = Best { arm: named("Cnn"), measure: Measure::Accuracy, margin: 0.5 };
    assert_eq!(parse(r#"best = { arm = "Cnn", margin = 0.5 }"#).unwrap(), Test::Best(best));
    let selected = |layers: u64| Side::Selected([("layers".to_string(), layers.into())].into());
    let order = Order { arms: vec![selected(3), named("b")], measure: Measure::Gap, margin: 1.0 };
    assert_eq!(
        parse(r#"order = { arms = [{ layers = 3 }, "b"], measure = "gap", margin = 1 }"#).unwrap(),
        Test::Order(order)
    );
    let Test::All(parts) = parse(
        r#"all = [
            { trend = { arms = ["a", "b"], measure = { under = { fgsm = 0.1 } }, direction = "rises", margin = 1.0 } },
            { trend = { arms = ["a", "b"], measure = { lost-under = { noise = 0.2 } }, direction = "falls", margin = 1.0 } },
            { order = { arms = ["a", "b"], measure = { validation-after = 1 }, margin = 0.1 } },
            { order = { arms = ["a", "b"], measure = "epoch-seconds", margin = 1.1 } },
            { count = { fewer = "a", more = "b", of = "multiply-adds" } },
        ]"#,
    )
    .unwrap() else {
        panic!("expected parts")
    };
    let measures: Vec<_> = parts
        .iter()
        .filter_map(|part| match part {
            Test::Trend(trend) => Some(trend.measure.clone()),
            Test::Order(order) => Some(order.measure.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(
        measures,
        [
            Measure::Under(Perturbation::new("fgsm", 0.1)),
            Measure::LostUnder(Perturbation::new("noise", 0.2)),
            Measure::ValidationAfter(1),
            Measure::EpochSeconds,
        ]
    );
    assert_eq!(parts.iter().map(Test::has_p).collect::<Vec<_>>(), [true, true, true, true, false]);
}

#[test]
fn what_is_misspelt_is_refused_where_it_stands() {
    let refused = |test: &str| parse(test).unwrap_err().to_string();
    let message = refused(r#"best = { arm = "Cnn", margins = 0.5 }"#);
    assert!(message.contains("TOML parse error at line 4, column 28"), "{message}");
    assert!(message.contains("unknown field `margins`, expected one of `arm`, `measure`, `margin`"));
    assert!(refused("bests = {}").contains("unknown variant `bests`, expected one of `best`, `order`"));
    let message = refused("best = { arm = 3, margin = 0.5 }");
    assert!(message.contains("expected the name of an arm, or values of dimensions"), "{message}");
    let message = refused(r#"best = { arm = "a", margin = 1, measure = { under = 0.1 } }"#);
    assert!(message.contains("expected the name of one perturbation with its strength"), "{message}");
}

#[test]
fn what_is_read_is_written_again() {
    for test in [
        r#"order = { arms = [{ layers = 3, act = "ReLU" }, "b"], measure = { under = { fgsm = 0.1 } }, margin = 1 }"#,
        r#"all = [{ slow = { arm = "a", reference = "b", margin = 1.1 } }, { diverges = { arm = "a", margin = 0.25 } }]"#,
        r#"value = { arm = "a", percent = 95.57, within = 0.5 }"#,
    ] {
        let test = parse(test).unwrap();
        let json = serde_json::to_string(&test).unwrap();
        assert_eq!(serde_json::from_str::<Test>(&json).unwrap(), test);
    }
}

#[test]
fn a_side_takes_the_arms_that_have_its_values() {
    let point = BTreeMap::from([("layers".into(), 2.into()), ("act".into(), "ReLU".into())]);
    let arm = ArmFacts { name: "x".into(), point, ..ArmFacts::default() };
    let side = |json: &str| serde_json::from_str::<Side>(json).unwrap();
    assert!(side(r#"{"layers": 2.0}"#).takes(&arm));
    assert!(side(r#"{"layers": 2, "act": "ReLU"}"#).takes(&arm));
    assert!(!side(r#"{"layers": 2, "act": "Sigmoid"}"#).takes(&arm));
    assert!(!side(r#"{"units": 2}"#).takes(&arm));
    assert!(side(r#""x""#).takes(&arm) && !side(r#""y""#).takes(&arm));
    assert_eq!(side(r#"{"layers": 2, "act": "ReLU"}"#).to_string(), "act ReLU, layers 2");
}
