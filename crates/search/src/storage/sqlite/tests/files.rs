//! Files that cannot be used, each with its message, and what survives.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::Folder;
use crate::storage::contract::{TERMS, at, lease, new, queue};
use crate::storage::open::Access;
use crate::storage::sqlite::Sqlite;
use crate::storage::{Direction, Storage, StorageError};
use crate::trial::{State, TrialResult};

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
    let lease = lease(&mut storage, study, "worker", 0);
    storage.tell(&lease, &TrialResult::complete(0.5), at(1)).unwrap();
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
    let first = lease(&mut storage, study, "worker", 0);
    assert!(waits(&storage), "what is leased was chosen by somebody");
    let second = storage.start(study, 1, &new("b"), "worker", at(0), TERMS).unwrap().unwrap();
    assert!(!waits(&storage), "a trial that is gone with its worker begins again");
    storage.tell(&first, &TrialResult::complete(0.5), at(1)).unwrap();
    assert!(waits(&storage));
    storage.heartbeat(&second, at(1)).unwrap();
    assert!(!waits(&storage));
    storage.report(&second, 0, 0.5).unwrap();
    assert!(!waits(&storage));
    storage.tell(&second, &TrialResult::pruned(), at(1)).unwrap();
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
    let error = Sqlite::prepare(&folder.file(), connection, Access::Create, None).unwrap_err().to_string();
    let expected = "read-only; make the file and its folder writable, or copy it elsewhere";
    assert_eq!(error, format!("{}: {expected}", folder.file().display()));
}

#[test]
fn a_look_makes_nothing_and_writes_nothing() {
    let folder = Folder::new();
    let missing = |answer: Result<Sqlite, StorageError>| {
        let error = answer.unwrap_err().to_string();
        assert_eq!(error, format!("{}: no such file; nothing was created", folder.file().display()));
        assert!(!folder.file().exists());
    };
    missing(Sqlite::open_existing(folder.file()));
    missing(Sqlite::open_read_only(folder.file()));

    let study = queue(&mut folder.open(), &["a"]);
    let mut reader = Sqlite::open_read_only(folder.file()).unwrap();
    assert_eq!(reader.trials(study).unwrap().len(), 1);
    let error = reader.enqueue(study, &new("b")).unwrap_err().to_string();
    assert!(error.contains("read-only"), "{error}");
    assert!(reader.reopen().unwrap().trials(study).is_ok());
    // What a writer adds is seen.
    folder.open().enqueue(study, &new("c")).unwrap();
    assert_eq!(reader.trials(study).unwrap().len(), 2);
    drop(reader);
    let files: Vec<_> =
        fs::read_dir(folder.0.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["studies.db"], "nothing stays beside the file");
    folder.open().reopen().unwrap();
    let open = folder.open();
    fs::remove_file(folder.file()).unwrap();
    assert!(open.reopen().is_err(), "a file that was removed is not made again");
}

#[test]
fn a_misspelt_file_is_told_from_those_beside_it() {
    let folder = Folder::new();
    drop(folder.open());
    fs::write(folder.0.path().join("notes.txt"), "").unwrap();
    let wrong = folder.0.path().join("stduies.db");
    let error = Sqlite::open_existing(&wrong).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("{}: no such file; nothing was created; its folder has studies.db", wrong.display())
    );
    let error = Sqlite::open_read_only(folder.0.path().join("missing/a.db")).unwrap_err().to_string();
    assert!(error.ends_with("no such file; nothing was created"), "{error}");
}

#[test]
fn a_file_that_cannot_change_is_read() {
    let folder = Folder::new();
    let study = queue(&mut folder.open(), &["a"]);
    let connection = super::super::file::connect_unchanging(&folder.file()).unwrap();
    let storage = Sqlite::prepare(&folder.file(), connection, Access::Read, None).unwrap();
    assert_eq!(storage.trials(study).unwrap().len(), 1);
    // With changes beside it that only a writer takes in, it would show an earlier state.
    fs::write(folder.0.path().join("studies.db-wal"), "log").unwrap();
    let reason = super::super::file::connect_unchanging(&folder.file()).unwrap_err().to_string();
    assert!(reason.starts_with("write-protected, with changes in the `-wal` file beside it"), "{reason}");
}

#[test]
fn a_file_of_optuna_alone_is_read_and_stays_as_it_was() {
    let folder = Folder::new();
    drop(folder.open());
    folder
        .plain()
        .execute_batch(
            "PRAGMA journal_mode = DELETE; DROP TRIGGER tinderbox_forget_trial; DROP TRIGGER tinderbox_forget_study;
             DROP TABLE tinderbox_version; DROP TABLE tinderbox_trials; DROP TABLE tinderbox_attempts;
             DROP TABLE tinderbox_study_attachments; DROP TABLE tinderbox_trial_attachments;
             INSERT INTO studies VALUES (1, 'theirs'); INSERT INTO study_directions VALUES (1, 'MINIMIZE', 1, 0);
             INSERT INTO trials VALUES (1, 0, 1, 'RUNNING', NULL, NULL);",
        )
        .unwrap();
    let before = fs::read(folder.file()).unwrap();
    let storage = Sqlite::open_read_only(folder.file()).unwrap();
    let study = storage.studies().unwrap()["theirs"];
    assert_eq!(storage.trials(study).unwrap()[0].state, State::Running);
    assert_eq!(storage.attempts(study, 0).unwrap(), []);
    drop(storage);
    assert_eq!(fs::read(folder.file()).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_without_waiting_for_it() {
    let folder = Folder::new();
    let at = |name: &str| folder.0.path().join(name);
    let refused = |path: &Path, expected: &str| {
        for answer in [Sqlite::open(path), Sqlite::open_existing(path), Sqlite::open_read_only(path)] {
            let error = answer.unwrap_err().to_string();
            assert_eq!(error, format!("{}: {expected}", path.display()));
        }
    };
    refused(folder.0.path(), "a folder, expected a file");
    refused(Path::new("/dev/zero"), "a pipe, a socket or a device, expected a file");
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    refused(&at("socket"), "a pipe, a socket or a device, expected a file");
    std::os::unix::fs::symlink("nowhere.db", at("link.db")).unwrap();
    refused(&at("link.db"), "a symbolic link to nowhere.db, which does not exist; name the file itself");
    assert!(!at("nowhere.db").exists());
    // A link to a file is that file.
    let study = queue(&mut folder.open(), &["a"]);
    std::os::unix::fs::symlink("studies.db", at("other.db")).unwrap();
    assert_eq!(Sqlite::open_read_only(at("other.db")).unwrap().trials(study).unwrap().len(), 1);
    fs::write(at("empty.db"), "").unwrap();
    for answer in [Sqlite::open_existing(at("empty.db")), Sqlite::open_read_only(at("empty.db"))] {
        let error = answer.unwrap_err().to_string();
        assert!(error.ends_with("an empty file, without studies; `open` makes its tables"), "{error}");
    }
}

#[test]
fn a_full_disk_loses_nothing_told_and_can_be_gone_on_from() {
    let folder = Folder::new();
    let mut storage = folder.open();
    let study = queue(&mut storage, &["a", "b"]);
    let first = lease(&mut storage, study, "worker", 0);
    storage.tell(&first, &TrialResult::complete(0.5), at(1)).unwrap();
    let second = lease(&mut storage, study, "worker", 1);
    let before = storage.trials(study).unwrap();

    let pages: u32 = storage.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    storage.connection.pragma_update(None, "max_page_count", pages + 2).unwrap();
    let attachments = [("probabilities".to_owned(), vec![7; 1 << 20])].into();
    let told = TrialResult { attachments, ..TrialResult::complete(0.75) };
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
fn a_state_that_is_unknown_is_named_and_spoils_no_other_trial() {
    let folder = Folder::new();
    let mut storage = folder.open();
    let study = queue(&mut storage, &["a", "b"]);
    folder.plain().execute_batch("UPDATE trials SET state = 'PAUSED' WHERE number = 0").unwrap();
    let trials = storage.trials(study).unwrap();
    assert_eq!(trials.iter().map(|trial| trial.state).collect::<Vec<_>>(), [State::Fail, State::Waiting]);
    let [note] = &trials[0].notes[..] else { panic!("{:?}", trials[0].notes) };
    assert!(note.contains("`PAUSED`, expected one of WAITING, RUNNING"), "{note}");
    assert_eq!(trials[1].notes, [""; 0]);
    let counts = storage.counts(study).unwrap();
    assert_eq!((counts.waiting, counts.fail), (1, 1));
    assert_eq!(lease(&mut storage, study, "worker", 0).number, 1);
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
