//! Reads a type from a file with serde, and goes on after a mistake.
//!
//! serde stops at the first mistake. So a file is read in passes: what a pass found is repaired for the next one. A
//! misspelt key is read as the one that was probably meant, an unknown one is passed over, and a value that cannot be read is left
//! out, or replaced by a stand-in where its table needs one. What is wrong only because of a repair is not told.

mod fault;
mod node;
mod pass;
mod repairs;

use serde::de::DeserializeOwned;
use toml::de::DeTable;

use super::problem::Problem;
pub(super) use fault::{Fault, in_a_file};
pub(super) use repairs::{Repairs, join};

use node::{Node, Source};
use pass::Pass;
use repairs::Repair;

/// Mistakes of one file that are told; nobody reads more at once.
pub(super) const MOST: usize = 50;

/// What a file holds, if enough of it could be read, and all mistakes on the way.
pub(super) struct Reading<T> {
    pub(super) value: Option<T>,
    pub(super) problems: Vec<Problem>,
    pub(super) repairs: Repairs,
}

/// Reads `table`, of which it is known what is wrong with some of its values.
pub(super) fn read<T: DeserializeOwned>(table: &DeTable, known: Vec<Problem>) -> Reading<T> {
    read_on(table, Repairs::without(known.iter().map(|problem| problem.keys.clone())), known)
}

/// Reads `table` again, with what is wrong with it and what was done about that so far.
pub(super) fn read_on<T: DeserializeOwned>(
    table: &DeTable,
    mut repairs: Repairs,
    mut problems: Vec<Problem>,
) -> Reading<T> {
    loop {
        let known: Vec<Vec<String>> = problems.iter().map(|problem| problem.keys.clone()).collect();
        let pass = Pass::new(&repairs, &known);
        let read = T::deserialize(Node { source: Source::Table(table), keys: Vec::new(), pass: &pass });
        let read = read.map_err(|fault| pass.blame(&[], fault));
        let (found, stuck) = (pass.found.into_inner(), pass.stuck.into_inner());
        let is_at_end = found.is_none() && stuck.is_none() || problems.len() >= MOST;
        match read {
            Ok(value) => return Reading { value: Some(value), problems, repairs },
            Err(_) if is_at_end => return Reading { value: None, problems, repairs },
            Err(_) => {}
        }
        let Some((problem, repair)) = found else {
            // Nothing is wrong but for repairs: what holds them is repaired as a whole.
            stuck.map(|keys| repairs.add(Repair::LeaveOut(keys)));
            continue;
        };
        problems.extend(problem);
        // The same repair again would not help.
        if !repairs.add(repair) {
            return Reading { value: None, problems, repairs };
        }
    }
}

/// The first thing that is wrong with `table`, and where.
pub(super) fn first<T: DeserializeOwned>(table: &DeTable) -> Option<(Vec<String>, Fault)> {
    let repairs = Repairs::default();
    let pass = Pass::new(&repairs, &[]);
    let read = T::deserialize(Node { source: Source::Table(table), keys: Vec::new(), pass: &pass });
    read.err().map(|fault| pass.blame(&[], fault));
    pass.first.into_inner()
}
