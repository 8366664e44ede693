//! `tinderbox schema`: what an editor needs to complete and to check the program's files.

use clap::{Args, ValueEnum};

use super::{Exit, Refusal, say_data};
use tinderbox::catalog::Catalog;
use tinderbox::experiment::Defaults;
use tinderbox::json;
use tinderbox_data::Choice;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Schema {
    /// Kind of file
    #[arg(value_enum)]
    of: Files,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox schema experiment > schema.json
  tinderbox schema search > searches/schema.json

Editors with Taplo, such as VS Code with Even Better TOML, complete and check a file that begins with the line \
`#:schema ./schema.json`. The schema has the kinds that a program of your own adds.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Files {
    /// What `reproduce` reads
    Experiment,
    /// What `search run` reads
    Search,
}

impl Schema {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        let defaults = Defaults { catalog, images: catalog.datasets.spec(&Choice::Auto)? };
        let schema = match self.of {
            Files::Experiment => defaults.experiment_schema(),
            Files::Search => defaults.search_schema(),
        };
        say_data(json::pretty(&schema))?;
        Ok(Exit::Done)
    }
}
