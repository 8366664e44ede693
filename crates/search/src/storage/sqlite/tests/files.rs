//! Files that cannot be used, each with its message, and what survives.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::Folder;
use crate::storage::contract::{LEASE, at, claim, new, queue};
use crate::storage::sqlite::Sqlite;
use crate::storage::{Direction, Storage};
use crate::trial::{State, Told};

#[track_caller]
fn refused(path: &Path, expected: &str) {
    let error = Sqlite::open(path).unwrap_err().to_string();
    assert_eq!(error, format!("{}: {expected}", path.display()));
}

#[test]
fn what_was_told_is_there_after_reopening() {
    let folder = Folder::new();
    let mut storage = folder.open();
    let study = queue(&mut storage, &["a"]);
    let claim = claim(&mut storage, study, "worker", 0);
    storage.tell(&claim, &Told::complete(0.5), at(1)).unwrap();
    let before = storage.trials(study).unwrap();
    drop(storage);
    assert_eq!(folder.open().trials(study).unwrap(), before);
}

#[test]
fn commits_go_to_a_write_ahead_log_and_wait_for_the_disk_where_a_result_is_at_stake() {
    let folder = Folder::new();
    let mut storage = folder.open();
    let waits = |storage: &Sqlite| {
        let sql = "SELECT journal_mode, synchronous FROM pragma_journal_mode, pragma_synchronous";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?));
        let (journal, synchronous) = storage.connection.query_row(sql, [], read).unwrap();
        assert_eq!(journal, "wal");
        // FULL syncs the log at each commit, NORMAL before a checkpoint only. Both keep the file whole.
        match synchronous {
            1 => false,
            2 => true,
            other => panic!("synchronous is {other}"),
        }
    };
    assert!(waits(&storage));
    let study = queue(&mut storage, &["a"]);
    let first = claim(&mut storage, study, "worker", 0);
    assert!(waits(&storage), "what is claimed was chosen by somebody");
    let second = storage.start(study, 1, &new("b"), "worker", at(0), LEASE).unwrap().unwrap();
    assert!(!waits(&storage), "a trial that is gone with its worker begins again");
    storage.tell(&first, &Told::complete(0.5), at(1)).unwrap();
    assert!(waits(&storage));
    storage.heartbeat(&second, at(1)).unwrap();
    assert!(!waits(&storage));
    storage.report(&second, 0, 0.5).unwrap();
    assert!(!waits(&storage));
    storage.tell(&second, &Told::pruned(), at(1)).unwrap();
    assert!(waits(&storage));
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = Folder::new();
    let text = "a text file, and a good deal longer than the header of a database is".repeat(10);
    fs::write(folder.file(), &text).unwrap();
    refused(&folder.file(), "not an SQLite database; name another file, or move this one away");
    assert_eq!(fs::read_to_string(folder.file()).unwrap(), text);
}

#[test]
fn the_database_of_another_program_is_refused_and_left_alone() {
    let folder = Folder::new();
    folder.plain().execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    let before = fs::read(folder.file()).unwrap();
    refused(
        &folder.file(),
        "an SQLite database of another program, without Optuna's tables; name another file",
    );
    assert_eq!(fs::read(folder.file()).unwrap(), before);
}

#[test]
fn another_revision_is_refused_by_name() {
    let folder = Folder::new();
    drop(folder.open());
    folder.plain().execute_batch("UPDATE alembic_version SET version_num = 'v3.0.0.d'").unwrap();
    refused(
        &folder.file(),
        "Optuna's tables are of revision `v3.0.0.d`, expected `v3.2.0.a`; run `optuna storage upgrade` on the file, \
         or name another",
    );
    folder
        .plain()
        .execute_batch(
            "UPDATE alembic_version SET version_num = 'v3.2.0.a'; UPDATE tinderbox_version SET version = 2",
        )
        .unwrap();
    refused(
        &folder.file(),
        "Tinderbox's tables are of version 2, expected 1; use the Tinderbox that wrote them, or name another file",
    );
}

#[test]
fn a_missing_folder_is_told_from_a_missing_file() {
    let folder = Folder::new();
    refused(
        &folder.0.path().join("missing/studies.db"),
        "cannot be opened or created; is its folder there, and may you write in it?",
    );
}

#[test]
fn a_read_only_file_is_refused() {
    let folder = Folder::new();
    drop(folder.open());
    // What SQLite does by itself with a file that it may not write; as root it could write anything.
    let connection = Connection::open_with_flags(folder.file(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let error = Sqlite::prepare(&folder.file(), connection).unwrap_err().to_string();
    let expected = "read-only; make the file and its folder writable, or copy it elsewhere";
    assert_eq!(error, format!("{}: {expected}", folder.file().display()));
}

#[test]
fn a_full_disk_loses_nothing_told_and_can_be_gone_on_from() {
    let folder = Folder::new();
    let mut storage = folder.open();
    let study = queue(&mut storage, &["a", "b"]);
    let first = claim(&mut storage, study, "worker", 0);
    storage.tell(&first, &Told::complete(0.5), at(1)).unwrap();
    let second = claim(&mut storage, study, "worker", 1);
    let before = storage.trials(study).unwrap();

    let pages: u32 = storage.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    storage.connection.pragma_update(None, "max_page_count", pages + 2).unwrap();
    let attachments = [("probabilities".to_owned(), vec![7; 1 << 20])].into();
    let told = Told { attachments, ..Told::complete(0.75) };
    let error = storage.tell(&second, &told, at(2)).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("{}: the disk is full; make room", folder.file().display())),
        "{error}"
    );
    assert_eq!(storage.trials(study).unwrap(), before);
    assert_eq!(folder.open().trials(study).unwrap(), before);

    storage.connection.pragma_update(None, "max_page_count", 1 << 20).unwrap();
    storage.tell(&second, &told, at(3)).unwrap();
    assert_eq!(storage.attachment(study, 1, "probabilities").unwrap(), Some(vec![7; 1 << 20]));
}

#[test]
fn a_file_that_another_process_keeps_locked_is_given_up_with_its_name() {
    let folder = Folder::new();
    let mut storage = folder.open();
    storage.tries = 2;
    storage.connection.busy_timeout(Duration::ZERO).unwrap();
    let other = folder.plain();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = storage.open_study("study", &[Direction::Maximize]).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: another process has kept", folder.file().display())), "{error}");
    assert!(storage.studies().unwrap().is_empty(), "reading needs no lock");
    other.execute_batch("COMMIT").unwrap();
    storage.open_study("study", &[Direction::Maximize]).unwrap();
}

#[test]
fn a_lock_that_is_let_go_is_waited_for() {
    let folder = Folder::new();
    let mut storage = folder.open();
    let study = queue(&mut storage, &[]);
    storage.connection.busy_timeout(Duration::ZERO).unwrap();
    let other = folder.plain();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| storage.enqueue(study, &new("a")).unwrap());
        std::thread::sleep(Duration::from_millis(30));
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(waiting.join().unwrap(), 0);
    });
}

#[test]
fn a_state_that_is_unknown_is_named_with_the_file() {
    let folder = Folder::new();
    let mut storage = folder.open();
    let study = queue(&mut storage, &["a"]);
    folder.plain().execute_batch("UPDATE trials SET state = 'PAUSED'").unwrap();
    let error = storage.trials(study).unwrap_err().to_string();
    assert!(error.starts_with(&folder.file().display().to_string()), "{error}");
    assert!(error.contains("`PAUSED`, expected one of WAITING, RUNNING"), "{error}");
}

#[test]
fn a_folder_of_processes_may_open_a_new_file_at_once() {
    let folder = Folder::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| queue(&mut folder.open(), &["a", "b"]));
        }
    });
    let mut storage = folder.open();
    let study = queue(&mut storage, &[]);
    let trials = storage.trials(study).unwrap();
    assert_eq!(trials.iter().map(|trial| trial.number).collect::<Vec<_>>(), [0, 1]);
    assert!(trials.iter().all(|trial| trial.state == State::Waiting));
}
