//! The tables of a file: made where there are none, checked where there are some.

use rusqlite::{Connection, OptionalExtension};

use super::error::{Failure, Reason};
use crate::storage::columns::{REVISION, VERSION};
use crate::storage::open::Access;

const OPTUNA: &str = include_str!("schema/optuna.sql");
const TINDERBOX: &str = include_str!("schema/tinderbox.sql");
const TRIGGERS: &str = include_str!("schema/triggers.sql");
const INDICES: &str = include_str!("schema/indices.sql");

/// Makes the tables that are missing, within the caller's transaction and as far as `access` goes.
///
/// # Errors
/// If the file belongs to another program, or to another version of this one.
pub(super) fn prepare(connection: &Connection, access: Access) -> Result<(), Failure> {
    if is_empty(connection)? {
        if access != Access::Create {
            return Err(Reason::Empty.into());
        }
        connection.execute_batch(OPTUNA)?;
    }
    if !has_table(connection, "alembic_version")? {
        return Err(Reason::Foreign.into());
    }
    let revision: Option<String> =
        connection.query_row("SELECT version_num FROM alembic_version", [], |row| row.get(0)).optional()?;
    match revision {
        Some(revision) if revision == REVISION => {}
        Some(revision) => return Err(Reason::Revision(revision).into()),
        None => return Err(Reason::Foreign.into()),
    }
    if !has_table(connection, "tinderbox_version")? {
        if access == Access::Read {
            // Empty ones that go with the connection: what reads Optuna's tables looks into these as well.
            return Ok(connection.execute_batch(&TINDERBOX.replace("CREATE TABLE", "CREATE TEMP TABLE"))?);
        }
        connection.execute_batch(TINDERBOX)?;
        connection.execute_batch(TRIGGERS)?;
    }
    match connection.query_row("SELECT version FROM tinderbox_version", [], |row| row.get(0))? {
        VERSION if access == Access::Read => Ok(()),
        VERSION => Ok(connection.execute_batch(INDICES)?),
        other => Err(Reason::Version(other).into()),
    }
}

fn is_empty(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

fn has_table(connection: &Connection, name: &str) -> Result<bool, rusqlite::Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)";
    connection.query_row(sql, [name], |row| row.get(0))
}
