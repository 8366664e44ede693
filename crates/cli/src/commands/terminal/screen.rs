//! Rows that are drawn again and again at the end of what was printed, and make room for what is printed meanwhile.
//!
//! The cursor waits at the beginning of the first row. A terminal that is made narrower breaks rows in its own way, or
//! cuts them: wherever they go, they are behind the cursor, and clearing from there leaves none of them.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use terminal_size::{Height, Width, terminal_size_of};

use super::layout::{Row, cut, rows};
use super::visible_line;

/// How often rows are drawn, if they have changed.
const TICK: Duration = Duration::from_millis(100);
/// Of a terminal that does not say it.
const USUAL: (usize, usize) = (80, 24);
/// Narrower ones get lines of this width.
const NARROWEST: usize = 20;

type Source = Box<dyn Fn() -> Vec<Row> + Send>;

struct Screen {
    /// What is to be drawn, if anything.
    source: Option<Source>,
    /// What stands there now.
    drawn: Option<String>,
}

static SCREEN: Mutex<Screen> = Mutex::new(Screen { source: None, drawn: None });

fn screen() -> MutexGuard<'static, Screen> {
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints by `print`, above the rows.
pub(super) fn above_rows<T>(print: impl FnOnce() -> T) -> T {
    let mut screen = screen();
    screen.erase();
    let printed = print();
    screen.draw();
    printed
}

/// Columns for text on standard output; `None` if it is no terminal: nothing is laid out then.
pub(in crate::commands) fn output_width() -> Option<usize> {
    let output = io::stdout();
    output.is_terminal().then(|| usable(terminal_size_of(&output)).0)
}

/// As [`output_width`], on standard error.
pub(super) fn error_width() -> Option<usize> {
    let output = io::stderr();
    output.is_terminal().then(|| usable(terminal_size_of(&output)).0)
}

/// The last column stays free: some terminals go to the next line as soon as it is written.
fn usable(size: Option<(Width, Height)>) -> (usize, usize) {
    let (width, height) = size.map_or(USUAL, |(Width(width), Height(height))| (width.into(), height.into()));
    ((width - 1).max(NARROWEST), height)
}

/// Rows of progress on standard error, until this is dropped.
pub(crate) struct Live(Option<(Sender<()>, JoinHandle<()>)>);

impl Live {
    /// Draws what `source` returns, again whenever it has changed; `None` where no terminal shows it.
    ///
    /// `source` must not print.
    pub(crate) fn start(source: impl Fn() -> Vec<Row> + Send + 'static) -> Option<Self> {
        let dumb = std::env::var_os("TERM").is_some_and(|name| name == "dumb");
        if dumb || super::form() != super::Form::Auto || !io::stderr().is_terminal() {
            return None;
        }
        screen().source = Some(Box::new(source));
        let (sender, receiver) = channel();
        let ticker = thread::spawn(move || {
            while receiver.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                screen().draw();
            }
        });
        Some(Self(Some((sender, ticker))))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some((sender, ticker)) = self.0.take() {
            drop(sender);
            _ = ticker.join();
        }
        let mut screen = screen();
        screen.source = None;
        screen.erase();
    }
}

impl Screen {
    fn erase(&mut self) {
        if self.drawn.take().is_some() {
            // Nothing is to be done about a terminal that takes no text.
            _ = write!(io::stderr(), "\r\u{1b}[J").and_then(|()| io::stderr().flush());
        }
    }

    fn draw(&mut self) {
        let Some(source) = &self.source else { return };
        let (width, height) = usable(terminal_size_of(io::stderr()));
        let frame = frame(&source(), width, height);
        if self.drawn.as_ref() != Some(&frame) {
            // In one piece, so that no half of it is seen.
            _ = io::stderr().write_all(frame.as_bytes()).and_then(|()| io::stderr().flush());
            self.drawn = Some(frame);
        }
    }
}

/// What a terminal of this size is sent to show the rows, the cursor being where the first of them begins.
fn frame(given: &[Row], width: usize, height: usize) -> String {
    let harmless = |text: &String| visible_line(text);
    let given: Vec<Row> = given
        .iter()
        .map(|row| Row {
            label: harmless(&row.label),
            pieces: row.pieces.iter().map(harmless).collect(),
            ..*row
        })
        .collect();
    let mut shown = rows(&given, width);
    // A row that scrolled off could not be drawn again.
    let room = height.saturating_sub(1).max(1);
    if shown.len() > room {
        let hidden = shown.len() - (room - 1);
        shown.truncate(room - 1);
        shown.push(cut(&format!("and {hidden} more"), width));
    }
    let up = match shown.len() {
        0 | 1 => String::new(),
        count => format!("\u{1b}[{}A", count - 1),
    };
    format!("\r\u{1b}[J{}{up}\r", shown.join("\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(count: usize) -> Vec<Row> {
        (0..count).map(|place| Row { label: format!("worker {place}"), ..Row::default() }).collect()
    }

    #[test]
    fn a_frame_clears_what_was_there_and_ends_where_it_began() {
        let frame = frame(&given(3), 79, 24);
        assert!(frame.starts_with("\r\u{1b}[Jworker 0") && frame.ends_with("\u{1b}[2A\r"), "{frame:?}");
        assert_eq!(frame.matches('\n').count(), 2);
    }

    #[test]
    fn rows_beyond_the_height_are_counted() {
        let frame = frame(&given(64), 79, 10);
        assert_eq!(frame.matches('\n').count(), 8, "{frame:?}");
        assert!(frame.contains("worker 7") && !frame.contains("worker 8 "), "{frame:?}");
        assert!(frame.contains("and 56 more"), "{frame:?}");
    }

    #[test]
    fn no_label_and_no_piece_steers_the_terminal() {
        let odd = "a\u{1b}[2J\nb\u{202e}".to_string();
        let row = Row { label: odd.clone(), share: 0.0, pieces: vec![odd] };
        let frame = frame(&[row], 79, 24);
        let text =
            frame.strip_prefix("\r\u{1b}[J").and_then(|text| text.strip_suffix('\r')).expect("a frame");
        assert!(!text.contains(char::is_control) && !text.contains('\u{202e}'), "{text:?}");
    }

    #[test]
    fn a_terminal_without_a_size_and_a_tiny_one_have_room() {
        assert_eq!(usable(None), (79, 24));
        assert_eq!(usable(Some((Width(1), Height(1)))), (20, 1));
        assert_eq!(usable(Some((Width(60), Height(30)))), (59, 30));
    }
}
