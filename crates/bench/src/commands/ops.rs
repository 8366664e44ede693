//! `bench ops`: microseconds a call of our tensor operations, beside Burn's own and the machine's limits.

use std::collections::BTreeMap;

use clap::Args;
use tinderbox::backend::Backend;
use tinderbox_cli::choice::choice;
use tinderbox_report::benchmark::{Entry, Group, Work, median};

use super::{Exit, Refusal};
use crate::contestant::ContestantError;
use crate::operations::{Amount, BURN, LIMIT, Measured};
use crate::products;
use crate::publish;
use crate::stage::{Stage, StageArguments, is_piped, own};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Ops {
    /// Images in a call
    #[arg(long, value_delimiter = ',', default_value = "32", value_name = "SIZES",
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    batch: Vec<u32>,

    /// Our backends
    #[arg(long, value_parser = choice(Backend::ALL), value_delimiter = ',', default_value = "flex", value_name = "BACKENDS")]
    backend: Vec<Backend>,

    /// Rounds that count
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,

    #[command(flatten)]
    stage: StageArguments,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench ops
  cargo xtask bench ops --batch 32,128 --backend flex,ndarray --rounds 31 --json

Ours and Burn's take turns in one process, some milliseconds each. Arithmetic is compared with a product of large square
matrices on each thread, the rest with a copy of memory; small tensors stay in the cache and may pass that limit.";

/// Why Burn's operations do not gain from threads.
const BURN_ALONE: &str =
    "burn is compiled without its feature `rayon` here, and on a CPU computes on one thread";

impl Ops {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        for backend in &self.backend {
            backend.open()?;
        }
        let stage = Stage::open(self.stage.clone())?;
        let mut benchmark = publish::begin(
            "ops",
            "Microseconds a call of the tensor operations",
            stage.threads(),
            self.rounds,
        );
        benchmark.notes.push(products::BY_TILES.into());
        if stage.threads() > 1 && self.backend.iter().any(|backend| *backend != Backend::Wgpu) {
            benchmark.notes.push(BURN_ALONE.into());
        }
        stage.expect(self.backend.len() * self.batch.len() * (usize::from(self.rounds) + 1));
        'all: for backend in &self.backend {
            for batch in &self.batch {
                match self.measure(*backend, *batch, &stage, &mut benchmark.versions) {
                    Ok(groups) => benchmark.groups.extend(groups),
                    Err(ContestantError::Interrupted) => break 'all,
                    // What was measured is kept.
                    Err(error) => stage.miss(&mut benchmark, &format!("not measured: {error}")),
                }
            }
        }
        stage.close(&benchmark)
    }

    /// Everything on one backend with one batch size.
    fn measure(
        &self,
        backend: Backend,
        batch: u32,
        stage: &Stage,
        versions: &mut BTreeMap<String, String>,
    ) -> Result<Vec<Group>, ContestantError> {
        let name = format!("{backend}, batch {batch}");
        let (size, place) = (batch.to_string(), backend.to_string());
        let mut command = own(&["operations", "--batch", &size, "--backend", &place])?;
        command.envs(products::KEEPS_PAGES);
        let mut contestant = stage.start(&name, command)?;
        versions.extend(contestant.hello.versions.clone());
        let mut rounds: Vec<Vec<Measured>> = Vec::new();
        for round in 0..=self.rounds {
            let measured = contestant.ask("round", &stage.stop)?;
            if round > 0 {
                rounds.push(measured);
            }
            stage.done(&name);
        }
        if is_piped() {
            stage.line(&format!("measured {name}"));
        }
        Ok(groups(&name, &rounds))
    }
}

/// A group for each operation, its ways in the order of the first round.
fn groups(name: &str, rounds: &[Vec<Measured>]) -> Vec<Group> {
    let samples = |operation: &str, way: &str| -> Vec<f64> {
        let of = |one: &&Measured| one.operation == operation && one.way == way;
        rounds.iter().flatten().filter(of).map(|one| one.seconds * 1e6).collect()
    };
    let limits: Vec<(&Measured, f64)> = rounds[0]
        .iter()
        .filter(|one| one.way == LIMIT)
        .map(|one| (one, amount(one.work).0 / median(&samples(&one.operation, LIMIT)) * 1e6))
        .collect();
    let mut names: Vec<&Measured> = Vec::new();
    for one in rounds[0].iter().filter(|one| one.way != LIMIT) {
        if names.iter().all(|other| other.operation != one.operation) {
            names.push(one);
        }
    }
    let group = |one: &Measured| {
        let (amount, unit) = amount(one.work);
        let limit = limits.iter().find(|(limit, _)| same(limit.work, one.work));
        let work = limit.map(|(limit, ceiling)| Work {
            amount,
            unit: unit.into(),
            ceiling: *ceiling,
            limit: limit.operation.clone(),
            seconds: 1e-6,
        });
        let mut ways: Vec<&str> = rounds[0]
            .iter()
            .filter(|other| other.operation == one.operation)
            .map(|one| one.way.as_str())
            .collect();
        ways.sort_unstable_by_key(|way| *way == BURN);
        let entries = ways.iter().map(|way| Entry::new(*way, samples(&one.operation, way))).collect();
        Group::new(format!("{name}: {}", one.operation), "µs a call", work, entries, |entry| {
            entry.name == BURN
        })
    };
    names.into_iter().map(group).collect()
}

/// In the unit of a rate times a second.
fn amount(work: Amount) -> (f64, &'static str) {
    match work {
        Amount::Arithmetic(operations) => (operations / 1e9, "GFLOP/s"),
        Amount::Memory(bytes) => (bytes / 1e9, "GB/s"),
    }
}

fn same(left: Amount, right: Amount) -> bool {
    std::mem::discriminant(&left) == std::mem::discriminant(&right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_compared_with_burns_and_with_the_limit_of_their_kind() {
        let one = |operation: &str, way: &str, work, seconds| Measured {
            operation: operation.into(),
            way: way.into(),
            work,
            seconds,
        };
        let round = |scale: f64| {
            vec![
                one("product", LIMIT, Amount::Arithmetic(4e9), scale),
                one("copy", LIMIT, Amount::Memory(8e9), scale),
                one("conv", BURN, Amount::Arithmetic(1e9), scale),
                one("conv", "tinderbox", Amount::Arithmetic(1e9), scale / 2.0),
            ]
        };
        let groups = groups("flex, batch 1", &[round(1.0), round(2.0), round(1.0)]);
        let [group] = &groups[..] else { panic!("{groups:?}") };
        let names: Vec<_> = group.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!((group.name.as_str(), names), ("flex, batch 1: conv", vec!["tinderbox", BURN]));
        let ratio = group.entries[0].ratio.as_ref().expect("a ratio");
        assert_eq!((ratio.median, ratio.low, ratio.high), (0.5, 0.5, 0.5));
        let work = group.work.as_ref().expect("work");
        assert_eq!(work.limit, "product");
        assert!(
            (work.ceiling - 4.0).abs() < 1e-9
                && (work.share(group.entries[0].rate.expect("a rate")) - 0.5).abs() < 1e-9
        );
    }
}
