//! The storage of studies: its URL, and how a printed command repeats it.

use clap::Args;
use tinderbox_search::{Storage, Study};

use crate::commands::Refusal;
use crate::commands::called::called;
use tinderbox::shell;

/// The variable with the address of the storage.
pub(crate) const ADDRESS: &str = "TINDERBOX_STORAGE";

/// The storage unless an address is given.
pub(crate) const DEFAULT: &str = "sqlite:studies.sqlite";

/// Where studies are.
#[derive(Debug, Clone, Args)]
pub(in crate::commands) struct StorageArguments {
    /// `sqlite:FILE`, or `postgres://USER@HOST/DATABASE` for workers on several machines
    #[arg(long, value_name = "URL", default_value = DEFAULT, env = ADDRESS, hide_env_values = true)]
    pub(in crate::commands) storage: String,
}

impl StorageArguments {
    /// Those of a command that takes a storage only together with another argument.
    pub(in crate::commands) fn of(storage: Option<String>) -> Self {
        let storage = storage.or_else(|| std::env::var(ADDRESS).ok());
        Self { storage: storage.unwrap_or_else(|| DEFAULT.to_string()) }
    }

    /// Opens the storage, and creates it if it is missing.
    pub(in crate::commands) fn open(&self) -> Result<Box<dyn Storage>, Refusal> {
        // Workers are processes of their own, which see no memory of this one.
        if self.storage == "memory:" {
            let expected = "expected `sqlite:FILE` or `postgres://USER@HOST/DATABASE`";
            return Err(format!("--storage memory: cannot be shared with workers; {expected}").into());
        }
        Ok(tinderbox_search::open(&self.storage)?)
    }

    /// Opens the storage to read it; creates and changes nothing.
    pub(in crate::commands) fn look(&self) -> Result<Box<dyn Storage>, Refusal> {
        Ok(tinderbox_search::open_read_only(&self.storage)?)
    }

    /// Opens the stored study `name` to work on it; creates no storage.
    pub(in crate::commands) fn study(&self, name: &str) -> Result<Study, Refusal> {
        Ok(Study::resume(tinderbox_search::open_existing(&self.storage)?, name)?)
    }

    /// Opens the stored study `name` to read it; creates and changes nothing.
    pub(in crate::commands) fn shown_study(&self, name: &str) -> Result<Study, Refusal> {
        Ok(Study::look(self.look()?, name)?)
    }

    /// Whether the address comes from the environment.
    pub(super) fn is_exported(&self) -> bool {
        std::env::var(ADDRESS).is_ok_and(|exported| exported == self.storage)
    }

    /// The command that resumes the study `name` here, as a user would type it.
    pub(super) fn resume(&self, name: &str) -> String {
        // A name that another program gave may begin like an option.
        let end = if name.starts_with('-') { "-- " } else { "" };
        self.command("search resume", &format!("{end}{}", shell::shown(name)))
    }

    /// The command that prints the best trial of the study `name`, as a user would type it.
    pub(super) fn best(&self, name: &str) -> String {
        let end = if name.starts_with('-') { "-- " } else { "" };
        self.command("search best", &format!("{end}{}", shell::shown(name)))
    }

    /// The command that trains the best trial of the study `name`, or trial `number`, as a user would type it.
    pub(super) fn train(&self, name: &str, number: Option<u64>) -> String {
        let number = number.map_or_else(String::new, |number| format!(" --trial {number}"));
        // A name that another program gave may begin like an option.
        self.command("train", &format!("--from-study={}{number}", shell::shown(name)))
    }

    /// The command that starts a worker on the study `name`, as a user would type it.
    pub(super) fn worker(&self, name: &str) -> String {
        self.command("worker", &format!("--study {}", shell::shown(name)))
    }

    /// The command that starts a worker on the run with this hash, as a user would type it.
    pub(in crate::commands) fn worker_of_run(&self, hash: &str) -> String {
        self.command("worker", &format!("--run {hash}"))
    }

    fn command(&self, words: &str, study: &str) -> String {
        let exported = std::env::var(ADDRESS).ok();
        command(&self.storage, exported.as_deref(), &format!("{} {words}", called()), study)
    }
}

/// A command between backquotes, from the program's name on, with the address where the user's shell would not find it by itself. An
/// address with a password is shown nowhere.
fn command(address: &str, exported: Option<&str>, words: &str, study: &str) -> String {
    if address == exported.unwrap_or(DEFAULT) {
        return format!("`{words} {study}`");
    }
    if holds_secret(address) {
        return format!("`{words} {study}`, with the storage's address in {ADDRESS},");
    }
    format!("`{words} --storage {} {study}`", shell::shown(address))
}

/// Whether an address contains a password, or might.
pub(super) fn holds_secret(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    // A password ends at the first `@`, and may itself hold a question mark.
    let user = rest.split_once('@').map_or("", |(user, _)| user);
    let options = rest.split_once('?').map_or("", |(_, options)| options);
    user.contains(':') || options.to_ascii_lowercase().contains("pass")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_storage_that_the_shell_would_not_find() {
        let shown = |address: &str, exported| command(address, exported, "tinderbox search resume", "s");
        let bare = "`tinderbox search resume s`";
        assert_eq!(shown(DEFAULT, None), bare);
        assert_eq!(shown("sqlite:a.sqlite", Some("sqlite:a.sqlite")), bare);
        assert_eq!(shown("sqlite:a.sqlite", None), "`tinderbox search resume --storage sqlite:a.sqlite s`");
        assert_eq!(
            shown(DEFAULT, Some("sqlite:a.sqlite")),
            format!("`tinderbox search resume --storage {DEFAULT} s`")
        );
        assert_eq!(
            shown("sqlite:$(id) x.sqlite", None),
            "`tinderbox search resume --storage 'sqlite:$(id) x.sqlite' s`"
        );
    }

    #[test]
    fn no_command_shows_a_password() {
        for address in ["postgres://me:secret@host/studies", "postgres://host/s?password=secret"] {
            let shown = command(address, None, "tinderbox worker", "--study s");
            assert!(!shown.contains("secret") && shown.contains(ADDRESS), "{shown}");
        }
    }
}
