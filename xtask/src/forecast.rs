//! How long the next build will take, judged by what lies in the target folder.

use std::path::Path;

/// What the program is built for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Backend {
    Cpu,
    Wgpu,
}

/// Whether Burn itself still has to be compiled for `backend`, which takes many minutes.
pub(crate) fn is_cold(target: &Path, backend: Backend) -> bool {
    let compiled = std::fs::read_dir(target.join("release").join("deps"));
    let names = compiled.into_iter().flatten().flatten().map(|entry| entry.file_name());
    !names.filter_map(|name| name.into_string().ok()).any(|name| proves_burn(&name, backend))
}

/// How long a cold build takes.
pub(crate) fn forecast(backend: Backend) -> &'static str {
    match backend {
        Backend::Cpu => "about 6 minutes on two cores",
        Backend::Wgpu => "about 13 minutes on two cores",
    }
}

/// What to tell the user before a cold build.
pub(crate) fn notice(backend: Backend) -> String {
    let what = match backend {
        Backend::Cpu => "Tinderbox",
        Backend::Wgpu => "Tinderbox with its GPU backend",
    };
    format!(
        "Building {what} for the first time: {}, most of it for Burn. Later runs start at once.",
        forecast(backend)
    )
}

/// `burn` is compiled after every crate below it, `burn_wgpu` only for the GPU.
fn proves_burn(file: &str, backend: Backend) -> bool {
    let library = match backend {
        Backend::Cpu => "libburn-",
        Backend::Wgpu => "libburn_wgpu-",
    };
    file.starts_with(library) && Path::new(file).extension().is_some_and(|kind| kind == "rlib")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_target_folder_is_cold() {
        assert!(is_cold(Path::new("no/such/folder"), Backend::Cpu));
    }

    #[test]
    fn a_checked_burn_is_not_a_built_one() {
        assert!(proves_burn("libburn-0f3a.rlib", Backend::Cpu));
        assert!(!proves_burn("libburn-0f3a.rmeta", Backend::Cpu));
        assert!(!proves_burn("libburn_core-0f3a.rlib", Backend::Cpu));
    }

    #[test]
    fn a_build_for_the_cpu_does_not_warm_the_gpu() {
        assert!(!proves_burn("libburn-0f3a.rlib", Backend::Wgpu));
        assert!(proves_burn("libburn_wgpu-0f3a.rlib", Backend::Wgpu));
    }
}
