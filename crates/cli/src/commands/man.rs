//! `tinderbox man`: manual pages, made of the same text as `--help`.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, Refusal, called, say, say_data};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Man {
    /// Folder for a page of each command; without it, the first page is printed
    folder: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox man ~/.local/share/man/man1
  tinderbox man > tinderbox.1";

impl Man {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let command = called::own();
        let Some(folder) = self.folder else {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            say_data(String::from_utf8_lossy(&page).trim_end())?;
            return Ok(Exit::Done);
        };
        let named = |error: std::io::Error| format!("{}: {error}", folder.display());
        std::fs::create_dir_all(&folder).map_err(named)?;
        clap_mangen::generate_to(command, &folder).map_err(named)?;
        say(format_args!("manual pages are in {}; `man tinderbox` shows the first", folder.display()))?;
        Ok(Exit::Done)
    }
}
