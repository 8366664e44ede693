//! `tinderbox report`: the page once more, from the storage alone.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Exit, Refusal, note, say, say_data};
use tinderbox::catalog::Catalog;
use tinderbox::json;
use tinderbox::page::{self, ReportFiles};
use tinderbox::run::RunFolder;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Report {
    /// Folder of a run
    run: PathBuf,

    /// What to print; the page and report.json are written in any case, if the folder takes files
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Folder for the page and report.json [default: that of the run]
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox report runs/0123456789ab
  tinderbox report runs/0123456789ab --format md > comment.md
  tinderbox report /mnt/archive/0123456789ab --output .";

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
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        let folder = RunFolder::open(&self.run)?;
        let format = if self.json { Format::Json } else { self.format };
        let files = self.files(&folder, format)?;
        let report = page::read(&folder, &catalog.kinds)?;
        let numbers = tinderbox_report::numbers(&report);
        if let Some(files) = &files {
            files.write(&report, &numbers)?;
        }
        match format {
            Format::Json => say_data(json::pretty(&numbers))?,
            Format::Md => say_data(tinderbox_report::markdown(&numbers))?,
            Format::Text => say(tinderbox_report::summary(&numbers))?,
        };
        if let (Format::Text, Some(files)) = (format, &files) {
            say(format_args!("report: {}", files.page().display()))?;
        }
        Ok(Exit::Done)
    }

    /// Where the page goes; nowhere, with a note, if the run's folder takes no files and another format is printed.
    fn files(&self, folder: &RunFolder, format: Format) -> Result<Option<ReportFiles>, Refusal> {
        let place: &Path = self.output.as_deref().unwrap_or(folder.path());
        match ReportFiles::new(place) {
            Ok(files) => Ok(Some(files)),
            Err(error) if self.output.is_some() => Err(format!("--output: {error}").into()),
            Err(error) if format == Format::Text => Err(format!(
                "{error}; --output DIR writes the page elsewhere, --format md prints the tables only"
            )
            .into()),
            Err(error) => {
                note(format_args!("note: the page is not written: {error}"));
                Ok(None)
            }
        }
    }
}
