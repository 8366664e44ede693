//! A study of Tinderbox as `optuna-dashboard` shows it in a browser: its name, its best trial and the value of that.
#![cfg(all(unix, feature = "sqlite"))]

use std::env;
use std::io::{Write, stderr};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use tinderbox_search::{Direction, Distribution, Random, Settings, Space, Study, open};

/// The command line of the package: it has no `__main__`, and its program need not be on the path.
const DASHBOARD: &str = "from optuna_dashboard._cli import main; main()";

#[test]
fn the_dashboard_shows_a_study_and_its_best_trial() {
    let (python, browser) = match tools() {
        Ok(tools) => tools,
        Err(missing) => {
            let skipped = format!("SKIPPED, not tested: studies in optuna-dashboard; {missing}");
            assert_ne!(env::var("CI").as_deref(), Ok("true"), "{skipped}");
            // Not `eprintln`: the output of a test that passes is hidden.
            return writeln!(stderr(), "{skipped}").unwrap();
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:///{}", folder.path().join("studies.db").display());
    let name = "layers & rates";
    let space = Space::new([("rate", Distribution::log_uniform(1e-4, 0.1))]).unwrap();
    let directions = vec![Direction::Maximize];
    let settings = Settings { directions, trials: Some(12), ..Settings::new(space, Random { seed: 7 }) };
    let mut study = Study::open(open(&url).unwrap(), name, settings).unwrap();
    study
        .run(SystemTime::now, |trial| {
            let value = -(trial.float("rate")?.log10() + 2.0).powi(2);
            trial.report(0, value - 1.0)?;
            Ok(value)
        })
        .unwrap();
    let best = study.best().unwrap().unwrap();

    let dashboard = Dashboard::start(&python, &url);
    let list = dashboard.look(&browser, folder.path(), "dashboard/");
    assert!(list.contains("layers &amp; rates"), "its name is not in the list:\n{list}");
    let page = dashboard.look(&browser, folder.path(), "dashboard/studies/1");
    assert!(page.contains("layers &amp; rates"), "its name is not on its page:\n{page}");
    let (number, value) = (format!("Best Trial (number={})", best.number), best.value().unwrap().to_string());
    assert!(page.contains(&number), "expected `{number}`:\n{page}");
    assert!(page.contains(&value), "expected `{value}`:\n{page}");
}

/// A server, until it is dropped.
struct Dashboard {
    process: Child,
    port: u16,
}

impl Dashboard {
    /// Starts it on a free port and waits until it listens, for a minute at most.
    fn start(python: &Path, url: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(python);
        command.args(["-c", DASHBOARD, url, "--host", "127.0.0.1", "--port", &port.to_string()]);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut dashboard = Self { process, port };
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return dashboard;
            }
            assert_eq!(dashboard.process.try_wait().unwrap(), None, "it ended");
            thread::sleep(Duration::from_millis(100));
        }
        panic!("optuna-dashboard does not listen");
    }

    /// The page at `path` once its script has run, as HTML.
    fn look(&self, browser: &Path, folder: &Path, path: &str) -> String {
        let mut command = Command::new(browser);
        command.args(["--headless", "--disable-gpu", "--no-sandbox", "--dump-dom"]);
        // Of the page's time, which passes at once where nothing is awaited.
        command.arg("--virtual-time-budget=20000");
        command.arg(format!("--user-data-dir={}", folder.join("browser").display()));
        let output = command.arg(format!("http://127.0.0.1:{}/{path}", self.port)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// A Python with the dashboard, and a browser.
///
/// # Errors
/// With what is missing and what would bring it.
fn tools() -> Result<(PathBuf, PathBuf), String> {
    let python = env::var_os("TINDERBOX_PYTHON").map(PathBuf::from);
    let python = python.ok_or("set TINDERBOX_PYTHON to a Python with `optuna-dashboard`")?;
    let mut found = Command::new(&python);
    let found = found.args(["-c", "import optuna_dashboard"]).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        return Err(format!("`{} -m pip install optuna-dashboard`", python.display()));
    }
    let browser = PathBuf::from(env::var_os("CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into()));
    if !browser.is_file() {
        let path = browser.display();
        return Err(format!("no browser at {path}: `apt-get install chromium`, or set CHROMIUM to one"));
    }
    Ok((python, browser))
}
