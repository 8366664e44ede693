//! The program behind `cargo xtask`: experiments become plans, plans become trials, trials become a report.
//!
//! ```text
//! experiments/*.toml -> experiment -> plan -> storage -> worker -> trial -> record -> storage -> report
//! ```

pub mod commands;

pub mod experiment;
pub mod plan;

pub mod estimate;
pub mod run;

pub mod tuning;

pub mod crew;
pub mod worker;

pub mod machine;
pub mod name;
pub mod shell;
pub mod state;

pub mod origin;
pub mod trial;

pub mod page;

pub mod backend;
pub mod dataset;
pub mod environment;

mod hidden;
mod json;

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
