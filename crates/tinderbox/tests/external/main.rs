//! The crates as other projects meet them: the packages of `examples/external` build, run, and print what they promise.
//!
//! Cargo runs inside these tests, into the workspace's target folder. The Cargo that runs them has let go of it by then.

mod own;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn both_learners_train_one_network() {
    // A Burn of its own: see the README of the packages.
    let printed = run("train", "light");
    for learner in ["Burn's Learner", "Tinderbox's Learner"] {
        assert!(number(&printed, learner) > 0.8, "{printed}");
    }
}

#[test]
fn an_attack_costs_accuracy_and_leaves_the_network_as_it_is() {
    // Built together, it shares Burn with Tinderbox's program.
    build(&["attack", "own"]);
    let printed = output(&mut Command::new(target().join("release/attack")));
    let (natural, robust) = (number(&printed, "natural accuracy"), number(&printed, "robust accuracy"));
    assert!(natural > 0.85, "{printed}");
    assert!(robust < natural - 0.2, "{printed}");
    // The package itself compares the bytes, and panics where they differ.
    assert!(number(&printed, "state unchanged") > 0.0, "{printed}");
}

#[test]
fn a_function_is_tuned() {
    let printed = run("search", "release");
    assert!(number(&printed, "loss") < 0.05, "{printed}");
    assert!((number(&printed, "units") - 64.0).abs() < f64::EPSILON, "{printed}");
}

#[test]
fn tuning_a_function_compiles_no_burn() {
    let heavy = |unit: &String| unit.starts_with("burn") || unit.starts_with("cubecl");
    let search = units(&external(), &["search"]);
    assert!(search.iter().any(|unit| unit.starts_with("tinderbox-search v")), "{search:?}");
    assert_eq!(search.iter().find(|unit| heavy(unit)), None);
    assert!(units(&external(), &["attack"]).iter().any(heavy), "Burn is not seen where it is");
}

#[test]
fn an_attack_compiles_no_second_burn() {
    let own = |unit: &&String| ["tinderbox", "attack v", "own v"].iter().any(|name| unit.starts_with(name));
    let attack = units(&external(), &["attack", "own"]);
    let program = units(&root(), &["tinderbox-cli"]);
    assert_eq!(
        attack.difference(&program).filter(|unit| !own(unit)).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "the program is built with other versions or features; see examples/external/README.md"
    );
    let [theirs, mut ours] = [external(), root()].map(|folder| release(&folder));
    let locked = std::fs::read_to_string(external().join("Cargo.lock")).expect("a lock file");
    // Not repeated there are those of packages that it lacks: Cargo would warn of them.
    let overrides = ours["package"].as_table_mut().expect("settings of packages");
    overrides.retain(|package, _| locked.contains(&format!("name = \"{package}\"\n")));
    assert!(overrides.contains_key("gemm-f32"), "{overrides:?}");
    assert_eq!(theirs, ours, "another profile is another build of Burn");
}

/// What a package of `examples/external` prints.
fn run(package: &str, profile: &str) -> String {
    let mut cargo = cargo(&external());
    cargo.args(["run", "--profile", profile, "--quiet", "--locked", "--package", package]);
    cargo.arg("--target-dir").arg(target());
    output(&mut cargo)
}

/// Builds packages of `examples/external` with each other's features, into the workspace's target folder.
fn build(packages: &[&str]) {
    let mut cargo = cargo(&external());
    cargo.args(["build", "--release", "--quiet", "--locked"]);
    cargo.args(packages.iter().flat_map(|package| ["--package", package]));
    output(cargo.arg("--target-dir").arg(target()));
}

/// The first word after `label`, as a number.
#[track_caller]
fn number(printed: &str, label: &str) -> f64 {
    let rest = printed.lines().find_map(|line| line.strip_prefix(label));
    let word = rest.and_then(|rest| rest.split_whitespace().next());
    word.and_then(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("no number after `{label}` in:\n{printed}"))
}

/// Each package that `packages` of the workspace in `folder` are made of, with its version and its features.
fn units(folder: &Path, packages: &[&str]) -> BTreeSet<String> {
    let mut tree = cargo(folder);
    tree.args(["tree", "--locked", "--edges", "normal,build"]);
    tree.args(packages.iter().flat_map(|package| ["--package", package]));
    tree.args(["--prefix", "none", "--no-dedupe", "--format", "{p}|{f}"]);
    output(&mut tree).lines().filter(|line| !line.is_empty()).map(str::to_string).collect()
}

/// The profile that programs are built with.
fn release(folder: &Path) -> toml::Value {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    manifest["profile"]["release"].clone()
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(folder);
    // What Cargo tells this test about itself is not for builds inside it: ring's build script, for one, would run again,
    // and then again in the next build of the workspace.
    for (name, _) in std::env::vars_os() {
        let word = name.to_string_lossy();
        if word == "OUT_DIR" || word.starts_with("CARGO_PKG_") || word.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    cargo
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("cargo starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn external() -> PathBuf {
    root().join("examples/external")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder that the running Cargo builds into; it keeps one for tests' own files there.
fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a folder around it")
}
