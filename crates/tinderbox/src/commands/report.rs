//! `tinderbox report`: the page once more, from the storage alone.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Exit, Refusal, say};
use crate::json;
use crate::page;
use crate::run::RunFolder;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Report {
    /// Folder of a run
    run: PathBuf,

    /// What to print; the page and report.json are written in any case
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox report runs/0123456789ab
  tinderbox report runs/0123456789ab --format md > comment.md";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Verdicts and tables for a terminal
    #[default]
    Text,
    /// The numbers, as they are in report.json
    Json,
    /// Verdicts and tables as Markdown, for a pull request
    Md,
}

impl Report {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let folder = RunFolder::open(&self.run)?;
        let numbers = page::write(&folder)?.numbers;
        match if self.json { Format::Json } else { self.format } {
            Format::Json => say(json::pretty(&numbers))?,
            Format::Md => say(tinderbox_report::markdown(&numbers))?,
            Format::Text => {
                say(tinderbox_report::summary(&numbers))?;
                say(format_args!("report: {}", folder.report_path().display()))?
            }
        };
        Ok(Exit::Done)
    }
}
