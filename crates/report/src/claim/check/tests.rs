//! Claims that are refused, and the messages.

use serde_json::{Value, json};

use super::*;

fn claim(id: &str, test: &Value) -> Claim {
    let test = serde_json::from_value(test.clone()).unwrap();
    Claim { id: id.into(), sentence: "It is so.".into(), reading: None, caution: None, test }
}

fn grid() -> Vec<ArmFacts> {
    let arm = |layers: u64, units: u64| ArmFacts {
        name: format!("{layers} x {units}"),
        point: [("layers".to_string(), layers.into()), ("units".to_string(), units.into())].into(),
        ..ArmFacts::default()
    };
    vec![arm(2, 128), arm(2, 256), arm(3, 128), arm(3, 256)]
}

fn try_check(test: &Value) -> Result<(), ClaimError> {
    let arms = ["Fcn", "Cnn"].map(|name| ArmFacts { name: name.into(), ..ArmFacts::default() });
    let test = claim("one", test);
    let perturbations = [Perturbation::new("fgsm", 0.1), Perturbation::new("noise", 0.2)];
    let arms = if serde_json::to_string(&test).unwrap().contains("layers") { grid() } else { arms.to_vec() };
    check(&[test], &arms, &perturbations)
}

#[track_caller]
fn refuses(test: &Value, keys: &str, reason: &str) -> ClaimError {
    let error = try_check(test).unwrap_err();
    assert_eq!((error.keys.join(".").as_str(), error.reason.to_string().as_str()), (keys, reason));
    error
}

#[test]
fn valid_claims_pass() {
    for test in [
        json!({"best": {"arm": "Cnn", "margin": 0.5}}),
        json!({"best": {"arm": {"layers": 2, "units": 256}, "margin": 0.5}}),
        json!({"order": {"arms": [{"layers": 3}, {"layers": 2.0}], "margin": 0.5}}),
        json!({"trend": {"arms": ["Fcn", "Cnn"], "measure": {"under": {"fgsm": 0.1}}, "direction": "falls", "margin": 1}}),
        json!({"value": {"arm": "Fcn", "percent": 95.57, "within": 0.5}}),
        json!({"diverges": {"arm": "Fcn", "margin": 0.25}}),
        json!({"slow": {"arm": "Fcn", "reference": "Cnn", "margin": 1.1}}),
        json!({"all": [{"count": {"fewer": "Cnn", "more": "Fcn", "of": "parameters"}}]}),
    ] {
        assert_eq!(try_check(&test), Ok(()));
    }
}

#[test]
fn an_arm_that_is_not_there_is_named_with_those_that_are() {
    let error = refuses(
        &json!({"best": {"arm": "Cnm", "margin": 0.5}}),
        "test.best.arm",
        "no arm `Cnm`; expected one of Fcn, Cnn",
    );
    assert_eq!((error.claim, error.word.as_deref()), (0, Some("Cnm")));
    assert_eq!(error.allowed, ["Fcn", "Cnn"]);
    assert_eq!(error.to_string(), "claim 1, test.best.arm: no arm `Cnm`; expected one of Fcn, Cnn");
    refuses(
        &json!({"order": {"arms": ["Fcn", "X"], "margin": 0.5}}),
        "test.order.arms.1",
        "no arm `X`; expected one of Fcn, Cnn",
    );
    refuses(
        &json!({"all": [{"slow": {"arm": "Fcn", "reference": "X", "margin": 1.1}}]}),
        "test.all.0.slow.reference",
        "no arm `X`; expected one of Fcn, Cnn",
    );
}

#[test]
fn a_selection_must_select_something_there() {
    let order = |side: Value| json!({"order": {"arms": [{"layers": 2}, side], "margin": 0.5}});
    let error = refuses(
        &order(json!({"layer": 3})),
        "test.order.arms.1.layer",
        "no dimension `layer`; expected layers, units",
    );
    assert_eq!(error.allowed, ["layers", "units"]);
    refuses(&order(json!({"layers": 5})), "test.order.arms.1.layers", "no arm has layers 5");
    refuses(&order(json!({})), "test.order.arms.1", "is empty, expected the value of a dimension");
    refuses(
        &json!({"best": {"arm": {"depth": 2}, "margin": 0.5}}),
        "test.best.arm.depth",
        "no dimension `depth`; expected none",
    );
}

#[test]
fn an_arm_is_not_compared_with_itself_or_with_nobody() {
    let order = |arms: Value| json!({"order": {"arms": arms, "margin": 0.5}});
    let few = |found| format!("expected at least two arms, found {found}");
    refuses(&order(json!(["Fcn"])), "test.order.arms", &few(1));
    refuses(&json!({"trend": {"arms": [], "direction": "falls", "margin": 1}}), "test.trend.arms", &few(0));
    let twice = "is on both sides of the comparison";
    refuses(&order(json!(["Fcn", "Cnn", "Fcn"])), "test.order.arms.2", &format!("arm `Fcn` {twice}"));
    refuses(
        &order(json!([{"layers": 2}, "2 x 256"])),
        "test.order.arms.1",
        &format!("arm `2 x 256` {twice}"),
    );
    refuses(
        &json!({"count": {"fewer": "Fcn", "more": "Fcn", "of": "parameters"}}),
        "test.count.more",
        &format!("arm `Fcn` {twice}"),
    );
    refuses(
        &json!({"diverges": {"arm": {"layers": 2}, "margin": 0.2}}),
        "test.diverges.arm",
        "layers 2 selects 2 arms, expected one",
    );
    let one = [ArmFacts { name: "Cnn".into(), ..ArmFacts::default() }];
    let best = claim("one", &json!({"best": {"arm": "Cnn", "margin": 0.5}}));
    assert_eq!(check(&[best], &one, &[]).unwrap_err().reason, Box::new(Reason::TooFewArms(1)));
}

#[test]
fn margins_are_above_nothing() {
    let best =
        |margin: f64, measure: &str| json!({"best": {"arm": "Cnn", "margin": margin, "measure": measure}});
    refuses(&best(0.0, "accuracy"), "test.best.margin", "is 0, expected a number above 0");
    refuses(&best(1.0, "epoch-seconds"), "test.best.margin", "is 1, expected a ratio above 1");
    refuses(
        &json!({"slow": {"arm": "Fcn", "reference": "Cnn", "margin": 0.5}}),
        "test.slow.margin",
        "is 0.5, expected a ratio above 1",
    );
    refuses(
        &json!({"diverges": {"arm": "Fcn", "margin": 0.5}}),
        "test.diverges.margin",
        "is 0.5, expected a share above 0 and below 0.5",
    );
    let value =
        |percent: f64, within: f64| json!({"value": {"arm": "Fcn", "percent": percent, "within": within}});
    refuses(&value(95.0, -1.0), "test.value.within", "is -1, expected a number above 0");
    refuses(&value(101.0, 1.0), "test.value.percent", "is 101, expected 0 to 100");
    let mut endless = claim("one", &best(1.0, "accuracy"));
    let Test::Best(test) = &mut endless.test else { panic!("expected a best arm") };
    test.margin = f64::NAN;
    let arms = ["Fcn", "Cnn"].map(|name| ArmFacts { name: name.into(), ..ArmFacts::default() });
    assert!(matches!(*check(&[endless], &arms, &[]).unwrap_err().reason, Reason::Margin(..)));
}

#[test]
fn a_measure_must_have_been_asked_for() {
    let best = |measure: Value| json!({"best": {"arm": "Cnn", "margin": 0.5, "measure": measure}});
    refuses(
        &best(json!({"under": {"fgsm": 0.3}})),
        "test.best.measure.under",
        "test images are not changed by `fgsm = 0.3`; expected one of `fgsm = 0.1`, `noise = 0.2`",
    );
    refuses(
        &best(json!({"lost-under": {"noise": 0.1}})),
        "test.best.measure.lost-under",
        "test images are not changed by `noise = 0.1`; expected one of `fgsm = 0.1`, `noise = 0.2`",
    );
    refuses(
        &best(json!({"validation-after": 0})),
        "test.best.measure.validation-after",
        "is epoch 0, expected 1 or more",
    );
}

#[test]
fn parts_are_parts_of_one_claim() {
    refuses(&json!({"all": [{"all": []}]}), "test.all.0", "`all` within `all`, expected its parts instead");
    refuses(&json!({"all": []}), "test.all", "has no parts, expected at least one");
}

#[test]
fn a_family_has_names_and_a_size() {
    let arms = ["Fcn", "Cnn"].map(|name| ArmFacts { name: name.into(), ..ArmFacts::default() });
    let best = json!({"best": {"arm": "Cnn", "margin": 0.5}});
    let count = json!({"count": {"fewer": "Cnn", "more": "Fcn", "of": "parameters"}});
    let refused = |claims: &[Claim]| check(claims, &arms, &[]).unwrap_err().to_string();
    assert_eq!(refused(&[claim("a", &best), claim("a", &count)]), "claim 2, id: duplicate claim id `a`");
    assert_eq!(
        refused(&[claim("A b", &best)]),
        "claim 1, id: `A b` is not an id, expected lower-case letters, digits and -"
    );
    let silent = Claim { sentence: " ".into(), ..claim("a", &best) };
    assert_eq!(refused(&[silent]), "claim 1, sentence: is empty, expected the paper's sentence");
    let six: Vec<Claim> = (0..6).map(|place| claim(&format!("c{place}"), &best)).collect();
    assert_eq!(check(&[six.clone(), vec![claim("count", &count)]].concat(), &arms, &[]), Ok(()));
    assert_eq!(
        refused(&[six, vec![claim("count", &count), claim("seventh", &best)]].concat()),
        "claim 8, test: 7 claims of this experiment have a p, expected at most 6"
    );
}
