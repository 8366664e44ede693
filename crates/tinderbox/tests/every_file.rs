//! No file is forgotten: what the compiler is not told of it cannot report.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_source_file_is_a_module() {
    let forgotten: Vec<String> =
        packages().iter().flat_map(|package| without_mod(&package.join("src"))).collect();
    assert_eq!(forgotten, Vec::<String>::new(), "no `mod` names these files, so that nothing compiles them");
}

#[test]
fn every_dataset_and_experiment_is_compiled_in() {
    for (folder, list) in [
        ("crates/data/datasets", "crates/data/src/datasets.rs"),
        ("crates/tinderbox/experiments", "crates/tinderbox/src/catalog/paper.rs"),
    ] {
        let list = fs::read_to_string(root().join(list)).expect("the list");
        let files = files(&root().join(folder), "toml");
        assert!(!files.is_empty(), "{folder}");
        for file in files {
            let name = file.file_name().expect("a name").to_string_lossy();
            let row = format!("/{name}\")");
            assert!(list.contains(&row), "{folder}/{name} has no row in the list");
        }
    }
}

#[test]
fn a_file_that_no_mod_names_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    };
    write("lib.rs", "pub mod known;\npub(crate) mod family;\n// mod forgotten;\n");
    write("known.rs", "#[cfg(test)]\nmod tests;\n");
    write("known/tests.rs", "");
    write("family/mod.rs", "mod kind;\n");
    write("family/kind.rs", "");
    write("forgotten.rs", "");
    write("family/late.rs", "");
    write("known/deep/mod.rs", "");
    let found = without_mod(folder.path());
    for (found, expected) in found.iter().zip(["family/late.rs", "forgotten.rs", "known/deep/mod.rs"]) {
        assert!(found.ends_with(expected), "{found}");
    }
    assert_eq!(found.len(), 3, "{found:?}");
}

/// The files below a folder of sources that no `mod` line names.
fn without_mod(sources: &Path) -> Vec<String> {
    let roots = [sources.join("lib.rs"), sources.join("main.rs")];
    let others = files(sources, "rs").into_iter().filter(|file| !roots.contains(file));
    others.filter(|file| !is_named(file, &roots)).map(|file| file.display().to_string()).collect()
}

/// Whether the module around `file` has a `mod` line for it.
fn is_named(file: &Path, roots: &[PathBuf]) -> bool {
    let module = if file.ends_with("mod.rs") {
        file.parent().expect("a folder").into()
    } else {
        file.with_extension("")
    };
    let name = module.file_name().expect("a name").to_string_lossy().into_owned();
    let around = module.parent().expect("a folder");
    let mut parents = vec![around.join("mod.rs"), around.with_extension("rs")];
    parents.extend(roots.iter().filter(|root| root.parent() == Some(around)).cloned());
    parents.iter().filter_map(|parent| fs::read_to_string(parent).ok()).any(|source| {
        source.lines().any(|line| {
            let line = line.trim();
            !line.starts_with("//")
                && line.trim_end_matches(';').split(' ').rev().take(2).eq([name.as_str(), "mod"])
        })
    })
}

/// Every package of the repository that has sources: the crates, xtask, and the examples.
fn packages() -> Vec<PathBuf> {
    let below = |folder: &str| {
        let entries = fs::read_dir(root().join(folder)).expect("a folder of packages");
        entries.map(|entry| entry.expect("an entry").path()).collect::<Vec<_>>()
    };
    let all = [below("crates"), below("examples/external"), vec![root().join("xtask")]].concat();
    let packages: Vec<_> = all.into_iter().filter(|package| package.join("src").is_dir()).collect();
    assert!(packages.len() > 10, "{packages:?}");
    packages
}

/// The files with this extension, also in folders below, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
