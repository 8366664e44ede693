//! The script as a shell and Slurm read it.

#[cfg(unix)]
use std::fs;
#[cfg(unix)]
use std::process::Command;

use super::*;

fn slurm(name: &str) -> Slurm {
    Slurm {
        name: name.to_string(),
        storage: StorageArguments { storage: "postgres://me@host/studies".to_string() },
        workers: 3,
        time: "04:00:00".to_string(),
        memory: "1G".to_string(),
    }
}

/// Puts a program at `path` that prints its arguments and the storage's address.
#[cfg(unix)]
fn stub(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;

    fs::write(path, format!("#!/bin/sh\nprintf '[%s]' \"${ADDRESS}\" \"$@\"\n")).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program");
}

#[cfg(unix)]
#[test]
fn no_name_address_or_path_is_run_and_each_arrives() {
    let folder = tempfile::tempdir().expect("temporary folder");
    for name in ["fcn", "it's", "q'$(echo run)'", "`echo run`", "-fast", "a b", "$HOME", "a;echo run", "../x"]
    {
        for place in ["plain", "with space", "it's", "$(echo run)"] {
            let folder = folder.path().join(place);
            fs::create_dir_all(&folder).expect("a folder");
            let program = folder.join("tinder box");
            stub(&program);
            let address = "postgres://o'neill@host/studies".to_string();
            let script = slurm(name).script(program.to_str().unwrap(), Some(&address)).unwrap();
            let output = Command::new("sh").args(["-c", &script]).env("SLURM_ARRAY_TASK_ID", "2").output();
            let output = output.expect("a shell");
            let out = String::from_utf8_lossy(&output.stdout);
            let expected = format!("[{address}][worker][--study={name}][--name=");
            assert!(
                out.starts_with(&expected),
                "{script}\n{out}\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(out.ends_with("-2]"), "{out}");
        }
    }
}

#[test]
fn only_our_own_lines_are_for_slurm() {
    for name in ["fcn", "it's", "x --mem=900G", "\"", "q'$(id)'", "é"] {
        let script = slurm(name).script("/usr/bin/tinderbox", None).unwrap();
        let lines: Vec<_> = script.lines().filter(|line| line.starts_with("#SBATCH")).collect();
        assert_eq!(lines.len(), 5, "{script}");
        let job = lines[0].strip_prefix("#SBATCH --job-name=tinderbox-").expect("a name of the job");
        assert!(job.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{job}");
    }
    for name in ["a\n#SBATCH --mem=900G", "a\rb", "a\x1bb"] {
        assert!(slurm(name).script("/usr/bin/tinderbox", None).is_err(), "{name:?}");
        assert!(slurm("fcn").script(name, None).is_err(), "{name:?}");
    }
}

#[test]
fn times_and_sizes_are_slurms() {
    for word in ["30", "04:00:00", "7-00", "2-12:30:00", "UNLIMITED"] {
        assert_eq!(time(word).as_deref(), Ok(word));
    }
    for word in ["", ":", "4h", "1\n#SBATCH -p x", "$(id)", "1 --mem=2", "INFINITE;"] {
        assert!(time(word).is_err(), "{word:?}");
    }
    for word in ["1G", "512M", "900"] {
        assert_eq!(size(word).as_deref(), Ok(word));
    }
    for word in ["", "G", "1GB", "-1", "1 G", "1G\n"] {
        assert!(size(word).is_err(), "{word:?}");
    }
}

#[test]
fn a_password_is_seen_wherever_it_may_be() {
    for address in [
        "postgres://me:secret@host/studies",
        "postgres://:x@host/s",
        "postgres://me:a@b@host/s",
        "postgres://me:what?secret@host/s",
        "postgres://host/s?password=secret",
        "postgresql+psycopg://me@host/s?user=x&PASSWORD=y",
        "postgres://host/s?sslpassword=x",
    ] {
        assert!(holds_secret(address), "{address}");
    }
    for address in ["postgres://me@host:5432/studies", "postgres://host/studies", "postgresql:///s?host=/run"]
    {
        assert!(!holds_secret(address), "{address}");
    }
}
