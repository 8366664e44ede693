//! Writes `report.html`, `report.json`, `report.schema.json` and `report.md` of a made-up paper and `study.html` and
//! `study.json` of a made-up study into a folder.
//!
//! ```text
//! cargo run --release -p tinderbox-report --example made_up -- FOLDER
//! ```

#[path = "../tests/paper/mod.rs"]
mod paper;
#[path = "../tests/study/mod.rs"]
mod study;

use std::error::Error;
use std::path::PathBuf;

use tinderbox_report::study::page;
use tinderbox_report::{markdown, numbers, render, schema};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("which folder?")?);
    std::fs::create_dir_all(&folder)?;
    let report = paper::paper();
    let numbers = numbers(&report);
    std::fs::write(folder.join("report.html"), render(&report)?)?;
    std::fs::write(folder.join("report.json"), serde_json::to_vec_pretty(&numbers)?)?;
    std::fs::write(folder.join("report.schema.json"), serde_json::to_vec_pretty(&schema())?)?;
    std::fs::write(folder.join("report.md"), markdown(&numbers))?;
    let study = study::study();
    std::fs::write(folder.join("study.html"), page(&study)?)?;
    std::fs::write(folder.join("study.json"), serde_json::to_vec_pretty(&study)?)?;
    Ok(())
}
