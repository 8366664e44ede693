//! The library behind the program: experiments become plans, plans become trials, trials become a report.
//!
//! ```text
//! experiments/*.toml -> experiment -> plan -> storage -> worker -> trial -> record -> storage -> report
//! ```

pub mod catalog;

pub mod experiment;
pub mod plan;

pub mod estimate;
pub mod pace;
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
mod paper;

pub mod backend;
pub mod environment;

pub mod hidden;
pub mod json;
pub mod nearest;

#[cfg(test)]
mod fixture;
