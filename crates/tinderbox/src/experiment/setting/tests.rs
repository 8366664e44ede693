//! Settings as a user writes them, and the messages for wrong ones.

use tinderbox_training::learner::{Adam, Sgd};

use super::*;
use crate::fixture::{configuration, defaults};

fn set(text: &str) -> Result<Configuration, SettingError> {
    text.parse::<Setting>()?.apply(&configuration("fcn"), defaults())
}

#[test]
fn a_value_is_written_as_in_a_file() {
    assert_eq!(set("training.batch_size=32").expect("fits").training.batch_size, 32);
    assert_eq!(set("training.patience = 3").expect("fits").training.patience, Some(3));
    let model = set("model.hidden=[8, 4]").expect("fits").model;
    assert_eq!(model.settings()["hidden"], serde_json::json!([8, 4]));
}

#[test]
fn a_setting_that_is_written_in_another_way_is_read() {
    let fgsm = set("training.adversarial={ epsilon = 0.1 }").expect("fits").training.adversarial;
    for same in [
        "training.adversarial={ attack = { fgsm = 0.1 } }",
        "training.adversarial={ attack = { fgsm = { epsilon = 0.1 } }, share = 0.5 }",
        "training.adversarial={ kind = \"adversarial\", epsilon = 0.1 }",
    ] {
        assert_eq!(set(same).expect(same).training.adversarial, fgsm, "{same}");
    }
    let message = |text: &str| set(text).expect_err("refused").to_string();
    let unknown = message("training.adversarial={ attack = { fgsm = 0.1 }, epsilonn = 0.1 }");
    assert!(unknown.contains("`training.adversarial.epsilonn`"), "{unknown}");
    let other = message("training.adversarial={ kind = \"trades\", epsilon = 0.1 }");
    assert!(other.contains("unknown defence `trades`"), "{other}");
}

#[test]
fn a_wrong_number_is_refused_in_the_words_of_a_file() {
    let message = set("model.hidden=[-1]").expect_err("refused").to_string();
    assert!(message.ends_with("expected a whole number, at least 0"), "{message}");
}

#[test]
fn a_setting_is_written_so_that_it_can_be_read_again() {
    for text in [
        "training.batch_size=32",
        "training.learning_rate=0.01",
        "model.kind=cnn",
        "model.hidden=[8, 4]",
        "training.optimizer={ kind = \"sgd\", momentum = 0.9 }",
    ] {
        let setting: Setting = text.parse().expect("a setting");
        assert_eq!(setting.to_string().parse::<Setting>().expect("a setting"), setting, "{setting}");
    }
}

#[test]
fn another_kind_brings_its_own_defaults() {
    let sgd = set("training.optimizer.kind=sgd").expect("fits").training.optimizer;
    assert_eq!(sgd, Sgd { momentum: 0.0 }.into());
    let sgd = set("training.optimizer={ kind = \"sgd\", momentum = 0.9 }").expect("fits").training.optimizer;
    assert_eq!(sgd, Sgd { momentum: 0.9 }.into());
    let adam = set("training.optimizer.kind=adam").expect("fits").training.optimizer;
    assert_eq!(adam, Adam::default().into());
    assert_eq!(set("model.kind=cnn").expect("fits").model.kind(), "cnn");
}

#[test]
fn settings_are_laid_over_at_once_and_each_key_has_one_answer() {
    let lay = |texts: &[&str]| {
        let settings: Vec<Setting> = texts.iter().map(|text| text.parse().expect("a setting")).collect();
        Setting::apply_all(&settings, &configuration("fcn"), defaults()).map_err(|error| error.to_string())
    };
    let momentum = ["training.optimizer.momentum=0.9", "training.optimizer.kind=sgd"];
    assert_eq!(lay(&momentum).expect("fits").training.optimizer, Sgd { momentum: 0.9 }.into());
    let adversarial = ["training.adversarial.share=0.25", "training.adversarial.epsilon=0.1"];
    assert!(lay(&adversarial).expect("fits").training.adversarial.is_some());
    assert!(lay(&adversarial[..1]).expect_err("refused").contains("missing field `epsilon`"));
    assert!(
        lay(&["training.adversarial.epsilonn=0.1"])
            .expect_err("refused")
            .contains("`training.adversarial.epsilonn`")
    );
    for twice in [
        ["training.batch_size=32", "training.batch_size=64"],
        ["training.optimizer.kind=sgd", "training.optimizer={ kind = \"adam\" }"],
        ["training={ patience = 3 }", "training.patience=3"],
    ] {
        let message = lay(&twice).expect_err("refused");
        assert!(message.contains("is set twice"), "{message}");
    }
    let setting: Setting = "model={ kind = \"cnn\" }".parse().expect("a setting");
    assert!(setting.sets("model.kind") && setting.sets("model") && !setting.sets("model.hidden"));
    let setting: Setting = "model.kind=cnn".parse().expect("a setting");
    assert!(setting.sets("model.kind") && !setting.sets("model"));
}

#[test]
fn a_value_is_one_finite_value_all_of_which_is_read() {
    let message = |text: &str| match text.parse::<Setting>() {
        Ok(setting) => setting.apply(&configuration("fcn"), defaults()).expect_err("refused").to_string(),
        Err(error) => error.to_string(),
    };
    for value in ["nan", "inf", "-inf", "+nan"] {
        let patience = message(&format!("training.patience={value}"));
        assert!(patience.starts_with("`training.patience`: is "), "{patience}");
        assert!(patience.ends_with("expected a finite number"), "{patience}");
    }
    assert!(message("model.hidden=[8, inf]").ends_with("expected a finite number"));
    for two in [
        "training.patience=3\nseed = 4",
        "training.patience=3 4",
        "training.patience=[3",
        "training.patience=",
    ] {
        assert!(message(two).contains("is not a single TOML value"), "{two}");
    }
    let normal = "model.initializer={ normal = { standard_deviation = 0.1, standart_deviation = 9 } }";
    assert!(message(normal).contains("standart_deviation"), "{}", message(normal));
    assert!(message("training.optimizer=sgd").ends_with("write `training.optimizer.kind=sgd`"));
    assert!(message("training=3").contains("expected a table of settings"));
}

#[test]
fn mistakes_are_named_by_key() {
    let message = |text: &str| set(text).expect_err("refused").to_string();
    assert_eq!(message("training.epoch=3"), "unknown key `training.epoch`; did you mean `training.epochs`?");
    let allowed = "expected one of model, training, validation_fraction";
    assert_eq!(message("zzzzzzzzzzz=3"), format!("unknown key `zzzzzzzzzzz`; {allowed}"));
    assert!(message("training.optimizer.momentum=0.9").contains("unknown key `training.optimizer.momentum`"));
    let hiden = message("model={ kind = \"cnn\", hiden = 3 }");
    assert_eq!(hiden, "unknown key `model.hiden`; did you mean `model.hidden`?");
    assert!(message("model.dropout=1").starts_with("`model.dropout`: "));
    assert!(message("validation_fraction=1.0").contains("expected a number in (0, 1)"));
    assert!(message("training.kind=sgd").starts_with("unknown key `training.kind`"));
    assert!(message("training={ kind = \"sgd\" }").starts_with("unknown key `training.kind`"));
    assert!(message("training..epochs=3").contains("expected key=value"));
}

#[test]
fn a_wrong_type_says_what_to_write() {
    let message = |text: &str| set(text).expect_err("refused").to_string();
    let optimizers: Vec<&str> = defaults().catalog.kinds.optimizers.names().collect();
    for (typed, said) in [
        (
            "training.epochs=many",
            "`training.epochs`: is \"many\", expected a whole number, at least 0, such as 20",
        ),
        (
            "training.learning_rate=high",
            "`training.learning_rate`: is \"high\", expected a number, such as 0.001",
        ),
        (
            "training.batch_size=2.5",
            "`training.batch_size`: is 2.5, expected a whole number, at least 0, such as 64",
        ),
        ("model.hidden=8", "`model.hidden`: is 8, expected a list, such as [512, 256, 128]"),
        ("model.dropout=true", "`model.dropout`: is true, expected a number, such as 0.0"),
        (
            "model.activation=relo",
            "`model.activation`: is \"relo\", expected one of relu, sigmoid; did you mean `relu`?",
        ),
        (
            "training.optimizer.kind=adm",
            &format!(
                "`training.optimizer.kind`: unknown optimizer `adm`; expected one of {}",
                optimizers.join(", ")
            ),
        ),
    ] {
        assert!(message(typed).starts_with(said), "{typed}: {}", message(typed));
    }
}

#[test]
fn a_kind_that_is_implied_may_be_named() {
    let named = "training.adversarial={ kind = \"adversarial\", epsilon = 0.1 }";
    let implied = set("training.adversarial={ epsilon = 0.1 }").expect("fits");
    assert_eq!(set(named).expect("fits"), implied);
    assert!(implied.training.adversarial.is_some());
}

#[test]
fn a_key_of_another_kind_says_how_to_choose_it() {
    let message = set("training.optimizer.momentum=0.9").expect_err("refused").to_string();
    let kind = "it belongs to `training.optimizer.kind=sgd`: set that too";
    assert_eq!(message, format!("unknown key `training.optimizer.momentum`; {kind}"));
}
