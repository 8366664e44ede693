//! The identity of this machine, and when it was started.

use std::path::Path;

/// This machine's name; `worker` if it cannot be read.
pub fn name() -> String {
    // What the kernel says: the file in `/etc` may be one for many machines.
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let variables = ["HOSTNAME", "COMPUTERNAME"];
    let from_files = files.into_iter().find_map(|path| line(Path::new(path)));
    from_files
        .or_else(|| variables.into_iter().find_map(|variable| std::env::var(variable).ok()))
        .map(|name| name.trim().to_string())
        .filter(|name| !name.is_empty())
        .unwrap_or("worker".to_string())
}

/// What a process leaves in a file so that others know whether they can judge its locks: a folder may be shared by many
/// machines, while locks are often each machine's own.
pub fn mark() -> String {
    format!("{}\n{}\n", name(), boot().unwrap_or_default())
}

/// Whether a process that left this mark ran on this machine, or on the kernel that runs now, as one in a container
/// does.
pub fn is_here(mark: &str) -> bool {
    let mut lines = mark.lines();
    let (theirs, booted) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    theirs == name() || boot().is_some_and(|boot| boot == booted)
}

/// The kernel's identity of this boot, where there is one.
fn boot() -> Option<String> {
    line(Path::new("/proc/sys/kernel/random/boot_id"))
}

fn line(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_string()).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_this_machine_or_another() {
        assert!(is_here(&mark()));
        assert!(is_here(&format!("{}\nan earlier start\n", name())));
        for mark in ["", "\n\n", "another\n", "another\nanother start\n"] {
            assert!(!is_here(mark), "{mark:?}");
        }
        if let Some(boot) = boot() {
            assert!(is_here(&format!("a-container\n{boot}\n")));
        }
    }
}
