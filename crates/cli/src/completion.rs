//! Completion of a command line: the shell asks the program itself, so that names of experiments, kinds, settings and
//! studies are those that there are now.

use std::ffi::OsStr;

use clap::Command;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use tinderbox::catalog::Catalog;
use tinderbox::experiment::{Defaults, Experiment};
use tinderbox_data::Choice;

use crate::commands::{ADDRESS, DEFAULT_ADDRESS, command};

/// The variable by which a shell asks.
pub(crate) const VARIABLE: &str = "TINDERBOX_COMPLETE";

/// Answers a shell that asks how a command line goes on; `false` if none does.
pub(crate) fn answer(catalog: &Catalog) -> bool {
    let here = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(|| completing(command(), catalog)).var(VARIABLE);
    // A shell shows no errors here.
    asked.try_complete(std::env::args_os(), here.as_deref()).unwrap_or(true)
}

/// A name, and what it is in a few words.
type Candidate = (String, Option<String>);

/// With the names that can be known only now.
fn completing(command: Command, catalog: &Catalog) -> Command {
    let experiments = || {
        let catalog = catalog.clone();
        completer(move |_| experiments(&catalog))
    };
    let kinds = catalog.networks.kinds().map(str::to_string).collect::<Vec<_>>();
    let kinds = completer(move |_| kinds.iter().map(|kind| (kind.clone(), None)).collect());
    let attacks: Vec<String> = catalog.kinds.perturbations.names().map(|name| format!("{name}=")).collect();
    let attacks = completer(move |_| attacks.iter().map(|attack| (attack.clone(), None)).collect());
    let settings = || {
        let catalog = catalog.clone();
        completer(move |_| settings(&catalog))
    };
    let study_of = |inner: Command, flag| inner.mut_arg(flag, |arg| arg.add(completer(|_| studies())));
    command
        .mut_subcommand("reproduce", |inner| {
            inner.mut_arg("only", |arg| arg.add(experiments())).mut_arg("set", |arg| arg.add(settings()))
        })
        .mut_subcommand("train", |inner| {
            let inner =
                inner.mut_arg("model", |arg| arg.add(kinds)).mut_arg("set", |arg| arg.add(settings()));
            study_of(inner, "from_study")
        })
        .mut_subcommand("attack", |inner| inner.mut_arg("with", |arg| arg.add(attacks)))
        .mut_subcommand("worker", |inner| study_of(inner, "study"))
        .mut_subcommand("search", |search| {
            ["resume", "show", "best", "export", "slurm"]
                .into_iter()
                .fold(search, |search, name| search.mut_subcommand(name, |inner| study_of(inner, "name")))
        })
}

/// Completes with those candidates that begin like what was typed.
fn completer(candidates: impl Fn(&str) -> Vec<Candidate> + Send + Sync + 'static) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| {
        let typed = typed.to_str().unwrap_or_default();
        let found = candidates(typed).into_iter().filter(|(name, _)| name.starts_with(typed));
        let shown = found.map(|(name, about)| CompletionCandidate::new(name).help(about.map(Into::into)));
        shown.collect::<Vec<_>>()
    })
}

/// The experiments by name, and the parts of the paper.
fn experiments(catalog: &Catalog) -> Vec<Candidate> {
    let Ok(images) = catalog.datasets.spec(&Choice::Auto) else { return Vec::new() };
    let experiments = Experiment::built_in(Defaults { catalog, images }).unwrap_or_default();
    let mut found: Vec<Candidate> = Vec::new();
    for Experiment { facts, .. } in experiments {
        found.push((facts.name, Some(facts.title)));
        if !found.iter().any(|(name, _)| *name == facts.part) {
            found.push((facts.part, Some("part of the paper".to_string())));
        }
    }
    found
}

/// The settings that `--set` takes.
fn settings(catalog: &Catalog) -> Vec<Candidate> {
    let Ok(images) = catalog.datasets.spec(&Choice::Auto) else { return Vec::new() };
    let keys = Defaults { catalog, images }.keys(None);
    let mut found: Vec<Candidate> = vec![("help".to_string(), Some("list all settings".to_string()))];
    for key in keys {
        let name = format!("{}=", key.name);
        if !found.iter().any(|(known, _)| *known == name) {
            found.push((name, Some(key.expected)));
        }
    }
    found
}

/// The studies of the storage that a command would open: that on the line so far, if it has one.
fn studies() -> Vec<Candidate> {
    let typed = typed_address(&std::env::args().collect::<Vec<_>>());
    let address =
        typed.or_else(|| std::env::var(ADDRESS).ok()).unwrap_or_else(|| DEFAULT_ADDRESS.to_string());
    let storage = tinderbox_search::open_read_only(&address);
    let studies = storage.ok().and_then(|storage| storage.studies().ok());
    let names = studies.into_iter().flatten().map(|(name, _)| name);
    names.filter(|name| is_safe(name)).map(|name| (name, None)).collect()
}

/// What follows the last `--storage` of a line.
fn typed_address(words: &[String]) -> Option<String> {
    let of = |place: usize| match words[place].strip_prefix("--storage") {
        Some("") => words.get(place + 1).cloned(),
        Some(rest) => rest.strip_prefix('=').map(str::to_string),
        None => None,
    };
    (0..words.len()).rev().find_map(of)
}

/// Whether a shell takes a name as it stands. Others share a storage, and shells put names on the line unquoted.
fn is_safe(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./+:@%,".contains(letter);
    !name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What follows after these words, the last of which is still being typed.
    fn after(words: &[&str]) -> Vec<String> {
        let mut command = completing(command(), &Catalog::default());
        command.build();
        let typed = std::iter::once("tinderbox").chain(words.iter().copied()).map(Into::into).collect();
        let found = clap_complete::engine::complete(&mut command, typed, words.len(), None);
        let found = found.expect("an answer").into_iter();
        found.map(|candidate| candidate.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn commands_flags_and_values_are_completed() {
        assert_eq!(after(&["repr"]), ["reproduce"]);
        assert_eq!(after(&["search", "exp"]), ["export"]);
        assert_eq!(after(&["reproduce", "--prof"]), ["--profile"]);
        assert_eq!(after(&["reproduce", "--profile", ""]), ["quick", "full"]);
        assert_eq!(after(&["completions", "po"]), ["powershell"]);
    }

    #[test]
    fn only_names_that_no_shell_reads_otherwise_are_offered() {
        for name in ["fcn", "a_b-c.2", "é", "run/dropout"] {
            assert!(is_safe(name), "{name}");
        }
        for name in
            ["", "-x", "a b", "$(x)", "`x`", "a;b", "*", "a\nb", "q'", "\u{1b}[31m", "\u{202e}x", "a=b", "~"]
        {
            assert!(!is_safe(name), "{name}");
        }
    }

    #[test]
    fn studies_are_those_of_the_storage_on_the_line() {
        let typed = |line: &str| typed_address(&line.split(' ').map(str::to_string).collect::<Vec<_>>());
        assert_eq!(typed("search show --storage sqlite:a x"), Some("sqlite:a".to_string()));
        assert_eq!(typed("search show --storage=sqlite:a --storage sqlite:b"), Some("sqlite:b".to_string()));
        assert_eq!((typed("search show"), typed("search show --storage")), (None, None));
    }

    #[test]
    fn names_are_those_of_the_catalog() {
        assert_eq!(after(&["reproduce", "--only", "arch"]), ["architectures", "architecture-grid"]);
        assert!(after(&["reproduce", "--only", "task"]).contains(&"task-1".to_string()));
        assert_eq!(after(&["train", "--model", "c"]), ["cnn"]);
        assert_eq!(after(&["train", "--set", "training.le"]), ["training.learning_rate="]);
        assert!(after(&["attack", "a.safetensors", "--with", "p"]).contains(&"pgd=".to_string()));
    }
}
