//! `tinderbox report`: the page once more, from the storage alone.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, Refusal, say};
use crate::json;
use crate::page;
use crate::run::RunFolder;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tinderbox report runs/0123456789ab")]
pub(super) struct Report {
    /// Folder of a run
    run: PathBuf,

    /// Print the numbers as JSON, as they are in report.json
    #[arg(long)]
    json: bool,
}

impl Report {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let folder = RunFolder::open(&self.run)?;
        let numbers = page::write(&folder)?.numbers;
        if self.json {
            say(json::pretty(&numbers))?;
        } else {
            say(tinderbox_report::summary(&numbers))?;
            say(format_args!("report: {}", folder.report_path().display()))?;
        }
        Ok(Exit::Done)
    }
}
