//! The crates as packages: what each says of itself, that nothing outside is compiled into it, and that the `[dependencies]` of its
//! README bring what it needs and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The libraries, each with crates that its importers must not have to compile.
const LIBRARIES: [(&str, &[&str]); 8] = [
    ("tinderbox", &["burn-ndarray", "burn-train", "burn-dataset", "clap", "anstream"]),
    ("cli", &["burn-ndarray", "burn-train", "burn-dataset"]),
    ("data", &["burn", "rusqlite", "postgres"]),
    ("ops", &["burn-store", "burn-optim", "burn-ndarray", "safetensors", "rusqlite"]),
    ("models", &["burn-optim", "burn-ndarray", "burn-train", "tinderbox-training", "rusqlite"]),
    ("report", &["burn", "rusqlite", "postgres"]),
    ("search", &["burn"]),
    (
        "training",
        &["burn-store", "burn-ndarray", "burn-train", "safetensors", "tinderbox-models", "rusqlite"],
    ),
];

#[test]
fn a_library_says_what_it_is_and_depends_on_versions() {
    let metadata = json(cargo(&root()).args(["metadata", "--format-version", "1", "--no-deps", "--offline"]));
    let packages = metadata["packages"].as_array().expect("packages");
    for (library, _) in LIBRARIES {
        let name = name(library);
        let package = packages.iter().find(|package| package["name"] == name.as_str()).expect("a package");
        for key in ["description", "license", "repository", "readme"] {
            assert!(package[key].is_string(), "{name} has no {key}");
        }
        for key in ["keywords", "categories"] {
            assert!(package[key].as_array().is_some_and(|words| !words.is_empty()), "{name} has no {key}");
        }
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            assert_ne!(dependency["req"], "*", "{name} asks for any version of {}", dependency["name"]);
        }
    }
}

#[test]
fn nothing_from_outside_is_compiled_into_a_package() {
    for folder in fs::read_dir(root().join("crates")).expect("crates").flatten() {
        let package = folder.path().canonicalize().expect("a folder");
        for file in rust_files(&package.join("src")) {
            let source = fs::read_to_string(&file).expect("a source file");
            // The root's README is compiled for its doctests alone.
            let outside = included(&source).filter(|path| path != "../../../README.md").find(|path| {
                let included = file.parent().expect("a folder").join(path);
                !included.canonicalize().is_ok_and(|place| place.starts_with(&package))
            });
            assert_eq!(outside, None, "{} includes a file that its package lacks", file.display());
        }
    }
}

#[test]
fn the_dependencies_of_a_readme_bring_what_it_needs_and_nothing_else() {
    for (library, unwanted) in LIBRARIES {
        let readme = root().join("crates").join(library).join("README.md");
        let readme = fs::read_to_string(readme).expect("a README");
        let block = readme.split("```toml\n[dependencies]\n").nth(1).expect("a block to paste");
        let block = block.split("```").next().expect("the end of the block");
        let tree = tree_of(block);
        assert!(tree.contains(&name(library)), "{library}: {tree:?}");
        let found: Vec<_> = unwanted.iter().filter(|name| tree.contains(**name)).collect();
        assert_eq!(found, Vec::<&&str>::new(), "{library} brings what an importer does not need");
    }
}

#[test]
fn networks_bring_the_store_of_weights_that_training_lacks() {
    // `cargo metadata` also lists what Burn would take if it were asked: the tree shows what is compiled.
    let tree = tree_of("tinderbox-models = { path = \"../tinderbox/crates/models\" }\n");
    assert!(["burn-store", "safetensors"].iter().all(|name| tree.contains(*name)), "{tree:?}");
}

#[test]
fn without_a_cpu_backend_no_kernel_is_compiled() {
    let alone = "burn = { version = \"0.22\", default-features = false, features = [\"std\"] }\n\
         tinderbox-models = { path = \"../tinderbox/crates/models\" }\n\
         tinderbox-training = { path = \"../tinderbox/crates/training\", default-features = false }\n";
    let tree = tree_of(alone);
    assert!(tree.contains("burn-dispatch"), "{tree:?}");
    for name in ["burn-flex", "burn-ndarray", "burn-optim", "gemm", "pulp", "rayon"] {
        assert!(!tree.contains(name), "{name} is compiled for nobody");
    }
}

#[test]
fn a_study_in_memory_compiles_no_storage() {
    let tree =
        tree_of("tinderbox-search = { path = \"../tinderbox/crates/search\", default-features = false }\n");
    for name in ["rusqlite", "libsqlite3-sys", "postgres", "tokio", "ring"] {
        assert!(!tree.contains(name), "{name}");
    }
    // Under 20 seconds on one core: this many crates, none of them large.
    assert!(tree.len() < 40, "{} crates: {tree:?}", tree.len());
}

/// The name of the package in a folder of `crates`.
fn name(folder: &str) -> String {
    if folder == "tinderbox" { folder.to_string() } else { format!("tinderbox-{folder}") }
}

/// The names of all crates that a package with these dependencies compiles.
fn tree_of(dependencies: &str) -> BTreeSet<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let here = root().canonicalize().expect("the workspace").display().to_string();
    let manifest = format!(
        "[package]\nname = \"importer\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{}",
        dependencies.replace("\"../tinderbox/", &format!("\"{here}/"))
    );
    fs::write(folder.path().join("Cargo.toml"), manifest).expect("a manifest");
    fs::create_dir(folder.path().join("src")).expect("a folder");
    fs::write(folder.path().join("src/lib.rs"), "").expect("a library");
    // The versions that are here already: nothing is downloaded.
    fs::copy(root().join("Cargo.lock"), folder.path().join("Cargo.lock")).expect("a lock file");
    let mut tree = cargo(folder.path());
    tree.args(["tree", "--offline", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    let printed = output(&mut tree);
    printed.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_string).collect()
}

/// The paths that a source names in `include_str!` and `include_bytes!`.
fn included(source: &str) -> impl Iterator<Item = String> {
    let places = ["include_str!(\"", "include_bytes!(\""];
    places.into_iter().flat_map(move |place| source.split(place).skip(1)).filter_map(|rest| {
        let (path, _) = rest.split_once('"')?;
        Some(path.to_string())
    })
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            files.push(path);
        }
    }
    files
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(folder);
    cargo
}

fn json(command: &mut Command) -> Value {
    serde_json::from_str(&output(command)).expect("JSON")
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("cargo starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
