//! Files with several mistakes: each is shown once, at its place, and nothing that follows from one.

use super::*;
use crate::fixture::defaults;

const FILE: &str = r#"name = "mine"
part = "test"
title = "Two networks and their average"
statement = "Together they are better."
protocol = "official"
perturbations = [{ noise = 0.2 }, { fgsm = 0.1 }]

[profiles.quick]
seeds = 2
epochs = 3

[profiles.full]
seeds = 3
epochs = 3

[training]
batch_size = 32

[[arms]]
name = "narrow"
description = "256-16-10"
model = { kind = "fcn", hidden = [16] }

[[arms]]
name = "robust"
description = "trained against FGSM"
model = { kind = "cnn", filters = [2, 4], dropout = 0.5 }
training = { adversarial = { epsilon = 0.1 } }

[[arms]]
name = "both"
description = "mean of the two"
average = ["narrow", "robust"]
reported = { percent = 95.5, what = "table 1" }

[[claims]]
id = "both-above-each"
sentence = "Both together are better than each."
test.best = { arm = "both", margin = 0.2 }

[[claims]]
id = "training-helps"
sentence = "Adversarial training helps."
test.order = { arms = ["robust", "narrow"], measure = { under = { fgsm = 0.1 } }, margin = 5.0 }
"#;

/// What is said of the file with these replacements.
#[track_caller]
fn said(replacements: &[(&str, &str)]) -> String {
    let mut text = FILE.to_string();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    parse("mine.toml", &text, defaults()).map_or_else(|error| error.to_string(), |_| String::new())
}

/// One mistake for each replacement, with a place and a caret, and all of `words`.
#[track_caller]
fn shows(replacements: &[(&str, &str)], words: &[&str]) {
    let error = said(replacements);
    for word in words {
        assert!(error.contains(word), "`{word}` is not in:\n{error}");
    }
    assert_eq!(error.matches("--> mine.toml:").count(), replacements.len(), "{error}");
    let carets = error.lines().filter(|line| line.trim_start_matches([' ', '|']).starts_with('^'));
    assert_eq!(carets.count(), replacements.len(), "{error}");
    if replacements.len() > 1 {
        let count = format!("mine.toml: {} mistakes", replacements.len());
        assert!(error.ends_with(&count), "{error}");
    }
}

#[test]
fn the_file_itself_is_right() {
    assert_eq!(said(&[]), "");
}

#[test]
fn five_mistakes_of_five_kinds_are_five() {
    shows(
        &[
            ("protocol = \"official\"", "protocol = \"oficial\""),
            ("seeds = 2", "seed = 2"),
            ("hidden = [16]", "hiden = [16]"),
            ("dropout = 0.5", "dropout = 1.5"),
            ("arm = \"both\"", "arm = \"bot\""),
        ],
        &[
            "did you mean `official`?",
            "did you mean `seeds`?",
            "did you mean `hidden`?",
            "mine.toml:27:43",
            "1.5, expected at least 0 and below 1",
            "did you mean `both`?",
        ],
    );
}

#[test]
fn five_mistakes_of_one_arm_are_five() {
    shows(
        &[
            ("description = \"trained against FGSM\"", "desciption = \"trained against FGSM\""),
            ("kind = \"cnn\"", "kind = \"cmn\""),
            ("filters = [2, 4]", "filters = [2, -4]"),
            ("dropout = 0.5", "droput = 0.5"),
            ("epsilon = 0.1", "epsilom = 0.1"),
        ],
        &["`description`?", "`cnn`?", "filters", "`dropout`?", "`epsilon`?"],
    );
}

#[test]
fn five_mistakes_of_claims_are_five() {
    shows(
        &[
            ("id = \"both-above-each\"", "id = \"Both\""),
            ("margin = 0.2", "margin = -0.2"),
            ("test.order", "test.ordr"),
            ("measure = { under", "mesure = { under"),
            ("margin = 5.0", "margin = \"five\""),
        ],
        &["not an id", "-0.2", "`order`?", "`measure`?", "is \"five\", expected a number"],
    );
}

#[test]
fn a_misspelt_key_is_read_as_the_one_that_was_meant() {
    shows(&[("[[arms]]\nname = \"narrow\"", "[[arms]]\nnmae = \"narrow\"")], &["did you mean `name`?"]);
    // All the tables below it with it.
    let error = said(&[]).len();
    assert_eq!(error, 0);
    let every_arm = FILE.replace("[[arms]]", "[[arm]]").replace("hidden = [16]", "hidden = [0]");
    let error = parse("mine.toml", &every_arm, defaults()).expect_err("refused").to_string();
    assert!(error.contains("did you mean `arms`?") && error.contains("hidden"), "{error}");
    assert!(error.ends_with("mine.toml: 2 mistakes"), "{error}");
    // Its value can be wrong too, and is shown at it.
    let error = said(&[("dropout = 0.5", "droput = 1.5")]);
    assert_eq!(error.matches("mine.toml:27:43").count(), 2, "{error}");
    assert!(error.contains("did you mean `dropout`?") && error.contains("below 1"), "{error}");
}

#[test]
fn nothing_is_said_that_follows_from_another_mistake() {
    // An arm whose name cannot be read may be the one that a claim means.
    shows(&[("name = \"robust\"", "name = 3")], &["`name` is 3, expected a text in quotes"]);
    // An average of an arm whose network is unknown.
    shows(&[("kind = \"cnn\"", "kind = \"vgg\"")], &["expected one of fcn, cnn"]);
    // A claim about a perturbation that is misspelt where it is defined.
    shows(&[("{ fgsm = 0.1 }]", "{ fgsn = 0.1 }]")], &["did you mean `fgsm`?"]);
    // Settings that all arms share are wrong once.
    shows(&[("batch_size = 32", "batch_sise = 32")], &["did you mean `batch_size`?"]);
    shows(&[("batch_size = 32", "batch_size = 0")], &["at least 1"]);
    // A word that chooses a test, and is none, has no entries that could be read; what else is wrong is shown.
    shows(&[("test.best", "test.qqqqqq")], &["unknown word `qqqqqq`"]);
    shows(&[("test.best", "test.qqqqqq"), ("margin = 5.0", "margin = true")], &["qqqqqq", "is true"]);
    // A list is no table, however many values it has.
    shows(
        &[("test.best = { arm = \"both\", margin = 0.2 }", "test.best = [1, 2]")],
        &["a list, expected a table"],
    );
    shows(
        &[("[profiles.quick]\nseeds = 2\nepochs = 3", "[profiles]\nquick = [2, 3]")],
        &["expected a table"],
    );
    // An arm that is none may have had the name that others use.
    let arms = r#"arms = [1, { name = "both", description = "x", average = ["narrow", "robust"] }]"#;
    let (head, rest) = FILE.split_once("[profiles.quick]").expect("profiles");
    let (middle, rest) = rest.split_once("[[arms]]").expect("arms");
    let claims = rest.split_once("[[claims]]").expect("claims").1;
    let text = format!("{head}{arms}\n[profiles.quick]{middle}[[claims]]{claims}");
    let error = parse("mine.toml", &text, defaults()).expect_err("refused").to_string();
    assert_eq!(error.matches("--> mine.toml:").count(), 1, "{error}");
    // What is told of a text before is not in the way of what is wrong elsewhere.
    shows(
        &[("\"official\"", "\"qqqqqqqq\""), ("part = \"test\"\n", "")],
        &["expected one of official, pooled", "`part` is missing"],
    );
    // An arm is like another one only if all of its settings could be read.
    shows(
        &[(
            "\"mean of the two\"\naverage = [\"narrow\", \"robust\"]",
            "\"x\"\nmodel = { kind = \"fcn\", hidden = [16] }",
        )],
        &["identical to arm `narrow`"],
    );
    shows(
        &[(
            "training = { adversarial = { epsilon = 0.1 } }",
            "training = { adversarial = { epsilon = 0.1, sharing = -1 } }",
        )],
        &["`sharing`"],
    );
    // A name that is wrong, or that two arms have, and what speaks of it.
    let long = format!("name = \"{}\"", "x".repeat(300));
    shows(&[("name = \"narrow\"", &long)], &["at most 200"]);
    shows(&[("name = \"narrow\"", "name = \"robust\"")], &["two arms have the name `robust`"]);
    shows(&[("name = \"narrow\"", "name = 1979-05-27")], &["is a date, expected a text in quotes"]);
    // The arms themselves, under another name.
    let arms = FILE.replace("[[arms]]", "[[networks]]");
    let error = parse("mine.toml", &arms, defaults()).expect_err("refused").to_string();
    assert_eq!(error.matches("--> mine.toml:").count(), 1, "{error}");
    // A table without its entries.
    shows(&[("part = \"test\"\n", "")], &["`part` is missing"]);
    shows(&[("percent = 95.5, what", "percent = true, what")], &["`percent` is true, expected a number"]);
}

#[test]
fn mistakes_beyond_those_that_are_read_are_not_counted() {
    let keys: Vec<String> = (0..99).map(|number| format!("k{number} = 1\n")).collect();
    let error = parse("mine.toml", &(keys.concat() + FILE), defaults()).expect_err("refused").to_string();
    assert!(error.ends_with("mine.toml: at least 50 mistakes; the first 20 are shown"), "{error}");
}

#[test]
fn a_wrong_type_is_said_in_the_words_of_a_file() {
    shows(&[("seeds = 2", "seeds = \"two\"")], &["`seeds` is \"two\", expected a whole number, at least 0"]);
    shows(&[("seeds = 2", "seeds = 2.5")], &["`seeds` is 2.5, expected a whole number, at least 0"]);
    shows(
        &[("[\"narrow\", \"robust\"]\nrep", "\"narrow\"\nrep")],
        &["`average` is \"narrow\", expected a list"],
    );
    shows(
        &[("title = \"Two networks and their average\"", "title = [2]")],
        &["`title` is a list, expected a text in quotes"],
    );
}
