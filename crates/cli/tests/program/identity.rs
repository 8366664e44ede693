//! Studies, crews and folders are identified by what they are, not by their names.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::desk::{Desk, Ended};
use crate::small_study::{
    RESUME, RUN, completed, count, desk, failed, table, undisturbed, wait_until, write,
};

#[test]
fn a_study_that_was_thrown_away_leaves_nothing_to_the_next_of_its_name() {
    let desk = desk(4000, 2);
    let first = start(&desk, RUN);
    wait_until(|| checkpoints(&desk) > 0);
    interrupt(first);
    for file in ["studies.sqlite", "studies.sqlite-wal", "studies.sqlite-shm"] {
        _ = fs::remove_file(desk.path().join(file));
    }
    write(&desk, 3, 3);
    let ended = desk.run(RUN).done();
    assert!(!ended.err.contains("checkpoint"), "{}", ended.err);
    assert_eq!((completed(&desk), failed(&desk)), (3, 0));
    assert_eq!(table(&desk), undisturbed(3, 3));
}

#[test]
fn two_studies_of_one_name_in_two_databases_do_not_meet() {
    let desk = desk(300, 2);
    let run = |file: &str| format!("{RUN} --storage sqlite:{file}.sqlite");
    let mut first = start(&desk, &run("one"));
    wait_until(|| checkpoints(&desk) > 0);
    let second = desk.run(&run("other")).done();
    assert!(!second.err.contains("checkpoint") && !second.err.contains("other workers"), "{}", second.err);
    assert!(first.wait().expect("ended").success());
    let export = "search export s --format csv --without-times --storage";
    let [one, other] =
        ["one", "other"].map(|file| desk.run(&format!("{export} sqlite:{file}.sqlite")).done().out);
    assert_eq!(one, other);
}

#[test]
fn a_second_crew_takes_no_trial_from_workers_that_live() {
    let desk = desk(3000, 3);
    let first = start(&desk, RUN);
    wait_until(|| checkpoints(&desk) > 0);
    for words in [RESUME, RUN] {
        let second = start(&desk, words);
        wait_until(|| running(&desk) >= 2);
        let (out, err) = interrupt(second);
        assert!(err.contains("other workers are running 1 of the trials"), "{out}\n{err}");
        assert!(err.contains("stopped; `tinderbox search resume s` resumes it"), "{out}\n{err}");
    }
    let taken =
        count(&desk, "SELECT count(*) FROM tinderbox_attempts WHERE outcome = 'RELEASED' AND trial_id = 1");
    assert_eq!(taken, 0, "the first crew's trial was taken from it");
    interrupt(first);
}

#[test]
fn the_trials_of_a_crew_that_was_killed_come_back_at_once() {
    let desk = desk(200, 3);
    let mut first = start(&desk, RUN);
    wait_until(|| checkpoints(&desk) > 0);
    first.kill().expect("killed");
    first.wait().expect("ended");
    let ended = desk.run(RESUME).done();
    assert!(!ended.err.contains("other workers are running"), "{}", ended.err);
    assert!(ended.err.contains("attempt 2"), "{}", ended.err);
    assert_eq!(count(&desk, "SELECT count(*) FROM tinderbox_attempts WHERE outcome = 'RELEASED'"), 1);
    assert_eq!(table(&desk), undisturbed(200, 3));
    let left = fs::read_dir(desk.path().join("state/tinderbox")).expect("a folder").count();
    assert_eq!(left, 0, "nothing is left of a study that is over");
}

#[test]
fn a_worker_on_its_own_keeps_its_place_when_another_one_ends() {
    let desk = desk(4000, 2);
    desk.run("search create s.toml --dataset stand-in").done();
    let worker = "worker --study s --dataset stand-in";
    let mut first = start(&desk, worker);
    wait_until(|| seats(&desk) == 1);
    desk.run(&format!("{worker} --until 2000-01-01T00:00:00Z")).done();
    assert_eq!(seats(&desk), 1);
    wait_until(|| checkpoints(&desk) == 1);
    first.kill().expect("killed");
    first.wait().expect("ended");
    // What it has left behind is found by the next crew.
    interrupt_once_working(&desk);
    assert_eq!(seats(&desk), 0);
}

/// Begins a crew and stops it when it has a trial.
fn interrupt_once_working(desk: &Desk) {
    let begun = "SELECT count(*) FROM tinderbox_attempts";
    let before = count(desk, begun);
    let crew = start(desk, RESUME);
    wait_until(|| count(desk, begun) > before);
    interrupt(crew);
}

/// Places that are held in the folders of all studies, or were.
fn seats(desk: &Desk) -> usize {
    let crews = study_folders(desk).into_iter().map(|folder| folder.join("crews"));
    let locks = crews.flat_map(|crews| fs::read_dir(crews).into_iter().flatten().flatten());
    locks.filter(|crew| crew.path().join("lock").is_file()).count()
}

/// Puts something where it is in the way.
type Prepare<'a> = &'a dyn Fn(&Desk);

#[cfg(unix)]
#[test]
fn what_lies_in_the_folders_that_others_share_is_neither_used_nor_in_the_way() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let expected = undisturbed(2, 6);
    let prepare: [(&str, Prepare); 5] = [
        ("a file in the temporary folder", &|desk| {
            fs::write(desk.path().join("tmp/tinderbox-s"), "").expect("written");
        }),
        ("a link in the temporary folder", &|desk| {
            symlink(desk.path().join("victim"), desk.path().join("tmp/tinderbox-s")).expect("a link");
        }),
        ("a link as the folder of the state", &|desk| {
            symlink(desk.path().join("victim"), desk.path().join("state/tinderbox")).expect("a link");
        }),
        ("a file as the folder of the state", &|desk| {
            fs::write(desk.path().join("state/tinderbox"), "").expect("written");
        }),
        ("a folder that others may write to", &|desk| {
            let folder = desk.path().join("state/tinderbox");
            fs::create_dir(&folder).expect("a folder");
            fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).expect("opened");
        }),
    ];
    for (what, prepare) in prepare {
        let desk = desk(2, 6);
        for folder in ["tmp", "state", "victim"] {
            fs::create_dir(desk.path().join(folder)).expect("a folder");
        }
        prepare(&desk);
        let mut command = desk.command(RUN);
        let ended = Ended::from(command.env("TMPDIR", desk.path().join("tmp")).output().expect("a program"));
        let ended = ended.done();
        let spoilt = what.contains("state") || what.contains("others");
        assert_eq!(
            ended.err.contains("checkpoints go to a temporary folder"),
            spoilt,
            "{what}: {}",
            ended.err
        );
        assert_eq!(table(&desk), expected, "{what}");
        let victim = fs::read_dir(desk.path().join("victim")).expect("a folder").count();
        assert_eq!(victim, 0, "{what}: a link was followed");
        let left: Vec<PathBuf> = fs::read_dir(desk.path().join("tmp"))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| !path.ends_with("tinderbox-s"))
            .collect();
        assert_eq!(left, Vec::<PathBuf>::new(), "{what}: the temporary folder is gone");
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_can_look_into_the_folder_of_a_study() {
    use std::os::unix::fs::PermissionsExt;

    let desk = desk(4000, 2);
    let first = start(&desk, RUN);
    wait_until(|| checkpoints(&desk) > 0);
    for folder in std::iter::once(desk.path().join("state/tinderbox")).chain(study_folders(&desk)) {
        let mode = fs::metadata(&folder).expect("a folder").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
    }
    interrupt(first);
}

fn start(desk: &Desk, words: &str) -> Child {
    let mut command = desk.command(words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// Stops a crew as Ctrl-C does; what it printed.
#[track_caller]
fn interrupt(child: Child) -> (String, String) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
    let output = child.wait_with_output().expect("waited for");
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn running(desk: &Desk) -> u64 {
    count(desk, "SELECT count(*) FROM trials WHERE state = 'RUNNING'")
}

fn study_folders(desk: &Desk) -> Vec<PathBuf> {
    let folders = fs::read_dir(desk.path().join("state/tinderbox")).into_iter().flatten().flatten();
    folders.map(|entry| entry.path()).collect()
}

/// Checkpoints of all studies.
fn checkpoints(desk: &Desk) -> usize {
    let files = study_folders(desk).into_iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten());
    files.flatten().filter(|file| file.path().extension() == Some("checkpoint".as_ref())).count()
}
