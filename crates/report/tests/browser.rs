//! A browser opens the pages of a made-up paper and a made-up study: without network, with and without script, by keyboard, narrow, dark and
//! printed. `browser/check.mjs` says what it looks for.

mod paper;
mod study;

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tinderbox_report::{numbers, render, schema};

#[test]
fn a_browser_finds_nothing_wrong_with_the_pages() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    let tools = match tools(&folder) {
        Ok(tools) => tools,
        Err(missing) if std::env::var_os("CI").is_some_and(|ci| ci == "true") => panic!("{missing}"),
        // Past the test harness, which keeps what a passing test prints.
        Err(missing) => {
            return writeln!(std::io::stderr(), "SKIPPED: the page in a browser: {missing}").unwrap();
        }
    };
    let report = paper::paper();
    fs::write(folder.join("report.html"), render(&report).unwrap()).unwrap();
    fs::write(folder.join("report.json"), serde_json::to_vec(&numbers(&report)).unwrap()).unwrap();
    fs::write(folder.join("report.schema.json"), serde_json::to_vec(&schema()).unwrap()).unwrap();
    fs::write(folder.join("study.html"), tinderbox_report::study::page(&study::study()).unwrap()).unwrap();
    let checked = Command::new("node")
        .arg("check.mjs")
        .arg(&folder)
        .env("CHROMIUM", &tools)
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", said(&checked));
}

/// Sets up `folder` to run the check, and returns the browser.
///
/// # Errors
/// With what is missing and what would install it.
fn tools(folder: &Path) -> Result<PathBuf, String> {
    let browser = std::env::var_os("CHROMIUM").unwrap_or_else(|| OsString::from("/usr/bin/chromium"));
    let browser = PathBuf::from(browser);
    if !browser.is_file() {
        let path = browser.display();
        return Err(format!(
            "no browser at {path}: install Debian's chromium, or set CHROMIUM to a Chromium"
        ));
    }
    for tool in ["node", "npm"] {
        let found = Command::new(tool).arg("--version").output().is_ok_and(|ran| ran.status.success());
        if !found {
            return Err(format!("no {tool}: install Debian's nodejs and npm, version 20 or later"));
        }
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    fs::create_dir_all(folder).unwrap();
    let lock = "package-lock.json";
    let installed = fs::read(folder.join(lock)).ok() == fs::read(source.join(lock)).ok()
        && folder.join("node_modules/.package-lock.json").is_file();
    for file in ["package.json", lock, "check.mjs"] {
        fs::copy(source.join(file), folder.join(file)).unwrap();
    }
    if !installed {
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        let ran = Command::new("npm").args(arguments).current_dir(folder).output().unwrap();
        if !ran.status.success() {
            let reason = said(&ran).lines().next().unwrap_or_default().to_owned();
            return Err(format!(
                "npm ci in {} failed, is the npm registry reachable? {reason}",
                folder.display()
            ));
        }
    }
    Ok(browser)
}

fn said(ran: &Output) -> String {
    String::from_utf8_lossy(&ran.stderr).into_owned() + &String::from_utf8_lossy(&ran.stdout)
}
