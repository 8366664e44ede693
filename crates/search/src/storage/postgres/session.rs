//! A connection with its prepared statements, and a transaction on it.

use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

use postgres::types::ToSql;
use postgres::{Client, Config, Row, SimpleQueryMessage, SimpleQueryRow, Statement};

use super::error::{Failure, Reason};
use crate::storage::{StudyId, TrialId};

/// A connection. Each statement is prepared once.
pub(super) struct Session {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

/// What is bound to a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Session {
    pub(super) fn new(mut client: Client) -> Result<Self, Reason> {
        client.batch_execute(SETTINGS)?;
        Ok(Self { client, statements: HashMap::new() })
    }

    /// A transaction, which begins with its first statement.
    pub(super) fn begin(&mut self, scope: Scope) -> Db<'_> {
        Db { client: &mut self.client, statements: &mut self.statements, scope, begun: false }
    }
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// One statement that reads: it needs no transaction around it.
    Look,
    /// Statements that read, all of which see one state.
    Read,
    /// Statements that write, each of which sees what others have committed by then.
    Write,
    /// As `Write`, but the commit does not wait for the disk. A server that crashes may lose it as long as nothing that
    /// was committed later waited; until then all others see it.
    WriteInOrder,
}

impl Scope {
    /// The statements that begin it.
    fn start(self) -> &'static str {
        match self {
            Self::Look => "",
            Self::Read => "START TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;",
            Self::Write => "START TRANSACTION ISOLATION LEVEL READ COMMITTED;",
            Self::WriteInOrder => {
                "START TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = off;"
            }
        }
    }
}

/// Whatever the server's defaults: a commit is on the disk when it returns unless its transaction says otherwise, and a
/// worker that is cut off in the middle of a transaction does not keep its rows locked. A prepared statement keeps its plan
/// (from version 12 on): all of them look few rows up by their keys, and to plan one takes longer than to run it.
const SETTINGS: &str = "
    SELECT set_config(name, 'force_generic_plan', false) FROM pg_settings WHERE name = 'plan_cache_mode';
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
    client: &'a mut Client,
    statements: &'a mut HashMap<&'static str, Statement>,
    scope: Scope,
    begun: bool,
}

impl Db<'_> {
    pub(super) fn commit(mut self) -> Result<(), Failure> {
        if std::mem::take(&mut self.begun) {
            self.client.batch_execute("COMMIT")?;
        }
        Ok(())
    }

    pub(super) fn rows(&mut self, sql: &'static str, values: Values) -> Result<Vec<Row>, Failure> {
        let statement = self.prepared(sql)?;
        Ok(self.client.query(&statement, values)?)
    }

    pub(super) fn row(&mut self, sql: &'static str, values: Values) -> Result<Option<Row>, Failure> {
        let statement = self.prepared(sql)?;
        Ok(self.client.query_opt(&statement, values)?)
    }

    /// The row of a statement that always has one.
    pub(super) fn one(&mut self, sql: &'static str, values: Values) -> Result<Row, Failure> {
        let statement = self.prepared(sql)?;
        Ok(self.client.query_one(&statement, values)?)
    }

    /// Returns how many rows were written.
    pub(super) fn execute(&mut self, sql: &'static str, values: Values) -> Result<u64, Failure> {
        let statement = self.prepared(sql)?;
        Ok(self.client.execute(&statement, values)?)
    }

    /// Runs several statements that have no values.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Failure> {
        self.start()?;
        Ok(self.client.batch_execute(sql)?)
    }

    /// The rows of several statements, columns as text, on one way to the server and back, on which the transaction also
    /// begins. They hold no text of a user's: it would have to be quoted.
    pub(super) fn together<const N: usize>(
        &mut self,
        sql: &[String; N],
    ) -> Result<[Vec<SimpleQueryRow>; N], Failure> {
        let start = if self.begun { "" } else { self.scope.start() };
        self.begun = true;
        let (mut answers, mut rows) = (Vec::new(), Vec::new());
        for message in self.client.simple_query(&format!("{start}{}", sql.join(";")))? {
            match message {
                SimpleQueryMessage::Row(row) => rows.push(row),
                SimpleQueryMessage::CommandComplete(_) => answers.push(std::mem::take(&mut rows)),
                _ => {}
            }
        }
        let answers = answers.split_off(answers.len().saturating_sub(N));
        answers.try_into().map_err(|_| Reason::Other("fewer answers than statements".to_owned()).into())
    }

    fn start(&mut self) -> Result<(), Failure> {
        if !self.begun && self.scope != Scope::Look {
            self.client.batch_execute(self.scope.start())?;
            self.begun = true;
        }
        Ok(())
    }

    fn prepared(&mut self, sql: &'static str) -> Result<Statement, Failure> {
        self.start()?;
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }
}

impl Drop for Db<'_> {
    fn drop(&mut self) {
        if self.begun {
            // Where this fails, the connection is gone and the transaction with it.
            _ = self.client.batch_execute("ROLLBACK");
        }
    }
}

/// A column of a row of [`Db::together`].
pub(super) fn text(row: &SimpleQueryRow, column: usize) -> Result<&str, Failure> {
    Ok(row.try_get(column)?.unwrap_or_default())
}

/// As [`text`], of a whole number.
pub(super) fn whole<T: FromStr>(row: &SimpleQueryRow, column: usize) -> Result<T, Failure> {
    let text = text(row, column)?;
    Ok(text.parse().map_err(|_| Reason::Damaged(format!("`{text}`, expected a whole number")))?)
}

/// The row of a study; 0, which no row has, if it cannot have one.
pub(super) fn study_row(study: StudyId) -> i32 {
    i32::try_from(study.0).unwrap_or(0)
}

/// The row of a trial; 0, which no row has, if it cannot have one.
pub(super) fn trial_row(trial: TrialId) -> i32 {
    i32::try_from(trial.0).unwrap_or(0)
}

/// A trial's number as Optuna's column holds it; the largest, which no trial reaches, if it cannot hold it.
pub(super) fn number_column(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// An attempt as its column holds it; the largest, which no trial reaches, if it cannot hold it.
pub(super) fn attempt_column(attempt: u64) -> i64 {
    i64::try_from(attempt).unwrap_or(i64::MAX)
}
