//! A stopwatch for things that take microseconds: each is called often enough in a row, and all take turns.

use std::time::{Duration, Instant};

use super::{Measured, Operation};
use crate::turns::order;

/// Long enough for the clock, short enough that the ways of an operation are measured in the same breath.
const STRETCH: Duration = Duration::from_millis(15);

pub(super) struct Stopwatch {
    operations: Vec<Operation>,
    /// Calls in a stretch, for each way of each operation.
    calls: Vec<Vec<u32>>,
}

impl Stopwatch {
    /// Calls everything until its first stretch is over, which also warms it up.
    pub(super) fn new(mut operations: Vec<Operation>) -> Self {
        let calls = |operation: &mut Operation| {
            operation.ways.iter_mut().map(|(_, call)| calls_in_a_stretch(call.as_mut())).collect()
        };
        let calls = operations.iter_mut().map(calls).collect();
        Self { operations, calls }
    }

    /// Seconds a call of every way of every operation; the ways take turns in being first.
    pub(super) fn round(&mut self, round: usize) -> Vec<Measured> {
        let mut measured = Vec::new();
        for (operation, calls) in self.operations.iter_mut().zip(&self.calls) {
            for place in order(round, operation.ways.len()) {
                let (way, call) = &mut operation.ways[place];
                let started = Instant::now();
                (0..calls[place]).for_each(|_| call());
                measured.push(Measured {
                    operation: operation.name.clone(),
                    way: (*way).to_string(),
                    work: operation.work,
                    seconds: started.elapsed().as_secs_f64() / f64::from(calls[place]),
                });
            }
        }
        measured
    }
}

fn calls_in_a_stretch(call: &mut dyn FnMut()) -> u32 {
    call();
    let started = Instant::now();
    let mut calls = 0;
    while started.elapsed() < STRETCH {
        call();
        calls += 1;
    }
    calls
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::operations::Amount;

    #[test]
    fn ways_take_turns_and_a_slow_one_is_called_less() {
        let log = Rc::new(RefCell::new(String::new()));
        let way = |letter: char, pause: u64| {
            let log = Rc::clone(&log);
            Box::new(move || {
                std::thread::sleep(Duration::from_millis(pause));
                log.borrow_mut().push(letter);
            }) as Box<dyn FnMut()>
        };
        let ways = vec![("fast", way('f', 2)), ("slow", way('s', 20))];
        let mut stopwatch =
            Stopwatch::new(vec![Operation { name: "wait".into(), work: Amount::Arithmetic(1.0), ways }]);
        let calls = stopwatch.calls[0].clone();
        assert!((4..=8).contains(&calls[0]) && calls[1] == 1, "{calls:?}");
        let mut first = Vec::new();
        for round in 0..2 {
            log.borrow_mut().clear();
            let measured = stopwatch.round(round);
            first.push(measured[0].way.clone());
            let slow = measured.iter().find(|one| one.way == "slow").expect("measured");
            assert!((0.02..0.2).contains(&slow.seconds), "{slow:?}");
            assert_eq!(log.borrow().matches('f').count(), calls[0] as usize);
        }
        assert_eq!(first, ["fast", "slow"]);
    }
}
