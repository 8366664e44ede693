//! Statements that a connection compiles once. A trial takes some twenty, and compiling one takes longer than running it.

use rusqlite::{Connection, Params, Row};

/// More than there are different ones here.
pub(super) const MOST: usize = 64;

/// Runs a statement that gives no rows; returns how many were written.
pub(super) fn execute(db: &Connection, sql: &str, values: impl Params) -> rusqlite::Result<usize> {
    db.prepare_cached(sql)?.execute(values)
}

/// What `read` makes of the first row.
pub(super) fn row<T>(
    db: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    db.prepare_cached(sql)?.query_row(values, read)
}
