//! Where several losses count: a number for each trial by which the good ones come first.

use super::Tpe;
use crate::hypervolume;
use crate::observation::Observation;
use crate::pareto;
use crate::space::Space;

/// How a reference point lies beyond the worst losses of a front: Optuna's factors, for losses above and below 0.
const BEYOND: [f64; 2] = [1.1, 0.9];

/// For each of `told` its loss, or where several count its rank: that of its front, counted as long as its trials are
/// good ones. Of the front in which these end, those come before the others that dominate most.
///
/// A trial that failed, that was stopped, or that has another number of losses than the last one has none. The ranks of
/// trials that break constraints and of those of another space say nothing.
///
/// Source: Ozaki, Tanigaki, Watanabe, Nomura, Onishi, "Multiobjective Tree-Structured Parzen Estimator" (2022), §4.2,
/// Journal of Artificial Intelligence Research 73.
pub(super) fn ranks(tpe: &Tpe, space: &Space, told: &[Observation]) -> Vec<Option<f64>> {
    let objectives = objectives(told);
    if objectives <= 1 {
        return told.iter().map(Observation::loss).collect();
    }
    let trials = told.iter().filter(|told| told.losses.len() == objectives || told.pruned).count();
    let wanted = tpe.good_share_of(trials).min(tpe.most_good);
    let rank = |told: &Observation| (told.losses.len() == objectives).then_some(f64::INFINITY);
    let mut ranks: Vec<_> = told.iter().map(rank).collect();
    let counts = |place: &usize| {
        let told = &told[*place];
        ranks[*place].is_some() && told.violation <= 0.0 && space.check(&told.parameters).is_ok()
    };
    let mut left: Vec<_> = (0..told.len()).filter(counts).collect();
    let (mut ranked, mut rank) = (0, 0.0);
    while ranked < wanted && !left.is_empty() {
        let losses: Vec<_> = left.iter().map(|place| told[*place].losses.as_slice()).collect();
        let mut front = pareto::front(&losses);
        if ranked + front.len() > wanted {
            let losses: Vec<_> = front.iter().map(|turn| losses[*turn]).collect();
            let chosen = hypervolume::choose(&losses, wanted - ranked, &corner(&losses));
            front = chosen.into_iter().map(|turn| front[turn]).collect();
            front.sort_unstable();
        }
        ranked += front.len();
        for turn in front.iter().rev() {
            ranks[left.remove(*turn)] = Some(rank);
        }
        rank += 1.0;
    }
    ranks
}

/// How many losses the last trial that has some has.
pub(super) fn objectives(told: &[Observation]) -> usize {
    told.iter().rev().map(|told| told.losses.len()).find(|losses| *losses > 0).unwrap_or(0)
}

/// A point beyond the worst losses of a front, from which its volume is measured.
fn corner(front: &[&[f64]]) -> Vec<f64> {
    let objectives = front.first().map_or(0, |losses| losses.len());
    let worst =
        |objective: usize| front.iter().map(|losses| losses[objective]).fold(f64::NEG_INFINITY, f64::max);
    let beyond =
        |worst: f64| BEYOND.map(|factor| factor * worst).into_iter().fold(f64::NEG_INFINITY, f64::max);
    // A worst loss of 0 would leave no volume.
    (0..objectives).map(worst).map(|worst| if worst == 0.0 { 1e-12 } else { beyond(worst) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::Distribution;

    fn line() -> Space {
        Space::new([("x", Distribution::int(0, 99))]).unwrap()
    }

    fn told(number: u64, losses: &[f64]) -> Observation {
        let parameters = line().point(number).unwrap().unwrap();
        Observation { number, parameters, losses: losses.to_vec(), ..Observation::default() }
    }

    /// The ranks where so many are good.
    fn ranks_of(told: &[Observation], most_good: usize) -> Vec<Option<f64>> {
        ranks(&Tpe { good_share: 1.0, most_good, ..Tpe::new(7) }, &line(), told)
    }

    /// The places of those that are ranked, front by front.
    fn fronts(told: &[Observation], good: usize) -> Vec<Vec<usize>> {
        let ranks = ranks_of(told, good);
        let front =
            |rank: f64| (0..told.len()).filter(|place| ranks[*place] == Some(rank)).collect::<Vec<_>>();
        (0..9).map(f64::from).map(front).take_while(|front| !front.is_empty()).collect()
    }

    #[test]
    fn one_loss_is_its_own_rank() {
        let trials = [told(0, &[3.0]), told(1, &[]), told(2, &[f64::INFINITY])];
        assert_eq!(ranks_of(&trials, 1), [Some(3.0), None, Some(f64::INFINITY)]);
    }

    #[test]
    fn fronts_rank_and_the_last_one_gives_those_that_dominate_most() {
        let losses = [[0.5, 4.0], [2.0, 2.0], [2.0, 3.0], [3.9, 1.9], [4.0, 1.0], [3.0, 2.5], [4.0, 3.0]];
        let trials: Vec<_> = (0..).zip(losses).map(|(number, losses)| told(number, &losses)).collect();
        assert_eq!(fronts(&trials, 7), [vec![0, 1, 3, 4], vec![2, 5], vec![6]]);
        assert_eq!(fronts(&trials, 4), [vec![0, 1, 3, 4]]);
        // From (3.3, 3.3): 0.39 and 0.24.
        assert_eq!(fronts(&trials, 5), [vec![0, 1, 3, 4], vec![2]]);
        // From (4.4, 4.4): 1.56, 5.76, 1.25 and 1.36; then, beside (2, 2), 0.6, 0.05 and 0.4.
        assert_eq!(fronts(&trials, 1), [vec![1]]);
        assert_eq!(fronts(&trials, 2), [vec![0, 1]]);
        assert_eq!(fronts(&trials, 3), [vec![0, 1, 4]]);
    }

    #[test]
    fn failed_broken_and_foreign_trials_take_no_place() {
        let elsewhere = Space::new([("y", Distribution::int(0, 9))]).unwrap().point(3).unwrap().unwrap();
        let trials = [
            told(0, &[]),
            Observation { violation: 1.0, ..told(1, &[0.0, 0.0]) },
            Observation { parameters: elsewhere, ..told(2, &[0.0, 0.0]) },
            told(3, &[-9.0]),
            told(4, &[2.0, 2.0]),
            told(5, &[3.0, 3.0]),
        ];
        assert_eq!(fronts(&trials, 2), [vec![4], vec![5]]);
        assert_eq!(ranks_of(&trials, 2)[..4], [None, Some(f64::INFINITY), Some(f64::INFINITY), None]);
    }

    #[test]
    fn infinite_losses_are_ranked_too() {
        let infinite = f64::INFINITY;
        let trials = [told(0, &[infinite, -infinite]), told(1, &[1.0, 1.0]), told(2, &[-infinite, infinite])];
        assert_eq!(fronts(&trials, 2), [vec![0, 1]]);
        assert_eq!(fronts(&trials, 3), [vec![0, 1, 2]]);
    }
}
