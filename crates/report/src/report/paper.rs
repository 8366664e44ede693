//! The paper that a report is about.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The paper that a report is about: data, as a file has them. Its title, author, date and address are reported, none of
/// them was checked here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// Title, as printed.
    pub title: String,
    /// Who wrote it.
    pub author: String,
    /// When, as printed.
    pub date: String,
    /// What kind of text it is and where to find it, such as `a course report of which no address is known`.
    pub kind: String,
    /// Where title, author and date are from.
    pub source: String,
    /// What a report about it tells, in a sentence for those who know nothing of the field; not the paper's.
    pub plain: String,
    /// Headings of its parts, by the name of the part in experiments.
    #[serde(default)]
    pub parts: BTreeMap<String, String>,
}
