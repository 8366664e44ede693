//! The environment of a run, apart from its results: versions, machine, time.

use std::fs;
use std::time::SystemTime;

use tinderbox_report::Environment;

use crate::backend::Backend;

/// Version of Burn in the lock file of the workspace.
const BURN: &str = "0.22.1";

/// The variable with the threads of a process's kernels. Workers have one: their results then hang on no other trial,
/// and two workers on two cores beat one with two threads.
pub const THREADS: &str = "RAYON_NUM_THREADS";

/// The environment of this process as far as it is known; the caller sets worker and attempt.
pub fn here(backend: Backend) -> Environment {
    let (revision, dirty) = revision();
    let cores = cores();
    let threads = std::env::var(THREADS).ok().and_then(|threads| threads.parse().ok()).unwrap_or(cores);
    Environment {
        tinderbox: env!("CARGO_PKG_VERSION").to_string(),
        burn: BURN.to_string(),
        backend: backend.to_string(),
        revision,
        dirty,
        cpu: cpu(),
        cores,
        threads,
        os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        worker: String::new(),
        attempt: 1,
    }
}

/// How many threads this process may run at once; 1 if unknown.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// RFC 3339, UTC, to the second.
pub fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// Commit that the program was built from, and whether the checkout had uncommitted changes; `None` without git.
pub fn revision() -> (Option<String>, Option<bool>) {
    (
        option_env!("TINDERBOX_REVISION").map(str::to_string),
        option_env!("TINDERBOX_DIRTY").map(|dirty| dirty == "true"),
    )
}

fn cpu() -> String {
    fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_string())
        })
        .unwrap_or_else(|| std::env::consts::ARCH.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_burn_is_the_one_in_the_lock_file() {
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
        let lock = fs::read_to_string(lock).expect("a lock file");
        assert!(lock.contains(&format!("name = \"burn\"\nversion = \"{BURN}\"")));
    }

    #[test]
    fn hours_are_rfc_3339() {
        assert_eq!(rfc3339(SystemTime::UNIX_EPOCH), "1970-01-01T00:00:00Z");
    }
}
