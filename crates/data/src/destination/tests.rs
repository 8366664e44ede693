use tempfile::TempDir;

use super::*;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[track_caller]
fn refused(path: &Path, message: &str) {
    let error = Destination::new(path).expect_err("refused").to_string();
    assert!(error.contains(message), "{error}");
}

#[test]
fn a_check_leaves_everything_as_it_was() {
    let folder = folder();
    let path = folder.path().join("weights");
    Destination::new(&path).expect("a place");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    fs::write(&path, "kept").expect("written");
    Destination::new(&path).expect("a place");
    assert_eq!(fs::read(&path).expect("read"), b"kept");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn places_that_take_no_file_are_named() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "").expect("written");
    refused(&at("no/such/x"), "there is no folder ");
    refused(&at("file/x"), "file is not a folder");
    refused(&at("file/x/y"), "x is not a folder");
    refused(folder.path(), "is a folder, expected a file");
    refused(&at("x/"), "x/ is a folder, expected a file");
    assert!(Destination::new("..").is_err());
    refused(Path::new(""), "the path is empty, expected the name of a file");
    let mut permissions = fs::metadata(at("file")).expect("a file").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(at("file"), permissions).expect("set");
    refused(&at("file"), "file is write-protected");
    refused(&at(&"x".repeat(300)), "cannot write ");
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_named_and_stays() {
    use std::os::unix::fs::FileTypeExt;
    let folder = folder();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    refused(&socket, "socket is a socket, expected a regular file");
    assert!(fs::metadata(&socket).expect("still there").file_type().is_socket());
    refused(Path::new("/dev/null"), "/dev/null is a device, expected a regular file");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("/dev/null", &link).expect("a link");
    refused(&link, "link is a device");
}

#[cfg(unix)]
#[test]
fn a_symlink_stays_and_its_target_is_written() {
    let folder = folder();
    let [link, target] = ["link", "target"].map(|name| folder.path().join(name));
    std::os::unix::fs::symlink("target", &link).expect("a link");
    refused(&link, "link is a symlink to something that does not exist");
    fs::write(&target, "old").expect("written");
    let destination = Destination::new(&link).expect("a place");
    destination.write(b"new").expect("written");
    assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
    assert_eq!(fs::read(&target).expect("read"), b"new");
    std::os::unix::fs::symlink("loop", folder.path().join("loop")).expect("a link");
    refused(&folder.path().join("loop"), "cannot write ");
}

#[test]
fn one_file_is_found_behind_two_names() {
    let folder = folder();
    let place = |name: &str| Destination::new(folder.path().join(name)).expect("a place");
    fs::create_dir(folder.path().join("in")).expect("made");
    assert!(place("a").is_same_file(&place("in/../a")));
    assert!(!place("a").is_same_file(&place("b")));
    fs::write(folder.path().join("a"), "").expect("written");
    fs::hard_link(folder.path().join("a"), folder.path().join("b")).expect("linked");
    assert!(place("a").is_same_file(&place("b")));
    assert!(!place("a").is_same_file(&place("c")));
}

#[test]
fn what_a_killed_writer_left_goes_when_the_next_one_comes() {
    let folder = folder();
    let path = folder.path().join("page.html");
    fs::write(folder.path().join("page.html.4711-0.tmp"), "half a pa").expect("written");
    Destination::new(&path).expect("a place").write(b"whole").expect("written");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}
