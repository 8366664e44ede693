//! The command that makes a run again, for its report.

use super::Reproduce;
use crate::backend::Backend;
use crate::environment::revision;
use crate::plan::ProfileName;

impl Reproduce {
    /// What makes the run again, or the experiments `only` of it, at this revision of the program.
    pub(super) fn command(&self, only: &[String]) -> String {
        let mut words: Vec<String> = vec!["cargo xtask reproduce".to_string()];
        let mut add = |flag: &str, value: String| words.push(format!("{flag} {}", quote(&value)));
        for name in only {
            add("--only", name.clone());
        }
        if self.profile == ProfileName::Full {
            add("--profile", "full".to_string());
        }
        for (flag, number) in [("--seeds", self.seeds), ("--epochs", self.epochs)] {
            if let Some(number) = number {
                add(flag, number.to_string());
            }
        }
        for setting in &self.settings {
            add("--set", setting.to_string());
        }
        if self.backend != Backend::default() {
            add("--backend", self.backend.to_string());
        }
        if self.dataset.dataset != tinderbox_data::Choice::default() {
            add("--dataset", self.dataset.dataset.to_string());
        }
        words.extend(self.files.iter().map(|path| quote(&path.display().to_string())));
        let command = words.join(" ");
        match revision() {
            (Some(revision), Some(false)) => {
                format!("git checkout {} && {command}", &revision[..12.min(revision.len())])
            }
            // What was not committed cannot be checked out.
            _ => command,
        }
    }
}

/// An argument as a shell takes it.
fn quote(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:@%+".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_string();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn arguments_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(quote("--seeds=3"), "--seeds=3");
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote(""), "''");
        let echo = Command::new("sh").arg("-c").arg(format!("printf %s {}", quote("it's $HOME"))).output();
        assert_eq!(echo.expect("a shell").stdout, b"it's $HOME");
    }
}
