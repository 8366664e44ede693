//! Folders as a user has them, and as somebody else prepared them.

use tinderbox_search::{Direction, Memory};

use super::*;

/// The folder of a study below a home of its own.
fn folder(home: &Path) -> StateFolder {
    StateFolder { path: lasting(home, "study").expect("a folder"), temporary: false }
}

#[test]
fn a_study_is_told_apart_by_what_it_got_first() {
    let mut storage = Memory::new();
    let one = storage.open_study("one", &[Direction::Minimize]).unwrap();
    let other = storage.open_study("other", &[Direction::Minimize]).unwrap();
    let first = identity(&mut storage, one).unwrap();
    assert_eq!(identity(&mut storage, one).unwrap(), first);
    assert_ne!(identity(&mut storage, other).unwrap(), first);
    // The same name in another storage is another study.
    let mut elsewhere = Memory::new();
    let same_name = elsewhere.open_study("one", &[Direction::Minimize]).unwrap();
    assert_ne!(identity(&mut elsewhere, same_name).unwrap(), first);
}

#[test]
fn a_crew_is_gone_once_its_seat_is() {
    let home = tempfile::tempdir().expect("temporary folder");
    let study = folder(home.path());
    assert_eq!(study.gone(), Vec::<String>::new());
    let first = study.seat("first").expect("a seat");
    let second = study.seat("second").expect("a seat");
    assert_eq!(study.gone(), Vec::<String>::new(), "both live");
    drop(second);
    assert_eq!(study.gone(), ["second"]);
    study.forget("second");
    assert_eq!(study.gone(), Vec::<String>::new());
    assert!(first.path().is_dir());
    first.leave();
    drop(study);
    assert_eq!(fs::read_dir(home.path().join("tinderbox")).unwrap().count(), 0, "nothing is left");
}

#[test]
fn a_crew_of_another_machine_is_not_judged() {
    let home = tempfile::tempdir().expect("temporary folder");
    let study = folder(home.path());
    let seat = study.seat("elsewhere").expect("a seat");
    let lock = seat.path().join("lock");
    drop(seat);
    assert_eq!(study.gone(), ["elsewhere"]);
    let ours = fs::read_to_string(&lock).expect("a mark");
    // On a network file system a lock that another machine holds may look free.
    for mark in ["another-machine\nanother-start\n", "another-machine\n\n", "", "\u{fffd}"] {
        fs::write(&lock, mark).expect("written");
        assert_eq!(study.gone(), Vec::<String>::new(), "{mark:?}");
    }
    fs::write(&lock, ours).expect("written");
    assert_eq!(study.gone(), ["elsewhere"]);
}

#[test]
fn a_seat_keeps_the_folder_while_others_leave() {
    let home = tempfile::tempdir().expect("temporary folder");
    let stays = folder(home.path());
    let leaves = folder(home.path());
    let seat = stays.seat("stays").expect("a seat");
    drop(leaves);
    assert!(stays.path().is_dir());
    // One that has gone before the seat was taken comes back.
    let late = folder(home.path());
    seat.leave();
    drop(stays);
    assert!(!late.path().exists());
    let seat = late.seat("late").expect("a seat");
    assert!(late.path().is_dir());
    seat.leave();
}

#[test]
fn a_checkpoint_keeps_the_folder_for_the_next_run() {
    let home = tempfile::tempdir().expect("temporary folder");
    let study = folder(home.path());
    let path = checkpoint(study.path(), "sampled 7");
    assert_eq!(path, checkpoint(study.path(), "sampled 7"));
    for other in ["sampled 8", "../sampled 7", ""] {
        let other = checkpoint(study.path(), other);
        assert_ne!(path, other);
        assert_eq!(other.parent(), Some(study.path()));
    }
    fs::write(&path, "").expect("written");
    drop(study);
    assert!(path.is_file());
}

#[test]
fn a_temporary_folder_is_private_and_goes() {
    let [one, other] = [StateFolder::temporary().unwrap(), StateFolder::temporary().unwrap()];
    assert_ne!(one.path(), other.path());
    let path = one.path().to_path_buf();
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&path).unwrap()) & 0o777, 0o700);
    drop(one);
    assert!(!path.exists());
}

#[cfg(unix)]
#[test]
fn what_somebody_else_prepared_is_not_used() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    let home = tempfile::tempdir().expect("temporary folder");
    let ours = home.path().join("tinderbox");
    let target = home.path().join("target");
    fs::create_dir(&target).unwrap();

    symlink(&target, &ours).unwrap();
    assert!(matches!(lasting(home.path(), "study"), Err(StateError::NotAFolder(path)) if path == ours));
    fs::remove_file(&ours).unwrap();

    symlink(home.path().join("nowhere"), &ours).unwrap();
    assert!(matches!(lasting(home.path(), "study"), Err(StateError::NotAFolder(_))));
    fs::remove_file(&ours).unwrap();

    fs::write(&ours, "a file").unwrap();
    assert!(matches!(lasting(home.path(), "study"), Err(StateError::NotAFolder(_))));
    fs::remove_file(&ours).unwrap();

    fs::create_dir(&ours).unwrap();
    fs::set_permissions(&ours, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(lasting(home.path(), "study"), Err(StateError::Open(_))));
    fs::remove_dir(&ours).unwrap();

    // A link one level deeper, and a folder of another user's: only root can make one.
    fs::create_dir(&ours).unwrap();
    fs::set_permissions(&ours, fs::Permissions::from_mode(0o700)).unwrap();
    symlink(&target, ours.join("study")).unwrap();
    assert!(matches!(lasting(home.path(), "study"), Err(StateError::NotAFolder(_))));
    fs::remove_file(ours.join("study")).unwrap();
    if std::os::unix::fs::chown(&ours, Some(12_345), None).is_ok() {
        assert!(matches!(lasting(home.path(), "study"), Err(StateError::Foreign(_))));
        std::os::unix::fs::chown(&ours, Some(fs::metadata(home.path()).unwrap().uid()), None).unwrap();
    }

    let made = lasting(home.path(), "study").expect("a folder");
    assert_eq!(fs::metadata(made).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(&target).unwrap().count(), 0, "no link was followed");
}
