//! Connections that break at the worst moment: while a commit is on its way, or its answer.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use proptest::prelude::*;

use super::{Postgres, server};
use crate::storage::contract::agreement;

/// The address of what stands between a storage and its server, and breaks the connection at every `every`-th commit of a write: by turns before the
/// server has it, and before the client has the answer.
fn breaker(url: &str, every: usize) -> String {
    let (before, server) = url.split_once('@').unwrap();
    let (server, database) = server.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("{before}@{}/{database}", listener.local_addr().unwrap());
    let (server, commits) = (server.to_owned(), Arc::new(AtomicUsize::new(0)));
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
            let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            let commits = Arc::clone(&commits);
            thread::spawn(move || forward(client, server, every, &commits));
            thread::spawn(move || {
                let _ = std::io::copy(&mut answers, &mut back);
                let _ = back.shutdown(Shutdown::Both);
            });
        }
    });
    url
}

fn forward(mut client: TcpStream, mut server: TcpStream, every: usize, commits: &AtomicUsize) {
    let mut bytes = vec![0; 1 << 16];
    let mut writes = true;
    while let Ok(length @ 1..) = client.read(&mut bytes) {
        let sent = &bytes[..length];
        let says = |word: &[u8]| sent.windows(word.len()).any(|bytes| bytes == word);
        if says(b"START TRANSACTION") {
            writes = !says(b"READ ONLY");
        }
        // With its end: a transaction also starts as READ COMMITTED.
        if writes && says(b"COMMIT\0") {
            let number = commits.fetch_add(1, Ordering::Relaxed) + 1;
            if number.is_multiple_of(every) {
                let _ = client.shutdown(Shutdown::Both);
                if number.is_multiple_of(2 * every) {
                    server.write_all(sent).unwrap();
                }
                // The server reads to the end, and answers nobody.
                let _ = server.shutdown(Shutdown::Write);
                return;
            }
        }
        if server.write_all(sent).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, ..ProptestConfig::default() })]
    #[test]
    fn lost_commits_and_answers_change_no_answer(steps in agreement::steps(), every in 1..6_usize) {
        let Some(url) = server::database() else { return Ok(()) };
        // Not every one: a transaction that never gets through is given up after a minute.
        let url = breaker(&url, every + 1);
        agreement::agree(steps, || Box::new(Postgres::open(&url).unwrap()))?;
    }
}
