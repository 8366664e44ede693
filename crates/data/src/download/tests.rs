use std::time::Instant;

use tempfile::TempDir;

use super::*;
use crate::test_server::{Reply, Request, Server, two_files};

/// A file to download, the right bytes, and a folder for it.
struct Case {
    file: DataFile,
    bytes: Vec<u8>,
    folder: TempDir,
    connect: Duration,
    stall: Duration,
    slowest: u64,
}

impl Case {
    fn new(servers: &[&Server]) -> Self {
        let bytes = content();
        let mut file = two_files("").0.training.files.remove(0);
        file.mirrors = servers.iter().map(|server| format!("{}/{}", server.address, file.name)).collect();
        file.sha256 = Checksum::of(&bytes);
        file.size = bytes.len() as u64;
        let folder = tempfile::tempdir().expect("temporary folder");
        Self { file, bytes, folder, connect: CONNECT, stall: STALL, slowest: SLOWEST }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(&self.file.name)
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join(format!("{}.part", self.file.name))
    }

    fn run(&self) -> Result<PathBuf, DownloadError> {
        let &Self { ref file, ref folder, connect, stall, slowest, .. } = self;
        Download { file, folder: folder.path(), connect, stall, slowest }.run(&mut |_| {})
    }

    #[track_caller]
    fn arrives(&self) {
        assert_eq!(self.run().expect("downloaded"), self.path());
        assert_eq!(fs::read(self.path()).expect("there"), self.bytes);
        assert!(!self.part().exists());
    }

    /// Nothing has the final name, and the message has `expected` in it.
    #[track_caller]
    fn fails(&self, expected: &str) {
        let message = self.run().expect_err("no download").to_string();
        assert!(message.contains(expected), "{message}");
        assert!(!self.path().exists());
    }
}

/// Three pieces and a bit, no two parts of which are alike.
fn content() -> Vec<u8> {
    (0..3 * PIECE as u32 / 4 + 5).flat_map(u32::to_le_bytes).collect()
}

/// Serves the whole file, and ranges of it.
fn good(request: &Request, reply: &mut Reply) {
    match request.from {
        Some(from) => reply.part(&content(), from),
        None => reply.whole(&content()),
    }
}

/// Promises everything and hangs up after `kept` bytes.
fn breaks_after(kept: usize) -> Server {
    Server::start(move |_, reply| {
        reply.head(&format!("200 OK\r\nContent-Length: {}", content().len()));
        reply.bytes(&content()[..kept]);
    })
}

fn froms(server: &Server) -> Vec<Option<usize>> {
    server.requests().into_iter().map(|request| request.from).collect()
}

#[test]
fn a_file_arrives_and_progress_runs_from_0_to_its_size() {
    let server = Server::start(good);
    let case = Case::new(&[&server]);
    let folder = case.folder.path().join("made/on/the/way");
    let mut steps = Vec::new();
    let path = download(&case.file, &folder, &mut |step| steps.push(step.received)).expect("downloaded");
    assert_eq!(fs::read(path).expect("there"), case.bytes);
    assert_eq!((steps[0], steps[steps.len() - 1]), (0, case.file.size));
    assert!(steps.is_sorted());
}

#[test]
fn a_file_that_is_there_is_not_downloaded_again() {
    let server = Server::start(good);
    let case = Case::new(&[&server]);
    case.arrives();
    case.arrives();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn the_second_mirror_helps_where_the_first_answers_404() {
    let lost = Server::start(|_, reply| reply.head("404 Not Found\r\nContent-Length: 0"));
    let server = Server::start(good);
    Case::new(&[&lost, &server]).arrives();
    assert_eq!((lost.requests().len(), server.requests().len()), (1, 1));
}

#[test]
fn every_mirror_is_named_with_its_reason() {
    let lost = Server::start(|_, reply| reply.head("404 Not Found\r\nContent-Length: 0"));
    let page = Server::start(|_, reply| reply.whole(b"<html>welcome</html>"));
    let case = Case::new(&[&lost, &page]);
    let size = case.file.size;
    case.fails(&format!(
        "zip.train.gz could not be downloaded: {0}/zip.train.gz: the server answered 404 Not Found; \
         {1}/zip.train.gz: the server offers 20 bytes, expected {size}",
        lost.address, page.address
    ));
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let mut case = Case::new(&[]);
    case.file.mirrors = vec!["http://127.0.0.1:1/zip.train.gz".into()];
    case.fails("http://127.0.0.1:1/zip.train.gz: ");
}

#[test]
fn a_broken_download_is_taken_up_at_its_last_byte_by_the_next_mirror() {
    let (broken, server) = (breaks_after(1000), Server::start(good));
    Case::new(&[&broken, &server]).arrives();
    assert_eq!(froms(&server), [Some(1000)]);
}

#[test]
fn a_broken_download_is_taken_up_by_the_next_run() {
    let broken = breaks_after(1000);
    let mut case = Case::new(&[&broken]);
    case.fails(&format!("after 1000 of {} bytes", case.file.size));
    assert_eq!(fs::read(case.part()).expect("kept"), case.bytes[..1000]);
    let server = Server::start(good);
    case.file.mirrors = vec![server.address.clone()];
    case.arrives();
    assert_eq!(froms(&server), [Some(1000)]);
}

#[test]
fn a_server_without_ranges_sends_everything_anew() {
    let server = Server::start(|_, reply| reply.whole(&content()));
    let case = Case::new(&[&server]);
    fs::write(case.part(), &case.bytes[..1000]).expect("written");
    case.arrives();
    assert_eq!(froms(&server), [Some(1000)]);
}

#[test]
fn a_server_that_sends_another_range_is_not_believed() {
    let server = Server::start(|_, reply| reply.part(&content(), 500));
    let case = Case::new(&[&server]);
    fs::write(case.part(), &case.bytes[..1000]).expect("written");
    case.fails("the server returned the wrong range; expected bytes 1000-");
}

#[test]
fn rotten_bytes_of_an_earlier_attempt_cost_one_more_request() {
    let server = Server::start(good);
    let case = Case::new(&[&server]);
    fs::write(case.part(), [7; 1000]).expect("written");
    case.arrives();
    assert_eq!(froms(&server), [Some(1000), None]);
}

#[test]
fn a_complete_part_file_needs_no_request() {
    let server = Server::start(good);
    let case = Case::new(&[&server]);
    fs::write(case.part(), &case.bytes).expect("written");
    case.arrives();
    assert!(server.requests().is_empty());
}

#[test]
fn a_part_file_that_is_too_long_is_thrown_away() {
    let server = Server::start(good);
    let case = Case::new(&[&server]);
    fs::write(case.part(), [case.bytes.as_slice(), b"more"].concat()).expect("written");
    case.arrives();
    assert_eq!(froms(&server), [None]);
}

#[test]
fn wrong_bytes_are_removed_and_both_checksums_named() {
    let zeros = vec![0; content().len()];
    let found = Checksum::of(&zeros);
    let server = Server::start(move |_, reply| reply.whole(&zeros));
    let case = Case::new(&[&server]);
    case.fails(&format!("the bytes have the SHA-256 {found}, expected {}", case.file.sha256));
    assert!(!case.part().exists());
}

#[test]
fn a_server_that_never_ends_is_cut_off_at_the_size() {
    let server = Server::start(|_, reply| {
        reply.head("200 OK");
        (0..64).for_each(|_| reply.bytes(&content()));
    });
    let case = Case::new(&[&server]);
    case.fails(&format!("the server sends more than the expected {} bytes", case.file.size));
    assert!(!case.part().exists());
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    let server = Server::start(|_, reply| {
        reply.head(&format!("200 OK\r\nContent-Length: {}", content().len()));
        reply.bytes(&content()[..10]);
        std::thread::sleep(Duration::from_secs(3));
    });
    let case = Case { stall: Duration::from_millis(300), ..Case::new(&[&server]) };
    case.fails(&format!("no byte came for 0.3 s, after 10 of {}", case.file.size));
}

/// A byte in 20 ms, for ever: no wait is long, and the file would take an hour.
#[test]
fn a_server_that_dribbles_is_given_up_and_what_came_is_kept() {
    let server = Server::start(|_, reply| {
        reply.head(&format!("200 OK\r\nContent-Length: {}", content().len()));
        for byte in content().iter().take(500) {
            reply.bytes(&[*byte]);
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let case = Case { stall: Duration::from_secs(1), slowest: 1000, ..Case::new(&[&server]) };
    let begun = Instant::now();
    case.fails("bytes came in 1 s, after ");
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(fs::metadata(case.part()).expect("kept").len() > 0);
}

#[test]
fn a_server_that_dribbles_its_headers_is_given_up() {
    let server = Server::start(|_, reply| {
        for _ in 0..500 {
            reply.bytes(b"HTTP/1.1 200 OK\r\nA: b\r\n".get(..1).expect("a byte"));
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let case = Case { stall: Duration::from_millis(300), ..Case::new(&[&server]) };
    let begun = Instant::now();
    assert!(case.run().is_err());
    assert!(begun.elapsed() < Duration::from_secs(5));
}

/// Every window has its bytes, and the server sends on: the whole time ends it.
#[test]
fn a_download_ends_at_the_latest_when_the_slowest_rate_would() {
    let server = Server::start(|_, reply| {
        reply.head(&format!("200 OK\r\nContent-Length: {}", content().len()));
        for byte in content().iter().take(500) {
            reply.bytes(&[*byte]);
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let moment = Duration::from_millis(200);
    let slowest = content().len() as u64 * 5;
    // A window that never ends: only the whole time counts.
    let case = Case { connect: moment, stall: Duration::from_secs(1), slowest, ..Case::new(&[&server]) };
    let begun = Instant::now();
    assert!(case.run().is_err());
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
#[cfg(unix)]
fn a_lock_that_is_a_link_is_refused_and_leaves_its_target_as_it_is() {
    let case = Case::new(&[]);
    let [target, link] = ["mine", ".lock"].map(|name| case.folder.path().join(name));
    fs::write(&target, "precious").expect("written");
    std::os::unix::fs::symlink(&target, &link).expect("linked");
    case.fails(".lock is not a regular file; a lock file must be one");
    assert_eq!(fs::read(&target).expect("there"), b"precious");
    fs::remove_file(&target).expect("removed");
    case.fails(".lock is not a regular file");
    assert!(!target.exists(), "a dangling link makes no file");
}

/// A pipe would wait for its other end for ever.
#[test]
#[cfg(unix)]
fn a_lock_that_is_a_pipe_is_refused() {
    let case = Case::new(&[]);
    let made = std::process::Command::new("mkfifo").arg(case.folder.path().join(".lock")).status();
    assert!(made.expect("mkfifo").success());
    case.fails(".lock is not a regular file");
}

#[test]
fn two_downloads_at_once_make_one_request() {
    let server = Server::start(good);
    let case = Case::new(&[&server]);
    std::thread::scope(|scope| {
        for run in [scope.spawn(|| case.run()), scope.spawn(|| case.run())] {
            run.join().expect("no panic").expect("downloaded");
        }
    });
    assert_eq!(server.requests().len(), 1);
}

/// `/dev/full` is a file on a full disk.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_one_error_whatever_the_mirrors() {
    let (first, second) = (Server::start(good), Server::start(good));
    let case = Case::new(&[&first, &second]);
    std::os::unix::fs::symlink("/dev/full", case.part()).expect("linked");
    let message = case.run().expect_err("full").to_string();
    assert!(message.starts_with("no space left to write "), "{message}");
    assert!(
        message.ends_with(&format!("takes {} bytes; free some and try again", case.file.size)),
        "{message}"
    );
    assert!(!case.path().exists());
    assert!(second.requests().is_empty());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let case = Case::new(&[]);
    let file = case.folder.path().join("file");
    fs::write(&file, "").expect("written");
    let message = download(&case.file, &file, &mut |_| {}).expect_err("no folder").to_string();
    assert!(message.contains("file/zip.train.gz cannot be written: "), "{message}");
}
