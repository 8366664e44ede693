//! The form of every error: `error: ` and what is wrong, then a line `help: ` for each thing to do about it.

use std::ffi::OsString;
use std::fmt::Display;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use tinderbox::nearest::nearest;

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
        && error.kind() != ErrorKind::InvalidSubcommand
        && let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested)
    {
        helps.extend(tips.iter().map(|tip| tip.to_string().replace('\'', "`")));
    }
    helps.push(format!("`{} --help` shows all arguments", path(command, words)));
    let helps: String = helps.iter().flat_map(|help| ["\nhelp: ", help]).collect();
    shown + &helps
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
    fn a_suggestion_stands_on_a_line_of_its_own() {
        assert_eq!(shown("--only x: no such experiment"), "error: --only x: no such experiment");
        assert_eq!(
            shown("unknown key `epoch`; did you mean `epochs`?"),
            "error: unknown key `epoch`\nhelp: did you mean `epochs`?"
        );
    }
}
