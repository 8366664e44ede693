//! The form of every error: `error: ` and what is wrong, then a line `help: ` for each thing to do about it.

use std::error::Error;
use std::ffi::OsString;
use std::fmt::Display;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use tinderbox::nearest::nearest;
use tinderbox::tuning::{ChosenError, TuningError};
use tinderbox_search::StudyError;

/// An error as it is printed.
///
/// A library says in one line what is wrong and what was probably meant; the suggestion stands on a line of its own here,
/// as below a place in a file.
pub(crate) fn shown(error: impl Display) -> String {
    let text = error.to_string();
    match text.rsplit_once("; did you mean `") {
        Some((message, rest)) if !text.contains("\nhelp: ") => {
            format!("error: {message}\nhelp: did you mean `{rest}")
        }
        _ => format!("error: {text}"),
    }
}

/// As [`shown`], of a command's error: a study that there is not was perhaps meant to be another.
pub(crate) fn of_command(error: &(dyn Error + 'static)) -> String {
    let of_study = |error: &'_ TuningError| match error {
        TuningError::Study(error) => near_study(error),
        _ => None,
    };
    let near = if let Some(error) = error.downcast_ref::<StudyError>() {
        near_study(error)
    } else if let Some(ChosenError::Tuning(error)) = error.downcast_ref() {
        of_study(error)
    } else {
        error.downcast_ref().and_then(of_study)
    };
    let near = near.map(|name| format!("\nhelp: did you mean `{name}`?")).unwrap_or_default();
    shown(error) + &near
}

/// The study that was probably meant.
fn near_study(error: &StudyError) -> Option<String> {
    let StudyError::Unknown { name, there } = error else { return None };
    nearest(name, there.iter().map(String::as_str)).map(str::to_string)
}

/// What clap refuses, in the same form. `command` is the program, `words` is what was typed after its name.
pub(crate) fn of_arguments(error: &clap::Error, command: &Command, words: &[OsString]) -> String {
    let text = error.render().to_string();
    let Some(text) = text.strip_prefix("error: ") else {
        // The help of a command that was typed without what it needs.
        return text.trim_end().to_string();
    };
    // What follows is the usage, which `--help` shows with what it means.
    let message = text.split("\n\n").next().unwrap_or_default().trim_end().replace('\'', "`");
    let shown = shown(message);
    let mut helps: Vec<String> = Vec::new();
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue] {
        match error.get(kind) {
            Some(ContextValue::String(word)) => helps.push(format!("did you mean `{word}`?")),
            Some(ContextValue::Strings(words)) => {
                let typed =
                    [ContextKind::InvalidSubcommand, ContextKind::InvalidArg, ContextKind::InvalidValue];
                let typed = typed.into_iter().find_map(|kind| match error.get(kind) {
                    Some(ContextValue::String(typed)) => Some(typed.as_str()),
                    _ => None,
                });
                let near = nearest(typed.unwrap_or_default(), words.iter().map(String::as_str));
                let near = near.or(words.last().map(String::as_str));
                helps.extend(near.map(|word| format!("did you mean `{word}`?")));
            }
            _ => {}
        }
    }
    if helps.is_empty()
        && let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand)
    {
        // `help` itself suggests nothing.
        let known = innermost(command, words).get_subcommands().map(Command::get_name);
        helps.extend(nearest(typed, known).map(|word| format!("did you mean `{word}`?")));
    }
    if helps.is_empty()
        && error.kind() != ErrorKind::InvalidSubcommand
        && let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested)
    {
        helps.extend(tips.iter().map(|tip| tip.to_string().replace('\'', "`")));
    }
    helps.push(format!("`{} --help` shows all arguments", path(command, words)));
    let helps: String = helps.iter().flat_map(|help| ["\nhelp: ", help]).collect();
    shown + &helps
}

/// The command that was typed, or that help was asked for, as far as it exists.
fn innermost<'a>(command: &'a Command, words: &[OsString]) -> &'a Command {
    let asked = words.iter().filter_map(|word| word.to_str()).filter(|word| *word != "help");
    asked.fold(command, |inner, word| inner.find_subcommand(word).unwrap_or(inner))
}

/// The command that was typed, as far as it exists: `tinderbox search run`.
fn path(command: &Command, words: &[OsString]) -> String {
    let mut path = command.get_bin_name().unwrap_or(command.get_name()).to_string();
    let mut inner = command;
    for word in words {
        let Some(next) = word.to_str().and_then(|word| inner.find_subcommand(word)) else { break };
        path = format!("{path} {}", next.get_name());
        inner = next;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_and_a_command_for_help_are_answered_with_the_nearest() {
        let unknown = || StudyError::Unknown { name: "fnc".into(), there: vec!["cnn".into(), "fcn".into()] };
        let chosen = ChosenError::from(unknown());
        for error in [&unknown() as &(dyn Error + 'static), &TuningError::from(unknown()), &chosen] {
            assert!(of_command(error).ends_with("\nhelp: did you mean `fcn`?"), "{}", of_command(error));
        }
        for (words, near) in [(&["help", "trian"][..], "`train`"), (&["search", "help", "shw"], "`show`")] {
            let words: Vec<OsString> = words.iter().map(Into::into).collect();
            let mut command = crate::commands::command();
            let line = std::iter::once(OsString::from("tinderbox")).chain(words.clone());
            let error = command.try_get_matches_from_mut(line).expect_err("no command");
            assert!(of_arguments(&error, &command, &words).contains(near), "{words:?}");
        }
    }

    #[test]
    fn a_suggestion_stands_on_a_line_of_its_own() {
        assert_eq!(shown("--only x: no such experiment"), "error: --only x: no such experiment");
        assert_eq!(
            shown("unknown key `epoch`; did you mean `epochs`?"),
            "error: unknown key `epoch`\nhelp: did you mean `epochs`?"
        );
    }
}
