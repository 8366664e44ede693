//! One build of Burn: the program and the tests ask for the same features of every crate that the program is made of.
//!
//! A dependency of some test can turn on a feature of a crate far below Burn. Cargo then compiles that crate and
//! everything above it twice, which takes many minutes, and nothing else would say so. Such a feature is asked for in the
//! program's own manifest too.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// What the program is made of.
static PROGRAM: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| units(&["--package", "tinderbox-cli", "--edges", "normal,build"]));

#[test]
fn tests_build_the_very_crates_of_the_program() {
    let tests = units(&["--workspace", "--edges", "normal,build,dev"]);
    assert!(
        PROGRAM.iter().any(|unit| unit.starts_with("burn v")),
        "the tree does not show Burn: {:?}",
        *PROGRAM
    );
    assert_eq!(
        PROGRAM.difference(&tests).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "with these features only `cargo build --package tinderbox-cli` builds them; the workspace's tests ask for more"
    );
}

#[test]
fn burn_comes_without_what_makes_its_build_long() {
    let unit = PROGRAM.iter().find(|unit| unit.starts_with("burn-flex v")).expect("a backend");
    let (_, features) = unit.split_once('|').expect("features");
    let has = |feature: &str| features.split(',').any(|other| other == feature);
    assert!(has("std"), "{unit}");
    assert!(!has("simd") && !has("rayon"), "{unit}");
    for absent in ["burn-ndarray v", "burn-cubecl v", "burn-train v", "burn-dataset v"] {
        assert_eq!(PROGRAM.iter().find(|unit| unit.starts_with(absent)), None);
    }
}

#[test]
fn a_library_alone_is_another_build() {
    // Shows that a difference is seen: `search` without SQLite is not part of the program.
    let alone = units(&["--package", "tinderbox-search", "--no-default-features", "--edges", "normal,build"]);
    assert!(alone.difference(&PROGRAM).any(|unit| unit.starts_with("tinderbox-search ")), "{alone:?}");
}

/// Each package of a build with its version and its features.
fn units(selection: &[&str]) -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--offline", "--prefix", "none", "--no-dedupe", "--format", "{p}|{f}"])
        .args(selection);
    let output =
        tree.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).output().expect("cargo starts");
    assert!(output.status.success(), "{tree:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_string).collect()
}
