//! The program on a pseudo-terminal: `script` makes one, `stty` gives it a size, `vt100` shows what a user sees.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::desk::Desk;

/// So many rows that nothing scrolls away.
const ROWS: u16 = 300;
const LONGEST: Duration = Duration::from_mins(2);

/// The program, running on a terminal.
pub(crate) struct Terminal {
    child: Child,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    /// The device's file.
    device: String,
    /// What it was sent.
    pub(crate) sent: Vec<u8>,
    ended: bool,
}

impl Terminal {
    /// Starts the program with these words; `None`, with a note, where there is no `script`.
    pub(crate) fn start(desk: &Desk, words: &str, columns: u16, variables: &[(&str, &str)]) -> Option<Self> {
        let line = format!(
            "tty > device; stty cols {columns} rows {ROWS}; exec '{}' {words}",
            env!("CARGO_BIN_EXE_tinderbox")
        );
        let program = desk.command("");
        let mut script = Command::new("script");
        script.args(["-q", "-e", "-f", "-c", &line, "/dev/null"]).current_dir(desk.path());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
            script.env_remove(name);
        }
        script.env("TERM", "xterm-256color").env("SHELL", "/bin/sh").envs(variables.iter().copied());
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Elsewhere `script` has other arguments.
        let started = if cfg!(target_os = "linux") { script.spawn().ok() } else { None };
        let Some(mut child) = started else {
            let skipped = "SKIPPED, not tested: output on a terminal; `apt-get install bsdutils`";
            writeln!(std::io::stderr(), "{skipped}").expect("standard error");
            return None;
        };
        let mut out = child.stdout.take().expect("a pipe");
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut bytes) {
                _ = sender.send(bytes[..count].to_vec());
            }
        });
        let parser = vt100::Parser::new(size(ROWS), size(columns), 0);
        let device = desk.path().join("device").display().to_string();
        Some(Self { child, output, parser, device, sent: Vec::new(), ended: false })
    }

    /// Reads until `seen` says of the screen that it is enough, or the program ends; each screen is looked at.
    ///
    /// # Panics
    /// If a line was wrapped by the terminal, or a row of progress stands there twice.
    pub(crate) fn until(&mut self, mut seen: impl FnMut(&str) -> bool) -> bool {
        let started = Instant::now();
        loop {
            assert!(started.elapsed() < LONGEST, "it takes too long:\n{}", self.contents());
            match self.output.recv_timeout(Duration::from_millis(50)) {
                Ok(bytes) => {
                    self.sent.extend(&bytes);
                    self.parser.process(&bytes);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    self.ended = true;
                    return false;
                }
            }
            let contents = self.contents();
            for row in 0..ROWS {
                assert!(!self.parser.screen().row_wrapped(row), "row {row} is wrapped:\n{contents}");
            }
            let bars = contents.lines().filter(|line| line.starts_with("worker 0 ")).count();
            assert!(bars <= 1, "a row that is stale:\n{contents}");
            if seen(&contents) {
                return true;
            }
        }
    }

    /// Another width, as if the user had pulled at the window.
    pub(crate) fn resize(&mut self, columns: u16) {
        let (_, before) = self.parser.screen().size();
        // What is drawn meanwhile may be of either width: it is looked at on the wider of the two.
        self.parser.set_size(size(ROWS), before.max(size(columns)));
        let device = std::fs::read_to_string(&self.device).expect("the terminal's name");
        let mut stty = Command::new("stty");
        stty.args(["-F", device.trim(), "cols", &columns.to_string()]);
        assert!(stty.status().expect("stty").success());
        let until = Instant::now() + Duration::from_millis(400);
        self.until(|_| Instant::now() > until);
        self.parser.set_size(size(ROWS), size(columns));
    }

    /// Types Ctrl-C.
    pub(crate) fn interrupt(&mut self) {
        self.child.stdin.as_mut().expect("a pipe").write_all(b"\x03").expect("typed");
    }

    /// What stands on the screen.
    pub(crate) fn contents(&self) -> String {
        self.parser.screen().contents()
    }

    /// Reads to the end: the exit code, and what is left on the screen.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        if !self.ended {
            self.until(|_| false);
        }
        let code = self.child.wait().expect("waited for").code();
        (code, self.contents())
    }
}

fn size(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a size")
}
