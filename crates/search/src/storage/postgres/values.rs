//! How values are bound to PostgreSQL's statements and read from its rows.

use std::error::Error;
use std::time::SystemTime;

use bytes::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::error::{Failure, Reason};
use super::session::Db;
use crate::storage::cell::Cell;
use crate::storage::sql::Database;

impl Database for Db<'_> {
    type Reason = Reason;

    fn each<const COLUMNS: usize>(
        &mut self,
        sql: &'static str,
        values: &[Cell<'_>],
        mut take: impl FnMut([Cell<'_>; COLUMNS]),
    ) -> Result<(), Failure> {
        let values: Vec<_> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        for row in &self.rows(sql, &values)? {
            let mut cells = [Cell::Null; COLUMNS];
            for (column, place) in cells.iter_mut().enumerate() {
                *place = row.try_get(column)?;
            }
            take(cells);
        }
        Ok(())
    }

    fn damaged(why: String) -> Failure {
        Reason::Damaged(why).into()
    }

    /// Optuna's column has 31 bits, and Optuna no step below 0, where the large ones find room.
    fn step(column: Cell<'_>) -> Cell<'_> {
        match column {
            Cell::Int(step) => Cell::Int((step as i32).cast_unsigned().into()),
            other => other,
        }
    }
}

/// A step as its column holds it: the inverse of [`Database::step`].
pub(super) fn step_column(step: u32) -> i32 {
    step.cast_signed()
}

/// As the parameter's type has it. A whole number that its column cannot hold becomes the nearest that it can: no row has it.
impl ToSql for Cell<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match *self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) if *kind == Type::INT4 => {
                (number.clamp(i32::MIN.into(), i32::MAX.into()) as i32).to_sql(kind, out)
            }
            Self::Int(number) => number.to_sql(kind, out),
            Self::Real(number) => number.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
            Self::Time(time) => time.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A value of an enumeration is its word.
impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT4 => Self::Int(i32::from_sql(kind, raw)?.into()),
            Type::INT8 => Self::Int(i64::from_sql(kind, raw)?),
            Type::FLOAT8 => Self::Real(f64::from_sql(kind, raw)?),
            Type::TIMESTAMP => Self::Time(SystemTime::from_sql(kind, raw)?),
            Type::BYTEA => Self::Bytes(raw),
            _ => Self::Text(str::from_utf8(raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
