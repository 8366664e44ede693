//! `cargo xtask test`: formatting, lints, tests and documentation, one step after the other.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::cargo::{cargo, root, target};
use crate::forecast::{Backend, is_cold, notice};
use crate::nearest::nearest;
use crate::{Error, skipped};

const HELP: &str = "\
Checks the workspace: formatting, lints, tests, documentation. Stops at the first failure.

Usage: cargo xtask test [--only STEP]... [--keep-going]
       cargo xtask test --backend ndarray|wgpu
       cargo xtask test --sanitize

  --only STEP      fmt, clippy, alone, bare, test or doc; may be repeated
  --keep-going     run the other steps after a failure too
  --backend ndarray  the tests that name backends, on ndarray too, instead; compiles it
  --backend wgpu   compare the GPU backend with flex instead; compiles it, which takes longer than everything else
  --sanitize       run the kernels, without Burn, under the address sanitizer instead; for x86-64 Linux
";

/// Name and command of every step, in order. All of them together compile Burn once and check it once; one of the tests
/// compiles another Burn in a light profile, for the package that uses burn-train.
const STEPS: [(&str, &str); 6] = [
    ("fmt", "fmt --all --check"),
    ("clippy", "clippy --release --workspace --all-targets -- -D warnings"),
    ("alone", "check --release --package tinderbox-search --no-default-features"),
    ("bare", "check --release --package tinderbox-models --package tinderbox-training --no-default-features"),
    ("test", "test --release --workspace"),
    ("doc", "doc --release --workspace --no-deps"),
];

/// Runs the steps that `arguments` select: 0 if all pass, 1 if one fails.
pub(crate) fn run(arguments: &[OsString]) -> Result<ExitCode, Error> {
    let passed = match Request::parse(arguments)? {
        Request::Help => {
            print!("{HELP}");
            true
        }
        Request::Backend(backend) => on(backend)?,
        Request::Sanitize => sanitize()?,
        Request::Steps { only, keep_going } => steps(&only, keep_going)?,
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The test that compares wgpu with flex. All of the workspace is selected, as in the step `test`: the same features of
/// everything, and wgpu's.
const WGPU: [&str; 1] =
    ["test --release --workspace --features tinderbox-cli/wgpu --test wgpu -- --nocapture"];

/// The tests that go through all CPU backends, with ndarray among them: those of operations, networks and training, and those of the
/// program that compare bits.
const NDARRAY: [&str; 2] = [
    "test --release --package tinderbox-ops --package tinderbox-models --package tinderbox-training --package tinderbox-cli \
     --features tinderbox-cli/ndarray --lib --test kernels --test linear --test locally_connected --test dropout --test sgd \
     --test promises --test pytorch --test allocations",
    "test --release --package tinderbox-ops --package tinderbox-models --package tinderbox-training --package tinderbox-cli \
     --features tinderbox-cli/ndarray --test program -- determinism weights_files",
];

/// Runs the tests of a backend that the steps leave out.
pub(crate) fn on(backend: Backend) -> Result<bool, Error> {
    let commands = if backend == Backend::Wgpu { &WGPU[..] } else { &NDARRAY };
    for words in commands {
        eprintln!("\n== {}: cargo {words}", backend.feature().unwrap_or("flex"));
        if is_cold(&target(), backend) {
            eprintln!("{}", notice(backend));
        }
        if !command("test", words).status().map_err(Error::Start)?.success() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The kernels are where `unsafe` is. They compile without Burn, in seconds, and into a folder of their own: another flag is
/// another build of everything.
const SANITIZE: &str = "test --package tinderbox-ops --no-default-features --features kernels --lib --target x86_64-unknown-linux-gnu \
                        --target-dir target/sanitize";

pub(crate) fn sanitize() -> Result<bool, Error> {
    eprintln!("\n== sanitize: cargo {SANITIZE}");
    let mut command = command("sanitize", SANITIZE);
    // Sanitizers are not stable yet; this lets the stable compiler use them.
    command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    Ok(command.status().map_err(Error::Start)?.success())
}

/// Runs every step in `only`, or all if it is empty; says whether they passed.
pub(crate) fn steps(only: &[&str], keep_going: bool) -> Result<bool, Error> {
    let chosen = STEPS.into_iter().filter(|(name, _)| only.is_empty() || only.contains(name));
    let mut results: Vec<(&str, &str, Outcome)> = Vec::new();
    let mut left_out = BTreeSet::new();
    for (name, words) in chosen {
        let failed = results.iter().any(|(_, _, outcome)| !matches!(outcome, Outcome::Passed(_)));
        let outcome = if failed && !keep_going { Outcome::NotRun } else { step(name, words, &mut left_out)? };
        results.push((name, words, outcome));
    }
    print!("{}{}", table(&results), skipped::told(&left_out));
    Ok(results.iter().all(|(_, _, outcome)| matches!(outcome, Outcome::Passed(_))))
}

/// A duration as a person would say it: `0.4 s`, `12 s`, `9 min 5 s`.
pub(crate) fn spoken(duration: Duration) -> String {
    match (duration.as_secs_f64(), duration.as_secs()) {
        (exact, ..10) => format!("{exact:.1} s"),
        (_, whole @ ..60) => format!("{whole} s"),
        (_, whole) => format!("{} min {} s", whole / 60, whole % 60),
    }
}

fn step(name: &str, words: &str, left_out: &mut BTreeSet<String>) -> Result<Outcome, Error> {
    eprintln!("\n== {name}: cargo {words}");
    if name == "test" && is_cold(&target(), Backend::Flex) {
        eprintln!("{}", notice(Backend::Flex));
    }
    let start = Instant::now();
    let (passed, skipped) = skipped::run(command(name, words))?;
    left_out.extend(skipped);
    let taken = start.elapsed();
    eprintln!("== {name} {} in {}", if passed { "passed" } else { "failed" }, spoken(taken));
    Ok(if passed { Outcome::Passed(taken) } else { Outcome::Failed(taken) })
}

fn command(name: &str, words: &str) -> Command {
    let mut command = cargo(words);
    command.current_dir(root());
    if name == "doc" {
        command.env("RUSTDOCFLAGS", "-Dwarnings");
    }
    command
}

fn table(results: &[(&str, &str, Outcome)]) -> String {
    let width = results.iter().map(|(_, words, _)| words.len()).max().unwrap_or(0) + "cargo ".len();
    let row = |(name, words, outcome): &(&str, &str, Outcome)| {
        let (verdict, taken) = match outcome {
            Outcome::Passed(taken) => ("passed", spoken(*taken)),
            Outcome::Failed(taken) => ("FAILED", spoken(*taken)),
            Outcome::NotRun => ("not run", String::new()),
        };
        let line = format!("{name:<8}{:<width$}  {verdict:<8}{taken:>12}", format!("cargo {words}"));
        format!("{}\n", line.trim_end())
    };
    format!("\n{}", results.iter().map(row).collect::<String>())
}

enum Outcome {
    Passed(Duration),
    Failed(Duration),
    NotRun,
}

#[derive(Debug, PartialEq)]
enum Request {
    Help,
    Backend(Backend),
    Sanitize,
    Steps { only: Vec<&'static str>, keep_going: bool },
}

impl Request {
    fn parse(arguments: &[OsString]) -> Result<Self, Error> {
        if let [word] = arguments
            && word == "--sanitize"
        {
            return Ok(Self::Sanitize);
        }
        let (mut only, mut keep_going, mut backend) = (Vec::new(), false, None);
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--help" | "-h") => return Ok(Self::Help),
                Some("--keep-going") => keep_going = true,
                Some("--only") => only.push(known_step(words.next())?),
                Some("--backend") => {
                    backend = Some(known_backend(words.next().and_then(|name| name.to_str()))?);
                }
                Some(joined) if joined.starts_with("--backend=") => {
                    backend = Some(known_backend(joined.strip_prefix("--backend="))?);
                }
                _ => {
                    let flags = ["--only", "--keep-going", "--help", "--backend", "--sanitize"];
                    return Err(refuse(
                        word,
                        "--only STEP, --keep-going, --help, or alone --backend ndarray, --backend wgpu or --sanitize",
                        nearest(&word.to_string_lossy(), flags),
                    ));
                }
            }
        }
        match (backend, only.is_empty() && !keep_going) {
            (Some(backend), true) => Ok(Self::Backend(backend)),
            (Some(_), false) => Err(refuse("--backend", "it alone: it replaces the steps", None)),
            (None, _) => Ok(Self::Steps { only, keep_going }),
        }
    }
}

fn known_backend(name: Option<&str>) -> Result<Backend, Error> {
    let backends = [Backend::Ndarray, Backend::Wgpu];
    let found = backends.into_iter().find(|backend| name.is_some() && backend.feature() == name);
    found.ok_or_else(|| {
        let near = name.and_then(|name| nearest(name, backends.into_iter().filter_map(Backend::feature)));
        refuse("--backend", "`--backend ndarray` or `--backend wgpu`: the steps cover flex", near)
    })
}

fn known_step(word: Option<&OsString>) -> Result<&'static str, Error> {
    let found = STEPS.iter().find(|(name, _)| word.is_some_and(|word| word == name));
    let names = STEPS.map(|(name, _)| name).join(", ");
    found.map(|(name, _)| *name).ok_or_else(|| {
        let typed = word.map_or_else(|| "--only".to_string(), |word| format!("--only {}", word.display()));
        let near =
            word.and_then(|word| nearest(&word.to_string_lossy(), STEPS.into_iter().map(|(name, _)| name)));
        refuse(typed, &format!("--only and a step: {names}"), near)
    })
}

fn refuse(argument: impl Into<OsString>, expected: &str, nearest: Option<&'static str>) -> Error {
    Error::Argument { command: "test", argument: argument.into(), expected: expected.into(), nearest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &str) -> Result<Request, String> {
        let words: Vec<OsString> = typed.split_whitespace().map(OsString::from).collect();
        Request::parse(&words).map_err(|error| error.to_string())
    }

    #[test]
    fn steps_are_chosen_by_name() {
        let chosen = Request::Steps { only: vec!["clippy", "doc"], keep_going: true };
        assert_eq!(parse("--only clippy --keep-going --only doc"), Ok(chosen));
        assert_eq!(parse("--backend wgpu"), Ok(Request::Backend(Backend::Wgpu)));
        assert_eq!(parse("--backend=ndarray"), Ok(Request::Backend(Backend::Ndarray)));
        assert_eq!(parse("--sanitize"), Ok(Request::Sanitize));
    }

    #[test]
    fn a_wrong_argument_is_told_what_would_be_right() {
        let message = "test: unexpected `--only clipy`; expected --only and a step: fmt, clippy, alone, bare, test, doc";
        assert_eq!(parse("--only clipy"), Err(message.into()));
        assert!(parse("--backend flex").is_err());
        assert!(parse("--backend").is_err());
        assert!(parse("--backend wgpu --only doc").is_err());
        assert!(parse("--sanitize --only doc").is_err());
        assert!(parse("clippy").is_err());
    }

    #[test]
    fn the_table_tells_what_passed_failed_and_never_ran() {
        let results = [
            ("fmt", "fmt", Outcome::Passed(Duration::from_millis(420))),
            ("clippy", "clippy", Outcome::Failed(Duration::from_secs(545))),
            ("doc", "doc", Outcome::NotRun),
        ];
        let expected = "\n\
            fmt     cargo fmt     passed         0.4 s\n\
            clippy  cargo clippy  FAILED     9 min 5 s\n\
            doc     cargo doc     not run\n";
        assert_eq!(table(&results), expected);
    }

    #[test]
    fn no_step_asks_for_another_set_of_features_of_burn() {
        for (name, words) in STEPS {
            assert!(!words.contains("--features") && !words.contains("--all-features"), "{name}");
            assert!(
                name == "fmt" || words.contains("--release"),
                "{name} would build Burn in a second profile"
            );
        }
    }

    #[test]
    fn durations_are_spoken() {
        let said = [420, 12_900, 545_000].map(|milliseconds| spoken(Duration::from_millis(milliseconds)));
        assert_eq!(said, ["0.4 s", "12 s", "9 min 5 s"]);
    }

    #[test]
    fn every_test_that_is_named_exists() {
        let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
        let folders: Vec<_> = std::fs::read_dir(crates).expect("crates").flatten().collect();
        for command in WGPU.iter().chain(&NDARRAY) {
            let words: Vec<&str> = command.split_whitespace().collect();
            for pair in words.windows(2).filter(|pair| pair[0] == "--test") {
                let exists = folders.iter().any(|folder| {
                    let tests = folder.path().join("tests").join(pair[1]);
                    tests.with_extension("rs").is_file() || tests.join("main.rs").is_file()
                });
                assert!(exists, "no crate has the test `{}`", pair[1]);
            }
        }
    }
}
