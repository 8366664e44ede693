//! A connection with its prepared statements, and a transaction on it.

use std::collections::HashMap;
use std::time::Duration;

use postgres::types::ToSql;
use postgres::{Client, Config, IsolationLevel, NoTls, Row, Statement, Transaction};

use super::error::{Failure, Reason};
use crate::storage::StudyId;

/// A connection. Each statement is prepared once.
pub(super) struct Session {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

/// What is bound to a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Session {
    pub(super) fn connect(config: &Config) -> Result<Self, Reason> {
        let mut client = config.connect(NoTls)?;
        client.batch_execute(SETTINGS)?;
        Ok(Self { client, statements: HashMap::new() })
    }

    /// A transaction that may write. Each of its statements sees what others have committed by then.
    pub(super) fn write(&mut self) -> Result<Db<'_>, Failure> {
        let transaction = self.client.build_transaction().isolation_level(IsolationLevel::ReadCommitted);
        Ok(Db { transaction: transaction.start()?, statements: &mut self.statements })
    }

    /// A transaction all of whose statements see one state.
    pub(super) fn read(&mut self) -> Result<Db<'_>, Failure> {
        let transaction = self.client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
        Ok(Db { transaction: transaction.read_only(true).start()?, statements: &mut self.statements })
    }
}

/// Whatever the server's defaults: a commit is on the disk when it returns, and a worker that is cut off in the middle
/// of a transaction does not keep its rows locked.
const SETTINGS: &str = "
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
    SET idle_in_transaction_session_timeout = '30s'";

/// What an address leaves open: how soon a connection counts as dead.
pub(super) fn impatient(config: &mut Config) {
    let (short, long) = (Duration::from_secs(5), Duration::from_secs(30));
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(short);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(long);
    }
    config.keepalives_idle(long).keepalives_interval(short).keepalives_retries(3);
}

/// A transaction. It is rolled back unless it is committed.
pub(super) struct Db<'a> {
    transaction: Transaction<'a>,
    statements: &'a mut HashMap<&'static str, Statement>,
}

impl Db<'_> {
    pub(super) fn commit(self) -> Result<(), Failure> {
        Ok(self.transaction.commit()?)
    }

    pub(super) fn rows(&mut self, sql: &'static str, values: Values) -> Result<Vec<Row>, Failure> {
        let statement = self.prepared(sql)?;
        Ok(self.transaction.query(&statement, values)?)
    }

    pub(super) fn row(&mut self, sql: &'static str, values: Values) -> Result<Option<Row>, Failure> {
        let statement = self.prepared(sql)?;
        Ok(self.transaction.query_opt(&statement, values)?)
    }

    /// The row of a statement that always has one.
    pub(super) fn one(&mut self, sql: &'static str, values: Values) -> Result<Row, Failure> {
        let statement = self.prepared(sql)?;
        Ok(self.transaction.query_one(&statement, values)?)
    }

    /// Returns how many rows were written.
    pub(super) fn execute(&mut self, sql: &'static str, values: Values) -> Result<u64, Failure> {
        let statement = self.prepared(sql)?;
        Ok(self.transaction.execute(&statement, values)?)
    }

    /// Runs several statements that have no values.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Failure> {
        Ok(self.transaction.batch_execute(sql)?)
    }

    fn prepared(&mut self, sql: &'static str) -> Result<Statement, Failure> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.transaction.prepare(sql)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }
}

/// The row of a study; 0, which no row has, if it cannot have one.
pub(super) fn study_row(study: StudyId) -> i32 {
    i32::try_from(study.0).unwrap_or(0)
}

/// A trial's number as Optuna's column holds it; the largest, which no trial reaches, if it cannot hold it.
pub(super) fn number_column(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
