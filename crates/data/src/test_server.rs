//! A web server for tests: real sockets, one connection at a time, and replies that may be as wrong as a test likes.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::checksum::Checksum;
use crate::datasets::Datasets;
use crate::manifest::Manifest;

/// What a client asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// First byte of the range that it asked for.
    pub(crate) from: Option<usize>,
}

/// The connection to answer on; it is closed afterwards.
pub(crate) struct Reply(TcpStream);

/// A server that runs until the tests end.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`.
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request, &mut Reply) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(request) = read_request(&stream) else { continue };
                seen.lock().expect("no panic").push(request.clone());
                answer(&request, &mut Reply(stream));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic").clone()
    }
}

impl Reply {
    /// Everything, from the first byte.
    pub(crate) fn whole(&mut self, body: &[u8]) {
        self.head(&format!("200 OK\r\nContent-Length: {}", body.len()));
        self.bytes(body);
    }

    /// The bytes of `body` from `from` on.
    pub(crate) fn part(&mut self, body: &[u8], from: usize) {
        let (length, last) = (body.len(), body.len() - 1);
        let rest = &body[from..];
        self.head(&format!(
            "206 Partial Content\r\nContent-Range: bytes {from}-{last}/{length}\r\nContent-Length: {}",
            rest.len()
        ));
        self.bytes(rest);
    }

    /// A status line and headers.
    pub(crate) fn head(&mut self, head: &str) {
        self.bytes(format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").as_bytes());
    }

    /// Any bytes; a client that hangs up is not a failure of the server.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }
}

/// The built-in manifest of USPS.
pub(crate) fn usps() -> Manifest {
    Datasets::default().get("usps").expect("built in").clone()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

/// A manifest named `usps` of two small files served by `server`, and the files: one image of each digit, and one 7.
pub(crate) fn two_files(server: &str) -> (Manifest, [Vec<u8>; 2]) {
    let mut manifest = usps();
    manifest.shape.height = 1;
    manifest.shape.width = 2;
    let digits: Vec<String> = (0..10).map(|digit| format!("{digit} -1 0.{digit}\n")).collect();
    let files = [digits.concat(), "7 1 0\n".to_owned()].map(|text| gzip(text.as_bytes()));
    for ((part, bytes), images) in
        [&mut manifest.training, &mut manifest.test].into_iter().zip(&files).zip([10, 1])
    {
        part.images = images;
        let file = &mut part.files[0];
        file.sha256 = Checksum::of(bytes);
        file.size = bytes.len() as u64;
        file.mirrors = vec![format!("{server}/{}", file.name)];
    }
    (manifest, files)
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let from = headers.iter().find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok()
    });
    Some(Request { path, from })
}
