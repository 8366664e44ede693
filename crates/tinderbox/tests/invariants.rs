//! What each crate lacks, on purpose: the invariants of `ARCHITECTURE.md`, read from `cargo metadata` and the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What the programs may depend on too.
const LIBRARIES: [&str; 6] = [
    "tinderbox-data",
    "tinderbox-search",
    "tinderbox-report",
    "tinderbox-ops",
    "tinderbox-models",
    "tinderbox-training",
];

/// The workspace's crates, each with those that it may depend on.
const ARROWS: [(&str, &[&str]); 10] = [
    ("tinderbox-data", &[]),
    ("tinderbox-search", &[]),
    ("tinderbox-report", &[]),
    ("tinderbox-ops", &[]),
    ("tinderbox-models", &["tinderbox-ops"]),
    ("tinderbox-training", &["tinderbox-ops"]),
    ("tinderbox", &LIBRARIES),
    ("tinderbox-cli", &["tinderbox"]),
    ("tinderbox-bench", &["tinderbox", "tinderbox-cli"]),
    ("xtask", &[]),
];

/// Crates that a change of Burn must not rebuild.
const WITHOUT_BURN: [&str; 4] = ["tinderbox-data", "tinderbox-search", "tinderbox-report", "xtask"];

/// What reads a command line and draws on a terminal.
const TERMINAL: [&str; 3] = ["clap", "terminal_size", "anstream"];

const PRINTING: [&str; 5] = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];

/// Clocks and generators that nobody handed in.
const AMBIENT: [&str; 8] = [
    "SystemTime::now",
    "Instant::now",
    "thread_rng",
    "rand::rng",
    "rand::random",
    "OsRng",
    "SysRng",
    "getrandom",
];

#[test]
fn data_search_report_and_xtask_reach_no_burn() {
    let graph = Graph::of(&metadata());
    for name in WITHOUT_BURN {
        assert_eq!(graph.burn_below(name), None, "{name} must compile without Burn; the path to it is shown");
    }
}

#[test]
fn the_library_behind_the_program_reads_no_command_line() {
    let graph = Graph::of(&metadata());
    for name in TERMINAL {
        assert!(!graph.below("tinderbox").contains(name), "tinderbox must compile without {name}");
        assert!(graph.below("tinderbox-cli").contains(name), "{name} is seen where it is used");
    }
}

#[test]
fn dependencies_follow_the_arrows() {
    assert_eq!(Graph::of(&metadata()).against_the_arrows(), Vec::<String>::new());
}

#[test]
fn libraries_never_print() {
    let libraries = LIBRARIES.iter().map(|name| name.trim_start_matches("tinderbox-")).chain(["tinderbox"]);
    let found: Vec<_> = libraries.flat_map(|library| mentions(library, &PRINTING)).collect();
    assert_eq!(found, Vec::<String>::new(), "only `tinderbox-cli` and xtask print");
}

#[test]
fn search_reads_no_clock_and_no_global_generator() {
    let found = mentions("search", &AMBIENT);
    assert_eq!(found, Vec::<String>::new(), "time and randomness are arguments");
}

#[test]
fn training_names_no_model() {
    let list = fs::read_to_string(root().join("crates/models/src/lib.rs")).expect("the list of networks");
    let models = networks(&list);
    assert!(models.contains(&"Cnn") && models.contains(&"CnnConfig"), "{models:?}");
    let found = mentions("training", &models);
    assert_eq!(found, Vec::<String>::new(), "learners see a Classifier");
}

#[test]
fn no_function_is_deeper_than_five_blocks() {
    let mut found = Vec::new();
    for (name, _) in ARROWS {
        let folder = if name == "xtask" { root().join("xtask") } else { crate_folder(name) };
        let files = rust_files(&folder.join("src"));
        assert!(!files.is_empty(), "no sources in {}", folder.display());
        for file in files {
            let source = fs::read_to_string(&file).expect("a source file is readable");
            found.extend(deep(&source).into_iter().map(|function| format!("{}: {function}", file.display())));
        }
    }
    assert_eq!(found, Vec::<String>::new(), "give the inner blocks a function of their own");
}

#[test]
fn a_function_of_six_blocks_is_found() {
    let five = "fn five() {\n    for a in b {\n        let c = match a {\n            Some(d) => {\n                \
                d.map(|e| {\n                    e\n                });\n            }\n        };\n    }\n}\n";
    let six = five.replace("five", "six").replace("    e\n", "    if e {\n                    }\n");
    assert_eq!(deep(&format!("{five}{six}")), ["six"]);
}

#[test]
fn a_burn_crate_is_found_behind_another_crate() {
    let made_up = serde_json::json!({
        "workspace_members": ["report", "search"],
        "packages": [
            { "id": "report", "name": "tinderbox-report", "dependencies": [{ "name": "plots", "kind": null }] },
            { "id": "search", "name": "tinderbox-search", "dependencies": [{ "name": "burn", "kind": "dev" }] },
            { "id": "plots", "name": "plots", "dependencies": [] },
            { "id": "burn", "name": "burn-tensor", "dependencies": [] },
        ],
        "resolve": { "nodes": [
            { "id": "plots", "deps": [{ "pkg": "burn", "dep_kinds": [{ "kind": null }] }] },
        ] },
    });
    let graph = Graph::of(&made_up);
    let path = "tinderbox-report -> plots -> burn-tensor";
    assert_eq!(graph.burn_below("tinderbox-report"), Some(path.into()));
    assert_eq!(graph.burn_below("tinderbox-search"), None, "what only its tests need does not count");
}

#[test]
fn an_arrow_backwards_and_an_unknown_crate_are_found() {
    let made_up = serde_json::json!({
        "workspace_members": ["models", "extra"],
        "packages": [
            { "id": "models", "name": "tinderbox-models",
              "dependencies": [{ "name": "tinderbox-training", "kind": null, "optional": true }] },
            { "id": "extra", "name": "tinderbox-extra", "dependencies": [] },
        ],
        "resolve": { "nodes": [] },
    });
    let complaints = [
        "tinderbox-extra has no row in ARROWS".to_string(),
        "tinderbox-models must not depend on tinderbox-training".to_string(),
    ];
    assert_eq!(Graph::of(&made_up).against_the_arrows(), complaints);
}

#[test]
fn words_are_found_in_code_but_not_in_comments_and_tests() {
    let source = "//! Says `println!`.\n\
        /// println!(\"in a doctest\");\n\
        fn shown() {\n    println!(\"here\"); // and print!\n}\n\
        fn reprint!() {}\n\
        #[cfg(test)]\nmod tests {\n    fn prints() {\n        println!();\n    }\n}\n\
        fn last() { eprintln!() }\n";
    let found: Vec<_> =
        code(source).filter(|(_, line)| names_any(line, &PRINTING)).map(|(line, _)| line).collect();
    assert_eq!(found, [4, 13]);
}

/// Which crate depends on which, by name. Tests' dependencies are left out, optional ones are in.
struct Graph {
    members: BTreeSet<String>,
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn of(metadata: &Value) -> Self {
        let packages = list(&metadata["packages"]);
        let name_of: BTreeMap<&str, &str> =
            packages.iter().map(|each| (text(&each["id"]), text(&each["name"]))).collect();
        let members: BTreeSet<String> =
            list(&metadata["workspace_members"]).iter().map(|id| name_of[text(id)].to_string()).collect();

        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        // Members as they are written: a feature that nobody turned on counts too.
        for package in packages.iter().filter(|package| members.contains(text(&package["name"]))) {
            let declared =
                list(&package["dependencies"]).iter().filter(|dependency| dependency["kind"] != "dev");
            let names = declared.map(|dependency| text(&dependency["name"]).to_string());
            edges.entry(text(&package["name"]).to_string()).or_default().extend(names);
        }
        for node in list(&metadata["resolve"]["nodes"]) {
            let built =
                |dependency: &&Value| list(&dependency["dep_kinds"]).iter().any(|each| each["kind"] != "dev");
            let below =
                list(&node["deps"]).iter().filter(built).map(|each| name_of[text(&each["pkg"])].to_string());
            edges.entry(name_of[text(&node["id"])].to_string()).or_default().extend(below);
        }
        Self { members, edges }
    }

    /// The way from a crate to Burn, if there is one.
    fn burn_below(&self, name: &str) -> Option<String> {
        let mut seen = BTreeSet::new();
        let mut open = vec![vec![name]];
        while let Some(path) = open.pop() {
            let last = path[path.len() - 1];
            if last.starts_with("burn") || last.starts_with("cubecl") {
                return Some(path.join(" -> "));
            }
            if seen.insert(last) {
                let below = self.edges.get(last).into_iter().flatten();
                open.extend(below.map(|next| [path.as_slice(), &[next.as_str()]].concat()));
            }
        }
        None
    }

    /// Every crate that `name` compiles.
    fn below<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let mut seen = BTreeSet::new();
        let mut open = vec![name];
        while let Some(next) = open.pop() {
            let below = self.edges.get(next).into_iter().flatten().map(String::as_str);
            open.extend(below.filter(|name| seen.insert(*name)));
        }
        seen
    }

    fn against_the_arrows(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for member in &self.members {
            let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| name == member) else {
                complaints.push(format!("{member} has no row in ARROWS"));
                continue;
            };
            let ours = self.edges[member].iter().filter(|name| ARROWS.iter().any(|(known, _)| known == name));
            let program = allowed.contains(&"tinderbox");
            let wrong = ours.filter(|name| {
                !(allowed.contains(&name.as_str()) || (program && LIBRARIES.contains(&name.as_str())))
            });
            complaints.extend(wrong.map(|name| format!("{member} must not depend on {name}")));
        }
        complaints
    }
}

/// What Cargo knows of this workspace, for this machine: other platforms' crates may never have been downloaded.
fn metadata() -> Value {
    let about = output(Command::new(env!("CARGO")).arg("-vV"));
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo -vV names its host");
    let words = ["metadata", "--format-version", "1", "--offline", "--filter-platform", host];
    let json = output(Command::new(env!("CARGO")).args(words).current_dir(root()));
    serde_json::from_str(&json).expect("cargo metadata is JSON")
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("cargo starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string in cargo metadata")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where the sources of a library, tests left out, use any of `words`: `path:line: text`.
fn mentions(library: &str, words: &[&str]) -> Vec<String> {
    let folder = root().join("crates").join(library).join("src");
    let files = rust_files(&folder);
    assert!(!files.is_empty(), "no sources in {}", folder.display());
    let mut found = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).expect("a source file is readable");
        let hits = code(&source).filter(|(_, line)| names_any(line, words));
        let path = file.strip_prefix(&folder).unwrap_or(&file).display();
        found.extend(hits.map(|(number, line)| format!("{library}/src/{path}:{number}: {}", line.trim())));
    }
    found
}

/// The types in the rows of `networks!`: `fcn: FcnConfig, Fcn;`.
fn networks(source: &str) -> Vec<&str> {
    let (_, rows) = source.split_once("\nnetworks! {\n").expect("the list");
    let rows = rows.lines().take_while(|line| *line != "}").filter_map(|row| row.split_once(": "));
    rows.flat_map(|(_, types)| types.trim_end_matches(';').split(", ")).collect()
}

fn crate_folder(name: &str) -> PathBuf {
    root().join("crates").join(name.trim_start_matches("tinderbox-"))
}

/// The functions of a source, in rustfmt's layout, in which more than five blocks lie in each other. The body is one of them,
/// and so are branches, loops, arms and closures, but not literals.
fn deep(source: &str) -> Vec<&str> {
    let words = ["if", "else", "for", "while", "loop", "match", "unsafe"];
    let mut found = Vec::new();
    // The functions around a line, each with its indentation, its name and the indentations of the blocks open in it.
    let mut functions: Vec<(usize, &str, Vec<usize>)> = Vec::new();
    for (_, line) in code(source) {
        let bare = line.trim();
        let indent = line.len() - line.trim_start().len();
        let declared = bare.split_once("fn ").filter(|(before, _)| !before.contains(['"', ':', '<', '=']));
        if let Some((_, rest)) = declared.filter(|_| !bare.ends_with([';', '}'])) {
            functions.push((indent, rest.split(['(', '<']).next().unwrap_or(rest), Vec::new()));
            continue;
        }
        let Some((first, name, blocks)) = functions.last_mut() else { continue };
        if indent == *first && (bare == "}" || bare.ends_with(';')) {
            functions.pop();
            continue;
        }
        blocks.retain(|open| *open < indent);
        let opens = bare == "{" || names_any(bare, &words) || bare.ends_with("=> {") || bare.contains('|');
        if indent > *first && bare.ends_with('{') && opens {
            blocks.push(indent);
        }
        if blocks.len() == 5 && !found.contains(name) {
            found.push(*name);
        }
    }
    found
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "tests" {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") && name != "tests.rs" {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Numbered lines of code: no comment lines, no end-of-line comments, no `#[cfg(test)] mod ... { ... }`.
fn code(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut testing = false;
    let mut marked = false;
    source.lines().zip(1..).filter_map(move |(line, number)| {
        let bare = line.split("//").next().unwrap_or_default();
        if marked && bare.trim_start().contains("mod ") && bare.trim_end().ends_with('{') {
            testing = true;
        }
        marked = bare.trim() == "#[cfg(test)]" || (marked && bare.trim_start().starts_with("#["));
        let shown = !testing && !bare.trim().is_empty();
        if line == "}" {
            testing = false;
        }
        shown.then_some((number, bare))
    })
}

/// Whether `line` holds one of `words` on its own, not as the end or the beginning of a longer name.
fn names_any(line: &str, words: &[&str]) -> bool {
    let in_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    words.iter().any(|word| {
        line.match_indices(word).any(|(start, _)| {
            let (before, after) = (&line[..start], &line[start + word.len()..]);
            !before.ends_with(in_name) && (word.ends_with('!') || !after.starts_with(in_name))
        })
    })
}
