//! `cargo xtask reproduce` and its siblings: builds the program `tinderbox`, then becomes it.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use crate::Error;
use crate::cargo::{cargo, exit_code, root, target};
use crate::forecast::{Backend, Progress, forecast, is_cold, left, notice};

/// The package of the program.
pub(crate) const PACKAGE: &str = "tinderbox-cli";

/// The program's commands.
pub(crate) const COMMANDS: [&str; 13] = [
    "reproduce",
    "report",
    "search",
    "worker",
    "train",
    "evaluate",
    "attack",
    "overfit-one-batch",
    "predict",
    "data",
    "completions",
    "man",
    "schema",
];

/// The variable that tells the program how it was started, so that its help and its messages can be pasted.
const INVOKED_AS: &str = "TINDERBOX_INVOKED_AS";

/// Runs `tinderbox COMMAND ARGUMENTS` and hands back its exit code.
pub(crate) fn run(command: &str, arguments: &[OsString]) -> Result<ExitCode, Error> {
    let backend = backend(arguments);
    if wants_help(arguments) && is_cold(&target(), backend) {
        print!("{}", crate::HELP);
        println!("\n{}", help_of_an_unbuilt_program(command, backend));
        return Ok(ExitCode::SUCCESS);
    }
    match build(backend)? {
        0 => become_program(invocation(backend, command, &with_runs(command, arguments))),
        failure => Ok(failure.into()),
    }
}

/// Builds the program; hands back Cargo's exit code. Silent if nothing had to be built.
///
/// Always these packages and features: `cargo test --release --workspace` then shares the build of Burn.
pub(crate) fn build(backend: Backend) -> Result<u8, Error> {
    let mut build = for_program("build", backend);
    if std::io::stderr().is_terminal() && std::env::var_os("CARGO_TERM_COLOR").is_none() {
        build.arg("--color=always");
    }
    if is_cold(&target(), backend) {
        eprintln!("{}", notice(backend));
        return watch(build);
    }
    let mut building = build.stderr(Stdio::piped()).spawn().map_err(Error::Start)?;
    let lines = building.stderr.take().into_iter().flat_map(|pipe| BufReader::new(pipe).lines());
    for line in lines.map_while(Result::ok).filter(|line| !says_finished(line)) {
        eprintln!("{line}");
    }
    building.wait().map(exit_code).map_err(Error::Start)
}

/// Runs a long build: shows what Cargo shows, and how long the rest will take once the first crates have shown it.
fn watch(mut build: Command) -> Result<u8, Error> {
    let terminal = std::io::stderr().is_terminal();
    if terminal {
        // Into a pipe Cargo draws its bar only if it is told to, and how wide.
        build.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "80");
    }
    let start = Instant::now();
    let mut building = build.stderr(Stdio::piped()).spawn().map_err(Error::Start)?;
    let mut pipe = building.stderr.take();
    let (mut progress, mut buffer) = (Progress::default(), [0; 4096]);
    while let Some(length @ 1..) = pipe.as_mut().and_then(|pipe| pipe.read(&mut buffer).ok()) {
        let printed = &buffer[..length];
        // A terminal that went away does not end the build.
        let _ = std::io::stderr().write_all(printed);
        if let Some(rest) = progress.read(printed, start.elapsed()) {
            let clear = if terminal { "\r\u{1b}[K" } else { "" };
            eprintln!("{clear}    Building Tinderbox: {}", left(rest));
        }
    }
    building.wait().map(exit_code).map_err(Error::Start)
}

/// The command that runs the program once it is built.
pub(crate) fn invocation(backend: Backend, command: &str, arguments: &[OsString]) -> Command {
    let mut run = for_program("run --quiet", backend);
    run.arg("--").arg(command).args(arguments).env(INVOKED_AS, "cargo xtask");
    run
}

/// The backend that the program has to be built for, from its own arguments.
fn backend(arguments: &[OsString]) -> Backend {
    let options: Vec<_> = arguments.iter().take_while(|word| *word != "--").collect();
    let asks_for = |backend: &Backend| {
        let name = backend.feature().unwrap_or_default();
        let joined = options.iter().any(|word| word.to_str() == Some(&format!("--backend={name}")));
        joined || options.windows(2).any(|pair| pair[0] == "--backend" && pair[1] == name)
    };
    [Backend::Ndarray, Backend::Wgpu].into_iter().find(asks_for).unwrap_or(Backend::Flex)
}

pub(crate) fn wants_help(arguments: &[OsString]) -> bool {
    arguments.iter().take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h")
}

/// Puts results where a run from the workspace's root would find them again.
///
/// Other paths stay as they are: they mean the folder that the user stands in.
pub(crate) fn with_runs(command: &str, arguments: &[OsString]) -> Vec<OsString> {
    let typed =
        arguments.iter().any(|word| word == "--runs" || word.to_string_lossy().starts_with("--runs="));
    let at_root = std::env::current_dir().is_ok_and(|here| here == root());
    if !["reproduce", "bench"].contains(&command) || typed || at_root {
        return arguments.to_vec();
    }
    let runs = ["--runs".into(), root().join("runs").into()];
    // `bench` has commands of its own, which their arguments follow.
    if command == "bench" { [arguments, &runs].concat() } else { [&runs, arguments].concat() }
}

/// Nobody who asks a question should wait for a build of many minutes.
fn help_of_an_unbuilt_program(command: &str, backend: Backend) -> String {
    let features = backend.feature().map(|name| format!(" --features {name}")).unwrap_or_default();
    format!(
        "All arguments of `{command}` are listed by the program, which is not built yet. To build it ({}):\n  \
         cargo build --release --package {PACKAGE}{features}",
        forecast(backend)
    )
}

fn for_program(verb: &str, backend: Backend) -> Command {
    let mut command = cargo(verb);
    command.args(["--release", "--package", PACKAGE, "--manifest-path"]).arg(root().join("Cargo.toml"));
    if let Some(feature) = backend.feature() {
        command.args(["--features", feature]);
    }
    command
}

/// The one line that Cargo prints about a build with nothing to do.
fn says_finished(line: &str) -> bool {
    line.contains("Finished") && line.contains("`release` profile")
}

/// Ctrl-C must reach the program alone: xtask would end first, and hide the code 130 of a run that was saved.
#[cfg(unix)]
pub(crate) fn become_program(mut program: Command) -> Result<ExitCode, Error> {
    Err(Error::Start(std::os::unix::process::CommandExt::exec(&mut program)))
}

#[cfg(not(unix))]
pub(crate) fn become_program(mut program: Command) -> Result<ExitCode, Error> {
    program.status().map(|status| exit_code(status).into()).map_err(Error::Start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(typed: &str) -> Vec<OsString> {
        typed.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn a_backend_is_seen_wherever_it_is_typed() {
        for typed in ["--backend wgpu", "--backend=wgpu", "my.toml --seeds 2 --backend wgpu --epochs 1"] {
            assert_eq!(backend(&words(typed)), Backend::Wgpu, "{typed}");
            assert_eq!(backend(&words(&typed.replace("wgpu", "ndarray"))), Backend::Ndarray, "{typed}");
        }
    }

    #[test]
    fn other_words_build_for_flex() {
        for typed in ["", "--backend flex", "--backend", "wgpu", "--only wgpu", "-- --backend wgpu"] {
            assert_eq!(backend(&words(typed)), Backend::Flex, "{typed}");
        }
    }

    #[test]
    fn arguments_pass_through_unchanged() {
        let run = invocation(Backend::Wgpu, "reproduce", &words("--only architectures --backend=wgpu"));
        let all: Vec<_> = run.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        let typed =
            all.iter().skip_while(|word| *word != "--features").map(String::as_str).collect::<Vec<_>>();
        assert_eq!(
            typed,
            ["--features", "wgpu", "--", "reproduce", "--only", "architectures", "--backend=wgpu"]
        );
        assert_eq!(all[..5], ["run", "--quiet", "--release", "--package", PACKAGE]);
    }

    #[test]
    fn results_go_to_the_root_from_any_folder() {
        // Cargo runs tests in the package's folder, which is not the workspace's.
        let expected: [OsString; 4] =
            ["--runs".into(), root().join("runs").into(), "--seeds".into(), "2".into()];
        assert_eq!(with_runs("reproduce", &words("--seeds 2")), expected);
        for (command, typed) in
            [("reproduce", "--runs here"), ("reproduce", "--runs=here"), ("predict", "a.safetensors")]
        {
            assert_eq!(with_runs(command, &words(typed)), words(typed), "{command} {typed}");
        }
    }

    #[test]
    fn the_help_of_an_unbuilt_program_says_how_to_build_it() {
        let help = help_of_an_unbuilt_program("predict", Backend::Wgpu);
        assert!(help.ends_with("--features wgpu"), "{help}");
        assert!(help.contains("minutes on two cores"), "{help}");
    }

    #[test]
    fn only_the_closing_line_is_left_out() {
        let bold =
            "\u{1b}[1m\u{1b}[92m    Finished\u{1b}[0m `release` profile [optimized] target(s) in 0.12s";
        assert!(says_finished(bold));
        assert!(!says_finished("   Compiling tinderbox-search v0.1.0"));
        assert!(!says_finished("    Blocking waiting for file lock on build directory"));
    }
}
