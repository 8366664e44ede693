//! `tinderbox search slurm`: a batch script for a cluster's workers.

use clap::Args;

use super::address::holds_secret;
use super::{ADDRESS, StorageArguments, lag, say_idle_pruner};
use crate::commands::{Exit, Refusal, say_data};
use tinderbox::environment::THREADS;
use tinderbox::shell::{self, WordError};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinderbox search slurm fcn --storage postgres://me@host/studies --workers 16 | sbatch

A URL without a password is written into the script; the password is then read from PGPASSWORD in the job's environment. \
With a password in the URL, export it as TINDERBOX_STORAGE and leave out --storage: Slurm passes the environment on, and the \
password is in no file.")]
pub(super) struct Slurm {
    /// Name of a stored study
    name: String,

    #[command(flatten)]
    storage: StorageArguments,

    /// Number of workers; also decides the lag of a study that has none
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    workers: u16,

    /// Time limit of each worker, in Slurm's format: minutes, `HH:MM:SS` or `D-HH`
    #[arg(long, value_name = "TIME", default_value = "04:00:00", value_parser = time)]
    time: String,

    /// Memory of each worker, in Slurm's format
    #[arg(long, value_name = "SIZE", default_value = "1G", value_parser = size)]
    memory: String,
}

impl Slurm {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let address = &self.storage.storage;
        if !address.starts_with("postgres") {
            return Err(
                "--storage: workers on several machines need a postgres:// storage; a file's locks do \
                        not hold on a network file system"
                    .into(),
            );
        }
        let exported = self.storage.is_exported();
        if !exported && holds_secret(address) {
            return Err(format!(
                "--storage: this address may hold a password, which does not belong in a script; \
                 export it as {ADDRESS} and leave out --storage"
            )
            .into());
        }
        let mut study = self.storage.shown_study(&self.name)?;
        if study.lag().is_none() {
            study = self.storage.study(&self.name)?;
        }
        lag::settle_and_say(&mut study, usize::from(self.workers))?;
        say_idle_pruner(&study, &self.name)?;
        let program = std::env::current_exe()?;
        let program = program
            .to_str()
            .ok_or("the path of this program is not UTF-8 and cannot be written to a script")?;
        say_data(self.script(program, (!exported).then_some(address))?)?;
        Ok(Exit::Done)
    }

    /// The script, without an address where the environment has it.
    fn script(&self, program: &str, address: Option<&String>) -> Result<String, WordError> {
        let Self { name, workers, time, memory, .. } = self;
        let storage = match address {
            Some(address) => format!("export {ADDRESS}={}", shell::word(address)?),
            None => format!(": \"${{{ADDRESS}:?set it to the address of the storage}}\""),
        };
        Ok(format!(
            "#!/bin/sh\n\
             #SBATCH --job-name=tinderbox-{}\n\
             #SBATCH --array=1-{workers}\n\
             #SBATCH --cpus-per-task=1\n\
             #SBATCH --mem={memory}\n\
             #SBATCH --time={time}\n\
             # A worker that is cut off loses nothing: its trial goes to another, or to the next job.\n\
             {storage}\n\
             export {THREADS}=1\n\
             exec {} worker --study={} --name=\"$(hostname)-$SLURM_ARRAY_JOB_ID-$SLURM_ARRAY_TASK_ID\"",
            job_name(name),
            shell::word(program)?,
            shell::word(name)?,
        ))
    }
}

/// A study's name as a job's: Slurm reads its lines by rules of its own, so that only plain letters stay.
fn job_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    name.chars().take(64).map(plain).collect()
}

fn time(word: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b':' || byte == b'-';
    let counted = word.bytes().any(|byte| byte.is_ascii_digit()) && word.bytes().all(plain);
    if counted || matches!(word, "INFINITE" | "UNLIMITED") {
        return Ok(word.to_string());
    }
    Err("expected minutes, `HH:MM:SS` or `D-HH:MM:SS`".to_string())
}

fn size(word: &str) -> Result<String, String> {
    let digits = word.strip_suffix(['K', 'M', 'G', 'T']).unwrap_or(word);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(word.to_string());
    }
    Err("expected a number and K, M, G or T, such as `512M`".to_string())
}

#[cfg(test)]
mod tests;
