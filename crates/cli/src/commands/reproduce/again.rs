//! The command that makes a run again, for its report.

use super::Reproduce;
use tinderbox::backend::Backend;
use tinderbox::environment::revision;
use tinderbox::plan::ProfileName;
use tinderbox::shell::shown;

impl Reproduce {
    /// What makes the run again, or the experiments `only` of it, at this revision of the program.
    pub(super) fn command(&self, only: &[String]) -> String {
        let own = own_program();
        let program = own.as_deref().map_or("cargo xtask".into(), shown);
        let mut words: Vec<String> = vec![format!("{program} reproduce")];
        let mut add = |flag: &str, value: String| words.push(format!("{flag} {}", shown(&value)));
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
        for setting in &self.set.settings() {
            add("--set", setting.to_string());
        }
        if self.backend != Backend::default() {
            add("--backend", self.backend.to_string());
        }
        if self.dataset.dataset != tinderbox_data::Choice::default() {
            add("--dataset", self.dataset.dataset.to_string());
        }
        words.extend(self.files.iter().map(|path| shown(&path.display().to_string()).into_owned()));
        let command = words.join(" ");
        match revision() {
            (Some(revision), Some(false)) if own.is_none() => {
                format!("git checkout {} && {command}", &revision[..12.min(revision.len())])
            }
            // What was not committed cannot be checked out, and of somebody else's program this is not the revision.
            _ => command,
        }
    }
}

/// The name of this program, if it is one of somebody else's around this library.
fn own_program() -> Option<String> {
    let path = std::env::current_exe().ok()?;
    let name = path.file_stem()?.to_str()?;
    (name != "tinderbox").then(|| name.to_string())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use tinderbox::shell::shown;

    #[test]
    fn arguments_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(shown("--seeds=3"), "--seeds=3");
        assert_eq!(shown("a b"), "'a b'");
        assert_eq!(shown("it's"), r"'it'\''s'");
        assert_eq!(shown(""), "''");
        let echo = Command::new("sh").arg("-c").arg(format!("printf %s {}", shown("it's $HOME"))).output();
        assert_eq!(echo.expect("a shell").stdout, b"it's $HOME");
    }
}
