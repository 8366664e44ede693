//! What the tests of this crate share.

use std::sync::LazyLock;

use tinderbox_data::{Choice, ImageSpec};

use crate::catalog::Catalog;
use crate::experiment::{Configuration, Defaults, Experiment};

/// All that is built in.
pub(crate) static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::default);

/// The defaults for the paper's images.
pub(crate) fn defaults() -> Defaults<'static> {
    Defaults { catalog: &CATALOG, images: images() }
}

fn images() -> ImageSpec {
    CATALOG.datasets.spec(&Choice::Auto).expect("built in")
}

/// The paper's experiments of these names, or all.
pub(crate) fn experiments(only: &[&str]) -> Vec<Experiment> {
    let all = Experiment::built_in(defaults()).unwrap_or_else(|error| panic!("{error}"));
    all.into_iter().filter(|experiment| only.is_empty() || only.contains(&experiment.name())).collect()
}

/// The default network of a kind.
pub(crate) fn configuration(kind: &str) -> Configuration {
    defaults().configuration(kind).expect("built in")
}
