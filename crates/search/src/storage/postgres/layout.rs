//! The tables of a database: made where there are none, checked where there are some.

use super::error::{Failure, Reason};
use super::session::Db;
use crate::storage::columns::{REVISION, VERSION};
use crate::storage::open::Access;

const OPTUNA: &str = include_str!("schema/optuna.sql");
const TINDERBOX: &str = include_str!("schema/tinderbox.sql");
const TRIGGERS: &str = include_str!("schema/triggers.sql");

/// Makes the tables that are missing, within the caller's transaction and as far as `access` goes.
///
/// # Errors
/// If the database belongs to another program, or to another version of this one.
pub(super) fn prepare(db: &mut Db, access: Access) -> Result<(), Failure> {
    if access != Access::Read {
        // Processes that start at once take turns: "tinderbx" in ASCII.
        db.execute("SELECT pg_advisory_xact_lock(8388357158432039544)", &[])?;
    }
    if is_empty(db)? {
        if access != Access::Create {
            return Err(Reason::Empty.into());
        }
        db.batch(OPTUNA)?;
    }
    if !has_table(db, "alembic_version")? {
        return Err(Reason::Foreign.into());
    }
    match db.row("SELECT version_num FROM alembic_version", &[])? {
        Some(row) if row.try_get::<_, &str>(0)? == REVISION => {}
        Some(row) => return Err(Reason::Revision(row.try_get(0)?).into()),
        None => return Err(Reason::Foreign.into()),
    }
    if !has_table(db, "tinderbox_version")? {
        if access == Access::Read {
            // Empty ones that go with the session: what reads Optuna's tables looks into these as well.
            return db.batch(&TINDERBOX.replace("CREATE TABLE", "CREATE TEMP TABLE"));
        }
        db.batch(TINDERBOX)?;
        db.batch(TRIGGERS)?;
    }
    match db.one("SELECT version FROM tinderbox_version", &[])?.try_get(0)? {
        VERSION => Ok(()),
        other => Err(Reason::Version(other).into()),
    }
}

fn is_empty(db: &mut Db) -> Result<bool, Failure> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema())";
    Ok(db.one(sql, &[])?.try_get(0)?)
}

fn has_table(db: &mut Db, name: &str) -> Result<bool, Failure> {
    Ok(db.one("SELECT to_regclass($1) IS NOT NULL", &[&name])?.try_get(0)?)
}
