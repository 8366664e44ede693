//! What PostgreSQL adds to the contract: a server, other sessions, and Optuna.

use postgres::{Client, NoTls};
use proptest::prelude::*;

use super::Postgres;
use crate::storage::Storage;
use crate::storage::contract::{agreement, contract};

mod databases;
mod lost;
mod optuna;
mod tls;

#[path = "../../../../tests/support/authority.rs"]
mod authority;
#[path = "../../../../tests/support/server.rs"]
mod server;

contract!(|promise: fn(&mut dyn Storage)| {
    let Some(url) = server::database() else { return };
    promise(&mut Postgres::open(&url).unwrap());
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]
    #[test]
    fn memory_and_database_answer_alike_and_keep_what_was_told(steps in agreement::steps()) {
        let Some(url) = server::database() else { return Ok(()) };
        agreement::agree(steps, || Box::new(Postgres::open(&url).unwrap()))?;
    }
}

/// A connection that knows nothing of Tinderbox.
fn plain(url: &str) -> Client {
    Client::connect(url, NoTls).unwrap()
}
