//! `tinderbox completions`: what a shell needs to complete the command line.

use clap::{Args, ValueEnum};
use clap_complete::env::Shells;

use super::{Exit, Refusal, say_data};
use crate::completion::VARIABLE;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// Shell that is to complete commands
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox completions bash > ~/.local/share/bash-completion/completions/tinderbox
  tinderbox completions zsh > ~/.zfunc/_tinderbox
  tinderbox completions fish > ~/.config/fish/completions/tinderbox.fish
  tinderbox completions powershell >> $PROFILE

Names of experiments, kinds, settings and studies are looked up while you type. Print the script again after an update of the \
program. zsh needs `fpath+=~/.zfunc` before `compinit` in ~/.zshrc.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    /// Windows PowerShell and PowerShell 7
    #[value(name = "powershell")]
    Power,
}

impl Completions {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let name = match self.shell {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
            Shell::Power => "powershell",
        };
        let shells = Shells::builtins();
        let completer = shells.completer(name).ok_or("this program was built without this shell")?;
        // Wherever it lies: the shell may not find it by name.
        let program = std::env::current_exe()?;
        let mut script = Vec::new();
        completer.write_registration(
            VARIABLE,
            "tinderbox",
            "tinderbox",
            &program.to_string_lossy(),
            &mut script,
        )?;
        say_data(String::from_utf8_lossy(&script).trim_end())?;
        Ok(Exit::Done)
    }
}
