//! How values are bound to SQLite's statements and read from its rows.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use super::error::{Failure, Reason};
use crate::storage::cell::Cell;
use crate::storage::columns::Word;
use crate::storage::sql::Database;
use crate::timestamp::Timestamp;
use crate::trial::{AttemptOutcome, State};

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

/// A connection within a transaction.
pub(super) type Db<'a> = &'a Connection;

impl Database for Db<'_> {
    type Reason = Reason;

    fn each<const COLUMNS: usize>(
        &mut self,
        sql: &'static str,
        values: &[Cell<'_>],
        mut take: impl FnMut([Cell<'_>; COLUMNS]),
    ) -> Result<(), Failure> {
        let mut statement = self.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let mut cells = [Cell::Null; COLUMNS];
            for (column, place) in cells.iter_mut().enumerate() {
                *place = cell(row, column)?;
            }
            take(cells);
        }
        Ok(())
    }

    fn damaged(why: String) -> Failure {
        Reason::Damaged(why).into()
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(number),
            Self::Real(number) => ValueRef::Real(number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            #[cfg(feature = "postgres")]
            Self::Time(time) => return Ok(Timestamp::from(time).to_string().into()),
        }))
    }
}

/// The content of a column of a row, of any kind.
pub(super) fn cell<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<Cell<'a>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) => str::from_utf8(text).map_or(Cell::Bytes(text), Cell::Text),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes),
    })
}

macro_rules! words {
    ($($word:ty)+) => {$(
        impl ToSql for $word {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.word().into())
            }
        }

        impl FromSql for $word {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::from_word(value.as_str()?).map_err(|error| FromSqlError::Other(error.into()))
            }
        }
    )+};
}
words!(State AttemptOutcome);
