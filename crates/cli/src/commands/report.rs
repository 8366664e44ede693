//! `tinderbox report`: the page once more, from the storage alone.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::search::StorageArguments;
use super::summary::say_summary;
use super::{Exit, Refusal, note, say, say_data};
use tinderbox::catalog::Catalog;
use tinderbox::json;
use tinderbox::page::{self, ReportFiles};
use tinderbox::run::{Run, RunFolder};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Report {
    /// Folder of a run with its results, such as runs/0123456789ab
    #[arg(required_unless_present = "run", conflicts_with = "run")]
    folder: Option<PathBuf>,

    /// Hash of a run in the storage
    #[arg(long, value_name = "HASH")]
    run: Option<String>,

    #[command(flatten)]
    storage: StorageArguments,

    /// What to print; the page and report.json are written too, if the folder is writable
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Folder for the page and report.json [default: that of the run, else the current one]
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox report runs/0123456789ab
  tinderbox report runs/0123456789ab --format md > comment.md
  tinderbox report /mnt/archive/0123456789ab --output .
  tinderbox report --storage postgres://me@host/runs --run 0123456789ab";

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
        let run = match (&self.folder, &self.run) {
            (Some(folder), _) => RunFolder::open(folder)?.run_to_read()?,
            (None, hash) => Run::find(self.storage.look()?, hash.as_deref().unwrap_or_default())?,
        };
        let format = if self.json { Format::Json } else { self.format };
        let files = self.files(format)?;
        let report = page::read(&run, &catalog.kinds)?;
        let numbers = tinderbox_report::numbers(&report);
        if let Some(files) = &files {
            files.write(&report, &numbers)?;
        }
        match format {
            Format::Json => say_data(json::pretty(&numbers))?,
            Format::Md => say_data(tinderbox_report::markdown(&numbers))?,
            Format::Text => say_summary(&numbers)?,
        };
        if let (Format::Text, Some(files)) = (format, &files) {
            say(format_args!("report: {}", files.page().display()))?;
        }
        Ok(Exit::Done)
    }

    /// Where the page goes; nowhere, with a note, if the run's folder takes no files and another format is printed.
    fn files(&self, format: Format) -> Result<Option<ReportFiles>, Refusal> {
        let place = self.output.as_deref().or(self.folder.as_deref()).unwrap_or(Path::new("."));
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
