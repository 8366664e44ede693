//! What is misspelt is answered with the nearest right word, in one form; a file shows all of its mistakes.

use crate::desk::{Desk, Ended, SMALL};

/// What is typed, and the word that was meant.
const MISSPELT: [(&str, &str); 37] = [
    // Commands.
    ("reproduse", "reproduce"),
    ("repot", "report"),
    ("serach show", "search"),
    ("trian --model cnn", "train"),
    ("evalute a.safetensors", "evaluate"),
    ("atack a.safetensors", "attack"),
    ("perdict a.safetensors", "predict"),
    ("completion bash", "completions"),
    ("search rum s.toml", "run"),
    ("search resum s", "resume"),
    ("data verfy", "verify"),
    // Flags.
    ("reproduce --profle full", "--profile"),
    ("reproduce --epoch 3", "--epochs"),
    ("reproduce --sets a=1", "--set"),
    ("train --modle cnn", "--model"),
    ("attack a.safetensors --wiht fgsm=0.1", "--with"),
    ("search show s --storge sqlite:a.sqlite", "--storage"),
    // Values.
    ("reproduce --profile quik", "quick"),
    ("reproduce --backend flax", "flex"),
    ("reproduce small.toml --dataset uspz", "usps"),
    ("reproduce --dataset stand-in --only architecture", "architectures"),
    ("train --model cmn", "cnn"),
    ("train --protocol oficial", "official"),
    ("completions fisch", "fish"),
    ("search export s --format htlm", "html"),
    // Settings and their values.
    ("train --set lr=0.1", "training.learning_rate"),
    ("train --set learning_rate=0.1", "training.learning_rate"),
    ("train --set training.learning_rat=0.1", "training.learning_rate"),
    ("train --set traning.learning_rate=0.1", "training.learning_rate"),
    ("train --set batch=32", "training.batch_size"),
    ("train --set droput=0.5", "model.dropout"),
    ("train --model fcn --set model.hiden=[8]", "model.hidden"),
    ("train --set training.optimzer.kind=sgd", "training.optimizer.kind"),
    ("train --set training.optimizer.kind=adm", "adam"),
    ("train --set model.activation=relo", "relu"),
    ("reproduce small.toml --dataset stand-in --set bs=32", "training.batch_size"),
    ("reproduce small.toml --dataset stand-in --set training.pateince=3", "training.patience"),
];

#[test]
fn a_misspelt_word_is_answered_with_the_nearest_one() {
    let desk = Desk::new();
    let mut wrong = Vec::new();
    for (typed, meant) in MISSPELT {
        let Ended { code, err, .. } = desk.run(typed);
        let help = format!("\nhelp: did you mean `{meant}`?");
        if code != Some(2) || !err.lines().any(|line| line.starts_with("error: ")) || !err.contains(&help) {
            wrong.push(format!("{typed}: {code:?}\n{err}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!desk.path().join("runs").exists() && !desk.path().join("model.safetensors").exists());
}

#[test]
fn what_is_like_no_known_word_is_answered_with_those_that_there_are() {
    let desk = Desk::new();
    desk.run("train --model vgg").refused(&["error: --model: ", "`vgg`", "expected one of fcn, cnn"]);
    desk.run("train --set zzzzzzzzzz=1")
        .refused(&["unknown key `zzzzzzzzzz`; expected one of model, training"]);
    desk.run("publish").refused(&["error: ", "publish", "help: `tinderbox --help` shows all arguments"]);
    let momentum = "it belongs to `training.optimizer.kind=sgd`: set that too";
    desk.run("train --set training.optimizer.momentum=0.9").refused(&[momentum]);
}

#[test]
fn a_wrong_type_says_what_to_write() {
    let desk = Desk::new();
    desk.run("train --set training.batch_size=many")
        .refused(&["`training.batch_size`: is \"many\", expected a whole number, at least 0, such as 64"]);
    desk.run("train --set model.dropout=2").refused(&["`model.dropout`", "expected at least 0 and below 1"]);
    desk.run("train --set training.optimizer=sgd").refused(&["write `training.optimizer.kind=sgd`"]);
}

#[test]
fn a_file_with_five_mistakes_shows_five() {
    let desk = Desk::new();
    let mut text = SMALL.to_string();
    for (from, to) in [
        ("statement = ", "statment = "),
        ("\"official\"", "\"oficial\""),
        ("epochs = 4", "epochs = \"four\""),
        ("dropout = 0.5", "dropout = 1.5"),
        ("kind = \"cnn\"", "kind = \"cmn\""),
    ] {
        assert!(text.contains(from));
        text = text.replacen(from, to, 1);
    }
    desk.write("five.toml", &text);
    let ended = desk.run("reproduce five.toml --dataset stand-in").refused(&[
        "five.toml:5:1",
        "did you mean `statement`?",
        "five.toml:6:12",
        "did you mean `official`?",
        "five.toml:10:10",
        "`epochs` is \"four\", expected a whole number",
        "five.toml:19:",
        "`dropout` is 1.5, expected at least 0 and below 1",
        "five.toml:24:",
        "did you mean `cnn`?",
        "five.toml: 5 mistakes",
    ]);
    assert_eq!(ended.err.matches("error: ").count(), 5, "{}", ended.err);
    assert_eq!(ended.err.lines().filter(|line| line.contains("^^")).count(), 5, "{}", ended.err);
    assert!(!desk.path().join("runs").exists());

    // Of two files, the mistakes of both.
    desk.write("one.toml", SMALL.replacen("part = ", "prat = ", 1));
    let both = desk.run("reproduce five.toml one.toml --dataset stand-in");
    both.refused(&["five.toml: 5 mistakes", "one.toml:3:1", "did you mean `part`?"]);
}

#[test]
fn versions_and_help_are_given_in_every_way() {
    let desk = Desk::new();
    let version = format!("tinderbox {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(desk.run("--version").done().out, version);
    assert_eq!(desk.run("-V").done().out, version);
    for command in ["reproduce", "train", "search run", "data fetch"] {
        let asked = desk.run(&format!("help {command}")).done().out;
        assert_eq!(desk.run(&format!("{command} --help")).done().out, asked, "{command}");
    }
}

#[test]
fn all_settings_are_listed() {
    let desk = Desk::new();
    let listed = desk.run("train --model fcn --set help").done().out;
    for line in
        ["training.learning_rate", "training.optimizer.momentum", "model.dropout", "validation_fraction"]
    {
        assert!(listed.lines().any(|shown| shown.starts_with(line)), "{line} is not in:\n{listed}");
    }
    assert!(!listed.contains("model.filters"), "{listed}");
    assert!(desk.run("reproduce --set help").done().out.contains("model.filters"));
    assert!(!desk.path().join("model.safetensors").exists());
}

#[test]
fn help_is_for_the_name_that_was_typed() {
    let desk = Desk::new();
    let own = desk.run("train --help").done().out;
    assert!(
        own.contains("\n  tinderbox train --model cnn") && own.contains("Usage: tinderbox train"),
        "{own}"
    );
    let mut command = desk.command("train --help");
    let output = command.env("TINDERBOX_INVOKED_AS", "cargo xtask").output().expect("the program starts");
    let cargo = Ended::from(output).done().out;
    assert!(cargo.contains("\n  cargo xtask train --model cnn"), "{cargo}");
    assert!(cargo.contains("Usage: cargo xtask train") && !cargo.contains("tinderbox train"), "{cargo}");
}
