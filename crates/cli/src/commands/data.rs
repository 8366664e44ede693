//! `tinderbox data`: which datasets there are, and whether their files are here and right.

use clap::{Args, Subcommand};
use serde::Serialize;
use std::io;
use std::path::PathBuf;
use tinderbox_data::{Datasets, Manifest, Places, State, fetch, find, list, verify};

use super::{Exit, Refusal, say, say_data};
use crate::dataset::{DownloadBar, places};
use tinderbox::catalog::Catalog;
use tinderbox::json;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tinderbox data list\n  tinderbox data fetch usps\n  tinderbox data verify"
)]
pub(super) struct Data {
    #[command(subcommand)]
    action: Action,

    /// Folder with the dataset's files; nothing else is searched [default: `TINDERBOX_DATA_DIR`, then the cache]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists every dataset and where its files were found
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Finds a dataset's files or downloads them into the cache
    Fetch {
        /// Its name
        #[arg(default_value = "usps")]
        name: String,
    },
    /// Verifies the checksum of every file of a dataset
    Verify {
        /// Its name
        #[arg(default_value = "usps")]
        name: String,
    },
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    title: &'a str,
    training: usize,
    test: usize,
    licence: &'a str,
    citation: &'a str,
    folder: Option<PathBuf>,
    problem: Option<String>,
}

impl Data {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        let places = places(self.data_dir)?;
        let datasets = &catalog.datasets;
        match self.action {
            Action::List { json } => {
                show(datasets, &places, json)?;
                Ok(Exit::Done)
            }
            Action::Fetch { name } => {
                let mut bar = DownloadBar::default();
                let folder = fetch(datasets.get(&name)?, &places, &mut |progress| bar.show(&progress))?;
                bar.clear();
                say_data(folder.display())?;
                Ok(Exit::Done)
            }
            Action::Verify { name } => Ok(check(datasets.get(&name)?, &places)?),
        }
    }
}

fn show(datasets: &Datasets, places: &Places, as_json: bool) -> io::Result<()> {
    let entries: Vec<Entry> = list(datasets, places)
        .into_iter()
        .map(|listed| {
            let Manifest { name, title, licence, citation, training, test, .. } = listed.manifest;
            let (folder, problem) = match listed.found {
                Ok(folder) => (Some(folder), None),
                Err(error) => (None, Some(error.to_string())),
            };
            Entry {
                name,
                title,
                training: training.images,
                test: test.images,
                licence,
                citation,
                folder,
                problem,
            }
        })
        .collect();
    if as_json {
        say_data(json::pretty(&entries))?;
        return Ok(());
    }
    for Entry { name, title, training, test, licence, citation, folder, problem } in &entries {
        say(format_args!("{name}: {title}, {training} training and {test} test images"))?;
        say(format_args!("  licence: {licence}\n  cite: {citation}"))?;
        let files = folder.as_ref().map(|folder| folder.display().to_string());
        let files = files.as_deref().or(problem.as_deref()).unwrap_or("none");
        say(format_args!("  files: {files}"))?;
    }
    say(format_args!("stand-in: real digits inside the program, for machines without a network"))?;
    Ok(())
}

fn check(manifest: &Manifest, places: &Places) -> io::Result<Exit> {
    // A wrong file is an error of `find`, and just what is to be shown here.
    let folder = match find(manifest, places) {
        Ok(folder) => folder,
        Err(error) => {
            say(format_args!("{error}"))?;
            return Ok(Exit::Failed);
        }
    };
    let files = verify(manifest, &folder);
    for file in &files {
        say(format_args!("{file}"))?;
    }
    let right = files.iter().all(|file| matches!(file.state, State::Ok));
    Ok(if right { Exit::Done } else { Exit::Failed })
}
