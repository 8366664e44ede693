//! What the program is called where it was started, so that help, examples and messages can be pasted.

use clap::{Command, CommandFactory};

use super::Cli;

/// The variable by which `cargo xtask` says that it started this program.
const INVOKED_AS: &str = "TINDERBOX_INVOKED_AS";

const OWN: &str = "tinderbox";
const CARGO: &str = "cargo xtask";

/// What a user types before a command: `tinderbox`, or `cargo xtask`.
pub(super) fn called() -> &'static str {
    // Nothing else is repeated in a command that may be pasted.
    if std::env::var_os(INVOKED_AS).is_some_and(|name| name == CARGO) { CARGO } else { OWN }
}

/// The command line, under the name that a user types.
pub(crate) fn command() -> Command {
    named(called())
}

/// The command line under its own name.
pub(super) fn own() -> Command {
    named(OWN)
}

fn named(name: &'static str) -> Command {
    let command = Cli::command().bin_name(name);
    if name == OWN { command } else { renamed(command, name) }
}

/// With `name` in the examples of all commands.
fn renamed(command: Command, name: &str) -> Command {
    let examples =
        command.get_after_help().map(|help| help.to_string().replace("tinderbox ", &format!("{name} ")));
    let command = match examples {
        Some(examples) => command.after_help(examples),
        None => command,
    };
    command.mut_subcommands(|inner| renamed(inner, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of a command and of all below it: what stands indented in its help under `Examples:`.
    fn examples(command: &Command) -> Vec<String> {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let listed = help.lines().skip_while(|line| !line.starts_with("Example")).skip(1);
        let own = listed.take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_string());
        own.chain(command.get_subcommands().flat_map(examples)).collect()
    }

    /// The words of a line as a shell separates them, up to what it hands to another program.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
        for character in line.chars() {
            match character {
                '\'' => {
                    quoted = !quoted;
                    word.get_or_insert_default();
                }
                '|' | '>' | '#' if !quoted => break,
                ' ' if !quoted => words.extend(word.take()),
                character => word.get_or_insert_default().push(character),
            }
        }
        assert!(!quoted, "{line}");
        words.into_iter().chain(word).collect()
    }

    #[test]
    fn every_example_of_every_help_is_a_command_line() {
        for name in [OWN, CARGO] {
            let mut command = named(name);
            let all = examples(&command);
            assert!(all.len() >= 30, "{all:#?}");
            for line in all {
                // It may come after another program's.
                let (_, rest) = line.split_once(name).unwrap_or_else(|| panic!("{line}"));
                let typed = std::iter::once(name.to_string()).chain(words(rest));
                if let Err(error) = command.try_get_matches_from_mut(typed) {
                    panic!("{line}\n{error}");
                }
            }
        }
    }

    #[test]
    fn every_command_has_an_example() {
        for command in named(OWN).get_subcommands() {
            let own = format!("tinderbox {} ", command.get_name());
            let has = |line: &String| format!("{line} ").contains(&own);
            assert!(examples(command).iter().any(has), "{}", command.get_name());
        }
    }

    #[test]
    fn every_command_of_the_readme_is_a_command_line() {
        let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
        let readme = std::fs::read_to_string(readme).expect("the README of the repository");
        let lines: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("cargo xtask ")).collect();
        let own: Vec<String> = named(OWN).get_subcommands().map(|it| it.get_name().to_string()).collect();
        let mut checked = 0;
        for line in lines {
            // A name for something that the reader has.
            let line = line.replace("<hash>", "0123456789abcdef").replace("runs/<hash>", "runs/0");
            let typed = words(&line);
            if typed.first().is_some_and(|command| own.contains(command)) {
                checked += 1;
                if let Err(error) =
                    named(OWN).try_get_matches_from(std::iter::once("tinderbox".to_string()).chain(typed))
                {
                    panic!("{line}\n{error}");
                }
            }
        }
        assert!(checked >= 15, "{checked}");
    }

    #[test]
    fn the_command_line_is_consistent() {
        named(OWN).debug_assert();
    }
}
