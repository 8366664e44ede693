//! How values are bound to SQLite's statements and read from its rows.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::storage::Direction;
use crate::storage::cell::Cell;
use crate::storage::columns::Word;
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
words!(Direction State AttemptOutcome);
